// Decodes the IVF and WebM files given as arguments, and goes on from the middle in every way there is: all must give
// the same. Prints how many frames were shown; with -o FOLDER before the files, writes each as FOLDER/N.i420.
// Then tries what must fail.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lentil.h"

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            char why[200];                                                    \
            lentil_last_error(why, sizeof why);                               \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why); \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

enum { MOST_FRAMES = 1000 };

// What came of a frame.
struct outcome {
    uint8_t digest[32];
    uint8_t *i420;
    size_t length;
    int shown;
};

// A file in memory: where reading is, or what was written.
struct file {
    uint8_t *bytes;
    size_t length;
    size_t at;
};

static const char *folder;
static unsigned long shown;

static ptrdiff_t read_some(void *user, uint8_t *buffer, size_t length) {
    struct file *f = user;
    size_t count = f->length - f->at < 999 ? f->length - f->at : 999;
    if (count > length) count = length;
    memcpy(buffer, f->bytes + f->at, count);
    f->at += count;
    return (ptrdiff_t)count;
}

static ptrdiff_t read_fails(void *user, uint8_t *buffer, size_t length) {
    (void)user, (void)buffer, (void)length;
    return -5;
}

static int32_t write_some(void *user, const uint8_t *bytes, size_t length) {
    struct file *f = user;
    if (length > f->length - f->at) return 28;
    memcpy(f->bytes + f->at, bytes, length);
    f->at += length;
    return 0;
}

static void *allocate(size_t length) {
    void *bytes = malloc(length + 1);
    CHECK(bytes != NULL);
    return bytes;
}

static int last_error_has(const char *words) {
    char why[200];
    lentil_last_error(why, sizeof why);
    return strstr(why, words) != NULL;
}

static struct file whole_file(const char *path) {
    struct file f = {NULL, 0, 0};
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    f.length = (size_t)ftell(file);
    rewind(file);
    f.bytes = allocate(f.length);
    CHECK(fread(f.bytes, 1, f.length, file) == f.length);
    fclose(file);
    return f;
}

// The frames of a file, each as a file of its own in memory.
static size_t frames_of(lentil_video *video, struct file *frames) {
    const uint8_t *data;
    size_t length, count = 0;
    uint64_t time, before = 0;
    enum lentil_status status;
    while ((status = lentil_video_next_frame(video, &data, &length, &time)) == LENTIL_OK) {
        CHECK(count < MOST_FRAMES && data != NULL && time >= before);
        before = time;
        frames[count].bytes = allocate(length);
        frames[count].length = length;
        memcpy(frames[count++].bytes, data, length);
    }
    CHECK(status == LENTIL_END && data == NULL && length == 0);
    CHECK(lentil_video_next_frame(video, &data, &length, NULL) == LENTIL_END);
    lentil_video_free(video);
    return count;
}

// The picture's planes, line by line, are what is copied.
static uint8_t *i420_of(const lentil_picture *picture, size_t *length) {
    *length = lentil_picture_i420_length(picture);
    uint8_t *i420 = allocate(*length), *line = i420;
    i420[*length] = 0xa5;
    CHECK(lentil_picture_i420(picture, i420, *length) == LENTIL_OK && i420[*length] == 0xa5);
    size_t width = lentil_picture_width(picture), height = lentil_picture_height(picture);
    for (uint32_t plane = 0; plane < 3; plane++) {
        size_t stride = 0;
        const uint8_t *pixels = lentil_picture_plane(picture, plane, &stride);
        CHECK(pixels != NULL && stride >= width);
        for (size_t y = 0; y < height; y++, line += width) {
            CHECK(memcmp(line, pixels + y * stride, width) == 0);
        }
        if (plane == 0) width = (width + 1) / 2, height = (height + 1) / 2;
    }
    CHECK(line == i420 + *length);
    return i420;
}

