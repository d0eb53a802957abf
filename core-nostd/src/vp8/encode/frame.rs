//! A frame: planned, its rows encoded, its probabilities adapted, its partitions written.

use super::analysis::{AnalyseRow, MotionAnalysis};
use super::cost::CoefficientCosts;
use super::effort::Effort;
use super::filter::{self, Filtering};
use super::header::{self, HeaderContext};
use super::kernels::EncodeKernels;
use super::plan::{Plan, Usable};
use super::quantizer::MacroblockQuantizer;
use super::row::{Between, Choice, EncodeSpan, RowState};
use super::settings::{Error, Settings};
use super::tally::{self, Tally};
use super::vectors::VectorCosts;
use super::weights::Weights;
use super::write;
use crate::vp8::header::{FilterHeader, FrameHeader, ReferenceUpdates, SegmentationHeader};
use crate::vp8::inter::Interpolation;
use crate::vp8::modes::Macroblock;
use crate::vp8::parse::Above;
use crate::vp8::picture::{Picture, PictureMut, References};
use crate::vp8::quantizer::{Quantizer, quantizers};
use crate::vp8::reconstruct::lines_len;
use crate::vp8::state::{Probabilities, State};
use crate::vp8::tokens::{Blocks, Contexts};

/// Tables that a frame is encoded with.
#[derive(Clone, Debug)]
pub struct Tables {
    pub(super) tokens: CoefficientCosts,
    pub(super) vectors: VectorCosts,
    pub(super) tally: Tally,
}

impl Tables {
    /// Some to be overwritten.
    pub const NEW: Self = Tables {
        tokens: CoefficientCosts::NEW,
        vectors: VectorCosts::NEW,
        tally: Tally::NEW,
    };
}

/// What [`encode`] works with: of any content before, of no meaning after.
#[derive(Debug)]
pub struct Memory<'a> {
    /// Tables.
    pub tables: &'a mut Tables,
    /// One for each column of macroblocks.
    pub above: &'a mut [Above],
    /// One for each column.
    pub contexts: &'a mut [Contexts],
    /// [`lines_len`] bytes for a row.
    pub lines: &'a mut [u8],
    /// One for each macroblock.
    pub macroblocks: &'a mut [Macroblock],
    /// One for each macroblock.
    pub levels: &'a mut [Blocks],
    /// A picture of the frame's size, for efforts that [try the loop filter](super::Effort::tries_filter). Without one its level
    /// is guessed.
    pub trial: Option<PictureMut<'a>>,
}

/// What a frame is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The state before it.
    pub state: &'a State,
    /// The pictures that it may refer to; a key frame needs none.
    pub references: &'a References<'a>,
    /// The picture to encode: whole macroblocks, whatever size is shown.
    pub source: &'a Picture<'a>,
}

/// A frame that has been encoded.
#[derive(Clone, Copy, Debug)]
pub struct Encoded {
    /// The state after it.
    pub state: State,
    /// Its header, which says what becomes of the references.
    pub header: FrameHeader,
    /// Its bytes.
    pub len: usize,
}

/// What is known of a frame before its macroblocks.
pub(super) struct Draft {
    pub header: FrameHeader,
    /// The state before the frame; for a key frame that with which it starts from scratch.
    pub before: State,
    pub after: State,
    pub quantizers: [Quantizer; 4],
    pub usable: Usable,
}

