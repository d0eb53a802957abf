//! A frame from strips of its source, in one pass: what its header says is decided before its first row, and a row's bytes are
//! written before the next row is seen.

use super::analysis::{AnalyseSpan, MotionAnalysis, MotionState};
use super::effort::Effort;
use super::filter::Filtering;
use super::frame::{Draft, Encoded, Tables};
use super::header;
use super::kernels::EncodeKernels;
use super::lean::{self, LeanRow};
use super::plan::Plan;
use super::quantizer::MacroblockQuantizer;
use super::row::{Between, Choice, EncodeSpan, RowState};
use super::settings::{Error, Settings};
use super::streams::Streams;
use super::tally::{self, Tally};
use super::write::{ModeRow, TokenRow};
use crate::vp8::inter::Interpolation;
use crate::vp8::modes::Macroblock;
use crate::vp8::parse::Above;
use crate::vp8::picture::{Picture, PictureMut, References};
use crate::vp8::reconstruct::lines_len;
use crate::vp8::state::{Probabilities, State};
use crate::vp8::tokens::{Blocks, Contexts, TokenProbabilities, by_position};

/// What came of a frame, counted: the next one's header says its probabilities by this. Of no meaning to decoders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics(Tally);

impl Statistics {
    /// Those before the first frame.
    pub const NEW: Self = Statistics(Tally::NEW);
}

/// Tables that a frame of strips is encoded with.
#[derive(Clone, Debug)]
pub struct StripTables {
    costs: Tables,
    probabilities: Probabilities,
    by_position: TokenProbabilities,
}

impl StripTables {
    /// Some to be overwritten.
    pub const NEW: Self = StripTables {
        costs: Tables::NEW,
        probabilities: Probabilities::DEFAULT,
        by_position: [[[[0; 11]; 3]; 16]; 4],
    };
}

/// What is known of a frame before its macroblocks: some kilobytes that a small stack had better not hold.
#[derive(Clone, Debug, Default)]
pub struct StripDraft(Option<Draft>);

impl StripDraft {
    /// One to be overwritten.
    pub const NEW: Self = StripDraft(None);
}

/// What [`StripEncoding`] works with: of any content before, of no meaning after.
#[derive(Debug)]
pub struct StripMemory<'a> {
    /// What is known of the frame.
    pub draft: &'a mut StripDraft,
    /// Tables.
    pub tables: &'a mut StripTables,
    /// Two for each column of macroblocks.
    pub above: &'a mut [Above],
    /// Two for each column.
    pub contexts: &'a mut [Contexts],
    /// [`lines_len`] bytes for a row.
    pub lines: &'a mut [u8],
    /// One for each column.
    pub macroblocks: &'a mut [Macroblock],
    /// One for each column.
    pub levels: &'a mut [Blocks],
    /// Two for each column, for [`StripEncoding::strip`]; [`StripEncoding::lean_strip`] needs none.
    pub analyses: &'a mut [MotionAnalysis],
}

/// What a frame of strips is made from, but for its source.
#[derive(Clone, Copy, Debug)]
pub struct StripInput<'s, 'a> {
    /// The state before it.
    pub state: &'s State,
    /// What came of the frame before.
    pub statistics: &'s Statistics,
    /// The pictures that it may refer to; a key frame needs none.
    pub references: References<'a>,
}

/// A frame on its way: [`begin`](Self::begin), then [`strip`](Self::strip) for each row of macroblocks from the top, then
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct StripEncoding<'a, K> {
    kernels: K,
    effort: Effort,
    draft: &'a mut Draft,
    references: References<'a>,
    memory: RowMemory<'a>,
    picture: PictureMut<'a>,
    streams: Streams<'a>,
    /// Strips that were given.
    given: usize,
    /// The room was too little: nothing comes of this any more.
    spoiled: bool,
}

