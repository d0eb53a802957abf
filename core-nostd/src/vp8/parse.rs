//! The first two stages: macroblocks from bits to modes and vectors, and to coefficients.
//!
//! A span is some consecutive macroblocks of a row, from a place on that the parser knows.

use super::decode::Frame;
use super::error::Error;
use super::kernels::PixelKernels;
use super::modes::{self, Reference};
use super::motion::{self, Bounds, Neighbour, Vector};
use super::tables::filter_delta_of;
use super::tokens;
use crate::bool_coder::{Decoder, Reader};
use crate::kernels::Work;

pub use super::modes::Macroblock;
use super::modes::SubMode;
pub use super::tokens::{Blocks, Contexts};

/// The modes and vectors that a macroblock leaves for that below it (or, within a row, for that to its right).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Above {
    /// Of the subblocks along the edge.
    pub(super) vectors: [Vector; 4],
    pub(super) sub_modes: [SubMode; 4],
    reference: Reference,
    split: bool,
}

impl Above {
    /// Nothing: as above the picture.
    pub const NEW: Self = Above {
        vectors: [Vector::ZERO; 4],
        sub_modes: [SubMode::Dc; 4],
        reference: Reference::None,
        split: false,
    };

    /// The macroblock's vector, or that of its last subblock.
    #[inline(always)]
    pub(super) fn neighbour(&self) -> Neighbour {
        Neighbour {
            vector: self.vectors[3],
            reference: self.reference,
            split: self.split,
        }
    }
}

/// The next macroblock to be parsed.
#[derive(Clone, Copy, Debug)]
struct Place {
    row: usize,
    column: usize,
    /// From a row to the parser's next one.
    step: usize,
}

impl Place {
    /// The row at hand, `None` after the last.
    fn next_row(&self, frame: &Frame<'_>) -> Option<usize> {
        (self.row < frame.state.rows()).then_some(self.row)
    }

    /// How many of `count` macroblocks the row still has: there must be one.
    fn span(&self, frame: &Frame<'_>, count: usize) -> Result<usize, Error> {
        let left = frame.state.columns().saturating_sub(self.column);
        let span = left.min(count);
        if span == 0 || self.next_row(frame).is_none() {
            return Err(Error::Memory);
        }
        Ok(span)
    }

    fn advance(&mut self, frame: &Frame<'_>, span: usize) {
        self.column += span;
        if self.column >= frame.state.columns() {
            self.row += self.step;
            self.column = 0;
        }
    }
}

/// Reads modes and vectors: the first partition, after the header.
#[derive(Debug)]
pub struct ModeParser<'a> {
    frame: &'a Frame<'a>,
    reader: Reader<'a>,
    place: Place,
    left: Above,
    above_left: Neighbour,
}

impl<'a> ModeParser<'a> {
    /// A parser before the first row.
    pub fn new(frame: &'a Frame<'a>) -> Self {
        let (decoder, rest) = frame.modes;
        ModeParser {
            frame,
            reader: decoder.attach(rest),
            place: Place {
                row: 0,
                column: 0,
                step: 1,
            },
            left: Above::NEW,
            above_left: Neighbour::default(),
        }
    }

    /// The row at hand; `None` after the last.
    pub fn next_row(&self) -> Option<usize> {
        self.place.next_row(self.frame)
    }

    /// Whether more was read than was there: zeros stood in for it.
    pub fn lacks_data(&self) -> bool {
        self.reader.exhausted()
    }