impl Draft {
    fn new(input: &Input<'_>, settings: &Settings) -> Result<Self, Error> {
        settings.check()?;
        let mut before = *input.state;
        if let Some([width, height]) = settings.key_frame {
            before = State {
                width,
                height,
                ..State::NEW
            };
        } else if !before.has_key_frame() {
            return Err(Error::NoKeyFrame);
        }
        let key_frame = settings.key_frame.is_some();
        let mut after = before;
        after.reference_deltas = REFERENCE_DELTAS;
        after.mode_deltas = MODE_DELTAS;
        let expected = &settings.expected;
        let of_inter = |probability: u8| if key_frame { 0 } else { probability.max(1) };
        let header = FrameHeader {
            key_frame,
            version: 0,
            shown: settings.shown,
            first_partition: 0,
            segmentation: SegmentationHeader::default(),
            filter: FilterHeader {
                simple: false,
                level: 0,
                sharpness: 0,
                deltas_enabled: true,
            },
            partitions: settings.partitions,
            quantizers: settings.quantizers,
            references: if key_frame {
                ReferenceUpdates::ALL
            } else {
                settings.references
            },
            sign_bias: [false; 2],
            refresh_entropy: settings.refresh_entropy,
            skip: Some(expected.coded.max(1)),
            intra: of_inter(expected.intra),
            last: of_inter(expected.last),
            golden: of_inter(expected.golden),
        };
        let (columns, rows) = (before.columns(), before.rows());
        if !input.source.fits(columns, rows) {
            return Err(Error::Memory);
        }
        let mut usable = settings.usable;
        let References {
            last,
            golden,
            altref,
        } = input.references;
        for (usable, picture) in usable.iter_mut().zip([last, golden, altref]) {
            *usable &= !key_frame;
            if *usable && !picture.fits(columns, rows) {
                return Err(Error::Memory);
            }
        }
        // What is the same picture is looked at once.
        usable[1] &= !(usable[0] && golden.shows_the_same(last));
        let same = |usable: bool, other: &Picture<'_>| usable && altref.shows_the_same(other);
        usable[2] &= !same(usable[0], last) && !same(usable[1], golden);
        Ok(Draft {
            quantizers: quantizers(&header, &before),
            header,
            before,
            after,
            usable: Usable(usable),
        })
    }

    fn weights(&self) -> [Weights; 4] {
        self.quantizers.each_ref().map(Weights::new)
    }

    /// What its macroblocks are coded by.
    pub fn plan<'a>(
        &self,
        effort: Effort,
        probabilities: &'a Probabilities,
        (token_costs, vector_costs): (&'a CoefficientCosts, &'a VectorCosts),
    ) -> Plan<'a> {
        let [golden, altref] = self.header.sign_bias;
        Plan {
            header: self.header,
            effort,
            interpolation: Interpolation::of_version(self.header.version),
            columns: self.before.columns(),
            rows: self.before.rows(),
            quantizers: self
                .quantizers
                .each_ref()
                .map(|q| MacroblockQuantizer::new(q, ROUNDING)),
            weights: self.weights(),
            sign_bias: [false, false, golden, altref],
            usable: self.usable,
            skip: self.header.skip.unwrap_or(128),
            probabilities,
            token_costs,
            vector_costs,
        }
    }
}

/// [`Memory`] cut to a frame's size.
pub(super) struct Room<'a, 'm> {
    pub tables: &'a mut Tables,
    pub above: &'a mut [Above],
    pub contexts: &'a mut [Contexts],
    pub lines: &'a mut [u8],
    pub macroblocks: &'a mut [Macroblock],
    pub levels: &'a mut [Blocks],
    pub trial: Option<&'a mut PictureMut<'m>>,
}

impl<'a, 'm> Room<'a, 'm> {
    pub fn of(memory: &'a mut Memory<'m>, [columns, rows]: [usize; 2]) -> Result<Self, Error> {
        let count = columns * rows;
        let lines = memory.lines.get_mut(..lines_len(columns));
        Ok(Room {
            tables: &mut *memory.tables,
            above: memory.above.get_mut(..columns).ok_or(Error::Memory)?,
            contexts: memory.contexts.get_mut(..columns).ok_or(Error::Memory)?,
            lines: lines.ok_or(Error::Memory)?,
            macroblocks: memory.macroblocks.get_mut(..count).ok_or(Error::Memory)?,
            levels: memory.levels.get_mut(..count).ok_or(Error::Memory)?,
            trial: memory.trial.as_mut(),
        })
    }
}

