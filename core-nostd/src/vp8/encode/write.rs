//! The partitions of a frame (RFC 6386, section 9.5): header and modes, then tokens.

use super::header::{self, HeaderContext};
use super::plan::{Plan, segment_of};
use super::row::vicinity;
use super::settings::Error;
use super::syntax::{self, Sink};
use super::tokens;
use crate::bool_coder::{Encoder, Writer};
use crate::kernels::Work;
use crate::vp8::header::FrameHeader;
use crate::vp8::inter::Position;
use crate::vp8::modes::{Macroblock, Reference, leave_sub_modes};
use crate::vp8::motion::Neighbour;
use crate::vp8::parse::{Above, leave_vectors};
use crate::vp8::state::Probabilities;
use crate::vp8::tokens::{Blocks, Contexts, TokenProbabilities, by_position};

/// The modes of a row.
pub(super) struct ModeRow<'a, S> {
    pub header: &'a FrameHeader,
    pub probabilities: &'a Probabilities,
    pub plan: &'a Plan<'a>,
    pub row: usize,
    pub macroblocks: &'a [Macroblock],
    /// One for each macroblock of the row, or none.
    pub segments: &'a [u8],
    /// One for each column, as the row above left it.
    pub above: &'a mut [Above],
    pub writer: &'a mut S,
}

impl<S: Sink> Work for ModeRow<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (header, p, row) = (self.header, self.probabilities, self.row);
        let writer = self.writer;
        let mut left = Above::NEW;
        let mut corner = Neighbour::default();
        for (column, (mb, above)) in self.macroblocks.iter().zip(self.above).enumerate() {
            if let Some(tree) = &header.segmentation.map {
                let segment = segment_of(self.segments, column);
                let (high, low) = (segment >> 1, segment & 1);
                writer.put(tree[0], high == 1);
                writer.put(tree[1 + high], low == 1);
            }
            if let Some(skip) = header.skip {
                writer.put(skip, !mb.coded);
            }
            let next_corner = above.neighbour();
            if header.key_frame {
                syntax::key_modes(writer, above, &left, mb);
                leave_sub_modes(mb, above, &mut left);
            } else {
                let chances = [header.intra, header.last, header.golden];
                syntax::reference(writer, chances, mb.reference);
                if mb.reference == Reference::None {
                    syntax::intra_modes(writer, &p.y_modes, &p.uv_modes, mb);
                } else {
                    let position = Position { column, row };
                    let vicinity = vicinity(self.plan, position, mb, [&*above, &left], corner);
                    syntax::inter(writer, &p.vectors, &vicinity, [&*above, &left], mb);
                }
                leave_vectors(mb, above, &mut left);
            }
            corner = next_corner;
        }
    }
}

/// The first partition.
pub(super) struct FirstPartition<'a> {
    pub header: &'a FrameHeader,
    pub context: &'a HeaderContext<'a>,
    pub plan: &'a Plan<'a>,
    pub macroblocks: &'a [Macroblock],
    pub segments: &'a [u8],
    pub above: &'a mut [Above],
    pub bytes: &'a mut [u8],
}

impl Work for FirstPartition<'_> {
    /// Its bytes, if they fit.
    type Output = Option<usize>;

    #[inline(always)]
    fn run(self) -> Option<usize> {
        let mut writer = Encoder::new().attach(self.bytes);
        header::write(&mut writer, self.header, self.context);
        self.above.fill(Above::NEW);
        let columns = self.plan.columns.max(1);
        for (row, macroblocks) in self.macroblocks.chunks(columns).enumerate() {
            let of_row = ModeRow {
                header: self.header,
                probabilities: self.context.probabilities,
                plan: self.plan,
                row,
                macroblocks,
                segments: self.segments.get(row * columns..).unwrap_or_default(),
                above: &mut *self.above,
                writer: &mut writer,
            };
            of_row.run();
        }
        writer.finish_whole()
    }
}