// Decodes a frame, and replaces the codec by the next one.
static struct outcome decoded(lentil_codec **codec, const struct file *frame) {
    struct outcome o;
    lentil_codec *next = NULL;
    lentil_picture *picture = NULL, *clone = NULL;
    lentil_frame_info info;
    lentil_frame_info_init(&info, sizeof info);
    CHECK(lentil_codec_decode(*codec, frame->bytes, frame->length, &next, &picture, &info) == LENTIL_OK);
    CHECK(info.size == sizeof info && !info.empty && !info.lacks_data);
    CHECK(info.width == lentil_picture_width(picture) && info.height == lentil_picture_height(picture));
    CHECK(info.key_frame == !(frame->bytes[0] & 1) && info.quantizer < 128 && info.partitions > 0);
    CHECK(!info.key_frame || info.golden == LENTIL_FRAME);
    if (info.last == LENTIL_FRAME) {
        lentil_picture *last = NULL;
        CHECK(lentil_codec_reference(next, LENTIL_LAST, &last) == LENTIL_OK);
        CHECK(lentil_picture_plane(last, 0, NULL) == lentil_picture_plane(picture, 0, NULL));
        lentil_picture_free(last);
    }
    lentil_codec_free(*codec);
    *codec = next;
    // A clone outlives the first handle.
    CHECK(lentil_picture_clone(picture, &clone) == LENTIL_OK);
    lentil_picture_free(picture);
    o.i420 = i420_of(clone, &o.length);
    lentil_picture_free(clone);
    o.shown = info.shown != 0;
    CHECK(lentil_codec_digest(next, o.digest) == LENTIL_OK);
    return o;
}

// Decodes frames; each outcome is as expected. Frees the codec.
static void same(lentil_codec *codec, const struct file *frames, const struct outcome *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct outcome o = decoded(&codec, &frames[i]);
        CHECK(memcmp(o.digest, expected[i].digest, 32) == 0 && o.shown == expected[i].shown);
        CHECK(o.length == expected[i].length && memcmp(o.i420, expected[i].i420, o.length) == 0);
        free(o.i420);
    }
    lentil_codec_free(codec);
}

static void write_picture(const struct outcome *o) {
    char path[1000];
    CHECK(snprintf(path, sizeof path, "%s/%lu.i420", folder, shown) < (int)sizeof path);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(o->i420, 1, o->length, file) == o->length && fclose(file) == 0);
}

// What is saved is refused if it is damaged, cut short or too large.
static void damaged(uint8_t *saved, size_t length) {
    lentil_codec *codec;
    lentil_video_options options;
    for (size_t cut = 0; cut < length; cut += 1 + cut) {
        codec = (lentil_codec *)&codec;
        CHECK(lentil_codec_load(saved, cut, NULL, &codec) == LENTIL_CORRUPT && codec == NULL);
    }
    saved[length / 2] ^= 1;
    CHECK(lentil_codec_load(saved, length, NULL, &codec) == LENTIL_CORRUPT);
    saved[length / 2] ^= 1;
    lentil_video_options_init(&options, sizeof options);
    options.max_width = 8;
    CHECK(lentil_codec_load(saved, length, &options, &codec) == LENTIL_LIMIT && codec == NULL);
}

// Decodes from the middle on with the codec itself, with its clone, and with what is saved and loaded of it.
static void from_the_middle(lentil_codec *codec, const struct file *frames, const struct outcome *expected,
                            size_t count) {
    lentil_codec *clone = NULL, *loaded = NULL, *again = NULL;
    uint8_t *saved = NULL, digests[2][32];
    size_t length = 0;
    lentil_video_options options;
    CHECK(lentil_codec_clone(codec, &clone) == LENTIL_OK && clone != codec);
    CHECK(lentil_codec_save(codec, &saved, &length) == LENTIL_OK && saved != NULL);
    lentil_video_options_init(&options, sizeof options);
    options.threads = 2;
    CHECK(lentil_codec_load(saved, length, &options, &loaded) == LENTIL_OK);
    CHECK(lentil_codec_digest(codec, digests[0]) == LENTIL_OK);
    CHECK(lentil_codec_digest(loaded, digests[1]) == LENTIL_OK);
    CHECK(memcmp(digests[0], digests[1], 32) == 0);

    // The callbacks give and take the same bytes.
    struct file f = {allocate(length), length, 0};
    CHECK(lentil_codec_save_stream(loaded, write_some, &f) == LENTIL_OK);
    CHECK(f.at == length && memcmp(f.bytes, saved, length) == 0);
    f.at = 0;
    CHECK(lentil_codec_load_stream(read_some, &f, NULL, &again) == LENTIL_OK && f.at == length);
    CHECK(lentil_codec_save_stream(loaded, write_some, &f) == LENTIL_IO);
    CHECK(last_error_has("write callback failed with 28"));
    free(f.bytes);
    damaged(saved, length);
    lentil_free(saved, length);

    same(codec, frames, expected, count);
    same(clone, frames, expected, count);
    same(loaded, frames, expected, count);
    same(again, frames, expected, count);
}

