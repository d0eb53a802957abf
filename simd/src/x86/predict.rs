//! Interpolation between pixels: products of bytes by pairs of taps.
//!
//! The six taps go in pairs 0 and 5, 2 and 4, 1 and 3: added in this order, sums of 16 bits are cut off only where the
//! pixel is 255 anyway.

use core::arch::x86_64::*;

use lentil_core::kernels::Scalar;
use lentil_core::vp8::PixelKernels;
use lentil_core::vp8::kernels::{Dst, SIX_TAPS, Src};

use super::memory::{load16, store4, store8, store16};

/// See [`PixelKernels::six_tap`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn six_tap<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    if !reach::<W, H>(&dst, &src) {
        return Scalar.six_tap::<W, H>(dst, src, x, y);
    }
    let taps = |eighths: usize| (eighths != 0).then(|| Taps::new(&SIX_TAPS[eighths & 7]));
    // SAFETY: `reach` has looked.
    unsafe { interpolate::<W, H>(dst, src, taps(x), taps(y)) }
}

/// See [`PixelKernels::bilinear`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn bilinear<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    if !reach::<W, H>(&dst, &src) {
        return Scalar.bilinear::<W, H>(dst, src, x, y);
    }
    let taps = |eighths: usize| {
        let part = 16 * (eighths & 7) as i16;
        (eighths != 0).then(|| Taps::new(&[0, 0, 128 - part, part, 0, 0]))
    };
    // SAFETY: `reach` has looked.
    unsafe { interpolate::<W, H>(dst, src, taps(x), taps(y)) }
}

/// Whether the slices reach as far as whole vectors do.
#[inline(always)]
fn reach<const W: usize, const H: usize>(dst: &Dst<'_>, src: &Src<'_>) -> bool {
    let width = if W == 16 { 24 } else { 16 };
    let lines = |stride: usize, count: usize| stride.saturating_mul(count - 1);
    dst.data.len() >= lines(dst.stride, H).saturating_add(W)
        && src.data.len() >= lines(src.stride, H + 5).saturating_add(width)
}

/// Pairs of taps, in all places.
#[derive(Clone, Copy)]
struct Taps {
    outer: __m256i,
    even: __m256i,
    odd: __m256i,
}

impl Taps {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(taps: &[i16; 6]) -> Self {
        let pair = |a: usize, b: usize| _mm256_set1_epi16(taps[a] & 0xff | taps[b] << 8);
        Taps {
            outer: pair(0, 5),
            even: pair(2, 4),
            odd: pair(1, 3),
        }
    }

    /// The sums of products of such pairs of pixels, rounded.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn apply(&self, outer: __m256i, even: __m256i, odd: __m256i) -> __m256i {
        let sum = _mm256_adds_epi16(
            _mm256_maddubs_epi16(outer, self.outer),
            _mm256_maddubs_epi16(even, self.even),
        );
        let sum = _mm256_adds_epi16(sum, _mm256_maddubs_epi16(odd, self.odd));
        _mm256_srai_epi16::<7>(_mm256_adds_epi16(sum, _mm256_set1_epi16(64)))
    }

    /// Along lines: of each lane's bytes, eight pixels from the third on. They come as bytes, twice.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn across(&self, line: __m256i) -> __m256i {
        let pick = |a: i8, b: i8| {
            let twos = _mm256_set1_epi16(i16::from(a) | i16::from(b) << 8);
            let counts = _mm_setr_epi8(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
            let counts = _mm256_broadcastsi128_si256(counts);
            _mm256_shuffle_epi8(line, _mm256_add_epi8(counts, twos))
        };
        let sums = self.apply(pick(0, 5), pick(2, 4), pick(1, 3));
        _mm256_packus_epi16(sums, sums)
    }

    /// Down six lines, eight pixels of each in the lower half of each lane; gives 16 bits for each.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn down(&self, [a, b, c, d, e, f]: [__m256i; 6]) -> __m256i {
        self.apply(
            _mm256_unpacklo_epi8(a, f),
            _mm256_unpacklo_epi8(c, e),
            _mm256_unpacklo_epi8(b, d),
        )
    }
}

