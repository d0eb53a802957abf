//! A frame of at most so many bytes.

use super::analysis::MotionAnalysis;
use super::cost;
use super::filter;
use super::frame::{
    Draft, Encoded, Input, Memory, ROUNDING, Room, RowsMemory, finish_rows, search_level,
};
use super::governor::{Governor, ONE, Progress};
use super::header;
use super::kernels::EncodeKernels;
use super::logs::{Log, OCTAVE, log2, times_exp2};
use super::quantizer::MacroblockQuantizer;
use super::rate::{quantizer_of, step_of};
use super::rebase::tree;
use super::row::{Between, RowState};
use super::settings::{Error, Settings};
use super::stages::{Encoding, Span, probabilities_before};
use super::survey::{Curve, PLACES, Place, Sum, Survey};
use super::tally::{self, Tally};
use super::weights::Weights;
use crate::vp8::header::{FrameHeader, SegmentationHeader};
use crate::vp8::parse::Above;
use crate::vp8::picture::{PictureMut, Strip};
use crate::vp8::quantizer::{quantizer, quantizers as quantizers_of};
use crate::vp8::reconstruct::lines_len;
use crate::vp8::state::{Probabilities, Segmentation};
use crate::vp8::tokens::{Contexts, by_position};

/// A frame that took too many bytes, or could have more.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'a> {
    /// Bytes that it may take.
    pub most: usize,
    /// What came of encoding it.
    pub first: &'a Encoded,
    /// The segment map before the frame; not looked at for a key frame, which begins with zeros.
    pub segments: &'a [u8],
}

/// What [`fit`] works with, beyond [`Memory`].
#[derive(Debug)]
pub struct FitMemory<'a> {
    /// One for each macroblock, of any content.
    pub curves: &'a mut [Curve],
    /// The segment map after the frame: one byte for each macroblock, to be written.
    pub segments: &'a mut [u8],
    /// What rows leave to others.
    pub halt: Halt<'a>,
}

/// Where a frame's last rows can be encoded from once more: of any content, and of a row's size.
#[derive(Debug)]
pub struct Halt<'a> {
    /// What is counted so far.
    pub tally: &'a mut Tally,
    /// One for each column.
    pub above: &'a mut [Above],
    /// One for each column.
    pub contexts: &'a mut [Contexts],
    /// [`lines_len`] bytes for a row.
    pub lines: &'a mut [u8],
}

/// At least so many times in a frame it is looked at what it took so far.
const LOOKS: usize = 24;

/// In want of bits these are worth so many times as much.
const STARVING: u32 = 64;

/// Encodes a frame again, so that it takes most of the bytes that it may, and no more. `input`, `analyses` and `settings` are those of
/// the first encoding, and `memory` is as [`encode`](super::encode) left it.
///
/// The quantizer follows from what a survey finds that the frame would take with some others. While the frame is encoded its bits are
/// counted; if they are not what they were to be what follows is rounded otherwise, or gets another quantizer, as a segment of
/// its own. If it misses all the same the last third of its bits is encoded once more. A frame that has only some macroblocks cannot be
/// steered so, and one that takes too much with the coarsest quantizers stays too long: look at its length.
///
/// # Errors
///
/// As [`encode`](super::encode).
#[allow(clippy::too_many_arguments)]
pub fn fit(
    kernels: impl EncodeKernels,
    input: &Input<'_>,
    analyses: &[MotionAnalysis],
    settings: &Settings,
    fit: &Fit<'_>,
    (memory, fit_memory): (&mut Memory<'_>, &mut FitMemory<'_>),
    picture: &mut PictureMut<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    let draft = Draft::new(input, settings)?;
    let size = [draft.before.columns(), draft.before.rows()];
    let count = size[0] * size[1];
    if !picture.as_picture().fits(size[0], size[1]) {
        return Err(Error::Memory);
    }
    let motion = if draft.header.key_frame {
        &[]
    } else {
        analyses.get(..count).ok_or(Error::Memory)?
    };
    let mut room = Room::of(memory, size)?;
    let trial = room.trial.take();
    let curves = fit_memory.curves.get_mut(..count).ok_or(Error::Memory)?;
    let segments = fit_memory.segments.get_mut(..count).ok_or(Error::Memory)?;
    let key_frame = draft.header.key_frame;
    let before = if key_frame {
        None
    } else {
        Some(fit.segments.get(..count).ok_or(Error::Memory)?)
    };
    let probabilities = probabilities_before(input, key_frame);
    let of_first = tally::rate(&room.tables.tally, probabilities);
    let most = allowed(&draft, probabilities, fit, of_first);
    let (mut encoding, tally) = Encoding::searched(draft, input, &settings.effort, room.tables);
    let middle = middle(most, of_first, count, settings.quantizers.base);
    let header = &encoding.draft.header;
    let all = kernels.run(Survey {
        kernels,
        plan: &encoding.plan,
        source: input.source,
        references: input.references,
        probabilities: &by_position(&probabilities.coefficients),
        places: &PLACES.map(|place| Place::of(header, quantizer_of(middle + place))),
        own: &Place::of(header, settings.quantizers.base),
        coarser: middle - step_of(settings.quantizers.base),
        macroblocks: room.macroblocks,
        levels: room.levels,
        contexts: &mut *room.contexts,
        curves: &mut *curves,
    });
    let mut steered = Steered::new(most, (middle, all), of_first, probabilities, curves);
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
    encoding.segments = segments;
    let of_rows = (&mut memory, &mut fit_memory.halt);
    steered.encode(kernels, &mut encoding, motion, of_rows, picture)?;
    encoding.say_segments(&steered.governor, before);
    if let Some(trial) = trial.filter(|_| encoding.tries_levels()) {
        let strips = &mut *trial.y.data;
        search_level(kernels, &mut encoding, memory.macroblocks, picture, strips)?;
    }
    encoding.say_values();
    finish_rows(kernels, encoding, &mut memory, picture, bytes)
}

