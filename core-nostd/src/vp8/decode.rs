//! A frame: its header read, its partitions found; and the loop over its rows of four stages.

use super::error::Error;
use super::header::{self, FrameHeader, Limits, Tag};
use super::inter::Interpolation;
use super::kernels::PixelKernels;
use super::loop_filter::{
    Chroma, Filter, FilterLevels, Luma, OfMacroblocks, Simple, filter_levels,
};
use super::parse::{Blocks, Macroblock, Parser, RowSyntax};
use super::picture::{ChromaStrip, LumaStrip, PictureMut, References, Strip};
use super::quantizer::{Quantizer, quantizers};
use super::reconstruct::{Cursor, Edge, Lines, Reconstruct};
use super::state::{Probabilities, State};
use super::tokens::{TokenProbabilities, by_position};
use crate::bool_coder::Decoder;

/// A frame whose header has been read.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// What the header says.
    pub header: FrameHeader,
    /// The state after the frame.
    pub state: State,
    /// The first partition's decoder after the header, and the bytes that it has not consumed. As in libvpx these
    /// go on to the end of the frame, should the first partition be too short.
    pub(super) modes: (Decoder, &'a [u8]),
    pub(super) partitions: [&'a [u8]; 8],
    pub(super) probabilities: Probabilities,
    pub(super) tokens: TokenProbabilities,
    pub(super) quantizers: [Quantizer; 4],
    pub(super) filter_levels: FilterLevels,
    /// By reference.
    pub(super) sign_bias: [bool; 4],
    /// There was a key frame before.
    goes_on: bool,
}

impl<'a> Frame<'a> {
    /// Reads the header of a frame that follows the state `before`. There is nothing to decode in a frame of no bytes: the last
    /// picture is to be shown again, and the state stays as it is.
    ///
    /// # Errors
    ///
    /// If the frame cannot be decoded. Frames that are cut short later than in their headers can.
    pub fn begin(before: &State, data: &'a [u8], limits: &Limits) -> Result<Option<Self>, Error> {
        if data.is_empty() {
            return Ok(None);
        }
        let tag = Tag::read(data, limits)?;
        if !tag.key_frame && !before.has_key_frame() {
            return Err(Error::NoKeyFrame);
        }
        let body = data.get(tag.len..).unwrap_or_default();
        let mut reader = Decoder::new().attach(body);
        let mut state = *before;
        let mut probabilities = before.probabilities;
        let header = header::read(&tag, &mut reader, &mut state, &mut probabilities)?;
        let (decoder, consumed) = reader.detach();
        let after_first = body.get(tag.first_partition..).unwrap_or_default();
        let [golden, altref] = header.sign_bias;
        Ok(Some(Frame {
            modes: (decoder, body.get(consumed..).unwrap_or_default()),
            partitions: partitions(after_first, header.partitions)?,
            tokens: by_position(&probabilities.coefficients),
            quantizers: quantizers(&header, &state),
            filter_levels: filter_levels(&header, &state),
            sign_bias: [false, false, golden, altref],
            goes_on: before.has_key_frame(),
            probabilities,
            state,
            header,
        }))
    }

    /// Whether the frame may lack data (see [`Report`]): all but a key frame that begins a stream.
    ///
    /// # Errors
    ///
    /// [`Error::IncompleteKeyFrame`] if it lacks data and may not.
    pub fn accept(&self, lacks_data: bool) -> Result<Report, Error> {
        if lacks_data && !self.goes_on {
            return Err(Error::IncompleteKeyFrame);
        }
        Ok(Report { lacks_data })
    }
}

/// Section 9.5. Partitions that would begin at the frame's end are empty; others may not be.
fn partitions(after_first: &[u8], count: usize) -> Result<[&[u8]; 8], Error> {
    let table = 3 * (count - 1);
    let (sizes, mut rest) = after_first
        .split_at_checked(table)
        .ok_or(Error::TokenPartition)?;
    let mut partitions = [&[][..]; 8];
    let mut sizes = sizes.chunks_exact(3);
    for partition in partitions.iter_mut().take(count) {
        if rest.is_empty() {
            break;
        }
        let size = match sizes.next() {
            Some(&[a, b, c]) => u32::from_le_bytes([a, b, c, 0]) as usize,
            _ => rest.len(),
        };
        if size == 0 {
            return Err(Error::TokenPartition);
        }
        (*partition, rest) = rest.split_at_checked(size).ok_or(Error::TokenPartition)?;
    }
    Ok(partitions)
}

/// How a frame was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// More was read than was there, and zeros stood in for it.
    pub lacks_data: bool,
}

