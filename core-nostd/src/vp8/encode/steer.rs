//! Encodes a frame's rows so that they take what they may.

use super::analysis::MotionAnalysis;
use super::filter;
use super::frame::{ROUNDING, RowsMemory};
use super::governor::{Governor, Known, ONE, Part, Progress};
use super::kernels::EncodeKernels;
use super::length::bits_of;
use super::logs::times_exp2;
use super::quantizer::MacroblockQuantizer;
use super::row::{Between, RowState};
use super::settings::Error;
use super::stages::{Encoding, Modes, Span};
use super::survey::{Curve, Sum};
use super::tally::{self, Tally};
use super::weights::Weights;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::parse::Above;
use crate::vp8::picture::PictureMut;
use crate::vp8::quantizer::quantizers as quantizers_of;
use crate::vp8::reconstruct::lines_len;
use crate::vp8::state::{Probabilities, Segmentation};
use crate::vp8::tokens::Contexts;

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

/// A frame is right that has so many 256ths of the bits that it may have.
const LEAST: u64 = 220;

/// And that lacks a byte and a part in so many of them: what is written is known but for that.
const SLACK: u64 = 512;

/// How often a frame is encoded once more at most: all of it, its last rows.
const AGAIN: Again = Again { all: 2, late: 3 };

/// How often what may be encoded once more.
#[derive(Clone, Copy)]
struct Again {
    all: u32,
    late: u32,
}

/// What rows are encoded with, and into.
pub(super) struct Rows<'a, 'p, K> {
    pub kernels: K,
    pub encoding: Encoding<'a>,
    pub motion: &'a [MotionAnalysis],
    pub memory: RowsMemory<'a>,
    pub halt: Halt<'a>,
    pub picture: &'a mut PictureMut<'p>,
}

/// A frame whose quantizers are chosen as it is encoded.
pub(super) struct Steered<'a> {
    /// Bits that it may take as it is written, in 256ths.
    most: u64,
    known: Known,
    probabilities: &'a Probabilities,
    /// What is expected of macroblocks: of those that were encoded, what they took.
    curves: &'a mut [Curve],
    now: Now,
}

/// How far a frame is, and how it goes on.
#[derive(Clone, Copy)]
struct Now {
    row: usize,
    governor: Governor,
    progress: Progress,
    /// What is expected of macroblocks to come.
    left: Sum,
}

impl<'a> Steered<'a> {
    /// A frame that may take `most` bits, in 256ths: as they are counted, as they are written.
    pub fn new(
        [counted, most]: [u64; 2],
        known: Known,
        probabilities: &'a Probabilities,
        curves: &'a mut [Curve],
    ) -> Self {
        Steered {
            most,
            known,
            probabilities,
            now: Now::start(counted, known, curves),
            curves,
        }
    }

    /// Encodes and reconstructs all rows; they are not filtered. If they take what they should not, the last ones are encoded once more,
    /// or all if that would not do: by now it is known what is to be expected of them. If that is still too much some say nothing.
    pub fn encode<K: EncodeKernels>(&mut self, rows: &mut Rows<'_, '_, K>) -> Result<(), Error> {
        rows.halt.check(rows.encoding.columns())?;
        let late = self.encode_until_right(rows)?;
        if rows.length() > self.limit() {
            rows.halt.restore(&mut rows.memory);
            self.now = late;
            self.skip_rows(rows)?;
        }
        if rows.length() > self.limit() {
            rows.begin();
            self.now = Now::start(0, self.known, self.curves);
            self.skip_rows(rows)?;
        }
        Ok(())
    }

