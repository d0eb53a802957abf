//! A row of macroblocks, in spans: decided on, reconstructed, counted.

use super::analysis::MotionAnalysis;
use super::candidates::Candidates;
use super::decide::{Around, Decision};
use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::plan::{Plan, segment_of};
use super::residue;
use super::tally::Tally;
use super::trial::Trial;
use crate::kernels::Work;
use crate::vp8::inter::Position;
use crate::vp8::modes::{LumaMode, Macroblock, leave_sub_modes};
use crate::vp8::motion::{Bounds, Neighbour, Vicinity};
use crate::vp8::parse::{Above, leave_vectors};
use crate::vp8::picture::{Picture, References, Strip};
use crate::vp8::reconstruct::{Cursor, Edge, Lines, Reconstruct, finish_macroblock, lines_len};
use crate::vp8::tokens::{Blocks, Contexts};

/// What rows leave to each other, in some columns.
#[derive(Debug, Default)]
pub struct Between<'a> {
    /// One for each column.
    pub above: &'a mut [Above],
    /// One for each column.
    pub contexts: &'a mut [Contexts],
    /// [`lines_len`] bytes, as those of an [`Edge`](crate::vp8::Edge).
    pub lines: &'a mut [u8],
}

impl Between<'_> {
    /// What is above the first row.
    pub fn begin(&mut self) {
        self.above.fill(Above::NEW);
        self.contexts.fill(Contexts::NEW);
    }
}

/// A row on its way: where it is, and what spans leave to each other.
#[derive(Clone, Copy, Debug)]
pub struct RowState {
    pub(super) cursor: Cursor,
    pub(super) left: Above,
    pub(super) left_contexts: Contexts,
    pub(super) corner: Neighbour,
}

impl RowState {
    /// At the start of a row.
    pub fn new(row: usize) -> Self {
        RowState {
            cursor: Cursor::new(row),
            left: Above::NEW,
            left_contexts: Contexts::NEW,
            corner: Neighbour::default(),
        }
    }

    /// Counts a macroblock that is encoded, and leaves behind what those after it look at.
    #[inline(always)]
    pub(super) fn leave(
        &mut self,
        plan: &Plan<'_>,
        position: Position,
        (mb, levels): (&Macroblock, &Blocks),
        (above, contexts): (&mut Above, &mut Contexts),
        tally: &mut Tally,
    ) {
        tally.skip[usize::from(!mb.coded)] += 1;
        let sides = [contexts, &mut self.left_contexts];
        tally.tokens.add(mb, levels, sides);
        let corner = above.neighbour();
        if plan.header.key_frame {
            leave_sub_modes(mb, above, &mut self.left);
        } else {
            let vicinity = vicinity(plan, position, mb, [&*above, &self.left], self.corner);
            tally.add(mb, &vicinity, above, &self.left);
            leave_vectors(mb, above, &mut self.left);
        }
        self.corner = corner;
    }
}

/// Where the modes and vectors of macroblocks come from.
#[derive(Clone, Copy)]
pub(super) enum Choice<'a> {
    /// The best are chosen; what analyses found is one for each macroblock, or nothing.
    Searched(&'a [MotionAnalysis]),
    /// The macroblocks have them.
    Given,
    /// The macroblocks have some, which stay unless others are better.
    Revised,
}

impl<'a> Choice<'a> {
    fn analysis(&self, column: usize) -> &'a MotionAnalysis {
        match self {
            Choice::Searched(all) => all.get(column).unwrap_or(&MotionAnalysis::NEW),
            Choice::Given | Choice::Revised => &MotionAnalysis::NEW,
        }
    }
}

/// Macroblocks of a row to be encoded: slices begin with the first of them.
pub(super) struct EncodeSpan<'a, 'b, 's, K> {
    pub kernels: K,
    pub plan: &'a Plan<'a>,
    pub state: &'a mut RowState,
    pub source: &'a Picture<'a>,
    /// The row of the source that is the picture's row.
    pub source_row: usize,
    pub references: &'a References<'a>,
    pub segments: &'a [u8],
    pub choice: Choice<'a>,
    pub between: &'a mut Between<'b>,
    /// The first luma pixels above the next span, if there is one.
    pub above_right: Option<[u8; 4]>,
    pub macroblocks: &'a mut [Macroblock],
    pub levels: &'a mut [Blocks],
    pub strip: &'a mut Strip<'s>,
    pub tally: &'a mut Tally,
}

