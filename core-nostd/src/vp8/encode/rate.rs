//! Rate control in one pass: which quantizer holds a stream to a bit rate, as pure functions of integers.
//!
//! What a frame takes is modelled as `complexity / step^k`, in logarithms; the complexity is learnt from the last frames of
//! its kind. A virtual buffer counts the bits beyond the target. What key frames take beyond their share is paid in
//! instalments over the next second; other debts are paid within half of one. Golden frames have finer quantizers than
//! those between them, which save half of that for the next one and pay the rest.

use core::ops::RangeInclusive;

use super::logs::{Log, OCTAVE, log2, times_exp2};
use super::settings::Error;
use crate::vp8::number_tables::AC_STEPS;

/// Bits in 256ths: shares of a second are seldom whole.
const PART: i64 = 256;

/// How many bits a second of a stream is to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitrate {
    bits_per_second: u32,
    /// Frames a second, as a fraction.
    frames: [u32; 2],
}

impl Bitrate {
    /// Of at least 1 bit a second, at `frames[0] / frames[1]` frames a second: at least one in a minute, and at most 1000.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for what is out of these ranges.
    pub const fn new(bits_per_second: u32, frames: [u32; 2]) -> Result<Self, Error> {
        if bits_per_second == 0 {
            return Err(Error::Setting("the bit rate"));
        }
        let [of, per] = [frames[0] as u64, frames[1] as u64];
        if per == 0 || of * 60 < per || of > per * 1000 {
            return Err(Error::Setting("the frame rate"));
        }
        Ok(Bitrate {
            bits_per_second,
            frames,
        })
    }

    /// The target, in bits a second.
    #[must_use]
    pub const fn bits_per_second(&self) -> u32 {
        self.bits_per_second
    }

    /// A frame's share in 256ths of a bit.
    const fn share(&self) -> i64 {
        let [of, per] = [self.frames[0] as u64, self.frames[1] as u64];
        let share = self.bits_per_second as u128 * PART as u128 * per as u128 / of as u128;
        if share == 0 { 1 } else { share as i64 }
    }

    /// Frames in a second, at least 2.
    const fn second(&self) -> i64 {
        let [of, per] = [self.frames[0] as u64, self.frames[1] as u64];
        let second = (of + per / 2) / per;
        if second < 2 { 2 } else { second as i64 }
    }
}

/// A frame that is to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coming {
    /// A key frame.
    pub key_frame: bool,
    /// An inter frame that becomes the golden frame.
    pub golden: bool,
    /// Its macroblocks.
    pub macroblocks: u32,
}

/// What is known of a stream on its way: [`quantizer`](Self::quantizer) says how to encode the next frame,
/// [`after`](Self::after) gives the state after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bits beyond the target so far, in 256ths.
    debt: i64,
    /// The part of them that instalments are still to pay.
    planned: i64,
    /// What each frame pays of that.
    instalment: i64,
    /// Logarithms of the bits that a macroblock would take if the step were 1.
    key: Option<Log>,
    inter: Option<Log>,
    /// What the last golden frame took beyond its share, in 256ths of a bit.
    golden: i64,
    /// Inter frames that were seen; many are as good as [`LEARN`].
    seen: Log,
    /// The quantizer of the last inter frame that did not become the golden frame.
    last: Option<u8>,
}

/// The exponent of the step, in 256ths: measured on real video.
const fn exponent(key_frame: bool) -> Log {
    if key_frame { 230 } else { 384 }
}

/// Complexities when nothing is known. The steeper exponent makes that of inter frames the greater one: what is too little
/// makes debts while the key frame is to be paid.
const COMMON_KEY: Log = 12 * OCTAVE + 150;
const COMMON_INTER: Log = 13 * OCTAVE + 86;

/// What is seen counts one in so many; less as long as little was seen before.
const LEARN: Log = 4;

/// That it is more than was known counts sooner: debts are worse than savings, which are soon forgotten.
const LEARN_MORE: Log = 3;

