//! Chunks of frames that C makes follow another codec.

use lentil::video::{Past, Rebaser};

use crate::arguments;
use crate::codec::{self, lentil_codec};
use crate::encode_options::effort;
use crate::encoded::{self, lentil_encoded};
use crate::past::{self, lentil_past};
use crate::picture::{self, lentil_picture};
use crate::status::{guarded, lentil_status};

/// A chunk of frames on its way to follow another codec than that which it was made for, by one call at a time: inter
/// frames keep most of their modes and vectors, and get the residue of their new prediction; a key frame is encoded anew as
/// an inter frame that all references become. A handle is to be freed with `lentil_rebaser_free`.
pub struct lentil_rebaser(Rebaser);

const NO_REBASER: &str = "the rebaser is null";

/// `*rebaser` is set to a chunk that is to follow `codec`, and was made to follow `made_for`; to null on failure. If
/// `made_for` is null the chunk begins with a key frame, as one does that was encoded by itself. `preset` says how much is
/// searched: a `lentil_preset`. The codecs stay as they are.
///
/// # Safety
/// `codec` and `made_for` are null or handles, and `rebaser` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_rebaser_new(
    codec: *const lentil_codec,
    made_for: *const lentil_codec,
    preset: u32,
    rebaser: *mut *mut lentil_rebaser,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the handle.
        let (place, codec) =
            unsafe { (arguments::handle(rebaser, NO_REBASER)?, codec::get(codec)?) };
        let past = if made_for.is_null() {
            Past::default()
        } else {
            // SAFETY: the caller vouches for the handle.
            Past::of(unsafe { codec::get(made_for)? })
        };
        let chunk = Rebaser::new(codec.clone(), past, effort(preset)?);
        place.give(lentil_rebaser(chunk));
        Ok(())
    })
}

/// The same for a chunk whose frames before are known by what they leave: it goes on in the middle of a stream that nobody
/// decodes. `past` stays as it is.
///
/// # Safety
/// `codec` and `past` are null or handles, and `rebaser` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_rebaser_new_past(
    codec: *const lentil_codec,
    past: *const lentil_past,
    preset: u32,
    rebaser: *mut *mut lentil_rebaser,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the handles.
        let (place, codec, past) = unsafe {
            let place = arguments::handle(rebaser, NO_REBASER)?;
            (place, codec::get(codec)?, past::get(past)?)
        };
        let chunk = Rebaser::new(codec.clone(), past.clone(), effort(preset)?);
        place.give(lentil_rebaser(chunk));
        Ok(())
    })
}

/// `*clone` is set to another chunk that goes on from the same frame, by itself; to null on failure. No pixels are copied.
///
/// # Safety
/// `rebaser` is null or a handle that no other call uses, and `clone` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_rebaser_clone(
    rebaser: *const lentil_rebaser,
    clone: *mut *mut lentil_rebaser,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the handle.
        let (place, rebaser) = unsafe {
            let place = arguments::handle(clone, "clone is null")?;
            (place, arguments::shared(rebaser, NO_REBASER)?)
        };
        place.give(lentil_rebaser(rebaser.0.clone()));
        Ok(())
    })
}

/// Rebases the chunk's next frame, of `length` bytes at `data`, which was made of the picture `source`. `*encoded` is set
/// to what comes of it; to null on failure, after which the chunk is as before. A frame of no bytes cannot be rebased: leave
/// it out.
///
/// # Safety
/// `rebaser` is null or a handle that no other call uses, `data` points to `length` bytes (or is null with `length` 0),
/// `source` is null or a handle, and `encoded` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_rebaser_rebase(
    rebaser: *mut lentil_rebaser,
    data: *const u8,
    length: usize,
    source: *const lentil_picture,
    encoded: *mut *mut lentil_encoded,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place, the bytes and the handles; nobody else uses the rebaser.
        let (place, data, rebaser, source) = unsafe {
            let place = arguments::handle(encoded, encoded::NO_PLACE)?;
            let data = arguments::input(data, length)?;
            let rebaser = arguments::exclusive(rebaser, NO_REBASER)?;
            (place, data, rebaser, picture::get(source)?)
        };
        let result = rebaser.0.rebase(data, source)?;
        place.give(lentil_encoded(result));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `rebaser` is null, or a handle that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_rebaser_free(rebaser: *mut lentil_rebaser) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(rebaser) };
}