/// The tokens of a row.
pub(super) struct TokenRow<'a, 'w> {
    pub probabilities: &'a TokenProbabilities,
    pub macroblocks: &'a [Macroblock],
    pub levels: &'a [Blocks],
    /// One for each column, as the row above left it.
    pub contexts: &'a mut [Contexts],
    pub writer: &'a mut Writer<'w>,
}

impl Work for TokenRow<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut left = Contexts::NEW;
        let all = self.macroblocks.iter().zip(self.levels).zip(self.contexts);
        for ((mb, levels), above) in all {
            let sides = [above, &mut left];
            tokens::write(self.writer, self.probabilities, mb, levels, sides);
        }
    }
}

/// One of the token partitions.
pub(super) struct TokenPartition<'a> {
    pub partition: usize,
    pub partitions: usize,
    pub columns: usize,
    pub probabilities: &'a TokenProbabilities,
    pub macroblocks: &'a [Macroblock],
    pub levels: &'a [Blocks],
    pub contexts: &'a mut [Contexts],
    pub bytes: &'a mut [u8],
}

impl Work for TokenPartition<'_> {
    /// Its bytes, if they fit.
    type Output = Option<usize>;

    #[inline(always)]
    fn run(self) -> Option<usize> {
        let columns = self.columns.max(1);
        self.contexts.fill(Contexts::NEW);
        let mut writer = Encoder::new().attach(self.bytes);
        let rows = self
            .macroblocks
            .chunks(columns)
            .zip(self.levels.chunks(columns));
        for (row, (macroblocks, levels)) in rows.enumerate() {
            if row & (self.partitions - 1) == self.partition {
                let of_row = TokenRow {
                    probabilities: self.probabilities,
                    macroblocks,
                    levels,
                    contexts: &mut *self.contexts,
                    writer: &mut writer,
                };
                of_row.run();
                continue;
            }
            let mut left = Contexts::NEW;
            for (mb, above) in macroblocks.iter().zip(&mut *self.contexts) {
                above.pass(mb, &mut left);
            }
        }
        writer.finish_whole()
    }
}

/// The token partitions, with the table of their sizes.
pub(super) struct TokenPartitions<'a> {
    pub partitions: usize,
    pub columns: usize,
    pub probabilities: &'a Probabilities,
    pub macroblocks: &'a [Macroblock],
    pub levels: &'a [Blocks],
    pub contexts: &'a mut [Contexts],
    pub bytes: &'a mut [u8],
}

impl Work for TokenPartitions<'_> {
    /// Their bytes, if they fit.
    type Output = Result<usize, Error>;

    #[inline(always)]
    fn run(self) -> Result<usize, Error> {
        let probabilities = by_position(&self.probabilities.coefficients);
        let table = 3 * (self.partitions - 1);
        let split = self.bytes.split_at_mut_checked(table);
        let (sizes, mut rest) = split.ok_or(Error::Room)?;
        let mut sizes = sizes.chunks_exact_mut(3);
        let mut len = table;
        for partition in 0..self.partitions {
            let one = TokenPartition {
                partition,
                partitions: self.partitions,
                columns: self.columns,
                probabilities: &probabilities,
                macroblocks: self.macroblocks,
                levels: self.levels,
                contexts: &mut *self.contexts,
                bytes: rest,
            };
            let size = one.run().ok_or(Error::Room)?;
            if let Some(place) = sizes.next() {
                place.copy_from_slice(&size_bytes(1 + partition, size)?);
            }
            len += size;
            rest = rest.get_mut(size..).ok_or(Error::Room)?;
        }
        Ok(len)
    }
}

/// The size of a partition as the table has it; the first of tokens is 1.
pub(super) fn size_bytes(which: usize, size: usize) -> Result<[u8; 3], Error> {
    match u32::try_from(size).map(u32::to_le_bytes) {
        Ok([a, b, c, 0]) => Ok([a, b, c]),
        _ => Err(Error::PartitionLength(which)),
    }
}
