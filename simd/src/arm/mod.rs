//! Pixel kernels for NEON.
//!
//! Functions are safe for whoever may call them, which is code that is compiled for NEON; the token's
//! methods are, once they are inlined where [`Kernels::run`](lentil_core::kernels::Kernels::run) has enabled it. What a
//! function reads and writes through pointers it has found in the slices first.

mod edges;
mod filter;
mod forward;
mod measure;
mod memory;
mod predict;
mod transform;

use crate::Neon;
use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::EncodeKernels;
use lentil_core::vp8::encode::kernels::BlockQuantizer;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};
use lentil_core::vp8::{PixelKernels, SubMode};

impl PixelKernels for Neon {
    #[inline(always)]
    fn six_tap<const W: usize, const H: usize>(
        self,
        dst: Dst<'_>,
        src: Src<'_>,
        x: usize,
        y: usize,
    ) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { predict::six_tap::<W, H>(dst, src, x, y) }
    }

    #[inline(always)]
    fn bilinear<const W: usize, const H: usize>(
        self,
        dst: Dst<'_>,
        src: Src<'_>,
        x: usize,
        y: usize,
    ) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { predict::bilinear::<W, H>(dst, src, x, y) }
    }

    #[inline(always)]
    fn true_motion<const N: usize>(
        self,
        dst: Dst<'_>,
        above: &[u8; N],
        left: &[u8; N],
        corner: u8,
    ) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { predict::true_motion(dst, above, left, corner) }
    }

    #[inline(always)]
    fn predict_sub(self, dst: Dst<'_>, edge: &[u8; 16], mode: SubMode) {
        match mode {
            SubMode::Dc | SubMode::TrueMotion => Scalar.predict_sub(dst, edge, mode),
            // SAFETY: the token says that the processor has NEON.
            _ => unsafe { predict::predict_directional(dst, edge, mode) },
        }
    }

    #[inline(always)]
    fn inverse_wht(self, block: &[i16; 16]) -> [i16; 16] {
        // SAFETY: the token says that the processor has NEON.
        unsafe { transform::inverse_wht(block) }
    }

    #[inline(always)]
    fn add_luma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { transform::add_luma(dst, blocks, dc, ends) }
    }

    #[inline(always)]
    fn add_chroma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { transform::add_chroma(dst, blocks, ends) }
    }

    #[inline(always)]
    fn add_block(self, dst: Dst<'_>, block: &[i16; 16], end: u8) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { transform::add_block(dst, block, end) }
    }

    #[inline(always)]
    fn filter_left(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_column(y, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_left_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::chroma_column(u, v, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_top(self, above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_row(above, below, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_top_chroma(self, u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::chroma_row(u, v, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_columns(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_columns(y, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_columns_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::chroma_column(u, v, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_rows(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_rows(y, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_rows_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::chroma_inner_row(u, v, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn simple_left(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_column(y, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_top(self, above: Dst<'_>, below: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_row(above, below, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_columns(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_columns(y, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_rows(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { edges::luma_rows(y, &filter::Simple::new(edge)) }
    }
}

impl EncodeKernels for Neon {
    #[inline(always)]
    fn sad<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has NEON.
        unsafe { measure::sad::<W, H>(a, b) }
    }

    #[inline(always)]
    fn sad_four<const W: usize, const H: usize>(self, a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
        // SAFETY: the token says that the processor has NEON.
        unsafe { measure::sad_four::<W, H>(a, b) }
    }

    #[inline(always)]
    fn sse<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has NEON.
        unsafe { measure::sse::<W, H>(a, b) }
    }

    #[inline(always)]
    fn satd<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has NEON.
        unsafe { measure::satd::<W, H>(a, b) }
    }

    #[inline(always)]
    fn forward_dct(self, source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
        // SAFETY: the token says that the processor has NEON.
        unsafe { forward::dct(source, prediction, blocks) }
    }

    #[inline(always)]
    fn forward_wht(self, dc: &[i16; 16]) -> [i16; 16] {
        // SAFETY: the token says that the processor has NEON.
        unsafe { forward::wht(dc) }
    }

    #[inline(always)]
    fn quantize(
        self,
        coefficients: &[i16; 16],
        quantizer: &BlockQuantizer,
        levels: &mut [i16; 16],
    ) -> u8 {
        // SAFETY: the token says that the processor has NEON.
        unsafe { forward::quantize(coefficients, quantizer, levels) }
    }

    #[inline(always)]
    fn error(self, a: &[i16; 16], b: &[i16; 16]) -> u32 {
        // SAFETY: the token says that the processor has NEON.
        unsafe { forward::error(a, b) }
    }
}
