//! A frame of at most so many bytes.

use super::analysis::MotionAnalysis;
use super::cost;
use super::frame::{
    Draft, Encoded, Input, Memory, ROUNDING, Room, RowsMemory, finish_rows, search_level,
};
use super::governor::{Known, OF_OTHERS, ratio};
use super::kernels::EncodeKernels;
use super::length::{bits_of, of_header};
use super::logs::{Log, OCTAVE, log2, times_exp2};
use super::quantizer::MacroblockQuantizer;
use super::rate::{quantizer_of, step_of};
use super::rebase::tree;
use super::row::Between;
use super::settings::{Error, Settings};
use super::stages::{Encoding, probabilities_before};
use super::steer::{Halt, Rows, Steered};
use super::survey::{Curve, PLACES, Place, Survey};
use super::tally;
use super::weights::Weights;
use crate::vp8::header::{FrameHeader, SegmentationHeader};
use crate::vp8::picture::PictureMut;
use crate::vp8::quantizer::quantizer;
use crate::vp8::state::Probabilities;
use crate::vp8::tokens::by_position;

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

/// Encodes a frame again, so that it takes most of the bytes that it may, and no more. `input`, `analyses` and `settings` are those of
/// the first encoding, and `memory` is as [`encode`](super::encode) left it.
///
/// The quantizer follows from what a survey finds that the frame would take with some others. While the frame is encoded its bits are
/// counted; if they are not what they were to be what follows is rounded otherwise, or gets another quantizer, as a segment of
/// its own. If the frame misses all the same the rows with the last third of its bits are encoded once more, up to three times, or, if
/// that would not do, all of them, up to twice: mostly frames of less than 100 bytes need that. If it still takes too much its last rows, or
/// all, say nothing but that they are as their prediction; one that takes too much even so stays too long: look at its length.
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
    let known = Known {
        middle,
        first: step_of(settings.quantizers.base),
        ratio: ratio(of_first[0].into(), all.into()),
    };
    let each = of_first[1] / (count as u64).max(1);
    let each = u32::try_from(each).unwrap_or(u32::MAX);
    curves.iter_mut().for_each(|curve| curve.others = each);
    let mut steered = Steered::new([most, bits_of(fit.most)], known, probabilities, curves);
    let memory = RowsMemory {
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
    let halt = &mut fit_memory.halt;
    let mut rows = Rows {
        kernels,
        encoding,
        motion,
        memory,
        halt: Halt {
            tally: &mut *halt.tally,
            above: &mut *halt.above,
            contexts: &mut *halt.contexts,
            lines: &mut *halt.lines,
        },
        picture,
    };
    steered.encode(&mut rows)?;
    let Rows {
        mut encoding,
        mut memory,
        picture,
        ..
    } = rows;
    encoding.say_segments(before);
    if let Some(trial) = trial.filter(|_| encoding.tries_levels()) {
        let strips = &mut *trial.y.data;
        search_level(kernels, &mut encoding, memory.macroblocks, picture, strips)?;
    }
    encoding.say_values();
    finish_rows(kernels, encoding, &mut memory, picture, bytes)
}

/// About the step that the frame is going to need: the fewer bits a macroblock has, the more of them vanish with a coarser one.
/// Measured on real video.
fn middle(most: u64, [tokens, others]: [u64; 2], macroblocks: usize, quantizer: u8) -> Log {
    let macroblocks = (macroblocks as u64).max(1);
    let bits = |value: u64| log2(value.max(1)) - log2(u64::from(cost::BIT));
    // Of hardly any it is not known what they go with.
    let tokens = tokens.max(macroblocks * u64::from(cost::BIT) / 8);
    let each = bits(tokens) - log2(macroblocks);
    let exponent = (OCTAVE * 5 - each * 45 / 100).clamp(OCTAVE, OCTAVE * 6);
    let mut coarser = 0;
    // How much there is for coefficients depends on the step, too.
    for _ in 0..3 {
        let others = times_exp2(others, -coarser * OF_OTHERS / OCTAVE);
        let excess = bits(tokens) - bits(most.saturating_sub(others).max(most / 16));
        coarser = (excess * OCTAVE / exponent).clamp(-4 * OCTAVE, 4 * OCTAVE);
    }
    (step_of(quantizer) + coarser).clamp(step_of(0), step_of(127))
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

/// The bits that macroblocks may take, in 256ths as [`tally::rate`] counts them, where it counted `of_first` of the first encoding.
fn allowed(
    draft: &Draft,
    probabilities: &Probabilities,
    fit: &Fit<'_>,
    [tokens, others]: [u64; 2],
) -> u64 {
    let header = of_header(&draft.header, &draft.header_context(probabilities));
    let (took, most) = (bits_of(fit.first.len), bits_of(fit.most));
    let counted = tokens + others;
    if took >= counted + header {
        return most.saturating_sub(took - counted);
    }
    // Probabilities of modes and vectors were adapted, too: the fewer there are, the less that gains.
    let coded = took.saturating_sub(header).max(1);
    let most = u128::from(most.saturating_sub(header)) * u128::from(counted) / u128::from(coded);
    u64::try_from(most).unwrap_or(u64::MAX)
}

impl Encoding<'_> {
    /// Has the header say what segments there are, if there is more than one. Without a map `before` it was all zeros.
    fn say_segments(&mut self, before: Option<&[u8]>) {
        let draft = &mut self.draft;
        if draft.after.segmentation.quantizers == [0; 4] {
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