impl<K: EncodeKernels> Work for EncodeSpan<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Between {
            above,
            contexts,
            lines,
        } = self.between;
        let mut state = *self.state;
        let mut source = Pixels::NEW;
        let mut trials = [Trial::NEW, Trial::NEW];
        let mut candidates = Candidates::new(self.plan.effort.measured);
        let mut blocks = [[0; 16]; 25];
        let size = lines_len(1);
        let outputs = self.macroblocks.iter_mut().zip(self.levels);
        let columns = above.iter_mut().zip(&mut **contexts).zip(outputs);
        for (at, ((above, contexts), (mb, levels))) in columns.enumerate() {
            let Cursor { row, column, .. } = state.cursor;
            let position = Position { column, row };
            source.load(self.kernels, self.source, column, self.source_row);
            let Some((of_macroblock, next)) = lines
                .get_mut(at * size..)
                .and_then(|lines| lines.split_at_mut_checked(size))
            else {
                return;
            };
            let mut edge = Edge {
                lines: of_macroblock,
                above_right: next.first_chunk().copied().or(self.above_right),
            };
            let Some(mut lines) = Lines::new(&mut edge, row, 1) else {
                return;
            };
            let around = Around::new(&lines, &state.cursor, position, self.strip);
            let decision = Decision {
                kernels: self.kernels,
                plan: self.plan,
                segment: segment_of(self.segments, at),
                source: &source,
                references: self.references,
                position,
                around: &around,
                above,
                left: &state.left,
                corner: state.corner,
                contexts: [*contexts, state.left_contexts],
                analysis: self.choice.analysis(at),
            };
            let [best, spare] = &mut trials;
            let taken = match self.choice {
                Choice::Searched(_) => decision.decide(&mut candidates, best, spare),
                Choice::Revised => decision.revise(mb, &mut candidates, best, spare),
                Choice::Given => decision.follow(mb, best),
            };
            *mb = taken.mb;
            self.tally.modes += u64::from(taken.rate);
            // Nobody looks at levels of others.
            if mb.coded {
                *levels = taken.levels;
                let quantizer = &self.plan.quantizers[segment_of(self.segments, at)];
                residue::dequantise(levels, &mb.ends, quantizer, &mut blocks);
            }
            if mb.mode == LumaMode::Sub {
                let reconstruct = Reconstruct {
                    kernels: self.kernels,
                    interpolation: self.plan.interpolation,
                    cursor: &mut state.cursor,
                    macroblocks: core::slice::from_ref(mb),
                    blocks: core::slice::from_ref(&blocks),
                    references: self.references,
                    lines,
                    strip: self.strip,
                };
                reconstruct.run();
            } else {
                let (strip, cursor) = (&mut *self.strip, &mut state.cursor);
                taken.prediction.put(self.kernels, column, strip);
                finish_macroblock(self.kernels, mb, &blocks, strip, &mut lines, cursor);
            }
            let place = (above, contexts);
            state.leave(self.plan, position, (mb, levels), place, self.tally);
        }
        *self.state = state;
    }
}

/// What the neighbours of a macroblock say of its vector.
#[inline(always)]
pub(super) fn vicinity(
    plan: &Plan<'_>,
    position: Position,
    mb: &Macroblock,
    [above, left]: [&Above; 2],
    corner: Neighbour,
) -> Vicinity {
    let neighbours = [above.neighbour(), left.neighbour(), corner];
    let bounds = Bounds {
        y: Bounds::along(position.row, plan.rows),
        x: Bounds::along(position.column, plan.columns),
    };
    Vicinity::new(&neighbours, mb.reference, &plan.sign_bias, &bounds)
}
