// Lentil: lossless JPEG recompression, and VP8 as a value. Written by cbindgen from server/capi/src; do not edit.

#ifndef LENTIL_H
#define LENTIL_H

#include <stddef.h>
#include <stdint.h>

// How a call ended.
typedef enum lentil_status {
  // Everything is done.
  LENTIL_OK = 0,
  // The input is of a kind that cannot be compressed, or holds no VP8; leave it as it is.
  LENTIL_UNSUPPORTED = 1,
  // The input is damaged, or is no .lep file, no frame, or no codec that was saved.
  LENTIL_CORRUPT = 2,
  // The input asks for more than the options allow, or than there is memory for.
  LENTIL_LIMIT = 3,
  // A callback failed.
  LENTIL_IO = 4,
  // An argument is null or out of range.
  LENTIL_ARGUMENT = 5,
  // What was compressed does not restore to the input. It was not given out.
  LENTIL_MISMATCH = 6,
  // The library failed.
  LENTIL_INTERNAL = 7,
  // There are no more frames. Nothing is wrong.
  LENTIL_END = 8,
} lentil_status;

// Where a reference comes from. References are those before the frame.
typedef enum lentil_source {
  // The frame itself.
  LENTIL_FRAME = 0,
  // The last frame.
  LENTIL_LAST = 1,
  // The golden frame.
  LENTIL_GOLDEN = 2,
  // The alternate reference frame.
  LENTIL_ALTREF = 3,
} lentil_source;

// Everything that decoding the next frame of a VP8 stream depends on, as a value: decoding leaves it as it is, and
// gives the next one. A handle is to be freed with `lentil_codec_free`; many threads may use it at a time.
typedef struct lentil_codec lentil_codec;

// A decoded picture: 4:2:0, eight bits. It never changes. A handle is one share of it, to be freed with
// `lentil_picture_free`; the pixels go with the last share, that of codecs included.
typedef struct lentil_picture lentil_picture;

// An IVF, WebM or Matroska file of VP8 that is read frame by frame, by one call at a time.
typedef struct lentil_video lentil_video;

// Choices. `lentil_options_init` sets what is right for most callers.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
// the others keep their defaults.
typedef struct lentil_options {
  // Bytes of this struct; `lentil_options_init` sets it.
  size_t size;
  // Partitions of an image, 1 to 16; 0 chooses by size.
  uint32_t partitions;
  // Threads that may work on one file, at least 1. The bytes produced do not depend on it.
  uint32_t threads;
  // Not zero: restore what was compressed, and compare, before it is given out.
  uint32_t verify;
  // Not zero: write the format version that only Lentil reads, even where the common one would do.
  uint32_t own_version;
  // Largest width of an image in pixels.
  uint32_t max_width;
  // Largest height of an image in pixels.
  uint32_t max_height;
  // Bytes of memory that one file may ask for. What is given out in memory may have as many, too.
  uint64_t memory_limit;
  // Compress only the bytes from this one on.
  uint64_t range_start;
  // Compress only the bytes before this one. 0 together with a start of 0 means all.
  uint64_t range_end;
} lentil_options;

// Reads up to `length` bytes into `buffer`. Gives how many, 0 at the end, or less than 0 on failure.
typedef ptrdiff_t (*lentil_read)(void *user, uint8_t *buffer, size_t length);

// Takes `length` bytes. Gives 0, or anything else on failure.
typedef int32_t (*lentil_write)(void *user, const uint8_t *bytes, size_t length);

// What a frame is. `lentil_frame_info_init` makes it ready for `lentil_codec_decode`.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows.
typedef struct lentil_frame_info {
  // Bytes of this struct; `lentil_frame_info_init` sets it.
  size_t size;
  // Not zero: there is a picture, and it is to be shown, not only referred to.
  uint32_t shown;
  // Not zero: the frame has no bytes. The last picture stays; nothing below but the size is known.
  uint32_t empty;
  // Not zero: data are missing, and were taken to be zeros.
  uint32_t lacks_data;
  // Width of the picture in pixels.
  uint32_t width;
  // Height of the picture in pixels.
  uint32_t height;
  // How much wider to show the picture: 0 to 3 for 1, 5/4, 5/3, 2. It is not done.
  uint32_t horizontal_scale;
  // How much higher, likewise.
  uint32_t vertical_scale;
  // Not zero: it depends on no frame before it.
  uint32_t key_frame;
  // Which filters predict, 0 to 3.
  uint32_t profile;
  // The quantizer's index, 0 to 127.
  uint32_t quantizer;
  // Token partitions: 1, 2, 4 or 8.
  uint32_t partitions;
  // What the last frame will be.
  enum lentil_source last;
  // What the golden frame will be.
  enum lentil_source golden;
  // What the alternate reference frame will be.
  enum lentil_source altref;
} lentil_frame_info;

