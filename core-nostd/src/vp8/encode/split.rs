//! Macroblocks that are split: each part has the vector that costs least, given those before it.

use super::candidates::{Candidate, Candidates};
use super::cost::Cost;
use super::decide::Decision;
use super::kernels::EncodeKernels;
use super::search::{Room, Search};
use super::syntax::{self, HALVES, QUARTERS, SIXTEENTHS};
use super::vectors::can_be_said;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Vector, Vicinity};
use crate::vp8::tables::SPLIT_LAYOUTS;

impl<K: EncodeKernels> Decision<'_, K> {
    /// Adds the ways to split that are worth it, by vectors around those of quarters that analysis found.
    #[inline(always)]
    pub fn add_split(
        &self,
        candidates: &mut Candidates,
        reference: Reference,
        vicinity: &Vicinity,
        sixteenths: bool,
    ) {
        let index = (reference as usize).wrapping_sub(1).min(2);
        let mut rate = 0;
        syntax::reference(&mut rate, self.plan.chances(), reference);
        syntax::inter_mode(&mut rate, vicinity, LumaMode::Split);
        let mut room = Room::NEW;
        let search = &mut self.search(reference, vicinity.best, &mut room);
        let quarters = self.split(
            search,
            reference,
            QUARTERS,
            &self.analysis.quarters[index],
            rate,
        );
        // What is worse in quarters is hardly better in other parts.
        let least = candidates
            .list()
            .first()
            .map_or(u32::MAX, |best| best.score);
        if quarters.score > least.saturating_add(least / 20) {
            return;
        }
        candidates.add(quarters);
        let mut of_quarters = [Vector::ZERO; 4];
        for (vector, at) in of_quarters.iter_mut().zip([0, 2, 8, 10]) {
            *vector = quarters.mb.vectors[at];
        }
        for layout in HALVES {
            candidates.add(self.split(search, reference, layout, &of_quarters, rate));
        }
        if sixteenths {
            candidates.add(self.split(search, reference, SIXTEENTHS, &of_quarters, rate));
        }
    }

    /// A search for the macroblock's vectors that begins with nothing known.
    pub fn search<'a>(
        &'a self,
        reference: Reference,
        best: Vector,
        room: &'a mut Room,
    ) -> Search<'a, K> {
        Search {
            kernels: self.kernels,
            interpolation: self.plan.interpolation,
            source: self.source,
            reference: self.picture(reference).y,
            place: [
                16 * self.position.column as i32,
                16 * self.position.row as i32,
            ],
            bounds: self.bounds(),
            costs: self.plan.vector_costs,
            weights: self.plan.weights[self.segment & 3],
            best,
            room,
        }
    }

    /// The macroblock split one way, given the vectors that fit its quarters.
    #[inline(always)]
    fn split(
        &self,
        search: &mut Search<'_, K>,
        reference: Reference,
        layout: usize,
        of_quarters: &[Vector; 4],
        mut rate: Cost,
    ) -> Candidate {
        let mut mb = Macroblock {
            mode: LumaMode::Split,
            reference,
            sixteenths: layout == SIXTEENTHS,
            ..Macroblock::NEW
        };
        syntax::split_layout(&mut rate, layout);
        let mut difference = 0;
        let split = &SPLIT_LAYOUTS[layout & 3];
        for &first in split.first {
            let first = usize::from(first & 15);
            let sides = syntax::beside(self.above, self.left, &mb.vectors, first);
            let part = Part::new(layout, first, sides);
            let best = self.best_of_part(search, &part, of_quarters);
            for &member in split.members {
                mb.vectors[(first + usize::from(member)) & 15] = best.vector;
            }
            rate += best.rate;
            difference += best.difference;
        }
        Candidate {
            mb,
            rate,
            score: search.weights.absolute(rate, difference),
        }
    }

    /// The vector of a part that costs least: one of its neighbours', of the quarters that it touches, or, if it is
    /// a sixteenth, one that is searched.
    #[inline(always)]
    fn best_of_part(
        &self,
        search: &mut Search<'_, K>,
        part: &Part,
        of_quarters: &[Vector; 4],
    ) -> PartVector {
        let mut best = PartVector::NONE;
        let [left, above] = part.sides;
        let known = [left, above, Vector::ZERO];
        let mut tried = [Vector::ZERO; 5];
        let mut count = 0;
        let new = part
            .quarters
            .iter()
            .map(|&quarter| of_quarters[quarter & 3]);
        for vector in known.into_iter().chain(new) {
            if !tried[..count].contains(&vector) && count < tried.len() {
                tried[count] = vector;
                count += 1;
                self.consider(search, part, vector, &mut best);
            }
        }
        if let Some(at) = part.sixteenth {
            let found = search.parts::<4>(at, best.vector, self.plan.effort.all_parts);
            if !tried[..count].contains(&found.vector) {
                self.consider(search, part, found.vector, &mut best);
            }
        }
        best
    }

    /// Takes a vector, if it is better than the best so far.
    #[inline(always)]
    fn consider(
        &self,
        search: &mut Search<'_, K>,
        part: &Part,
        vector: Vector,
        best: &mut PartVector,
    ) {
        let [left, above] = part.sides;
        let is_new = ![left, above, Vector::ZERO].contains(&vector);
        if is_new && !can_be_said(vector, search.best) {
            return;
        }
        let mut rate = 0;
        let probabilities = &self.plan.probabilities.vectors;
        syntax::part(&mut rate, probabilities, part.sides, search.best, vector);
        let difference = part.difference(search, vector);
        let score = search.weights.absolute(rate, difference);
        if score < best.score {
            *best = PartVector {
                vector,
                rate,
                difference,
                score,
            };
        }
    }
}