/// Filters across, then down; no taps copy.
///
/// # Safety
///
/// `dst` has `W` by `H` pixels; `src` has `H + 5` lines of 24 pixels if `W` is 16, else of 16.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn interpolate<const W: usize, const H: usize>(
    dst: Dst<'_>,
    src: Src<'_>,
    x: Option<Taps>,
    y: Option<Taps>,
) {
    // SAFETY: as the caller says.
    unsafe {
        if W == 16 {
            wide::<H>(dst, src, x, y);
        } else {
            narrow::<W, H>(dst, src, x, y);
        }
    }
}

/// Lines of 16 pixels, eight in each lane.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn wide<const H: usize>(dst: Dst<'_>, src: Src<'_>, x: Option<Taps>, y: Option<Taps>) {
    let line = |i: usize| {
        // SAFETY: `i` is at most `H + 4`, and the line has 24 pixels.
        let (left, right) = unsafe {
            let at = src.data.as_ptr().add(i * src.stride);
            (load16(at), load16(at.add(8)))
        };
        let both = _mm256_set_m128i(right, left);
        match x {
            Some(taps) => taps.across(both),
            None => _mm256_srli_si256::<2>(both),
        }
    };
    let to = dst.data.as_mut_ptr();
    let put = |i: usize, pair: __m256i| {
        let pair = _mm256_permute4x64_epi64::<0b11_01_10_00>(pair);
        // SAFETY: lines `i` and `i + 1` have 16 pixels.
        unsafe {
            store16(to.add(i * dst.stride), _mm256_castsi256_si128(pair));
            let lower = _mm256_extracti128_si256::<1>(pair);
            store16(to.add((i + 1) * dst.stride), lower);
        }
    };
    let Some(taps) = y else {
        for i in (0..H).step_by(2) {
            put(i, _mm256_unpacklo_epi64(line(i + 2), line(i + 3)));
        }
        return;
    };
    let [mut a, mut b, mut c] = [line(0), line(1), line(2)];
    let [mut d, mut e] = [line(3), line(4)];
    for i in (0..H).step_by(2) {
        let (f, g) = (line(i + 5), line(i + 6));
        let upper = taps.down([a, b, c, d, e, f]);
        let lower = taps.down([b, c, d, e, f, g]);
        put(i, _mm256_packus_epi16(upper, lower));
        (a, b, c, d, e) = (c, d, e, f, g);
    }
}

/// Lines of 8 or 4 pixels, two at a time: one in each lane.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn narrow<const W: usize, const H: usize>(
    dst: Dst<'_>,
    src: Src<'_>,
    x: Option<Taps>,
    y: Option<Taps>,
) {
    // Lines `i` and `i + 1`; after the last one that again.
    let lines = |i: usize| {
        // SAFETY: both lines are at most `H + 4`, and have 16 pixels.
        let (upper, lower) = unsafe {
            let next = (i + 1).min(H + 4);
            let at = src.data.as_ptr();
            (
                load16(at.add(i * src.stride)),
                load16(at.add(next * src.stride)),
            )
        };
        let both = _mm256_set_m128i(lower, upper);
        match x {
            Some(taps) => taps.across(both),
            None => _mm256_srli_si256::<2>(both),
        }
    };
    let to = dst.data.as_mut_ptr();
    let put = |i: usize, pair: __m256i| {
        let (upper, lower) = (
            _mm256_castsi256_si128(pair),
            _mm256_extracti128_si256::<1>(pair),
        );
        // SAFETY: lines `i` and `i + 1` have `W` pixels.
        unsafe {
            let (upper_to, lower_to) = (to.add(i * dst.stride), to.add((i + 1) * dst.stride));
            if W == 8 {
                store8(upper_to, upper);
                store8(lower_to, lower);
            } else {
                store4(upper_to, upper);
                store4(lower_to, lower);
            }
        }
    };
    let Some(taps) = y else {
        for i in (0..H).step_by(2) {
            put(i, lines(i + 2));
        }
        return;
    };
    // Lines 1 and 2 are the end of lines 0 and 1 and the start of lines 2 and 3.
    let between = |a, b| _mm256_permute2x128_si256::<0x21>(a, b);
    let [mut l0, mut l2, mut l4] = [lines(0), lines(2), lines(4)];
    let [mut l1, mut l3] = [between(l0, l2), between(l2, l4)];
    for i in (0..H).step_by(2) {
        let l6 = lines(i + 6);
        let l5 = between(l4, l6);
        let sums = taps.down([l0, l1, l2, l3, l4, l5]);
        put(i, _mm256_packus_epi16(sums, sums));
        (l0, l1, l2, l3, l4) = (l2, l3, l4, l5, l6);
    }
}
