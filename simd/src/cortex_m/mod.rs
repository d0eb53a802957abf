//! Kernels for a Cortex-M with DSP instructions: four bytes or two halfwords of a word at a time. The whole program is compiled
//! for them, so they are safe to call.

mod filter;
mod forward;
mod inverse;
mod measure;
mod memory;
mod ops;
mod predict;

use crate::CortexM;
use filter::Kind;
use lentil_core::vp8::PixelKernels;
use lentil_core::vp8::encode::EncodeKernels;
use lentil_core::vp8::encode::kernels::BlockQuantizer;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};

impl PixelKernels for CortexM {
    #[inline(always)]
    fn copy<const W: usize, const H: usize>(self, dst: Dst<'_>, src: Src<'_>) {
        predict::copy::<W, H>(dst, src);
    }

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

    #[inline(always)]
    fn add_block(self, dst: Dst<'_>, block: &[i16; 16], end: u8) {
        inverse::add_block(dst, block, end);
    }

    #[inline(always)]
    fn add_luma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
        inverse::add_luma(dst, blocks, dc, ends);
    }

    #[inline(always)]
    fn add_chroma(self, dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
        inverse::add_chroma(dst, blocks, ends);
    }

    #[inline(always)]
    fn filter_left(self, y: Dst<'_>, limits: &EdgeLimits) {
        filter::column(y, 16, limits, Kind::Outer);
    }

    #[inline(always)]
    fn filter_left_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::column(u, 8, limits, Kind::Outer);
        filter::column(v, 8, limits, Kind::Outer);
    }

    #[inline(always)]
    fn filter_top(self, above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
        filter::row(above, below, 16, limits, Kind::Outer);
    }

    #[inline(always)]
    fn filter_top_chroma(self, u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
        for [above, below] in [u, v] {
            filter::row(above, below, 8, limits, Kind::Outer);
        }
    }

    #[inline(always)]
    fn filter_columns(self, mut y: Dst<'_>, limits: &EdgeLimits) {
        for x in [0, 4, 8] {
            filter::column(y.at(x), 16, limits, Kind::Inner);
        }
    }

    #[inline(always)]
    fn filter_columns_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::column(u, 8, limits, Kind::Inner);
        filter::column(v, 8, limits, Kind::Inner);
    }

    #[inline(always)]
    fn filter_rows(self, mut y: Dst<'_>, limits: &EdgeLimits) {
        for line in [0, 4, 8] {
            let at = line * y.stride;
            filter::row_within(y.at(at), 16, limits);
        }
    }

    #[inline(always)]
    fn filter_rows_chroma(self, u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
        filter::row_within(u, 8, limits);
        filter::row_within(v, 8, limits);
    }
}

impl EncodeKernels for CortexM {
    #[inline(always)]
    fn sad<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        measure::sad::<W, H>(a, b)
    }

    #[inline(always)]
    fn sad_four<const W: usize, const H: usize>(self, a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
        measure::sad_four::<W, H>(a, b)
    }

    #[inline(always)]
    fn forward_dct(self, source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
        forward::dct(source, prediction, blocks);
    }

    #[inline(always)]
    fn forward_dct_of_busy(
        self,
        source: Src<'_>,
        prediction: Src<'_>,
        quiet: u32,
        blocks: &mut [[i16; 16]; 4],
    ) -> [bool; 4] {
        forward::dct_of_busy(source, prediction, quiet, blocks)
    }

    #[inline(always)]
    fn quantize(
        self,
        coefficients: &[i16; 16],
        quantizer: &BlockQuantizer,
        levels: &mut [i16; 16],
    ) -> u8 {
        forward::quantize(coefficients, quantizer, levels)
    }
}