/// The third stage: makes pixels of the syntax of macroblocks, in `strip`, as they are before filtering.
///
/// They are the next macroblocks of a row, from `cursor` on: as many as `macroblocks` has, or all that are left. Those
/// to their left are done, and those of the row above up to one beyond the last. The row above may be filtered at the
/// same time.
///
/// # Errors
///
/// [`Error::Memory`] if memory or a reference does not have the frame's size, or there is no macroblock to reconstruct.
pub fn reconstruct(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    cursor: &mut Cursor,
    (macroblocks, blocks): (&[Macroblock], &[Blocks]),
    references: &References<'_>,
    edge: &mut Edge<'_>,
    strip: &mut Strip<'_>,
) -> Result<(), Error> {
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    let all = [references.last, references.golden, references.altref];
    let needless = frame.header.key_frame;
    if !needless && !all.iter().all(|picture| picture.fits(columns, rows)) {
        return Err(Error::Memory);
    }
    let span = macroblocks.len().min(columns.saturating_sub(cursor.column));
    if span == 0 || cursor.row >= rows || !strip.fits(columns) {
        return Err(Error::Memory);
    }
    let lines = Lines::new(edge, cursor.row, span).ok_or(Error::Memory)?;
    kernels.run(Reconstruct {
        kernels,
        interpolation: Interpolation::of_version(frame.header.version),
        macroblocks: &macroblocks[..span],
        blocks: blocks.get(..span).ok_or(Error::Memory)?,
        cursor,
        references,
        lines,
        strip,
    });
    Ok(())
}

/// The last stage: filters macroblocks of a row from column `first` on, and up to three lines of the row above it, which
/// has been filtered, as have those to their left.
///
/// # Errors
///
/// [`Error::Memory`] if memory does not have the frame's size.
pub fn filter(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    first: usize,
    macroblocks: &[Macroblock],
    above: Option<&mut Strip<'_>>,
    strip: &mut Strip<'_>,
) -> Result<(), Error> {
    let (luma_above, chroma_above) = match above {
        Some(above) => (Some(&mut above.luma), Some(&mut above.chroma)),
        None => (None, None),
    };
    let luma = luma_planes(frame, luma_above, &mut strip.luma)?;
    let chroma = chroma_planes(frame, chroma_above, &mut strip.chroma)?;
    filter_planes(
        kernels,
        frame,
        first,
        macroblocks,
        (Some(luma), Some(chroma)),
    );
    Ok(())
}

/// The same of luma alone, for a thread beside one at chroma. Together they take longer than [`filter`].
///
/// # Errors
///
/// As [`filter`].
pub fn filter_luma(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    first: usize,
    macroblocks: &[Macroblock],
    above: Option<&mut LumaStrip<'_>>,
    strip: &mut LumaStrip<'_>,
) -> Result<(), Error> {
    let luma = luma_planes(frame, above, strip)?;
    filter_planes(kernels, frame, first, macroblocks, (Some(luma), None));
    Ok(())
}

/// The same of chroma alone.
///
/// # Errors
///
/// As [`filter`].
pub fn filter_chroma(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    first: usize,
    macroblocks: &[Macroblock],
    above: Option<&mut ChromaStrip<'_>>,
    strip: &mut ChromaStrip<'_>,
) -> Result<(), Error> {
    let chroma = chroma_planes(frame, above, strip)?;
    filter_planes(kernels, frame, first, macroblocks, (None, Some(chroma)));
    Ok(())
}