/// Bits of bytes, in 256ths.
fn bits(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(8 * u64::from(cost::BIT))
}

/// About the step that the frame is going to need: the fewer bits a macroblock has, the more of them vanish with a coarser one.
/// Measured on real video.
fn middle(most: u64, [tokens, others]: [u64; 2], macroblocks: usize, quantizer: u8) -> Log {
    let bits = |value: u64| log2(value.max(1)) - log2(u64::from(cost::BIT));
    let each = bits(tokens) - log2((macroblocks as u64).max(1));
    let exponent = (OCTAVE * 285 / 100 - each * 28 / 100).clamp(OCTAVE, OCTAVE * 5 / 2);
    let excess = bits(tokens) - bits(most.saturating_sub(others).max(most / 16));
    let step = step_of(quantizer) + excess * OCTAVE / exponent;
    step.clamp(step_of(0), step_of(127))
}

impl Place {
    fn of(header: &FrameHeader, index: u8) -> Self {
        let quantizer = quantizer(header, index.into());
        Place {
            quantizer: MacroblockQuantizer::new(&quantizer, ROUNDING),
            weights: Weights::new(&quantizer),
        }
    }
}

/// The bits that macroblocks may take, in 256ths as [`tally::rate`] counts them: by how much that missed what the first encoding
/// took, where it counted `of_first`.
fn allowed(draft: &Draft, probabilities: &Probabilities, fit: &Fit<'_>, of_first: [u64; 2]) -> u64 {
    let mut header = 0;
    header::write(
        &mut header,
        &draft.header,
        &draft.header_context(probabilities),
    );
    let tag = header::tag_len(draft.header.key_frame) + 3 * (draft.header.partitions - 1);
    let header = u64::from(header) + bits(tag);
    let took = bits(fit.first.len).max(1);
    let most = u128::from(bits(fit.most)) * u128::from(of_first[0] + of_first[1] + header)
        / u128::from(took);
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    most.saturating_sub(header)
}

/// A frame whose quantizers are chosen as it is encoded.
#[derive(Clone, Copy)]
struct Steered<'a> {
    governor: Governor,
    probabilities: &'a Probabilities,
    /// What is expected of macroblocks.
    curves: &'a [Curve],
    /// What is expected of those to come.
    left: Sum,
    progress: Progress,
    /// What the first encoding took beside tokens.
    others: u64,
}

impl<'a> Steered<'a> {
    fn new(
        most: u64,
        (middle, all): (Log, u64),
        [tokens, others]: [u64; 2],
        probabilities: &'a Probabilities,
        curves: &'a [Curve],
    ) -> Self {
        let left = sum(curves);
        let progress = Progress {
            expected: [Sum::default(), left],
            others: [0, others],
            macroblocks: [0, count_of(curves.len())],
            ..Progress::default()
        };
        // As much as probabilities gained by being adapted.
        let ratio = u128::from(tokens) * u128::from(ONE) / u128::from(all.max(1));
        let ratio = u64::try_from(ratio)
            .unwrap_or(u64::MAX)
            .clamp(ONE / 4, ONE * 4);
        Steered {
            governor: Governor::new(most, middle, ratio, &progress),
            probabilities,
            curves,
            left,
            progress,
            others,
        }
    }