/// A part of a split macroblock.
struct Part {
    /// The quarters that it has pixels in.
    quarters: &'static [usize],
    /// Its place in pixels, if it is a sixteenth.
    sixteenth: Option<[i32; 2]>,
    /// Vectors to the left and above.
    sides: [Vector; 2],
}

/// Quarters of the parts of each layout, by the part's first subblock.
const TOUCHED: [[&[usize]; 16]; 4] = {
    const Q: [&[usize]; 4] = [&[0], &[1], &[2], &[3]];
    const ROWS: [&[usize]; 2] = [&[0, 1], &[2, 3]];
    const COLUMNS: [&[usize]; 2] = [&[0, 2], &[1, 3]];
    let mut all = [[Q[0]; 16]; 4];
    let mut at = 0;
    while at < 16 {
        let (right, below) = (at >> 1 & 1, at >> 3 & 1);
        all[0][at] = ROWS[below];
        all[1][at] = COLUMNS[right];
        all[QUARTERS][at] = Q[2 * below + right];
        all[SIXTEENTHS][at] = Q[2 * below + right];
        at += 1;
    }
    all
};

impl Part {
    fn new(layout: usize, first: usize, sides: [Vector; 2]) -> Self {
        let place = [(first & 3) as i32 * 4, (first >> 2) as i32 * 4];
        Part {
            quarters: TOUCHED[layout & 3][first & 15],
            sixteenth: (layout == SIXTEENTHS).then_some(place),
            sides,
        }
    }

    /// What a vector leaves of it.
    #[inline(always)]
    fn difference<K: EncodeKernels>(&self, search: &mut Search<'_, K>, vector: Vector) -> u32 {
        if let Some(at) = self.sixteenth {
            return search.difference::<4>(at, vector);
        }
        let mut sum = 0;
        for &quarter in self.quarters {
            let at = [(quarter as i32 & 1) * 8, (quarter as i32 >> 1) * 8];
            sum += search.difference::<8>(at, vector);
        }
        sum
    }
}

/// A part's vector, and what it costs.
struct PartVector {
    vector: Vector,
    rate: Cost,
    difference: u32,
    score: u32,
}

impl PartVector {
    const NONE: Self = PartVector {
        vector: Vector::ZERO,
        rate: 0,
        difference: u32::MAX / 32,
        score: u32::MAX,
    };
}
