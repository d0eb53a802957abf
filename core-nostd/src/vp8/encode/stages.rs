//! Encoding in stages, each a function over lent memory, so that threads can work on spans of several rows at a time.
//!
//! [`MotionSearch::span`] and [`Encoding::span`] take some consecutive macroblocks of a row. Those to their left are done, and
//! those of the row above up to one beyond the last. Rows are filtered one after the other; a row may be as soon as it is encoded.

use super::analysis::{AnalyseSpan, MotionAnalysis, MotionState};
use super::effort::Effort;
use super::filter::{Filtering, LevelSearch};
use super::frame::{Draft, Input, Tables};
use super::kernels::EncodeKernels;
use super::plan::Plan;
use super::row::{Between, Choice, EncodeSpan, RowState};
use super::settings::{Error, Settings};
use super::tally::{self, Tally};
use super::vectors::VectorCosts;
use super::weights::Weights;
use crate::vp8::header::FrameHeader;
use crate::vp8::inter::Interpolation;
use crate::vp8::modes::Macroblock;
use crate::vp8::picture::{Picture, PictureMut, Strip};
use crate::vp8::reconstruct::lines_len;
use crate::vp8::state::{Probabilities, State};
use crate::vp8::tokens::Blocks;

/// The search for an inter frame's motion.
pub struct MotionSearch<'a> {
    draft: Draft,
    input: &'a Input<'a>,
    effort: &'a Effort,
    costs: &'a VectorCosts,
    weights: Weights,
}

impl<'a> MotionSearch<'a> {
    /// Begins it; there is nothing to search for a key frame.
    ///
    /// # Errors
    ///
    /// As [`encode`](super::encode).
    pub fn begin(
        input: &'a Input<'a>,
        settings: &'a Settings,
        tables: &'a mut Tables,
    ) -> Result<Option<Self>, Error> {
        let draft = Draft::new(input, settings)?;
        if draft.header.key_frame {
            return Ok(None);
        }
        tables.vectors.fill(&draft.before.probabilities.vectors);
        Ok(Some(MotionSearch {
            weights: draft.weights()[0],
            draft,
            input,
            effort: &settings.effort,
            costs: &tables.vectors,
        }))
    }

    /// Macroblocks of a row.
    pub fn columns(&self) -> usize {
        self.draft.before.columns()
    }

    /// Rows of macroblocks.
    pub fn rows(&self) -> usize {
        self.draft.before.rows()
    }

    /// Analyses as many macroblocks as there are `analyses`, the next ones of a row. `above` are the analyses of those above, and
    /// of some beyond the last, of which the first plays a part; they are not looked at in the first row.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if the frame has no such macroblocks.
    pub fn span(
        &self,
        kernels: impl EncodeKernels,
        state: &mut MotionState,
        above: [&[MotionAnalysis]; 2],
        analyses: &mut [MotionAnalysis],
    ) -> Result<(), Error> {
        let size = [self.columns(), self.rows()];
        if state.column + analyses.len() > size[0] || state.row >= size[1] {
            return Err(Error::Memory);
        }
        kernels.run(AnalyseSpan {
            kernels,
            effort: self.effort,
            interpolation: Interpolation::of_version(0),
            source: self.input.source,
            source_row: state.row,
            references: self.input.references,
            usable: self.draft.usable,
            costs: self.costs,
            weights: self.weights,
            size,
            above: if state.row > 0 { above } else { [&[]; 2] },
            state,
            analyses,
        });
        Ok(())
    }
}

/// Where the modes and vectors of macroblocks come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Modes {
    /// The best are chosen.
    Searched,
    /// The macroblocks have them.
    Given,
    /// The macroblocks have some, which stay unless others are better.
    Revised,
}

