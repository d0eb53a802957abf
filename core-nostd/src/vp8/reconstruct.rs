//! The third stage: macroblocks of a row from modes, vectors and coefficients to pixels that are not filtered yet.

use super::inter::{self, Interpolation, Pixels, Position};
use super::intra::{self, ABOVE_PICTURE, LEFT_OF_PICTURE, SubEdge, Surroundings};
use super::kernels::{Dst, PixelKernels};
use super::modes::{LumaMode, Macroblock, Reference};
use super::picture::{ChromaStrip, LumaStrip, References, Strip};
use super::tokens::{Blocks, Y2_BLOCK};
use crate::kernels::Work;

/// Bytes for the lowest lines of some macroblocks: what those below are predicted from, not filtered. Luma comes
/// first.
pub const fn lines_len(macroblocks: usize) -> usize {
    macroblocks * 32
}

/// What the macroblocks of a span are predicted from, besides pictures and what is to their left.
#[derive(Debug)]
pub struct Edge<'a> {
    /// The lowest lines of the macroblocks above ([`lines_len`] bytes), of any content in the first row; then those of
    /// the span itself.
    pub lines: &'a mut [u8],
    /// The four luma pixels above and to the right of the last macroblock: the first of the next span's lines. `None`
    /// if it is the row's last; not looked at in the first row.
    pub above_right: Option<[u8; 4]>,
}

/// Where reconstruction is in a row, and what passes from a macroblock to the next: pixels above and to the left of it.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    pub(super) row: usize,
    pub(super) column: usize,
    /// By plane.
    pub(super) corners: [u8; 3],
}

impl Cursor {
    /// At the start of a row.
    pub const fn new(row: usize) -> Self {
        let corner = if row == 0 {
            ABOVE_PICTURE
        } else {
            LEFT_OF_PICTURE
        };
        Cursor {
            row,
            column: 0,
            corners: [corner; 3],
        }
    }
}

/// The edge, plane by plane.
pub(super) struct Lines<'a> {
    pub y: &'a mut [u8],
    pub u: &'a mut [u8],
    pub v: &'a mut [u8],
    pub above_right: [u8; 4],
}

impl<'a> Lines<'a> {
    /// The edge above so many macroblocks of a row; `None` if it does not hold them.
    pub(super) fn new(edge: &'a mut Edge<'_>, row: usize, macroblocks: usize) -> Option<Self> {
        let lines = edge.lines.get_mut(..lines_len(macroblocks))?;
        if row == 0 {
            lines.fill(ABOVE_PICTURE);
        }
        let (y, rest) = lines.split_at_mut(macroblocks * 16);
        let (u, v) = rest.split_at_mut(macroblocks * 8);
        // Beyond the picture its last pixel goes on.
        let last = *y.last()?;
        let above_right = edge.above_right.filter(|_| row > 0).unwrap_or([last; 4]);
        Some(Lines {
            y,
            u,
            v,
            above_right,
        })
    }
}

/// Pixels of a line.
#[inline(always)]
fn at<const N: usize>(line: &[u8], at: usize) -> [u8; N] {
    let part = line.get(at..).and_then(<[u8]>::first_chunk);
    part.copied().unwrap_or([0; N])
}

/// Some macroblocks of a row to be reconstructed; the strip holds them.
pub(super) struct Reconstruct<'a, 'r, 's, K> {
    pub kernels: K,
    pub interpolation: Interpolation,
    pub cursor: &'a mut Cursor,
    pub macroblocks: &'a [Macroblock],
    pub blocks: &'a [Blocks],
    pub references: &'a References<'r>,
    pub lines: Lines<'a>,
    pub strip: &'a mut Strip<'s>,
}

