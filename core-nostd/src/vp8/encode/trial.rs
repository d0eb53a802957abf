//! A candidate measured: in bits, and in squared errors.

use super::candidates::WHOLE_MODES;
use super::cost::{self, Cost};
use super::decide::Decision;
use super::effort::Trellis;
use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::residue::{self, Coding, Levels, Toll};
use super::syntax::{self, Sink};
use crate::vp8::intra;
use crate::vp8::kernels::{Dst, Src};
use crate::vp8::modes::{LumaMode, Macroblock};
use crate::vp8::tables::KEY_UV_MODES;
use crate::vp8::tokens::Blocks;

/// A way to code a macroblock.
#[derive(Clone)]
pub(super) struct Trial {
    pub mb: Macroblock,
    pub levels: Blocks,
    /// What it is predicted as, but with subblock modes.
    pub prediction: Pixels,
    /// Bits of the syntax, but for coefficients and whether there are any.
    pub rate: Cost,
    /// Bits and squared errors.
    pub cost: u64,
}

impl Trial {
    pub const NEW: Self = Trial {
        mb: Macroblock::NEW,
        levels: [[0; 16]; 25],
        prediction: Pixels::NEW,
        rate: 0,
        cost: u64::MAX,
    };
}

/// Chroma of an intra coded macroblock: the same for all its luma modes.
pub(super) struct IntraChroma {
    pub mode: LumaMode,
    /// U and V.
    pub prediction: [[u8; 64]; 2],
    /// Bits of the mode.
    pub rate: Cost,
    levels: [[i16; 16]; 8],
    ends: [u8; 8],
    pub toll: Toll,
}

impl<K: EncodeKernels> Decision<'_, K> {
    /// Whether levels are chosen by what they cost while candidates are measured.
    pub fn measures_by_trellis(&self) -> bool {
        self.plan.effort.trellis == Trellis::Measured
    }

    /// Measures an inter coded macroblock that is predicted.
    #[inline(always)]
    pub fn measure_inter(&self, trellis: bool, trial: &mut Trial) {
        let coding = self.coding(trellis);
        let luma = self.luma_toll(&coding, trial);
        let chroma = self.chroma_toll(&coding, trial);
        self.settle(&coding, luma.plus(chroma), trial);
    }

    /// Measures an intra coded one whose luma is predicted as a whole.
    #[inline(always)]
    pub fn measure_intra(&self, chroma: &IntraChroma, trial: &mut Trial) {
        let coding = self.coding(self.measures_by_trellis());
        let luma = self.luma_toll(&coding, trial);
        let toll = luma.plus(chroma.put(trial));
        self.settle(&coding, toll, trial);
    }

    #[inline(always)]
    pub fn luma_toll(&self, coding: &Coding<'_, K>, trial: &mut Trial) -> Toll {
        let with_y2 = trial.mb.mode.has_y2();
        let (levels, ends) = (&mut trial.levels, &mut trial.mb.ends);
        self.kernels.run(residue::Luma {
            coding,
            source: self.source,
            prediction: &trial.prediction,
            with_y2,
            contexts: self.contexts,
            to: Levels { levels, ends },
        })
    }

    #[inline(always)]
    pub fn chroma_toll(&self, coding: &Coding<'_, K>, trial: &mut Trial) -> Toll {
        let (levels, ends) = (&mut trial.levels, &mut trial.mb.ends);
        self.kernels.run(residue::Chroma {
            coding,
            source: &self.source.chroma(),
            prediction: &trial.prediction.chroma(),
            contexts: self.contexts,
            to: Levels { levels, ends },
        })
    }

    /// Says whether the macroblock has coefficients, which it need not if they cost more than they are worth.
    #[inline(always)]
    pub fn settle(&self, coding: &Coding<'_, K>, toll: Toll, trial: &mut Trial) {
        let skip = |skip: bool| cost::of_bit(self.plan.skip, skip);
        let rate = trial.rate + toll.rate + skip(false);
        trial.cost = coding.weights.squared(rate, toll.error);
        trial.mb.coded = trial.mb.ends.iter().any(|&end| end > 0);
        let (source, kernels, prediction) = (self.source, self.kernels, &trial.prediction);
        let luma = kernels.sse::<16, 16>(source.luma_at(0, 0), prediction.luma_at(0, 0));
        let chroma = [source.chroma(), prediction.chroma()];
        let [a, b] = chroma.each_ref().map(|chroma| Src::new(chroma, 16, 0));
        let error = (luma + kernels.sse::<16, 8>(a, b)) * 16;
        let without = coding.weights.squared(trial.rate + skip(true), error);
        if !trial.mb.coded || without < trial.cost {
            trial.mb.coded = false;
            trial.mb.ends = [0; 25];
            trial.cost = without;
        }
    }

    /// The chroma mode that costs least.
    #[inline(always)]
    pub fn intra_chroma(&self, spare: &mut Trial) -> IntraChroma {
        let coding = self.coding(self.measures_by_trellis());
        let mut least = u64::MAX;
        let mut best = IntraChroma::NEW;
        for mode in WHOLE_MODES {
            self.predict_intra_chroma(mode, &mut spare.prediction);
            let mut rate = 0;
            let probabilities = match self.plan.header.key_frame {
                true => &KEY_UV_MODES,
                false => &self.plan.probabilities.uv_modes,
            };
            rate.path(probabilities, syntax::uv_path(mode));
            let toll = self.chroma_toll(&coding, spare);
            let cost = coding.weights.squared(toll.rate + rate, toll.error);
            if cost < least {
                least = cost;
                best.mode = mode;
                best.prediction = [spare.prediction.u, spare.prediction.v];
                best.rate = rate;
                best.toll = toll;
                best.levels.copy_from_slice(&spare.levels[16..24]);
                best.ends.copy_from_slice(&spare.mb.ends[16..24]);
            }
        }
        best
    }

    #[inline(always)]
    pub fn predict_intra_chroma(&self, mode: LumaMode, to: &mut Pixels) {
        intra::predict(
            self.kernels,
            Dst::new(&mut to.u, 8, 0),
            mode,
            &self.around.u,
        );
        intra::predict(
            self.kernels,
            Dst::new(&mut to.v, 8, 0),
            mode,
            &self.around.v,
        );
    }
}

impl IntraChroma {
    const NEW: Self = IntraChroma {
        mode: LumaMode::Dc,
        prediction: [[0; 64]; 2],
        rate: 0,
        levels: [[0; 16]; 8],
        ends: [0; 8],
        toll: Toll { rate: 0, error: 0 },
    };

    /// Puts it beside luma.
    #[inline(always)]
    pub fn put(&self, trial: &mut Trial) -> Toll {
        [trial.prediction.u, trial.prediction.v] = self.prediction;
        trial.mb.uv_mode = self.mode;
        trial.rate += self.rate;
        trial.levels[16..24].copy_from_slice(&self.levels);
        trial.mb.ends[16..24].copy_from_slice(&self.ends);
        self.toll
    }
}
