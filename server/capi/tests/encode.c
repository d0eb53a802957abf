// Encodes a made film in every way there is, decodes what comes of it, and compares; rebases chunks. Prints how many
// frames were decoded.

#include "film.h"

static unsigned long decoded_frames;

static uint8_t *i420_of(const lentil_picture *picture, size_t *length) {
    *length = lentil_picture_i420_length(picture);
    uint8_t *i420 = malloc(*length);
    CHECK(i420 != NULL && lentil_picture_i420(picture, i420, *length) == LENTIL_OK);
    return i420;
}

// The squares of how far pixels of two pictures are apart, for each pixel.
static double distance(const lentil_picture *one, const lentil_picture *other) {
    size_t length, other_length;
    uint8_t *a = i420_of(one, &length), *b = i420_of(other, &other_length);
    double sum = 0;
    CHECK(length == other_length);
    for (size_t i = 0; i < length; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    free(a);
    free(b);
    return sum / (double)length;
}

static int same_codec(const lentil_codec *one, const lentil_codec *other) {
    uint8_t digests[2][32];
    CHECK(lentil_codec_digest(one, digests[0]) == LENTIL_OK);
    CHECK(lentil_codec_digest(other, digests[1]) == LENTIL_OK);
    return memcmp(digests[0], digests[1], 32) == 0;
}

static int same_frame(const lentil_encoded *one, const lentil_encoded *other) {
    size_t length = length_of(one);
    const uint8_t *bytes = lentil_encoded_frame(one, NULL);
    return length == length_of(other) && memcmp(bytes, lentil_encoded_frame(other, NULL), length) == 0;
}

// Decodes what was encoded of a picture, and replaces the codec by the next one. All is as the encoder says.
static lentil_frame_info decoded(lentil_codec **codec, const lentil_encoded *encoded, const lentil_picture *of) {
    lentil_codec *next = NULL, *promised = NULL;
    lentil_picture *picture = NULL, *reconstruction = NULL;
    lentil_frame_info info, told;
    size_t length = 0;
    const uint8_t *frame = lentil_encoded_frame(encoded, &length);
    lentil_frame_info_init(&info, sizeof info);
    lentil_frame_info_init(&told, sizeof told);
    CHECK(lentil_codec_decode(*codec, frame, length, &next, &picture, &info) == LENTIL_OK);
    CHECK(lentil_encoded_codec(encoded, &promised) == LENTIL_OK && same_codec(next, promised));
    CHECK(lentil_encoded_picture(encoded, &reconstruction) == LENTIL_OK);
    CHECK(distance(picture, reconstruction) == 0 && distance(picture, of) < 200);
    CHECK(lentil_encoded_info(encoded, &told) == LENTIL_OK && memcmp(&told, &info, sizeof info) == 0);
    CHECK(!info.lacks_data && info.width == lentil_picture_width(of));
    lentil_picture_free(reconstruction);
    lentil_picture_free(picture);
    lentil_codec_free(promised);
    lentil_codec_free(*codec);
    *codec = next;
    decoded_frames++;
    return info;
}

// Encodes the film with these options. Gives its bytes; `kinds` gets K for key frames, G for those that renew the golden
// frame, P for others.
static size_t encode_film(const lentil_encode_options *options, char *kinds) {
    lentil_codec *codec = new_codec();
    lentil_encoder *encoder = NULL, *clone = NULL;
    size_t bytes = 0;
    CHECK(lentil_encoder_new(codec, options, &encoder) == LENTIL_OK);
    for (unsigned i = 0; i < FRAMES; i++) {
        lentil_picture *picture = source(i);
        lentil_encoded *encoded = NULL, *again = NULL;
        CHECK(lentil_encoder_clone(encoder, &clone) == LENTIL_OK);
        CHECK(lentil_encoder_encode(encoder, picture, &encoded) == LENTIL_OK);
        lentil_frame_info info = decoded(&codec, encoded, picture);
        kinds[i] = info.key_frame ? 'K' : info.golden == LENTIL_FRAME ? 'G' : 'P';
        CHECK(info.shown && (options == NULL || info.partitions == options->partitions));
        CHECK(options == NULL || options->bit_rate != 0 || info.quantizer == options->quantizer);
        // A clone goes on alike.
        CHECK(lentil_encoder_encode(clone, picture, &again) == LENTIL_OK);
        CHECK(same_frame(again, encoded));
        bytes += length_of(encoded);
        lentil_encoded_free(again);
        lentil_encoded_free(encoded);
        lentil_encoder_free(clone);
        lentil_picture_free(picture);
    }
    kinds[FRAMES] = 0;
    lentil_encoder_free(encoder);
    lentil_codec_free(codec);
    return bytes;
}

static void every_option(void) {
    lentil_encode_options options;
    char kinds[FRAMES + 1];
    size_t bytes[3], coarse;
    lentil_encode_options_init(&options, sizeof options);
    CHECK(options.size == sizeof options && options.preset == LENTIL_GOOD && options.bit_rate == 0);
    for (uint32_t preset = LENTIL_REALTIME; preset <= LENTIL_BEST; preset++) {
        options.preset = preset;
        bytes[preset] = encode_film(&options, kinds);
        CHECK(strcmp(kinds, "KPPPPPPPP") == 0);
    }
    CHECK(bytes[LENTIL_GOOD] < bytes[LENTIL_REALTIME]);
    CHECK(encode_film(NULL, kinds) == bytes[LENTIL_GOOD]);

    options.preset = LENTIL_REALTIME;
    options.key_interval = 5, options.golden_interval = 2, options.partitions = 4, options.quantizer = 90;
    coarse = encode_film(&options, kinds);
    CHECK(strcmp(kinds, "KPGPGKPGP") == 0 && coarse < bytes[LENTIL_REALTIME]);
    options.key_interval = 0, options.error_resilient = 1;
    encode_film(&options, kinds);
    CHECK(strcmp(kinds, "KPPPPPPPP") == 0);

    // A bit rate chooses quantizers.
    options.quantizer = 0, options.bit_rate = 150000, options.rate_frames = 30000, options.rate_seconds = 1001;
    bytes[0] = encode_film(&options, kinds);
    options.bit_rate = 600000;
    CHECK(encode_film(&options, kinds) > bytes[0]);
}

// Encodes as the settings say, decodes, and frees; the codec stays.
static lentil_frame_info encoded_so(const lentil_codec *codec, const lentil_encode_settings *settings) {
    lentil_picture *picture = source(3);
    lentil_encoded *encoded = NULL;
    lentil_codec *clone = NULL;
    CHECK(lentil_codec_clone(codec, &clone) == LENTIL_OK);
    CHECK(lentil_codec_encode(codec, picture, settings, NULL, &encoded) == LENTIL_OK);
    lentil_frame_info info = decoded(&clone, encoded, picture);
    CHECK(!info.shown == !settings->shown && info.quantizer == settings->quantizer);
    CHECK(info.partitions == settings->partitions && !info.key_frame == !settings->key_frame);
    if (settings->refresh_entropy == 0) CHECK(!same_codec(codec, clone));
    lentil_codec_free(clone);
    lentil_encoded_free(encoded);
    lentil_picture_free(picture);
    return info;
}

static void every_setting(void) {
    lentil_codec *codec = codec_after(3);
    lentil_encode_settings settings = new_settings();
    lentil_frame_info info = encoded_so(codec, &settings);
    CHECK(info.last == LENTIL_FRAME && info.golden == LENTIL_GOLDEN && info.altref == LENTIL_ALTREF);
    settings.preset = LENTIL_BEST, settings.shown = 0, settings.quantizer = 12, settings.partitions = 8;
    settings.last = LENTIL_LAST, settings.golden = LENTIL_FRAME, settings.altref = LENTIL_GOLDEN;
    settings.refresh_entropy = 0, settings.use_golden = 0, settings.use_last = 0;
    info = encoded_so(codec, &settings);
    CHECK(info.last == LENTIL_LAST && info.golden == LENTIL_FRAME && info.altref == LENTIL_GOLDEN);
    settings.use_altref = 0;
    encoded_so(codec, &settings);
    settings.key_frame = 1;
    info = encoded_so(codec, &settings);
    CHECK(info.last == LENTIL_FRAME && info.golden == LENTIL_FRAME && info.altref == LENTIL_FRAME);
    lentil_codec_free(codec);
}

// Each difference of a quantizer does something, and decoders know of it.
static void every_delta(void) {
    lentil_codec *codec = codec_after(3);
    lentil_picture *picture = source(3);
    lentil_encode_settings settings = new_settings();
    lentil_encoded *plain = NULL;
    int32_t *deltas[5] = {&settings.y_dc_delta, &settings.y2_dc_delta, &settings.y2_ac_delta, &settings.uv_dc_delta,
                          &settings.uv_ac_delta};
    size_t bytes[2] = {0, 0};
    settings.quantizer = 60;
    CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &plain) == LENTIL_OK);
    for (unsigned i = 0; i < 5; i++) {
        CHECK(*deltas[i] == 0);
        for (unsigned coarser = 0; coarser < 2; coarser++) {
            lentil_encoded *encoded = NULL;
            lentil_codec *clone = NULL;
            *deltas[i] = coarser ? 15 : -15;
            CHECK(lentil_codec_clone(codec, &clone) == LENTIL_OK);
            CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &encoded) == LENTIL_OK);
            CHECK(!same_frame(encoded, plain));
            CHECK(decoded(&clone, encoded, picture).quantizer == 60);
            bytes[coarser] += length_of(encoded);
            lentil_encoded_free(encoded);
            lentil_codec_free(clone);
        }
        *deltas[i] = 0;
    }
    CHECK(bytes[0] > bytes[1]);
    lentil_encoded_free(plain);
    lentil_picture_free(picture);
    lentil_codec_free(codec);
}

