//! What prediction leaves of a macroblock: transformed, quantised, and what that costs in bits and in errors.

use super::cost::{CoefficientCosts, Cost};
use super::kernels::{BlockQuantizer, EncodeKernels};
use super::pixels::{self, Pixels};
use super::quantizer::MacroblockQuantizer;
use super::tokens::{beside, cost_of_block};
use super::trellis;
use super::weights::Weights;
use crate::kernels::Work;
use crate::vp8::kernels::Src;
use crate::vp8::tokens::{Blocks, Contexts, Ends, Kind, Y2_BLOCK};

/// How a residue is quantised and weighed.
#[derive(Clone, Copy)]
pub(super) struct Coding<'a, K> {
    pub kernels: K,
    pub quantizer: &'a MacroblockQuantizer,
    pub costs: &'a CoefficientCosts,
    pub weights: Weights,
    /// Levels are chosen by what they cost, not only rounded.
    pub trellis: bool,
}

/// What something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Toll {
    /// Bits.
    pub rate: Cost,
    /// Squared errors of pixels, times 16.
    pub error: u32,
}

impl Toll {
    /// Both together.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Toll {
            rate: self.rate + other.rate,
            error: self.error.saturating_add(other.error),
        }
    }
}

/// Errors of coefficients are four times those of pixels; those of Y2, which is made of coefficients, 16 times.
const OF_COEFFICIENTS: u32 = 4;

/// Levels of a macroblock.
pub(super) struct Levels<'a> {
    pub levels: &'a mut Blocks,
    pub ends: &'a mut Ends,
}

/// Luma of a macroblock whose DC coefficients have a block of their own, or not. This and [`Chroma`] are called from many
/// places, and too long to be in each of them.
pub(super) struct Luma<'a, 'l, K> {
    pub coding: &'a Coding<'a, K>,
    pub source: &'a Pixels,
    pub prediction: &'a Pixels,
    pub with_y2: bool,
    /// Above and to the left.
    pub contexts: [Contexts; 2],
    pub to: Levels<'l>,
}

impl<K: EncodeKernels> Work for Luma<'_, '_, K> {
    type Output = Toll;

    #[inline(always)]
    fn run(self) -> Toll {
        let Luma {
            coding,
            source,
            prediction,
            with_y2,
            contexts,
            to,
        } = self;
        let [mut above, mut left] = contexts;
        let mut blocks = [[[0; 16]; 4]; 4];
        for (row, blocks) in blocks.iter_mut().enumerate() {
            coding.kernels.forward_dct(
                source.luma_at(0, 4 * row),
                prediction.luma_at(0, 4 * row),
                blocks,
            );
        }
        let mut toll = Toll::default();
        to.ends[Y2_BLOCK] = 0;
        if with_y2 {
            let mut dc = [0; 16];
            for (dc, block) in dc.iter_mut().zip(blocks.as_flattened_mut()) {
                *dc = core::mem::take(&mut block[0]);
            }
            let y2 = coding.kernels.forward_wht(&dc);
            let sides = [&mut above.y2, &mut left.y2];
            let (levels, end) = (&mut to.levels[Y2_BLOCK], &mut to.ends[Y2_BLOCK]);
            toll = coding.block(&y2, &coding.quantizer.y2, Kind::Y2, sides, levels, end);
        }
        let kind = Kind::of_luma(with_y2);
        for (i, block) in blocks.as_flattened().iter().enumerate() {
            let sides = beside(&mut above, &mut left, i);
            let (levels, end) = (&mut to.levels[i], &mut to.ends[i]);
            toll = toll.plus(coding.block(block, &coding.quantizer.y, kind, sides, levels, end));
        }
        toll
    }
}

/// Chroma of a macroblock.
pub(super) struct Chroma<'a, 'l, K> {
    pub coding: &'a Coding<'a, K>,
    pub source: &'a pixels::Chroma,
    pub prediction: &'a pixels::Chroma,
    /// Above and to the left.
    pub contexts: [Contexts; 2],
    pub to: Levels<'l>,
}

impl<K: EncodeKernels> Work for Chroma<'_, '_, K> {
    type Output = Toll;

    #[inline(always)]
    fn run(self) -> Toll {
        let Chroma {
            coding,
            source,
            prediction,
            contexts,
            to,
        } = self;
        let [mut above, mut left] = contexts;
        // Two blocks of each plane side by side.
        let mut rows = [[[0; 16]; 4]; 2];
        for (row, blocks) in rows.iter_mut().enumerate() {
            let at = |chroma| Src::new(chroma, 16, 64 * row);
            coding
                .kernels
                .forward_dct(at(source), at(prediction), blocks);
        }
        let mut toll = Toll::default();
        for i in 16..24 {
            let (plane, y, x) = (i >> 2 & 1, i >> 1 & 1, i & 1);
            let sides = beside(&mut above, &mut left, i);
            let (levels, end) = (&mut to.levels[i], &mut to.ends[i]);
            let block = &rows[y][2 * plane + x];
            toll = toll.plus(coding.block(
                block,
                &coding.quantizer.uv,
                Kind::Chroma,
                sides,
                levels,
                end,
            ));
        }
        toll
    }
}

impl<K: EncodeKernels> Coding<'_, K> {
    /// One block.
    #[inline(always)]
    pub fn block(
        &self,
        coefficients: &[i16; 16],
        quantizer: &BlockQuantizer,
        kind: Kind,
        sides: [&mut u8; 2],
        levels: &mut [i16; 16],
        end: &mut u8,
    ) -> Toll {
        *end = if self.trellis {
            let block = trellis::Block {
                coefficients,
                quantizer,
                costs: self.costs.of_kind(kind as usize),
                first: kind.first(),
                context: usize::from(*sides[0] + *sides[1]),
            };
            trellis::optimise(&block, self.weights.of_block(kind), levels)
        } else {
            self.kernels.quantize(coefficients, quantizer, levels)
        };
        let rate = cost_of_block(self.costs, kind, sides, levels, *end);
        let error = self
            .kernels
            .error(coefficients, &dequantised(levels, quantizer));
        let scale = if kind == Kind::Y2 { 1 } else { OF_COEFFICIENTS };
        Toll {
            rate,
            error: error.saturating_mul(scale),
        }
    }
}

/// Coefficients that levels stand for.
#[inline(always)]
pub(super) fn dequantised(levels: &[i16; 16], quantizer: &BlockQuantizer) -> [i16; 16] {
    let mut coefficients = [0; 16];
    for i in 0..16 {
        coefficients[i] = levels[i].wrapping_mul(quantizer.step[i]);
    }
    coefficients
}

/// The same of a macroblock; blocks without levels are left as they are.
#[inline(always)]
pub(super) fn dequantise(
    levels: &Blocks,
    ends: &Ends,
    quantizer: &MacroblockQuantizer,
    blocks: &mut Blocks,
) {
    for i in 0..25 {
        if ends[i] > 0 {
            let quantizer = match i {
                0..16 => &quantizer.y,
                16..24 => &quantizer.uv,
                _ => &quantizer.y2,
            };
            blocks[i] = dequantised(&levels[i], quantizer);
        }
    }
}