fn luma_planes<'a, 'b, 's>(
    frame: &Frame<'_>,
    above: Option<&'a mut LumaStrip<'b>>,
    strip: &'a mut LumaStrip<'s>,
) -> Result<Luma<'a, 'b, 's>, Error> {
    let columns = frame.state.columns();
    let fits = strip.fits(columns) && above.as_ref().is_none_or(|above| above.fits(columns));
    fits.then_some(Luma { above, strip }).ok_or(Error::Memory)
}

fn chroma_planes<'a, 'b, 's>(
    frame: &Frame<'_>,
    above: Option<&'a mut ChromaStrip<'b>>,
    strip: &'a mut ChromaStrip<'s>,
) -> Result<Chroma<'a, 'b, 's>, Error> {
    let columns = frame.state.columns();
    let fits = strip.fits(columns) && above.as_ref().is_none_or(|above| above.fits(columns));
    fits.then_some(Chroma { above, strip }).ok_or(Error::Memory)
}

/// Filters as many macroblocks as there are up to the row's end. The simple filter leaves chroma alone.
fn filter_planes(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    first: usize,
    macroblocks: &[Macroblock],
    (luma, chroma): (Option<Luma<'_, '_, '_>>, Option<Chroma<'_, '_, '_>>),
) {
    let header = &frame.header;
    if header.filter.level == 0 {
        return;
    }
    let left = frame.state.columns().saturating_sub(first);
    let macroblocks = &macroblocks[..macroblocks.len().min(left)];
    if !header.filter.simple {
        kernels.run(Filter {
            kernels,
            header,
            strengths: OfMacroblocks,
            first,
            macroblocks,
            planes: (luma, chroma),
        });
    } else if let Some(luma) = luma {
        kernels.run(Filter {
            kernels,
            header,
            strengths: OfMacroblocks,
            first,
            macroblocks,
            planes: Simple(luma),
        });
    }
}

/// What [`decode`] works with: of any content before, of no meaning after.
#[derive(Debug)]
pub struct Memory<'a> {
    /// For the first two stages.
    pub syntax: RowSyntax<'a>,
    /// [`super::lines_len`] bytes for a row.
    pub lines: &'a mut [u8],
}

/// Decodes a frame, row after row, into `picture`. The state after it is [`Frame::state`], and
/// [`FrameHeader::references`] says what becomes of the references.
///
/// `segments` is the segment map before the frame (of any length before a key frame), `next_segments` that after it.
///
/// # Errors
///
/// [`Error::Memory`] if memory or a picture does not have the frame's size; [`Error::IncompleteKeyFrame`] as
/// [`Frame::accept`] says. The picture and `next_segments` are of no meaning then.
pub fn decode(
    kernels: impl PixelKernels,
    frame: &Frame<'_>,
    references: &References<'_>,
    segments: &[u8],
    next_segments: &mut [u8],
    memory: &mut Memory<'_>,
    picture: &mut PictureMut<'_>,
) -> Result<Report, Error> {
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    if !picture.as_picture().fits(columns, rows) {
        return Err(Error::Memory);
    }
    let mut parser = Parser::new(frame);
    let mut next_rows = next_segments.chunks_mut(columns.max(1));
    let mut old_rows = segments.chunks(columns.max(1));
    while let Some(row) = parser.next_row() {
        let old = old_rows.next().unwrap_or_default();
        let next = next_rows.next().unwrap_or_default();
        parser.row(kernels, old, next, &mut memory.syntax)?;
        let syntax = (&*memory.syntax.macroblocks, &*memory.syntax.blocks);
        let mut edge = Edge {
            lines: memory.lines,
            above_right: None,
        };
        let (mut above, mut strip) = picture.strips(row);
        let cursor = &mut Cursor::new(row);
        reconstruct(
            kernels, frame, cursor, syntax, references, &mut edge, &mut strip,
        )?;
        filter(kernels, frame, 0, syntax.0, above.as_mut(), &mut strip)?;
    }
    frame.accept(parser.lacks_data())
}
