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
  // The input asks for more than the options allow, or than there is memory for, or a frame is longer than it may be.
  LENTIL_LIMIT = 3,
  // A callback failed.
  LENTIL_IO = 4,
  // An argument is null, out of range, or does not fit the others.
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

// How much time a frame is given.
typedef enum lentil_preset {
  // For what is shown while it is encoded.
  LENTIL_REALTIME = 0,
  // For streams that are kept.
  LENTIL_GOOD = 1,
  // For streams that are kept by many.
  LENTIL_BEST = 2,
} lentil_preset;

// What was found in a picture before it is encoded: its motion. One analysis serves several encodings of the picture
// after the same codec, say, with several quantizers. A handle is to be freed with `lentil_analysis_free`; many threads
// may use it at a time.
typedef struct lentil_analysis lentil_analysis;

// Everything that the next frame of a VP8 stream depends on, as a value: decoding and encoding leave it as it is, and
// give the next one. A handle is to be freed with `lentil_codec_free`; many threads may use it at a time.
typedef struct lentil_codec lentil_codec;

// What comes of encoding a picture: the frame, the codec after it and the picture that decoders make of it. It never
// changes. A handle is to be freed with `lentil_encoded_free`; many threads may use it at a time.
typedef struct lentil_encoded lentil_encoded;

// A stream that is encoded picture by picture, by one call at a time. A handle is to be freed with
// `lentil_encoder_free`.
typedef struct lentil_encoder lentil_encoder;

// What frames so far leave for reading the modes of the next one: a codec without its pictures. It never changes. A handle
// is to be freed with `lentil_past_free`; many threads may use it at a time.
typedef struct lentil_past lentil_past;

// A picture: 4:2:0, eight bits. It never changes. A handle is one share of it, to be freed with
// `lentil_picture_free`; the pixels go with the last share, that of codecs included.
typedef struct lentil_picture lentil_picture;

// A chunk of frames on its way to follow another codec than that which it was made for, by one call at a time: inter
// frames keep most of their modes and vectors, and get the residue of their new prediction; a key frame is encoded anew as
// an inter frame that all references become. A handle is to be freed with `lentil_rebaser_free`.
typedef struct lentil_rebaser lentil_rebaser;

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

