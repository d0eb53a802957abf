//! Prediction from other frames (RFC 6386, section 18).

use super::kernels::{Dst, PixelKernels, Src};
use super::modes::{LumaMode, Macroblock};
use super::motion::Vector;
use super::picture::{Picture, Plane};

/// How the frame's version says to predict (section 9.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Interpolation {
    /// Between two pixels instead of six.
    pub bilinear: bool,
    /// Chroma vectors are of whole pixels.
    pub full_pixel_chroma: bool,
}

impl Interpolation {
    /// Versions that are not in use are taken for 0, as libvpx does.
    pub(super) const fn of_version(version: u8) -> Self {
        Interpolation {
            bilinear: matches!(version, 1..=3),
            full_pixel_chroma: version == 3,
        }
    }
}

/// Where in the picture a macroblock is, in macroblocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub column: usize,
    pub row: usize,
}

/// The three planes of a macroblock's pixels.
pub(super) struct Pixels<'a> {
    pub y: Dst<'a>,
    pub u: Dst<'a>,
    pub v: Dst<'a>,
}

/// Predicts a macroblock.
#[inline(always)]
pub(super) fn predict(
    kernels: impl PixelKernels,
    interpolation: Interpolation,
    reference: &Picture<'_>,
    position: Position,
    mb: &Macroblock,
    pixels: &mut Pixels<'_>,
) {
    let predictor = Predictor {
        kernels,
        interpolation,
        reference,
        x: position.column as i32,
        y: position.row as i32,
    };
    if mb.mode == LumaMode::Split {
        predictor.split(mb, pixels);
    } else {
        predictor.whole(mb.vectors[0], pixels);
    }
}

/// Predicts `N` by `N` pixels of luma, the first of which is at `x`, `y`, by a vector.
#[inline(always)]
pub(super) fn predict_luma<const N: usize>(
    kernels: impl PixelKernels,
    interpolation: Interpolation,
    plane: &Plane<'_>,
    [x, y]: [i32; 2],
    vector: Vector,
    dst: Dst<'_>,
) {
    let block = Block::of_luma([x, y], vector);
    predict_block::<N>(kernels, interpolation, plane, block, dst);
}

/// Predicts both chroma planes of a macroblock that has one vector.
#[inline(always)]
pub(super) fn predict_chroma(
    kernels: impl PixelKernels,
    interpolation: Interpolation,
    reference: &Picture<'_>,
    position: Position,
    vector: Vector,
    [u, v]: [Dst<'_>; 2],
) {
    let predictor = Predictor {
        kernels,
        interpolation,
        reference,
        x: position.column as i32,
        y: position.row as i32,
    };
    let y = Dst::new(&mut [], 0, 0);
    predictor.chroma::<8>(vector, 0, 0, &mut Pixels { y, u, v });
}

/// `N` by `N` pixels of a plane that goes on for ever with its outermost pixels, the first of which is at `x`, `y`;
/// copied to `beside` where they are not all in it.
#[inline(always)]
pub(super) fn whole_pixels<'a, const N: usize>(
    kernels: impl PixelKernels,
    plane: &Plane<'a>,
    [x, y]: [i32; 2],
    beside: &'a mut Beside,
) -> Src<'a> {
    let inside = |at: i32, size: usize| at >= 0 && at as usize + N <= size;
    if inside(x, plane.width) && inside(y, plane.height) {
        return Src::new(
            plane.data,
            plane.stride,
            y as usize * plane.stride + x as usize,
        );
    }
    extend::<N, 0>(kernels, plane, [x.into(), y.into()], beside);
    Src::new(beside, BESIDE, 0)
}

struct Predictor<'a, K> {
    kernels: K,
    interpolation: Interpolation,
    reference: &'a Picture<'a>,
    x: i32,
    y: i32,
}

