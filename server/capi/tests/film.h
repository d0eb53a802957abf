// What the programs that encode share: a made film, and codecs that are in the middle of it.

#ifndef FILM_H
#define FILM_H

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

enum { WIDTH = 107, HEIGHT = 61, STRIDE = 120, FRAMES = 9 };

static inline int last_error_has(const char *words) {
    char why[200];
    lentil_last_error(why, sizeof why);
    return strstr(why, words) != NULL;
}

static inline lentil_codec *new_codec(void) {
    lentil_codec *codec = NULL;
    CHECK(lentil_codec_new(NULL, &codec) == LENTIL_OK);
    return codec;
}

// The film's picture of that number: waves that move, and a grid before them that moves faster. What is behind the
// pixels of a line is garbage.
static inline lentil_picture *film(unsigned number, uint32_t width, uint32_t height) {
    static uint8_t pixels[3][STRIDE * HEIGHT];
    const uint8_t *planes[3] = {pixels[0], pixels[1], pixels[2]};
    const size_t strides[3] = {STRIDE, STRIDE - 7, STRIDE / 2};
    lentil_picture *picture = NULL;
    for (unsigned plane = 0; plane < 3; plane++) {
        unsigned scale = plane == 0 ? 1 : 2;
        for (size_t i = 0; i < sizeof pixels[0]; i++) {
            unsigned x = (unsigned)(i % strides[plane]) * scale + 2 * number;
            unsigned y = (unsigned)(i / strides[plane]) * scale + number;
            unsigned wave = (x * x / 31 + y * 3) % 128;
            unsigned grid = (x + 3 * number) % 24 < 5 && y % 20 < 9;
            pixels[plane][i] = (uint8_t)(grid ? 230 - 40 * plane : 50 + (wave > 63 ? 127 - wave : wave));
        }
    }
    CHECK(lentil_picture_new(width, height, planes, strides, &picture) == LENTIL_OK);
    CHECK(lentil_picture_width(picture) == width && lentil_picture_height(picture) == height);
    for (uint32_t plane = 0; plane < 3; plane++) {
        size_t stride = 0, columns = plane ? (width + 1) / 2 : width, rows = plane ? (height + 1) / 2 : height;
        const uint8_t *copy = lentil_picture_plane(picture, plane, &stride);
        for (size_t y = 0; y < rows; y++) {
            CHECK(memcmp(copy + y * stride, pixels[plane] + y * strides[plane], columns) == 0);
        }
    }
    return picture;
}

static inline lentil_picture *source(unsigned number) {
    return film(number, WIDTH, HEIGHT);
}

static inline size_t length_of(const lentil_encoded *encoded) {
    size_t length = 0;
    CHECK(lentil_encoded_frame(encoded, &length) != NULL && length > 0);
    return length;
}

// A codec that decoded the film's frames up to one, encoded by itself.
static inline lentil_codec *codec_after(unsigned frames) {
    lentil_codec *codec = new_codec(), *next = NULL;
    lentil_encoder *encoder = NULL;
    CHECK(lentil_encoder_new(codec, NULL, &encoder) == LENTIL_OK);
    for (unsigned i = 0; i < frames; i++) {
        lentil_picture *picture = source(i);
        lentil_encoded *encoded = NULL;
        CHECK(lentil_encoder_encode(encoder, picture, &encoded) == LENTIL_OK);
        CHECK(lentil_encoded_codec(encoded, &next) == LENTIL_OK);
        lentil_codec_free(codec);
        codec = next;
        lentil_encoded_free(encoded);
        lentil_picture_free(picture);
    }
    lentil_encoder_free(encoder);
    return codec;
}

static inline lentil_encode_settings new_settings(void) {
    lentil_encode_settings settings;
    lentil_encode_settings_init(&settings, sizeof settings);
    CHECK(settings.size == sizeof settings && settings.shown && settings.last == LENTIL_FRAME);
    return settings;
}

#endif
