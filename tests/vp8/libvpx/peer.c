/* libvpx's VP8 decoder, frame by frame. */
#include <stdlib.h>

#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct picture {
    const unsigned char *planes[3];
    int strides[3];
    unsigned int width, height;
};

void *peer_new(void) {
    vpx_codec_ctx_t *codec = calloc(1, sizeof *codec);
    vpx_codec_dec_cfg_t config = {.threads = 1};
    if (codec && vpx_codec_dec_init(codec, vpx_codec_vp8_dx(), &config, 0)) {
        free(codec);
        return NULL;
    }
    return codec;
}

void peer_free(void *codec) {
    vpx_codec_destroy(codec);
    free(codec);
}

/* 0, or libvpx's error with its words in *detail. */
int peer_decode(void *codec, const unsigned char *data, unsigned int len, const char **detail) {
    int error = vpx_codec_decode(codec, data, len, NULL, 0);
    *detail = error ? vpx_codec_error_detail(codec) : NULL;
    if (error && !*detail) *detail = vpx_codec_error(codec);
    return error;
}

/* 1 if there is a picture to show. */
int peer_picture(void *codec, struct picture *picture) {
    vpx_codec_iter_t iterator = NULL;
    const vpx_image_t *image = vpx_codec_get_frame(codec, &iterator);
    if (!image) return 0;
    for (int i = 0; i < 3; i++) {
        picture->planes[i] = image->planes[i];
        picture->strides[i] = image->stride[i];
    }
    picture->width = image->d_w;
    picture->height = image->d_h;
    return 1;
}
