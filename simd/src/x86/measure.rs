//! How much blocks of pixels differ, sixteen pixels at a time: a line, or several lines of a narrow block.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::Src;

use super::memory::{load4, load8, load16};

/// A block of `W` by `H` pixels; the slice has them.
#[derive(Clone, Copy)]
struct Block<'a, const W: usize, const H: usize> {
    data: &'a [u8],
    stride: usize,
}

impl<'a, const W: usize, const H: usize> Block<'a, W, H> {
    /// How many times [`next`](Self::next) gives other pixels, and how many times [`apart`](Self::apart) does.
    const NEXT: usize = W * H / 16;
    const APART: usize = if W * H < 64 { 4 } else { W * H / 16 };

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
    #[target_feature(enable = "avx2")]
    unsafe fn next(self, i: usize) -> __m128i {
        // SAFETY: these lines are less than `H`.
        unsafe {
            let at = self.data.as_ptr().add(i * (16 / W) * self.stride);
            lines::<W>(at, self.stride, 16 / W)
        }
    }

    /// As many lines, each four below the one before it, so that four times this are whole blocks of 4 by 4; zeros
    /// instead of lines that there are not.
    ///
    /// # Safety
    ///
    /// `i` is less than `APART`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn apart(self, i: usize) -> __m128i {
        let first = i / 4 * (64 / W) + i % 4;
        // SAFETY: these lines are less than `H`.
        unsafe {
            let at = self.data.as_ptr().add(first * self.stride);
            lines::<W>(at, 4 * self.stride, H / 4)
        }
    }
}

/// `count` lines of `W` pixels, but not more than sixteen pixels; zeros if they are fewer.
///
/// # Safety
///
/// The first line is at `at`, each other one `stride` bytes after the one before, and they can be read.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn lines<const W: usize>(at: *const u8, stride: usize, count: usize) -> __m128i {
    // SAFETY: as the caller says.
    unsafe {
        match (W, count) {
            (16, _) => load16(at),
            (8, 1) => load8(at),
            (8, _) => _mm_unpacklo_epi64(load8(at), load8(at.add(stride))),
            (_, 1) => load4(at),
            (_, 2) => _mm_unpacklo_epi32(load4(at), load4(at.add(stride))),
            _ => {
                let two = |at: *const u8| _mm_unpacklo_epi32(load4(at), load4(at.add(stride)));
                _mm_unpacklo_epi64(two(at), two(at.add(2 * stride)))
            }
        }
    }
}

/// See [`EncodeKernels::sad`](lentil_core::vp8::encode::EncodeKernels::sad).
#[inline]
#[target_feature(enable = "avx2")]
pub fn sad<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    let mut sum = _mm_setzero_si128();
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        let (a, b) = unsafe { (a.next(i), b.next(i)) };
        sum = _mm_add_epi32(sum, _mm_sad_epu8(a, b));
    }
    sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
    _mm_cvtsi128_si32(sum) as u32
}

/// See [`EncodeKernels::sad_four`](lentil_core::vp8::encode::EncodeKernels::sad_four).
#[inline]
#[target_feature(enable = "avx2")]
pub fn sad_four<const W: usize, const H: usize>(a: Src<'_>, b: [Src<'_>; 4]) -> [u32; 4] {
    let Some(one) = Block::<W, H>::new(a) else {
        return [0; 4];
    };
    // Instead of one that is too short the first, from which it does not differ.
    let other = |i: usize| Block::new(b[i]).unwrap_or(one);
    let others = [other(0), other(1), other(2), other(3)];
    let mut sums = [_mm_setzero_si128(); 4];
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        unsafe {
            let one = one.next(i);
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum = _mm_add_epi32(*sum, _mm_sad_epu8(one, other.next(i)));
            }
        }
    }
    // Sums stand in the first and the third place of each.
    let two = |a, b| _mm_or_si128(a, _mm_slli_epi64::<32>(b));
    let (s01, s23) = (two(sums[0], sums[1]), two(sums[2], sums[3]));
    let sum = _mm_add_epi32(_mm_unpacklo_epi64(s01, s23), _mm_unpackhi_epi64(s01, s23));
    let mut all = [0; 4];
    // SAFETY: the array is 16 bytes.
    unsafe { _mm_storeu_si128(all.as_mut_ptr().cast(), sum) };
    all
}

/// See [`EncodeKernels::sse`](lentil_core::vp8::encode::EncodeKernels::sse).
#[inline]
#[target_feature(enable = "avx2")]
pub fn sse<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    let mut sum = _mm256_setzero_si256();
    for i in 0..Block::<W, H>::NEXT {
        // SAFETY: `i` is less than `NEXT`.
        let (a, b) = unsafe { (a.next(i), b.next(i)) };
        let difference = _mm256_sub_epi16(_mm256_cvtepu8_epi16(a), _mm256_cvtepu8_epi16(b));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(difference, difference));
    }
    total(sum)
}

/// See [`EncodeKernels::satd`](lentil_core::vp8::encode::EncodeKernels::satd).
#[inline]
#[target_feature(enable = "avx2")]
pub fn satd<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let Some((a, b)) = Block::<W, H>::both(a, b) else {
        return 0;
    };
    // Pairs of pixels across: sums in the lower lane, differences in the upper one.
    let pairs = _mm256_set_m128i(_mm_set1_epi16(-0xff), _mm_set1_epi16(0x101));
    let line = |i: usize| {
        // SAFETY: `i` is less than `APART`.
        let (a, b) = unsafe { (a.apart(i), b.apart(i)) };
        let of = |x| _mm256_maddubs_epi16(_mm256_broadcastsi128_si256(x), pairs);
        _mm256_sub_epi16(of(a), of(b))
    };
    // At most 2040 at a time, eight times.
    let mut sum = _mm256_setzero_si256();
    for i in (0..Block::<W, H>::APART).step_by(4) {
        let [r0, r1, r2, r3] = [line(i), line(i + 1), line(i + 2), line(i + 3)];
        let (s0, s1) = (_mm256_add_epi16(r0, r2), _mm256_add_epi16(r1, r3));
        let (d0, d1) = (_mm256_sub_epi16(r0, r2), _mm256_sub_epi16(r1, r3));
        let s = larger(_mm256_add_epi16(s0, s1), _mm256_sub_epi16(s0, s1));
        let d = larger(_mm256_add_epi16(d0, d1), _mm256_sub_epi16(d0, d1));
        sum = _mm256_add_epi16(sum, _mm256_add_epi16(s, d));
    }
    total(_mm256_madd_epi16(sum, _mm256_set1_epi16(1)))
}

/// Of numbers next to each other, the larger magnitude: half of what the magnitudes of their sum and their difference
/// come to, with which the transform would end.
#[inline]
#[target_feature(enable = "avx2")]
fn larger(a: __m256i, b: __m256i) -> __m256i {
    let (a, b) = (_mm256_abs_epi16(a), _mm256_abs_epi16(b));
    let even = _mm256_blend_epi16::<0b1010_1010>(a, _mm256_slli_epi32::<16>(b));
    let odd = _mm256_blend_epi16::<0b1010_1010>(_mm256_srli_epi32::<16>(a), b);
    _mm256_max_epi16(even, odd)
}

/// The sum of eight numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub fn total(sums: __m256i) -> u32 {
    let four = _mm_add_epi32(
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b01>(two));
    _mm_cvtsi128_si32(one) as u32
}