// Two quantizers from one analysis: the shorter one is taken, frame after frame.
static void one_analysis_for_two(void) {
    lentil_codec *codec = codec_after(1);
    lentil_encode_settings settings = new_settings();
    for (unsigned i = 1; i < 5; i++) {
        lentil_picture *picture = source(i);
        lentil_analysis *analysis = NULL;
        lentil_encoded *fine = NULL, *coarse = NULL, *same = NULL;
        settings.quantizer = 20;
        CHECK(lentil_codec_analyse(codec, picture, &settings, &analysis) == LENTIL_OK && analysis != NULL);
        CHECK(lentil_codec_encode(codec, picture, &settings, analysis, &fine) == LENTIL_OK);
        // Without an analysis there is one of the same settings.
        CHECK(lentil_codec_encode(codec, picture, &settings, NULL, &same) == LENTIL_OK);
        CHECK(same_frame(fine, same));
        settings.quantizer = 80;
        CHECK(lentil_codec_encode(codec, picture, &settings, analysis, &coarse) == LENTIL_OK);
        CHECK(length_of(coarse) < length_of(fine));
        // The one not taken can be decoded, too.
        lentil_codec *clone = NULL;
        CHECK(lentil_codec_clone(codec, &clone) == LENTIL_OK);
        decoded(&clone, fine, picture);
        lentil_codec_free(clone);
        lentil_codec *before = NULL;
        CHECK(lentil_codec_clone(codec, &before) == LENTIL_OK);
        decoded(&codec, coarse, picture);
        CHECK(lentil_encode_settings_expect(&settings, coarse) == LENTIL_OK);
        CHECK(settings.quantizer == 80 && settings.expected_filter_level < 64);
        // Bytes instead of a quantizer.
        lentil_encoded *fitted = NULL;
        size_t most = (length_of(fine) + length_of(coarse)) / 2;
        CHECK(lentil_codec_fit(before, picture, &settings, analysis, most, &fitted) == LENTIL_OK);
        CHECK(length_of(fitted) <= most && length_of(fitted) > length_of(coarse));
        decoded(&before, fitted, picture);
        lentil_encoded_free(fitted);
        lentil_codec_free(before);
        lentil_analysis_free(analysis);
        lentil_encoded_free(fine);
        lentil_encoded_free(coarse);
        lentil_encoded_free(same);
        lentil_picture_free(picture);
    }
    lentil_codec_free(codec);
}

