// Lentil: lossless JPEG recompression. Written by cbindgen from server/capi/src; do not edit.

#ifndef LENTIL_H
#define LENTIL_H

#include <stddef.h>
#include <stdint.h>

// How a call ended.
typedef enum lentil_status {
  // Everything is done.
  LENTIL_OK = 0,
  // The input is of a kind that cannot be compressed; leave it as it is.
  LENTIL_UNSUPPORTED = 1,
  // The input is damaged, or is no .lep file.
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
} lentil_status;

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

// Frees what `lentil_compress` or `lentil_decompress` gave. Null is taken, too.
//
// # Safety
// `bytes` and `length` are as they were given, and are not used any more.
void lentil_free(uint8_t *bytes, size_t length);

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

// Sets all options to what is right for most callers. `size` is `sizeof(lentil_options)`.
//
// # Safety
// `options` is null or points to `size` bytes that may be written to.
void lentil_options_init(struct lentil_options *options, size_t size);

// Copies why the last call that failed on this thread did so to `buffer`, cut to `length` bytes with
// a zero at the end. Gives the length of the whole text without the zero; 0 if no call failed.
//
// # Safety
// `buffer` is null or points to `length` bytes that may be written to.
size_t lentil_last_error(char *buffer,
                         size_t length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LENTIL_H */
