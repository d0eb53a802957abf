//! Streams that C encodes.

use lentil::video::Encoder;

use crate::arguments;
use crate::codec::{self, lentil_codec};
use crate::encode_options::{self, lentil_encode_options};
use crate::encoded::{self, lentil_encoded};
use crate::picture::{self, lentil_picture};
use crate::status::{guarded, lentil_status};

/// A stream that is encoded picture by picture, by one call at a time. A handle is to be freed with
/// `lentil_encoder_free`.
pub struct lentil_encoder(Encoder);

const NO_ENCODER: &str = "the encoder is null";

/// `*encoder` is set to a stream that goes on after `codec`: with an inter frame, or, if that is a codec before its first
/// frame, with a key frame; to null on failure. The codec stays as it is. Null options are the defaults.
///
/// # Safety
/// `codec` is null or a handle, `options` is null or was initialised by `lentil_encode_options_init`, and `encoder` is
/// null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoder_new(
    codec: *const lentil_codec,
    options: *const lentil_encode_options,
    encoder: *mut *mut lentil_encoder,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place, the handle and the options.
        let (place, codec, options) = unsafe {
            let place = arguments::handle(encoder, NO_ENCODER)?;
            (place, codec::get(codec)?, encode_options::read(options)?)
        };
        place.give(lentil_encoder(Encoder::new(codec.clone(), options)));
        Ok(())
    })
}

/// `*clone` is set to another stream that goes on from the same place, by itself; to null on failure. No pixels are copied.
///
/// # Safety
/// `encoder` is null or a handle that no other call uses, and `clone` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoder_clone(
    encoder: *const lentil_encoder,
    clone: *mut *mut lentil_encoder,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the handle.
        let (place, encoder) = unsafe {
            let place = arguments::handle(clone, "clone is null")?;
            (place, arguments::shared(encoder, NO_ENCODER)?)
        };
        place.give(lentil_encoder(encoder.0.clone()));
        Ok(())
    })
}

/// Encodes the next picture. `*encoded` is set to what comes of it; to null on failure, after which the stream is as before.
///
/// # Safety
/// `encoder` is null or a handle that no other call uses, `source` is null or a handle, and `encoded` is null or may be
/// written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoder_encode(
    encoder: *mut lentil_encoder,
    source: *const lentil_picture,
    encoded: *mut *mut lentil_encoded,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the handles; nobody else uses the encoder.
        let (place, encoder, source) = unsafe {
            let place = arguments::handle(encoded, encoded::NO_PLACE)?;
            let encoder = arguments::exclusive(encoder, NO_ENCODER)?;
            (place, encoder, picture::get(source)?)
        };
        let result = encoder.0.encode(source)?;
        place.give(lentil_encoded(result));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `encoder` is null, or a handle that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encoder_free(encoder: *mut lentil_encoder) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(encoder) };
}
