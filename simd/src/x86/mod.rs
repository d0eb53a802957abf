//! Pixel kernels for AVX2, and the loop filters of AVX-512.
//!
//! Functions are safe for whoever may call them, which is code that is compiled for what they are; the token's
//! methods are, once they are inlined where [`Kernels::run`](lentil_core::kernels::Kernels::run) has enabled it. What a
//! function reads and writes through pointers it has found in the slices first.

mod filter;
mod filter_avx2;
mod filter_avx512;
mod memory;
mod predict;
mod transform;

use crate::{Avx2, Avx512};
use lentil_core::vp8::PixelKernels;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};

/// The kernels of a token, all but what its filters do between pixels being those for AVX2.
macro_rules! pixel_kernels {
    ($token:ident, $filters:ident) => {
        impl PixelKernels for $token {
            #[inline(always)]
            fn six_tap<const W: usize, const H: usize>(
                self,
                dst: Dst<'_>,
                src: Src<'_>,
                x: usize,
                y: usize,
            ) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
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
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { predict::bilinear::<W, H>(dst, src, x, y) }
            }

            #[inline(always)]
            fn add_luma(
                self,
                dst: Dst<'_>,
                blocks: &[[i16; 16]; 16],
                dc: &[i16; 16],
                ends: &[u8; 16],
            ) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { transform::add_luma(dst, blocks, dc, ends) }
            }

            #[inline(always)]
            fn add_chroma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { transform::add_chroma(dst, blocks, ends) }
            }

            #[inline(always)]
            fn add_block(self, dst: Dst<'_>, block: &[i16; 16], end: u8) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { transform::add_block(dst, block, end) }
            }

            #[inline(always)]
            fn filter_left(self, y: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_column(y, &$filters::Outer::new(limits)) }
            }

            #[inline(always)]
            fn filter_left_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::chroma_column(u, v, &$filters::Outer::new(limits)) }
            }

            #[inline(always)]
            fn filter_top(self, above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_row(above, below, &$filters::Outer::new(limits)) }
            }

            #[inline(always)]
            fn filter_top_chroma(self, u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::chroma_row(u, v, &$filters::Outer::new(limits)) }
            }

            #[inline(always)]
            fn filter_columns(self, y: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_columns(y, &$filters::Inner::new(limits)) }
            }

            #[inline(always)]
            fn filter_columns_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::chroma_column(u, v, &$filters::Inner::new(limits)) }
            }

            #[inline(always)]
            fn filter_rows(self, y: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_rows(y, &$filters::Inner::new(limits)) }
            }

            #[inline(always)]
            fn filter_rows_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::chroma_inner_row(u, v, &$filters::Inner::new(limits)) }
            }

            #[inline(always)]
            fn simple_left(self, y: Dst<'_>, edge: u8) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_column(y, &$filters::Simple::new(edge)) }
            }

            #[inline(always)]
            fn simple_top(self, above: Dst<'_>, below: Dst<'_>, edge: u8) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_row(above, below, &$filters::Simple::new(edge)) }
            }

            #[inline(always)]
            fn simple_columns(self, y: Dst<'_>, edge: u8) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_columns(y, &$filters::Simple::new(edge)) }
            }

            #[inline(always)]
            fn simple_rows(self, y: Dst<'_>, edge: u8) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { filter::luma_rows(y, &$filters::Simple::new(edge)) }
            }
        }
    };
}

pixel_kernels!(Avx2, filter_avx2);
pixel_kernels!(Avx512, filter_avx512);
