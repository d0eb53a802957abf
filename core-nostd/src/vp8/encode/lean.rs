//! Rows for processors that have little to spend: modes are decided by sums of absolute differences alone, a prediction is made
//! once, and what differs little from its prediction has no residue.

use super::analysis::MotionAnalysis;
use super::candidates::WHOLE_MODES;
use super::cost::{self, Cost};
use super::decide::{Around, Decision};
use super::kernels::EncodeKernels;
use super::lean_search::Lean;
use super::pixels::Pixels;
use super::plan::Plan;
use super::quantizer::MacroblockQuantizer;
use super::residue::{self, LightCoding};
use super::row::{Between, RowState};
use super::search::{Room, Search, Star};
use super::syntax::{self, Sink};
use super::tally::Tally;
use super::vectors::can_be_said;
use crate::kernels::Work;
use crate::vp8::inter::Position;
use crate::vp8::intra;
use crate::vp8::kernels::Src;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Vector, Vicinity};
use crate::vp8::picture::{Picture, References, Strip};
use crate::vp8::reconstruct::{Edge, Lines, finish_macroblock, lines_len};
use crate::vp8::tables::KEY_UV_MODES;
use crate::vp8::tokens::Blocks;

/// Whole-pixel search around the best of what neighbours say.
const STAR: Star = Star {
    reach: 4,
    walk: 3,
    directions: 4,
};

/// A mean difference of a pixel below one so many-th of a step is not worth a residue: nearly all of its levels were zero.
const WORTHLESS: u32 = 16;

/// How much of a step is added before a coefficient is divided by it, in 256ths: DC, AC. Less than where each
/// level is weighed.
pub(super) const ROUNDING: [u16; 2] = [100, 56];

/// A row of macroblocks to be encoded.
pub(super) struct LeanRow<'a, 'b, 's, K> {
    pub kernels: K,
    pub plan: &'a Plan<'a>,
    pub row: usize,
    /// Steps are the plan's.
    pub quantizer: MacroblockQuantizer,
    /// A picture of one row.
    pub source: &'a Picture<'a>,
    pub references: &'a References<'a>,
    pub between: &'a mut Between<'b>,
    pub macroblocks: &'a mut [Macroblock],
    pub levels: &'a mut [Blocks],
    pub strip: &'a mut Strip<'s>,
    pub tally: &'a mut Tally,
}

/// The best way so far.
#[derive(Clone, Copy)]
struct Best {
    mode: LumaMode,
    reference: Reference,
    vector: Vector,
    difference: u32,
    /// With what its bits are worth.
    score: u32,
}

/// Pixels to work with.
struct Desk {
    predictions: [Pixels; 2],
    /// Which of them is the best one's.
    taken: usize,
    search: Room,
}

impl Desk {
    fn spare(&mut self) -> &mut Pixels {
        &mut self.predictions[(self.taken & 1) ^ 1]
    }

    fn taken(&mut self) -> &mut Pixels {
        &mut self.predictions[self.taken & 1]
    }
}