// Rebases the frames of a chunk that an encoder makes after `made_for`, or by itself if that is null, and decodes them.
static void rebase_chunk(const lentil_codec *made_for, uint32_t preset) {
    lentil_codec *codec = codec_after(4), *fresh = new_codec();
    lentil_encoder *encoder = NULL;
    lentil_rebaser *rebaser = NULL, *clone = NULL;
    CHECK(lentil_encoder_new(made_for ? made_for : fresh, NULL, &encoder) == LENTIL_OK);
    CHECK(lentil_rebaser_new(codec, made_for, preset, &rebaser) == LENTIL_OK);
    for (unsigned i = 4; i < FRAMES; i++) {
        lentil_picture *picture = source(i);
        lentil_encoded *frame = NULL, *rebased = NULL, *again = NULL;
        size_t length = 0;
        CHECK(lentil_encoder_encode(encoder, picture, &frame) == LENTIL_OK);
        const uint8_t *bytes = lentil_encoded_frame(frame, &length);
        CHECK(lentil_rebaser_clone(rebaser, &clone) == LENTIL_OK);
        // What fails leaves the chunk as it is.
        CHECK(lentil_rebaser_rebase(rebaser, bytes, 2, picture, &rebased) == LENTIL_CORRUPT && rebased == NULL);
        CHECK(lentil_rebaser_rebase(rebaser, bytes, length, picture, &rebased) == LENTIL_OK);
        CHECK(lentil_rebaser_rebase(clone, bytes, length, picture, &again) == LENTIL_OK);
        CHECK(same_frame(again, rebased));
        lentil_rebaser_free(clone);
        lentil_encoded_free(again);
        // The frame is not needed any more.
        lentil_encoded_free(frame);
        CHECK(!decoded(&codec, rebased, picture).key_frame);
        lentil_encoded_free(rebased);
        lentil_picture_free(picture);
    }
    lentil_rebaser_free(rebaser);
    lentil_encoder_free(encoder);
    lentil_codec_free(fresh);
    lentil_codec_free(codec);
}

