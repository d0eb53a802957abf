//! The kernels that only an encoder needs, as a trait. Each has a default: the reference, which every other must equal
//! bit for bit. Slices are as for [`PixelKernels`]: where one is too short, whatever is measured is 0, and so are coefficients.

pub use super::quantizer::BlockQuantizer;
use super::{forward, measure};
use crate::kernels::Scalar;
use crate::vp8::kernels::{PixelKernels, Src};
pub use crate::vp8::tables::ZIGZAG;

/// Kernels for one set of instructions.
pub trait EncodeKernels: PixelKernels {
    /// The sum of absolute differences of `W` by `H` pixels; both slices begin with the first. `W` is 4, 8 or 16, `H` too.
    #[inline(always)]
    fn sad<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        measure::sad::<W, H>(a, b)
    }

    /// The same for four blocks to compare with one.
    #[inline(always)]
    fn sad_four<const W: usize, const H: usize>(self, a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
        b.map(|b| measure::sad::<W, H>(a, b))
    }

    /// The sum of squared differences of `W` by `H` pixels.
    #[inline(always)]
    fn sse<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        measure::sse::<W, H>(a, b)
    }

    /// The sum of absolute values of the Hadamard transforms of differences, 4 by 4 at a time, halved at the end.
    /// What a prediction costs in bits grows with it.
    #[inline(always)]
    fn satd<const W: usize, const H: usize>(self, a: Src<'_>, b: Src<'_>) -> u32 {
        measure::satd::<W, H>(a, b)
    }

    /// The DCTs of `source - prediction`, 16 pixels wide and 4 high: four blocks side by side. Coefficients are twice those of
    /// an orthonormal transform, as [`PixelKernels::add_block`] wants them.
    #[inline(always)]
    fn forward_dct(self, source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
        forward::dct(source, prediction, blocks);
    }

    /// The same of blocks whose absolute differences add up to `quiet` at least; says which. The others have DC alone.
    #[inline(always)]
    fn forward_dct_of_busy(
        self,
        source: Src<'_>,
        prediction: Src<'_>,
        quiet: u32,
        blocks: &mut [[i16; 16]; 4],
    ) -> [bool; 4] {
        self.forward_dct(source, prediction, blocks);
        let mut all = [true; 4];
        for (i, (block, busy)) in blocks.iter_mut().zip(&mut all).enumerate() {
            let [a, b] = [source, prediction].map(|src| Src::new(src.data, src.stride, 4 * i));
            *busy = self.sad::<4, 4>(a, b) >= quiet;
            if !*busy {
                block[1..].fill(0);
            }
        }
        all
    }

    /// The Walsh-Hadamard transform that [`PixelKernels::inverse_wht`] inverts.
    #[inline(always)]
    fn forward_wht(self, dc: &[i16; 16]) -> [i16; 16] {
        forward::wht(dc)
    }

    /// Quantises a block: `(|c| + rounding) * reciprocal >> 16` with the sign of `c`, at most 2047. Gives the place
    /// after the last level that is not zero, in zigzag order; 0 if there is none.
    #[inline(always)]
    fn quantize(
        self,
        coefficients: &[i16; 16],
        quantizer: &BlockQuantizer,
        levels: &mut [i16; 16],
    ) -> u8 {
        forward::quantize(coefficients, quantizer, levels)
    }

    /// The sum of squared differences of coefficients. Differences wrap at 16 bits, the sum at 32.
    #[inline(always)]
    fn error(self, a: &[i16; 16], b: &[i16; 16]) -> u32 {
        forward::error(a, b)
    }
}

impl EncodeKernels for Scalar {}
