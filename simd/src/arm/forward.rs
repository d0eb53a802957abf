//! Forward transforms and quantisation: what the decoder's transforms undo.

use core::arch::aarch64::*;

use lentil_core::vp8::encode::kernels::{BlockQuantizer, ZIGZAG};
use lentil_core::vp8::kernels::Src;

use super::memory::load16;
use super::transform::{load, transposed, walsh_hadamard};

/// See [`EncodeKernels::forward_dct`](lentil_core::vp8::encode::EncodeKernels::forward_dct).
#[inline]
#[target_feature(enable = "neon")]
pub fn dct(source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
    let (from, with) = (source.stride, prediction.stride);
    let (Some(source), Some(prediction)) = (source.exactly(16, 4), prediction.exactly(16, 4))
    else {
        *blocks = [[0; 16]; 4];
        return;
    };
    // SAFETY: both slices have 4 lines of 16 pixels.
    let line = |y: usize| unsafe {
        (
            load16(source.as_ptr().add(y * from)),
            load16(prediction.as_ptr().add(y * with)),
        )
    };
    let lines = [line(0), line(1), line(2), line(3)];
    let left = |(a, b)| vsubl_u8(vget_low_u8(a), vget_low_u8(b));
    let right = |(a, b)| vsubl_high_u8(a, b);
    let [l0, l1, l2, l3] = lines;
    let (pairs, _) = blocks.as_chunks_mut::<2>();
    let differences = [
        [left(l0), left(l1), left(l2), left(l3)],
        [right(l0), right(l1), right(l2), right(l3)],
    ];
    for (pair, differences) in pairs.iter_mut().zip(differences) {
        dct_of_two(differences, pair);
    }
}

/// Of two blocks side by side.
#[inline]
#[target_feature(enable = "neon")]
fn dct_of_two([r0, r1, r2, r3]: [uint16x8_t; 4], blocks: &mut [[i16; 16]; 2]) {
    let eight = |row| vshlq_n_s16::<3>(vreinterpretq_s16_u16(row));
    let down = pass::<12>([eight(r0), eight(r1), eight(r2), eight(r3)]);
    let [r0, r1, r2, r3] = pass::<16>(transposed(down));
    let [r0, r1, r2, r3] = transposed([vrshrq_n_s16::<4>(r0), r1, vrshrq_n_s16::<4>(r2), r3]);
    let low = |a, b| vcombine_s16(vget_low_s16(a), vget_low_s16(b));
    let high = |a, b| vcombine_s16(vget_high_s16(a), vget_high_s16(b));
    store(&mut blocks[0], [low(r0, r1), low(r2, r3)]);
    store(&mut blocks[1], [high(r0, r1), high(r2, r3)]);
}

/// One direction; products are shifted down by `SHIFT`.
#[inline]
#[target_feature(enable = "neon")]
fn pass<const SHIFT: i32>([i0, i1, i2, i3]: [int16x8_t; 4]) -> [int16x8_t; 4] {
    // The square root of 2 times the sine and the cosine of pi / 8, in 4096ths.
    const SINE: i16 = 2217;
    const COSINE: i16 = 5352;
    let (a, b) = (vaddq_s16(i0, i3), vaddq_s16(i1, i2));
    let (c, d) = (vsubq_s16(i1, i2), vsubq_s16(i0, i3));
    let (c_low, d_low) = (vget_low_s16(c), vget_low_s16(d));
    let narrow = |low, high| vrshrn_high_n_s32::<SHIFT>(vrshrn_n_s32::<SHIFT>(low), high);
    [
        vaddq_s16(a, b),
        narrow(
            vmlal_n_s16(vmull_n_s16(c_low, SINE), d_low, COSINE),
            vmlal_high_n_s16(vmull_high_n_s16(c, SINE), d, COSINE),
        ),
        vsubq_s16(a, b),
        narrow(
            vmlsl_n_s16(vmull_n_s16(d_low, SINE), c_low, COSINE),
            vmlsl_high_n_s16(vmull_high_n_s16(d, SINE), c, COSINE),
        ),
    ]
}

