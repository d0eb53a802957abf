//! Macroblocks whose subblocks are predicted each by a mode of its own.

use super::cost::{self, Cost};
use super::decide::Decision;
use super::effort::Trellis;
use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::residue::{Coding, Toll, dequantised};
use super::syntax::{self, Sink};
use super::tokens::beside;
use super::trial::{IntraChroma, Trial};
use crate::vp8::intra::SubEdge;
use crate::vp8::kernels::{Dst, Src};
use crate::vp8::modes::{LumaMode, Macroblock, SubMode};
use crate::vp8::reconstruct::for_each_sub;
use crate::vp8::tables::SUB_MODES;
use crate::vp8::tokens::Kind;

const ALL: [SubMode; 10] = [
    SubMode::Dc,
    SubMode::TrueMotion,
    SubMode::Vertical,
    SubMode::Horizontal,
    SubMode::LeftDown,
    SubMode::RightDown,
    SubMode::VerticalRight,
    SubMode::VerticalLeft,
    SubMode::HorizontalDown,
    SubMode::HorizontalUp,
];

/// Modes that are transformed at a time.
const BATCH: usize = 4;

/// A subblock's mode, with bits of its syntax and what it leaves.
#[derive(Clone, Copy)]
struct Mode {
    mode: SubMode,
    rate: Cost,
    score: u32,
    pixels: [u8; 16],
}

impl Mode {
    const fn new(mode: SubMode) -> Self {
        Mode {
            mode,
            rate: 0,
            score: 0,
            pixels: [0; 16],
        }
    }
}

impl<K: EncodeKernels> Decision<'_, K> {
    /// Measures the macroblock with the best mode for each subblock. Stops when it costs more than `most`.
    #[inline(always)]
    pub fn measure_subs(&self, chroma: &IntraChroma, most: u64, trial: &mut Trial) {
        let coding = self.coding(self.measures_by_trellis());
        let weights = coding.weights;
        trial.mb = Macroblock {
            mode: LumaMode::Sub,
            ..Macroblock::NEW
        };
        trial.rate = self.luma_mode_rate(LumaMode::Sub);
        let mut pixels = Pixels::NEW;
        let mut toll = chroma.put(trial);
        let [mut above, mut left] = self.contexts;
        let mut given_up = false;
        for_each_sub(
            pixels.luma_mut(0, 0),
            &self.around.y,
            self.around.above_right,
            |i, dst, edge| {
                if given_up {
                    return;
                }
                let source = self.source.luma_at((i & 3) * 4, (i >> 2) * 4);
                let modes = self.sub_modes(i, &trial.mb, source, edge);
                let sides = beside(&mut above, &mut left, i);
                let best = best_mode(&coding, source, &modes, [*sides[0], *sides[1]]);
                trial.mb.sub_modes[i] = best.mode;
                trial.rate += best.rate;
                let mut of_block = coding;
                of_block.trellis |= self.plan.effort.trellis == Trellis::Taken;
                let of_mode = of_block.sub(i, &best, sides, trial, dst);
                toll = toll.plus(of_mode);
                given_up = weights.squared(toll.rate + trial.rate, toll.error) > most;
            },
        );
        if given_up {
            trial.cost = u64::MAX;
            return;
        }
        trial.mb.coded = trial.mb.ends.iter().any(|&end| end > 0);
        let skip = cost::of_bit(self.plan.skip, !trial.mb.coded);
        trial.cost = weights.squared(toll.rate + trial.rate + skip, toll.error);
    }

    /// Quantises the luma of a macroblock whose subblocks have their modes.
    #[inline(always)]
    pub fn follow_subs(&self, coding: &Coding<'_, K>, trial: &mut Trial) {
        let mut pixels = Pixels::NEW;
        let [mut above, mut left] = self.contexts;
        let (around, above_right) = (&self.around.y, self.around.above_right);
        for_each_sub(
            pixels.luma_mut(0, 0),
            around,
            above_right,
            |i, dst, edge| {
                let source = self.source.luma_at((i & 3) * 4, (i >> 2) * 4);
                let mut mode = Mode::new(trial.mb.sub_modes[i]);
                let predicted = Dst::new(&mut mode.pixels, 4, 0);
                self.kernels.predict_sub(predicted, edge, mode.mode);
                let [coefficients, ..] = transformed(self.kernels, source, &[mode]);
                let taken = Best::new(&mode, &coefficients);
                let sides = beside(&mut above, &mut left, i);
                coding.sub(i, &taken, sides, trial, dst);
            },
        );
    }

    /// The modes of a subblock, most promising first; how many are worth measuring.
    #[inline(always)]
    fn sub_modes(&self, i: usize, mb: &Macroblock, source: Src<'_>, edge: &SubEdge) -> Promising {
        let probabilities = if self.plan.header.key_frame {
            let [left, above] = self.beside_modes(i, mb);
            syntax::key_sub_probabilities(above, left)
        } else {
            &SUB_MODES
        };
        let weights = self.plan.weights[self.segment & 3];
        let mut modes = ALL.map(Mode::new);
        for mode in &mut modes {
            self.kernels
                .predict_sub(Dst::new(&mut mode.pixels, 4, 0), edge, mode.mode);
            mode.rate.path(probabilities, syntax::sub_path(mode.mode));
            let difference = self
                .kernels
                .satd::<4, 4>(source, Src::new(&mode.pixels, 4, 0));
            mode.score = weights.absolute(mode.rate, difference);
        }
        let count = self.plan.effort.sub_modes.clamp(1, modes.len());
        for at in 0..count.min(modes.len() - 1) {
            let least = (at..modes.len())
                .min_by_key(|&i| modes[i].score)
                .unwrap_or(at);
            modes.swap(at, least);
        }
        Promising { modes, count }
    }

    /// Modes to the left of a subblock and above it.
    fn beside_modes(&self, i: usize, mb: &Macroblock) -> [SubMode; 2] {
        let (x, y) = (i & 3, i >> 2 & 3);
        [
            if x == 0 {
                self.left.sub_modes[y]
            } else {
                mb.sub_modes[(i - 1) & 15]
            },
            if y == 0 {
                self.above.sub_modes[x]
            } else {
                mb.sub_modes[(i - 4) & 15]
            },
        ]
    }
}

