//! The first stage: a row of macroblocks from bits to modes, vectors and coefficients.

use super::decode::Frame;
use super::error::Error;
use super::kernels::PixelKernels;
use super::modes::{self, Reference};
use super::motion::{self, Bounds, Neighbour, Vector};
use super::tables::filter_delta_of;
use super::tokens::{self, Contexts};
use crate::bool_coder::{Decoder, Reader};
use crate::kernels::Work;

pub use super::modes::Macroblock;
use super::modes::SubMode;
pub use super::tokens::Blocks;

/// What a macroblock leaves for that below it (or, while a row is parsed, for that to its right).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Above {
    /// Of the subblocks along the edge.
    pub(super) vectors: [Vector; 4],
    pub(super) sub_modes: [SubMode; 4],
    reference: Reference,
    split: bool,
    coefficients: Contexts,
}

impl Above {
    /// Nothing: as above the picture.
    pub const NEW: Self = Above {
        vectors: [Vector::ZERO; 4],
        sub_modes: [SubMode::Dc; 4],
        reference: Reference::None,
        split: false,
        coefficients: Contexts::NEW,
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

/// The syntax of a row of macroblocks.
#[derive(Debug)]
pub struct RowSyntax<'a> {
    /// One for each column.
    pub macroblocks: &'a mut [Macroblock],
    /// Their coefficients, dequantised. Where a macroblock has none they are not touched.
    pub blocks: &'a mut [Blocks],
}

impl RowSyntax<'_> {
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.macroblocks.len() >= columns && self.blocks.len() >= columns
    }
}

/// A parser between two rows.
#[derive(Debug)]
pub struct Parser<'a> {
    frame: &'a Frame<'a>,
    modes: Reader<'a>,
    tokens: [Reader<'a>; 8],
    row: usize,
    lacking: bool,
}

impl<'a> Parser<'a> {
    /// A parser before the first row.
    pub fn new(frame: &'a Frame<'a>) -> Self {
        let (decoder, rest) = frame.modes;
        Parser {
            frame,
            modes: decoder.attach(rest),
            tokens: frame.partitions.map(|bytes| Decoder::new().attach(bytes)),
            row: 0,
            lacking: false,
        }
    }

    /// The row at hand; `None` after the last.
    pub fn next_row(&self) -> Option<usize> {
        (self.row < self.frame.state.rows()).then_some(self.row)
    }

    /// Whether more was read than was there: zeros stood in for it.
    pub fn lacks_data(&self) -> bool {
        self.lacking || self.modes.exhausted()
    }

    /// Parses the row at hand, if there is one.
    ///
    /// `above` is memory between rows, one for each column, of any content before the first row.
    /// `segments` are those of the row in the map before the frame (not looked at in a key frame),
    /// `next_segments` those after it.
    ///
    /// # Errors
    ///
    /// [`Error::Memory`] if a slice is too short.
    pub fn row(
        &mut self,
        kernels: impl PixelKernels,
        above: &mut [Above],
        segments: &[u8],
        next_segments: &mut [u8],
        syntax: &mut RowSyntax<'_>,
    ) -> Result<(), Error> {
        if self.next_row().is_none() {
            return Ok(());
        }
        let columns = self.frame.state.columns();
        let above = above.get_mut(..columns).ok_or(Error::Memory)?;
        let next_segments = next_segments.get_mut(..columns).ok_or(Error::Memory)?;
        if !syntax.fits(columns) {
            return Err(Error::Memory);
        }
        if self.frame.header.key_frame {
            next_segments.fill(0);
        } else {
            next_segments.copy_from_slice(segments.get(..columns).ok_or(Error::Memory)?);
        }
        if self.row == 0 {
            above.fill(Above::default());
        }
        kernels.run(ParseRow {
            parser: self,
            above,
            segments: next_segments,
            macroblocks: &mut syntax.macroblocks[..columns],
            blocks: &mut syntax.blocks[..columns],
        });
        self.row += 1;
        Ok(())
    }
}

struct ParseRow<'p, 'a, 'm> {
    parser: &'p mut Parser<'a>,
    above: &'m mut [Above],
    segments: &'m mut [u8],
    macroblocks: &'m mut [Macroblock],
    blocks: &'m mut [Blocks],
}

impl Work for ParseRow<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let parser = self.parser;
        let frame = parser.frame;
        let columns = self.above.len();
        let partition = parser.row & (frame.header.partitions - 1) & 7;
        let mut modes = core::mem::take(&mut parser.modes);
        let mut tokens = core::mem::take(&mut parser.tokens[partition]);
        let bounds_y = Bounds::along(parser.row, frame.state.rows());
        let mut left = Above::default();
        let mut above_left = Neighbour::default();
        let rows = self.above.iter_mut().zip(self.segments);
        let outputs = self.macroblocks.iter_mut().zip(self.blocks);
        for (column, ((above, segment), (mb, blocks))) in rows.zip(outputs).enumerate() {
            let corner = core::mem::replace(&mut above_left, above.neighbour());
            let place = Place {
                frame,
                bounds: Bounds {
                    y: bounds_y,
                    x: Bounds::along(column, columns),
                },
                corner,
            };
            let skip = place.parse_modes(&mut modes, above, &mut left, segment, mb);
            let edges = [above, &mut left];
            place.parse_tokens(&mut tokens, skip, *segment, edges, mb, blocks);
        }
        parser.lacking |= tokens.exhausted();
        parser.modes = modes;
        parser.tokens[partition] = tokens;
    }
}

/// What parsing a macroblock depends on, besides its neighbours.
struct Place<'a> {
    frame: &'a Frame<'a>,
    bounds: Bounds,
    corner: Neighbour,
}

impl Place<'_> {
    /// Section 19.3. Says whether the macroblock is marked as having no coefficients.
    #[inline(always)]
    fn parse_modes(
        &self,
        reader: &mut Reader<'_>,
        above: &mut Above,
        left: &mut Above,
        segment: &mut u8,
        mb: &mut Macroblock,
    ) -> bool {
        let header = &self.frame.header;
        reader.prepare();
        if let Some(tree) = &header.segmentation.map {
            let high = reader.read(tree[0]);
            let low = reader.read(tree[1 + usize::from(high)]);
            *segment = u8::from(high) << 1 | u8::from(low);
        }
        let skip = header.skip.is_some_and(|p| reader.read_guessed(p));
        if header.key_frame {
            modes::read_key_modes(reader, above, left, mb);
            return skip;
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
        skip
    }

    /// Sections 13 and 9.6: coefficients, and how the macroblock is filtered.
    #[inline(always)]
    fn parse_tokens(
        &self,
        reader: &mut Reader<'_>,
        skip: bool,
        segment: u8,
        edges: [&mut Above; 2],
        mb: &mut Macroblock,
        blocks: &mut Blocks,
    ) {
        let frame = self.frame;
        let segment = usize::from(segment) & 3;
        let with_y2 = mb.mode.has_y2();
        let [above, left] = edges.map(|edge| &mut edge.coefficients);
        mb.coded = false;
        let mut marked = skip;
        if skip {
            above.skip(with_y2);
            left.skip(with_y2);
        } else if !reader.exhausted() {
            // Once the partition has ended libvpx looks for no more coefficients.
            let quantizer = &frame.quantizers[if frame.header.segmentation.enabled {
                segment
            } else {
                0
            }];
            let probabilities = &frame.tokens;
            let ends = &mut mb.ends;
            mb.coded = tokens::decode(
                reader,
                probabilities,
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
}
