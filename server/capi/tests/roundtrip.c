// Round-trips the JPEG files given as arguments, in memory and by streams, and tries what must fail.

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

// One call's streams: what is read, at most `step` bytes at a time, and where to write.
struct streams {
    const uint8_t *in;
    size_t left;
    size_t step;
    uint8_t *out;
    size_t length;
    size_t room;
};

static ptrdiff_t read_some(void *user, uint8_t *buffer, size_t length) {
    struct streams *s = user;
    size_t count = s->left < s->step ? s->left : s->step;
    if (count > length) count = length;
    memcpy(buffer, s->in, count);
    s->in += count;
    s->left -= count;
    return (ptrdiff_t)count;
}

static ptrdiff_t read_fails(void *user, uint8_t *buffer, size_t length) {
    (void)user, (void)buffer, (void)length;
    return -5;
}

static ptrdiff_t read_lies(void *user, uint8_t *buffer, size_t length) {
    (void)user, (void)buffer;
    return (ptrdiff_t)(length + 1);
}

static int32_t write_some(void *user, const uint8_t *bytes, size_t length) {
    struct streams *s = user;
    if (length > s->room - s->length) return 28;
    memcpy(s->out + s->length, bytes, length);
    s->length += length;
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

// Both ways in memory; the .lep file must be given back by lentil_free.
static uint8_t *compressed(const uint8_t *jpeg, size_t length, const lentil_options *options, size_t *lep_length) {
    uint8_t *lep = NULL;
    CHECK(lentil_compress(jpeg, length, options, &lep, lep_length) == LENTIL_OK);
    CHECK(lep != NULL && *lep_length > 0);
    return lep;
}

static void restores(const uint8_t *lep, size_t lep_length, const uint8_t *wanted, size_t length) {
    uint8_t *back = NULL;
    size_t back_length = 0;
    CHECK(lentil_decompress(lep, lep_length, NULL, &back, &back_length) == LENTIL_OK);
    CHECK(back_length == length && memcmp(wanted, back, length) == 0);
    lentil_free(back, back_length);
}

// Restoring fails so, and leaves nothing.
static void refuses(const uint8_t *lep, size_t lep_length, const lentil_options *options, enum lentil_status wanted) {
    uint8_t *out = (uint8_t *)&out;
    size_t length = 99;
    CHECK(lentil_decompress(lep, lep_length, options, &out, &length) == wanted);
    CHECK(out == NULL && length == 0);
}

static void in_memory(const uint8_t *jpeg, size_t length) {
    lentil_options options;
    size_t lep_length;
    uint8_t *lep = compressed(jpeg, length, NULL, &lep_length);
    restores(lep, lep_length, jpeg, length);
    lentil_free(lep, lep_length);

    lentil_options_init(&options, sizeof options);
    options.partitions = 2;
    options.threads = 2;
    lep = compressed(jpeg, length, &options, &lep_length);
    restores(lep, lep_length, jpeg, length);

    // Cut short, too large, and damaged.
    for (size_t cut = 0; cut < lep_length; cut += 1 + 2 * cut) {
        refuses(lep, cut, NULL, LENTIL_CORRUPT);
    }
    refuses(lep, lep_length - 1, NULL, LENTIL_CORRUPT);
    options.memory_limit = length - 1;
    refuses(lep, lep_length, &options, LENTIL_LIMIT);
    lep[lep_length / 2] ^= 0x5a;
    refuses(lep, lep_length, NULL, LENTIL_CORRUPT);
    lentil_free(lep, lep_length);

    // A piece on its own.
    lentil_options_init(&options, sizeof options);
    options.range_start = length / 3;
    options.range_end = length / 2;
    lep = compressed(jpeg, length, &options, &lep_length);
    restores(lep, lep_length, jpeg + length / 3, length / 2 - length / 3);
    lentil_free(lep, lep_length);

    // The image is larger than is wished for.
    uint8_t *out = (uint8_t *)&out;
    size_t out_length = 99;
    lentil_options_init(&options, sizeof options);
    options.max_width = 1;
    CHECK(lentil_compress(jpeg, length, &options, &out, &out_length) == LENTIL_LIMIT);
    CHECK(out == NULL && out_length == 0);
}

static void by_streams(const uint8_t *jpeg, size_t length, size_t step) {
    size_t room = 2 * length + 1000;
    struct streams to = {jpeg, length, step, allocate(room), 0, room};
    CHECK(lentil_compress_stream(read_some, write_some, &to, NULL) == LENTIL_OK);
    struct streams back = {to.out, to.length, step, allocate(length), 0, length};
    CHECK(lentil_decompress_stream(read_some, write_some, &back, NULL) == LENTIL_OK);
    CHECK(back.length == length && memcmp(jpeg, back.out, length) == 0);

    // No room for all of it; an input that ends early.
    struct streams again = {to.out, to.length, step, back.out, 0, length / 2};
    CHECK(lentil_decompress_stream(read_some, write_some, &again, NULL) == LENTIL_IO);
    CHECK(last_error_has("write callback failed with 28"));
    struct streams early = {to.out, to.length / 2, step, back.out, 0, length};
    CHECK(lentil_decompress_stream(read_some, write_some, &early, NULL) == LENTIL_CORRUPT);
    free(to.out);
    free(back.out);
}

static void streams_that_fail(void) {
    uint8_t room[1];
    struct streams s = {room, 0, 1, room, 0, 1};
    CHECK(lentil_compress_stream(read_fails, write_some, &s, NULL) == LENTIL_IO);
    CHECK(last_error_has("read callback failed with -5"));
    CHECK(lentil_decompress_stream(read_fails, write_some, &s, NULL) == LENTIL_IO);
    CHECK(lentil_decompress_stream(read_lies, write_some, &s, NULL) == LENTIL_IO);
    CHECK(lentil_compress_stream(read_some, write_some, &s, NULL) == LENTIL_UNSUPPORTED);
    CHECK(lentil_decompress_stream(read_some, write_some, &s, NULL) == LENTIL_CORRUPT);
    CHECK(lentil_compress_stream(NULL, write_some, &s, NULL) == LENTIL_ARGUMENT);
    CHECK(lentil_decompress_stream(read_some, NULL, &s, NULL) == LENTIL_ARGUMENT);
}

static void arguments_that_are_wrong(void) {
    const uint8_t garbage[] = "neither a JPEG nor a .lep file";
    uint8_t *out = (uint8_t *)garbage;
    size_t length = 99;
    CHECK(lentil_last_error(NULL, 0) == 0);
    CHECK(lentil_compress(garbage, sizeof garbage, NULL, &out, &length) == LENTIL_UNSUPPORTED);
    CHECK(out == NULL && length == 0);
    char why[20];
    CHECK(lentil_last_error(why, sizeof why) > 19 && strlen(why) == 19);
    refuses(garbage, sizeof garbage, NULL, LENTIL_CORRUPT);
    refuses(NULL, 0, NULL, LENTIL_CORRUPT);
    refuses(NULL, 5, NULL, LENTIL_ARGUMENT);
    refuses(garbage, SIZE_MAX, NULL, LENTIL_ARGUMENT);
    CHECK(lentil_compress(NULL, 5, NULL, &out, &length) == LENTIL_ARGUMENT);
    CHECK(lentil_compress(NULL, 0, NULL, &out, &length) == LENTIL_UNSUPPORTED);
    out = (uint8_t *)garbage;
    CHECK(lentil_compress(garbage, 3, NULL, &out, NULL) == LENTIL_ARGUMENT && out == NULL);
    length = 99;
    CHECK(lentil_compress(garbage, 3, NULL, NULL, &length) == LENTIL_ARGUMENT && length == 0);

    lentil_options options;
    memset(&options, 0, sizeof options);
    refuses(garbage, sizeof garbage, &options, LENTIL_ARGUMENT);
    lentil_options_init(&options, sizeof options);
    CHECK(options.size == sizeof options);
    options.partitions = 17;
    refuses(garbage, sizeof garbage, &options, LENTIL_ARGUMENT);
    CHECK(last_error_has("partitions"));
    lentil_options_init(NULL, sizeof options);
    lentil_free(NULL, 0);
    CHECK(strlen(lentil_version()) > 0);
}

static void whole_file(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    size_t length = (size_t)ftell(file);
    rewind(file);
    uint8_t *jpeg = allocate(length);
    CHECK(fread(jpeg, 1, length, file) == length);
    fclose(file);
    in_memory(jpeg, length);
    by_streams(jpeg, length, 1);
    by_streams(jpeg, length, 1000);
    free(jpeg);
}

int main(int argc, char **argv) {
    arguments_that_are_wrong();
    streams_that_fail();
    for (int i = 1; i < argc; i++) whole_file(argv[i]);
    printf("%s: %d files\n", lentil_version(), argc - 1);
    return 0;
}