impl<K: PixelKernels> Work for Reconstruct<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut lines = self.lines;
        let Cursor {
            row,
            column: first,
            mut corners,
        } = *self.cursor;
        let strip = self.strip;
        for (i, (mb, blocks)) in self.macroblocks.iter().zip(self.blocks).enumerate() {
            let column = first + i;
            let position = Position { column, row };
            let picture = match mb.reference {
                Reference::None => None,
                Reference::Last => Some(&self.references.last),
                Reference::Golden => Some(&self.references.golden),
                Reference::Altref => Some(&self.references.altref),
            };
            if let Some(picture) = picture {
                let (luma, chroma) = (&mut strip.luma, &mut strip.chroma);
                let mut pixels = Pixels {
                    y: Dst::new(luma.y, luma.stride, column * 16),
                    u: Dst::new(chroma.u, chroma.stride, column * 8),
                    v: Dst::new(chroma.v, chroma.stride, column * 8),
                };
                let interpolation = self.interpolation;
                inter::predict(
                    self.kernels,
                    interpolation,
                    picture,
                    position,
                    mb,
                    &mut pixels,
                );
            } else {
                let intra = Intra {
                    kernels: self.kernels,
                    position,
                    mb,
                    corners,
                };
                intra.predict(strip, &lines, i, blocks);
            }
            if mb.coded {
                add_residue(self.kernels, column, mb, blocks, strip);
            }
            corners = keep_lines(&mut lines, i, strip, column);
        }
        *self.cursor = Cursor {
            row,
            column: first + self.macroblocks.len(),
            corners,
        };
    }
}

/// Keeps the lowest lines of a macroblock's planes; gives next macroblock's corners.
#[inline(always)]
fn keep_lines(lines: &mut Lines<'_>, place: usize, strip: &Strip<'_>, column: usize) -> [u8; 3] {
    let (luma, chroma) = (&strip.luma, &strip.chroma);
    [
        keep_line::<16>(lines.y, place, luma.y, luma.stride, column),
        keep_line::<8>(lines.u, place, chroma.u, chroma.stride, column),
        keep_line::<8>(lines.v, place, chroma.v, chroma.stride, column),
    ]
}

/// Keeps the lowest line of a macroblock; gives the pixel above its last one, next macroblock's corner.
#[inline(always)]
fn keep_line<const N: usize>(
    line: &mut [u8],
    place: usize,
    pixels: &[u8],
    stride: usize,
    column: usize,
) -> u8 {
    let place = line.get_mut(place * N..).unwrap_or_default();
    let Some(place) = place.first_chunk_mut::<N>() else {
        return 0;
    };
    let corner = place[N - 1];
    *place = at(pixels, (N - 1) * stride + column * N);
    corner
}

/// Ends a macroblock whose prediction is in the strip: adds its residue, keeps its lowest lines (`lines` are its own), and goes on to
/// the next. For modes of whole planes.
#[inline(always)]
pub(super) fn finish_macroblock(
    kernels: impl PixelKernels,
    mb: &Macroblock,
    blocks: &Blocks,
    strip: &mut Strip<'_>,
    lines: &mut Lines<'_>,
    cursor: &mut Cursor,
) {
    let column = cursor.column;
    if mb.coded {
        add_residue(kernels, column, mb, blocks, strip);
    }
    cursor.corners = keep_lines(lines, 0, strip, column);
    cursor.column += 1;
}

/// Adds what the coefficients say, but for subblock modes, where each block is predicted from those before it.
#[inline(always)]
fn add_residue(
    kernels: impl PixelKernels,
    column: usize,
    mb: &Macroblock,
    blocks: &Blocks,
    strip: &mut Strip<'_>,
) {
    let (Some((luma, _)), Some(ends)) = (blocks.split_first_chunk::<16>(), mb.ends.first_chunk())
    else {
        return;
    };
    let y = Dst::new(strip.luma.y, strip.luma.stride, column * 16);
    if mb.mode == LumaMode::Split {
        let dc = core::array::from_fn(|i| if ends[i] > 0 { luma[i][0] } else { 0 });
        kernels.add_luma(y, luma, &dc, ends);
    } else if mb.mode != LumaMode::Sub {
        let dc = if mb.ends[Y2_BLOCK] > 0 {
            kernels.inverse_wht(&blocks[Y2_BLOCK])
        } else {
            [0; 16]
        };
        kernels.add_luma(y, luma, &dc, ends);
    }
    let ChromaStrip { u, v, stride } = &mut strip.chroma;
    for (plane, first) in [(u, 16), (v, 20)] {
        let blocks = blocks[first..].first_chunk();
        let ends = mb.ends[first..].first_chunk::<4>();
        if let (Some(blocks), Some(ends)) = (blocks, ends)
            && *ends != [0; 4]
        {
            kernels.add_chroma(Dst::new(plane, *stride, column * 8), blocks, ends);
        }
    }
}

