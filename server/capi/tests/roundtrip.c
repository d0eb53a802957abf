// Round-trips the JPEG files given as arguments, in memory and by streams, and tries what must fail.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lentil.h"

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            char why[200];                                                  \
            lentil_last_error(why, sizeof why);                             \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

struct streams {
    const uint8_t *in;
    size_t left;
    size_t step;
    uint8_t *out;
    size_t length;
    size_t room;
};

static intptr_t read_some(void *user, uint8_t *buffer, size_t length) {
    struct streams *s = user;
    size_t count = s->left < s->step ? s->left : s->step;
    if (count > length) count = length;
    memcpy(buffer, s->in, count);
    s->in += count;
    s->left -= count;
    return (intptr_t)count;
}

static intptr_t read_fails(void *user, uint8_t *buffer, size_t length) {
    (void)user, (void)buffer, (void)length;
    return -1;
}

static int32_t write_some(void *user, const uint8_t *bytes, size_t length) {
    struct streams *s = user;
    if (length > s->room - s->length) return 1;
    memcpy(s->out + s->length, bytes, length);
    s->length += length;
    return 0;
}

static void in_memory(const uint8_t *jpeg, size_t length) {
    lentil_options options;
    lentil_options_init(&options);
    options.partitions = 2;
    options.threads = 2;
    uint8_t *lep = NULL, *back = NULL;
    size_t lep_length = 0, back_length = 0;
    CHECK(lentil_compress(jpeg, length, &options, &lep, &lep_length) == LENTIL_OK);
    CHECK(lentil_decompress(lep, lep_length, NULL, &back, &back_length) == LENTIL_OK);
    CHECK(back_length == length && memcmp(jpeg, back, length) == 0);
    lentil_free(back, back_length);

    // A file cut short, and one with damage.
    CHECK(lentil_decompress(lep, lep_length - 9, NULL, &back, &back_length) == LENTIL_CORRUPT);
    CHECK(back == NULL && back_length == 0);
    lep[lep_length / 2] ^= 0x5a;
    CHECK(lentil_decompress(lep, lep_length, NULL, &back, &back_length) == LENTIL_CORRUPT);
    lentil_free(lep, lep_length);

    // A piece.
    options.range_start = length / 3;
    options.range_end = length / 2;
    CHECK(lentil_compress(jpeg, length, &options, &lep, &lep_length) == LENTIL_OK);
    CHECK(lentil_decompress(lep, lep_length, NULL, &back, &back_length) == LENTIL_OK);
    CHECK(back_length == length / 2 - length / 3);
    CHECK(memcmp(jpeg + length / 3, back, back_length) == 0);
    lentil_free(back, back_length);
    lentil_free(lep, lep_length);

    lentil_options_init(&options);
    options.memory_limit = 10;
    options.max_width = 1;
    options.max_height = 1;
    CHECK(lentil_compress(jpeg, length, &options, &lep, &lep_length) == LENTIL_LIMIT);
}

static void by_streams(const uint8_t *jpeg, size_t length) {
    struct streams s = {jpeg, length, 100, malloc(2 * length + 1000), 0, 2 * length + 1000};
    struct streams t = {s.out, 0, 7, malloc(length), 0, length};
    CHECK(lentil_compress_stream(read_some, write_some, &s, NULL) == LENTIL_OK);
    t.left = s.length;
    CHECK(lentil_decompress_stream(read_some, write_some, &t, NULL) == LENTIL_OK);
    CHECK(t.length == length && memcmp(jpeg, t.out, length) == 0);
    CHECK(lentil_compress_stream(read_fails, write_some, &s, NULL) == LENTIL_IO);
    t.in = s.out, t.left = s.length, t.length = 0, t.room = length / 2;
    CHECK(lentil_decompress_stream(read_some, write_some, &t, NULL) == LENTIL_IO);
    CHECK(lentil_compress_stream(NULL, write_some, &s, NULL) == LENTIL_ARGUMENT);
    free(s.out);
    free(t.out);
}

static void what_must_fail(void) {
    uint8_t *out;
    size_t length;
    CHECK(lentil_compress((const uint8_t *)"no JPEG", 7, NULL, &out, &length) == LENTIL_UNSUPPORTED);
    char why[20];
    CHECK(lentil_last_error(why, sizeof why) > 19 && strlen(why) == 19);
    CHECK(lentil_last_error(NULL, 0) > 0);
    CHECK(lentil_decompress((const uint8_t *)"no lep", 6, NULL, &out, &length) == LENTIL_CORRUPT);
    CHECK(lentil_compress(NULL, 5, NULL, &out, &length) == LENTIL_ARGUMENT);
    CHECK(lentil_compress(NULL, 0, NULL, &out, &length) == LENTIL_UNSUPPORTED);
    CHECK(lentil_compress((const uint8_t *)"", 0, NULL, NULL, &length) == LENTIL_ARGUMENT);
    lentil_options options;
    memset(&options, 0, sizeof options);
    CHECK(lentil_compress((const uint8_t *)"", 0, &options, &out, &length) == LENTIL_ARGUMENT);
    lentil_options_init(&options);
    options.partitions = 17;
    CHECK(lentil_compress((const uint8_t *)"", 0, &options, &out, &length) == LENTIL_ARGUMENT);
    lentil_free(NULL, 0);
    lentil_options_init(NULL);
    CHECK(strlen(lentil_version()) > 0);
}

int main(int argc, char **argv) {
    what_must_fail();
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        CHECK(file != NULL);
        uint8_t *jpeg = malloc(1 << 24);
        size_t length = fread(jpeg, 1, 1 << 24, file);
        fclose(file);
        in_memory(jpeg, length);
        by_streams(jpeg, length);
        free(jpeg);
    }
    printf("%d files\n", argc - 1);
    return 0;
}