// Choices for decoding. `lentil_video_options_init` sets one thread, and no limits but the format's: who decodes
// what strangers send sets limits, too.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
// the others keep their defaults.
typedef struct lentil_video_options {
  // Bytes of this struct; `lentil_video_options_init` sets it.
  size_t size;
  // Threads that may work on one frame, 1 to 256. Pictures do not depend on it.
  uint32_t threads;
  // Largest width of a picture in pixels.
  uint32_t max_width;
  // Largest height of a picture in pixels.
  uint32_t max_height;
  // Most macroblocks of a picture: squares of 16 pixels.
  uint32_t max_macroblocks;
  // Bytes of memory that a WebM or Matroska file may take, all of which is held. IVF files are read as they come.
  uint64_t memory_limit;
} lentil_video_options;

// What a file says of its stream. `lentil_video_info_init` makes it ready for `lentil_video_get_info`.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows.
typedef struct lentil_video_info {
  // Bytes of this struct; `lentil_video_info_init` sets it.
  size_t size;
  // The kind of file, "IVF" or "Matroska", which is WebM, too. It is there as long as the library.
  const char *container;
  // Width that the file claims; frames say what holds.
  uint32_t width;
  // Height that it claims.
  uint32_t height;
  // Frames in so many seconds as `rate_seconds` says; 0 if the file does not say.
  uint32_t rate_frames;
  // The seconds; 0 if the file does not say.
  uint32_t rate_seconds;
} lentil_video_info;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The version of the library, as text.
const char *lentil_version(void);

// Compresses the JPEG of `length` bytes at `jpeg`. `*out` is set to the .lep file, to be freed with
// `lentil_free`, and `*out_length` to its length; to null and 0 on failure. Null options are the defaults.
//
// # Safety
// `jpeg` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
// `lentil_options_init`, and `out` and `out_length` may be written to.
enum lentil_status lentil_compress(const uint8_t *jpeg,
                                   size_t length,
                                   const struct lentil_options *options,
                                   uint8_t **out,
                                   size_t *out_length);

// Restores the JPEG from the .lep file of `length` bytes at `lep`; as `lentil_compress` else.
//
// # Safety
// As for `lentil_compress`.
enum lentil_status lentil_decompress(const uint8_t *lep,
                                     size_t length,
                                     const struct lentil_options *options,
                                     uint8_t **out,
                                     size_t *out_length);

// Frees what `lentil_compress`, `lentil_decompress` or `lentil_codec_save` gave. Null is taken, too.
//
// # Safety
// `bytes` and `length` are as they were given, and are not used any more.
void lentil_free(uint8_t *bytes,
                 size_t length);

// Compresses what `read` gives, all of which is held in memory, and gives the .lep file to `write`.
// The callbacks are called by the thread that makes the call. Null options are the defaults.
//
// # Safety
// `options` is null or was initialised by `lentil_options_init`. The callbacks may be called with
// `user`, and come back: they neither throw nor jump.
enum lentil_status lentil_compress_stream(lentil_read read,
                                          lentil_write write,
                                          void *user,
                                          const struct lentil_options *options);

// Restores the JPEG from the .lep file that `read` gives. Its bytes go to `write` as soon as they are
// known: if the call fails, what was written is not all, or not right. Else as `lentil_compress_stream`.
//
// # Safety
// As for `lentil_compress_stream`.
enum lentil_status lentil_decompress_stream(lentil_read read,
                                            lentil_write write,
                                            void *user,
                                            const struct lentil_options *options);

// Sets all fields to what an empty frame has, and the size, which is `sizeof(lentil_frame_info)`.
//
// # Safety
// `info` is null or points to `size` bytes that may be written to.
void lentil_frame_info_init(struct lentil_frame_info *info, size_t size);