impl<K: PixelKernels> Predictor<'_, K> {
    #[inline(always)]
    fn whole(&self, vector: Vector, pixels: &mut Pixels<'_>) {
        self.luma::<16>(vector, 0, 0, pixels);
        self.chroma::<8>(vector, 0, 0, pixels);
    }

    /// Section 18.1: chroma vectors are means of four luma vectors.
    #[inline(always)]
    fn split(&self, mb: &Macroblock, pixels: &mut Pixels<'_>) {
        let v = &mb.vectors;
        if mb.sixteenths {
            for (i, &vector) in v.iter().enumerate() {
                self.luma::<4>(vector, i & 3, i >> 2, pixels);
            }
        } else {
            for i in 0..4 {
                let (x, y) = (i & 1, i >> 1);
                self.luma::<8>(v[8 * y + 2 * x], x, y, pixels);
            }
        }
        for i in 0..4 {
            let (x, y) = (i & 1, i >> 1);
            let first = 8 * y + 2 * x;
            let four = [v[first], v[first + 1], v[first + 4], v[first + 5]];
            self.chroma::<4>(mean(&four), x, y, pixels);
        }
    }

    /// Predicts the block of `N` by `N` pixels at `x`, `y` (in blocks) of the macroblock.
    #[inline(always)]
    fn luma<const N: usize>(&self, vector: Vector, x: usize, y: usize, pixels: &mut Pixels<'_>) {
        let at = y * N * pixels.y.stride + x * N;
        let x = self.x * 16 + (x * N) as i32;
        let y = self.y * 16 + (y * N) as i32;
        let block = Block::of_luma([x, y], vector);
        self.block::<N>(&self.reference.y, block, pixels.y.at(at));
    }

    /// The same of both chroma planes; the vector is in eighths of their pixels. Where whole-pixel vectors point more than
    /// 19 luma pixels out of the picture only by being rounded, libvpx leaves what was in the buffer; no encoder does that.
    #[inline(always)]
    fn chroma<const N: usize>(&self, vector: Vector, x: usize, y: usize, pixels: &mut Pixels<'_>) {
        let mask = if self.interpolation.full_pixel_chroma {
            !7
        } else {
            !0
        };
        let (vector_x, vector_y) = (vector.x & mask, vector.y & mask);
        let block = Block {
            x: self.x * 8 + (x * N) as i32 + i32::from(vector_x >> 3),
            y: self.y * 8 + (y * N) as i32 + i32::from(vector_y >> 3),
            x_eighths: (vector_x & 7) as usize,
            y_eighths: (vector_y & 7) as usize,
        };
        let at = y * N * pixels.u.stride + x * N;
        self.block::<N>(&self.reference.u, block, pixels.u.at(at));
        self.block::<N>(&self.reference.v, block, pixels.v.at(at));
    }

    #[inline(always)]
    fn block<const N: usize>(&self, plane: &Plane<'_>, block: Block, dst: Dst<'_>) {
        predict_block::<N>(self.kernels, self.interpolation, plane, block, dst);
    }
}

#[inline(always)]
fn predict_block<const N: usize>(
    kernels: impl PixelKernels,
    interpolation: Interpolation,
    plane: &Plane<'_>,
    block: Block,
    dst: Dst<'_>,
) {
    // Filters look two pixels back and three ahead.
    let (x, y) = (block.x_eighths, block.y_eighths);
    let (back, ahead) = if x | y == 0 { (0, 0) } else { (2, 3) };
    let inside = |at: i32, size: usize| at >= back && at as usize + N + ahead <= size;
    if inside(block.x, plane.width) && inside(block.y, plane.height) {
        let at = block.y as usize * plane.stride + block.x as usize;
        if x | y == 0 {
            let src = Src::new(plane.data, plane.stride, at);
            return kernels.copy::<N, N>(dst, src);
        }
        let src = Src::new(plane.data, plane.stride, at - 2 * plane.stride - 2);
        return interpolate::<N>(kernels, interpolation, src, [x, y], dst);
    }
    let mut pixels = BESIDE_NEW;
    let first = [block.x, block.y].map(|at| i64::from(at) - 2);
    extend::<N, 5>(kernels, plane, first, &mut pixels);
    let src = Src::new(&pixels, BESIDE, 0);
    interpolate::<N>(kernels, interpolation, src, [x, y], dst);
}

