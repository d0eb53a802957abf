//! A macroblock that has modes which were chosen by other pictures: they stay, unless others that cost little to look at are better.

use super::analysis::MotionAnalysis;
use super::candidates::{Candidate, Candidates};
use super::decide::Decision;
use super::effort::Trellis;
use super::kernels::EncodeKernels;
use super::search::{Room, Search, Star};
use super::syntax;
use super::trial::Trial;
use super::vectors::can_be_said;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Vector, Vicinity};

/// Where whole pixels around a vector are looked at.
const CLOSE_BY: Star = Star {
    reach: 1,
    walk: 2,
    directions: 4,
};

/// The quarters of a macroblock: their places in pixels, and their first subblocks.
const QUARTERS: [([i32; 2], usize); 4] = [([0, 0], 0), ([8, 0], 2), ([0, 8], 8), ([8, 8], 10)];

impl<K: EncodeKernels> Decision<'_, K> {
    /// Leaves in `best` the modes and vectors that a macroblock has, or those of its neighbours, or ones close by, whichever are best;
    /// `spare` and candidates are to work with. If the effort [revises more](super::Effort::revising_more) intra modes are looked
    /// at, too, and other splits of what is split.
    ///
    /// What an encoder chooses fits the noise of its references as well as what they show. Other references have other noise.
    #[inline(always)]
    pub fn revise<'t>(
        &self,
        given: &Macroblock,
        candidates: &mut Candidates,
        mut best: &'t mut Trial,
        mut spare: &'t mut Trial,
    ) -> &'t mut Trial {
        best.cost = u64::MAX;
        candidates.clear();
        let is_intra = given.reference == Reference::None;
        let vicinity = self.vicinity(given.reference);
        if given.mode == LumaMode::Split {
            self.add_as_it_is(given, &vicinity, candidates, spare);
        }
        let analysis = self.analysis_of(given, &vicinity);
        let decision = Decision {
            analysis: &analysis,
            ..*self
        };
        decision.add_inter(candidates);
        let more = self.plan.effort.revises_more;
        if more && given.mode == LumaMode::Split {
            decision.add_split(candidates, given.reference, &vicinity, given.sixteenths);
        }
        let is_sub = is_intra && given.mode == LumaMode::Sub;
        if !is_sub && (more || is_intra) {
            self.add_intra(candidates);
        }
        let trellis = self.plan.effort.trellis != Trellis::Never;
        // What differs much more than the best is hardly worth measuring.
        let least = candidates.list().first().map_or(0, |first| first.score);
        let worth_it = |candidate: &&Candidate| candidate.score <= least.saturating_add(least / 8);
        let count = candidates.list().iter().take_while(worth_it).count();
        if let [only] = &candidates.list()[..count]
            && only.mb.reference != Reference::None
            && !is_sub
        {
            (best.mb, best.rate) = (only.mb, only.rate);
            self.predict_inter(best);
            self.measure_inter(trellis, best);
            return best;
        }
        let mut chroma = None;
        for candidate in &candidates.list()[..count] {
            spare.mb = candidate.mb;
            spare.rate = candidate.rate;
            if candidate.mb.reference == Reference::None {
                let chroma = chroma.get_or_insert_with(|| self.intra_chroma(spare));
                self.predict_intra_luma(spare);
                self.measure_intra(chroma, spare);
            } else {
                self.predict_inter(spare);
                self.measure_inter(self.measures_by_trellis(), spare);
            }
            if spare.cost < best.cost {
                core::mem::swap(&mut best, &mut spare);
            }
        }
        if is_sub {
            let chroma = chroma.unwrap_or_else(|| self.intra_chroma(spare));
            self.measure_subs(&chroma, best.cost, spare);
            if spare.cost < best.cost {
                core::mem::swap(&mut best, &mut spare);
            }
        }
        self.finish(best, trellis);
        best
    }

    fn vicinity(&self, reference: Reference) -> Vicinity {
        let neighbours = [self.above.neighbour(), self.left.neighbour(), self.corner];
        let (bias, bounds) = (&self.plan.sign_bias, self.bounds());
        Vicinity::new(&neighbours, reference, bias, &bounds)
    }

    /// Adds a split macroblock, if its vectors can still be said.
    #[inline(always)]
    fn add_as_it_is(
        &self,
        given: &Macroblock,
        vicinity: &Vicinity,
        candidates: &mut Candidates,
        spare: &mut Trial,
    ) {
        let said = |&vector| can_be_said(vector, vicinity.best);
        if !given.vectors.iter().all(said) {
            return;
        }
        let mut rate = 0;
        syntax::reference(&mut rate, self.plan.chances(), given.reference);
        let probabilities = &self.plan.probabilities.vectors;
        let beside = [self.above, self.left];
        syntax::inter(&mut rate, probabilities, vicinity, beside, given);
        spare.mb = *given;
        self.predict_inter(spare);
        candidates.add(self.scored(*given, rate, &spare.prediction.y));
    }

    /// A macroblock's vectors as if they had been found by analysis: those that it has, or ones close by that fit better now.
    #[inline(always)]
    fn analysis_of(&self, given: &Macroblock, vicinity: &Vicinity) -> MotionAnalysis {
        let mut quarters = [Vector::ZERO; 4];
        let mut whole = vicinity.best;
        if given.reference != Reference::None {
            let mut room = Room::NEW;
            let mut search = self.search(given.reference, vicinity.best, &mut room);
            let more = self.plan.effort.revises_more;
            if given.mode != LumaMode::Split {
                whole = close_by(&mut search, given.vectors[0], more);
            } else {
                whole = given.vectors[0];
                let quarters = quarters.iter_mut().zip(QUARTERS).filter(|_| more);
                for (quarter, (place, first)) in quarters {
                    let found = search.parts::<8>(place, given.vectors[first], false);
                    *quarter = found.vector;
                }
            }
        }
        MotionAnalysis {
            searched: self.plan.usable.0,
            whole: [whole; 3],
            quarters: [quarters; 3],
        }
    }
}

/// The vector that fits a macroblock best: this one or one within a pixel; or, with `whole_pixels`, one a little further away.
#[inline(always)]
fn close_by<K: EncodeKernels>(
    search: &mut Search<'_, K>,
    vector: Vector,
    whole_pixels: bool,
) -> Vector {
    let here = search.parts::<16>([0, 0], vector, false);
    // Nothing fits much better than what fits well.
    if !whole_pixels || here.cost < search.weights.little() / 4 {
        return here.vector;
    }
    let start = search.start::<16>([0, 0], &[vector]);
    let whole = search.star::<16>([0, 0], start, CLOSE_BY);
    if whole.vector == start.vector {
        return here.vector;
    }
    let there = search.parts::<16>([0, 0], whole.vector, false);
    if there.cost < here.cost {
        there.vector
    } else {
        here.vector
    }
}