// `*codec` is set to the codec before the first frame; to null on failure. It and all that come of it share memory
// and threads. Null options are the defaults.
//
// # Safety
// `options` is null or was initialised by `lentil_video_options_init`, and `codec` is null or may be written to.
enum lentil_status lentil_codec_new(const struct lentil_video_options *options,
                                    struct lentil_codec **codec);

// `*clone` is set to another handle of the same codec, to null on failure; no pixels are copied.
//
// # Safety
// `codec` is null or a handle, and `clone` is null or may be written to.
enum lentil_status lentil_codec_clone(const struct lentil_codec *codec,
                                      struct lentil_codec **clone);

// Frees a handle. Null is taken, too.
//
// # Safety
// `codec` is null, or a handle that is not used any more.
void lentil_codec_free(struct lentil_codec *codec);

// Decodes the frame of `length` bytes at `data`. The codec stays as it is, and is still to be freed; `*next_codec`
// is set to the one after the frame, and `*picture` to the frame's picture; both to null on failure. A frame that
// lacks data is decoded as far as it goes. One of no bytes has the last picture, null if there is none. `picture`
// and `info` may be null if they are of no interest.
//
// # Safety
// `codec` is null or a handle, `data` points to `length` bytes (or is null with `length` 0), `next_codec` and
// `picture` are null or may be written to, and `info` is null or was initialised by `lentil_frame_info_init`.
enum lentil_status lentil_codec_decode(const struct lentil_codec *codec,
                                       const uint8_t *data,
                                       size_t length,
                                       struct lentil_codec **next_codec,
                                       struct lentil_picture **picture,
                                       struct lentil_frame_info *info);

// `*picture` is set to the picture that the next frame can refer to as `which`: `LENTIL_LAST`, `LENTIL_GOLDEN` or
// `LENTIL_ALTREF`; to null if there is none before the first key frame, or on failure.
//
// # Safety
// `codec` is null or a handle, and `picture` is null or may be written to.
enum lentil_status lentil_codec_reference(const struct lentil_codec *codec,
                                          uint32_t which,
                                          struct lentil_picture **picture);

// Writes a name for the codec by its content to `digest`: codecs of equal digests decode all frames alike.
//
// # Safety
// `codec` is null or a handle, and `digest` is null or points to 32 bytes that may be written to.
enum lentil_status lentil_codec_digest(const struct lentil_codec *codec,
                                       uint8_t *digest);

// Saves everything that decoding goes on from. `*out` is set to the bytes, to be freed with `lentil_free`, and
// `*out_length` to their number; to null and 0 on failure.
//
// # Safety
// `codec` is null or a handle, and `out` and `out_length` are null or may be written to.
enum lentil_status lentil_codec_save(const struct lentil_codec *codec,
                                     uint8_t **out,
                                     size_t *out_length);

// Gives to `write` what `lentil_codec_save` saves.
//
// # Safety
// `codec` is null or a handle. The callback may be called with `user`, and comes back.
enum lentil_status lentil_codec_save_stream(const struct lentil_codec *codec,
                                            lentil_write write,
                                            void *user);

// Loads the codec from the `length` bytes at `bytes` that were saved. `*codec` is set to it; to null on failure.
// It shares nothing with the codec that was saved. Null options are the defaults.
//
// # Safety
// `bytes` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
// `lentil_video_options_init`, and `codec` is null or may be written to.
enum lentil_status lentil_codec_load(const uint8_t *bytes,
                                     size_t length,
                                     const struct lentil_video_options *options,
                                     struct lentil_codec **codec);

// Loads the codec that `read` gives, and reads nothing behind it; as `lentil_codec_load` else.
//
// # Safety
// As for `lentil_codec_load`. The callback may be called with `user`, and comes back.
enum lentil_status lentil_codec_load_stream(lentil_read read,
                                            void *user,
                                            const struct lentil_video_options *options,
                                            struct lentil_codec **codec);

// Sets all options to what is right for most callers. `size` is `sizeof(lentil_options)`.
//
// # Safety
// `options` is null or points to `size` bytes that may be written to.
void lentil_options_init(struct lentil_options *options, size_t size);

// Width in pixels; 0 of null.
//
// # Safety
// `picture` is null or a handle.
uint32_t lentil_picture_width(const struct lentil_picture *picture);

// Height in pixels; 0 of null.
//
// # Safety
// `picture` is null or a handle.
uint32_t lentil_picture_height(const struct lentil_picture *picture);

