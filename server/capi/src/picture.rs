//! Pictures that C holds.

use std::ptr;

use lentil::video::Picture;

use crate::arguments;
use crate::status::{Failure, guarded, lentil_status};

/// A picture: 4:2:0, eight bits. It never changes. A handle is one share of it, to be freed with
/// `lentil_picture_free`; the pixels go with the last share, that of codecs included.
pub struct lentil_picture(pub(crate) Picture);

const NO_PICTURE: &str = "the picture is null";

/// # Safety
/// `picture` is null or a handle that stays for `'a`.
pub(crate) unsafe fn get<'a>(picture: *const lentil_picture) -> Result<&'a Picture, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::shared(picture, NO_PICTURE) }.map(|picture| &picture.0)
}

/// Makes a picture of `width` x `height` pixels, each 1 to 16383, of three planes: `planes[0]` is where Y begins,
/// `planes[1]` U and `planes[2]` V, which have half the width and height, rounded up. `strides` has the bytes from a line
/// to the next of each, at least its width. The pixels are copied. `*picture` is set to the picture; to null on failure.
///
/// # Safety
/// `planes` and `strides` are null or point to three elements, each plane is null or points to as many bytes as its
/// lines take, the last one without what is behind its pixels, and `picture` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_picture_new(
    width: u32,
    height: u32,
    planes: *const *const u8,
    strides: *const usize,
    picture: *mut *mut lentil_picture,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and for the arrays.
        let (place, planes, strides) = unsafe {
            let place = arguments::handle(picture, "picture is null")?;
            let planes = arguments::shared(planes.cast::<[*const u8; 3]>(), "planes is null")?;
            (
                place,
                planes,
                arguments::shared(strides.cast::<[usize; 3]>(), "strides is null")?,
            )
        };
        let (width, height) = (side(width)?, side(height)?);
        let (columns, rows) = (usize::from(width), usize::from(height));
        let half = (columns.div_ceil(2), rows.div_ceil(2));
        let sizes = [(columns, rows), half, half];
        let mut lines = Vec::with_capacity(rows + 2 * half.1);
        for ((&plane, &stride), (width, height)) in planes.iter().zip(strides).zip(sizes) {
            // SAFETY: the caller vouches for the planes.
            let bytes = unsafe { plane_bytes(plane, stride, width, height)? };
            lines.extend(bytes.chunks(stride).map(|line| &line[..width]));
        }
        place.give(lentil_picture(Picture::from_lines(width, height, lines)?));
        Ok(())
    })
}

/// A side of a picture.
fn side(side: u32) -> Result<u16, Failure> {
    const NO_SIDE: &str = "width and height: VP8 has pictures of 1 x 1 to 16383 x 16383";
    match u16::try_from(side) {
        Ok(side @ 1..=16383) => Ok(side),
        _ => Err(Failure::Argument(NO_SIDE)),
    }
}

/// The bytes of a plane: whole lines but for the last, which ends with its pixels.
///
/// # Safety
/// `plane` is null or points to as many bytes as that, which stay as they are for `'a`.
unsafe fn plane_bytes<'a>(
    plane: *const u8,
    stride: usize,
    width: usize,
    height: usize,
) -> Result<&'a [u8], Failure> {
    if plane.is_null() {
        return Err(Failure::Argument("a plane is null"));
    }
    if stride < width {
        return Err(Failure::Argument("a stride is less than the plane's width"));
    }
    let length = stride.checked_mul(height - 1);
    let length = length.and_then(|whole| whole.checked_add(width));
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::input(plane, length.unwrap_or(usize::MAX)) }
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
