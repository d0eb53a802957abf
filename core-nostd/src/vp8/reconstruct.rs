//! The second stage: a row of macroblocks from modes, vectors and coefficients to pixels that are not filtered yet.

use super::inter::{self, Interpolation, Pixels, Position};
use super::intra::{self, ABOVE_PICTURE, LEFT_OF_PICTURE, Surroundings};
use super::kernels::{Dst, PixelKernels};
use super::modes::{LumaMode, Macroblock, Reference};
use super::picture::{References, Strip};
use super::tokens::{Blocks, Y2_BLOCK};
use crate::kernels::Work;

/// Bytes before and after the pixels of a line.
const PAD: usize = 16;

/// Bytes for the lowest lines of a row of macroblocks: what the row below is predicted from, not filtered.
pub const fn lines_len(columns: usize) -> usize {
    columns * 32 + 6 * PAD
}

/// These lines, plane by plane.
pub(super) struct Lines<'a> {
    y: &'a mut [u8],
    u: &'a mut [u8],
    v: &'a mut [u8],
}

impl<'a> Lines<'a> {
    /// The lines in a slice of [`lines_len`].
    pub(super) fn of_slice(data: &'a mut [u8], columns: usize) -> Option<Self> {
        let (y, rest) = data.split_at_mut_checked(columns * 16 + 2 * PAD)?;
        let (u, rest) = rest.split_at_mut_checked(columns * 8 + 2 * PAD)?;
        let v = rest.get_mut(..columns * 8 + 2 * PAD)?;
        Some(Lines { y, u, v })
    }

    /// Makes them what the first row, or another one, is predicted from.
    pub(super) fn begin_row(&mut self, row: usize) {
        for line in [&mut *self.y, &mut *self.u, &mut *self.v] {
            if row == 0 {
                line.fill(ABOVE_PICTURE);
            } else if let Some(corner) = line.get_mut(PAD - 1) {
                *corner = LEFT_OF_PICTURE;
            }
        }
        // Above and to the right of the last macroblock: the last pixel goes on.
        if row > 0 {
            let end = self.y.len() - PAD;
            let last = self.y[end - 1];
            self.y[end..].fill(last);
        }
    }
}

/// Pixels of a line.
#[inline(always)]
fn at<const N: usize>(line: &[u8], at: usize) -> [u8; N] {
    let part = line.get(at..).and_then(<[u8]>::first_chunk);
    part.copied().unwrap_or([0; N])
}

/// A row to be reconstructed; everything has the frame's size.
pub(super) struct ReconstructRow<'a, 'r, 's, K> {
    pub kernels: K,
    pub interpolation: Interpolation,
    pub row: usize,
    pub macroblocks: &'a [Macroblock],
    pub blocks: &'a [Blocks],
    pub references: &'a References<'r>,
    pub lines: Lines<'a>,
    pub strip: &'a mut Strip<'s>,
}

impl<K: PixelKernels> Work for ReconstructRow<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let lines = self.lines;
        let mut corners = [lines.y[PAD - 1], lines.u[PAD - 1], lines.v[PAD - 1]];
        let strides = (self.strip.y_stride, self.strip.uv_stride);
        for (column, (mb, blocks)) in self.macroblocks.iter().zip(self.blocks).enumerate() {
            let position = Position {
                column,
                row: self.row,
            };
            let picture = match mb.reference {
                Reference::None => None,
                Reference::Last => Some(&self.references.last),
                Reference::Golden => Some(&self.references.golden),
                Reference::Altref => Some(&self.references.altref),
            };
            if let Some(picture) = picture {
                let mut pixels = Pixels {
                    y: Dst::new(self.strip.y, strides.0, column * 16),
                    u: Dst::new(self.strip.u, strides.1, column * 8),
                    v: Dst::new(self.strip.v, strides.1, column * 8),
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
                intra.predict(self.strip, &lines, blocks);
            }
            if mb.coded {
                add_residue(self.kernels, column, mb, blocks, self.strip);
            }
            corners = [
                keep_line::<16>(lines.y, self.strip.y, strides.0, column),
                keep_line::<8>(lines.u, self.strip.u, strides.1, column),
                keep_line::<8>(lines.v, self.strip.v, strides.1, column),
            ];
        }
    }
}