    /// Encodes all rows, and some once more until the frame has the bits that it should have, or does not come nearer. Gives where the
    /// last ones began.
    fn encode_until_right<K: EncodeKernels>(
        &mut self,
        rows: &mut Rows<'_, '_, K>,
    ) -> Result<Now, Error> {
        let mut begun = self.now.governor;
        let mut late = self.encode_all(rows)?;
        let mut resumed = None;
        let mut again = AGAIN;
        loop {
            let length = rows.length();
            if (self.most / 256 * LEAST..=self.limit()).contains(&length) {
                return Ok(late);
            }
            // What is counted is not quite what is written.
            let taken = self.now.governor.spent(&self.now.progress);
            let most = taken.saturating_add(self.most).saturating_sub(length);
            let curves = self.curves.get(late.row * rows.encoding.columns()..);
            let then = late.again(most, curves.unwrap_or_default());
            self.known.ratio = ONE;
            let start = Now::start(most, self.known, self.curves);
            let lands = then.governor.lands(&then.progress);
            if again.all > 0 && !lands && start.governor.differs(&begun) {
                again.all -= 1;
                begun = start.governor;
                self.now = start;
                late = self.encode_all(rows)?;
            } else if again.late > 0 && resumed.is_none_or(|last| then.governor.differs(&last)) {
                again.late -= 1;
                resumed = Some(then.governor);
                rows.halt.restore(&mut rows.memory);
                self.now = then;
                self.encode_rows(rows, rows.encoding.rows())?;
            } else {
                return Ok(late);
            }
        }
    }

    /// Bits that are surely no more than it may take.
    fn limit(&self) -> u64 {
        self.most.saturating_sub(bits_of(1) + self.most / SLACK)
    }

    /// Encodes all rows. Gives where the last ones begin, with a third of what is expected: that is saved.
    fn encode_all<K: EncodeKernels>(&mut self, rows: &mut Rows<'_, '_, K>) -> Result<Now, Error> {
        rows.begin();
        let all = self.now.left.all();
        let last = rows.encoding.rows().saturating_sub(1);
        while self.now.row < last && self.now.left.all() > all / 3 {
            self.encode_rows(rows, self.now.row + 1)?;
        }
        rows.halt.save(&rows.memory);
        let late = self.now;
        self.encode_rows(rows, last + 1)?;
        Ok(late)
    }

    /// Encodes rows up to one.
    fn encode_rows<K: EncodeKernels>(
        &mut self,
        rows: &mut Rows<'_, '_, K>,
        end: usize,
    ) -> Result<(), Error> {
        let columns = rows.encoding.columns();
        let span = (columns * rows.encoding.rows() / LOOKS).clamp(1, columns.max(1));
        while self.now.row < end {
            let row = self.now.row;
            let state = &mut RowState::new(row);
            for first in (0..columns).step_by(span) {
                let place = (row * columns + first, first, span.min(columns - first));
                rows.encoding.steer(&self.now.governor, place);
                rows.encode(state, place)?;
                self.look(rows.memory.tally, place);
            }
            self.now.row += 1;
        }
        Ok(())
    }

    /// Encodes all rows to come so that they take next to nothing.
    fn skip_rows<K: EncodeKernels>(&mut self, rows: &mut Rows<'_, '_, K>) -> Result<(), Error> {
        let columns = rows.encoding.columns();
        for row in self.now.row..rows.encoding.rows() {
            let place = (row * columns, 0, columns);
            rows.encoding.steer(&self.now.governor, place);
            rows.skip(self.now.governor.segment(), place)?;
        }
        Ok(())
    }

    /// Looks what the frame took so far, after some macroblocks.
    fn look(&mut self, tally: &Tally, (at, _, len): (usize, usize, usize)) {
        let to_come = self.curves.len() - (at + len).min(self.curves.len());
        let Some(new) = self.curves.get_mut(at..at + len) else {
            return;
        };
        let now = &mut self.now;
        let expected = Sum::of(new);
        now.left = now.left.minus(&expected);
        let part = |expected: Sum, macroblocks: usize| Part {
            expected,
            macroblocks: count_of(macroblocks),
        };
        now.progress = Progress {
            parts: [part(expected, len), part(now.left, to_come)],
            taken: tally::rate(tally, self.probabilities),
        };
        if let Some(ratios) = now.governor.seen(&now.progress) {
            for curve in new {
                *curve = curve.scaled(ratios, ONE);
            }
        }
        now.governor = now.governor.after(&now.progress);
    }
}

