//! An inter frame that follows other frames than those it was made for: its modes and vectors stay, or others close by take their
//! place; its residue is new.

use super::effort::Effort;
use super::frame::{
    Draft, Encoded, Input, Memory, Room, RowsMemory, Tables, encode_rows, finish_rows,
};
use super::kernels::EncodeKernels;
use super::plan::Usable;
use super::row::Between;
use super::settings::{Error, Expected};
use super::stages::{Encoding, Modes};
use super::tally::{Tally, probability};
use crate::vp8::decode::Frame;
use crate::vp8::header::SegmentationHeader;
use crate::vp8::modes::{Macroblock, Reference};
use crate::vp8::parse::{Above, ModeParser};
use crate::vp8::picture::{Picture, PictureMut, References};
use crate::vp8::quantizer::quantizers;
use crate::vp8::state::State;

/// What a frame is rebased from, and onto what.
#[derive(Clone, Copy, Debug)]
pub struct Rebase<'a> {
    /// What the frame is to follow, and the picture that it shows.
    pub onto: Input<'a>,
    /// The segment map of what it is to follow.
    pub segments: &'a [u8],
    /// The frame, [begun](Frame::begin) after the state that it was made for.
    pub frame: &'a Frame<'a>,
    /// The segment map that it was made for.
    pub frame_segments: &'a [u8],
}

/// Segment maps after a frame: one byte for each macroblock, to be written.
#[derive(Debug)]
pub struct SegmentMaps<'a> {
    /// After the frame that was made of it.
    pub rebased: &'a mut [u8],
    /// After the frame as it was: with [`Frame::state`] that which the next frame was made for.
    pub frame: &'a mut [u8],
}

/// Encodes an inter frame again, after another state and other references: with what its header says of quantizers, segments, the
/// loop filter, partitions and references. Macroblocks keep their modes, references and vectors; or, if the effort
/// [revises](Effort::revises) them, get those of their neighbours or vectors close by, and what [more](Effort::revising_more) is
/// looked at, where these are better now. Their residue is that of the new prediction, quantised with the trellis of `effort`;
/// probabilities are adapted anew. `picture` becomes what decoders make of it.
///
/// Neither the pictures nor the coefficients of the frame as it was are needed.
///
/// # Errors
///
/// [`Error::KeyFrame`], [`Error::Size`] and [`Error::LacksModes`] if the frame cannot be rebased, and [`Error::NoKeyFrame`],
/// [`Error::Memory`], [`Error::Room`] and [`Error::PartitionLength`] as [`encode`](super::encode).
pub fn rebase(
    kernels: impl EncodeKernels,
    from: &Rebase<'_>,
    effort: &Effort,
    memory: &mut Memory<'_>,
    maps: &mut SegmentMaps<'_>,
    picture: &mut PictureMut<'_>,
    bytes: &mut [u8],
) -> Result<Encoded, Error> {
    let state = from.onto.state;
    let size = [state.columns(), state.rows()];
    let room = Room::of(memory, size)?;
    let tables = (room.tables, &mut *room.above, &mut *room.macroblocks);
    let (encoding, tally) = Encoding::rebase(kernels, from, effort, tables, maps)?;
    if !picture.as_picture().fits(size[0], size[1]) {
        return Err(Error::Memory);
    }
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
    encode_rows(kernels, &encoding, &[], &mut memory, picture)?;
    finish_rows(kernels, encoding, &mut memory, picture, bytes)
}