// Choices for decoding and encoding. `lentil_video_options_init` sets one thread, and no limits but the format's: who decodes
// what strangers send sets limits, too.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
// the others keep their defaults.
typedef struct lentil_video_options {
  // Bytes of this struct; `lentil_video_options_init` sets it.
  size_t size;
  // Threads that may work on one frame, 1 to 256. Neither pictures nor bytes depend on it.
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

// What a frame is. `lentil_frame_info_init` makes it ready for `lentil_codec_decode`,
// `lentil_encoded_info` and `lentil_past_after`.
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

// Choices for one frame. `lentil_encode_settings_init` sets those of an inter frame that becomes the last frame and may
// refer to all references.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
// the others keep their defaults.
typedef struct lentil_encode_settings {
  // Bytes of this struct; `lentil_encode_settings_init` sets it.
  size_t size;
  // How much is searched: a `lentil_preset`.
  uint32_t preset;
  // Not zero: a key frame, as large as the picture; all references become the frame. Else an inter frame, as large as
  // the one before.
  uint32_t key_frame;
  // Not zero: it is to be shown, not only referred to.
  uint32_t shown;
  // The quantizer's index, 0 to 127: the higher, the fewer bytes.
  uint32_t quantizer;
  // Token partitions: 1, 2, 4 or 8.
  uint32_t partitions;
  // What the last frame will be: `LENTIL_FRAME` or `LENTIL_LAST`.
  uint32_t last;
  // What the golden frame will be: a `lentil_source`. `LENTIL_ALTREF` only if that one stays.
  uint32_t golden;
  // What the alternate reference frame will be: a `lentil_source`.
  uint32_t altref;
  // Not zero: macroblocks may refer to the last frame.
  uint32_t use_last;
  // Not zero: they may refer to the golden frame.
  uint32_t use_golden;
  // Not zero: they may refer to the alternate reference frame.
  uint32_t use_altref;
  // Not zero: the frame's probabilities stay for the next one.
  uint32_t refresh_entropy;
  // How many 256ths of the macroblocks are expected to have coefficients, 0 to 255. `lentil_encode_settings_expect`
  // sets this and what follows: the better it is known, the shorter frames are.
  uint32_t expected_coded;
  // How many are expected to be intra coded.
  uint32_t expected_intra;
  // How many of those that are not refer to the last frame.
  uint32_t expected_last;
  // How many of the others refer to the golden frame.
  uint32_t expected_golden;
  // The expected level of the loop filter, 0 to 63; 64: it is not known.
  uint32_t expected_filter_level;
  // How far the quantizer's index for the DC of luma is from `quantizer`, -15 to 15; it stays within 0 to 127.
  int32_t y_dc_delta;
  // That for the DC of the block of a macroblock's luma DCs.
  int32_t y2_dc_delta;
  // That for the AC of this block.
  int32_t y2_ac_delta;
  // That for the DC of chroma.
  int32_t uv_dc_delta;
  // That for the AC of chroma.
  int32_t uv_ac_delta;
} lentil_encode_settings;

// Choices for a stream. `lentil_encode_options_init` sets what is right for streams that are kept. How large pictures may
// be is for `lentil_video_options` to say, of the codec that the stream begins with.
//
// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
// the others keep their defaults.
typedef struct lentil_encode_options {
  // Bytes of this struct; `lentil_encode_options_init` sets it.
  size_t size;
  // How much is searched: a `lentil_preset`.
  uint32_t preset;
  // The quantizer of all frames, 0 to 127: the higher, the fewer bytes. A bit rate chooses others.
  uint32_t quantizer;
  // Bits a second that quantizers are chosen for, frame by frame; 0: all frames have the quantizer above.
  uint32_t bit_rate;
  // Frames in so many seconds as `rate_seconds` says. A bit rate needs both; from a frame a minute to 1000 a second.
  uint32_t rate_frames;
  // The seconds.
  uint32_t rate_seconds;
  // Frames from a key frame to the next; 0: only the first frame is one.
  uint32_t key_interval;
  // Inter frames after which the golden frame is renewed; 0: only key frames do that.
  uint32_t golden_interval;
  // Token partitions: 1, 2, 4 or 8, so many threads can read a frame's coefficients side by side.
  uint32_t partitions;
  // Not zero: frames depend on the one before them by its pixels alone, so that a frame that is lost spoils pictures,
  // but later frames can be read.
  uint32_t error_resilient;
  // Not zero: an encoder that goes on after a codec with pictures begins with a frame that refers to the last one alone,
  // and that all references become, so that its frames can be rebased onto another codec, of which this one is a guess.
  uint32_t to_rebase;
} lentil_encode_options;

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

// Looks for the motion between the codec's references and `source`. `*analysis` is set to what is found, to null on
// failure. A key frame has no motion, and needs no analysis.
//
// # Safety
// `codec` and `source` are null or handles, `settings` is null or was initialised by `lentil_encode_settings_init`, and
// `analysis` is null or may be written to.
enum lentil_status lentil_codec_analyse(const struct lentil_codec *codec,
                                        const struct lentil_picture *source,
                                        const struct lentil_encode_settings *settings,
                                        struct lentil_analysis **analysis);

// Frees a handle. Null is taken, too.
//
// # Safety
// `analysis` is null, or a handle that is not used any more.
void lentil_analysis_free(struct lentil_analysis *analysis);

// Encodes `source` as the next frame. The codec stays as it is. `*encoded` is set to what comes of it; to null on failure.
// The analysis is to be of this codec, this source, and settings that differ at most in quantizer, partitions and what is
// expected: of others the frame is longer, but no less sound. If it is null the picture is analysed first.
//
// # Safety
// `codec`, `source` and `analysis` are null or handles, `settings` is null or was initialised by
// `lentil_encode_settings_init`, and `encoded` is null or may be written to.
enum lentil_status lentil_codec_encode(const struct lentil_codec *codec,
                                       const struct lentil_picture *source,
                                       const struct lentil_encode_settings *settings,
                                       const struct lentil_analysis *analysis,
                                       struct lentil_encoded **encoded);

// Encodes `source` as `lentil_codec_encode` does, into at most `most` bytes, and no less than 85 % of them. The quantizer of the
// settings is a guess: what it gives is kept if it fits, else the frame is encoded once more, with quantizers that are chosen as
// its bits are counted. If these are several they are segments of the frame. The better the guess the less they differ. One frame
// in some thirty misses even so: then its last rows are encoded again, or all of it, mostly if it may take less than 100 bytes.
// `LENTIL_LIMIT` if there are too few bytes to say even that nothing has changed. A frame that has too few bytes is no error:
// there is no finer quantizer, or no way between too many and too few.
//
// # Safety
// As for `lentil_codec_encode`.
enum lentil_status lentil_codec_fit(const struct lentil_codec *codec,
                                    const struct lentil_picture *source,
                                    const struct lentil_encode_settings *settings,
                                    const struct lentil_analysis *analysis,
                                    size_t most,
                                    struct lentil_encoded **encoded);

// Sets all options to their defaults. `size` is `sizeof(lentil_encode_options)`.
//
// # Safety
// `options` is null or points to `size` bytes that may be written to.
void lentil_encode_options_init(struct lentil_encode_options *options, size_t size);

// Sets all settings to their defaults. `size` is `sizeof(lentil_encode_settings)`.
//
// # Safety
// `settings` is null or points to `size` bytes that may be written to.
void lentil_encode_settings_init(struct lentil_encode_settings *settings, size_t size);

// Sets what `settings` expects of a frame to what came of the one before, `encoded`. Where that does not tell, what was
// expected of it stays: so keep the struct from frame to frame.
//
// # Safety
// `settings` is null or was initialised by `lentil_encode_settings_init` and may be written to; `encoded` is null or a
// handle.
enum lentil_status lentil_encode_settings_expect(struct lentil_encode_settings *settings,
                                                 const struct lentil_encoded *encoded);

// The frame's bytes, which are there as long as the handle; null of null. `*length` is set to their number.
//
// # Safety
// `encoded` is null or a handle, and `length` is null or may be written to.
const uint8_t *lentil_encoded_frame(const struct lentil_encoded *encoded,
                                    size_t *length);

// `*codec` is set to the codec after the frame, which is that which decoding the frame gives; to null on failure.
//
// # Safety
// `encoded` is null or a handle, and `codec` is null or may be written to.
enum lentil_status lentil_encoded_codec(const struct lentil_encoded *encoded,
                                        struct lentil_codec **codec);

// `*picture` is set to the picture that decoders make of the frame; to null on failure.
//
// # Safety
// `encoded` is null or a handle, and `picture` is null or may be written to.
enum lentil_status lentil_encoded_picture(const struct lentil_encoded *encoded,
                                          struct lentil_picture **picture);

// Tells what the frame is, as decoding it does.
//
// # Safety
// `encoded` is null or a handle, and `info` is null or was initialised by `lentil_frame_info_init`.
enum lentil_status lentil_encoded_info(const struct lentil_encoded *encoded,
                                       struct lentil_frame_info *info);

// Frees a handle. Null is taken, too.
//
// # Safety
// `encoded` is null, or a handle that is not used any more, nor its bytes.
void lentil_encoded_free(struct lentil_encoded *encoded);

// `*encoder` is set to a stream that goes on after `codec`: with an inter frame, or, if that is a codec before its first
// frame, with a key frame; to null on failure. The codec stays as it is. Null options are the defaults.
//
// # Safety
// `codec` is null or a handle, `options` is null or was initialised by `lentil_encode_options_init`, and `encoder` is
// null or may be written to.
enum lentil_status lentil_encoder_new(const struct lentil_codec *codec,
                                      const struct lentil_encode_options *options,
                                      struct lentil_encoder **encoder);

// `*clone` is set to another stream that goes on from the same place, by itself; to null on failure. No pixels are copied.
//
// # Safety
// `encoder` is null or a handle that no other call uses, and `clone` is null or may be written to.
enum lentil_status lentil_encoder_clone(const struct lentil_encoder *encoder,
                                        struct lentil_encoder **clone);

// Encodes the next picture. `*encoded` is set to what comes of it; to null on failure, after which the stream is as before.
//
// # Safety
// `encoder` is null or a handle that no other call uses, `source` is null or a handle, and `encoded` is null or may be
// written to.
enum lentil_status lentil_encoder_encode(struct lentil_encoder *encoder,
                                         const struct lentil_picture *source,
                                         struct lentil_encoded **encoded);

// Frees a handle. Null is taken, too.
//
// # Safety
// `encoder` is null, or a handle that is not used any more.
void lentil_encoder_free(struct lentil_encoder *encoder);

// Sets all fields to what an empty frame has, and the size, which is `sizeof(lentil_frame_info)`.
//
// # Safety
// `info` is null or points to `size` bytes that may be written to.
void lentil_frame_info_init(struct lentil_frame_info *info, size_t size);

// Sets all options to what is right for most callers. `size` is `sizeof(lentil_options)`.
//
// # Safety
// `options` is null or points to `size` bytes that may be written to.
void lentil_options_init(struct lentil_options *options, size_t size);

// `*past` is set to that of a codec, or, if this is null, to that before a first frame; to null on failure.
//
// # Safety
// `codec` is null or a handle, and `past` is null or may be written to.
enum lentil_status lentil_past_new(const struct lentil_codec *codec,
                                   struct lentil_past **past);

// `*next_past` is set to what is left after one more frame, of `length` bytes at `data`, be it a key frame or not; to null on
// failure. No pixels are decoded. The past stays as it is, and is still to be freed. A frame of no bytes leaves the same. Of
// the options only the limits for pictures matter; null ones are the defaults. `info` gets what the frame's header says, but
// not whether data are missing; it may be null.
//
// # Safety
// `past` is null or a handle, `data` points to `length` bytes (or is null with `length` 0), `options` is null or was
// initialised by `lentil_video_options_init`, `next_past` is null or may be written to, and `info` is null or was
// initialised by `lentil_frame_info_init`.
enum lentil_status lentil_past_after(const struct lentil_past *past,
                                     const uint8_t *data,
                                     size_t length,
                                     const struct lentil_video_options *options,
                                     struct lentil_past **next_past,
                                     struct lentil_frame_info *info);

// Frees a handle. Null is taken, too.
//
// # Safety
// `past` is null, or a handle that is not used any more.
void lentil_past_free(struct lentil_past *past);

// Makes a picture of `width` x `height` pixels, each 1 to 16383, of three planes: `planes[0]` is where Y begins,
// `planes[1]` U and `planes[2]` V, which have half the width and height, rounded up. `strides` has the bytes from a line
// to the next of each, at least its width. The pixels are copied. `*picture` is set to the picture; to null on failure.
//
// # Safety
// `planes` and `strides` are null or point to three elements, each plane is null or points to as many bytes as its
// lines take, the last one without what is behind its pixels, and `picture` is null or may be written to.
enum lentil_status lentil_picture_new(uint32_t width,
                                      uint32_t height,
                                      const uint8_t *const *planes,
                                      const size_t *strides,
                                      struct lentil_picture **picture);

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

// `*rebaser` is set to a chunk that is to follow `codec`, and was made to follow `made_for`; to null on failure. If
// `made_for` is null the chunk begins with a key frame, as one does that was encoded by itself. `preset` says how much is
// searched: a `lentil_preset`. The codecs stay as they are.
//
// # Safety
// `codec` and `made_for` are null or handles, and `rebaser` is null or may be written to.
enum lentil_status lentil_rebaser_new(const struct lentil_codec *codec,
                                      const struct lentil_codec *made_for,
                                      uint32_t preset,
                                      struct lentil_rebaser **rebaser);

// The same for a chunk whose frames before are known by what they leave: it goes on in the middle of a stream that nobody
// decodes. `past` stays as it is.
//
// # Safety
// `codec` and `past` are null or handles, and `rebaser` is null or may be written to.
enum lentil_status lentil_rebaser_new_past(const struct lentil_codec *codec,
                                           const struct lentil_past *past,
                                           uint32_t preset,
                                           struct lentil_rebaser **rebaser);

// `*clone` is set to another chunk that goes on from the same frame, by itself; to null on failure. No pixels are copied.
//
// # Safety
// `rebaser` is null or a handle that no other call uses, and `clone` is null or may be written to.
enum lentil_status lentil_rebaser_clone(const struct lentil_rebaser *rebaser,
                                        struct lentil_rebaser **clone);

// Rebases the chunk's next frame, of `length` bytes at `data`, which was made of the picture `source`. `*encoded` is set
// to what comes of it; to null on failure, after which the chunk is as before. A frame of no bytes cannot be rebased: leave
// it out.
//
// # Safety
// `rebaser` is null or a handle that no other call uses, `data` points to `length` bytes (or is null with `length` 0),
// `source` is null or a handle, and `encoded` is null or may be written to.
enum lentil_status lentil_rebaser_rebase(struct lentil_rebaser *rebaser,
                                         const uint8_t *data,
                                         size_t length,
                                         const struct lentil_picture *source,
                                         struct lentil_encoded **encoded);

// Frees a handle. Null is taken, too.
//
// # Safety
// `rebaser` is null, or a handle that is not used any more.
void lentil_rebaser_free(struct lentil_rebaser *rebaser);

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