impl<'a, K: EncodeKernels> StripEncoding<'a, K> {
    /// Begins a frame in `bytes`; `picture` becomes what decoders make of it, a row with each strip, but for the row's last
    /// lines, which the next one filters. The loop filter's level is that of the settings, or guessed.
    ///
    /// # Errors
    ///
    /// As [`encode`](super::encode).
    #[inline(never)]
    pub fn begin(
        kernels: K,
        input: &StripInput<'_, 'a>,
        settings: &Settings,
        memory: StripMemory<'a>,
        picture: PictureMut<'a>,
        bytes: &'a mut [u8],
    ) -> Result<Self, Error> {
        let draft = Draft::without_source(input.state, &input.references, settings)?;
        let (columns, rows) = (draft.before.columns(), draft.before.rows());
        if !picture.as_picture().fits(columns, rows) {
            return Err(Error::Memory);
        }
        let (place, memory) = memory.of_width(columns)?;
        let draft = place.0.insert(draft);
        expect(&input.statistics.0, draft);
        memory.tables.fill(&input.statistics.0, draft);
        if draft.header.refresh_entropy {
            draft.after.probabilities = memory.tables.probabilities;
        }
        let start = header::tag_len(draft.header.key_frame);
        let streams = Streams::new(bytes, start, settings.partitions).ok_or(Error::Room)?;
        let mut encoding = StripEncoding {
            kernels,
            effort: settings.effort,
            draft,
            references: input.references,
            memory,
            picture,
            streams,
            given: 0,
            spoiled: false,
        };
        encoding.write_header().ok_or(Error::Room)?;
        Ok(encoding)
    }

    fn write_header(&mut self) -> Option<()> {
        let header = &self.draft.header;
        let context = self.draft.header_context(&self.memory.tables.probabilities);
        self.streams
            .write(0, |writer| header::write(writer, header, &context))
    }

    /// How many strips the frame still wants.
    pub fn rows_left(&self) -> usize {
        self.draft.before.rows() - self.given
    }

    /// Encodes the next row; the strip is a picture of one row of whole macroblocks.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if the strip does not have the row's size, or there is no memory for analyses, [`Error::Strips`] if there
    /// is no row for it: all is as before then. [`Error::Room`] if the frame does not fit its bytes: nothing comes of it any more.
    pub fn strip(&mut self, strip: &Picture<'_>) -> Result<(), Error> {
        if self.memory.analyses.is_empty() {
            return Err(Error::Memory);
        }
        self.row(strip, |encoding| {
            encoding.analyse(strip);
            encoding.encode(strip);
        })
    }

    /// The same with a fraction of the work, whatever the effort: what real time means on a microcontroller, as
    /// [`Effort::REALTIME`] does elsewhere. Modes are of whole macroblocks, from the last frame only, and decided by plain
    /// differences. A program that has only this is a lot smaller, too.
    ///
    /// # Errors
    ///
    /// As [`strip`](Self::strip).
    pub fn lean_strip(&mut self, strip: &Picture<'_>) -> Result<(), Error> {
        self.row(strip, |encoding| encoding.encode_lean(strip))
    }

    fn row(&mut self, strip: &Picture<'_>, way: impl FnOnce(&mut Self)) -> Result<(), Error> {
        let [columns, rows] = [self.draft.before.columns(), self.draft.before.rows()];
        if self.spoiled {
            return Err(Error::Room);
        }
        if self.given == rows {
            let given = rows + 1;
            return Err(Error::Strips { given, rows });
        }
        if !strip.fits(columns, 1) {
            return Err(Error::Memory);
        }
        way(self);
        if self.write().is_none() {
            self.spoiled = true;
            return Err(Error::Room);
        }
        self.filter();
        self.given += 1;
        Ok(())
    }