impl<'a> Encoding<'a> {
    /// Begins to [`rebase`] a frame: its modes are in `macroblocks` then. The tally is empty.
    ///
    /// # Errors
    ///
    /// As [`rebase`].
    pub fn rebase(
        kernels: impl EncodeKernels,
        from: &'a Rebase<'a>,
        effort: &Effort,
        (tables, above, macroblocks): (&'a mut Tables, &mut [Above], &mut [Macroblock]),
        maps: &'a mut SegmentMaps<'_>,
    ) -> Result<(Self, &'a mut Tally), Error> {
        let mut draft = draft(from)?;
        let count = draft.before.macroblocks();
        let macroblocks = macroblocks.get_mut(..count).ok_or(Error::Memory)?;
        parse_modes(kernels, from, maps.frame, above, macroblocks)?;
        let segments = say_segments(&mut draft.header.segmentation, from, maps, count)?;
        let modes = if effort.revises() {
            tables.vectors.fill(&draft.before.probabilities.vectors);
            draft.usable = usable(from, macroblocks);
            Modes::Revised
        } else {
            Modes::Given
        };
        let effort = &effort.of_revision();
        let (mut encoding, tally) = Encoding::new(draft, &from.onto, effort, tables, modes);
        encoding.segments = segments;
        Ok((encoding, tally))
    }
}

/// The frame's header, and the states before and after it where it is to be.
fn draft(from: &Rebase<'_>) -> Result<Draft, Error> {
    let (frame, onto) = (from.frame, &from.onto);
    let before = *onto.state;
    if frame.header.key_frame {
        return Err(Error::KeyFrame);
    }
    if !before.has_key_frame() {
        return Err(Error::NoKeyFrame);
    }
    let size = |state: &State| [state.width, state.height];
    if size(&frame.state) != size(&before) {
        return Err(Error::Size {
            frame: size(&frame.state),
            state: size(&before),
        });
    }
    let references = onto.references;
    let all = [
        onto.source,
        &references.last,
        &references.golden,
        &references.altref,
    ];
    let fits = |picture: &&Picture<'_>| picture.fits(before.columns(), before.rows());
    if !all.iter().all(fits) {
        return Err(Error::Memory);
    }
    let mut header = frame.header;
    header.skip = Some(header.skip.unwrap_or(Expected::NOTHING.coded).max(1));
    let mut after = before;
    if header.filter.deltas_enabled {
        after.reference_deltas = frame.state.reference_deltas;
        after.mode_deltas = frame.state.mode_deltas;
    }
    if header.segmentation.enabled {
        after.segmentation = frame.state.segmentation;
        header.segmentation.values_updated = after.segmentation != before.segmentation;
    }
    Ok(Draft {
        quantizers: quantizers(&header, &after),
        header,
        before,
        after,
        usable: Usable([false; 3]),
    })
}

/// The references that are looked at: those that the frame refers to, and the golden frame. Frames that do not keep their
/// probabilities may be meant to depend on little, so they get no other reference.
fn usable(from: &Rebase<'_>, macroblocks: &[Macroblock]) -> Usable {
    let all = [Reference::Last, Reference::Golden, Reference::Altref];
    let mut usable = all.map(|which| macroblocks.iter().any(|mb| mb.reference == which));
    let References { last, golden, .. } = from.onto.references;
    usable[1] |= from.frame.header.refresh_entropy && !golden.shows_the_same(last);
    Usable(usable)
}

/// Reads all modes and vectors of the frame, and the segment map after it.
fn parse_modes(
    kernels: impl EncodeKernels,
    from: &Rebase<'_>,
    next_segments: &mut [u8],
    above: &mut [Above],
    macroblocks: &mut [Macroblock],
) -> Result<(), Error> {
    let columns = from.frame.state.columns().max(1);
    let mut parser = ModeParser::new(from.frame);
    let old = from.frame_segments.chunks(columns);
    let maps = old.zip(next_segments.chunks_mut(columns));
    let mut count = 0;
    for (macroblocks, (old, next)) in macroblocks.chunks_mut(columns).zip(maps) {
        let parsed = parser.span(kernels, above, old, next, macroblocks);
        parsed.map_err(|_| Error::Memory)?;
        count += 1;
    }
    if count < from.frame.state.rows() {
        return Err(Error::Memory);
    }
    if parser.lacks_data() {
        return Err(Error::LacksModes);
    }
    Ok(())
}

/// Has the header say the segment map; gives it, if there is one in use. It is said even if it is that before: not all decoders
/// keep a map over frames without segments.
fn say_segments<'a>(
    header: &mut SegmentationHeader,
    from: &Rebase<'_>,
    maps: &'a mut SegmentMaps<'_>,
    count: usize,
) -> Result<&'a mut [u8], Error> {
    let before = from.segments.get(..count).ok_or(Error::Memory)?;
    let of_frame = maps.frame.get(..count).ok_or(Error::Memory)?;
    let rebased = maps.rebased.get_mut(..count).ok_or(Error::Memory)?;
    if !header.enabled {
        rebased.copy_from_slice(before);
        return Ok(&mut []);
    }
    rebased.copy_from_slice(of_frame);
    header.map = Some(tree(of_frame));
    Ok(rebased)
}

/// The probabilities of a segment map's tree.
pub(super) fn tree(segments: &[u8]) -> [u8; 3] {
    let mut counts = [[0; 2]; 3];
    for &segment in segments {
        let [high, low] = [segment >> 1 & 1, segment & 1].map(usize::from);
        counts[0][high] += 1;
        counts[1 + high][low] += 1;
    }
    counts.map(|counts| probability(counts).unwrap_or(255))
}
