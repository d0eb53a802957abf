//! What C has of a frame that was encoded.

use std::ptr;

use lentil::video::Encoded;

use crate::arguments;
use crate::codec::{self, lentil_codec};
use crate::frame::lentil_frame_info;
use crate::picture::lentil_picture;
use crate::status::{Failure, guarded, lentil_status};
use crate::versioned;

/// What comes of encoding a picture: the frame, the codec after it and the picture that decoders make of it. It never
/// changes. A handle is to be freed with `lentil_encoded_free`; many threads may use it at a time.
pub struct lentil_encoded(pub(crate) Encoded);

pub(crate) const NO_PLACE: &str = "there is no place for what is encoded: its address is null";

/// # Safety
/// `encoded` is null or a handle that stays for `'a`.
pub(crate) unsafe fn get<'a>(encoded: *const lentil_encoded) -> Result<&'a Encoded, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::shared(encoded, "encoded is null") }.map(|encoded| &encoded.0)
}

/// The frame's bytes, which are there as long as the handle; null of null. `*length` is set to their number.
///
/// # Safety
/// `encoded` is null or a handle, and `length` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoded_frame(
    encoded: *const lentil_encoded,
    length: *mut usize,
) -> *const u8 {
    // SAFETY: the caller vouches for the handle and for the place.
    let (encoded, place) = unsafe { (get(encoded), arguments::place(length, 0, "")) };
    let Ok(encoded) = encoded else {
        return ptr::null();
    };
    if let Ok(place) = place {
        place.put(encoded.frame.len());
    }
    encoded.frame.as_ptr()
}

/// `*codec` is set to the codec after the frame, which is that which decoding the frame gives; to null on failure.
///
/// # Safety
/// `encoded` is null or a handle, and `codec` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoded_codec(
    encoded: *const lentil_encoded,
    codec: *mut *mut lentil_codec,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the place.
        let (place, encoded) =
            unsafe { (arguments::handle(codec, codec::NO_PLACE)?, get(encoded)?) };
        place.give(lentil_codec(encoded.codec.clone()));
        Ok(())
    })
}

/// `*picture` is set to the picture that decoders make of the frame; to null on failure.
///
/// # Safety
/// `encoded` is null or a handle, and `picture` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoded_picture(
    encoded: *const lentil_encoded,
    picture: *mut *mut lentil_picture,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and the place.
        let (place, encoded) = unsafe {
            (
                arguments::handle(picture, "picture is null")?,
                get(encoded)?,
            )
        };
        place.give(lentil_picture(encoded.picture.clone()));
        Ok(())
    })
}

/// Tells what the frame is, as decoding it does.
///
/// # Safety
/// `encoded` is null or a handle, and `info` is null or was initialised by `lentil_frame_info_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoded_info(
    encoded: *const lentil_encoded,
    info: *mut lentil_frame_info,
) -> lentil_status {
    guarded(|| {
        if info.is_null() {
            return Err(Failure::Argument("info is null"));
        }
        // SAFETY: the caller vouches for the handle and the struct.
        let (encoded, given) = unsafe { (get(encoded)?, versioned::result(info)?) };
        given.put(lentil_frame_info::of_encoded(encoded));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `encoded` is null, or a handle that is not used any more, nor its bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoded_free(encoded: *mut lentil_encoded) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(encoded) };
}
