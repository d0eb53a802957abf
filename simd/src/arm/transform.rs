//! Inverse transforms, two blocks side by side: a line of both fills a vector of eight numbers.

use core::arch::aarch64::*;

use lentil_core::vp8::kernels::Dst;

use super::memory::{load_fours, load8, store_fours, store8};

/// See [`PixelKernels::add_luma`](lentil_core::vp8::PixelKernels::add_luma).
#[inline]
#[target_feature(enable = "neon")]
pub fn add_luma(dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(16, 16) else {
        return;
    };
    let (pairs, _) = blocks.as_chunks::<2>();
    let (dc_pairs, _) = dc.as_chunks::<2>();
    let (end_pairs, _) = ends.as_chunks::<2>();
    for (i, ((pair, &dc), &ends)) in pairs.iter().zip(dc_pairs).zip(end_pairs).enumerate() {
        // SAFETY: the slice has 16 lines of 16 pixels.
        unsafe {
            let to = dst.as_mut_ptr().add(i / 2 * 4 * stride + i % 2 * 8);
            add_pair(to, stride, pair, dc, ends);
        }
    }
}

/// See [`PixelKernels::add_chroma`](lentil_core::vp8::PixelKernels::add_chroma).
#[inline]
#[target_feature(enable = "neon")]
pub fn add_chroma(dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(8, 8) else {
        return;
    };
    let (pairs, _) = blocks.as_chunks::<2>();
    let (end_pairs, _) = ends.as_chunks::<2>();
    for (i, (pair, &ends)) in pairs.iter().zip(end_pairs).enumerate() {
        let dc = |b: usize| if ends[b] > 0 { pair[b][0] } else { 0 };
        // SAFETY: the slice has 8 lines of 8 pixels.
        unsafe {
            let to = dst.as_mut_ptr().add(4 * i * stride);
            add_pair(to, stride, pair, [dc(0), dc(1)], ends);
        }
    }
}

/// Adds two blocks to 8 by 4 pixels.
///
/// # Safety
///
/// These can be read and written.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn add_pair(
    to: *mut u8,
    stride: usize,
    blocks: &[[i16; 16]; 2],
    dc: [i16; 2],
    ends: [u8; 2],
) {
    let residue = if ends[0] > 1 || ends[1] > 1 {
        let first = with_dc(&blocks[0], dc[0], ends[0]);
        inverse_dct(first, with_dc(&blocks[1], dc[1], ends[1]))
    } else if dc != [0; 2] {
        let both = vcombine_s16(vdup_n_s16(dc[0]), vdup_n_s16(dc[1]));
        [rounded(both); 4]
    } else {
        return;
    };
    for (y, residue) in residue.into_iter().enumerate() {
        // SAFETY: as the caller says.
        unsafe {
            let at = to.add(y * stride);
            store8(at, added(load8(at), residue));
        }
    }
}

/// See [`PixelKernels::add_block`](lentil_core::vp8::PixelKernels::add_block).
#[inline]
#[target_feature(enable = "neon")]
pub fn add_block(dst: Dst<'_>, block: &[i16; 16], end: u8) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    let [r0, r1, r2, r3] = if end > 1 {
        let zero = vdupq_n_s16(0);
        inverse_dct(with_dc(block, block[0], end), [zero; 2])
    } else {
        [rounded(vdupq_n_s16(block[0])); 4]
    };
    let two_lines = |a, b| vcombine_s16(vget_low_s16(a), vget_low_s16(b));
    for (y, residue) in [(0, two_lines(r0, r1)), (2, two_lines(r2, r3))] {
        // SAFETY: the slice has 4 lines of 4 pixels.
        unsafe {
            let upper = dst.as_mut_ptr().add(y * stride);
            let lower = upper.add(stride);
            store_fours(upper, lower, added(load_fours(upper, lower), residue));
        }
    }
}

/// See [`PixelKernels::inverse_wht`](lentil_core::vp8::PixelKernels::inverse_wht).
#[inline]
#[target_feature(enable = "neon")]
pub fn inverse_wht(block: &[i16; 16]) -> [i16; 16] {
    let rows = walsh_hadamard(block);
    let mut out = [0; 16];
    for (to, row) in out.as_chunks_mut::<4>().0.iter_mut().zip(rows) {
        let row = vshr_n_s16::<3>(vadd_s16(row, vdup_n_s16(3)));
        // SAFETY: the array has four numbers.
        unsafe { vst1_s16(to.as_mut_ptr(), row) }
    }
    out
}