impl<K: EncodeKernels> Work for LeanRow<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Between {
            above,
            contexts,
            lines,
        } = self.between;
        let (plan, row) = (self.plan, self.row);
        let mut state = RowState::new(row);
        let mut source = Pixels::NEW;
        let mut desk = Desk {
            predictions: [Pixels::NEW, Pixels::NEW],
            taken: 0,
            search: Room::NEW,
        };
        let mut blocks = [[0; 16]; 25];
        let (quantizer, weights) = (&self.quantizer, plan.weights[0]);
        let coding = LightCoding::new(self.kernels, quantizer, plan.token_costs, weights);
        let skip = [false, true].map(|skip| i64::from(cost::of_bit(plan.skip, skip)));
        let size = lines_len(1);
        let outputs = self.macroblocks.iter_mut().zip(self.levels);
        let columns = above.iter_mut().zip(&mut **contexts).zip(outputs);
        for (column, ((above, contexts), (mb, levels))) in columns.enumerate() {
            let position = Position { column, row };
            source.load(self.kernels, self.source, column, 0);
            let Some((of_macroblock, next)) = lines
                .get_mut(column * size..)
                .and_then(|lines| lines.split_at_mut_checked(size))
            else {
                return;
            };
            let mut edge = Edge {
                lines: of_macroblock,
                above_right: next.first_chunk().copied(),
            };
            let Some(mut lines) = Lines::new(&mut edge, row, 1) else {
                return;
            };
            let around = Around::new(&lines, &state.cursor, position, self.strip);
            let decision = Decision {
                kernels: self.kernels,
                plan,
                segment: 0,
                source: &source,
                references: self.references,
                position,
                around: &around,
                above,
                left: &state.left,
                corner: state.corner,
                contexts: [*contexts, state.left_contexts],
                analysis: &MotionAnalysis::NEW,
            };
            *mb = decision.lean(&mut desk);
            let prediction = desk.taken();
            mb.coded = !decision.is_close(mb, prediction)
                && coding.macroblock(&source, prediction, skip[0] - skip[1], levels, &mut mb.ends);
            if !mb.coded {
                mb.ends = [0; 25];
            }
            if mb.coded {
                residue::dequantise(levels, &mb.ends, &plan.quantizers[0], &mut blocks);
            }
            prediction.put(self.kernels, column, self.strip);
            let strip = &mut *self.strip;
            let cursor = &mut state.cursor;
            finish_macroblock(self.kernels, mb, &blocks, strip, &mut lines, cursor);
            let place = (above, contexts);
            state.leave(plan, position, (mb, levels), place, self.tally);
        }
    }
}