/// Keeps the lowest line of a macroblock; gives the pixel above its last one, next macroblock's corner.
#[inline(always)]
fn keep_line<const N: usize>(line: &mut [u8], pixels: &[u8], stride: usize, column: usize) -> u8 {
    let place = line.get_mut(PAD + column * N..).unwrap_or_default();
    let Some(place) = place.first_chunk_mut::<N>() else {
        return 0;
    };
    let corner = place[N - 1];
    *place = at(pixels, (N - 1) * stride + column * N);
    corner
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
    let y = Dst::new(strip.y, strip.y_stride, column * 16);
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
    let stride = strip.uv_stride;
    for (plane, first) in [(&mut *strip.u, 16), (&mut *strip.v, 20)] {
        let blocks = blocks[first..].first_chunk();
        let ends = mb.ends[first..].first_chunk::<4>();
        if let (Some(blocks), Some(ends)) = (blocks, ends)
            && *ends != [0; 4]
        {
            kernels.add_chroma(Dst::new(plane, stride, column * 8), blocks, ends);
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
    #[inline(always)]
    fn predict(&self, strip: &mut Strip<'_>, lines: &Lines<'_>, blocks: &Blocks) {
        let column = self.position.column;
        let around = self.around::<16>(lines.y, strip.y, strip.y_stride, self.corners[0]);
        let dst = Dst::new(strip.y, strip.y_stride, column * 16);
        if self.mb.mode == LumaMode::Sub {
            self.predict_subs(dst, &around, at(lines.y, PAD + column * 16 + 16), blocks);
        } else {
            intra::predict(self.kernels, dst, self.mb.mode, &around);
        }
        let stride = strip.uv_stride;
        let planes = [(&mut *strip.u, &*lines.u), (&mut *strip.v, &*lines.v)];
        for ((pixels, line), corner) in planes.into_iter().zip([self.corners[1], self.corners[2]]) {
            let around = self.around::<8>(line, pixels, stride, corner);
            let dst = Dst::new(pixels, stride, column * 8);
            intra::predict(self.kernels, dst, self.mb.uv_mode, &around);
        }
    }

    /// Pixels around the macroblock in one plane.
    #[inline(always)]
    fn around<const N: usize>(
        &self,
        line: &[u8],
        pixels: &[u8],
        stride: usize,
        corner: u8,
    ) -> Surroundings<N> {
        let column = self.position.column;
        let mut left = [LEFT_OF_PICTURE; N];
        if column > 0 {
            let from = pixels.get(column * N - 1..).unwrap_or_default();
            for (left, line) in left.iter_mut().zip(from.chunks(stride)) {
                *left = line[0];
            }
        }
        Surroundings {
            above: at(line, PAD + column * N),
            left,
            corner,
            inside: [self.position.row > 0, column > 0],
        }
    }

    /// Subblock after subblock, each with its coefficients (section 12.3). Those at the right edge all have the same
    /// pixels above and to the right: those of the row of macroblocks above.
    #[inline(always)]
    fn predict_subs(
        &self,
        mut dst: Dst<'_>,
        around: &Surroundings<16>,
        above_right: [u8; 4],
        blocks: &Blocks,
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
                let i = 4 * y + x;
                let above = at::<8>(&above, 4 * x);
                let edge = intra::sub_edge(&left, corner, &above);
                let place = 4 * y * stride + 4 * x;
                self.kernels
                    .predict_sub(dst.at(place), &edge, self.mb.sub_modes[i]);
                if self.mb.coded && self.mb.ends[i] > 0 {
                    self.kernels
                        .add_block(dst.at(place), &blocks[i], self.mb.ends[i]);
                }
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
}
