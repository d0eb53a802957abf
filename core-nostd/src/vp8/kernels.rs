//! The pixel kernels as a trait. Each has a default: the reference, which every other must equal bit for bit.
//!
//! Slices begin where a kernel's documentation says and reach at least to the last pixel it names; `stride` is the
//! distance of lines in bytes. A slice that is too short leaves pixels as they are (the reference looks once, up front).

pub use super::filter_kernels::EdgeLimits;
pub use super::intra::SUB_PICKS;
use super::modes::SubMode;
pub use super::tables::SIX_TAPS;
use super::{filter_kernels as filter, intra, predict_kernels as predict, transform};
use crate::kernels::{Kernels, Scalar};

/// Kernels for one set of instructions.
pub trait PixelKernels: Kernels {
    /// Copies a block of `W` by `H` pixels; both slices begin with its first pixel.
    #[inline(always)]
    fn copy<const W: usize, const H: usize>(self, dst: Dst<'_>, src: Src<'_>) {
        predict::copy::<W, H>(dst, src);
    }

    /// Predicts a block by the six-tap filters (RFC 6386, section 18.3), `x` and `y` eighths of a pixel to the
    /// right and down, 0 to 7 and not both 0. The source begins two pixels to the left and above the block
    /// and has `W + 5` by `H + 5` pixels.
    #[inline(always)]
    fn six_tap<const W: usize, const H: usize>(
        self,
        dst: Dst<'_>,
        src: Src<'_>,
        x: usize,
        y: usize,
    ) {
        predict::six_tap::<W, H>(dst, src, x, y);
    }

    /// Predicts a block by the bilinear filters, likewise; the source begins as that of [`six_tap`](Self::six_tap)
    /// does, though only `W + 1` by `H + 1` pixels count.
    #[inline(always)]
    fn bilinear<const W: usize, const H: usize>(
        self,
        dst: Dst<'_>,
        src: Src<'_>,
        x: usize,
        y: usize,
    ) {
        predict::bilinear::<W, H>(dst, src, x, y);
    }

    /// Predicts `N` by `N` pixels as above plus left minus corner (section 12.2).
    #[inline(always)]
    fn true_motion<const N: usize>(
        self,
        dst: Dst<'_>,
        above: &[u8; N],
        left: &[u8; N],
        corner: u8,
    ) {
        predict::true_motion(dst, above, left, corner);
    }

    /// Predicts a subblock of 4 by 4 pixels (section 12.3) from those around it: the lowest to the left three times,
    /// the other three upwards, the corner, eight above, and the last of these again.
    #[inline(always)]
    fn predict_sub(self, dst: Dst<'_>, edge: &[u8; 16], mode: SubMode) {
        intra::predict_sub(dst, edge, mode);
    }

    /// The inverse Walsh-Hadamard transform (section 14.3): DC coefficients of the 16 blocks of luma.
    #[inline(always)]
    fn inverse_wht(self, block: &[i16; 16]) -> [i16; 16] {
        transform::inverse_wht(block)
    }

    /// Adds a block's inverse DCT (section 14.4) to 4 by 4 pixels. `end` is the place after the last coefficient:
    /// at most 1 says that there is only DC. Arithmetic wraps at 16 bits.
    #[inline(always)]
    fn add_block(self, dst: Dst<'_>, block: &[i16; 16], end: u8) {
        transform::add_block(dst, block, end);
    }

