//! A frame's partitions, written one after the other, or side by side and then joined.

use super::frame::Encoded;
use super::header;
use super::kernels::EncodeKernels;
use super::settings::Error;
use super::stages::Encoding;
use super::write::{FirstPartition, TokenPartition, TokenPartitions, size_bytes};
use crate::vp8::modes::Macroblock;
use crate::vp8::parse::Above;
use crate::vp8::tokens::{Blocks, Contexts, by_position};

/// Places for a frame's partitions, each with room to spare.
#[derive(Debug)]
pub struct Parts<'a> {
    /// For the first partition.
    pub first: &'a mut [u8],
    /// For as many token partitions as there are.
    pub tokens: [&'a mut [u8]; 8],
}

/// The bytes of partitions in their places.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartLens {
    /// Of the first partition.
    pub first: usize,
    /// Of each token partition.
    pub tokens: [usize; 8],
}

/// Where the partitions' places are.
struct Places {
    tag: usize,
    /// Bytes of the place of the first partition.
    first: usize,
    /// Bytes of the table of the token partitions' sizes.
    table: usize,
    /// Bytes of the place of each token partition.
    tokens: usize,
}

impl Encoding<'_> {
    fn places(&self, len: usize) -> Option<Places> {
        let partitions = self.draft.header.partitions;
        let tag = header::tag_len(self.draft.header.key_frame);
        let table = 3 * partitions.checked_sub(1)?;
        let room = len.checked_sub(tag + table)?;
        // Modes take less than coefficients.
        let first = room / 4;
        Some(Places {
            tag,
            first,
            table,
            tokens: (room - first) / partitions,
        })
    }

    /// Cuts the frame's bytes into places for its partitions, so that they can be written side by side, to be
    /// [joined](Self::join). `None` if there are too few bytes.
    pub fn parts<'b>(&self, bytes: &'b mut [u8]) -> Option<Parts<'b>> {
        let places = self.places(bytes.len())?;
        let (_, rest) = bytes.split_at_mut_checked(places.tag)?;
        let (first, rest) = rest.split_at_mut_checked(places.first)?;
        let (_, rest) = rest.split_at_mut_checked(places.table)?;
        let mut tokens = rest.chunks_mut(places.tokens.max(1));
        Some(Parts {
            first,
            tokens: core::array::from_fn(|_| tokens.next().unwrap_or_default()),
        })
    }

    /// Writes the first partition once probabilities are adapted; gives its bytes. `above` is one for each column, of any content.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if memory does not have the frame's size, [`Error::Room`] if the partition does not fit.
    pub fn first_partition(
        &self,
        kernels: impl EncodeKernels,
        macroblocks: &[Macroblock],
        above: &mut [Above],
        bytes: &mut [u8],
    ) -> Result<usize, Error> {
        let count = self.columns() * self.rows();
        let first = kernels.run(FirstPartition {
            header: &self.draft.header,
            context: &self.draft.header_context(&self.probabilities),
            plan: &self.plan,
            macroblocks: macroblocks.get(..count).ok_or(Error::Memory)?,
            segments: self.segments,
            above: above.get_mut(..self.columns()).ok_or(Error::Memory)?,
            bytes,
        });
        first.ok_or(Error::Room)
    }

    /// Writes a token partition once probabilities are adapted; gives its bytes. `contexts` is one for each column, of any content.
    ///
    /// # Errors
    ///
    /// As [`first_partition`](Self::first_partition).
    pub fn token_partition(
        &self,
        kernels: impl EncodeKernels,
        partition: usize,
        (macroblocks, levels): (&[Macroblock], &[Blocks]),
        contexts: &mut [Contexts],
        bytes: &mut [u8],
    ) -> Result<usize, Error> {
        let count = self.columns() * self.rows();
        let len = kernels.run(TokenPartition {
            partition,
            partitions: self.draft.header.partitions,
            columns: self.columns(),
            probabilities: &by_position(&self.probabilities.coefficients),
            macroblocks: macroblocks.get(..count).ok_or(Error::Memory)?,
            levels: levels.get(..count).ok_or(Error::Memory)?,
            contexts: contexts.get_mut(..self.columns()).ok_or(Error::Memory)?,
            bytes,
        });
        len.ok_or(Error::Room)
    }

    /// Joins partitions that are in their [places](Self::parts) in `bytes`.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if a partition is longer than its place, [`Error::PartitionLength`] if it is longer than VP8 can say.
    pub fn join(&mut self, lens: &PartLens, bytes: &mut [u8]) -> Result<Encoded, Error> {
        let places = self.places(bytes.len()).ok_or(Error::Memory)?;
        let partitions = self.draft.header.partitions;
        let tokens = lens.tokens.get(..partitions).ok_or(Error::Memory)?;
        if lens.first > places.first || tokens.iter().any(|&len| len > places.tokens) {
            return Err(Error::Memory);
        }
        self.draft.put_tag(lens.first, bytes)?;
        let mut len = places.tag + lens.first + places.table;
        let mut table = places.tag + lens.first;
        let mut place = places.tag + places.first + places.table;
        // Everything moves towards the beginning, so nothing is overwritten before it has moved.
        for (at, &size) in tokens.iter().enumerate() {
            if at + 1 < partitions {
                let size = size_bytes(1 + at, size)?;
                let entry = bytes.get_mut(table..table + 3).ok_or(Error::Memory)?;
                entry.copy_from_slice(&size);
                table += 3;
            }
            bytes.copy_within(place..place + size, len);
            len += size;
            place += places.tokens;
        }
        Ok(self.draft.encoded(len))
    }

    /// Writes all partitions, one after the other, without gaps. `above` and `contexts` are one for each column, of any content.
    ///
    /// # Errors
    ///
    /// As [`first_partition`](Self::first_partition), and [`Error::PartitionLength`].
    pub fn finish(
        &mut self,
        kernels: impl EncodeKernels,
        (macroblocks, levels): (&[Macroblock], &[Blocks]),
        (above, contexts): (&mut [Above], &mut [Contexts]),
        bytes: &mut [u8],
    ) -> Result<Encoded, Error> {
        let tag = header::tag_len(self.draft.header.key_frame);
        let rest = bytes.get_mut(tag..).ok_or(Error::Room)?;
        let first = self.first_partition(kernels, macroblocks, above, rest)?;
        let count = self.columns() * self.rows();
        let tokens = kernels.run(TokenPartitions {
            partitions: self.draft.header.partitions,
            columns: self.columns(),
            probabilities: &self.probabilities,
            macroblocks: macroblocks.get(..count).ok_or(Error::Memory)?,
            levels: levels.get(..count).ok_or(Error::Memory)?,
            contexts: contexts.get_mut(..self.columns()).ok_or(Error::Memory)?,
            bytes: rest.get_mut(first..).ok_or(Error::Room)?,
        });
        self.draft.put_tag(first, bytes)?;
        Ok(self.draft.encoded(tag + first + tokens?))
    }
}
