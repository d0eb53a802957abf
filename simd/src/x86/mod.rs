//! Pixel kernels for AVX2, and the loop filters of AVX-512.
//!
//! Functions are safe for whoever may call them, which is code that is compiled for what they are; the token's
//! methods are, once they are inlined where [`Kernels::run`](lentil_core::kernels::Kernels::run) has enabled it. What a
//! function reads and writes through pointers it has found in the slices first.

mod filter;
mod filter_avx2;
mod filter_avx512;
mod forward;
mod intra;
mod measure;
mod memory;
mod predict;
mod transform;

use crate::{Avx2, Avx512};
use lentil_core::vp8::encode::EncodeKernels;
use lentil_core::vp8::encode::kernels::BlockQuantizer;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};
use lentil_core::vp8::{PixelKernels, SubMode};

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
            fn true_motion<const N: usize>(
                self,
                dst: Dst<'_>,
                above: &[u8; N],
                left: &[u8; N],
                corner: u8,
            ) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { intra::true_motion(dst, above, left, corner) }
            }

            #[inline(always)]
            fn predict_sub(self, dst: Dst<'_>, edge: &[u8; 16], mode: SubMode) {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { intra::predict_sub(dst, edge, mode) }
            }

            #[inline(always)]
            fn inverse_wht(self, block: &[i16; 16]) -> [i16; 16] {
                // SAFETY: the token says that the processor has AVX2, and what its filters want.
                unsafe { transform::inverse_wht(block) }
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

impl EncodeKernels for Avx2 {
    #[inline(always)]
    fn sad<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { measure::sad::<W, H>(a, b) }
    }

    #[inline(always)]
    fn sad_four<const W: usize, const H: usize>(self, a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { measure::sad_four::<W, H>(a, b) }
    }

    #[inline(always)]
    fn sse<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { measure::sse::<W, H>(a, b) }
    }

    #[inline(always)]
    fn satd<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { measure::satd::<W, H>(a, b) }
    }

    #[inline(always)]
    fn forward_dct(self, source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { forward::dct(source, prediction, blocks) }
    }

    #[inline(always)]
    fn forward_wht(self, dc: &[i16; 16]) -> [i16; 16] {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { forward::wht(dc) }
    }

    #[inline(always)]
    fn quantize(
        self,
        coefficients: &[i16; 16],
        quantizer: &BlockQuantizer,
        levels: &mut [i16; 16],
    ) -> u8 {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { forward::quantize(coefficients, quantizer, levels) }
    }

    #[inline(always)]
    fn error(self, a: &[i16; 16], b: &[i16; 16]) -> u32 {
        // SAFETY: the token says that the processor has AVX2.
        unsafe { forward::error(a, b) }
    }
}
