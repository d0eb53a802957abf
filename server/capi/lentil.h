// Lentil: lossless JPEG recompression. Written by cbindgen from server/capi/src; do not edit.

#ifndef LENTIL_H
#define LENTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Everything is done.
#define LENTIL_OK 0

// The input is of a kind that cannot be compressed; leave it as it is.
#define LENTIL_UNSUPPORTED 1

// The input is damaged, or is no .lep file.
#define LENTIL_CORRUPT 2

// The input asks for more than the options allow.
#define LENTIL_LIMIT 3

// Reading or writing failed: a callback said so.
#define LENTIL_IO 4

// An argument is null or out of range.
#define LENTIL_ARGUMENT 5

// What was compressed does not restore to the input. Nothing was written.
#define LENTIL_MISMATCH 6

// The library failed.
#define LENTIL_INTERNAL 7

// Choices. `lentil_options_init` sets what is right for most callers.
typedef struct {
  // Size of this struct, set by `lentil_options_init`: later versions of the library may know more.
  size_t size;
  // Partitions of an image, 1 to 16; 0 chooses by size.
  uint32_t partitions;
  // Threads that may work on one file, at least 1. The bytes produced do not depend on it.
  uint32_t threads;
  // Not zero: restore what was compressed, and compare, before it is given out.
  uint32_t verify;
  // Largest width of an image in pixels.
  uint32_t max_width;
  // Largest height of an image in pixels.
  uint32_t max_height;
  // Bytes of memory that one file may ask for.
  uint64_t memory_limit;
  // Compress only the bytes from this one on.
  uint64_t range_start;
  // Compress only the bytes before this one; 0 for all.
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

// Sets all options to what is right for most callers.
//
// # Safety
// `options` is null or points to a struct that may be written to.
void lentil_options_init(lentil_options *options);

// Copies why the last call on this thread failed to `buffer`, cut to `length` bytes with a zero at the
// end. Gives the length of the whole text without the zero.
//
// # Safety
// `buffer` is null or points to `length` bytes that may be written to.
size_t lentil_last_error(char *buffer,
                         size_t length);

// Compresses the JPEG of `length` bytes at `jpeg`. `*out` is set to the .lep file, to be freed with
// `lentil_free`, and `*out_length` to its length; to null and 0 on failure. Null options are the defaults.
//
// # Safety
// `jpeg` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
// `lentil_options_init`, and `out` and `out_length` may be written to.
int32_t lentil_compress(const uint8_t *jpeg,
                        size_t length,
                        const lentil_options *options,
                        uint8_t **out,
                        size_t *out_length);

// Restores the JPEG from the .lep file of `length` bytes at `lep`; as `lentil_compress` else.
//
// # Safety
// As for `lentil_compress`.
int32_t lentil_decompress(const uint8_t *lep,
                          size_t length,
                          const lentil_options *options,
                          uint8_t **out,
                          size_t *out_length);

// Frees what `lentil_compress` or `lentil_decompress` gave. Null is taken, too.
//
// # Safety
// `bytes` and `length` are as they were given, and are not used any more.
void lentil_free(uint8_t *bytes, size_t length);

// Compresses what `read` gives, all of which is held in memory, and gives the .lep file to `write`.
//
// # Safety
// `options` is null or was initialised by `lentil_options_init`; the callbacks may be called with `user`.
int32_t lentil_compress_stream(lentil_read read,
                               lentil_write write,
                               void *user,
                               const lentil_options *options);

// Restores the JPEG from the .lep file that `read` gives. Its bytes go to `write` as soon as they are
// known: if the call fails, what was written is not all, or not right.
//
// # Safety
// As for `lentil_compress_stream`.
int32_t lentil_decompress_stream(lentil_read read,
                                 lentil_write write,
                                 void *user,
                                 const lentil_options *options);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LENTIL_H */
