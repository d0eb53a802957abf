//! Comparing pixels.

use lentil_core::vp8::kernels::Src;

use super::memory::word;
use super::ops::usada8;

/// See [`lentil_core::vp8::encode::EncodeKernels::sad_four`]. Words of the one block are read once.
#[inline(never)]
pub fn sad_four<const W: usize, const H: usize>(a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
    let stride = b[0].stride;
    let others = b.map(|b| b.exactly(W, H).filter(|_| b.stride == stride));
    let (Some(first), [Some(b), Some(c), Some(d), Some(e)]) = (a.exactly(W, H), others) else {
        return b.map(|b| sad::<W, H>(a, b));
    };
    let mut sums = [0; 4];
    for y in 0..H {
        let (line, at) = (y * a.stride, y * stride);
        for x in (0..W).step_by(4) {
            // SAFETY: all slices have H lines of W pixels, those of the four at the same places, and W is a multiple of four.
            unsafe {
                let word_of_one = word(first, line + x);
                for (sum, other) in sums.iter_mut().zip([b, c, d, e]) {
                    *sum = usada8(word_of_one, word(other, at + x), *sum);
                }
            }
        }
    }
    sums
}

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