/// Macroblocks of a row to be encoded, and what they are encoded into: slices begin with the first of them, and are of their
/// number.
#[derive(Debug)]
pub struct Span<'a, 'b, 's> {
    /// Where they are in the row, and what passes from span to span.
    pub state: &'a mut RowState,
    /// What analysis found; nothing for a key frame and in rebasing.
    pub motion: &'a [MotionAnalysis],
    /// What is above them, which becomes what they leave to those below.
    pub between: &'a mut Between<'b>,
    /// The first four bytes of the next span's [lines](Between::lines), if there is one; not looked at in the first row.
    pub above_right: Option<[u8; 4]>,
    /// What is chosen for them; in rebasing also what was chosen.
    pub macroblocks: &'a mut [Macroblock],
    /// Their coefficients.
    pub levels: &'a mut [Blocks],
    /// The row of the picture.
    pub strip: &'a mut Strip<'s>,
    /// What is counted; several are to be [merged](Tally::merge).
    pub tally: &'a mut Tally,
}

/// A frame on its way: it is begun; its spans are encoded; it is given a filter level, and filtered; its probabilities are
/// [adapted](Self::adapt); and its partitions are written. [`encode`](super::encode) is the loop over its rows.
pub struct Encoding<'a> {
    pub(super) draft: Draft,
    pub(super) plan: Plan<'a>,
    input: &'a Input<'a>,
    pub(super) segments: &'a mut [u8],
    pub(super) modes: Modes,
    /// Those that the frame is written with.
    pub(super) probabilities: Probabilities,
}

/// Those that a frame begins with.
pub(super) fn probabilities_before<'a>(input: &Input<'a>, key_frame: bool) -> &'a Probabilities {
    const OF_KEY_FRAMES: &Probabilities = &State::NEW.probabilities;
    if key_frame {
        OF_KEY_FRAMES
    } else {
        &input.state.probabilities
    }
}

impl<'a> Encoding<'a> {
    /// Begins a frame. The tally is empty.
    ///
    /// # Errors
    ///
    /// As [`encode`](super::encode).
    pub fn begin(
        input: &'a Input<'a>,
        settings: &Settings,
        tables: &'a mut Tables,
    ) -> Result<(Self, &'a mut Tally), Error> {
        let draft = Draft::new(input, settings)?;
        Ok(Self::searched(draft, input, &settings.effort, tables))
    }

    /// A frame whose modes are to be chosen.
    pub(super) fn searched(
        draft: Draft,
        input: &'a Input<'a>,
        effort: &Effort,
        tables: &'a mut Tables,
    ) -> (Self, &'a mut Tally) {
        tables.vectors.fill(&draft.before.probabilities.vectors);
        Self::new(draft, input, effort, tables, Modes::Searched)
    }

    pub(super) fn new(
        draft: Draft,
        input: &'a Input<'a>,
        effort: &Effort,
        tables: &'a mut Tables,
        modes: Modes,
    ) -> (Self, &'a mut Tally) {
        let Tables {
            tokens,
            vectors,
            tally,
        } = tables;
        tokens.fill(&draft.before.probabilities);
        *tally = Tally::NEW;
        let before = probabilities_before(input, draft.header.key_frame);
        let encoding = Encoding {
            plan: draft.plan(*effort, before, (tokens, vectors)),
            probabilities: *before,
            draft,
            input,
            segments: &mut [],
            modes,
        };
        (encoding, tally)
    }

    /// Macroblocks of a row.
    pub fn columns(&self) -> usize {
        self.plan.columns
    }

    /// Rows of macroblocks.
    pub fn rows(&self) -> usize {
        self.plan.rows
    }

    /// The header, as far as it is known.
    pub fn header(&self) -> &FrameHeader {
        &self.draft.header
    }

    /// Encodes and reconstructs a span; it is not filtered.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if the frame has no such macroblocks, or memory is of another size.
    pub fn span(&self, kernels: impl EncodeKernels, span: Span<'_, '_, '_>) -> Result<(), Error> {
        let count = span.macroblocks.len();
        let (row, first) = (span.state.cursor.row, span.state.cursor.column);
        let between = &span.between;
        let lens = [
            span.levels.len(),
            between.above.len(),
            between.contexts.len(),
        ];
        let searched = self.modes == Modes::Searched && !self.draft.header.key_frame;
        let fits = lens == [count; 3]
            && between.lines.len() == lines_len(count)
            && span.motion.len() == if searched { count } else { 0 }
            && span.strip.fits(self.plan.columns)
            && first + count <= self.plan.columns
            && row < self.plan.rows;
        if !fits {
            return Err(Error::Memory);
        }
        let from = row * self.plan.columns + first;
        let segments = self.segments.get(from..from + count);
        kernels.run(EncodeSpan {
            kernels,
            plan: &self.plan,
            state: span.state,
            source: self.input.source,
            source_row: row,
            references: self.input.references,
            segments: segments.unwrap_or_default(),
            choice: match self.modes {
                Modes::Searched => Choice::Searched(span.motion),
                Modes::Given => Choice::Given,
                Modes::Revised => Choice::Revised,
            },
            between: span.between,
            above_right: span.above_right,
            macroblocks: span.macroblocks,
            levels: span.levels,
            strip: span.strip,
            tally: span.tally,
        });
        Ok(())
    }