/// Differences of the loop filter's level by reference (none, last, golden, alternate reference) and by mode (subblocks,
/// zero, other vectors, split): the better the prediction, the less is filtered.
const REFERENCE_DELTAS: [i8; 4] = [2, 0, -2, -2];
const MODE_DELTAS: [i8; 4] = [4, -2, 2, 4];

/// Searches the motion of a picture, for one encoding or several with about the same quantizer. `analyses` is one for each
/// macroblock. There is nothing to search for a key frame.
///
/// # Errors
///
/// As [`encode`].
pub fn analyse(
    kernels: impl EncodeKernels,
    input: &Input<'_>,
    settings: &Settings,
    tables: &mut Tables,
    analyses: &mut [MotionAnalysis],
) -> Result<(), Error> {
    let draft = Draft::new(input, settings)?;
    let (columns, rows) = (draft.before.columns(), draft.before.rows());
    if settings.key_frame.is_some() {
        return Ok(());
    }
    tables.vectors.fill(&draft.before.probabilities.vectors);
    let analyses = analyses.get_mut(..columns * rows).ok_or(Error::Memory)?;
    for row in 0..rows {
        let (above, from) = analyses.split_at_mut(row * columns);
        kernels.run(AnalyseRow {
            kernels,
            effort: &settings.effort,
            interpolation: Interpolation::of_version(0),
            source: input.source,
            source_row: row,
            references: input.references,
            usable: draft.usable,
            costs: &tables.vectors,
            weights: draft.weights()[0],
            row,
            size: [columns, rows],
            above: &above[row.saturating_sub(1) * columns..],
            analyses: &mut from[..columns],
        });
    }
    Ok(())
}

/// Encodes a picture into `bytes`; `picture` becomes what decoders make of it. `analyses` is what [`analyse`] found (of any length for
/// a key frame).
///
/// # Errors
///
/// [`Error::Setting`] if a setting is out of range, [`Error::NoKeyFrame`] if there is nothing to refer to,
/// [`Error::Memory`] if memory or a picture does not have the frame's size, [`Error::Room`] if the frame does not fit
/// `bytes`. What is written is of no meaning then.
pub fn encode(
    kernels: impl EncodeKernels,
    input: &Input<'_>,
    analyses: &[MotionAnalysis],
    settings: &Settings,
    memory: &mut Memory<'_>,
    picture: &mut PictureMut<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    let mut draft = Draft::new(input, settings)?;
    let (columns, rows) = (draft.before.columns(), draft.before.rows());
    if !picture.as_picture().fits(columns, rows) {
        return Err(Error::Memory);
    }
    let room = Room::of(memory, [columns, rows])?;
    if !draft.header.key_frame && analyses.len() < columns * rows {
        return Err(Error::Memory);
    }
    let Tables {
        tokens,
        vectors,
        tally,
    } = room.tables;
    let probabilities = draft.before.probabilities;
    tokens.fill(&probabilities);
    vectors.fill(&probabilities.vectors);
    *tally = Tally::NEW;
    let plan = draft.plan(settings.effort, &probabilities, (tokens, vectors));
    let job = Job {
        input,
        plan: &plan,
        segments: &[],
        choice: Choice::Searched(analyses),
    };
    let mut between = Between {
        above: room.above,
        contexts: room.contexts,
        lines: room.lines,
    };
    let blocks = (&mut *room.macroblocks, &mut *room.levels);
    encode_rows(kernels, &job, &mut between, blocks, tally, picture);
    let mut filtering = Filtering {
        kernels,
        state: &draft.after,
        columns,
        macroblocks: &mut *room.macroblocks,
        segments: &[],
    };
    let guess = settings
        .expected
        .filter_level
        .unwrap_or_else(|| filter::guess(draft.quantizers[0].y[1]));
    draft.header.filter.level = match room.trial.filter(|_| settings.effort.tries_filter()) {
        None => guess,
        Some(trial) if trial.as_picture().fits(columns, rows) => {
            filtering.best_level(&draft.header, input.source, picture, trial, guess)
        }
        Some(_) => return Err(Error::Memory),
    };
    filtering.filter(&draft.header, picture);
    let coded = Coded {
        macroblocks: room.macroblocks,
        levels: room.levels,
        segments: &[],
        tally,
    };
    finish(kernels, &mut draft, &plan, &coded, &mut between, bytes)
}

