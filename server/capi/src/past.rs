//! What C has of frames before those that are to be rebased.

use lentil::video::Past;

use crate::codec::{self, lentil_codec};
use crate::frame::lentil_frame_info;
use crate::status::{Failure, guarded, lentil_status};
use crate::video_options::{self, lentil_video_options};
use crate::{arguments, versioned};

/// What frames so far leave for reading the modes of the next one: a codec without its pictures. It never changes. A handle
/// is to be freed with `lentil_past_free`; many threads may use it at a time.
pub struct lentil_past(pub(crate) Past);

const NO_PLACE: &str = "there is no place for the past: its address is null";

/// # Safety
/// `past` is null or a handle that stays for `'a`.
pub(crate) unsafe fn get<'a>(past: *const lentil_past) -> Result<&'a Past, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::shared(past, "the past is null") }.map(|past| &past.0)
}

/// `*past` is set to that of a codec, or, if this is null, to that before a first frame; to null on failure.
///
/// # Safety
/// `codec` is null or a handle, and `past` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_past_new(
    codec: *const lentil_codec,
    past: *mut *mut lentil_past,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place.
        let place = unsafe { arguments::handle(past, NO_PLACE)? };
        let new = if codec.is_null() {
            Past::default()
        } else {
            // SAFETY: the caller vouches for the handle.
            Past::of(unsafe { codec::get(codec)? })
        };
        place.give(lentil_past(new));
        Ok(())
    })
}

/// `*next_past` is set to what is left after one more frame, of `length` bytes at `data`, be it a key frame or not; to null on
/// failure. No pixels are decoded. The past stays as it is, and is still to be freed. A frame of no bytes leaves the same. Of
/// the options only the limits for pictures matter; null ones are the defaults. `info` gets what the frame's header says, but
/// not whether data are missing; it may be null.
///
/// # Safety
/// `past` is null or a handle, `data` points to `length` bytes (or is null with `length` 0), `options` is null or was
/// initialised by `lentil_video_options_init`, `next_past` is null or may be written to, and `info` is null or was
/// initialised by `lentil_frame_info_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_past_after(
    past: *const lentil_past,
    data: *const u8,
    length: usize,
    options: *const lentil_video_options,
    next_past: *mut *mut lentil_past,
    info: *mut lentil_frame_info,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place.
        let place = unsafe { arguments::handle(next_past, NO_PLACE)? };
        // SAFETY: the caller vouches for the handle, the bytes and the structs.
        let (past, data, (options, _), given) = unsafe {
            let data = arguments::input(data, length)?;
            let options = video_options::read(options)?;
            (get(past)?, data, options, versioned::result(info)?)
        };
        let (next, header) = match past.after(data, &options.limits)? {
            Some((next, header)) => (next, Some(header)),
            None => (past.clone(), None),
        };
        given.put(lentil_frame_info::of_header(next.state(), header.as_ref()));
        place.give(lentil_past(next));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `past` is null, or a handle that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_past_free(past: *mut lentil_past) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(past) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_may_use_a_handle() {
        fn shared<T: Send + Sync>() {}
        shared::<lentil_past>();
    }
}
