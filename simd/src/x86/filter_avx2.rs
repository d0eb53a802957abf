//! The arithmetic of loop filters for AVX2.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::EdgeLimits;

use super::filter::{Across, Filter};

#[inline]
#[target_feature(enable = "avx2")]
pub fn difference(a: __m128i, b: __m128i) -> __m128i {
    _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a))
}

/// All ones where `a` is at most `b`.
#[inline]
#[target_feature(enable = "avx2")]
fn at_most(a: __m128i, b: __m128i) -> __m128i {
    _mm_cmpeq_epi8(_mm_subs_epu8(a, b), _mm_setzero_si128())
}

/// Pixels as signed numbers, and back.
#[inline]
#[target_feature(enable = "avx2")]
pub fn signed(pixels: __m128i) -> __m128i {
    _mm_xor_si128(pixels, _mm_set1_epi8(-128))
}

/// Signed bytes divided by eight, rounded down.
#[inline]
#[target_feature(enable = "avx2")]
fn eighth(x: __m128i) -> __m128i {
    // Twice each byte, so that shifts of 16 bits extend the sign.
    let low = _mm_srai_epi16::<11>(_mm_unpacklo_epi8(x, x));
    let high = _mm_srai_epi16::<11>(_mm_unpackhi_epi8(x, x));
    _mm_packs_epi16(low, high)
}

/// Whether the difference across the edge is within its limit (section 15.2).
#[inline]
#[target_feature(enable = "avx2")]
fn within_edge(a: &Across, limit: __m128i) -> __m128i {
    let near = difference(a[3], a[4]);
    let far = _mm_and_si128(difference(a[2], a[5]), _mm_set1_epi8(-2));
    let sum = _mm_adds_epu8(_mm_adds_epu8(near, near), _mm_srli_epi16::<1>(far));
    at_most(sum, limit)
}

/// The outer difference, where it counts, and three times the inner one.
#[inline]
#[target_feature(enable = "avx2")]
fn common(outer: __m128i, p0: __m128i, q0: __m128i) -> __m128i {
    let inner = _mm_subs_epi8(q0, p0);
    let twice = _mm_adds_epi8(_mm_adds_epi8(outer, inner), inner);
    _mm_adds_epi8(twice, inner)
}

/// How much is taken from the pixel after the edge, and how much is added to that before it.
#[inline]
#[target_feature(enable = "avx2")]
fn rounded(filter: __m128i) -> (__m128i, __m128i) {
    (
        eighth(_mm_adds_epi8(filter, _mm_set1_epi8(4))),
        eighth(_mm_adds_epi8(filter, _mm_set1_epi8(3))),
    )
}

/// Limits of the normal filters, in all places.
struct Limits {
    edge: __m128i,
    interior: __m128i,
    variance: __m128i,
}

impl Limits {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(limits: &EdgeLimits) -> Self {
        Limits {
            edge: _mm_set1_epi8(limits.edge as i8),
            interior: _mm_set1_epi8(limits.interior as i8),
            variance: _mm_set1_epi8(limits.variance as i8),
        }
    }

    /// Where pixels are filtered at all, and where variance is low.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn masks(&self, a: &Across) -> (__m128i, __m128i) {
        let inner = _mm_max_epu8(difference(a[2], a[3]), difference(a[5], a[4]));
        let before = _mm_max_epu8(difference(a[0], a[1]), difference(a[1], a[2]));
        let after = _mm_max_epu8(difference(a[7], a[6]), difference(a[6], a[5]));
        let largest = _mm_max_epu8(inner, _mm_max_epu8(before, after));
        let within = _mm_and_si128(at_most(largest, self.interior), within_edge(a, self.edge));
        (within, at_most(inner, self.variance))
    }
}

/// The normal filter at edges of macroblocks (section 15.3).
pub struct Outer(Limits);

impl Outer {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn new(limits: &EdgeLimits) -> Self {
        Outer(Limits::new(limits))
    }
}

impl Filter for Outer {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { outer(&self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn outer(limits: &Limits, a: Across) -> Across {
    let (within, low) = limits.masks(&a);
    let [p2, p1, p0] = [signed(a[1]), signed(a[2]), signed(a[3])];
    let [q0, q1, q2] = [signed(a[4]), signed(a[5]), signed(a[6])];
    let filter = _mm_and_si128(common(_mm_subs_epi8(p1, q1), p0, q0), within);
    let (take, give) = rounded(_mm_andnot_si128(low, filter));
    let (p0, q0) = (_mm_adds_epi8(p0, give), _mm_subs_epi8(q0, take));
    // 9, 18 and 27 times the rest, and 63, by 128.
    let rest = _mm256_cvtepi8_epi16(_mm_and_si128(low, filter));
    let nine = _mm256_mullo_epi16(rest, _mm256_set1_epi16(9));
    let far = _mm256_add_epi16(nine, _mm256_set1_epi16(63));
    let mid = _mm256_add_epi16(far, nine);
    let near = _mm256_add_epi16(mid, nine);
    let narrow = |x| {
        let x = _mm256_srai_epi16::<7>(x);
        _mm_packs_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x))
    };
    let (far, mid, near) = (narrow(far), narrow(mid), narrow(near));
    [
        a[0],
        signed(_mm_adds_epi8(p2, far)),
        signed(_mm_adds_epi8(p1, mid)),
        signed(_mm_adds_epi8(p0, near)),
        signed(_mm_subs_epi8(q0, near)),
        signed(_mm_subs_epi8(q1, mid)),
        signed(_mm_subs_epi8(q2, far)),
        a[7],
    ]
}

/// The normal filter at edges of subblocks (section 15.3).
pub struct Inner(Limits);

impl Inner {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn new(limits: &EdgeLimits) -> Self {
        Inner(Limits::new(limits))
    }
}

impl Filter for Inner {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { inner(&self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn inner(limits: &Limits, a: Across) -> Across {
    let (within, low) = limits.masks(&a);
    let [p1, p0] = [signed(a[2]), signed(a[3])];
    let [q0, q1] = [signed(a[4]), signed(a[5])];
    let outer = _mm_andnot_si128(low, _mm_subs_epi8(p1, q1));
    let (take, give) = rounded(_mm_and_si128(common(outer, p0, q0), within));
    // Half of what is taken, rounded up: a mean of unsigned bytes, 128 being zero.
    let half = signed(_mm_avg_epu8(signed(take), _mm_set1_epi8(-128)));
    let rest = _mm_and_si128(half, low);
    [
        a[0],
        a[1],
        signed(_mm_adds_epi8(p1, rest)),
        signed(_mm_adds_epi8(p0, give)),
        signed(_mm_subs_epi8(q0, take)),
        signed(_mm_subs_epi8(q1, rest)),
        a[6],
        a[7],
    ]
}

/// The simple filter, of two pixels (section 15.2).
pub struct Simple(__m128i);

impl Simple {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn new(edge: u8) -> Self {
        Simple(_mm_set1_epi8(edge as i8))
    }
}

impl Filter for Simple {
    #[inline(always)]
    unsafe fn apply(&self, across: Across) -> Across {
        // SAFETY: as the caller says.
        unsafe { simple(self.0, across) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn simple(limit: __m128i, mut a: Across) -> Across {
    let outer = _mm_subs_epi8(signed(a[2]), signed(a[5]));
    let (p0, q0) = (signed(a[3]), signed(a[4]));
    let filter = _mm_and_si128(common(outer, p0, q0), within_edge(&a, limit));
    let (take, give) = rounded(filter);
    a[3] = signed(_mm_adds_epi8(p0, give));
    a[4] = signed(_mm_subs_epi8(q0, take));
    a
}
