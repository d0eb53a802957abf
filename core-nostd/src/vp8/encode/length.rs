//! How long a frame becomes, before it is written.

use super::cost::{self, Cost};
use super::frame::RowsMemory;
use super::header::{self, HeaderContext};
use super::kernels::EncodeKernels;
use super::plan::Plan;
use super::rebase::tree;
use super::stages::Encoding;
use super::tally;
use super::write::ModeRow;
use crate::kernels::Work;
use crate::vp8::header::{FrameHeader, SegmentationHeader};
use crate::vp8::modes::Macroblock;
use crate::vp8::parse::Above;
use crate::vp8::state::Probabilities;

/// What the last bits of a partition take more than they are, in 256ths.
const OF_END: u64 = 13 * cost::BIT as u64;

/// Bits of bytes, in 256ths.
pub(super) fn bits_of(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(8 * u64::from(cost::BIT))
}

impl Encoding<'_> {
    /// Bits of a frame whose rows are encoded, in 256ths: to a byte or two, as partitions end with whole ones. What rows leave to each
    /// other is lost.
    pub(super) fn length(&self, kernels: impl EncodeKernels, memory: &mut RowsMemory<'_>) -> u64 {
        let draft = &self.draft;
        let (mut header, mut probabilities) = (draft.header, self.probabilities);
        if draft.after.segmentation.quantizers == [0; 4] {
            header.segmentation = SegmentationHeader::default();
        } else {
            header.segmentation.map = Some(tree(self.segments));
            header.segmentation.values_updated = true;
        }
        tally::adapt(memory.tally, header.key_frame, &mut probabilities);
        tally::chances(memory.tally, &mut header);
        let modes = kernels.run(Modes {
            header: &header,
            probabilities: &probabilities,
            plan: &self.plan,
            macroblocks: memory.macroblocks,
            segments: self.segments,
            above: memory.between.above,
        });
        let context = HeaderContext {
            probabilities: &probabilities,
            ..draft.header_context(&probabilities)
        };
        let mut coded = 0;
        header::write(&mut coded, &header, &context);
        let tokens = tally::coded(memory.tally, &probabilities);
        beside(&header) + whole(u64::from(coded) + modes) + whole(tokens)
    }
}

/// Bits of a header, and of what there is beside what is coded, in 256ths.
pub(super) fn of_header(header: &FrameHeader, context: &HeaderContext<'_>) -> u64 {
    let mut coded = 0;
    header::write(&mut coded, header, context);
    beside(header) + u64::from(coded) + whole(0)
}

/// Bits of what is not coded, in 256ths, and of the ends of token partitions after the first one.
fn beside(header: &FrameHeader) -> u64 {
    let more = header.partitions.saturating_sub(1);
    bits_of(header::tag_len(header.key_frame) + 3 * more) + more as u64 * whole(0)
}

/// Bits of a partition, in 256ths: whole bytes.
fn whole(bits: u64) -> u64 {
    let byte = bits_of(1);
    (bits + OF_END).div_ceil(byte).saturating_mul(byte)
}

/// Bits of modes and vectors, in 256ths.
struct Modes<'a> {
    header: &'a FrameHeader,
    probabilities: &'a Probabilities,
    plan: &'a Plan<'a>,
    macroblocks: &'a [Macroblock],
    segments: &'a [u8],
    above: &'a mut [Above],
}

impl Work for Modes<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        self.above.fill(Above::NEW);
        let columns = self.plan.columns.max(1);
        let mut all = 0;
        for (row, macroblocks) in self.macroblocks.chunks(columns).enumerate() {
            let mut bits: Cost = 0;
            let of_row = ModeRow {
                header: self.header,
                probabilities: self.probabilities,
                plan: self.plan,
                row,
                macroblocks,
                segments: self.segments.get(row * columns..).unwrap_or_default(),
                above: &mut *self.above,
                writer: &mut bits,
            };
            of_row.run();
            all += u64::from(bits);
        }
        all
    }
}