    /// Adds the inverse DCTs of 16 blocks to 16 by 16 pixels. Block `i` has the DC coefficient `dc[i]`, whatever it
    /// says itself, and is not looked at if `ends[i]` is at most 1.
    #[inline(always)]
    fn add_luma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
        transform::add_luma(dst, blocks, dc, ends);
    }

    /// Adds the inverse DCTs of 4 blocks to 8 by 8 pixels; a block is not looked at if its end is 0.
    #[inline(always)]
    fn add_chroma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
        transform::add_chroma(dst, blocks, ends);
    }

    /// The normal filter (section 15.3) for the left edge of a macroblock, 16 lines; begins 4 pixels to its left.
    #[inline(always)]
    fn filter_left(self, y: Dst<'_>, limits: &EdgeLimits) {
        filter::left(y, limits);
    }

    /// The same of both chroma planes, 8 lines each.
    #[inline(always)]
    fn filter_left_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::left_chroma(u, v, limits);
    }

    /// The normal filter for the top edge of a macroblock, 16 columns: `above` begins four lines above it.
    #[inline(always)]
    fn filter_top(self, above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
        filter::top(above, below, limits);
    }

    /// The same of both chroma planes, 8 columns each: above and below in U, above and below in V.
    #[inline(always)]
    fn filter_top_chroma(self, u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
        filter::top_chroma(u, v, limits);
    }

    /// The normal filter for the edges between subblocks, those that run down: columns 4, 8 and 12.
    /// Begins with the macroblock.
    #[inline(always)]
    fn filter_columns(self, y: Dst<'_>, limits: &EdgeLimits) {
        filter::columns(y, limits);
    }

    /// The same of both chroma planes: column 4.
    #[inline(always)]
    fn filter_columns_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::columns_chroma(u, v, limits);
    }

    /// Those that run across: lines 4, 8 and 12.
    #[inline(always)]
    fn filter_rows(self, y: Dst<'_>, limits: &EdgeLimits) {
        filter::rows(y, limits);
    }

    /// The same of both chroma planes: line 4.
    #[inline(always)]
    fn filter_rows_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::rows_chroma(u, v, limits);
    }

    /// The simple filter (section 15.2) for the left edge of a macroblock; begins 4 pixels to its left.
    #[inline(always)]
    fn simple_left(self, y: Dst<'_>, edge: u8) {
        filter::simple_left(y, edge);
    }

    /// The simple filter for the top edge; `above` begins four lines above it.
    #[inline(always)]
    fn simple_top(self, above: Dst<'_>, below: Dst<'_>, edge: u8) {
        filter::simple_top(above, below, edge);
    }

    /// The simple filter for columns 4, 8 and 12.
    #[inline(always)]
    fn simple_columns(self, y: Dst<'_>, edge: u8) {
        filter::simple_columns(y, edge);
    }

    /// The simple filter for lines 4, 8 and 12.
    #[inline(always)]
    fn simple_rows(self, y: Dst<'_>, edge: u8) {
        filter::simple_rows(y, edge);
    }
}

impl PixelKernels for Scalar {}

/// Pixels to read.
#[derive(Clone, Copy, Debug)]
pub struct Src<'a> {
    /// From where the kernel says.
    pub data: &'a [u8],
    /// Bytes from a line to the next.
    pub stride: usize,
}

/// Pixels to write.
#[derive(Debug)]
pub struct Dst<'a> {
    /// From where the kernel says.
    pub data: &'a mut [u8],
    /// Bytes from a line to the next.
    pub stride: usize,
}

impl<'a> Src<'a> {
    /// Pixels from `at` on.
    #[inline(always)]
    pub fn new(data: &'a [u8], stride: usize, at: usize) -> Self {
        Src {
            data: data.get(at..).unwrap_or_default(),
            stride,
        }
    }

    /// The slice cut down to what `width` by `height` pixels take, if it has them. Kernels that go by pointers rely on
    /// this, so that no stride may wrap around.
    #[inline(always)]
    pub fn exactly(&self, width: usize, height: usize) -> Option<&'a [u8]> {
        let rest = self.stride.saturating_mul(height - 1);
        self.data.get(..rest.saturating_add(width))
    }
}

impl<'a> Dst<'a> {
    /// Pixels from `at` on.
    #[inline(always)]
    pub fn new(data: &'a mut [u8], stride: usize, at: usize) -> Self {
        Dst {
            data: data.get_mut(at..).unwrap_or_default(),
            stride,
        }
    }

    /// The same pixels from `at` on, for a while.
    #[inline(always)]
    pub fn at(&mut self, at: usize) -> Dst<'_> {
        Dst::new(self.data, self.stride, at)
    }

    /// The slice cut down to what `width` by `height` pixels take, if it has them. Kernels that go by pointers rely on
    /// this, so that no stride may wrap around.
    #[inline(always)]
    pub fn exactly(self, width: usize, height: usize) -> Option<&'a mut [u8]> {
        let rest = self.stride.saturating_mul(height - 1);
        self.data.get_mut(..rest.saturating_add(width))
    }
}