impl<K: EncodeKernels> Decision<'_, K> {
    /// Decides; the prediction is left on the desk.
    #[inline(always)]
    fn lean(&self, desk: &mut Desk) -> Macroblock {
        let mut best = Best {
            mode: LumaMode::Dc,
            reference: Reference::None,
            vector: Vector::ZERO,
            difference: u32::MAX,
            score: u32::MAX,
        };
        if self.plan.usable.0[0] {
            self.lean_inter(desk, &mut best);
        }
        // Where vectors predict well, intra modes are hardly better.
        if best.difference > 3 * self.worthless() {
            self.lean_intra(desk, &mut best);
        }
        let mut mb = Macroblock {
            mode: best.mode,
            reference: best.reference,
            vectors: [best.vector; 16],
            ..Macroblock::NEW
        };
        let taken = desk.taken();
        if best.reference == Reference::None {
            mb.uv_mode = self.lean_chroma(taken);
            self.predict_intra_chroma(mb.uv_mode, taken);
        } else {
            self.predict_inter_chroma(&mb, taken);
        }
        mb
    }

    /// The difference of luma below which there is no residue worth its bits.
    fn worthless(&self) -> u32 {
        let step = self.plan.quantizers[0].y.step[1].unsigned_abs();
        256 * u32::from(step) / WORTHLESS
    }

    /// Whether an inter coded macroblock is so close to its prediction that there is no residue.
    #[inline(always)]
    fn is_close(&self, mb: &Macroblock, prediction: &Pixels) -> bool {
        if mb.reference == Reference::None {
            return false;
        }
        let limit = self.worthless();
        let chroma = [
            (&self.source.u, &prediction.u),
            (&self.source.v, &prediction.v),
        ];
        let luma = self
            .kernels
            .sad::<16, 16>(self.source.luma_at(0, 0), prediction.luma_at(0, 0));
        let is_close = |&(a, b): &(&[u8; 64], &[u8; 64])| {
            let [a, b] = [Src::new(a, 8, 0), Src::new(b, 8, 0)];
            let difference = self.kernels.sad::<8, 8>(a, b);
            4 * difference < limit
        };
        luma < limit && chroma.iter().all(is_close)
    }

    /// Luma on the desk as a candidate.
    #[inline(always)]
    fn weigh(&self, candidate: Best, rate: Cost, desk: &mut Desk, best: &mut Best) {
        let prediction = desk.spare().luma_at(0, 0);
        let source = self.source.luma_at(0, 0);
        let difference = self.kernels.sad::<16, 16>(source, prediction);
        let score = self.plan.weights[0].absolute(rate, difference);
        if score < best.score {
            *best = Best {
                difference,
                score,
                ..candidate
            };
            desk.taken ^= 1;
        }
    }

    #[inline(always)]
    fn lean_intra(&self, desk: &mut Desk, best: &mut Best) {
        for mode in WHOLE_MODES {
            let dst = desk.spare().luma_mut(0, 0);
            intra::predict(self.kernels, dst, mode, &self.around.y);
            let candidate = Best {
                mode,
                reference: Reference::None,
                vector: Vector::ZERO,
                ..*best
            };
            self.weigh(candidate, self.luma_mode_rate(mode), desk, best);
        }
    }

    /// The chroma mode that differs least.
    #[inline(always)]
    fn lean_chroma(&self, taken: &mut Pixels) -> LumaMode {
        let mut least = (u32::MAX, LumaMode::Dc);
        for mode in WHOLE_MODES {
            self.predict_intra_chroma(mode, taken);
            let sad = |a, b| {
                self.kernels
                    .sad::<8, 8>(Src::new(a, 8, 0), Src::new(b, 8, 0))
            };
            let difference = sad(&self.source.u, &taken.u) + sad(&self.source.v, &taken.v);
            let mut rate = 0;
            let probabilities = match self.plan.header.key_frame {
                true => &KEY_UV_MODES,
                false => &self.plan.probabilities.uv_modes,
            };
            rate.path(probabilities, syntax::uv_path(mode));
            let score = self.plan.weights[0].absolute(rate, difference);
            if score < least.0 {
                least = (score, mode);
            }
        }
        least.1
    }

    /// What neighbours say; then, if that is not close, what is found around the best of it.
    #[inline(always)]
    fn lean_inter(&self, desk: &mut Desk, best: &mut Best) {
        let neighbours = [self.above.neighbour(), self.left.neighbour(), self.corner];
        let (signs, bounds) = (&self.plan.sign_bias, self.bounds());
        let vicinity = Vicinity::new(&neighbours, Reference::Last, signs, &bounds);
        let known = [
            (LumaMode::Zero, Vector::ZERO),
            (LumaMode::Nearest, vicinity.nearest),
            (LumaMode::Near, vicinity.near),
        ];
        for (i, &(mode, vector)) in known.iter().enumerate() {
            let is_new = known[..i].iter().all(|&(_, before)| before != vector);
            if is_new {
                self.weigh_vector(mode, vector, &vicinity, desk, best);
            }
            if best.difference < self.worthless() {
                return;
            }
        }
        let mut search = self.lean_search(&vicinity, &mut desk.search);
        let starts = [best.vector, vicinity.best, Vector::ZERO];
        let Lean { whole, part } = search.lean(&starts, STAR);
        for (i, vector) in [part, whole].into_iter().enumerate() {
            let is_new = known.iter().all(|&(_, known)| known != vector);
            if is_new && can_be_said(vector, vicinity.best) && (i == 0 || vector != part) {
                self.weigh_vector(LumaMode::New, vector, &vicinity, desk, best);
            }
        }
    }

    #[inline(always)]
    fn lean_search<'s>(&'s self, vicinity: &Vicinity, room: &'s mut Room) -> Search<'s, K> {
        Search {
            kernels: self.kernels,
            interpolation: self.plan.interpolation,
            source: self.source,
            reference: self.references.last.y,
            place: [
                16 * self.position.column as i32,
                16 * self.position.row as i32,
            ],
            bounds: self.bounds(),
            costs: self.plan.vector_costs,
            weights: self.plan.weights[0],
            best: vicinity.best,
            room,
        }
    }

    #[inline(always)]
    fn weigh_vector(
        &self,
        mode: LumaMode,
        vector: Vector,
        vicinity: &Vicinity,
        desk: &mut Desk,
        best: &mut Best,
    ) {
        let reference = Reference::Last;
        let mut rate = 0;
        syntax::reference(&mut rate, self.plan.chances(), reference);
        syntax::inter_mode(&mut rate, vicinity, mode);
        if mode == LumaMode::New {
            rate += self.plan.vector_costs.of(vector, vicinity.best);
        }
        self.predict_luma(reference, vector, &mut desk.spare().y);
        let candidate = Best {
            mode,
            reference,
            vector,
            ..*best
        };
        self.weigh(candidate, rate, desk, best);
    }
}