/// An intra coded macroblock.
struct Intra<'a, K> {
    kernels: K,
    position: Position,
    mb: &'a Macroblock,
    corners: [u8; 3],
}

impl<K: PixelKernels> Intra<'_, K> {
    /// `place` is the macroblock's among the lines.
    #[inline(always)]
    fn predict(&self, strip: &mut Strip<'_>, lines: &Lines<'_>, place: usize, blocks: &Blocks) {
        let column = self.position.column;
        let LumaStrip { y, stride } = &mut strip.luma;
        let around = surroundings::<16>(self.position, lines.y, place, y, *stride, self.corners[0]);
        let dst = Dst::new(y, *stride, column * 16);
        if self.mb.mode == LumaMode::Sub {
            let next = lines.y.get(place * 16 + 16..);
            let above_right = next.and_then(<[u8]>::first_chunk);
            let above_right = above_right.copied().unwrap_or(lines.above_right);
            self.predict_subs(dst, &around, above_right, blocks);
        } else {
            intra::predict(self.kernels, dst, self.mb.mode, &around);
        }
        let ChromaStrip { u, v, stride } = &mut strip.chroma;
        let planes = [(u, &*lines.u), (v, &*lines.v)];
        for ((pixels, line), corner) in planes.into_iter().zip([self.corners[1], self.corners[2]]) {
            let around = surroundings::<8>(self.position, line, place, pixels, *stride, corner);
            let dst = Dst::new(pixels, *stride, column * 8);
            intra::predict(self.kernels, dst, self.mb.uv_mode, &around);
        }
    }

    /// Subblock after subblock, each with its coefficients.
    #[inline(always)]
    fn predict_subs(
        &self,
        dst: Dst<'_>,
        around: &Surroundings<16>,
        above_right: [u8; 4],
        blocks: &Blocks,
    ) {
        for_each_sub(dst, around, above_right, |i, mut dst, edge| {
            let (kernels, mb) = (self.kernels, self.mb);
            kernels.predict_sub(dst.at(0), edge, mb.sub_modes[i]);
            if mb.coded && mb.ends[i] > 0 {
                kernels.add_block(dst, &blocks[i], mb.ends[i]);
            }
        });
    }
}

/// Pixels around a macroblock in one plane, of which `line` has those above from `place` on.
#[inline(always)]
pub(super) fn surroundings<const N: usize>(
    position: Position,
    line: &[u8],
    place: usize,
    pixels: &[u8],
    stride: usize,
    corner: u8,
) -> Surroundings<N> {
    let column = position.column;
    let mut left = [LEFT_OF_PICTURE; N];
    if column > 0 {
        let from = pixels.get(column * N - 1..).unwrap_or_default();
        for (left, line) in left.iter_mut().zip(from.chunks(stride)) {
            *left = line[0];
        }
    }
    Surroundings {
        above: at(line, place * N),
        left,
        corner,
        inside: [position.row > 0, column > 0],
    }
}

/// Has the subblocks of a macroblock reconstructed one after the other, given what each is predicted from (section 12.3). Those
/// at the right edge all have the same pixels above and to the right: those of the row of macroblocks above.
#[inline(always)]
pub(super) fn for_each_sub(
    mut dst: Dst<'_>,
    around: &Surroundings<16>,
    above_right: [u8; 4],
    mut reconstruct: impl FnMut(usize, Dst<'_>, &SubEdge),
) {
    let stride = dst.stride;
    let mut above = [0; 20];
    above[..16].copy_from_slice(&around.above);
    above[16..].copy_from_slice(&above_right);
    let mut row_corner = around.corner;
    for y in 0..4 {
        let mut left: [u8; 4] = at(&around.left, 4 * y);
        let mut corner = row_corner;
        row_corner = left[3];
        for x in 0..4 {
            let above = at::<8>(&above, 4 * x);
            let edge = intra::sub_edge(&left, corner, &above);
            let place = 4 * y * stride + 4 * x;
            reconstruct(4 * y + x, dst.at(place), &edge);
            corner = above[3];
            let right = dst.data.get(place + 3..).unwrap_or_default();
            for (left, line) in left.iter_mut().zip(right.chunks(stride)) {
                *left = line[0];
            }
        }
        let lowest: [u8; 16] = at(dst.data, (4 * y + 3) * stride);
        above[..16].copy_from_slice(&lowest);
    }
}
