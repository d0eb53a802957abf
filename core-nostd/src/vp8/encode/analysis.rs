//! Motion analysis: what is searched once for a picture, however often it is encoded.

use super::effort::Effort;
use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::plan::Usable;
use super::search::{Found, Room, Search};
use super::vectors::VectorCosts;
use super::weights::Weights;
use crate::kernels::Work;
use crate::vp8::inter::Interpolation;
use crate::vp8::motion::{Bounds, Vector};
use crate::vp8::picture::{Picture, References};

/// The best vectors of a macroblock in the last frame, the golden frame and the alternate reference frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MotionAnalysis {
    /// Whether it is worth looking at.
    pub(super) searched: [bool; 3],
    pub(super) whole: [Vector; 3],
    pub(super) quarters: [[Vector; 4]; 3],
}

impl MotionAnalysis {
    /// One to be overwritten.
    pub const NEW: Self = MotionAnalysis {
        searched: [false; 3],
        whole: [Vector::ZERO; 3],
        quarters: [[Vector::ZERO; 4]; 3],
    };
}

/// Where the search is in a row, and what passes from a macroblock to the next.
#[derive(Clone, Copy, Debug)]
pub struct MotionState {
    pub(super) row: usize,
    pub(super) column: usize,
    left: MotionAnalysis,
}

impl MotionState {
    /// At the start of a row.
    pub const fn new(row: usize) -> Self {
        MotionState {
            row,
            column: 0,
            left: MotionAnalysis::NEW,
        }
    }
}

/// Macroblocks of a row to be analysed.
pub(super) struct AnalyseSpan<'a, K> {
    pub kernels: K,
    pub effort: &'a Effort,
    pub interpolation: Interpolation,
    pub source: &'a Picture<'a>,
    /// The row of the source that is the picture's row.
    pub source_row: usize,
    pub references: &'a References<'a>,
    pub usable: Usable,
    pub costs: &'a VectorCosts,
    pub weights: Weights,
    pub state: &'a mut MotionState,
    /// In macroblocks.
    pub size: [usize; 2],
    /// Those above the span and, if there is one, that beyond its last; none in the first row.
    pub above: [&'a [MotionAnalysis]; 2],
    pub analyses: &'a mut [MotionAnalysis],
}

/// Of the macroblock, and of its quarters.
const QUARTERS: [[i32; 2]; 4] = [[0, 0], [8, 0], [0, 8], [8, 8]];

impl<K: EncodeKernels> Work for AnalyseSpan<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let [columns, rows] = self.size;
        let MotionState {
            row,
            column: first,
            mut left,
        } = *self.state;
        let mut source = Pixels::NEW;
        let mut room = Room::NEW;
        let all = [
            self.references.last,
            self.references.golden,
            self.references.altref,
        ];
        let [all_above, beyond] = self.above;
        let of_above = |at: usize| {
            let beyond = || beyond.get(at.checked_sub(all_above.len())?);
            all_above.get(at).or_else(beyond).copied()
        };
        let count = self.analyses.len();
        for (at, analysis) in self.analyses.iter_mut().enumerate() {
            let column = first + at;
            source.load(self.kernels, self.source, column, self.source_row);
            let [above, beside] =
                [at, at + 1].map(|at| of_above(at).unwrap_or(MotionAnalysis::NEW));
            let mut found = MotionAnalysis::NEW;
            let mut least = u32::MAX;
            for (at, reference) in all.iter().enumerate() {
                if !self.usable.0[at] {
                    continue;
                }
                let mut search = Search {
                    kernels: self.kernels,
                    interpolation: self.interpolation,
                    source: &source,
                    reference: reference.y,
                    place: [16 * column as i32, 16 * row as i32],
                    bounds: Bounds {
                        y: Bounds::along(row, rows),
                        x: Bounds::along(column, columns),
                    },
                    costs: self.costs,
                    weights: self.weights,
                    best: if column > 0 {
                        left.whole[at]
                    } else {
                        above.whole[at]
                    },
                    room: &mut room,
                };
                let starts = [
                    Vector::ZERO,
                    left.whole[at],
                    above.whole[at],
                    beside.whole[at],
                    found.whole[0],
                ];
                let start = search.start::<16>([0, 0], &starts);
                // An older reference that begins no better than the last frame ends is seldom better in the end.
                if self.effort.stops_early && start.cost >= least {
                    continue;
                }
                let whole = search_whole(&mut search, self.effort, start);
                found.searched[at] = true;
                found.whole[at] = whole.vector;
                least = least.min(whole.cost);
                if self.effort.stops_early && least < self.weights.little() {
                    break;
                }
                if let Some(star) = self.effort.quarters
                    && at < self.effort.split_references
                {
                    let mut starts = [found.whole[at], Vector::ZERO, found.whole[at]];
                    for (quarter, place) in found.quarters[at].iter_mut().zip(QUARTERS) {
                        let start = search.start::<8>(place, &starts);
                        let whole = search.star::<8>(place, start, star);
                        *quarter = search
                            .parts::<8>(place, whole.vector, self.effort.all_parts)
                            .vector;
                        starts[2] = *quarter;
                    }
                }
            }
            *analysis = found;
            left = found;
        }
        *self.state = MotionState {
            row,
            column: first + count,
            left,
        };
    }
}

#[inline(always)]
fn search_whole<K: EncodeKernels>(
    search: &mut Search<'_, K>,
    effort: &Effort,
    start: Found,
) -> Found {
    let whole = search.star::<16>([0, 0], start, effort.star);
    search.parts::<16>([0, 0], whole.vector, effort.all_parts)
}