/// How fast the step of inter frames may fall and rise from a frame to the next. Who rises slowly drowns.
const FALL: Log = OCTAVE * 3 / 32;
const RISE: Log = OCTAVE;

/// How fast it falls if an eighth of a second's bits are left: after a cut, say.
const FAST_FALL: Log = OCTAVE / 4;

/// The bits that a frame may take beyond what it was to take before it is worth another encoding: an eleventh.
const SURPRISE: Log = OCTAVE / 8;

/// Frames that many others refer to are worth more bits.
const BOOST: Log = OCTAVE * 5 / 16;

/// An inter frame of more shares than these is a burst: it is paid like a key frame.
const BURST: i64 = 3;

/// The shares that a golden frame may take: with two of them in a half second that is still near its rate.
const GOLDEN: i64 = 4;

impl Rate {
    /// At the start of a stream.
    pub const NEW: Self = Rate {
        debt: 0,
        planned: 0,
        instalment: 0,
        key: None,
        inter: None,
        golden: 0,
        seen: 0,
        last: None,
    };

    /// The bits that the target allows the next frame, in 256ths.
    fn budget(&self, target: &Bitrate, key_frame: bool) -> i64 {
        let (share, second) = (target.share(), target.second());
        // What is not planned is paid within half a second. Golden frames come again and again: others save for
        // the next one, or a debt would last that is greater than what one of them takes.
        let excess = (self.debt - self.planned + self.golden / 2) * 2 / second;
        if !key_frame {
            let wanted = share - self.instalment - excess;
            return wanted.clamp(share / 8, share * 2);
        }
        // In the half second that begins with it the rate is exceeded by some 30 %, if it is paid for within a second.
        let most = share * (second / 4 + 1);
        (most - excess - self.planned).clamp(share, most)
    }

    fn complexity(&self, key_frame: bool) -> Log {
        let others = |own: Option<Log>, other: Option<Log>, common, other_common| {
            own.unwrap_or(common + other.map_or(0, |other: Log| other - other_common))
        };
        if key_frame {
            others(self.key, self.inter, COMMON_KEY, COMMON_INTER)
        } else {
            others(self.inter, self.key, COMMON_INTER, COMMON_KEY)
        }
    }

    /// The quantizer for the next frame, 0 to 127.
    #[must_use]
    pub fn quantizer(&self, target: &Bitrate, coming: &Coming) -> u8 {
        let budget = log2(self.budget(target, coming.key_frame).max(1) as u64) - log2(PART as u64);
        let complexity = self.complexity(coming.key_frame) + size(coming);
        let step = (complexity - budget) * OCTAVE / exponent(coming.key_frame);
        let Some(last) = self.last.filter(|_| !coming.key_frame) else {
            return quantizer_of(step);
        };
        let before = step_of(last);
        let unused = self.planned - self.debt;
        let fall = if unused > target.share() * target.second() / 8 {
            FAST_FALL
        } else {
            FALL
        };
        let least = (before - fall).min(step_of(last.saturating_sub(1)));
        let boost = if coming.golden { BOOST } else { 0 };
        quantizer_of(step.min(before + RISE).max(least) - boost)
    }

    /// The bits that the next frame may take. One that takes others is worth another encoding, that fits the most of them: it takes far
    /// more than is planned, or it is the first of a stream and takes far less. With the coarsest quantizer it may take any number. An inter frame may take as much as a key
    /// frame: that is what it is like after a cut.
    #[must_use]
    pub fn bits(&self, target: &Bitrate, coming: &Coming) -> RangeInclusive<u64> {
        let share = target.share();
        let mut budget = self.budget(target, true).max(share * BURST);
        if !coming.key_frame && self.planned > 0 {
            // While a burst is paid for there is to be no other.
            budget = budget.min(if coming.golden { share * 2 } else { share });
        } else if coming.golden {
            budget = budget.min(share * GOLDEN);
        }
        if self.quantizer(target, coming) == 127 {
            // What is still too long with the coarsest quantizer fits only if pictures do not change any more.
            return 0..=u64::MAX;
        }
        let planned = budget.unsigned_abs() / PART.unsigned_abs();
        let first = self.key.is_none() && coming.key_frame;
        let least = if first {
            times_exp2(planned, -SURPRISE)
        } else {
            0
        };
        least..=times_exp2(planned, SURPRISE)
    }