    /// Encodes and reconstructs all rows; they are not filtered. If they take what they should not, the last ones are encoded once more:
    /// by now it is known what is to be expected of them.
    fn encode(
        &mut self,
        kernels: impl EncodeKernels,
        encoding: &mut Encoding<'_>,
        motion: &[MotionAnalysis],
        (memory, halt): (&mut RowsMemory<'_>, &mut Halt<'_>),
        picture: &mut PictureMut<'_>,
    ) -> Result<(), Error> {
        let (columns, rows) = (encoding.columns(), encoding.rows());
        halt.check(columns)?;
        let all = self.left.at(0);
        let mut at_halt = None;
        memory.between.begin();
        for row in 0..rows {
            let is_late = row + 1 == rows || self.left.at(0) <= all / 3;
            if row > 0 && is_late && at_halt.is_none() {
                halt.save(memory);
                at_halt = Some((row, *self));
            }
            self.encode_row(kernels, encoding, motion, (memory, row), picture)?;
        }
        let Some((row, before)) = at_halt else {
            return Ok(());
        };
        let taken = self.governor.spent(&self.progress);
        let Some(governor) = before.governor.corrected(&before.progress, taken) else {
            return Ok(());
        };
        *self = before;
        self.governor = governor;
        halt.restore(memory);
        for row in row..rows {
            self.encode_row(kernels, encoding, motion, (memory, row), picture)?;
        }
        Ok(())
    }

    fn encode_row(
        &mut self,
        kernels: impl EncodeKernels,
        encoding: &mut Encoding<'_>,
        motion: &[MotionAnalysis],
        (memory, row): (&mut RowsMemory<'_>, usize),
        picture: &mut PictureMut<'_>,
    ) -> Result<(), Error> {
        let columns = encoding.columns();
        let span = (columns * encoding.rows() / LOOKS).clamp(1, columns.max(1));
        let (_, mut strip) = picture.strips(row);
        let state = &mut RowState::new(row);
        for first in (0..columns).step_by(span) {
            let place = (row * columns + first, first, span.min(columns - first));
            encoding.steer(&self.governor, place);
            let of_row = (motion, &mut *state, place);
            encode_span(kernels, encoding, of_row, memory, &mut strip)?;
            self.look(memory.tally, place);
        }
        Ok(())
    }

    /// Looks what the frame took so far, after some macroblocks.
    fn look(&mut self, tally: &Tally, (at, _, len): (usize, usize, usize)) {
        let [tokens, others] = tally::rate(tally, self.probabilities);
        let new = sum(self.curves.get(at..at + len).unwrap_or_default());
        self.left = self.left.minus(&new);
        let all = self.curves.len();
        let to_come = all - (at + len).min(all);
        let rest = u128::from(self.others) * to_come as u128 / (all as u128).max(1);
        self.progress = Progress {
            expected: [new, self.left],
            tokens,
            others: [others, u64::try_from(rest).unwrap_or(u64::MAX)],
            macroblocks: [len, to_come].map(count_of),
        };
        self.governor = self.governor.after(&self.progress);
    }
}

impl Halt<'_> {
    fn check(&self, columns: usize) -> Result<(), Error> {
        let fits = self.above.len() >= columns
            && self.contexts.len() >= columns
            && self.lines.len() >= lines_len(columns);
        fits.then_some(()).ok_or(Error::Memory)
    }

    /// Keeps what the rows so far leave to the next ones.
    fn save(&mut self, memory: &RowsMemory<'_>) {
        let Between {
            above,
            contexts,
            lines,
        } = &memory.between;
        self.above[..above.len()].copy_from_slice(above);
        self.contexts[..contexts.len()].copy_from_slice(contexts);
        self.lines[..lines.len()].copy_from_slice(lines);
        copy(memory.tally, self.tally);
    }

    fn restore(&self, memory: &mut RowsMemory<'_>) {
        let Between {
            above,
            contexts,
            lines,
        } = &mut memory.between;
        above.copy_from_slice(&self.above[..above.len()]);
        contexts.copy_from_slice(&self.contexts[..contexts.len()]);
        lines.copy_from_slice(&self.lines[..lines.len()]);
        copy(self.tally, memory.tally);
    }
}

/// Without another one on the stack.
fn copy(from: &Tally, to: &mut Tally) {
    *to = Tally::NEW;
    to.merge(from);
}

fn sum(curves: &[Curve]) -> Sum {
    curves
        .iter()
        .fold(Sum::default(), |sum, curve| sum.plus(curve))
}

fn count_of(macroblocks: usize) -> u32 {
    u32::try_from(macroblocks).unwrap_or(u32::MAX)
}

