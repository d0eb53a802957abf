//! How a macroblock is coded: the best few candidates are measured, and then subblock modes.

use super::analysis::MotionAnalysis;
use super::candidates::Candidates;
use super::effort::Trellis;
use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::plan::Plan;
use super::residue::Coding;
use super::trial::Trial;
use crate::kernels::Work;
use crate::vp8::inter::{self, Interpolation, Position};
use crate::vp8::intra::{self, Surroundings};
use crate::vp8::kernels::Dst;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Bounds, Neighbour, Vector};
use crate::vp8::parse::Above;
use crate::vp8::picture::{Picture, References, Strip};
use crate::vp8::reconstruct::{Cursor, Lines, surroundings};
use crate::vp8::tokens::Contexts;

/// Pixels around a macroblock.
pub(super) struct Around {
    pub y: Surroundings<16>,
    pub u: Surroundings<8>,
    pub v: Surroundings<8>,
    pub above_right: [u8; 4],
}

impl Around {
    /// Of the macroblock whose lines these are.
    #[inline(always)]
    pub fn new(lines: &Lines<'_>, cursor: &Cursor, position: Position, strip: &Strip<'_>) -> Self {
        let (luma, chroma) = (&strip.luma, &strip.chroma);
        let [y, u, v] = cursor.corners;
        Around {
            y: surroundings(position, lines.y, 0, luma.y, luma.stride, y),
            u: surroundings(position, lines.u, 0, chroma.u, chroma.stride, u),
            v: surroundings(position, lines.v, 0, chroma.v, chroma.stride, v),
            above_right: lines.above_right,
        }
    }
}

/// A macroblock to be decided on.
pub(super) struct Decision<'a, K> {
    pub kernels: K,
    pub plan: &'a Plan<'a>,
    pub segment: usize,
    pub source: &'a Pixels,
    pub references: &'a References<'a>,
    pub position: Position,
    pub around: &'a Around,
    pub above: &'a Above,
    pub left: &'a Above,
    pub corner: Neighbour,
    /// Of coefficients, above and to the left.
    pub contexts: [Contexts; 2],
    pub analysis: &'a MotionAnalysis,
}