    /// Parses the next macroblocks of the row at hand: as many as `macroblocks` has room for, or all that are left.
    ///
    /// `above` is memory between rows, one for each macroblock, of any content before the first row.
    /// `segments` are those of the span in the map before the frame (not looked at in a key frame),
    /// `next_segments` those after it.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if a slice is too short, or there is nothing to parse.
    pub fn span(
        &mut self,
        kernels: impl PixelKernels,
        above: &mut [Above],
        segments: &[u8],
        next_segments: &mut [u8],
        macroblocks: &mut [Macroblock],
    ) -> Result<(), Error> {
        let span = self.place.span(self.frame, macroblocks.len())?;
        let above = above.get_mut(..span).ok_or(Error::Memory)?;
        let next_segments = next_segments.get_mut(..span).ok_or(Error::Memory)?;
        if self.frame.header.key_frame {
            next_segments.fill(0);
        } else {
            next_segments.copy_from_slice(segments.get(..span).ok_or(Error::Memory)?);
        }
        if self.place.row == 0 {
            above.fill(Above::NEW);
        }
        if self.place.column == 0 {
            self.left = Above::NEW;
            self.above_left = Neighbour::default();
        }
        kernels.run(ParseModes {
            parser: self,
            above,
            segments: next_segments,
            macroblocks: &mut macroblocks[..span],
        });
        self.place.advance(self.frame, span);
        Ok(())
    }
}

/// Reads coefficients: one of the other partitions, whose rows are as many apart as there are partitions
/// (section 9.5).
#[derive(Debug)]
pub struct TokenParser<'a> {
    frame: &'a Frame<'a>,
    reader: Reader<'a>,
    place: Place,
    left: Contexts,
    lacking: bool,
}

impl<'a> TokenParser<'a> {
    /// A parser before the first row of a partition, of which there are [`partitions`](super::FrameHeader::partitions);
    /// others have no rows.
    pub fn new(frame: &'a Frame<'a>, partition: usize) -> Self {
        let bytes = frame.partitions.get(partition).copied().unwrap_or_default();
        let is_there = partition < frame.header.partitions;
        TokenParser {
            frame,
            reader: Decoder::new().attach(bytes),
            place: Place {
                row: if is_there { partition } else { usize::MAX },
                column: 0,
                step: frame.header.partitions,
            },
            left: Contexts::NEW,
            lacking: false,
        }
    }

    /// The row at hand; `None` after the partition's last.
    pub fn next_row(&self) -> Option<usize> {
        self.place.next_row(self.frame)
    }

    /// As [`ModeParser::lacks_data`].
    pub fn lacks_data(&self) -> bool {
        self.lacking
    }

    /// Parses the next macroblocks of the row at hand, whose modes are known: as many as `macroblocks` has, or all
    /// that are left.
    ///
    /// `contexts` is memory between rows, be they of the same partition or not: one for each macroblock, of any content
    /// before the first row. `segments` are those of the span in the map after the frame. Coefficients are dequantised;
    /// where a macroblock has none, `blocks` are not touched.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if a slice is too short, or there is nothing to parse.
    pub fn span(
        &mut self,
        kernels: impl PixelKernels,
        contexts: &mut [Contexts],
        segments: &[u8],
        macroblocks: &mut [Macroblock],
        blocks: &mut [Blocks],
    ) -> Result<(), Error> {
        let span = self.place.span(self.frame, macroblocks.len())?;
        let contexts = contexts.get_mut(..span).ok_or(Error::Memory)?;
        let blocks = blocks.get_mut(..span).ok_or(Error::Memory)?;
        if self.place.row == 0 {
            contexts.fill(Contexts::NEW);
        }
        if self.place.column == 0 {
            self.left = Contexts::NEW;
        }
        kernels.run(ParseTokens {
            parser: self,
            contexts,
            segments: segments.get(..span).ok_or(Error::Memory)?,
            macroblocks: &mut macroblocks[..span],
            blocks,
        });
        self.lacking |= self.reader.exhausted();
        self.place.advance(self.frame, span);
        Ok(())
    }
}

/// The syntax of a row of macroblocks, and what the row below depends on: one of each for each column, of any
/// content before the first row.
#[derive(Debug)]
pub struct RowSyntax<'a> {
    /// Modes and vectors along the row's lower edge.
    pub above: &'a mut [Above],
    /// Contexts of coefficients there.
    pub contexts: &'a mut [Contexts],
    /// The macroblocks.
    pub macroblocks: &'a mut [Macroblock],
    /// Their coefficients, dequantised. Where a macroblock has none they are not touched.
    pub blocks: &'a mut [Blocks],
}

