//! Codecs that C holds.

use std::ffi::c_void;

use lentil::video::Codec;

use crate::arguments::{self, BytesPlace};
use crate::frame::{has_pixels, lentil_frame_info};
use crate::held::Held;
use crate::picture::lentil_picture;
use crate::status::{Failure, guarded, lentil_status};
use crate::stream::{self, lentil_read, lentil_write};
use crate::versioned;
use crate::video_options::{self, lentil_video_options};

/// Everything that the next frame of a VP8 stream depends on, as a value: decoding and encoding leave it as it is, and
/// give the next one. A handle is to be freed with `lentil_codec_free`; many threads may use it at a time.
pub struct lentil_codec(pub(crate) Codec);

const NO_CODEC: &str = "the codec is null";
pub(crate) const NO_PLACE: &str = "there is no place for the codec: its address is null";

/// # Safety
/// `codec` is null or a handle that stays for `'a`.
pub(crate) unsafe fn get<'a>(codec: *const lentil_codec) -> Result<&'a Codec, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::shared(codec, NO_CODEC) }.map(|codec| &codec.0)
}

/// `*codec` is set to the codec before the first frame; to null on failure. It and all that come of it share memory
/// and threads. Null options are the defaults.
///
/// # Safety
/// `options` is null or was initialised by `lentil_video_options_init`, and `codec` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_new(
    options: *const lentil_video_options,
    codec: *mut *mut lentil_codec,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the options and the place.
        let (place, (options, _)) = unsafe {
            let place = arguments::handle(codec, NO_PLACE)?;
            (place, video_options::read(options)?)
        };
        place.give(lentil_codec(Codec::new(options)));
        Ok(())
    })
}

/// `*clone` is set to another handle of the same codec, to null on failure; no pixels are copied.
///
/// # Safety
/// `codec` is null or a handle, and `clone` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_clone(
    codec: *const lentil_codec,
    clone: *mut *mut lentil_codec,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the place.
        let (place, codec) = unsafe { (arguments::handle(clone, NO_PLACE)?, get(codec)?) };
        place.give(lentil_codec(codec.clone()));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `codec` is null, or a handle that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_free(codec: *mut lentil_codec) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(codec) };
}

/// Decodes the frame of `length` bytes at `data`. The codec stays as it is, and is still to be freed; `*next_codec`
/// is set to the one after the frame, and `*picture` to the frame's picture; both to null on failure. A frame that
/// lacks data is decoded as far as it goes. One of no bytes has the last picture, null if there is none. `picture`
/// and `info` may be null if they are of no interest.
///
/// # Safety
/// `codec` is null or a handle, `data` points to `length` bytes (or is null with `length` 0), `next_codec` and
/// `picture` are null or may be written to, and `info` is null or was initialised by `lentil_frame_info_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_decode(
    codec: *const lentil_codec,
    data: *const u8,
    length: usize,
    next_codec: *mut *mut lentil_codec,
    picture: *mut *mut lentil_picture,
    info: *mut lentil_frame_info,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the places.
        let (next_place, picture_place) = unsafe {
            let next = arguments::handle(next_codec, NO_PLACE);
            (next, arguments::handle(picture, "picture is null"))
        };
        let next_place = next_place?;
        // SAFETY: the caller vouches for the handle, the bytes and the struct.
        let (codec, data, given) = unsafe {
            let data = arguments::input(data, length)?;
            (get(codec)?, data, versioned::result(info)?)
        };
        let decoded = codec.decode(data)?;
        given.put(lentil_frame_info::of(&decoded));
        match picture_place {
            Ok(place) if has_pixels(&decoded.picture) => {
                place.give(lentil_picture(decoded.picture));
            }
            _ => {}
        }
        next_place.give(lentil_codec(decoded.codec));
        Ok(())
    })
}

/// `*picture` is set to the picture that the next frame can refer to as `which`: `LENTIL_LAST`, `LENTIL_GOLDEN` or
/// `LENTIL_ALTREF`; to null if there is none before the first key frame, or on failure.
///
/// # Safety
/// `codec` is null or a handle, and `picture` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_reference(
    codec: *const lentil_codec,
    which: u32,
    picture: *mut *mut lentil_picture,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the place.
        let (place, codec) =
            unsafe { (arguments::handle(picture, "picture is null")?, get(codec)?) };
        let [last, golden, altref] = codec.references();
        let found = match which {
            1 => last,
            2 => golden,
            3 => altref,
            _ => return Err(Failure::Argument("which: 1 to 3 can be asked for")),
        };
        if has_pixels(found) {
            place.give(lentil_picture(found.clone()));
        }
        Ok(())
    })
}

/// Writes a name for the codec by its content to `digest`: codecs of equal digests decode all frames alike.
///
/// # Safety
/// `codec` is null or a handle, and `digest` is null or points to 32 bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_digest(
    codec: *const lentil_codec,
    digest: *mut u8,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the place.
        let (place, codec) = unsafe {
            let place = arguments::place(digest.cast::<[u8; 32]>(), [0; 32], "digest is null")?;
            (place, get(codec)?)
        };
        place.put(codec.digest());
        Ok(())
    })
}

/// Saves everything that decoding goes on from. `*out` is set to the bytes, to be freed with `lentil_free`, and
/// `*out_length` to their number; to null and 0 on failure.
///
/// # Safety
/// `codec` is null or a handle, and `out` and `out_length` are null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_save(
    codec: *const lentil_codec,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the places.
        let (place, codec) = unsafe { (BytesPlace::new(out, out_length)?, get(codec)?) };
        let mut held = Held::new(u64::MAX);
        let done = codec.save(&mut held);
        place.give(held.finish(done)?);
        Ok(())
    })
}

/// Gives to `write` what `lentil_codec_save` saves.
///
/// # Safety
/// `codec` is null or a handle. The callback may be called with `user`, and comes back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_save_stream(
    codec: *const lentil_codec,
    write: lentil_write,
    user: *mut c_void,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the callback.
        let (codec, output) = unsafe { (get(codec)?, stream::output(write, user)?) };
        Ok(codec.save(output)?)
    })
}

/// Loads the codec from the `length` bytes at `bytes` that were saved. `*codec` is set to it; to null on failure.
/// It shares nothing with the codec that was saved. Null options are the defaults.
///
/// # Safety
/// `bytes` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
/// `lentil_video_options_init`, and `codec` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_load(
    bytes: *const u8,
    length: usize,
    options: *const lentil_video_options,
    codec: *mut *mut lentil_codec,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the bytes, the options and the place.
        let (place, bytes, (options, _)) = unsafe {
            let place = arguments::handle(codec, NO_PLACE)?;
            let bytes = arguments::input(bytes, length)?;
            (place, bytes, video_options::read(options)?)
        };
        place.give(lentil_codec(Codec::load(bytes, options)?));
        Ok(())
    })
}

/// Loads the codec that `read` gives, and reads nothing behind it; as `lentil_codec_load` else.
///
/// # Safety
/// As for `lentil_codec_load`. The callback may be called with `user`, and comes back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_load_stream(
    read: lentil_read,
    user: *mut c_void,
    options: *const lentil_video_options,
    codec: *mut *mut lentil_codec,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the callback, the options and the place.
        let (place, input, (options, _)) = unsafe {
            let place = arguments::handle(codec, NO_PLACE)?;
            let input = stream::input(read, user)?;
            (place, input, video_options::read(options)?)
        };
        place.give(lentil_codec(Codec::load(input, options)?));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_may_use_a_handle() {
        fn shared<T: Send + Sync>() {}
        shared::<lentil_codec>();
        shared::<lentil_picture>();
    }
}