/// What the rows of a frame are encoded from.
pub(super) struct Job<'a> {
    pub input: &'a Input<'a>,
    pub plan: &'a Plan<'a>,
    /// One for each macroblock, or none.
    pub segments: &'a [u8],
    pub choice: Choice<'a>,
}

/// Encodes and reconstructs all rows; they are not filtered.
pub(super) fn encode_rows(
    kernels: impl EncodeKernels,
    job: &Job<'_>,
    between: &mut Between<'_>,
    (macroblocks, levels): (&mut [Macroblock], &mut [Blocks]),
    tally: &mut Tally,
    picture: &mut PictureMut<'_>,
) {
    let columns = job.plan.columns;
    between.begin();
    for row in 0..job.plan.rows {
        let span = row * columns..(row + 1) * columns;
        let (_, mut strip) = picture.strips(row);
        kernels.run(EncodeSpan {
            kernels,
            plan: job.plan,
            state: &mut RowState::new(row),
            source: job.input.source,
            source_row: row,
            references: job.input.references,
            segments: job.segments.get(span.clone()).unwrap_or_default(),
            choice: job.choice.of(span.clone()),
            between: &mut *between,
            above_right: None,
            macroblocks: &mut macroblocks[span.clone()],
            levels: &mut levels[span],
            strip: &mut strip,
            tally: &mut *tally,
        });
    }
}

/// How much of a step is added before a coefficient is divided by it, in 256ths: DC, AC.
const ROUNDING: [u16; 2] = [100, 80];

/// A frame's macroblocks, coded.
pub(super) struct Coded<'a> {
    pub macroblocks: &'a [Macroblock],
    pub levels: &'a [Blocks],
    pub segments: &'a [u8],
    pub tally: &'a Tally,
}

/// Adapts the probabilities and writes the frame.
pub(super) fn finish(
    kernels: impl EncodeKernels,
    draft: &mut Draft,
    plan: &Plan<'_>,
    coded: &Coded<'_>,
    between: &mut Between<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    let mut used = draft.before.probabilities;
    tally::adapt(coded.tally, draft.header.key_frame, &mut used);
    tally::chances(coded.tally, &mut draft.header);
    if draft.header.refresh_entropy {
        draft.after.probabilities = used;
    }
    let context = HeaderContext {
        before: &draft.before,
        after: &draft.after,
        probabilities: &used,
    };
    let tag_len = header::tag_len(draft.header.key_frame);
    let (tag_bytes, rest) = bytes.split_at_mut_checked(tag_len).ok_or(Error::Room)?;
    let first = kernels.run(write::FirstPartition {
        header: &draft.header,
        context: &context,
        plan,
        macroblocks: coded.macroblocks,
        segments: coded.segments,
        above: &mut *between.above,
        bytes: rest,
    });
    draft.header.first_partition = first.ok_or(Error::Room)?;
    let tag = header::tag(&draft.header, &draft.after).ok_or(Error::Room)?;
    tag_bytes.copy_from_slice(&tag[..tag_len]);
    let rest = &mut rest[draft.header.first_partition..];
    let tokens = kernels.run(write::TokenPartitions {
        partitions: draft.header.partitions,
        columns: plan.columns,
        probabilities: &used,
        macroblocks: coded.macroblocks,
        levels: coded.levels,
        contexts: &mut *between.contexts,
        bytes: rest,
    });
    Ok(Encoded {
        state: draft.after,
        header: draft.header,
        len: tag_len + draft.header.first_partition + tokens.ok_or(Error::Room)?,
    })
}