/// Parsers of all partitions, between two rows.
#[derive(Debug)]
pub struct Parser<'a> {
    modes: ModeParser<'a>,
    tokens: [TokenParser<'a>; 8],
}

impl<'a> Parser<'a> {
    /// A parser before the first row.
    pub fn new(frame: &'a Frame<'a>) -> Self {
        Parser {
            modes: ModeParser::new(frame),
            tokens: core::array::from_fn(|partition| TokenParser::new(frame, partition)),
        }
    }

    /// The row at hand; `None` after the last.
    pub fn next_row(&self) -> Option<usize> {
        self.modes.next_row()
    }

    /// As [`ModeParser::lacks_data`], of all partitions.
    pub fn lacks_data(&self) -> bool {
        self.modes.lacks_data() || self.tokens.iter().any(TokenParser::lacks_data)
    }

    /// Parses the row at hand, if there is one. Segments are as for [`ModeParser::span`].
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if a slice is too short.
    pub fn row(
        &mut self,
        kernels: impl PixelKernels,
        segments: &[u8],
        next_segments: &mut [u8],
        syntax: &mut RowSyntax<'_>,
    ) -> Result<(), Error> {
        let Some(row) = self.next_row() else {
            return Ok(());
        };
        let frame = self.modes.frame;
        let columns = frame.state.columns();
        let macroblocks = syntax.macroblocks.get_mut(..columns).ok_or(Error::Memory)?;
        let above = &mut *syntax.above;
        self.modes
            .span(kernels, above, segments, next_segments, macroblocks)?;
        let tokens = &mut self.tokens[row & (frame.header.partitions - 1) & 7];
        let (contexts, blocks) = (&mut *syntax.contexts, &mut *syntax.blocks);
        tokens.span(kernels, contexts, next_segments, macroblocks, blocks)
    }
}

struct ParseModes<'p, 'a, 'm> {
    parser: &'p mut ModeParser<'a>,
    above: &'m mut [Above],
    segments: &'m mut [u8],
    macroblocks: &'m mut [Macroblock],
}

impl Work for ParseModes<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let parser = self.parser;
        let (frame, place) = (parser.frame, parser.place);
        // Copies of their own: in registers.
        let mut reader = core::mem::take(&mut parser.reader);
        let (mut left, mut above_left) = (parser.left, parser.above_left);
        let bounds_y = Bounds::along(place.row, frame.state.rows());
        let macroblocks = self.macroblocks.iter_mut().zip(self.segments);
        for (i, (above, (mb, segment))) in self.above.iter_mut().zip(macroblocks).enumerate() {
            let corner = core::mem::replace(&mut above_left, above.neighbour());
            let surroundings = Surroundings {
                frame,
                bounds: Bounds {
                    y: bounds_y,
                    x: Bounds::along(place.column + i, frame.state.columns()),
                },
                corner,
            };
            surroundings.parse_modes(&mut reader, above, &mut left, segment, mb);
        }
        (parser.left, parser.above_left) = (left, above_left);
        parser.reader = reader;
    }
}

/// What the modes of a macroblock depend on, besides its neighbours.
struct Surroundings<'a> {
    frame: &'a Frame<'a>,
    bounds: Bounds,
    corner: Neighbour,
}

