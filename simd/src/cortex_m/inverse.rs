//! The inverse DCT (RFC 6386, section 14.4), two coefficients of a word at a time.

use lentil_core::vp8::kernels::Dst;

use super::memory::{put, word};
use super::ops::{
    even, four, high_half, low_half, odd, packed, sadd16, shadd16, smulwb, smulwt, ssub16, uqadd8,
    uqsub8, usat16,
};

/// The square root of 2 times the sine and the cosine of pi / 8, less 1, in 65536ths.
const SINE: u32 = 35468;
const COSINE: u32 = 20091;

/// Both halfwords times a number of 65536ths.
#[inline(always)]
fn times(x: u32, by: u32) -> u32 {
    low_half(smulwb(by, x), smulwt(by, x))
}

/// One direction for two columns.
#[inline(always)]
fn pass([i0, i1, i2, i3]: [u32; 4]) -> [u32; 4] {
    let (a, b) = (sadd16(i0, i2), ssub16(i0, i2));
    let by_cosine = |x: u32| sadd16(x, times(x, COSINE));
    let c = ssub16(times(i1, SINE), by_cosine(i3));
    let d = sadd16(by_cosine(i1), times(i3, SINE));
    [sadd16(a, d), sadd16(b, c), ssub16(b, c), ssub16(a, d)]
}

/// Four rows of two columns to two rows of four columns.
#[inline(always)]
fn turned([a, b, c, d]: [u32; 4]) -> [[u32; 2]; 2] {
    [
        [low_half(a, b), low_half(c, d)],
        [high_half(a, b), high_half(c, d)],
    ]
}

/// Adds a block's inverse DCT to 4 by 4 pixels, given its DC coefficient.
#[inline(always)]
fn add(dst: Dst<'_>, block: &[i16; 16], dc: i16) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    let pair = |at: usize| low_half(block[at] as u32, block[at + 1] as u32);
    let left = pass([packed(dc as u32, pair(0)), pair(4), pair(8), pair(12)]);
    let right = pass([pair(2), pair(6), pair(10), pair(14)]);
    let ([c0, c1], [c2, c3]) = (turned(left), turned(right));
    for half in 0..2 {
        // Columns of two lines.
        let columns = pass([c0[half], c1[half], c2[half], c3[half]]);
        let [x0, x1, x2, x3] = columns.map(|x| {
            let lifted = sadd16(x, 0x0004_0004);
            shadd16(shadd16(shadd16(lifted, 0), 0), 0)
        });
        let lines = [
            [low_half(x0, x2), low_half(x1, x3)],
            [high_half(x0, x2), high_half(x1, x3)],
        ];
        for (y, [evens, odds]) in lines.into_iter().enumerate() {
            let at = (2 * half + y) * stride;
            // SAFETY: there are four lines of four pixels.
            unsafe {
                let pixels = word(dst, at);
                let evens = usat16::<8>(sadd16(even(pixels), evens));
                let odds = usat16::<8>(sadd16(odd(pixels), odds));
                put(dst, at, evens | odds << 8);
            }
        }
    }
}

/// The same if there is only DC.
#[inline(always)]
fn add_dc(dst: Dst<'_>, dc: i16) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    let residue = dc.wrapping_add(4) >> 3;
    let [more, less] = [residue, -residue].map(|x| four(x.clamp(0, 255) as u8));
    for y in 0..4 {
        // SAFETY: there are four lines of four pixels.
        unsafe {
            put(
                dst,
                y * stride,
                uqsub8(uqadd8(word(dst, y * stride), more), less),
            )
        };
    }
}

/// See [`lentil_core::vp8::PixelKernels::add_block`].
#[inline(always)]
pub fn add_block(dst: Dst<'_>, block: &[i16; 16], end: u8) {
    add_with_dc(dst, block, block[0], end);
}

#[inline(never)]
fn add_with_dc(dst: Dst<'_>, block: &[i16; 16], dc: i16, end: u8) {
    if end <= 1 {
        add_dc(dst, dc);
    } else {
        add(dst, block, dc);
    }
}

/// See [`lentil_core::vp8::PixelKernels::add_luma`].
#[inline(always)]
pub fn add_luma(mut dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
    let stride = dst.stride;
    for (i, block) in blocks.iter().enumerate() {
        if ends[i] > 1 || dc[i] != 0 {
            let at = (i / 4) * 4 * stride + (i % 4) * 4;
            add_with_dc(dst.at(at), block, dc[i], ends[i]);
        }
    }
}

/// See [`lentil_core::vp8::PixelKernels::add_chroma`].
#[inline(always)]
pub fn add_chroma(mut dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
    let stride = dst.stride;
    for (i, block) in blocks.iter().enumerate() {
        if ends[i] > 0 {
            let at = (i / 2) * 4 * stride + (i % 2) * 4;
            add_block(dst.at(at), block, ends[i]);
        }
    }
}
