//! Comparing pixels.

use lentil_core::vp8::kernels::Src;

use super::memory::word;
use super::ops::usada8;

/// See [`lentil_core::vp8::encode::EncodeKernels::sad`].
#[inline(always)]
pub fn sad<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let (Some(first), Some(second)) = (a.exactly(W, H), b.exactly(W, H)) else {
        return 0;
    };
    let mut sum = 0;
    for y in 0..H {
        for x in (0..W).step_by(4) {
            // SAFETY: both slices have H lines of W pixels, and W is a multiple of four.
            let (first, second) = unsafe {
                (
                    word(first, y * a.stride + x),
                    word(second, y * b.stride + x),
                )
            };
            sum = usada8(first, second, sum);
        }
    }
    sum
}
