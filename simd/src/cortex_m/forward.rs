//! The forward DCT and quantisation, two coefficients of a word at a time.

use lentil_core::vp8::encode::kernels::{BlockQuantizer, ZIGZAG};
use lentil_core::vp8::kernels::Src;

use super::memory::word;
use super::ops::{even, high_half, low_half, odd, packed, sadd16, smlad, ssub16, uqadd16, usat16};

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
        let (mut evens, mut odds) = ([0; 4], [0; 4]);
        for y in 0..4 {
            // SAFETY: both have four lines of 16 pixels.
            let (a, b) = unsafe {
                (
                    word(source, y * from + 4 * i),
                    word(prediction, y * with + 4 * i),
                )
            };
            evens[y] = ssub16(even(a), even(b));
            odds[y] = ssub16(odd(a), odd(b));
        }
        let (evens, odds) = (columns(evens), columns(odds));
        for (to, (even, odd)) in block.chunks_exact_mut(4).zip(evens.into_iter().zip(odds)) {
            let [first, second] = row(even, odd);
            to[0] = first as i16;
            to[1] = (first >> 16) as i16;
            to[2] = second as i16;
            to[3] = (second >> 16) as i16;
        }
    }
}

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
    for i in (0..16).step_by(2) {
        let of = |all: &[u16; 16]| u32::from(all[i]) | u32::from(all[i + 1]) << 16;
        let both = pair(coefficients[i], coefficients[i + 1]);
        let signs = ssub16(0, (both >> 15) & 0x0001_0001);
        let magnitudes = uqadd16(ssub16(both ^ signs, signs), of(rounding));
        let by = of(reciprocal);
        let low = (magnitudes & 0xffff) * (by & 0xffff);
        let high = (magnitudes >> 16) * (by >> 16);
        // At most 2047; steps are such that all are below 32768.
        let found = usat16::<11>(packed(low >> 16, high));
        let found = ssub16(found ^ signs, signs);
        levels[i] = found as i16;
        levels[i + 1] = (found >> 16) as i16;
    }
    let is_level = |&(_, &place): &(usize, &u8)| levels[usize::from(place & 15)] != 0;
    let last = ZIGZAG.iter().enumerate().rev().find(is_level);
    last.map_or(0, |(i, _)| i as u8 + 1)
}