    /// The state after a frame that took so many bits with this quantizer.
    #[must_use]
    pub fn after(&self, target: &Bitrate, coming: &Coming, bits: u64, quantizer: u8) -> Self {
        let (share, second) = (target.share(), target.second());
        let mut next = *self;
        // A frame has less than 2^32 bytes.
        let taken = bits.min(1 << 36) as i64 * PART;
        // What is not used is not saved for long, and what nobody can pay is forgiven.
        next.debt = (self.debt + taken - share).clamp(-share * second / 8, share * second * 4);
        let quantizer = quantizer.min(127);
        let seen = log2(bits.max(1)) - size(coming)
            + step_of(quantizer) * exponent(coming.key_frame) / OCTAVE;
        let burst = taken > share * BURST && !coming.golden;
        if coming.key_frame || burst {
            next.planned = (self.planned + taken - share).clamp(0, share * second);
            next.instalment = next.planned / second;
        } else {
            next.planned = self.planned - self.instalment;
            if next.planned < next.instalment {
                (next.planned, next.instalment) = (0, 0);
            }
        }
        if coming.key_frame {
            next.key = Some(seen);
        } else {
            next.seen = (self.seen + 1).clamp(2, LEARN);
            let known = self.complexity(false);
            let learn = if seen > known { LEARN_MORE } else { LEARN };
            // Not far at a time: it may be a single frame that is like that.
            let change = ((seen - known) / next.seen.min(learn)).clamp(-OCTAVE / 2, OCTAVE / 2);
            next.inter = Some(known + change);
            if coming.golden {
                next.golden = taken - share;
            } else {
                next.last = Some(quantizer);
            }
        }
        next
    }
}

fn size(coming: &Coming) -> Log {
    log2(coming.macroblocks.max(1).into())
}

/// The logarithm of a quantizer's step.
pub(super) fn step_of(quantizer: u8) -> Log {
    log2(AC_STEPS[usize::from(quantizer) & 127].into())
}