    /// Searches the motion of the row.
    fn analyse(&mut self, strip: &Picture<'_>) {
        if self.draft.header.key_frame {
            return;
        }
        let (columns, rows) = (self.draft.before.columns(), self.draft.before.rows());
        let (above, analyses) = self.memory.analyses.split_at_mut(columns);
        self.kernels.run(AnalyseSpan {
            kernels: self.kernels,
            effort: &self.effort,
            interpolation: Interpolation::of_version(self.draft.header.version),
            source: strip,
            source_row: 0,
            references: &self.references,
            usable: self.draft.usable,
            costs: &self.memory.tables.costs.vectors,
            weights: self.draft.weights()[0],
            state: &mut MotionState::new(self.given),
            size: [columns, rows],
            above: [if self.given > 0 { above } else { &[] }, &[]],
            analyses,
        });
        above.copy_from_slice(analyses);
    }

    /// Decides on the row's macroblocks and reconstructs them.
    fn encode(&mut self, strip: &Picture<'_>) {
        let (kernels, references) = (self.kernels, &self.references);
        let row = OfRow::new(&mut self.memory, self.draft, self.effort, self.given);
        let (_, mut pixels) = self.picture.strips(self.given);
        kernels.run(EncodeSpan {
            kernels,
            plan: &row.plan,
            state: &mut RowState::new(self.given),
            source: strip,
            source_row: 0,
            references,
            segments: &[],
            choice: Choice::Searched(row.analyses),
            between: &mut { row.between },
            above_right: None,
            macroblocks: row.macroblocks,
            levels: row.levels,
            strip: &mut pixels,
            tally: row.tally,
        });
    }

    /// The same without much thought.
    fn encode_lean(&mut self, strip: &Picture<'_>) {
        let (kernels, references) = (self.kernels, &self.references);
        let row = OfRow::new(&mut self.memory, self.draft, self.effort, self.given);
        let (_, mut pixels) = self.picture.strips(self.given);
        kernels.run(LeanRow {
            kernels,
            plan: &row.plan,
            row: self.given,
            quantizer: MacroblockQuantizer::new(&self.draft.quantizers[0], lean::ROUNDING),
            source: strip,
            references,
            between: &mut { row.between },
            macroblocks: row.macroblocks,
            levels: row.levels,
            strip: &mut pixels,
            tally: row.tally,
        });
    }

    /// Writes the row: modes, then tokens. `None` if there is no room.
    fn write(&mut self) -> Option<()> {
        let columns = self.draft.before.columns();
        let (memory, kernels, row) = (&mut self.memory, self.kernels, self.given);
        let above = &mut memory.above[columns..];
        let contexts = &mut memory.contexts[columns..];
        if row == 0 {
            above.fill(Above::NEW);
            contexts.fill(Contexts::NEW);
        }
        let (header, tables) = (&self.draft.header, &*memory.tables);
        let costs = (&tables.costs.tokens, &tables.costs.vectors);
        let plan = self.draft.plan(self.effort, &tables.probabilities, costs);
        let macroblocks = &*memory.macroblocks;
        self.streams.write(0, |writer| {
            kernels.run(ModeRow {
                header,
                probabilities: &tables.probabilities,
                plan: &plan,
                row,
                macroblocks,
                segments: &[],
                above,
                writer,
            });
        })?;
        let partition = row & (header.partitions - 1);
        self.streams.write(1 + partition, |writer| {
            kernels.run(TokenRow {
                probabilities: &tables.by_position,
                macroblocks,
                levels: memory.levels,
                contexts,
                writer,
            });
        })
    }

    /// Filters the row and the lowest lines of the one above: the row below is predicted from lines that are kept apart.
    fn filter(&mut self) {
        let filtering = Filtering::new(&self.draft.header, &self.draft.after, &[]);
        let row = (self.given, &*self.memory.macroblocks);
        let (mut above, mut strip) = self.picture.strips(self.given);
        filtering.row(self.kernels, row, above.as_mut(), &mut strip);
    }

