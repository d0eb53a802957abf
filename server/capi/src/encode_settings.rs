//! The settings of encoding one frame.

use std::mem;

use lentil::video::{Expected, Picture, QuantizerIndices, ReferenceUpdates, Settings};

use crate::encode_options::{effort, lentil_preset, partitions, quantizer};
use crate::encoded::{self, lentil_encoded};
use crate::frame::{lentil_source, source};
use crate::status::{Failure, guarded, lentil_status};
use crate::versioned::{self, Versioned};

/// Choices for one frame. `lentil_encode_settings_init` sets those of an inter frame that becomes the last frame and may
/// refer to all references.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
/// the others keep their defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_encode_settings {
    /// Bytes of this struct; `lentil_encode_settings_init` sets it.
    pub size: usize,
    /// How much is searched: a `lentil_preset`.
    pub preset: u32,
    /// Not zero: a key frame, as large as the picture; all references become the frame. Else an inter frame, as large as
    /// the one before.
    pub key_frame: u32,
    /// Not zero: it is to be shown, not only referred to.
    pub shown: u32,
    /// The quantizer's index, 0 to 127: the higher, the fewer bytes.
    pub quantizer: u32,
    /// Token partitions: 1, 2, 4 or 8.
    pub partitions: u32,
    /// What the last frame will be: `LENTIL_FRAME` or `LENTIL_LAST`.
    pub last: u32,
    /// What the golden frame will be: a `lentil_source`. `LENTIL_ALTREF` only if that one stays.
    pub golden: u32,
    /// What the alternate reference frame will be: a `lentil_source`.
    pub altref: u32,
    /// Not zero: macroblocks may refer to the last frame.
    pub use_last: u32,
    /// Not zero: they may refer to the golden frame.
    pub use_golden: u32,
    /// Not zero: they may refer to the alternate reference frame.
    pub use_altref: u32,
    /// Not zero: the frame's probabilities stay for the next one.
    pub refresh_entropy: u32,
    /// How many 256ths of the macroblocks are expected to have coefficients, 0 to 255. `lentil_encode_settings_expect`
    /// sets this and what follows: the better it is known, the shorter frames are.
    pub expected_coded: u32,
    /// How many are expected to be intra coded.
    pub expected_intra: u32,
    /// How many of those that are not refer to the last frame.
    pub expected_last: u32,
    /// How many of the others refer to the golden frame.
    pub expected_golden: u32,
    /// The expected level of the loop filter, 0 to 63; 64: it is not known.
    pub expected_filter_level: u32,
    /// How far the quantizer's index for the DC of luma is from `quantizer`, -15 to 15; it stays within 0 to 127.
    pub y_dc_delta: i32,
    /// That for the DC of the block of a macroblock's luma DCs.
    pub y2_dc_delta: i32,
    /// That for the AC of this block.
    pub y2_ac_delta: i32,
    /// That for the DC of chroma.
    pub uv_dc_delta: i32,
    /// That for the AC of chroma.
    pub uv_ac_delta: i32,
}

/// What is said of a level that is not known.
const NO_LEVEL: u32 = 64;

// SAFETY: `repr(C)`, the size is first, and all fields are integers.
unsafe impl Versioned for lentil_encode_settings {
    const FIRST_SIZE: usize = mem::offset_of!(Self, uv_ac_delta) + size_of::<i32>();
    const WRONG_SIZE: &'static str = "settings: call lentil_encode_settings_init first";

    fn defaults() -> Self {
        let nothing_known = lentil_encode_settings {
            size: size_of::<Self>(),
            preset: lentil_preset::LENTIL_GOOD as u32,
            key_frame: 0,
            shown: 1,
            quantizer: 30,
            partitions: 1,
            last: lentil_source::LENTIL_FRAME as u32,
            golden: lentil_source::LENTIL_GOLDEN as u32,
            altref: lentil_source::LENTIL_ALTREF as u32,
            use_last: 1,
            use_golden: 1,
            use_altref: 1,
            refresh_entropy: 1,
            expected_coded: 0,
            expected_intra: 0,
            expected_last: 0,
            expected_golden: 0,
            expected_filter_level: NO_LEVEL,
            y_dc_delta: 0,
            y2_dc_delta: 0,
            y2_ac_delta: 0,
            uv_dc_delta: 0,
            uv_ac_delta: 0,
        };
        nothing_known.expecting(&Expected::NOTHING)
    }
}

impl lentil_encode_settings {
    /// For a frame of this picture. What core knows to check is left to it.
    pub(crate) fn check(&self, picture: &Picture) -> Result<Settings, Failure> {
        let quantizers = self.quantizers()?;
        let quantizer = quantizers.base;
        let effort = effort(self.preset)?;
        let references = self.references()?;
        let mut settings = if self.key_frame != 0 {
            Settings::key_frame([picture.width(), picture.height()], quantizer, effort)
        } else {
            Settings {
                references,
                ..Settings::inter_frame(quantizer, effort)
            }
        };
        settings.shown = self.shown != 0;
        settings.quantizers = quantizers;
        settings.partitions = partitions(self.partitions)?;
        settings.usable = [self.use_last, self.use_golden, self.use_altref].map(|it| it != 0);
        settings.refresh_entropy = self.refresh_entropy != 0;
        settings.expected = self.expected()?;
        Ok(settings)
    }

