//! What prediction leaves of a macroblock: transformed, quantised, and what that costs in bits and in errors.

use super::cost::{self, CoefficientCosts, Cost};
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

/// How a residue is quantised where time counts: only blocks with levels are weighed, against their having none.
#[derive(Clone, Copy)]
pub(super) struct LightCoding<'a, K> {
    kernels: K,
    quantizer: &'a MacroblockQuantizer,
    costs: &'a CoefficientCosts,
    weights: Weights,
    /// The least magnitudes whose levels are not zero: of chroma's DC.
    least: i16,
    /// Absolute differences of a block that is not transformed: of luma, of chroma.
    quiet: [u32; 2],
    /// Bits of a macroblock whose blocks are all empty.
    empty: Cost,
}

/// Absolute differences of a block, in quarters of a step, that leave no level that is worth its bits, as good as always.
const QUIET: u32 = 7;

/// What coefficients are worth: bits more than without, and squared errors less (of pixels, times 16).
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    rate: i64,
    gain: i64,
}

/// The least magnitude of DC whose level is not zero.
fn least(quantizer: &BlockQuantizer) -> i16 {
    let magnitude = 65536_u32.div_ceil(u32::from(quantizer.reciprocal[0].max(1)));
    let magnitude = magnitude.saturating_sub(u32::from(quantizer.rounding[0]));
    magnitude.min(i16::MAX as u32) as i16
}

impl<'a, K: EncodeKernels> LightCoding<'a, K> {
    pub fn new(
        kernels: K,
        quantizer: &'a MacroblockQuantizer,
        costs: &'a CoefficientCosts,
        weights: Weights,
    ) -> Self {
        let empty = |kind: Kind| Cost::from(costs.of_kind(kind as usize)[kind.first()][0].end);
        let blocks = 16 * empty(Kind::LumaAfterY2) + 8 * empty(Kind::Chroma);
        LightCoding {
            kernels,
            quantizer,
            costs,
            weights,
            least: least(&quantizer.uv),
            quiet: [&quantizer.y, &quantizer.uv]
                .map(|of| u32::from(of.step[1].unsigned_abs()) * QUIET / 4),
            empty: blocks + empty(Kind::Y2),
        }
    }

    /// Whether something is worth its bits.
    fn pays(&self, worth: Worth) -> bool {
        worth.gain * 4096 > worth.rate * i64::from(self.weights.squared)
    }

    /// Quantises a block, and gives where it ends.
    #[inline(always)]
    fn block(
        &self,
        coefficients: &[i16; 16],
        kind: Kind,
        levels: &mut [i16; 16],
        sum: &mut Worth,
    ) -> u8 {
        let quantizer = match kind {
            Kind::Y2 => &self.quantizer.y2,
            Kind::Chroma => &self.quantizer.uv,
            _ => &self.quantizer.y,
        };
        let end = self.kernels.quantize(coefficients, quantizer, levels);
        if end == 0 {
            return 0;
        }
        let costs = self.costs.of_kind(kind as usize);
        let mut gain = 0;
        // Contexts are not known yet: the middle one.
        let rate = cost::of_block_and(costs, 1, levels, kind.first(), end, |place, level| {
            let stands = i32::from(level) * i32::from(quantizer.step[place & 15]);
            let coefficient = i32::from(coefficients[place & 15]);
            // As large as squares of pixels' differences are, so that their sum fits.
            gain += stands * (2 * coefficient - stands);
        });
        let scale = if kind == Kind::Y2 { 1 } else { OF_COEFFICIENTS };
        let worth = Worth {
            rate: i64::from(rate) - i64::from(costs[kind.first()][1].end),
            gain: i64::from(gain) * i64::from(scale),
        };
        if !self.pays(worth) {
            return 0;
        }
        sum.rate += worth.rate;
        sum.gain += worth.gain;
        end
    }

    /// A macroblock whose luma's DC coefficients have a block of their own; whether it has levels that are worth their bits.
    /// `skip` is what it costs to say that it has some, less what it costs to say that it has none.
    #[inline(always)]
    pub fn macroblock(
        &self,
        source: &Pixels,
        prediction: &Pixels,
        skip: i64,
        levels: &mut Blocks,
        ends: &mut Ends,
    ) -> bool {
        let kernels = self.kernels;
        let mut sum = Worth::default();
        let mut dc = [0; 16];
        let mut blocks = [[0; 16]; 4];
        for row in 0..4 {
            let [from, with] = [source.luma_at(0, 4 * row), prediction.luma_at(0, 4 * row)];
            let busy = kernels.forward_dct_of_busy(from, with, self.quiet[0], &mut blocks);
            for (column, (block, busy)) in blocks.iter_mut().zip(busy).enumerate() {
                let i = 4 * row + column;
                dc[i] = core::mem::take(&mut block[0]);
                ends[i] = if busy {
                    self.block(block, Kind::LumaAfterY2, &mut levels[i], &mut sum)
                } else {
                    0
                };
            }
        }
        let y2 = kernels.forward_wht(&dc);
        ends[Y2_BLOCK] = self.block(&y2, Kind::Y2, &mut levels[Y2_BLOCK], &mut sum);
        let (source, prediction) = (source.chroma(), prediction.chroma());
        for row in 0..2 {
            let at = |chroma| Src::new(chroma, 16, 64 * row);
            let (from, with) = (at(&source), at(&prediction));
            let busy = kernels.forward_dct_of_busy(from, with, self.quiet[1], &mut blocks);
            for (i, (block, busy)) in blocks.iter().zip(busy).enumerate() {
                let to = 16 + 4 * (i / 2) + 2 * row + i % 2;
                ends[to] = if busy || block[0].saturating_abs() >= self.least {
                    self.block(block, Kind::Chroma, &mut levels[to], &mut sum)
                } else {
                    0
                };
            }
        }
        sum.rate += i64::from(self.empty) + skip;
        // Decoders take a macroblock without any for one that says so.
        ends.iter().any(|&end| end > 0) && self.pays(sum)
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
