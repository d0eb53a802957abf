//! How much blocks of pixels differ, sixteen pixels at a time: a line, or several lines of a narrow block.

use core::arch::aarch64::*;

use lentil_core::vp8::kernels::Src;

use super::memory::{load_eights, load_fours, load16};
use super::transform::transposed;

/// A block of `W` by `H` pixels; the slice has them.
#[derive(Clone, Copy)]
struct Block<'a, const W: usize, const H: usize> {
    data: &'a [u8],
    stride: usize,
}

impl<'a, const W: usize, const H: usize> Block<'a, W, H> {
    /// How many times [`next`](Self::next) gives other pixels.
    const NEXT: usize = W * H / 16;

    #[inline(always)]
    fn new(src: Src<'a>) -> Option<Self> {
        const { assert!(matches!(W, 4 | 8 | 16) && matches!(H, 4 | 8 | 16)) }
        let data = src.exactly(W, H)?;
        let stride = src.stride;
        Some(Block { data, stride })
    }

    #[inline(always)]
    fn both(a: Src<'a>, b: Src<'a>) -> Option<(Self, Self)> {
        Self::new(a).zip(Self::new(b))
    }

    /// As many lines as there are in sixteen pixels.
    ///
    /// # Safety
    ///
    /// `i` is less than `NEXT`.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn next(self, i: usize) -> uint8x16_t {
        let stride = self.stride;
        // SAFETY: these lines are less than `H`.
        unsafe {
            let at = self.data.as_ptr().add(i * (16 / W) * stride);
            match W {
                16 => load16(at),
                8 => load_eights(at, at.add(stride)),
                _ => {
                    let below = at.add(2 * stride);
                    vcombine_u8(
                        load_fours(at, at.add(stride)),
                        load_fours(below, below.add(stride)),
                    )
                }
            }
        }
    }
}

/// See [`EncodeKernels::sad`](lentil_core::vp8::encode::EncodeKernels::sad).
#[inline]
#[target_feature(enable = "neon")]
pub fn sad<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    let mut sum = vdupq_n_u16(0);
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        let (a, b) = unsafe { (a.next(i), b.next(i)) };
        sum = vpadalq_u8(sum, vabdq_u8(a, b));
    }
    vaddlvq_u16(sum)
}

/// See [`EncodeKernels::sad_four`](lentil_core::vp8::encode::EncodeKernels::sad_four).
#[inline]
#[target_feature(enable = "neon")]
pub fn sad_four<const W: usize, const H: usize>(a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
    let Some(one) = Block::<W, H>::new(a) else {
        return [0; 4];
    };
    // Instead of one that is too short the first, from which it does not differ.
    let other = |i: usize| Block::new(b[i]).unwrap_or(one);
    let others = [other(0), other(1), other(2), other(3)];
    let mut sums = [vdupq_n_u16(0); 4];
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        unsafe {
            let one = one.next(i);
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum = vpadalq_u8(*sum, vabdq_u8(one, other.next(i)));
            }
        }
    }
    let [s0, s1, s2, s3] = sums;
    [
        vaddlvq_u16(s0),
        vaddlvq_u16(s1),
        vaddlvq_u16(s2),
        vaddlvq_u16(s3),
    ]
}

/// See [`EncodeKernels::sse`](lentil_core::vp8::encode::EncodeKernels::sse).
#[inline]
#[target_feature(enable = "neon")]
pub fn sse<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    let mut sum = vdupq_n_u32(0);
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        let (a, b) = unsafe { (a.next(i), b.next(i)) };
        let difference = vabdq_u8(a, b);
        let low = vget_low_u8(difference);
        sum = vpadalq_u16(sum, vmull_u8(low, low));
        sum = vpadalq_u16(sum, vmull_high_u8(difference, difference));
    }
    vaddvq_u32(sum)
}

/// See [`EncodeKernels::satd`](lentil_core::vp8::encode::EncodeKernels::satd).
#[inline]
#[target_feature(enable = "neon")]
pub fn satd<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    // Four times differences of eight pixels, which are two blocks of 4 by 4: at most 2040 at a time, 16 times.
    let low = |a, b| vreinterpretq_s16_u16(vsubl_u8(vget_low_u8(a), vget_low_u8(b)));
    let high = |a, b| vreinterpretq_s16_u16(vsubl_high_u8(a, b));
    let mut sum = vdupq_n_u16(0);
    // SAFETY: what is gone through is less than `NEXT`.
    unsafe {
        match (W, H) {
            (16, _) => {
                for i in (0..H).step_by(4) {
                    let [a0, a1, a2, a3] = [a.next(i), a.next(i + 1), a.next(i + 2), a.next(i + 3)];
                    let [b0, b1, b2, b3] = [b.next(i), b.next(i + 1), b.next(i + 2), b.next(i + 3)];
                    let left = [low(a0, b0), low(a1, b1), low(a2, b2), low(a3, b3)];
                    let right = [high(a0, b0), high(a1, b1), high(a2, b2), high(a3, b3)];
                    sum = vaddq_u16(sum, vaddq_u16(hadamard(left), hadamard(right)));
                }
            }
            (8, _) => {
                for i in (0..H / 2).step_by(2) {
                    let ([a0, a1], [b0, b1]) =
                        ([a.next(i), a.next(i + 1)], [b.next(i), b.next(i + 1)]);
                    let lines = [low(a0, b0), high(a0, b0), low(a1, b1), high(a1, b1)];
                    sum = vaddq_u16(sum, hadamard(lines));
                }
            }
            _ => {
                // Two blocks one above the other, or one and nothing.
                for i in (0..H / 4).step_by(2) {
                    let (a0, b0) = (a.next(i), b.next(i));
                    let (first, second) = (low(a0, b0), high(a0, b0));
                    let [third, fourth] = if H == 4 {
                        [vdupq_n_s16(0); 2]
                    } else {
                        let (a1, b1) = (a.next(i + 1), b.next(i + 1));
                        [low(a1, b1), high(a1, b1)]
                    };
                    let low = |a, b| vcombine_s16(vget_low_s16(a), vget_low_s16(b));
                    let high = |a, b| vcombine_s16(vget_high_s16(a), vget_high_s16(b));
                    let lines = [
                        low(first, third),
                        high(first, third),
                        low(second, fourth),
                        high(second, fourth),
                    ];
                    sum = vaddq_u16(sum, hadamard(lines));
                }
            }
        }
    }
    vaddlvq_u16(sum)
}

/// Half the magnitudes of two blocks' transforms.
#[inline]
#[target_feature(enable = "neon")]
fn hadamard(lines: [int16x8_t; 4]) -> uint16x8_t {
    let half = |[r0, r1, r2, r3]: [int16x8_t; 4]| {
        [
            vaddq_s16(r0, r2),
            vaddq_s16(r1, r3),
            vsubq_s16(r0, r2),
            vsubq_s16(r1, r3),
        ]
    };
    let [s0, s1, d0, d1] = half(lines);
    let columns = transposed([
        vaddq_s16(s0, s1),
        vsubq_s16(s0, s1),
        vaddq_s16(d0, d1),
        vsubq_s16(d0, d1),
    ]);
    // The larger of two magnitudes is half of what those of the sum and the difference come to.
    let [s0, s1, d0, d1] = half(columns);
    let larger = |a, b| vreinterpretq_u16_s16(vmaxq_s16(vabsq_s16(a), vabsq_s16(b)));
    vaddq_u16(larger(s0, s1), larger(d0, d1))
}