// Rebases the end of a stream whose beginning nobody decodes; it comes to the same as if somebody did.
static void rebase_the_end(void) {
    lentil_codec *fresh = new_codec(), *old = new_codec(), *codec = codec_after(4), *next = NULL;
    lentil_encoder *encoder = NULL;
    lentil_past *past = NULL, *next_past = NULL, *of_codec = NULL;
    lentil_rebaser *rebasers[3] = {NULL, NULL, NULL};
    lentil_frame_info info;
    lentil_frame_info_init(&info, sizeof info);
    CHECK(lentil_encoder_new(fresh, NULL, &encoder) == LENTIL_OK);
    CHECK(lentil_past_new(NULL, &past) == LENTIL_OK);
    for (unsigned i = 0; i < FRAMES; i++) {
        lentil_picture *picture = source(i);
        lentil_encoded *frame = NULL, *rebased[3] = {NULL, NULL, NULL};
        size_t length = 0;
        CHECK(lentil_encoder_encode(encoder, picture, &frame) == LENTIL_OK);
        const uint8_t *bytes = lentil_encoded_frame(frame, &length);
        if (i < 4) {
            CHECK(lentil_codec_decode(old, bytes, length, &next, NULL, NULL) == LENTIL_OK);
            lentil_codec_free(old);
            old = next;
            CHECK(lentil_past_after(past, bytes, length, NULL, &next_past, &info) == LENTIL_OK);
            CHECK(!info.key_frame == (i > 0) && info.shown && !info.empty);
            CHECK(info.width == WIDTH && info.height == HEIGHT && info.quantizer == 30);
            lentil_past_free(past);
            // A frame of no bytes changes nothing.
            CHECK(lentil_past_after(next_past, NULL, 0, NULL, &past, &info) == LENTIL_OK);
            CHECK(info.empty && !info.shown && info.width == WIDTH);
            lentil_past_free(next_past);
        } else {
            if (i == 4) {
                CHECK(lentil_past_new(old, &of_codec) == LENTIL_OK);
                CHECK(lentil_rebaser_new(codec, old, LENTIL_GOOD, &rebasers[0]) == LENTIL_OK);
                CHECK(lentil_rebaser_new_past(codec, of_codec, LENTIL_GOOD, &rebasers[1]) == LENTIL_OK);
                CHECK(lentil_rebaser_new_past(codec, past, LENTIL_GOOD, &rebasers[2]) == LENTIL_OK);
                // It was looked at, and is not needed any more.
                lentil_past_free(past);
                lentil_past_free(of_codec);
            }
            for (unsigned k = 0; k < 3; k++) {
                CHECK(lentil_rebaser_rebase(rebasers[k], bytes, length, picture, &rebased[k]) == LENTIL_OK);
                CHECK(same_frame(rebased[k], rebased[0]));
            }
            decoded(&codec, rebased[0], picture);
        }
        for (unsigned k = 0; k < 3; k++) lentil_encoded_free(rebased[k]);
        lentil_encoded_free(frame);
        lentil_picture_free(picture);
    }
    for (unsigned k = 0; k < 3; k++) lentil_rebaser_free(rebasers[k]);
    lentil_encoder_free(encoder);
    lentil_codec_free(codec);
    lentil_codec_free(old);
    lentil_codec_free(fresh);
}

static void rebasing(void) {
    lentil_codec *other = codec_after(2);
    rebase_chunk(NULL, LENTIL_REALTIME);
    rebase_chunk(NULL, LENTIL_BEST);
    rebase_chunk(other, LENTIL_GOOD);
    rebase_the_end();
    lentil_codec_free(other);
}

int main(void) {
    every_option();
    every_setting();
    every_delta();
    one_analysis_for_two();
    rebasing();
    printf("%s: %lu frames\n", lentil_version(), decoded_frames);
    return 0;
}