/// The least quantizer whose step is no less than this.
pub(super) fn quantizer_of(step: Log) -> u8 {
    (0..127).find(|&q| step_of(q) >= step).unwrap_or(127)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn quantizers_have_their_steps() {
        for q in 0..128 {
            assert_eq!(quantizer_of(step_of(q)), q);
        }
    }

    #[test]
    fn rates_out_of_range_are_errors() {
        assert_eq!(
            Bitrate::new(0, [25, 1]),
            Err(Error::Setting("the bit rate"))
        );
        for frames in [[0, 1], [25, 0], [0, 0], [1, 61], [1001, 1]] {
            let rate = Bitrate::new(1000, frames);
            assert_eq!(rate, Err(Error::Setting("the frame rate")));
        }
        for frames in [[1, 60], [1000, 1], [30000, 1001], [u32::MAX, u32::MAX]] {
            assert!(Bitrate::new(1, frames).is_ok());
            assert!(Bitrate::new(u32::MAX, frames).is_ok());
        }
    }

    /// Frames of a known complexity, by the model's formula but with other exponents.
    fn simulate(target: &Bitrate, complexity: impl Fn(u64) -> f64, frames: u64) -> Vec<(u8, u64)> {
        let mut rate = Rate::NEW;
        let frame = |at: u64| {
            let coming = Coming {
                key_frame: at.is_multiple_of(100),
                golden: at.is_multiple_of(10) && !at.is_multiple_of(100),
                macroblocks: 396,
            };
            let quantizer = rate.quantizer(target, &coming);
            assert_eq!(rate.quantizer(target, &coming), quantizer);
            let (k, times) = if coming.key_frame {
                (1.0, 1.0)
            } else {
                (1.3, 0.3)
            };
            let step = f64::from(AC_STEPS[usize::from(quantizer)]);
            let bits = (complexity(at) * times / step.powf(k)) as u64 + 300;
            rate = rate.after(target, &coming, bits, quantizer);
            (quantizer, bits)
        };
        (0..frames).map(frame).collect()
    }

    #[test]
    fn steady_content_has_the_rate() {
        for kilobits in [200, 500, 2000] {
            let target = Bitrate::new(kilobits * 1000, [25, 1]).unwrap();
            let frames = simulate(&target, |_| 2e6, 500);
            let sum = |range: &[(u8, u64)]| range.iter().map(|frame| frame.1).sum::<u64>() as f64;
            let rate = f64::from(kilobits) * 1000.0;
            // The first, and those that do not pay for a key frame before them.
            for window in [&frames[..125], &frames[25..150], &frames[125..250]] {
                let error = sum(window) / 5.0 / rate - 1.0;
                assert!(error.abs() < 0.05, "{kilobits}, {}: {error}", window[0].1);
            }
            // Between key frames, which are bursts.
            for window in frames[25..100].windows(12) {
                let error = sum(window) * 25.0 / 12.0 / rate - 1.0;
                assert!(error.abs() < 0.3, "{kilobits}: {error}");
            }
        }
    }

    #[test]
    fn what_cannot_be_met_gives_the_outermost_quantizers() {
        let little = Bitrate::new(1, [25, 1]).unwrap();
        let much = Bitrate::new(u32::MAX, [25, 1]).unwrap();
        for (target, quantizer) in [(little, 127), (much, 0)] {
            let frames = simulate(&target, |_| 2e6, 300);
            assert!(frames[50..].iter().all(|frame| frame.0 == quantizer));
        }
    }

    #[test]
    fn others_save_for_golden_frames() {
        let target = Bitrate::new(250_000, [25, 1]).unwrap();
        let mut rate = Rate::NEW;
        let mut debts = 0;
        for at in 0..500 {
            let coming = Coming {
                key_frame: at == 0,
                golden: at > 0 && at % 10 == 0,
                macroblocks: 396,
            };
            // Others have what is planned for them.
            let bits = if coming.golden {
                40_000
            } else {
                rate.budget(&target, coming.key_frame) / PART
            };
            rate = rate.after(&target, &coming, bits.unsigned_abs(), 40);
            if at >= 250 {
                debts += rate.debt / PART;
            }
        }
        // On average less than what a golden frame takes beyond its share.
        let average = debts / 250;
        assert!((0..30_000).contains(&average), "{average}");
    }

    #[test]
    fn what_the_quantizer_cannot_do_is_taken() {
        let coming = Coming {
            key_frame: false,
            golden: false,
            macroblocks: 396,
        };
        let mut rate =
            Rate::NEW.after(&Bitrate::new(9_000, [25, 1]).unwrap(), &coming, 20_000, 127);
        for (bits_per_second, coarsest) in [(9_000, true), (2_000_000, false)] {
            let target = Bitrate::new(bits_per_second, [25, 1]).unwrap();
            assert_eq!(rate.quantizer(&target, &coming) == 127, coarsest);
            assert_eq!(rate.bits(&target, &coming).end() == &u64::MAX, coarsest);
            rate.last = None;
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        for bits_per_second in [1, u32::MAX] {
            for frames in [[1, 60], [1000, 1], [u32::MAX, u32::MAX]] {
                let target = Bitrate::new(bits_per_second, frames).unwrap();
                let mut rate = Rate::NEW;
                for at in 0..1000_u32 {
                    let coming = Coming {
                        key_frame: at.is_multiple_of(3),
                        golden: at.is_multiple_of(4),
                        macroblocks: if at.is_multiple_of(5) { u32::MAX } else { 0 },
                    };
                    let quantizer = rate.quantizer(&target, &coming);
                    let bits = if at.is_multiple_of(7) { u64::MAX } else { 0 };
                    let may = rate.bits(&target, &coming);
                    assert!(may.start() <= may.end());
                    rate = rate.after(&target, &coming, bits, quantizer);
                }
            }
        }
    }
}