    /// Whether levels of the loop filter are to be tried once all spans are encoded. Else the level is known from the start, and
    /// rows can be filtered meanwhile.
    pub fn tries_levels(&self) -> bool {
        self.modes == Modes::Searched && self.plan.effort.tries_filter()
    }

    /// The search for the level.
    pub fn level_search(&self) -> LevelSearch {
        LevelSearch::new(self.draft.header.filter.level)
    }

    /// The squared errors that a level leaves in luma. `macroblocks` and the picture are those that were encoded; `strips` is memory of any
    /// content, 512 bytes for each macroblock of a row.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if memory does not have the frame's size.
    pub fn try_level(
        &self,
        kernels: impl EncodeKernels,
        level: u8,
        macroblocks: &[Macroblock],
        picture: &Picture<'_>,
        strips: &mut [u8],
    ) -> Result<u64, Error> {
        let (columns, rows) = (self.plan.columns, self.plan.rows);
        let needed = 256 * columns * rows.min(2);
        let macroblocks = macroblocks.get(..columns * rows).ok_or(Error::Memory)?;
        if !picture.fits(columns, rows) || strips.len() < needed {
            return Err(Error::Memory);
        }
        let mut header = self.draft.header;
        header.filter.level = level;
        let filtering = Filtering::new(&header, &self.draft.after, self.segments);
        let source = &self.input.source.y;
        Ok(filtering.error(kernels, macroblocks, source, &picture.y, strips))
    }

    /// Takes the level that a search found.
    pub fn set_level(&mut self, search: &LevelSearch) {
        self.draft.header.filter.level = search.best();
    }

    /// Filters a row that is encoded, and up to three lines of the one above it, which has been filtered.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if memory does not have the frame's size.
    pub fn filter(
        &self,
        kernels: impl EncodeKernels,
        row: usize,
        macroblocks: &[Macroblock],
        above: Option<&mut Strip<'_>>,
        strip: &mut Strip<'_>,
    ) -> Result<(), Error> {
        let columns = self.plan.columns;
        let macroblocks = macroblocks.get(..columns).ok_or(Error::Memory)?;
        let above_fits = above.as_ref().is_none_or(|above| above.fits(columns));
        if !above_fits || !strip.fits(columns) || row >= self.plan.rows {
            return Err(Error::Memory);
        }
        let header = &self.draft.header;
        let filtering = Filtering::new(header, &self.draft.after, self.segments);
        filtering.row(kernels, (row, macroblocks), above, strip);
        Ok(())
    }

    /// Filters all rows.
    ///
    /// # Errors
    ///
    /// As [`filter`](Self::filter).
    pub fn filter_picture(
        &self,
        kernels: impl EncodeKernels,
        macroblocks: &[Macroblock],
        picture: &mut PictureMut<'_>,
    ) -> Result<(), Error> {
        for (row, macroblocks) in macroblocks.chunks(self.plan.columns.max(1)).enumerate() {
            let (mut above, mut strip) = picture.strips(row);
            self.filter(kernels, row, macroblocks, above.as_mut(), &mut strip)?;
        }
        Ok(())
    }

    /// Adapts the probabilities to what was counted in all spans. What is written after that depends on it.
    pub fn adapt(&mut self, counted: &Tally) {
        let draft = &mut self.draft;
        tally::adapt(counted, draft.header.key_frame, &mut self.probabilities);
        tally::chances(counted, &mut draft.header);
        if draft.header.refresh_entropy {
            draft.after.probabilities = self.probabilities;
        }
    }
}
