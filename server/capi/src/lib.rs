//! The C interface of Lentil. `lentil.h` is made of these files.
//!
//! Every function can be called from any thread, and many at a time; only one `lentil_video`, `lentil_encoder` or
//! `lentil_rebaser` is used by one call at a time. Nothing unwinds into the caller:
//! a panic, which would be a fault of the library, comes back as `LENTIL_INTERNAL`.

#![allow(non_camel_case_types)]

mod arguments;
mod codec;
mod encode;
mod encode_options;
mod encode_settings;
mod encoded;
mod encoder;
mod frame;
mod held;
mod options;
mod past;
mod picture;
mod rebaser;
mod status;
mod stream;
mod versioned;
mod video;
mod video_options;

use std::ffi::{c_char, c_void};
use std::ptr;

use arguments::BytesPlace;
pub use codec::{
    lentil_codec, lentil_codec_clone, lentil_codec_decode, lentil_codec_digest, lentil_codec_free,
    lentil_codec_load, lentil_codec_load_stream, lentil_codec_new, lentil_codec_reference,
    lentil_codec_save, lentil_codec_save_stream,
};
pub use encode::{
    lentil_analysis, lentil_analysis_free, lentil_codec_analyse, lentil_codec_encode,
};
pub use encode_options::{lentil_encode_options, lentil_encode_options_init, lentil_preset};
pub use encode_settings::{
    lentil_encode_settings, lentil_encode_settings_expect, lentil_encode_settings_init,
};
pub use encoded::{
    lentil_encoded, lentil_encoded_codec, lentil_encoded_frame, lentil_encoded_free,
    lentil_encoded_info, lentil_encoded_picture,
};
pub use encoder::{
    lentil_encoder, lentil_encoder_clone, lentil_encoder_encode, lentil_encoder_free,
    lentil_encoder_new,
};
pub use frame::{lentil_frame_info, lentil_frame_info_init, lentil_source};
use held::Held;
use lentil::{Error, Options, Summary};
pub use options::{lentil_options, lentil_options_init};
pub use past::{lentil_past, lentil_past_after, lentil_past_free, lentil_past_new};
pub use picture::{
    lentil_picture, lentil_picture_clone, lentil_picture_free, lentil_picture_height,
    lentil_picture_i420, lentil_picture_i420_length, lentil_picture_new, lentil_picture_plane,
    lentil_picture_width,
};
pub use rebaser::{
    lentil_rebaser, lentil_rebaser_clone, lentil_rebaser_free, lentil_rebaser_new,
    lentil_rebaser_new_past, lentil_rebaser_rebase,
};
use status::guarded;
pub use status::{lentil_last_error, lentil_status};
pub use stream::{lentil_read, lentil_write};
pub use video::{
    lentil_video, lentil_video_free, lentil_video_get_info, lentil_video_info,
    lentil_video_info_init, lentil_video_next_frame, lentil_video_open, lentil_video_open_memory,
};
pub use video_options::{lentil_video_options, lentil_video_options_init};

/// The version of the library, as text.
#[unsafe(no_mangle)]
pub extern "C" fn lentil_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Compresses the JPEG of `length` bytes at `jpeg`. `*out` is set to the .lep file, to be freed with
/// `lentil_free`, and `*out_length` to its length; to null and 0 on failure. Null options are the defaults.
///
/// # Safety
/// `jpeg` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
/// `lentil_options_init`, and `out` and `out_length` may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_compress(
    jpeg: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> lentil_status {
    let work =
        |jpeg: &[u8], lep: &mut Held, options: &Options| lentil::compress_slice(jpeg, lep, options);
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { in_memory(jpeg, length, options, out, out_length, work) }
}

/// Restores the JPEG from the .lep file of `length` bytes at `lep`; as `lentil_compress` else.
///
/// # Safety
/// As for `lentil_compress`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_decompress(
    lep: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> lentil_status {
    let work =
        |lep: &[u8], jpeg: &mut Held, options: &Options| lentil::decompress(lep, jpeg, options);
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { in_memory(lep, length, options, out, out_length, work) }
}

/// Frees what `lentil_compress`, `lentil_decompress` or `lentil_codec_save` gave. Null is taken, too.
///
/// # Safety
/// `bytes` and `length` are as they were given, and are not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_free(bytes: *mut u8, length: usize) {
    if !bytes.is_null() {
        // SAFETY: the bytes came from a boxed slice of this length in `BytesPlace`.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, length)) });
    }
}

/// Compresses what `read` gives, all of which is held in memory, and gives the .lep file to `write`.
/// The callbacks are called by the thread that makes the call. Null options are the defaults.
///
/// # Safety
/// `options` is null or was initialised by `lentil_options_init`. The callbacks may be called with
/// `user`, and come back: they neither throw nor jump.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_compress_stream(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
    options: *const lentil_options,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the options and the callbacks.
        let (options, streams) =
            unsafe { (options::read(options)?, stream::pair(read, write, user)?) };
        lentil::compress(streams.0, streams.1, &options)?;
        Ok(())
    })
}

/// Restores the JPEG from the .lep file that `read` gives. Its bytes go to `write` as soon as they are
/// known: if the call fails, what was written is not all, or not right. Else as `lentil_compress_stream`.
///
/// # Safety
/// As for `lentil_compress_stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_decompress_stream(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
    options: *const lentil_options,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the options and the callbacks.
        let (options, streams) =
            unsafe { (options::read(options)?, stream::pair(read, write, user)?) };
        lentil::decompress(streams.0, streams.1, &options)?;
        Ok(())
    })
}

/// # Safety
/// As for [`lentil_compress`].
unsafe fn in_memory(
    bytes: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
    work: impl FnOnce(&[u8], &mut Held, &Options) -> Result<Summary, Error>,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller says that they may be written to.
        let place = unsafe { BytesPlace::new(out, out_length)? };
        // SAFETY: the caller says that there are as many bytes.
        let input = unsafe { arguments::input(bytes, length)? };
        // SAFETY: the caller vouches for the options.
        let options = unsafe { options::read(options)? };
        let mut held = Held::new(options.limits.memory);
        let done = work(input, &mut held, &options).map(|_| ());
        let result = held.finish(done)?;
        place.give(result);
        Ok(())
    })
}
