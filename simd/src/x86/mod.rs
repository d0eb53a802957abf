//! Pixel kernels for AVX2.
//!
//! Functions are safe for whoever may call them, which is code that is compiled for AVX2; the token's
//! methods are, once they are inlined where [`Kernels::run`](lentil_core::kernels::Kernels::run) has enabled it. What a
//! function reads and writes through pointers it has found in the slices first.

mod filter;
mod memory;
mod predict;
mod transform;

use crate::Avx2;
use lentil_core::vp8::PixelKernels;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};

impl PixelKernels for Avx2 {
    #[inline(always)]
    fn six_tap<const W: usize, const H: usize>(
        self,
        dst: Dst<'_>,
        src: Src<'_>,
        x: usize,
        y: usize,
    ) {
        // SAFETY: the token says that the processor has AVX2.
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
        // SAFETY: the token says that the processor has AVX2.
        unsafe { predict::bilinear::<W, H>(dst, src, x, y) }
    }

    #[inline(always)]
    fn add_luma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { transform::add_luma(dst, blocks, dc, ends) }
    }

    #[inline(always)]
    fn add_chroma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { transform::add_chroma(dst, blocks, ends) }
    }

    #[inline(always)]
    fn add_block(self, dst: Dst<'_>, block: &[i16; 16], end: u8) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { transform::add_block(dst, block, end) }
    }

    #[inline(always)]
    fn filter_left(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_column(y, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_left_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::chroma_column(u, v, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_top(self, above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_row(above, below, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_top_chroma(self, u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::chroma_row(u, v, &filter::Outer::new(limits)) }
    }

    #[inline(always)]
    fn filter_columns(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_columns(y, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_columns_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::chroma_column(u, v, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_rows(self, y: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_rows(y, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn filter_rows_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::chroma_inner_row(u, v, &filter::Inner::new(limits)) }
    }

    #[inline(always)]
    fn simple_left(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_column(y, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_top(self, above: Dst<'_>, below: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_row(above, below, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_columns(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_columns(y, &filter::Simple::new(edge)) }
    }

    #[inline(always)]
    fn simple_rows(self, y: Dst<'_>, edge: u8) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { filter::luma_rows(y, &filter::Simple::new(edge)) }
    }
}