impl<K: EncodeKernels> Decision<'_, K> {
    /// Leaves the best way in `best`; `spare` and candidates are to work with.
    #[inline(always)]
    pub fn decide<'t>(
        &self,
        candidates: &mut Candidates,
        mut best: &'t mut Trial,
        mut spare: &'t mut Trial,
    ) -> &'t mut Trial {
        best.cost = u64::MAX;
        let effort = &self.plan.effort;
        let key_frame = self.plan.header.key_frame;
        candidates.clear();
        if !key_frame {
            self.add_inter(candidates);
        }
        let best_inter = candidates
            .list()
            .first()
            .map_or(u32::MAX, |best| best.score);
        if !effort.stops_early || best_inter >= self.plan.weights[self.segment & 3].little() {
            self.add_intra(candidates);
        }
        let mut chroma = None;
        for (at, candidate) in candidates.list().iter().enumerate() {
            let luma = candidates.best_luma().filter(|_| at == 0);
            spare.mb = candidate.mb;
            spare.rate = candidate.rate;
            if candidate.mb.reference == Reference::None {
                if chroma.is_none() {
                    chroma = Some(self.intra_chroma(spare));
                }
                let Some(chroma) = &chroma else { continue };
                if let Some(luma) = luma {
                    spare.prediction.y = *luma;
                } else {
                    self.predict_intra_luma(spare);
                }
                self.measure_intra(chroma, spare);
            } else {
                if let Some(luma) = luma {
                    spare.prediction.y = *luma;
                    self.predict_inter_chroma(&candidate.mb, &mut spare.prediction);
                } else {
                    self.predict_inter(spare);
                }
                self.measure_inter(self.measures_by_trellis(), spare);
            }
            if spare.cost < best.cost {
                core::mem::swap(&mut best, &mut spare);
            }
        }
        if key_frame || effort.sub_modes > 0 {
            let chroma = match chroma {
                Some(chroma) => chroma,
                None => self.intra_chroma(spare),
            };
            self.measure_subs(&chroma, best.cost, spare);
            if spare.cost < best.cost {
                core::mem::swap(&mut best, &mut spare);
            }
        }
        if effort.trellis == Trellis::Taken {
            self.finish(best, true);
        }
        best
    }

    /// Takes the modes and vectors that a macroblock has, and chooses its levels anew.
    #[inline(always)]
    pub fn follow<'t>(&self, mb: &Macroblock, trial: &'t mut Trial) -> &'t mut Trial {
        trial.mb = *mb;
        // It is the same whatever the levels.
        trial.rate = 0;
        let trellis = self.plan.effort.trellis != Trellis::Never;
        if mb.reference != Reference::None {
            self.predict_inter(trial);
        } else {
            self.predict_intra_chroma(mb.uv_mode, &mut trial.prediction);
            if mb.mode == LumaMode::Sub {
                trial.mb.ends = [0; 25];
                self.follow_subs(&self.coding(trellis), trial);
            } else {
                self.predict_intra_luma(trial);
            }
        }
        self.finish(trial, trellis);
        trial
    }

    /// Chooses the levels of what is taken and predicted: by what they cost, if `trellis`. Subblock modes have those of luma.
    #[inline(always)]
    pub fn finish(&self, taken: &mut Trial, trellis: bool) {
        if taken.mb.reference != Reference::None {
            return self.measure_inter(trellis, taken);
        }
        let coding = self.coding(trellis);
        let mut toll = self.chroma_toll(&coding, taken);
        if taken.mb.mode == LumaMode::Sub {
            taken.mb.coded = taken.mb.ends.iter().any(|&end| end > 0);
            return;
        }
        toll = toll.plus(self.luma_toll(&coding, taken));
        self.settle(&coding, toll, taken);
    }

    #[inline(always)]
    pub fn predict_intra_luma(&self, trial: &mut Trial) {
        let dst = trial.prediction.luma_mut(0, 0);
        intra::predict(self.kernels, dst, trial.mb.mode, &self.around.y);
    }

    /// Of a macroblock that has one vector.
    #[inline(always)]
    pub fn predict_inter_chroma(&self, mb: &Macroblock, prediction: &mut Pixels) {
        let planes = [&mut prediction.u, &mut prediction.v];
        inter::predict_chroma(
            self.kernels,
            self.plan.interpolation,
            self.picture(mb.reference),
            self.position,
            mb.vectors[0],
            planes.map(|plane| Dst::new(plane, 8, 0)),
        );
    }

    pub fn coding(&self, trellis: bool) -> Coding<'_, K> {
        Coding {
            kernels: self.kernels,
            quantizer: &self.plan.quantizers[self.segment & 3],
            costs: self.plan.token_costs,
            weights: self.plan.weights[self.segment & 3],
            trellis,
        }
    }

    pub fn picture(&self, reference: Reference) -> &Picture<'_> {
        match reference {
            Reference::Golden => &self.references.golden,
            Reference::Altref => &self.references.altref,
            _ => &self.references.last,
        }
    }

    #[inline(always)]
    pub fn predict_inter(&self, trial: &mut Trial) {
        self.kernels.run(PredictInter {
            kernels: self.kernels,
            interpolation: self.plan.interpolation,
            reference: self.picture(trial.mb.reference),
            position: self.position,
            mb: &trial.mb,
            prediction: &mut trial.prediction,
        });
    }

    pub fn bounds(&self) -> Bounds {
        Bounds {
            y: Bounds::along(self.position.row, self.plan.rows),
            x: Bounds::along(self.position.column, self.plan.columns),
        }
    }

    /// The macroblock's luma, moved by a vector.
    #[inline(always)]
    pub fn predict_luma(&self, reference: Reference, vector: Vector, prediction: &mut [u8; 256]) {
        let Position { column, row } = self.position;
        inter::predict_luma::<16>(
            self.kernels,
            self.plan.interpolation,
            &self.picture(reference).y,
            [16 * column as i32, 16 * row as i32],
            vector,
            Dst::new(prediction, 16, 0),
        );
    }
}

/// The prediction of an inter coded macroblock: a function of its own, as it is long.
pub(super) struct PredictInter<'a, K> {
    pub kernels: K,
    pub interpolation: Interpolation,
    pub reference: &'a Picture<'a>,
    pub position: Position,
    pub mb: &'a Macroblock,
    pub prediction: &'a mut Pixels,
}

impl<K: EncodeKernels> Work for PredictInter<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        inter::predict(
            self.kernels,
            self.interpolation,
            self.reference,
            self.position,
            self.mb,
            &mut self.prediction.planes_mut(),
        );
    }
}