static void whole_video(const char *path) {
    static struct file frames[MOST_FRAMES], others[MOST_FRAMES];
    static struct outcome expected[MOST_FRAMES];
    struct file file = whole_file(path);
    lentil_video *video = NULL;
    lentil_video_info info;
    lentil_codec *codec = NULL, *middle = NULL;

    CHECK(lentil_video_open(read_some, &file, NULL, &video) == LENTIL_OK);
    lentil_video_info_init(&info, sizeof info);
    CHECK(lentil_video_get_info(video, &info) == LENTIL_OK && info.size == sizeof info);
    CHECK(info.width > 0 && info.height > 0);
    CHECK(strcmp(info.container, "IVF") == 0 || strcmp(info.container, "Matroska") == 0);
    size_t count = frames_of(video, frames);
    CHECK(count > 0);
    CHECK(lentil_video_open_memory(file.bytes, file.length, NULL, &video) == LENTIL_OK);
    CHECK(frames_of(video, others) == count);

    CHECK(lentil_codec_new(NULL, &codec) == LENTIL_OK);
    for (size_t i = 0; i < count; i++) {
        CHECK(frames[i].length == others[i].length);
        CHECK(memcmp(frames[i].bytes, others[i].bytes, frames[i].length) == 0);
        expected[i] = decoded(&codec, &frames[i]);
        if (expected[i].shown && folder != NULL) write_picture(&expected[i]);
        shown += (unsigned long)expected[i].shown;
        if (i == (count - 1) / 2) CHECK(lentil_codec_clone(codec, &middle) == LENTIL_OK);
    }
    lentil_codec_free(codec);
    size_t done = (count + 1) / 2;
    from_the_middle(middle, frames + done, expected + done, count - done);
    for (size_t i = 0; i < count; i++) {
        free(frames[i].bytes);
        free(others[i].bytes);
        free(expected[i].i420);
    }

    // A file that ends within a frame has the frames before it.
    const uint8_t *data;
    size_t length;
    if (strcmp(info.container, "IVF") == 0) {
        enum lentil_status status;
        CHECK(lentil_video_open_memory(file.bytes, file.length - 1, NULL, &video) == LENTIL_OK);
        for (size_t i = 1; i < count; i++) {
            CHECK(lentil_video_next_frame(video, &data, &length, NULL) == LENTIL_OK);
        }
        status = lentil_video_next_frame(video, &data, &length, NULL);
        CHECK(status == LENTIL_CORRUPT && data == NULL && length == 0);
        lentil_video_free(video);
    } else {
        lentil_video_options options;
        lentil_video_options_init(&options, sizeof options);
        options.memory_limit = file.length - 1;
        CHECK(lentil_video_open_memory(file.bytes, file.length, &options, &video) == LENTIL_LIMIT);
        CHECK(video == NULL);
    }
    free(file.bytes);
}

