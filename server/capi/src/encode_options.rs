//! The options of encoding a stream.

use std::mem;
use std::num::NonZeroU32;

use lentil::video::{Bitrate, Effort, EncodeOptions, Preset};

use crate::status::Failure;
use crate::versioned::{self, Versioned};

/// How much time a frame is given.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum lentil_preset {
    /// For what is shown while it is encoded.
    LENTIL_REALTIME = 0,
    /// For streams that are kept.
    LENTIL_GOOD = 1,
    /// For streams that are kept by many.
    LENTIL_BEST = 2,
}

/// Choices for a stream. `lentil_encode_options_init` sets what is right for streams that are kept. How large pictures may
/// be is for `lentil_video_options` to say, of the codec that the stream begins with.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
/// the others keep their defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_encode_options {
    /// Bytes of this struct; `lentil_encode_options_init` sets it.
    pub size: usize,
    /// How much is searched: a `lentil_preset`.
    pub preset: u32,
    /// The quantizer of all frames, 0 to 127: the higher, the fewer bytes. A bit rate chooses others.
    pub quantizer: u32,
    /// Bits a second that quantizers are chosen for, frame by frame; 0: all frames have the quantizer above.
    pub bit_rate: u32,
    /// Frames in so many seconds as `rate_seconds` says. A bit rate needs both; from a frame a minute to 1000 a second.
    pub rate_frames: u32,
    /// The seconds.
    pub rate_seconds: u32,
    /// Frames from a key frame to the next; 0: only the first frame is one.
    pub key_interval: u32,
    /// Inter frames after which the golden frame is renewed; 0: only key frames do that.
    pub golden_interval: u32,
    /// Token partitions: 1, 2, 4 or 8, so many threads can read a frame's coefficients side by side.
    pub partitions: u32,
    /// Not zero: frames depend on the one before them by its pixels alone, so that a frame that is lost spoils pictures,
    /// but later frames can be read.
    pub error_resilient: u32,
    /// Not zero: an encoder that goes on after a codec with pictures begins with a frame that refers to the last one alone,
    /// and that all references become, so that its frames can be rebased onto another codec, of which this one is a guess.
    pub to_rebase: u32,
}

// SAFETY: `repr(C)`, the size is first, and all fields are integers.
unsafe impl Versioned for lentil_encode_options {
    const FIRST_SIZE: usize = mem::offset_of!(Self, error_resilient) + size_of::<u32>();
    const WRONG_SIZE: &'static str = "options: call lentil_encode_options_init first";

    fn defaults() -> Self {
        let options = EncodeOptions::default();
        lentil_encode_options {
            size: size_of::<Self>(),
            preset: lentil_preset::LENTIL_GOOD as u32,
            quantizer: options.quantizer.into(),
            bit_rate: 0,
            rate_frames: 0,
            rate_seconds: 0,
            key_interval: options.key_interval.map_or(0, NonZeroU32::get),
            golden_interval: options.golden_interval.map_or(0, NonZeroU32::get),
            partitions: options.partitions as u32,
            error_resilient: 0,
            to_rebase: 0,
        }
    }
}

impl lentil_encode_options {
    fn check(&self) -> Result<EncodeOptions, Failure> {
        let mut options = EncodeOptions::default();
        options.effort = effort(self.preset)?;
        options.quantizer = quantizer(self.quantizer)?;
        options.bitrate = self.bitrate()?;
        options.key_interval = NonZeroU32::new(self.key_interval);
        options.golden_interval = NonZeroU32::new(self.golden_interval);
        options.partitions = partitions(self.partitions)?;
        options.error_resilient = self.error_resilient != 0;
        options.to_rebase = self.to_rebase != 0;
        Ok(options)
    }

    fn bitrate(&self) -> Result<Option<Bitrate>, Failure> {
        if self.bit_rate == 0 {
            return Ok(None);
        }
        let bitrate = Bitrate::new(self.bit_rate, [self.rate_frames, self.rate_seconds]);
        bitrate.map(Some).map_err(|_| {
            Failure::Argument(
                "rate_frames and rate_seconds: a bit rate needs a frame a minute to 1000 a second",
            )
        })
    }
}

/// What a preset searches.
pub(crate) fn effort(preset: u32) -> Result<Effort, Failure> {
    let preset = match preset {
        0 => Preset::Realtime,
        1 => Preset::Good,
        2 => Preset::Best,
        _ => return Err(Failure::Argument("preset: 0 to 2 can be asked for")),
    };
    Ok(preset.effort())
}

pub(crate) fn quantizer(quantizer: u32) -> Result<u8, Failure> {
    match u8::try_from(quantizer) {
        Ok(index @ 0..=127) => Ok(index),
        _ => Err(Failure::Argument("quantizer: 0 to 127 can be asked for")),
    }
}

pub(crate) fn partitions(partitions: u32) -> Result<usize, Failure> {
    match partitions {
        1 | 2 | 4 | 8 => Ok(partitions as usize),
        _ => Err(Failure::Argument(
            "partitions: 1, 2, 4 or 8 can be asked for",
        )),
    }
}

/// Sets all options to their defaults. `size` is `sizeof(lentil_encode_options)`.
///
/// # Safety
/// `options` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encode_options_init(
    options: *mut lentil_encode_options,
    size: usize,
) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(options, size) };
}

/// The caller's options, checked; the defaults if there are none.
///
/// # Safety
/// `given` is null or points to a struct that was initialised.
pub(crate) unsafe fn read(given: *const lentil_encode_options) -> Result<EncodeOptions, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::read(given) }?.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let options = lentil_encode_options::defaults().check().ok();
        assert_eq!(options, Some(EncodeOptions::default()));
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let refused = |change: fn(&mut lentil_encode_options)| {
            let mut options = lentil_encode_options::defaults();
            change(&mut options);
            matches!(options.check(), Err(Failure::Argument(_)))
        };
        assert!(!refused(
            |o| (o.preset, o.quantizer, o.partitions) = (2, 127, 8)
        ));
        assert!(refused(|o| o.preset = 3));
        assert!(refused(|o| o.quantizer = 128));
        assert!(refused(|o| o.quantizer = 256));
        assert!(refused(|o| o.partitions = 0));
        assert!(refused(|o| o.partitions = 3));
        assert!(refused(|o| o.bit_rate = 1));
        assert!(refused(|o| (o.bit_rate, o.rate_frames) = (1, 25)));
        assert!(!refused(|o| (o.rate_frames, o.rate_seconds) = (2000, 1)));
        assert!(refused(
            |o| (o.bit_rate, o.rate_frames, o.rate_seconds) = (1, 2000, 1)
        ));
        assert!(!refused(
            |o| (o.bit_rate, o.rate_frames, o.rate_seconds) = (1, 25, 1)
        ));
        assert!(!refused(|o| (o.key_interval, o.golden_interval) = (0, 0)));
    }
}
