//! Pictures that C holds.

use std::ptr;

use lentil::video::Picture;

use crate::arguments;
use crate::status::{Failure, guarded, lentil_status};

/// A decoded picture: 4:2:0, eight bits. It never changes. A handle is one share of it, to be freed with
/// `lentil_picture_free`; the pixels go with the last share, that of codecs included.
pub struct lentil_picture(pub(crate) Picture);

const NO_PICTURE: &str = "the picture is null";

/// # Safety
/// `picture` is null or a handle that stays for `'a`.
unsafe fn get<'a>(picture: *const lentil_picture) -> Result<&'a Picture, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::shared(picture, NO_PICTURE) }.map(|picture| &picture.0)
}

/// Width in pixels; 0 of null.
///
/// # Safety
/// `picture` is null or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_width(picture: *const lentil_picture) -> u32 {
    // SAFETY: the caller vouches for the handle.
    unsafe { get(picture) }.map_or(0, |picture| picture.width().into())
}

/// Height in pixels; 0 of null.
///
/// # Safety
/// `picture` is null or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_height(picture: *const lentil_picture) -> u32 {
    // SAFETY: the caller vouches for the handle.
    unsafe { get(picture) }.map_or(0, |picture| picture.height().into())
}

/// The first pixel of a plane: 0 for Y, 1 for U, 2 for V; null if there is none such. It is there as long as the
/// handle. `*stride` is set to the bytes from a line to the next. U and V have half the width and height, rounded up.
///
/// # Safety
/// `picture` is null or a handle, and `stride` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_plane(
    picture: *const lentil_picture,
    plane: u32,
    stride: *mut usize,
) -> *const u8 {
    // SAFETY: the caller vouches for the handle and for the place.
    let (picture, place) = unsafe { (get(picture), arguments::place(stride, 0, "")) };
    let planes = picture.map(Picture::planes);
    let found = planes.ok().and_then(|of| match plane {
        0 => Some(of.y),
        1 => Some(of.u),
        2 => Some(of.v),
        _ => None,
    });
    if let (Some(found), Ok(place)) = (found, place) {
        place.put(found.stride);
    }
    found.map_or(ptr::null(), |found| found.data.as_ptr())
}

/// Bytes of the picture as I420; 0 of null.
///
/// # Safety
/// `picture` is null or a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_i420_length(picture: *const lentil_picture) -> usize {
    // SAFETY: the caller vouches for the handle.
    unsafe { get(picture) }.map_or(0, Picture::i420_len)
}

/// Copies the picture to `buffer` as I420: the lines of Y, then of U, then of V, without gaps. `length` is what
/// `buffer` has room for, at least `lentil_picture_i420_length`; nothing is written if it is less.
///
/// # Safety
/// `picture` is null or a handle, and `buffer` is null or points to `length` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_i420(
    picture: *const lentil_picture,
    buffer: *mut u8,
    length: usize,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle.
        let picture = unsafe { get(picture)? };
        if buffer.is_null() {
            return Err(Failure::Argument("buffer is null"));
        }
        if length < picture.i420_len() {
            return Err(Failure::Argument("buffer is too small for the picture"));
        }
        let mut at = 0;
        for line in picture.lines() {
            // SAFETY: all lines have as many bytes as `i420_len` says, and there is room for these. Nobody may
            // write where the picture is, so that it lies elsewhere.
            unsafe { ptr::copy_nonoverlapping(line.as_ptr(), buffer.add(at), line.len()) };
            at += line.len();
        }
        Ok(())
    })
}

/// `*clone` is set to another handle of the same picture; nothing is copied.
///
/// # Safety
/// `picture` is null or a handle, and `clone` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_clone(
    picture: *const lentil_picture,
    clone: *mut *mut lentil_picture,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the handle and for the place.
        let (place, picture) =
            unsafe { (arguments::handle(clone, "clone is null")?, get(picture)?) };
        place.give(lentil_picture(picture.clone()));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `picture` is null, or a handle that is not used any more, nor its planes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_free(picture: *mut lentil_picture) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(picture) };
}