impl Now {
    /// Nothing is encoded.
    fn start(most: u64, known: Known, curves: &[Curve]) -> Self {
        let all = Part {
            expected: Sum::of(curves),
            macroblocks: count_of(curves.len()),
        };
        Now {
            row: 0,
            governor: Governor::new(most, known, all),
            progress: Progress::default(),
            left: all.expected,
        }
    }

    /// The same if the frame may take so much, and macroblocks to come have these curves.
    fn again(&self, most: u64, curves: &[Curve]) -> Self {
        let mut next = *self;
        next.left = Sum::of(curves);
        next.progress.parts[1] = Part {
            expected: next.left,
            macroblocks: count_of(curves.len()),
        };
        next.governor = self.governor.again(most, &next.progress);
        next
    }
}

impl<K: EncodeKernels> Rows<'_, '_, K> {
    /// Nothing is encoded.
    fn begin(&mut self) {
        self.memory.between.begin();
        *self.memory.tally = Tally::NEW;
    }

    /// Bits of the frame as it is written, once all rows are encoded.
    fn length(&mut self) -> u64 {
        self.encoding.length(self.kernels, &mut self.memory)
    }

    /// Encodes macroblocks of a row: the first one, its column, their number.
    fn encode(
        &mut self,
        state: &mut RowState,
        (at, first, len): (usize, usize, usize),
    ) -> Result<(), Error> {
        let between = &mut self.memory.between;
        let above = between.above.get_mut(first..first + len);
        let contexts = between.contexts.get_mut(first..first + len);
        let lines = between.lines.get_mut(lines_len(first)..);
        let (lines, next) = lines
            .and_then(|lines| lines.split_at_mut_checked(lines_len(len)))
            .ok_or(Error::Memory)?;
        let macroblocks = self.memory.macroblocks.get_mut(at..at + len);
        let levels = self.memory.levels.get_mut(at..at + len);
        let searched = self.encoding.modes == Modes::Searched;
        let motion = self.motion.get(at..at + len).filter(|_| searched);
        let (_, mut strip) = self.picture.strips(state.cursor.row);
        let span = Span {
            state,
            motion: motion.unwrap_or_default(),
            between: &mut Between {
                above: above.ok_or(Error::Memory)?,
                contexts: contexts.ok_or(Error::Memory)?,
                lines,
            },
            above_right: next.first_chunk().copied(),
            macroblocks: macroblocks.ok_or(Error::Memory)?,
            levels: levels.ok_or(Error::Memory)?,
            strip: &mut strip,
            tally: &mut *self.memory.tally,
        };
        self.encoding.span(self.kernels, span)
    }

    /// Has a row of macroblocks say nothing but that it is what it is predicted from: the first one, its column, their number.
    fn skip(
        &mut self,
        segment: usize,
        (at, first, len): (usize, usize, usize),
    ) -> Result<(), Error> {
        let macroblocks = self.memory.macroblocks.get_mut(at..at + len);
        let plain = self.encoding.plain();
        macroblocks.ok_or(Error::Memory)?.fill(plain);
        self.encoding.modes = Modes::Given;
        self.encoding.plan.weights[segment & 3].squared = u32::MAX;
        self.encoding.plan.skip = 1;
        let row = at / self.encoding.columns().max(1);
        let done = self.encode(&mut RowState::new(row), (at, first, len));
        self.encoding.modes = Modes::Searched;
        done
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

fn count_of(macroblocks: usize) -> u32 {
    u32::try_from(macroblocks).unwrap_or(u32::MAX)
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
        self.plan.skip = self.draft.header.skip.unwrap_or(128);
        if governor.starves() {
            // What is not worth its bits is left out, however rare that was to be.
            self.plan.skip = 1;
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

    /// A macroblock that takes the least bits.
    fn plain(&self) -> Macroblock {
        let all = [Reference::Last, Reference::Golden, Reference::Altref];
        let mut usable = all.into_iter().zip(self.plan.usable.0);
        match usable.find(|&(_, usable)| usable) {
            Some((reference, _)) => Macroblock {
                reference,
                mode: LumaMode::Zero,
                ..Macroblock::NEW
            },
            None => Macroblock::NEW,
        }
    }
}