impl Surroundings<'_> {
    /// Section 19.3.
    #[inline(always)]
    fn parse_modes(
        &self,
        reader: &mut Reader<'_>,
        above: &mut Above,
        left: &mut Above,
        segment: &mut u8,
        mb: &mut Macroblock,
    ) {
        let header = &self.frame.header;
        reader.prepare();
        if let Some(tree) = &header.segmentation.map {
            let high = reader.read(tree[0]);
            let low = reader.read(tree[1 + usize::from(high)]);
            *segment = u8::from(high) << 1 | u8::from(low);
        }
        mb.coded = !header.skip.is_some_and(|p| reader.read_guessed(p));
        if header.key_frame {
            return modes::read_key_modes(reader, above, left, mb);
        }
        mb.reference = Reference::None;
        if reader.read_guessed(header.intra) {
            mb.reference = if !reader.read_guessed(header.last) {
                Reference::Last
            } else if !reader.read_guessed(header.golden) {
                Reference::Golden
            } else {
                Reference::Altref
            };
            let context = motion::Context {
                above,
                left,
                above_left: self.corner,
                bounds: self.bounds,
                sign_bias: &self.frame.sign_bias,
                probabilities: &self.frame.probabilities.vectors,
            };
            motion::read_vectors(reader, &context, mb);
        } else {
            let p = &self.frame.probabilities;
            modes::read_intra_modes(reader, &p.y_modes, &p.uv_modes, mb);
            mb.vectors[0] = Vector::ZERO;
        }
        leave_vectors(mb, above, left);
    }
}

/// Leaves an inter frame's macroblock to those to its right and below.
#[inline(always)]
pub(super) fn leave_vectors(mb: &Macroblock, above: &mut Above, left: &mut Above) {
    let split = mb.mode == modes::LumaMode::Split;
    for edge in [&mut *above, &mut *left] {
        edge.reference = mb.reference;
        edge.split = split;
        edge.vectors = [mb.vectors[0]; 4];
    }
    if split {
        let v = &mb.vectors;
        above.vectors = [v[12], v[13], v[14], v[15]];
        left.vectors = [v[3], v[7], v[11], v[15]];
    }
}

struct ParseTokens<'p, 'a, 'm> {
    parser: &'p mut TokenParser<'a>,
    contexts: &'m mut [Contexts],
    segments: &'m [u8],
    macroblocks: &'m mut [Macroblock],
    blocks: &'m mut [Blocks],
}

impl Work for ParseTokens<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let parser = self.parser;
        let mut reader = core::mem::take(&mut parser.reader);
        let mut left = parser.left;
        let frame = parser.frame;
        let rows = self.contexts.iter_mut().zip(self.segments);
        let macroblocks = self.macroblocks.iter_mut().zip(self.blocks);
        for ((above, &segment), (mb, blocks)) in rows.zip(macroblocks) {
            let edges = [above, &mut left];
            parse_tokens(frame, &mut reader, segment, edges, mb, blocks);
        }
        parser.left = left;
        parser.reader = reader;
    }
}

/// Sections 13 and 9.6: coefficients, and how the macroblock is filtered.
#[inline(always)]
fn parse_tokens(
    frame: &Frame<'_>,
    reader: &mut Reader<'_>,
    segment: u8,
    [above, left]: [&mut Contexts; 2],
    mb: &mut Macroblock,
    blocks: &mut Blocks,
) {
    let segment = usize::from(segment) & 3;
    let with_y2 = mb.mode.has_y2();
    let mut marked = !mb.coded;
    if marked {
        above.skip(with_y2);
        left.skip(with_y2);
    } else if reader.exhausted() {
        // Once the partition has ended libvpx looks for no more coefficients.
        mb.coded = false;
    } else {
        let quantizer = &frame.quantizers[if frame.header.segmentation.enabled {
            segment
        } else {
            0
        }];
        let ends = &mut mb.ends;
        mb.coded = tokens::decode(
            reader,
            &frame.tokens,
            quantizer,
            with_y2,
            [above, left],
            (blocks, ends),
        );
        marked = !mb.coded;
    }
    mb.filter_inner = !(marked && with_y2);
    let levels = &frame.filter_levels[segment][mb.reference as usize & 3];
    mb.filter_level = levels[filter_delta_of(mb.mode)];
}