/// The source begins two pixels to the left of the block and above it.
#[inline(always)]
fn interpolate<const N: usize>(
    kernels: impl PixelKernels,
    interpolation: Interpolation,
    src: Src<'_>,
    [x, y]: [usize; 2],
    dst: Dst<'_>,
) {
    if x | y == 0 {
        let inner = Src::new(src.data, src.stride, 2 * src.stride + 2);
        kernels.copy::<N, N>(dst, inner);
    } else if interpolation.bilinear {
        kernels.bilinear::<N, N>(dst, src, x, y);
    } else {
        kernels.six_tap::<N, N>(dst, src, x, y);
    }
}

/// A block in the reference: its first pixel, and what it is to the right and below of it.
#[derive(Clone, Copy, Debug)]
struct Block {
    x: i32,
    y: i32,
    x_eighths: usize,
    y_eighths: usize,
}

impl Block {
    /// Of luma at `x`, `y`, moved by a vector.
    #[inline(always)]
    fn of_luma([x, y]: [i32; 2], vector: Vector) -> Self {
        Block {
            x: x + i32::from(vector.x >> 2),
            y: y + i32::from(vector.y >> 2),
            x_eighths: (vector.x & 3) as usize * 2,
            y_eighths: (vector.y & 3) as usize * 2,
        }
    }
}

/// Stride of blocks that are copied beside the picture.
const BESIDE: usize = 32;
/// Such a block, with what filters need around it.
pub(super) type Beside = [u8; 21 * BESIDE];
/// As many pixels of a line as a block wants at most, in whole vectors.
const PART: usize = 24;
/// One to be overwritten.
pub(super) const BESIDE_NEW: Beside = [0; 21 * BESIDE];

/// Copies `N + MORE` lines of as many pixels, from `x`, `y` on, of a plane that goes on for ever with its outermost pixels.
#[cold]
#[inline(never)]
fn extend<const N: usize, const MORE: usize>(
    kernels: impl PixelKernels,
    plane: &Plane<'_>,
    [x, y]: [i64; 2],
    pixels: &mut Beside,
) {
    let size = N + MORE;
    let width = plane.width as i64;
    // Of the columns wanted, those before the plane and those up to its end.
    let before = (-x).clamp(0, size as i64) as usize;
    let until = (width - x).clamp(before as i64, size as i64) as usize;
    let from = x.clamp(0, width) as usize;
    for (dy, line) in pixels.chunks_exact_mut(BESIDE).take(size).enumerate() {
        let y = (y + dy as i64).min(plane.height as i64 - 1).max(0) as usize;
        let src = plane.data.get(y * plane.stride..).unwrap_or_default();
        let Some(src @ [start, .., end]) = src.get(..plane.width) else {
            return;
        };
        // Whole vectors are sooner copied than so many bytes; those too many are written over, or not looked at.
        let part = Src::new(plane.data, plane.stride, y * plane.stride + from);
        if part.data.len() >= PART && before + PART <= BESIDE {
            kernels.copy::<16, 1>(Dst::new(line, BESIDE, before), part);
            let rest = Src::new(part.data, plane.stride, 16);
            kernels.copy::<8, 1>(Dst::new(line, BESIDE, before + 16), rest);
            if before > 0 {
                line[..before].fill(*start);
            }
            if until < size {
                line[until..size].fill(*end);
            }
            continue;
        }
        line[..size].fill(if before > 0 { *start } else { *end });
        if let Some(part) = src.get(from..from + (until - before)) {
            line[before..until].copy_from_slice(part);
        }
        if before > 0 && until < size {
            line[until..size].fill(*end);
        }
    }
}

/// The mean of four vectors, rounded away from zero; quarters of luma pixels are eighths of chroma pixels.
#[inline(always)]
fn mean(vectors: &[Vector; 4]) -> Vector {
    let mean = |of: fn(&Vector) -> i16| {
        let sum: i32 = vectors.iter().map(|v| i32::from(of(v))).sum();
        ((sum + if sum < 0 { -2 } else { 2 }) / 4) as i16
    };
    Vector {
        y: mean(|v| v.y),
        x: mean(|v| v.x),
    }
}