/// Encodes some macroblocks of a row: the first one, its column, their number.
fn encode_span(
    kernels: impl EncodeKernels,
    encoding: &Encoding<'_>,
    (motion, state, (at, first, len)): (&[MotionAnalysis], &mut RowState, (usize, usize, usize)),
    memory: &mut RowsMemory<'_>,
    strip: &mut Strip<'_>,
) -> Result<(), Error> {
    let between = &mut memory.between;
    let above = between.above.get_mut(first..first + len);
    let contexts = between.contexts.get_mut(first..first + len);
    let lines = between.lines.get_mut(lines_len(first)..);
    let (lines, next) = lines
        .and_then(|lines| lines.split_at_mut_checked(lines_len(len)))
        .ok_or(Error::Memory)?;
    let macroblocks = memory.macroblocks.get_mut(at..at + len);
    let levels = memory.levels.get_mut(at..at + len);
    let span = Span {
        state,
        motion: motion.get(at..at + len).unwrap_or_default(),
        between: &mut Between {
            above: above.ok_or(Error::Memory)?,
            contexts: contexts.ok_or(Error::Memory)?,
            lines,
        },
        above_right: next.first_chunk().copied(),
        macroblocks: macroblocks.ok_or(Error::Memory)?,
        levels: levels.ok_or(Error::Memory)?,
        strip,
        tally: &mut *memory.tally,
    };
    encoding.span(kernels, span)
}

impl Encoding<'_> {
    /// Has macroblocks encoded as a governor wants them: the first one, its column, their number.
    fn steer(&mut self, governor: &Governor, (at, _, len): (usize, usize, usize)) {
        let segment = governor.segment();
        if let Some(segments) = self.segments.get_mut(at..at + len) {
            segments.fill(segment as u8);
        }
        self.put_quantizers(governor.quantizers());
        let (quantizer, favour) = (&self.draft.quantizers[segment], governor.favour());
        // A threshold for rounding that is coarser by as much; bits are worth as much as with such a step.
        let rounding = ROUNDING.map(|r| 256 - times_exp2(256 - u64::from(r), favour).min(256));
        self.plan.quantizers[segment] =
            MacroblockQuantizer::new(quantizer, rounding.map(|r| r as u16));
        let mut weights = Weights::new(quantizer);
        let worth = |weight: u32, log| times_exp2(weight.into(), log).min(u32::MAX.into()) as u32;
        weights.squared = worth(weights.squared, 2 * favour);
        weights.absolute = worth(weights.absolute, favour);
        if governor.starves() {
            weights.squared = weights.squared.saturating_mul(STARVING);
            weights.absolute = weights.absolute.saturating_mul(STARVING.isqrt());
        }
        self.plan.weights[segment] = weights;
    }

    /// Has the header say the quantizers of segments.
    fn put_quantizers(&mut self, quantizers: &[u8]) {
        let draft = &mut self.draft;
        let [base, ..] = *quantizers else { return };
        draft.header.quantizers.base = base;
        draft.header.segmentation.enabled = true;
        let mut segmentation = Segmentation::default();
        let level = |quantizer: u8| i32::from(filter::guess_of(quantizer));
        for (at, &quantizer) in quantizers.iter().enumerate().take(4) {
            segmentation.quantizers[at] = (i32::from(quantizer) - i32::from(base)) as i8;
            segmentation.filter_levels[at] = (level(quantizer) - level(base)) as i8;
        }
        draft.after.segmentation = segmentation;
        draft.quantizers = quantizers_of(&draft.header, &draft.after);
        draft.header.filter.level = filter::guess_of(base);
        let scaled = draft.quantizers.each_ref();
        self.plan.quantizers = scaled.map(|q| MacroblockQuantizer::new(q, ROUNDING));
    }

    /// Has the header say what segments there are, if there is more than one. Without a map `before` it was all zeros.
    fn say_segments(&mut self, governor: &Governor, before: Option<&[u8]>) {
        let draft = &mut self.draft;
        if governor.quantizers().len() < 2 {
            draft.header.segmentation = SegmentationHeader::default();
            draft.after.segmentation = draft.before.segmentation;
            match before {
                Some(before) => self.segments.copy_from_slice(before),
                None => self.segments.fill(0),
            }
            self.segments = &mut [];
            return;
        }
        // Said even if it is that before: not all decoders keep a map over frames without segments.
        draft.header.segmentation.map = Some(tree(self.segments));
    }

    /// Has the header say the values of segments once the filter's level is known.
    fn say_values(&mut self) {
        let Draft {
            header,
            before,
            after,
            ..
        } = &mut self.draft;
        if !header.segmentation.enabled {
            return;
        }
        // Levels are cut off at both ends, and not all decoders do so before they add differences by mode.
        let base = header.filter.level as i8;
        for level in &mut after.segmentation.filter_levels {
            *level = (base + *level).clamp(0, 63) - base;
        }
        header.segmentation.values_updated = after.segmentation != before.segmentation;
    }
}