// The first pixel of a plane: 0 for Y, 1 for U, 2 for V; null if there is none such. It is there as long as the
// handle. `*stride` is set to the bytes from a line to the next. U and V have half the width and height, rounded up.
//
// # Safety
// `picture` is null or a handle, and `stride` is null or may be written to.
const uint8_t *lentil_picture_plane(const struct lentil_picture *picture,
                                    uint32_t plane,
                                    size_t *stride);

// Bytes of the picture as I420; 0 of null.
//
// # Safety
// `picture` is null or a handle.
size_t lentil_picture_i420_length(const struct lentil_picture *picture);

// Copies the picture to `buffer` as I420: the lines of Y, then of U, then of V, without gaps. `length` is what
// `buffer` has room for, at least `lentil_picture_i420_length`; nothing is written if it is less.
//
// # Safety
// `picture` is null or a handle, and `buffer` is null or points to `length` bytes that may be written to.
enum lentil_status lentil_picture_i420(const struct lentil_picture *picture,
                                       uint8_t *buffer,
                                       size_t length);

// `*clone` is set to another handle of the same picture; nothing is copied.
//
// # Safety
// `picture` is null or a handle, and `clone` is null or may be written to.
enum lentil_status lentil_picture_clone(const struct lentil_picture *picture,
                                        struct lentil_picture **clone);

// Frees a handle. Null is taken, too.
//
// # Safety
// `picture` is null, or a handle that is not used any more, nor its planes.
void lentil_picture_free(struct lentil_picture *picture);

// Copies why the last call that failed on this thread did so to `buffer`, cut to `length` bytes with
// a zero at the end. Gives the length of the whole text without the zero; 0 if no call failed.
//
// # Safety
// `buffer` is null or points to `length` bytes that may be written to.
size_t lentil_last_error(char *buffer,
                         size_t length);

// Sets all fields to 0 but the size, which is `sizeof(lentil_video_info)`.
//
// # Safety
// `info` is null or points to `size` bytes that may be written to.
void lentil_video_info_init(struct lentil_video_info *info, size_t size);

// Opens the file that `read` gives: IVF, or WebM and Matroska, whose first VP8 track is taken. `*video` is set to
// the reader, to be freed with `lentil_video_free`; to null on failure. Null options are the defaults.
//
// # Safety
// `options` is null or was initialised by `lentil_video_options_init`, and `video` is null or may be written to.
// The callback may be called with `user` until the reader is freed; it comes back, and leaves the reader alone.
enum lentil_status lentil_video_open(lentil_read read,
                                     void *user,
                                     const struct lentil_video_options *options,
                                     struct lentil_video **video);

// Opens the file of `length` bytes at `bytes`; as `lentil_video_open` else.
//
// # Safety
// As for `lentil_video_open`, and `bytes` is null or points to `length` bytes, which stay as they are until the
// reader is freed.
enum lentil_status lentil_video_open_memory(const uint8_t *bytes,
                                            size_t length,
                                            const struct lentil_video_options *options,
                                            struct lentil_video **video);

// Tells what the file says of its stream.
//
// # Safety
// `video` is null or a reader that no other call uses, and `info` is null or was initialised by
// `lentil_video_info_init`.
enum lentil_status lentil_video_get_info(const struct lentil_video *video,
                                         struct lentil_video_info *info);

// Reads the next frame. `*data` and `*length` are set to its bytes, which are there until the next call with the
// reader; `*time` to when it is shown, in the file's units. `LENTIL_END` if there is none. The length can be 0:
// such a frame goes to `lentil_codec_decode` like any other.
//
// # Safety
// `video` is null or a reader that no other call uses; `data` and `length` are null or may be written to, and so
// is `time`, which may be null if it is of no interest.
enum lentil_status lentil_video_next_frame(struct lentil_video *video,
                                           const uint8_t **data,
                                           size_t *length,
                                           uint64_t *time);

// Frees a reader, and the frame that it read last. Null is taken, too.
//
// # Safety
// `video` is null, or a reader that is not used any more.
void lentil_video_free(struct lentil_video *video);

// Sets all options to their defaults. `size` is `sizeof(lentil_video_options)`.
//
// # Safety
// `options` is null or points to `size` bytes that may be written to.
void lentil_video_options_init(struct lentil_video_options *options, size_t size);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LENTIL_H */
