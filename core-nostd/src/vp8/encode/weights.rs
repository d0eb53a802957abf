//! What a bit is worth.

use crate::vp8::quantizer::Quantizer;
use crate::vp8::tokens::Kind;

/// What a bit is worth in errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weights {
    /// In squared errors of pixels, in 256ths.
    pub squared: u32,
    /// In sums of absolute differences, in 256ths.
    pub absolute: u32,
}

/// With steps that are not large against what they quantise a bit halves an error of `step^2 / 12`, so that at the best
/// trade of bits for errors one is worth `ln 2 / 6` squares of a step. Steps here are of coefficients, which are twice as large as
/// those of an orthonormal transform: 0.029 squares. Measured on real video it is best for the levels of luma, and half as much
/// again for all else. In 65536ths of squares.
const OF_SQUARES: u64 = 2840;

impl Weights {
    pub fn new(quantizer: &Quantizer) -> Self {
        let [dc, _] = quantizer.y;
        let step = u64::from(dc.unsigned_abs());
        let squared = (OF_SQUARES * step * step) >> 8;
        Weights {
            squared: squared as u32,
            // An absolute difference changes like the root of a squared one.
            absolute: (squared * 256).isqrt() as u32,
        }
    }

    /// What a 256th of a bit is worth in squared errors of a block's coefficients, in 4096ths: these errors are
    /// 4 times those of pixels, or 16 times.
    #[inline(always)]
    pub const fn of_block(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Y2 => self.squared,
            Kind::Chroma => self.squared / 4,
            Kind::LumaAfterY2 | Kind::LumaWithDc => self.squared / 40 * 7,
        }
    }

    /// Bits (in 256ths) and squared errors (of pixels, times 16) in one number.
    #[inline(always)]
    pub const fn squared(&self, rate: u32, error: u32) -> u64 {
        error as u64 * 4096 + rate as u64 * self.squared as u64
    }

    /// Absolute differences of a macroblock's luma of which quantisation leaves little: some fifth of a step for each pixel.
    #[inline(always)]
    pub const fn little(&self) -> u32 {
        (self.absolute * 230) >> 8
    }

    /// Bits (in 256ths) and absolute differences in one number.
    #[inline(always)]
    pub const fn absolute(&self, rate: u32, difference: u32) -> u32 {
        let rate = rate as u64 * self.absolute as u64;
        difference.saturating_add((rate >> 16) as u32)
    }
}
