//! Forward transforms and quantisation: what the decoder's transforms undo.

use core::arch::x86_64::*;

use lentil_core::vp8::encode::kernels::{BlockQuantizer, ZIGZAG};
use lentil_core::vp8::kernels::Src;

use super::measure::total;
use super::memory::load16;
use super::transform::{pairs_transposed, store_numbers, transposed, walsh_hadamard};

/// See [`EncodeKernels::forward_dct`](lentil_core::vp8::encode::EncodeKernels::forward_dct).
#[inline]
#[target_feature(enable = "avx2")]
pub fn dct(source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
    let (from, with) = (source.stride, prediction.stride);
    let (Some(source), Some(prediction)) = (source.exactly(16, 4), prediction.exactly(16, 4))
    else {
        *blocks = [[0; 16]; 4];
        return;
    };
    let line = |y: usize| {
        // SAFETY: both slices have 4 lines of 16 pixels.
        let (a, b) = unsafe {
            (
                load16(source.as_ptr().add(y * from)),
                load16(prediction.as_ptr().add(y * with)),
            )
        };
        let difference = _mm256_sub_epi16(_mm256_cvtepu8_epi16(a), _mm256_cvtepu8_epi16(b));
        _mm256_slli_epi16::<3>(difference)
    };
    let down = pass::<12>([line(0), line(1), line(2), line(3)]);
    let [r0, r1, r2, r3] = pass::<16>(transposed(down));
    let sixteenth = |row| _mm256_srai_epi16::<4>(_mm256_add_epi16(row, _mm256_set1_epi16(8)));
    // In each lane a block's first two lines, and its others; then those of the next one.
    let [p01, p23, q01, q23] = pairs_transposed([sixteenth(r0), r1, sixteenth(r2), r3]);
    let whole = [
        _mm256_permute2x128_si256::<0x20>(p01, p23),
        _mm256_permute2x128_si256::<0x20>(q01, q23),
        _mm256_permute2x128_si256::<0x31>(p01, p23),
        _mm256_permute2x128_si256::<0x31>(q01, q23),
    ];
    for (block, whole) in blocks.iter_mut().zip(whole) {
        // SAFETY: the array is 32 bytes.
        unsafe { _mm256_storeu_si256(block.as_mut_ptr().cast(), whole) };
    }
}

/// One direction; products are shifted down by `SHIFT`.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const SHIFT: i32>(rows: [__m256i; 4]) -> [__m256i; 4] {
    // The square root of 2 times the sine and the cosine of pi / 8, in 4096ths.
    const SINE: i32 = 2217;
    const COSINE: i32 = 5352;
    let [i0, i1, i2, i3] = rows;
    let (a, b) = (_mm256_add_epi16(i0, i3), _mm256_add_epi16(i1, i2));
    let (c, d) = (_mm256_sub_epi16(i1, i2), _mm256_sub_epi16(i0, i3));
    let (low, high) = (_mm256_unpacklo_epi16(c, d), _mm256_unpackhi_epi16(c, d));
    let turned = |c: i32, d: i32| {
        let factors = _mm256_set1_epi32(c & 0xffff | d << 16);
        let round = _mm256_set1_epi32(1 << (SHIFT - 1));
        let half = |pairs| {
            let products = _mm256_madd_epi16(pairs, factors);
            _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(products, round))
        };
        _mm256_packs_epi32(half(low), half(high))
    };
    [
        _mm256_add_epi16(a, b),
        turned(SINE, COSINE),
        _mm256_sub_epi16(a, b),
        turned(-COSINE, SINE),
    ]
}

/// See [`EncodeKernels::forward_wht`](lentil_core::vp8::encode::EncodeKernels::forward_wht).
#[inline]
#[target_feature(enable = "avx2")]
pub fn wht(dc: &[i16; 16]) -> [i16; 16] {
    let half = |x| _mm_srai_epi16::<1>(_mm_add_epi16(x, _mm_set1_epi16(1)));
    let [upper, lower] = walsh_hadamard(dc);
    store_numbers([half(upper), half(lower)])
}

/// See [`EncodeKernels::quantize`](lentil_core::vp8::encode::EncodeKernels::quantize).
#[inline]
#[target_feature(enable = "avx2")]
pub fn quantize(
    coefficients: &[i16; 16],
    quantizer: &BlockQuantizer,
    levels: &mut [i16; 16],
) -> u8 {
    // SAFETY: the arrays are 32 bytes, and 16 the last.
    let (coefficients, rounding, reciprocal, order) = unsafe {
        (
            _mm256_loadu_si256(coefficients.as_ptr().cast()),
            _mm256_loadu_si256(quantizer.rounding.as_ptr().cast()),
            _mm256_loadu_si256(quantizer.reciprocal.as_ptr().cast()),
            load16(ZIGZAG.as_ptr()),
        )
    };
    let magnitudes = _mm256_adds_epu16(_mm256_abs_epi16(coefficients), rounding);
    let quotients = _mm256_mulhi_epu16(magnitudes, reciprocal);
    let quotients = _mm256_min_epu16(quotients, _mm256_set1_epi16(2047));
    // Not by the instruction for signs: where a coefficient is 0, it would lose what rounding may make of it.
    let negative = _mm256_srai_epi16::<15>(coefficients);
    let signed = _mm256_sub_epi16(_mm256_xor_si256(quotients, negative), negative);
    // SAFETY: the array is 32 bytes.
    unsafe { _mm256_storeu_si256(levels.as_mut_ptr().cast(), signed) };
    let bytes = _mm_packs_epi16(
        _mm256_castsi256_si128(quotients),
        _mm256_extracti128_si256::<1>(quotients),
    );
    let zeros = _mm_cmpeq_epi8(_mm_shuffle_epi8(bytes, order), _mm_setzero_si128());
    let others = !(_mm_movemask_epi8(zeros) as u32) & 0xffff;
    (u32::BITS - others.leading_zeros()) as u8
}

/// See [`EncodeKernels::error`](lentil_core::vp8::encode::EncodeKernels::error).
#[inline]
#[target_feature(enable = "avx2")]
pub fn error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    // SAFETY: the arrays are 32 bytes.
    let (a, b) = unsafe {
        (
            _mm256_loadu_si256(a.as_ptr().cast()),
            _mm256_loadu_si256(b.as_ptr().cast()),
        )
    };
    let difference = _mm256_sub_epi16(a, b);
    total(_mm256_madd_epi16(difference, difference))
}
