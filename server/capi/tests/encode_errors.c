// Tries what must fail of encoding and rebasing.

#include "film.h"

static void pictures_that_are_wrong(void) {
    const uint8_t pixels[6] = {1, 2, 3, 4, 5, 6};
    const uint8_t *planes[3] = {pixels, pixels + 4, pixels + 5}, *gap[3] = {pixels, NULL, pixels};
    const size_t strides[3] = {2, 1, 1}, narrow[3] = {2, 1, 0}, wide[3] = {2, 1, SIZE_MAX}, huge[3] = {SIZE_MAX, 1, 1};
    lentil_picture *picture = (lentil_picture *)&picture;
    CHECK(lentil_picture_new(0, 2, planes, strides, &picture) == LENTIL_ARGUMENT && picture == NULL);
    CHECK(last_error_has("16383"));
    CHECK(lentil_picture_new(2, 0, planes, strides, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(16384, 2, planes, strides, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(2, 65537, planes, strides, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(2, 2, NULL, strides, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(2, 2, planes, NULL, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(2, 2, planes, strides, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_new(2, 2, gap, strides, &picture) == LENTIL_ARGUMENT && last_error_has("plane"));
    CHECK(lentil_picture_new(2, 2, planes, narrow, &picture) == LENTIL_ARGUMENT && last_error_has("stride"));
    CHECK(lentil_picture_new(2, 2, planes, huge, &picture) == LENTIL_ARGUMENT && picture == NULL);
    // The stride of a single line is of no meaning.
    CHECK(lentil_picture_new(2, 2, planes, wide, &picture) == LENTIL_OK);
    uint8_t i420[6];
    CHECK(lentil_picture_i420(picture, i420, 6) == LENTIL_OK && memcmp(i420, pixels, 6) == 0);
    lentil_picture_free(picture);
}

static void options_that_are_wrong(void) {
    lentil_encode_options options;
    lentil_codec *codec = new_codec();
    lentil_encoder *encoder = (lentil_encoder *)&encoder, *clone = encoder;
    memset(&options, 0, sizeof options);
    CHECK(lentil_encoder_new(codec, &options, &encoder) == LENTIL_ARGUMENT && encoder == NULL);
    CHECK(last_error_has("lentil_encode_options_init"));
    lentil_encode_options_init(NULL, sizeof options);
    lentil_encode_options_init(&options, sizeof options);
    options.preset = 3;
    CHECK(lentil_encoder_new(codec, &options, &encoder) == LENTIL_ARGUMENT && last_error_has("preset"));
    options.preset = 0, options.bit_rate = 1000;
    CHECK(lentil_encoder_new(codec, &options, &encoder) == LENTIL_ARGUMENT && last_error_has("rate_frames"));
    CHECK(lentil_encoder_new(NULL, NULL, &encoder) == LENTIL_ARGUMENT);
    CHECK(lentil_encoder_new(codec, NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_encoder_clone(NULL, &clone) == LENTIL_ARGUMENT && clone == NULL);
    CHECK(lentil_encoder_new(codec, NULL, &encoder) == LENTIL_OK);
    CHECK(lentil_encoder_clone(encoder, NULL) == LENTIL_ARGUMENT);

    lentil_picture *picture = source(0), *small = film(1, 40, 30);
    lentil_encoded *encoded = (lentil_encoded *)&encoded;
    CHECK(lentil_encoder_encode(NULL, picture, &encoded) == LENTIL_ARGUMENT && encoded == NULL);
    CHECK(lentil_encoder_encode(encoder, NULL, &encoded) == LENTIL_ARGUMENT);
    CHECK(lentil_encoder_encode(encoder, picture, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_encoder_encode(encoder, picture, &encoded) == LENTIL_OK);
    lentil_encoded_free(encoded);
    CHECK(lentil_encoder_encode(encoder, small, &encoded) == LENTIL_ARGUMENT && last_error_has("40 x 30"));
    CHECK(encoded == NULL);
    CHECK(lentil_encoder_encode(encoder, picture, &encoded) == LENTIL_OK);
    lentil_encoded_free(encoded);
    lentil_picture_free(small);
    lentil_picture_free(picture);
    lentil_encoder_free(encoder);
    lentil_encoder_free(NULL);
    lentil_codec_free(codec);
}

// Whether a frame is refused with these settings, for the reason that the words say.
static int refused(const lentil_codec *codec, const lentil_encode_settings *settings, const char *words) {
    lentil_picture *picture = source(5);
    lentil_encoded *encoded = (lentil_encoded *)&encoded;
    int is = lentil_codec_encode(codec, picture, settings, NULL, &encoded) == LENTIL_ARGUMENT;
    lentil_picture_free(picture);
    return is && encoded == NULL && last_error_has(words);
}

static void settings_that_are_wrong(void) {
    lentil_codec *codec = codec_after(2), *fresh = new_codec();
    lentil_encode_settings settings, before;
    memset(&settings, 0, sizeof settings);
    CHECK(refused(codec, &settings, "lentil_encode_settings_init") && refused(codec, NULL, "settings is null"));
    lentil_encode_settings_init(NULL, sizeof settings);
    settings = new_settings();
    CHECK(refused(fresh, &settings, "key frame") && refused(NULL, &settings, "codec"));
    settings.last = LENTIL_GOLDEN;
    CHECK(refused(codec, &settings, "last frame"));
    settings.last = 4;
    CHECK(refused(codec, &settings, "last"));
    settings = new_settings(), settings.golden = LENTIL_ALTREF, settings.altref = LENTIL_FRAME;
    CHECK(refused(codec, &settings, "golden"));
    settings = new_settings(), settings.quantizer = 128;
    CHECK(refused(codec, &settings, "quantizer"));
    settings = new_settings(), settings.partitions = 3;
    CHECK(refused(codec, &settings, "partitions"));
    settings = new_settings(), settings.y_dc_delta = 16;
    CHECK(refused(codec, &settings, "deltas"));
    settings = new_settings(), settings.uv_ac_delta = -16;
    CHECK(refused(codec, &settings, "deltas"));
    settings = new_settings(), settings.expected_intra = 256;
    CHECK(refused(codec, &settings, "expected"));
    CHECK(lentil_encode_settings_expect(NULL, NULL) == LENTIL_ARGUMENT);
    settings = before = new_settings();
    CHECK(lentil_encode_settings_expect(&settings, NULL) == LENTIL_ARGUMENT);
    CHECK(settings.expected_coded == before.expected_coded && settings.expected_filter_level == 64);
    lentil_codec_free(codec);
    lentil_codec_free(fresh);
}

static void analyses_that_are_wrong(void) {
    lentil_codec *codec = codec_after(2), *limited = NULL;
    lentil_encode_settings settings = new_settings(), key = new_settings();
    lentil_picture *picture = source(2), *small = film(2, 40, 30);
    lentil_analysis *analysis = (lentil_analysis *)&analysis, *of_key = NULL;
    lentil_encoded *encoded = (lentil_encoded *)&encoded;
    key.key_frame = 1;
    CHECK(lentil_codec_analyse(NULL, picture, &settings, &analysis) == LENTIL_ARGUMENT && analysis == NULL);
    CHECK(lentil_codec_analyse(codec, NULL, &settings, &analysis) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_analyse(codec, picture, NULL, &analysis) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_analyse(codec, picture, &settings, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_analyse(codec, small, &settings, &analysis) == LENTIL_ARGUMENT && last_error_has("40 x 30"));
    CHECK(lentil_codec_analyse(codec, picture, &settings, &analysis) == LENTIL_OK);
    CHECK(lentil_codec_analyse(codec, picture, &key, &of_key) == LENTIL_OK);
    CHECK(lentil_codec_encode(codec, picture, &settings, of_key, &encoded) == LENTIL_ARGUMENT && encoded == NULL);
    CHECK(last_error_has("analysis"));
    CHECK(lentil_codec_encode(codec, small, &key, analysis, &encoded) == LENTIL_ARGUMENT && last_error_has("analysis"));
    CHECK(lentil_codec_encode(codec, NULL, &settings, analysis, &encoded) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_encode(codec, picture, &settings, analysis, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_fit(codec, picture, &settings, NULL, 9, &encoded) == LENTIL_LIMIT && encoded == NULL);
    CHECK(last_error_has("it may have 9"));
    CHECK(lentil_codec_fit(codec, picture, &settings, analysis, 9, NULL) == LENTIL_ARGUMENT);

    lentil_video_options options;
    lentil_video_options_init(&options, sizeof options);
    options.max_width = WIDTH - 1;
    CHECK(lentil_codec_new(&options, &limited) == LENTIL_OK);
    CHECK(lentil_codec_encode(limited, picture, &key, NULL, &encoded) == LENTIL_LIMIT && encoded == NULL);
    CHECK(lentil_codec_encode(limited, small, &key, NULL, &encoded) == LENTIL_OK);
    lentil_encoded_free(encoded);
    lentil_codec_free(limited);
    lentil_analysis_free(analysis);
    lentil_analysis_free(of_key);
    lentil_analysis_free(NULL);
    lentil_picture_free(small);
    lentil_picture_free(picture);
    lentil_codec_free(codec);
}

static void results_that_are_wrong(void) {
    lentil_codec *codec = new_codec(), *next = (lentil_codec *)&next;
    lentil_picture *picture = source(0), *other = (lentil_picture *)&other;
    lentil_encode_settings settings = new_settings();
    lentil_encoded *encoded = NULL;
    lentil_frame_info info;
    size_t length = 99;
    settings.key_frame = 1;
    CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &encoded) == LENTIL_OK);
    CHECK(lentil_encoded_frame(NULL, &length) == NULL && length == 0);
    CHECK(lentil_encoded_codec(NULL, &next) == LENTIL_ARGUMENT && next == NULL);
    CHECK(lentil_encoded_codec(encoded, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_encoded_picture(NULL, &other) == LENTIL_ARGUMENT && other == NULL);
    CHECK(lentil_encoded_picture(encoded, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_encoded_info(encoded, NULL) == LENTIL_ARGUMENT);
    memset(&info, 0, sizeof info);
    CHECK(lentil_encoded_info(encoded, &info) == LENTIL_ARGUMENT && last_error_has("lentil_frame_info_init"));
    lentil_frame_info_init(&info, sizeof info);
    CHECK(lentil_encoded_info(NULL, &info) == LENTIL_ARGUMENT);
    lentil_encoded_free(encoded);
    lentil_encoded_free(NULL);
    lentil_picture_free(picture);
    lentil_codec_free(codec);
}

static void chunks_that_are_wrong(void) {
    lentil_codec *codec = codec_after(2), *fresh = new_codec();
    lentil_rebaser *rebaser = (lentil_rebaser *)&rebaser, *clone = rebaser;
    lentil_picture *picture = source(2), *small = film(2, 40, 30);
    lentil_encode_settings settings = new_settings();
    lentil_encoded *encoded = NULL, *rebased = (lentil_encoded *)&rebased;
    const uint8_t *frame;
    size_t length;
    CHECK(lentil_rebaser_new(NULL, codec, 0, &rebaser) == LENTIL_ARGUMENT && rebaser == NULL);
    CHECK(lentil_rebaser_new(codec, codec, 3, &rebaser) == LENTIL_ARGUMENT && last_error_has("preset"));
    CHECK(lentil_rebaser_new(codec, codec, 0, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_rebaser_clone(NULL, &clone) == LENTIL_ARGUMENT && clone == NULL);
    CHECK(lentil_rebaser_new(codec, NULL, 0, &rebaser) == LENTIL_OK);
    CHECK(lentil_rebaser_clone(rebaser, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &encoded) == LENTIL_OK);
    frame = lentil_encoded_frame(encoded, &length);
    // The chunk should begin with a key frame.
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, picture, &rebased) == LENTIL_CORRUPT && rebased == NULL);
    CHECK(last_error_has("without a key frame"));
    CHECK(lentil_rebaser_rebase(rebaser, NULL, 0, picture, &rebased) == LENTIL_ARGUMENT && last_error_has("no bytes"));
    CHECK(lentil_rebaser_rebase(rebaser, NULL, 1, picture, &rebased) == LENTIL_ARGUMENT);
    CHECK(lentil_rebaser_rebase(NULL, frame, length, picture, &rebased) == LENTIL_ARGUMENT);
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, NULL, &rebased) == LENTIL_ARGUMENT);
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, picture, NULL) == LENTIL_ARGUMENT);
    lentil_rebaser_free(rebaser);
    CHECK(lentil_rebaser_new(codec, codec, 0, &rebaser) == LENTIL_OK);
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, small, &rebased) == LENTIL_ARGUMENT);
    CHECK(last_error_has("40 x 30"));
    CHECK(lentil_rebaser_rebase(rebaser, frame, 20, picture, &rebased) == LENTIL_CORRUPT && rebased == NULL);
    lentil_rebaser_free(rebaser);
    // A chunk of another size, and a codec that has no pictures yet.
    settings.key_frame = 1;
    lentil_encoded_free(encoded);
    CHECK(lentil_codec_encode(fresh, small, &settings, NULL, &encoded) == LENTIL_OK);
    frame = lentil_encoded_frame(encoded, &length);
    CHECK(lentil_rebaser_new(codec, NULL, 0, &rebaser) == LENTIL_OK);
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, small, &rebased) == LENTIL_ARGUMENT);
    CHECK(last_error_has("40 x 30"));
    lentil_rebaser_free(rebaser);
    CHECK(lentil_rebaser_new(fresh, NULL, 0, &rebaser) == LENTIL_OK);
    CHECK(lentil_rebaser_rebase(rebaser, frame, length, small, &rebased) == LENTIL_ARGUMENT);
    CHECK(last_error_has("key frame"));
    lentil_rebaser_free(rebaser);
    lentil_rebaser_free(NULL);
    lentil_encoded_free(encoded);
    lentil_picture_free(small);
    lentil_picture_free(picture);
    lentil_codec_free(fresh);
    lentil_codec_free(codec);
}

static void pasts_that_are_wrong(void) {
    lentil_codec *codec = codec_after(1), *after = codec_after(2);
    lentil_past *past = (lentil_past *)&past, *next = past;
    lentil_rebaser *rebaser = (lentil_rebaser *)&rebaser;
    lentil_picture *picture = source(1);
    lentil_encode_settings settings = new_settings();
    lentil_encoded *encoded = NULL;
    lentil_video_options options;
    lentil_frame_info info;
    const uint8_t *frame;
    size_t length;
    CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &encoded) == LENTIL_OK);
    frame = lentil_encoded_frame(encoded, &length);
    CHECK(lentil_past_new(codec, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_past_after(NULL, frame, length, NULL, &next, NULL) == LENTIL_ARGUMENT && next == NULL);
    CHECK(last_error_has("past"));
    CHECK(lentil_past_new(NULL, &past) == LENTIL_OK);
    // There was no key frame yet.
    CHECK(lentil_past_after(past, frame, length, NULL, &next, NULL) == LENTIL_CORRUPT && next == NULL);
    CHECK(last_error_has("without a key frame"));
    lentil_past_free(past);
    CHECK(lentil_past_new(codec, &past) == LENTIL_OK);
    CHECK(lentil_past_after(past, frame, length, NULL, NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_past_after(past, NULL, length, NULL, &next, NULL) == LENTIL_ARGUMENT && next == NULL);
    CHECK(lentil_past_after(past, frame, 2, NULL, &next, NULL) == LENTIL_CORRUPT && next == NULL);
    memset(&info, 0, sizeof info);
    CHECK(lentil_past_after(past, frame, length, NULL, &next, &info) == LENTIL_ARGUMENT && next == NULL);
    CHECK(last_error_has("lentil_frame_info_init"));
    CHECK(lentil_past_after(past, frame, length, NULL, &next, NULL) == LENTIL_OK);
    CHECK(lentil_rebaser_new_past(NULL, next, 0, &rebaser) == LENTIL_ARGUMENT && rebaser == NULL);
    CHECK(lentil_rebaser_new_past(after, NULL, 0, &rebaser) == LENTIL_ARGUMENT && last_error_has("past"));
    CHECK(lentil_rebaser_new_past(after, next, 3, &rebaser) == LENTIL_ARGUMENT && last_error_has("preset"));
    CHECK(lentil_rebaser_new_past(after, next, 0, NULL) == LENTIL_ARGUMENT);
    lentil_past_free(next);
    lentil_past_free(NULL);
    // Only the sizes of key frames are limited.
    settings.key_frame = 1;
    lentil_encoded_free(encoded);
    CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &encoded) == LENTIL_OK);
    frame = lentil_encoded_frame(encoded, &length);
    lentil_video_options_init(&options, sizeof options);
    options.max_width = WIDTH - 1;
    CHECK(lentil_past_after(past, frame, length, &options, &next, NULL) == LENTIL_LIMIT && next == NULL);
    options.max_width = WIDTH;
    CHECK(lentil_past_after(past, frame, length, &options, &next, NULL) == LENTIL_OK);
    lentil_past_free(next);
    lentil_past_free(past);
    lentil_encoded_free(encoded);
    lentil_picture_free(picture);
    lentil_codec_free(after);
    lentil_codec_free(codec);
}

int main(void) {
    pictures_that_are_wrong();
    options_that_are_wrong();
    settings_that_are_wrong();
    analyses_that_are_wrong();
    results_that_are_wrong();
    chunks_that_are_wrong();
    pasts_that_are_wrong();
    return 0;
}