static void readers_that_are_wrong(void) {
    const uint8_t garbage[] = "neither IVF nor WebM or Matroska, but long enough";
    uint8_t ivf[32] = "DKIF\0\0\x20\0VP80\x10\0\x10\0";
    const uint8_t *data = garbage;
    size_t length = 99;
    lentil_video *video = (lentil_video *)&video;
    lentil_video_info info;
    CHECK(lentil_video_open_memory(garbage, sizeof garbage, NULL, &video) == LENTIL_UNSUPPORTED && video == NULL);
    CHECK(lentil_video_open_memory(NULL, 0, NULL, &video) == LENTIL_UNSUPPORTED);
    CHECK(lentil_video_open_memory(NULL, 1, NULL, &video) == LENTIL_ARGUMENT);
    CHECK(lentil_video_open_memory(garbage, SIZE_MAX, NULL, &video) == LENTIL_ARGUMENT);
    CHECK(lentil_video_open_memory(ivf, sizeof ivf, NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_video_open_memory(ivf, sizeof ivf - 1, NULL, &video) == LENTIL_CORRUPT);
    CHECK(lentil_video_open(NULL, NULL, NULL, &video) == LENTIL_ARGUMENT && video == NULL);
    CHECK(lentil_video_open(read_fails, NULL, NULL, &video) == LENTIL_IO);
    CHECK(last_error_has("read callback failed with -5"));

    lentil_video_info_init(NULL, 9);
    memset(&info, 0, sizeof info);
    CHECK(lentil_video_next_frame(NULL, &data, &length, NULL) == LENTIL_ARGUMENT && data == NULL && length == 0);
    CHECK(lentil_video_get_info(NULL, &info) == LENTIL_ARGUMENT);
    CHECK(lentil_video_open_memory(ivf, sizeof ivf, NULL, &video) == LENTIL_OK);
    CHECK(lentil_video_get_info(video, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_video_get_info(video, &info) == LENTIL_ARGUMENT && last_error_has("lentil_video_info_init"));
    CHECK(lentil_video_next_frame(video, NULL, &length, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_video_next_frame(video, &data, NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_video_next_frame(video, &data, &length, NULL) == LENTIL_END);
    lentil_video_free(video);
    lentil_video_free(NULL);
}

static void frames_that_are_wrong(void) {
    // A key frame of 16383 x 16383 pixels; a frame that needs one before it.
    const uint8_t large[100] = {0x10, 2, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 0xff, 0x3f}, inter[20] = {0x11, 1};
    lentil_codec *codec = NULL, *next = (lentil_codec *)&next;
    lentil_picture *picture = (lentil_picture *)&picture;
    lentil_frame_info info;
    lentil_video_options options;
    uint8_t digests[2][32];
    lentil_video_options_init(&options, sizeof options);
    options.max_macroblocks = 8160;
    CHECK(lentil_codec_new(&options, &codec) == LENTIL_OK);
    CHECK(lentil_codec_digest(codec, digests[0]) == LENTIL_OK);
    CHECK(lentil_codec_decode(codec, large, sizeof large, &next, &picture, NULL) == LENTIL_LIMIT);
    CHECK(next == NULL && picture == NULL);
    CHECK(lentil_codec_decode(codec, inter, sizeof inter, &next, NULL, NULL) == LENTIL_CORRUPT);
    CHECK(last_error_has("without a key frame"));
    CHECK(lentil_codec_decode(codec, inter, 2, &next, &picture, NULL) == LENTIL_CORRUPT);
    CHECK(lentil_codec_decode(codec, NULL, 2, &next, &picture, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_decode(codec, inter, SIZE_MAX, &next, &picture, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_decode(NULL, inter, sizeof inter, &next, &picture, NULL) == LENTIL_ARGUMENT);
    picture = (lentil_picture *)&picture;
    CHECK(lentil_codec_decode(codec, inter, sizeof inter, NULL, &picture, NULL) == LENTIL_ARGUMENT);
    CHECK(picture == NULL);
    memset(&info, 0, sizeof info);
    CHECK(lentil_codec_decode(codec, NULL, 0, &next, &picture, &info) == LENTIL_ARGUMENT && next == NULL);

    // A frame of no bytes changes nothing; before the first there is nothing to show.
    lentil_frame_info_init(&info, sizeof info);
    CHECK(lentil_codec_decode(codec, NULL, 0, &next, &picture, &info) == LENTIL_OK);
    CHECK(next != NULL && picture == NULL && info.empty && !info.shown && info.lacks_data && info.width == 0);
    CHECK(lentil_codec_digest(next, digests[1]) == LENTIL_OK && memcmp(digests[0], digests[1], 32) == 0);
    CHECK(lentil_codec_reference(next, LENTIL_LAST, &picture) == LENTIL_OK && picture == NULL);
    CHECK(lentil_codec_reference(next, LENTIL_FRAME, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_reference(next, 4, &picture) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_reference(next, LENTIL_LAST, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_reference(NULL, LENTIL_LAST, &picture) == LENTIL_ARGUMENT);
    lentil_codec_free(next);
    lentil_codec_free(codec);
    lentil_codec_free(NULL);
}

static void arguments_that_are_wrong(void) {
    lentil_video_options options;
    lentil_codec *codec = NULL, *other = (lentil_codec *)&other;
    lentil_picture *picture = (lentil_picture *)&picture;
    uint8_t bytes[32], *out = bytes;
    size_t length = 99;
    memset(&options, 0, sizeof options);
    CHECK(lentil_codec_new(&options, &codec) == LENTIL_ARGUMENT && last_error_has("lentil_video_options_init"));
    lentil_video_options_init(NULL, sizeof options);
    lentil_video_options_init(&options, sizeof options);
    CHECK(options.size == sizeof options && options.threads == 1);
    options.threads = 0;
    CHECK(lentil_codec_new(&options, &codec) == LENTIL_ARGUMENT);
    options.threads = 1000000;
    CHECK(lentil_codec_new(&options, &codec) == LENTIL_ARGUMENT && last_error_has("threads") && codec == NULL);
    CHECK(lentil_codec_new(NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_new(NULL, &codec) == LENTIL_OK);
    CHECK(lentil_codec_clone(NULL, &other) == LENTIL_ARGUMENT && other == NULL);
    CHECK(lentil_codec_clone(codec, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_digest(NULL, bytes) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_digest(codec, NULL) == LENTIL_ARGUMENT);

    CHECK(lentil_codec_save(NULL, &out, &length) == LENTIL_ARGUMENT && out == NULL && length == 0);
    CHECK(lentil_codec_save(codec, NULL, &length) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_save(codec, &out, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_save_stream(codec, NULL, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_load_stream(NULL, NULL, NULL, &other) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_load_stream(read_fails, NULL, NULL, &other) == LENTIL_IO && other == NULL);
    CHECK(lentil_codec_load(NULL, 3, NULL, &other) == LENTIL_ARGUMENT);
    CHECK(lentil_codec_load(NULL, 0, NULL, &other) == LENTIL_CORRUPT);
    CHECK(lentil_codec_load(bytes, sizeof bytes, NULL, NULL) == LENTIL_ARGUMENT);

    // A codec before its first frame can be saved, too.
    CHECK(lentil_codec_save(codec, &out, &length) == LENTIL_OK);
    CHECK(lentil_codec_load(out, length, NULL, &other) == LENTIL_OK);
    lentil_free(out, length);
    lentil_codec_free(other);
    lentil_codec_free(codec);

    length = 99;
    CHECK(lentil_picture_width(NULL) == 0 && lentil_picture_height(NULL) == 0);
    CHECK(lentil_picture_plane(NULL, 0, &length) == NULL && length == 0);
    CHECK(lentil_picture_i420_length(NULL) == 0);
    CHECK(lentil_picture_i420(NULL, bytes, sizeof bytes) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_clone(NULL, &picture) == LENTIL_ARGUMENT && picture == NULL);
    lentil_picture_free(NULL);
}

// What can be done wrong with the picture of a first frame.
static void pictures_that_do_not_fit(const char *path) {
    struct file file = whole_file(path);
    lentil_video *video = NULL;
    lentil_codec *codec = NULL, *next = NULL, *repeated = NULL;
    lentil_picture *picture = NULL, *again = NULL;
    lentil_frame_info info;
    const uint8_t *data;
    size_t length;
    CHECK(lentil_video_open_memory(file.bytes, file.length, NULL, &video) == LENTIL_OK);
    CHECK(lentil_video_next_frame(video, &data, &length, NULL) == LENTIL_OK);
    CHECK(lentil_codec_new(NULL, &codec) == LENTIL_OK);
    CHECK(lentil_codec_decode(codec, data, length, &next, &picture, NULL) == LENTIL_OK);
    lentil_video_free(video);
    free(file.bytes);

    length = lentil_picture_i420_length(picture);
    uint8_t *i420 = allocate(length);
    i420[0] = 0;
    CHECK(lentil_picture_i420(picture, i420, length - 1) == LENTIL_ARGUMENT && i420[0] == 0);
    CHECK(last_error_has("too small"));
    CHECK(lentil_picture_i420(picture, NULL, length) == LENTIL_ARGUMENT);
    CHECK(lentil_picture_clone(picture, NULL) == LENTIL_ARGUMENT);
    size_t stride = 99;
    CHECK(lentil_picture_plane(picture, 3, &stride) == NULL && stride == 0);
    free(i420);

    // A frame of no bytes shows the last picture again.
    lentil_frame_info_init(&info, sizeof info);
    CHECK(lentil_codec_decode(next, NULL, 0, &repeated, &again, &info) == LENTIL_OK);
    CHECK(info.empty && info.shown && info.width == lentil_picture_width(picture));
    CHECK(lentil_picture_plane(again, 2, NULL) == lentil_picture_plane(picture, 2, NULL));
    lentil_codec_free(repeated);
    lentil_codec_free(next);
    lentil_codec_free(codec);
    // Pictures outlive their codecs.
    lentil_picture_free(again);
    uint8_t *kept = i420_of(picture, &length);
    free(kept);
    lentil_picture_free(picture);
}

int main(int argc, char **argv) {
    int first = 1;
    arguments_that_are_wrong();
    readers_that_are_wrong();
    frames_that_are_wrong();
    if (argc > 2 && strcmp(argv[1], "-o") == 0) folder = argv[2], first = 3;
    for (int i = first; i < argc; i++) {
        pictures_that_do_not_fit(argv[i]);
        whole_video(argv[i]);
    }
    printf("%s: %lu frames\n", lentil_version(), shown);
    return 0;
}
