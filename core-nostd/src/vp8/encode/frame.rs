//! A frame: planned, its rows encoded, its probabilities adapted, its partitions written.

use super::analysis::{MotionAnalysis, MotionState};
use super::cost::CoefficientCosts;
use super::effort::Effort;
use super::filter;
use super::header::{self, HeaderContext};
use super::kernels::EncodeKernels;
use super::plan::{Plan, Usable};
use super::quantizer::MacroblockQuantizer;
use super::row::{Between, RowState};
use super::settings::{Error, Settings};
use super::stages::{Encoding, MotionSearch, Span};
use super::tally::Tally;
use super::vectors::VectorCosts;
use super::weights::Weights;
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
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub header: FrameHeader,
    /// The state before the frame; for a key frame that with which it starts from scratch.
    pub before: State,
    pub after: State,
    pub quantizers: [Quantizer; 4],
    pub usable: Usable,
}

impl Draft {
    pub fn new(input: &Input<'_>, settings: &Settings) -> Result<Self, Error> {
        let draft = Draft::without_source(input.state, input.references, settings)?;
        let (columns, rows) = (draft.before.columns(), draft.before.rows());
        if !input.source.fits(columns, rows) {
            return Err(Error::Memory);
        }
        Ok(draft)
    }

    /// Of a frame whose source is yet to come.
    pub fn without_source(
        state: &State,
        references: &References<'_>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        settings.check()?;
        let mut before = *state;
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
        let mut header = FrameHeader {
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
        let mut usable = settings.usable;
        let References {
            last,
            golden,
            altref,
        } = references;
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
        let quantizers = quantizers(&header, &before);
        let guess = || filter::guess(quantizers[0].y[1]);
        header.filter.level = expected.filter_level.unwrap_or_else(guess);
        Ok(Draft {
            quantizers,
            header,
            before,
            after,
            usable: Usable(usable),
        })
    }

    /// What the header is written with.
    pub fn header_context<'a>(&'a self, probabilities: &'a Probabilities) -> HeaderContext<'a> {
        HeaderContext {
            before: &self.before,
            after: &self.after,
            probabilities,
        }
    }

    /// Writes what the frame's bytes begin with, once it is known how long its first partition is (RFC 6386, section 9.1).
    pub fn put_tag(&mut self, first_partition: usize, bytes: &mut [u8]) -> Result<(), Error> {
        self.header.first_partition = first_partition;
        let tag = header::tag(&self.header, &self.after).ok_or(Error::PartitionLength(0))?;
        let len = header::tag_len(self.header.key_frame);
        let place = bytes.get_mut(..len).ok_or(Error::Room)?;
        place.copy_from_slice(tag.get(..len).ok_or(Error::Memory)?);
        Ok(())
    }

    /// What is known once all is written.
    pub fn encoded(&self, len: usize) -> Encoded {
        Encoded {
            state: self.after,
            header: self.header,
            len,
        }
    }

    pub fn weights(&self) -> [Weights; 4] {
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

/// How much of a step is added before a coefficient is divided by it, in 256ths: DC, AC.
pub(super) const ROUNDING: [u16; 2] = [100, 80];

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
    let Some(search) = MotionSearch::begin(input, settings, tables)? else {
        return Ok(());
    };
    let (columns, rows) = (search.columns(), search.rows());
    let analyses = analyses.get_mut(..columns * rows).ok_or(Error::Memory)?;
    for row in 0..rows {
        let (above, from) = analyses.split_at_mut(row * columns);
        let above = &above[row.saturating_sub(1) * columns..];
        let state = &mut MotionState::new(row);
        search.span(kernels, state, [above, &[]], &mut from[..columns])?;
    }
    Ok(())
}

/// Encodes a picture into `bytes`; `picture` becomes what decoders make of it. `analyses` is what [`analyse`] found (of any length for
/// a key frame). [`Encoding`] is the same in stages.
///
/// # Errors
///
/// [`Error::Setting`] if a setting is out of range, [`Error::NoKeyFrame`] if there is nothing to refer to,
/// [`Error::Memory`] if memory or a picture does not have the frame's size, [`Error::Room`] if the frame does not fit
/// `bytes`, [`Error::PartitionLength`] if more room is of no use. What is written is of no meaning then.
pub fn encode(
    kernels: impl EncodeKernels,
    input: &Input<'_>,
    analyses: &[MotionAnalysis],
    settings: &Settings,
    memory: &mut Memory<'_>,
    picture: &mut PictureMut<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    let draft = Draft::new(input, settings)?;
    let size = [draft.before.columns(), draft.before.rows()];
    if !picture.as_picture().fits(size[0], size[1]) {
        return Err(Error::Memory);
    }
    let motion = if draft.header.key_frame {
        &[]
    } else {
        let analyses = analyses.get(..size[0] * size[1]);
        analyses.ok_or(Error::Memory)?
    };
    let mut room = Room::of(memory, size)?;
    let trial = room.trial.take();
    let (mut encoding, tally) = Encoding::searched(draft, input, &settings.effort, room.tables);
    let mut memory = RowsMemory {
        between: Between {
            above: room.above,
            contexts: room.contexts,
            lines: room.lines,
        },
        macroblocks: room.macroblocks,
        levels: room.levels,
        tally,
    };
    encode_rows(kernels, &encoding, motion, &mut memory, picture)?;
    if let Some(trial) = trial.filter(|_| encoding.tries_levels()) {
        let strips = &mut *trial.y.data;
        search_level(kernels, &mut encoding, memory.macroblocks, picture, strips)?;
    }
    finish_rows(kernels, encoding, &mut memory, picture, bytes)
}

/// Tries levels of the loop filter.
pub(super) fn search_level(
    kernels: impl EncodeKernels,
    encoding: &mut Encoding<'_>,
    macroblocks: &[Macroblock],
    picture: &PictureMut<'_>,
    strips: &mut [u8],
) -> Result<(), Error> {
    let mut search = encoding.level_search();
    let picture = picture.as_picture();
    while search.levels() != [None; 3] {
        let mut errors = [0; 3];
        for (level, error) in search.levels().into_iter().zip(&mut errors) {
            if let Some(level) = level {
                *error = encoding.try_level(kernels, level, macroblocks, &picture, strips)?;
            }
        }
        search = search.after(errors);
    }
    encoding.set_level(&search);
    Ok(())
}

/// What rows are encoded into, and what they leave to each other.
pub(super) struct RowsMemory<'a> {
    pub between: Between<'a>,
    pub macroblocks: &'a mut [Macroblock],
    pub levels: &'a mut [Blocks],
    pub tally: &'a mut Tally,
}

/// Encodes and reconstructs all rows; they are not filtered.
pub(super) fn encode_rows(
    kernels: impl EncodeKernels,
    encoding: &Encoding<'_>,
    motion: &[MotionAnalysis],
    memory: &mut RowsMemory<'_>,
    picture: &mut PictureMut<'_>,
) -> Result<(), Error> {
    let columns = encoding.columns().max(1);
    let macroblocks = memory.macroblocks.chunks_mut(columns);
    let blocks = macroblocks.zip(memory.levels.chunks_mut(columns));
    let mut motion = motion.chunks(columns);
    memory.between.begin();
    for (row, (macroblocks, levels)) in blocks.enumerate() {
        let (_, mut strip) = picture.strips(row);
        let span = Span {
            state: &mut RowState::new(row),
            motion: motion.next().unwrap_or_default(),
            between: &mut memory.between,
            above_right: None,
            macroblocks,
            levels,
            strip: &mut strip,
            tally: &mut *memory.tally,
        };
        encoding.span(kernels, span)?;
    }
    Ok(())
}

/// Filters rows that have been encoded, and writes the frame.
pub(super) fn finish_rows(
    kernels: impl EncodeKernels,
    mut encoding: Encoding<'_>,
    memory: &mut RowsMemory<'_>,
    picture: &mut PictureMut<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    encoding.filter_picture(kernels, memory.macroblocks, picture)?;
    encoding.adapt(memory.tally);
    let blocks = (&*memory.macroblocks, &*memory.levels);
    let Between {
        above, contexts, ..
    } = &mut memory.between;
    encoding.finish(kernels, blocks, (above, contexts), bytes)
}