struct Promising {
    modes: [Mode; 10],
    count: usize,
}

/// What a mode leaves.
struct Best {
    mode: SubMode,
    rate: Cost,
    pixels: [u8; 16],
    coefficients: [i16; 16],
}

impl Best {
    fn new(mode: &Mode, coefficients: &[i16; 16]) -> Self {
        Best {
            mode: mode.mode,
            rate: mode.rate,
            pixels: mode.pixels,
            coefficients: *coefficients,
        }
    }
}

impl<K: EncodeKernels> Coding<'_, K> {
    /// Chooses the levels of a subblock, and reconstructs it.
    #[inline(always)]
    fn sub(
        &self,
        i: usize,
        taken: &Best,
        sides: [&mut u8; 2],
        trial: &mut Trial,
        dst: Dst<'_>,
    ) -> Toll {
        let (levels, end) = (&mut trial.levels[i], &mut trial.mb.ends[i]);
        let quantizer = &self.quantizer.y;
        let coefficients = &taken.coefficients;
        let toll = self.block(
            coefficients,
            quantizer,
            Kind::LumaWithDc,
            sides,
            levels,
            end,
        );
        let block = dequantised(levels, quantizer);
        put(self.kernels, dst, &taken.pixels, &block, *end);
        toll
    }
}

/// Measures the most promising modes.
#[inline(always)]
fn best_mode<K: EncodeKernels>(
    coding: &Coding<'_, K>,
    source: Src<'_>,
    promising: &Promising,
    sides: [u8; 2],
) -> Best {
    let mut best = Best {
        mode: SubMode::Dc,
        rate: 0,
        pixels: [0; 16],
        coefficients: [0; 16],
    };
    let mut least = u64::MAX;
    for batch in promising.modes[..promising.count].chunks(BATCH) {
        let blocks = transformed(coding.kernels, source, batch);
        for (mode, coefficients) in batch.iter().zip(&blocks) {
            let (mut levels, mut end) = ([0; 16], 0);
            let [mut above, mut left] = sides;
            let sides = [&mut above, &mut left];
            let quantizer = &coding.quantizer.y;
            let toll = coding.block(
                coefficients,
                quantizer,
                Kind::LumaWithDc,
                sides,
                &mut levels,
                &mut end,
            );
            let cost = coding.weights.squared(toll.rate + mode.rate, toll.error);
            if cost < least {
                least = cost;
                best = Best::new(mode, coefficients);
            }
        }
    }
    best
}

/// What some modes leave of a subblock, transformed: four side by side.
#[inline(always)]
fn transformed(kernels: impl EncodeKernels, source: Src<'_>, modes: &[Mode]) -> [[i16; 16]; 4] {
    let mut sources = [0; 64];
    let mut predictions = [0; 64];
    let lines = source
        .exactly(4, 4)
        .unwrap_or_default()
        .chunks(source.stride.max(4));
    for (y, line) in lines.enumerate().take(4) {
        for (x, mode) in modes.iter().enumerate().take(BATCH) {
            let at = 16 * y + 4 * x;
            sources[at..at + 4].copy_from_slice(&line[..4]);
            predictions[at..at + 4].copy_from_slice(&mode.pixels[4 * y..4 * y + 4]);
        }
    }
    let mut blocks = [[0; 16]; 4];
    let at = |pixels| Src::new(pixels, 16, 0);
    kernels.forward_dct(at(&sources), at(&predictions), &mut blocks);
    blocks
}

/// Reconstructs a subblock.
#[inline(always)]
fn put(
    kernels: impl EncodeKernels,
    mut dst: Dst<'_>,
    pixels: &[u8; 16],
    block: &[i16; 16],
    end: u8,
) {
    kernels.copy::<4, 4>(dst.at(0), Src::new(pixels, 4, 0));
    if end > 0 {
        kernels.add_block(dst, block, end);
    }
}