/// The sums of the Walsh-Hadamard transform, which are the same both ways.
#[inline]
#[target_feature(enable = "neon")]
pub fn walsh_hadamard(block: &[i16; 16]) -> [int16x4_t; 4] {
    let [r01, r23] = load(block);
    let zero = vdup_n_s16(0);
    let wide = |row| vcombine_s16(row, zero);
    let pass = |[r0, r1, r2, r3]: [int16x8_t; 4]| {
        let (a, b) = (vaddq_s16(r0, r3), vaddq_s16(r1, r2));
        let (c, d) = (vsubq_s16(r1, r2), vsubq_s16(r0, r3));
        [
            vaddq_s16(a, b),
            vaddq_s16(c, d),
            vsubq_s16(a, b),
            vsubq_s16(d, c),
        ]
    };
    let rows = [
        wide(vget_low_s16(r01)),
        wide(vget_high_s16(r01)),
        wide(vget_low_s16(r23)),
        wide(vget_high_s16(r23)),
    ];
    let [r0, r1, r2, r3] = transposed(pass(transposed(pass(rows))));
    [
        vget_low_s16(r0),
        vget_low_s16(r1),
        vget_low_s16(r2),
        vget_low_s16(r3),
    ]
}

/// Pixels with numbers added to them.
#[inline]
#[target_feature(enable = "neon")]
fn added(pixels: uint8x8_t, residue: int16x8_t) -> uint8x8_t {
    let sum = vaddw_u8(vreinterpretq_u16_s16(residue), pixels);
    vqmovun_s16(vreinterpretq_s16_u16(sum))
}

/// Divided by eight and rounded. The sum wraps, as the reference's does; rounding shifts do not.
#[inline]
#[target_feature(enable = "neon")]
fn rounded(row: int16x8_t) -> int16x8_t {
    vshrq_n_s16::<3>(vaddq_s16(row, vdupq_n_s16(4)))
}

/// Two lines of a block, and the other two.
#[inline]
#[target_feature(enable = "neon")]
pub fn load(block: &[i16; 16]) -> [int16x8_t; 2] {
    let at = block.as_ptr();
    // SAFETY: the array has 16 numbers.
    unsafe { [vld1q_s16(at), vld1q_s16(at.add(8))] }
}

/// A block with its DC coefficient in its place, and none else if its end says so.
#[inline]
#[target_feature(enable = "neon")]
fn with_dc(block: &[i16; 16], dc: i16, end: u8) -> [int16x8_t; 2] {
    let [upper, lower] = if end > 1 {
        load(block)
    } else {
        [vdupq_n_s16(0); 2]
    };
    [vsetq_lane_s16::<0>(dc, upper), lower]
}

/// The lines of two blocks that stand side by side.
#[inline]
#[target_feature(enable = "neon")]
fn inverse_dct(first: [int16x8_t; 2], second: [int16x8_t; 2]) -> [int16x8_t; 4] {
    let low = |a, b| vcombine_s16(vget_low_s16(a), vget_low_s16(b));
    let high = |a, b| vcombine_s16(vget_high_s16(a), vget_high_s16(b));
    let rows = [
        low(first[0], second[0]),
        high(first[0], second[0]),
        low(first[1], second[1]),
        high(first[1], second[1]),
    ];
    let [r0, r1, r2, r3] = transposed(pass(transposed(pass(rows))));
    [rounded(r0), rounded(r1), rounded(r2), rounded(r3)]
}

/// One direction (RFC 6386, section 14.3).
#[inline]
#[target_feature(enable = "neon")]
fn pass(rows: [int16x8_t; 4]) -> [int16x8_t; 4] {
    // The factors are 35468 and 65536 + 20091, of which the upper 16 bits of products are wanted. The instruction
    // doubles products: half of the first factor does, and of the second one's, half of the result.
    let by_sine = |x| vqdmulhq_n_s16(x, 17734);
    let by_cosine = |x| vsraq_n_s16::<1>(x, vqdmulhq_n_s16(x, 20091));
    let a = vaddq_s16(rows[0], rows[2]);
    let b = vsubq_s16(rows[0], rows[2]);
    let c = vsubq_s16(by_sine(rows[1]), by_cosine(rows[3]));
    let d = vaddq_s16(by_cosine(rows[1]), by_sine(rows[3]));
    [
        vaddq_s16(a, d),
        vaddq_s16(b, c),
        vsubq_s16(b, c),
        vsubq_s16(a, d),
    ]
}

/// Both blocks of 4 by 4 with lines and columns exchanged.
#[inline]
#[target_feature(enable = "neon")]
pub fn transposed(rows: [int16x8_t; 4]) -> [int16x8_t; 4] {
    let pairs = |a, b| {
        (
            vreinterpretq_s32_s16(vtrn1q_s16(a, b)),
            vreinterpretq_s32_s16(vtrn2q_s16(a, b)),
        )
    };
    let (a0, a1) = pairs(rows[0], rows[1]);
    let (b0, b1) = pairs(rows[2], rows[3]);
    [
        vreinterpretq_s16_s32(vtrn1q_s32(a0, b0)),
        vreinterpretq_s16_s32(vtrn1q_s32(a1, b1)),
        vreinterpretq_s16_s32(vtrn2q_s32(a0, b0)),
        vreinterpretq_s16_s32(vtrn2q_s32(a1, b1)),
    ]
}