    /// Ends the frame. `statistics` becomes that of this frame.
    ///
    /// # Errors
    ///
    /// [`Error::Strips`] if not all strips were given, [`Error::Room`] if the frame does not fit its bytes,
    /// [`Error::PartitionLength`] if more of them are of no use. Statistics are as before then.
    #[inline(never)]
    pub fn finish(mut self, statistics: &mut Statistics) -> Result<Encoded, Error> {
        let (given, rows) = (self.given, self.draft.before.rows());
        if self.spoiled {
            return Err(Error::Room);
        }
        if given < rows {
            return Err(Error::Strips { given, rows });
        }
        let [first, len] = self.streams.finish()?;
        self.draft.put_tag(first, self.streams.before())?;
        statistics.0.clone_from(&self.memory.tables.costs.tally);
        Ok(self.draft.encoded(len))
    }
}

/// What a row is encoded with.
struct OfRow<'a> {
    plan: Plan<'a>,
    between: Between<'a>,
    macroblocks: &'a mut [Macroblock],
    levels: &'a mut [Blocks],
    analyses: &'a [MotionAnalysis],
    tally: &'a mut Tally,
}

impl<'a> OfRow<'a> {
    #[inline(always)]
    fn new(memory: &'a mut RowMemory<'_>, draft: &Draft, effort: Effort, row: usize) -> Self {
        let columns = draft.before.columns();
        let Tables {
            tokens,
            vectors,
            tally,
        } = &mut memory.tables.costs;
        let mut between = Between {
            above: &mut memory.above[..columns],
            contexts: &mut memory.contexts[..columns],
            lines: &mut *memory.lines,
        };
        if row == 0 {
            between.begin();
        }
        OfRow {
            plan: draft.plan(effort, &memory.tables.probabilities, (tokens, vectors)),
            between,
            macroblocks: &mut *memory.macroblocks,
            levels: &mut *memory.levels,
            analyses: memory.analyses.get(columns..).unwrap_or_default(),
            tally,
        }
    }
}

/// [`StripMemory`] cut to a row's width.
#[derive(Debug)]
struct RowMemory<'a> {
    tables: &'a mut StripTables,
    above: &'a mut [Above],
    contexts: &'a mut [Contexts],
    lines: &'a mut [u8],
    macroblocks: &'a mut [Macroblock],
    levels: &'a mut [Blocks],
    /// Or none, if only lean strips are to come.
    analyses: &'a mut [MotionAnalysis],
}

impl<'a> StripMemory<'a> {
    fn of_width(self, columns: usize) -> Result<(&'a mut StripDraft, RowMemory<'a>), Error> {
        let lines = self.lines.get_mut(..lines_len(columns));
        let memory = RowMemory {
            tables: self.tables,
            above: self.above.get_mut(..2 * columns).ok_or(Error::Memory)?,
            contexts: self.contexts.get_mut(..2 * columns).ok_or(Error::Memory)?,
            lines: lines.ok_or(Error::Memory)?,
            macroblocks: self.macroblocks.get_mut(..columns).ok_or(Error::Memory)?,
            levels: self.levels.get_mut(..columns).ok_or(Error::Memory)?,
            analyses: self.analyses.get_mut(..2 * columns).unwrap_or_default(),
        };
        Ok((self.draft, memory))
    }
}

impl StripTables {
    /// Of a frame that follows one that was counted.
    fn fill(&mut self, before: &Tally, draft: &Draft) {
        self.probabilities = draft.before.probabilities;
        tally::adapt(before, draft.header.key_frame, &mut self.probabilities);
        self.by_position = by_position(&self.probabilities.coefficients);
        let Tables {
            tokens,
            vectors,
            tally,
        } = &mut self.costs;
        tokens.fill(&self.probabilities);
        vectors.fill(&self.probabilities.vectors);
        *tally = Tally::NEW;
    }
}

/// Has a frame's header expect what came of the one before, as far as that says anything.
fn expect(before: &Tally, draft: &mut Draft) {
    let header = &mut draft.header;
    header.skip = tally::probability(before.skip).or(header.skip);
    if !header.key_frame {
        header.intra = tally::probability(before.intra).unwrap_or(header.intra);
        header.last = tally::probability(before.last).unwrap_or(header.last);
        header.golden = tally::probability(before.golden).unwrap_or(header.golden);
    }
}
