//! Encoding one frame, as C chooses.

use lentil::video::Analysis;

use crate::encode_settings::{self, lentil_encode_settings};
use crate::encoded::{self, lentil_encoded};
use crate::picture::{self, lentil_picture};
use crate::status::{guarded, lentil_status};
use crate::{arguments, codec, codec::lentil_codec};

/// What was found in a picture before it is encoded: its motion. One analysis serves several encodings of the picture
/// after the same codec, say, with several quantizers. A handle is to be freed with `lentil_analysis_free`; many threads
/// may use it at a time.
pub struct lentil_analysis(Analysis);

/// Looks for the motion between the codec's references and `source`. `*analysis` is set to what is found, to null on
/// failure. A key frame has no motion, and needs no analysis.
///
/// # Safety
/// `codec` and `source` are null or handles, `settings` is null or was initialised by `lentil_encode_settings_init`, and
/// `analysis` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_analyse(
    codec: *const lentil_codec,
    source: *const lentil_picture,
    settings: *const lentil_encode_settings,
    analysis: *mut *mut lentil_analysis,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place, the handles and the struct.
        let (place, codec, source, settings) = unsafe {
            let place = arguments::handle(analysis, "analysis is null")?;
            let (codec, source) = (codec::get(codec)?, picture::get(source)?);
            (place, codec, source, encode_settings::read(settings)?)
        };
        let found = codec.analyse(source, &settings.check(source)?)?;
        place.give(lentil_analysis(found));
        Ok(())
    })
}

/// Frees a handle. Null is taken, too.
///
/// # Safety
/// `analysis` is null, or a handle that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_analysis_free(analysis: *mut lentil_analysis) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(analysis) };
}

/// Encodes `source` as the next frame. The codec stays as it is. `*encoded` is set to what comes of it; to null on failure.
/// The analysis is to be of this codec, this source, and settings that differ at most in quantizer, partitions and what is
/// expected: of others the frame is longer, but no less sound. If it is null the picture is analysed first.
///
/// # Safety
/// `codec`, `source` and `analysis` are null or handles, `settings` is null or was initialised by
/// `lentil_encode_settings_init`, and `encoded` is null or may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_encode(
    codec: *const lentil_codec,
    source: *const lentil_picture,
    settings: *const lentil_encode_settings,
    analysis: *const lentil_analysis,
    encoded: *mut *mut lentil_encoded,
) -> lentil_status {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { encode(codec, source, settings, analysis, None, encoded) }
}

/// Encodes `source` as `lentil_codec_encode` does, into at most `most` bytes, and no less than 85 % of them. The quantizer of the
/// settings is a guess: what it gives is kept if it fits, else the frame is encoded once more, with quantizers that are chosen as
/// its bits are counted. If these are several they are segments of the frame. The better the guess the less they differ. One frame
/// in some thirty misses even so: then its last rows are encoded again, or all of it, mostly if it may take less than 100 bytes.
/// `LENTIL_LIMIT` if there are too few bytes to say even that nothing has changed. A frame that has too few bytes is no error:
/// there is no finer quantizer, or no way between too many and too few.
///
/// # Safety
/// As for `lentil_codec_encode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_codec_fit(
    codec: *const lentil_codec,
    source: *const lentil_picture,
    settings: *const lentil_encode_settings,
    analysis: *const lentil_analysis,
    most: usize,
    encoded: *mut *mut lentil_encoded,
) -> lentil_status {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { encode(codec, source, settings, analysis, Some(most), encoded) }
}

/// Encodes a frame, into at most so many bytes.
///
/// # Safety
/// As for `lentil_codec_encode`.
unsafe fn encode(
    codec: *const lentil_codec,
    source: *const lentil_picture,
    settings: *const lentil_encode_settings,
    analysis: *const lentil_analysis,
    most: Option<usize>,
    encoded: *mut *mut lentil_encoded,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place, the handles and the struct.
        let (place, codec, source, settings) = unsafe {
            let place = arguments::handle(encoded, encoded::NO_PLACE)?;
            let (codec, source) = (codec::get(codec)?, picture::get(source)?);
            (place, codec, source, encode_settings::read(settings)?)
        };
        let settings = settings.check(source)?;
        let own;
        let analysis = if analysis.is_null() {
            own = codec.analyse(source, &settings)?;
            &own
        } else {
            // SAFETY: the caller vouches for the handle.
            let analysis = unsafe { arguments::shared(analysis, "the analysis lies askew")? };
            &analysis.0
        };
        let result = match most {
            Some(most) => codec.fit(analysis, source, &settings, most)?,
            None => codec.encode_with(analysis, source, &settings)?,
        };
        place.give(lentil_encoded(result));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_may_use_a_handle() {
        fn shared<T: Send + Sync>() {}
        shared::<lentil_analysis>();
        shared::<lentil_encoded>();
    }
}