    fn quantizers(&self) -> Result<QuantizerIndices, Failure> {
        let delta = |delta: i32| match i8::try_from(delta) {
            Ok(delta @ -15..=15) => Ok(delta),
            _ => Err(Failure::Argument(
                "quantizers' deltas: -15 to 15 can be asked for",
            )),
        };
        Ok(QuantizerIndices {
            base: quantizer(self.quantizer)?,
            y_dc: delta(self.y_dc_delta)?,
            y2_dc: delta(self.y2_dc_delta)?,
            y2_ac: delta(self.y2_ac_delta)?,
            uv_dc: delta(self.uv_dc_delta)?,
            uv_ac: delta(self.uv_ac_delta)?,
        })
    }

    fn references(&self) -> Result<ReferenceUpdates, Failure> {
        Ok(ReferenceUpdates {
            last: source(self.last, "last: 0 or 1 can be asked for")?,
            golden: source(self.golden, "golden: 0 to 3 can be asked for")?,
            altref: source(self.altref, "altref: 0 to 3 can be asked for")?,
        })
    }

    fn expected(&self) -> Result<Expected, Failure> {
        const WRONG: Failure = Failure::Argument("what is expected: 0 to 255 can be said");
        let part = |part: u32| u8::try_from(part).map_err(|_| WRONG);
        let filter_level = match self.expected_filter_level {
            NO_LEVEL => None,
            level @ 0..NO_LEVEL => Some(level as u8),
            _ => {
                return Err(Failure::Argument(
                    "expected_filter_level: 0 to 64 can be said",
                ));
            }
        };
        Ok(Expected {
            coded: part(self.expected_coded)?,
            intra: part(self.expected_intra)?,
            last: part(self.expected_last)?,
            golden: part(self.expected_golden)?,
            filter_level,
        })
    }

    fn expecting(self, expected: &Expected) -> Self {
        lentil_encode_settings {
            expected_coded: expected.coded.into(),
            expected_intra: expected.intra.into(),
            expected_last: expected.last.into(),
            expected_golden: expected.golden.into(),
            expected_filter_level: expected.filter_level.map_or(NO_LEVEL, Into::into),
            ..self
        }
    }
}

/// Sets all settings to their defaults. `size` is `sizeof(lentil_encode_settings)`.
///
/// # Safety
/// `settings` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encode_settings_init(
    settings: *mut lentil_encode_settings,
    size: usize,
) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(settings, size) };
}

/// Sets what `settings` expects of a frame to what came of the one before, `encoded`. Where that does not tell, what was
/// expected of it stays: so keep the struct from frame to frame.
///
/// # Safety
/// `settings` is null or was initialised by `lentil_encode_settings_init` and may be written to; `encoded` is null or a
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_encode_settings_expect(
    settings: *mut lentil_encode_settings,
    encoded: *const lentil_encoded,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the struct and the handle.
        let (before, given, encoded) = unsafe {
            let (before, given) = (read(settings)?, versioned::result(settings)?);
            (before, given, encoded::get(encoded)?)
        };
        let mut expected = encoded.expected(before.expected()?);
        if !effort(before.preset)?.tries_filter() {
            // Nobody looks whether the level was a good one, so the next one is guessed anew.
            expected.filter_level = None;
        }
        given.put(before.expecting(&expected));
        Ok(())
    })
}

/// The caller's settings, which have to be there.
///
/// # Safety
/// `given` is null or points to a struct that was initialised.
pub(crate) unsafe fn read(
    given: *const lentil_encode_settings,
) -> Result<lentil_encode_settings, Failure> {
    if given.is_null() {
        return Err(Failure::Argument("settings is null"));
    }
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::read(given) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(change: fn(&mut lentil_encode_settings)) -> Option<Settings> {
        let mut settings = lentil_encode_settings::defaults();
        change(&mut settings);
        let picture = Picture::from_i420(3, 2, &[9; 10]).unwrap();
        settings.check(&picture).ok()
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let effort = effort(0).ok().unwrap();
        let realtime = checked(|s| (s.preset, s.quantizer) = (0, 7));
        assert_eq!(realtime, Some(Settings::inter_frame(7, effort)));
        let key_frame = checked(|s| (s.preset, s.quantizer, s.key_frame) = (0, 7, 1));
        assert_eq!(key_frame, Some(Settings::key_frame([3, 2], 7, effort)));
        assert!(checked(|s| s.preset = 3).is_none());
        assert!(checked(|s| s.quantizer = 128).is_none());
        assert!(checked(|s| s.partitions = 3).is_none());
        assert!(checked(|s| s.last = 4).is_none());
        assert!(checked(|s| s.golden = 4).is_none());
        assert!(checked(|s| s.altref = u32::MAX).is_none());
        assert!(checked(|s| s.expected_coded = 256).is_none());
        assert!(checked(|s| s.expected_filter_level = 65).is_none());
        assert!(checked(|s| s.expected_filter_level = 63).is_some());
        assert!(checked(|s| s.y_dc_delta = 16).is_none());
        assert!(checked(|s| s.uv_ac_delta = -16).is_none());
        assert!(checked(|s| s.y2_ac_delta = 256).is_none());
    }

    #[test]
    fn each_delta_has_its_place() {
        let settings = checked(|s| {
            (s.quantizer, s.y_dc_delta, s.y2_dc_delta) = (9, -15, 15);
            (s.y2_ac_delta, s.uv_dc_delta, s.uv_ac_delta) = (1, -2, 3);
        });
        let wanted = QuantizerIndices {
            base: 9,
            y_dc: -15,
            y2_dc: 15,
            y2_ac: 1,
            uv_dc: -2,
            uv_ac: 3,
        };
        assert_eq!(settings.map(|settings| settings.quantizers), Some(wanted));
    }
}