#[inline]
#[target_feature(enable = "neon")]
fn store(block: &mut [i16; 16], [upper, lower]: [int16x8_t; 2]) {
    let to = block.as_mut_ptr();
    // SAFETY: the array has 16 numbers.
    unsafe {
        vst1q_s16(to, upper);
        vst1q_s16(to.add(8), lower);
    }
}

/// See [`EncodeKernels::forward_wht`](lentil_core::vp8::encode::EncodeKernels::forward_wht).
#[inline]
#[target_feature(enable = "neon")]
pub fn wht(dc: &[i16; 16]) -> [i16; 16] {
    let [r0, r1, r2, r3] = walsh_hadamard(dc);
    // The sum wraps, as the reference's does; rounding shifts do not.
    let half = |a, b| {
        let both = vcombine_s16(a, b);
        vshrq_n_s16::<1>(vaddq_s16(both, vdupq_n_s16(1)))
    };
    let mut out = [0; 16];
    store(&mut out, [half(r0, r1), half(r2, r3)]);
    out
}

/// The place after each coefficient in zigzag order.
const PLACES: [u8; 16] = {
    let mut places = [0; 16];
    let mut i = 0;
    while i < 16 {
        places[ZIGZAG[i] as usize] = i as u8 + 1;
        i += 1;
    }
    places
};

/// See [`EncodeKernels::quantize`](lentil_core::vp8::encode::EncodeKernels::quantize).
#[inline]
#[target_feature(enable = "neon")]
pub fn quantize(
    coefficients: &[i16; 16],
    quantizer: &BlockQuantizer,
    levels: &mut [i16; 16],
) -> u8 {
    let half = |i: usize, coefficients: int16x8_t| {
        // SAFETY: the arrays have 16 numbers, and `i` is at most 8.
        let (rounding, reciprocal) = unsafe {
            (
                vld1q_u16(quantizer.rounding.as_ptr().add(i)),
                vld1q_u16(quantizer.reciprocal.as_ptr().add(i)),
            )
        };
        let magnitudes = vreinterpretq_u16_s16(vabsq_s16(coefficients));
        let magnitudes = vqaddq_u16(magnitudes, rounding);
        let low = vmull_u16(vget_low_u16(magnitudes), vget_low_u16(reciprocal));
        let high = vmull_high_u16(magnitudes, reciprocal);
        let quotients = vuzp2q_u16(vreinterpretq_u16_u32(low), vreinterpretq_u16_u32(high));
        let quotients = vreinterpretq_s16_u16(vminq_u16(quotients, vdupq_n_u16(2047)));
        let negative = vshrq_n_s16::<15>(coefficients);
        vsubq_s16(veorq_s16(quotients, negative), negative)
    };
    let [upper, lower] = load(coefficients);
    let (upper, lower) = (half(0, upper), half(8, lower));
    store(levels, [upper, lower]);
    let (upper, lower) = (vtstq_s16(upper, upper), vtstq_s16(lower, lower));
    let others = vcombine_u8(vmovn_u16(upper), vmovn_u16(lower));
    // SAFETY: the array is 16 bytes.
    let places = unsafe { load16(PLACES.as_ptr()) };
    vmaxvq_u8(vandq_u8(others, places))
}

/// See [`EncodeKernels::error`](lentil_core::vp8::encode::EncodeKernels::error).
#[inline]
#[target_feature(enable = "neon")]
pub fn error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    let ([a0, a1], [b0, b1]) = (load(a), load(b));
    let (upper, lower) = (vsubq_s16(a0, b0), vsubq_s16(a1, b1));
    let (upper_low, lower_low) = (vget_low_s16(upper), vget_low_s16(lower));
    let mut sums = [
        vmull_s16(upper_low, upper_low),
        vmull_high_s16(upper, upper),
    ];
    sums[0] = vmlal_s16(sums[0], lower_low, lower_low);
    sums[1] = vmlal_high_s16(sums[1], lower, lower);
    vaddvq_s32(vaddq_s32(sums[0], sums[1])) as u32
}
