//! The forward DCT and quantisation, two coefficients of a word at a time.

use lentil_core::vp8::encode::kernels::{BlockQuantizer, ZIGZAG};
use lentil_core::vp8::kernels::Src;

use super::memory::{halfwords, put_halfwords, unsigned, word};
use super::ops::{
    even, high_half, low_half, odd, packed, sadd16, smlad, ssub16, uqadd16, usada8, usat16,
};

/// The sine and the cosine of pi / 8, times the square root of 2, in 4096ths.
const SINE: i16 = 2217;
const COSINE: i16 = 5352;

/// Two halfwords, the first one lowest.
#[inline(always)]
const fn pair(low: i16, high: i16) -> u32 {
    low_half(low as u32, high as u32)
}

/// `x >> SHIFT`, signed.
#[inline(always)]
const fn down<const SHIFT: u32>(x: u32) -> u32 {
    (x as i32 >> SHIFT) as u32
}

/// Two columns of differences transformed; what comes is eight times as large.
#[inline(always)]
fn columns([r0, r1, r2, r3]: [u32; 4]) -> [u32; 4] {
    let (a, b) = (sadd16(r0, r3), sadd16(r1, r2));
    let (c, d) = (ssub16(r1, r2), ssub16(r0, r3));
    // Of each column both differences: sums of products of the two are an instruction.
    let (first, second) = (low_half(c, d), high_half(c, d));
    let turned = |by: u32| {
        let [first, second] = [first, second].map(|both| smlad(both, by, 256));
        packed(down::<9>(first), second << 7)
    };
    // What the lower half shifts into the upper one is cleared.
    let eightfold = |x: u32| (x << 3) & 0xfff8_ffff;
    [
        eightfold(sadd16(a, b)),
        turned(pair(SINE, COSINE)),
        eightfold(ssub16(a, b)),
        turned(pair(-COSINE, SINE)),
    ]
}

/// A row transformed, of which one word has the first and the third value, the other the second and the fourth.
#[inline(always)]
fn row(even: u32, odd: u32) -> [u32; 2] {
    let turned = odd.rotate_right(16);
    let sums = sadd16(even, turned);
    // Of the outer values, and of the inner ones negated.
    let differences = ssub16(even, turned);
    let plain = |by: u32| down::<4>(smlad(sums, by, 8));
    let turned = |by: u32| smlad(differences, by, 1 << 15);
    [
        packed(plain(pair(1, 1)), turned(pair(COSINE, -SINE))),
        packed(plain(pair(1, -1)), turned(pair(SINE, COSINE))),
    ]
}

/// The DCT of the differences of 4 by 4 pixels.
///
/// # Safety
///
/// Both slices have four lines of four pixels from the places on.
#[inline(always)]
unsafe fn of_block(lines: [(&[u8], usize, usize); 2], block: &mut [i16; 16]) {
    let [(source, from, start), (prediction, with, other)] = lines;
    let (mut evens, mut odds) = ([0; 4], [0; 4]);
    for y in 0..4 {
        // SAFETY: as the caller says.
        let (a, b) = unsafe {
            (
                word(source, start + y * from),
                word(prediction, other + y * with),
            )
        };
        evens[y] = ssub16(even(a), even(b));
        odds[y] = ssub16(odd(a), odd(b));
    }
    let (evens, odds) = (columns(evens), columns(odds));
    for (y, (even, odd)) in evens.into_iter().zip(odds).enumerate() {
        let [first, second] = row(even, odd);
        put_halfwords(block, 2 * y, first);
        put_halfwords(block, 2 * y + 1, second);
    }
}

/// See [`lentil_core::vp8::encode::EncodeKernels::forward_dct`].
#[inline(never)]
pub fn dct(source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
    let (from, with) = (source.stride, prediction.stride);
    let (Some(source), Some(prediction)) = (source.exactly(16, 4), prediction.exactly(16, 4))
    else {
        *blocks = [[0; 16]; 4];
        return;
    };
    for (i, block) in blocks.iter_mut().enumerate() {
        // SAFETY: both have four lines of 16 pixels.
        unsafe { of_block([(source, from, 4 * i), (prediction, with, 4 * i)], block) };
    }
}

/// See [`lentil_core::vp8::encode::EncodeKernels::forward_dct_of_busy`].
#[inline(never)]
pub fn dct_of_busy(
    source: Src<'_>,
    prediction: Src<'_>,
    quiet: u32,
    blocks: &mut [[i16; 16]; 4],
) -> [bool; 4] {
    let (from, with) = (source.stride, prediction.stride);
    let (Some(source), Some(prediction)) = (source.exactly(16, 4), prediction.exactly(16, 4))
    else {
        *blocks = [[0; 16]; 4];
        return [quiet == 0; 4];
    };
    let mut busy = [false; 4];
    for (i, (block, busy)) in blocks.iter_mut().zip(&mut busy).enumerate() {
        let (mut sum, mut before, mut after) = (0, 0, 0);
        for y in 0..4 {
            // SAFETY: both have four lines of 16 pixels.
            let (a, b) = unsafe {
                (
                    word(source, y * from + 4 * i),
                    word(prediction, y * with + 4 * i),
                )
            };
            sum = usada8(a, b, sum);
            before = usada8(a, 0, before);
            after = usada8(b, 0, after);
        }
        *busy = sum >= quiet;
        if *busy {
            // SAFETY: as above.
            unsafe { of_block([(source, from, 4 * i), (prediction, with, 4 * i)], block) };
        } else {
            *block = [0; 16];
            // What both passes make of it.
            block[0] = ((before as i32 - after as i32 + 1) >> 1) as i16;
        }
    }
    busy
}

/// For each place in raster order how many come before it in zigzag order, and itself.
const ENDS: [u8; 16] = {
    let mut ends = [0; 16];
    let mut i = 0;
    while i < 16 {
        ends[ZIGZAG[i] as usize] = i as u8 + 1;
        i += 1;
    }
    ends
};

/// See [`lentil_core::vp8::encode::EncodeKernels::quantize`].
#[inline(never)]
pub fn quantize(
    coefficients: &[i16; 16],
    quantizer: &BlockQuantizer,
    levels: &mut [i16; 16],
) -> u8 {
    let BlockQuantizer {
        reciprocal,
        rounding,
        ..
    } = quantizer;
    let mut end = 0;
    for i in 0..8 {
        let both = halfwords(coefficients, i);
        let signs = ssub16(0, (both >> 15) & 0x0001_0001);
        let magnitudes = uqadd16(ssub16(both ^ signs, signs), unsigned(rounding, i));
        let by = unsigned(reciprocal, i);
        let low = (magnitudes & 0xffff) * (by & 0xffff);
        let high = (magnitudes >> 16) * (by >> 16);
        // At most 2047; steps are such that all are below 32768.
        let found = usat16::<11>(packed(low >> 16, high));
        put_halfwords(levels, i, ssub16(found ^ signs, signs));
        if found & 0xffff != 0 {
            end = ENDS[2 * i].max(end);
        }
        if found >> 16 != 0 {
            end = ENDS[2 * i + 1].max(end);
        }
    }
    end
}
