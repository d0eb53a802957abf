//! The arithmetic of loop filters for AVX-512 and GFNI: what AVX2 does by vectors of ones and zeros is done by masks, which
//! other instructions take along, and each byte is shifted by one instruction.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::EdgeLimits;

use super::filter::{Across, Filter};
use super::filter_avx2::{difference, signed};

/// Each byte shifted right by `N` bits; the sign fills them if there is one, else zeros.
#[inline]
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn shifted<const N: u32, const SIGNED: bool>(x: __m128i) -> __m128i {
    // A matrix of bits: its highest byte says of which bits the lowest of the result is the sum.
    let matrix = const {
        let mut matrix = 0;
        let mut bit = 0;
        while bit < 8 {
            let from = bit + N;
            let row = if from < 8 {
                1 << from
            } else if SIGNED {
                0x80
            } else {
                0
            };
            matrix |= row << (8 * (7 - bit));
            bit += 1;
        }
        matrix
    };
    _mm_gf2p8affine_epi64_epi8::<0>(x, _mm_set1_epi64x(matrix))
}

/// Of the places `so_far`, where the difference across the edge is within its limit (section 15.2).
#[inline]
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn within_edge(a: &Across, so_far: __mmask16, limit: __m128i) -> __mmask16 {
    let near = difference(a[3], a[4]);
    let far = shifted::<1, false>(difference(a[2], a[5]));
    let sum = _mm_adds_epu8(_mm_adds_epu8(near, near), far);
    _mm_mask_cmple_epu8_mask(so_far, sum, limit)
}

/// The outer difference, where it counts, and three times the inner one; zeros elsewhere than `within`.
#[inline]
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn common(within: __mmask16, outer: __m128i, p0: __m128i, q0: __m128i) -> __m128i {
    let inner = _mm_subs_epi8(q0, p0);
    let twice = _mm_adds_epi8(_mm_adds_epi8(outer, inner), inner);
    _mm_maskz_adds_epi8(within, twice, inner)
}

/// How much is taken from the pixel after the edge, and how much is added to that before it; zeros elsewhere than `at`.
#[inline]
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn rounded(at: __mmask16, filter: __m128i) -> (__m128i, __m128i) {
    (
        shifted::<3, true>(_mm_maskz_adds_epi8(at, filter, _mm_set1_epi8(4))),
        shifted::<3, true>(_mm_maskz_adds_epi8(at, filter, _mm_set1_epi8(3))),
    )
}

/// All places.
const ALL: __mmask16 = !0;

/// Limits of the normal filters, in all places.
struct Limits {
    edge: __m128i,
    interior: __m128i,
    variance: __m128i,
}

impl Limits {
    #[inline]
    #[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
    fn new(limits: &EdgeLimits) -> Self {
        Limits {
            edge: _mm_set1_epi8(limits.edge as i8),
            interior: _mm_set1_epi8(limits.interior as i8),
            variance: _mm_set1_epi8(limits.variance as i8),
        }
    }

    /// Where pixels are filtered at all, and where variance is high.
    #[inline]
    #[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
    fn masks(&self, a: &Across) -> (__mmask16, __mmask16) {
        let inner = _mm_max_epu8(difference(a[2], a[3]), difference(a[5], a[4]));
        let before = _mm_max_epu8(difference(a[0], a[1]), difference(a[1], a[2]));
        let after = _mm_max_epu8(difference(a[7], a[6]), difference(a[6], a[5]));
        let largest = _mm_max_epu8(inner, _mm_max_epu8(before, after));
        let within = within_edge(a, _mm_cmple_epu8_mask(largest, self.interior), self.edge);
        (within, _mm_cmpgt_epu8_mask(inner, self.variance))
    }
}

/// The normal filter at edges of macroblocks (section 15.3).
pub struct Outer(Limits);

impl Outer {
    #[inline]
    #[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
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
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn outer(limits: &Limits, a: Across) -> Across {
    let (within, high) = limits.masks(&a);
    let [p2, p1, p0] = [signed(a[1]), signed(a[2]), signed(a[3])];
    let [q0, q1, q2] = [signed(a[4]), signed(a[5]), signed(a[6])];
    let filter = common(within, _mm_subs_epi8(p1, q1), p0, q0);
    let (take, give) = rounded(high, filter);
    let (p0, q0) = (_mm_adds_epi8(p0, give), _mm_subs_epi8(q0, take));
    // 9, 18 and 27 times the rest, and 63, by 128.
    let rest = _mm256_maskz_cvtepi8_epi16(!high, filter);
    let nine = _mm256_mullo_epi16(rest, _mm256_set1_epi16(9));
    let far = _mm256_add_epi16(nine, _mm256_set1_epi16(63));
    let mid = _mm256_add_epi16(far, nine);
    let near = _mm256_add_epi16(mid, nine);
    let narrow = |x| _mm256_cvtsepi16_epi8(_mm256_srai_epi16::<7>(x));
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
    #[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
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
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn inner(limits: &Limits, a: Across) -> Across {
    let (within, high) = limits.masks(&a);
    let [p1, p0] = [signed(a[2]), signed(a[3])];
    let [q0, q1] = [signed(a[4]), signed(a[5])];
    let outer = _mm_maskz_subs_epi8(high, p1, q1);
    let (take, give) = rounded(ALL, common(within, outer, p0, q0));
    // Half of what is taken, rounded up.
    let more = _mm_maskz_add_epi8(!high, take, _mm_set1_epi8(1));
    let rest = shifted::<1, true>(more);
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
    #[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
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
#[target_feature(enable = "avx2,avx512bw,avx512vl,gfni")]
fn simple(limit: __m128i, mut a: Across) -> Across {
    let outer = _mm_subs_epi8(signed(a[2]), signed(a[5]));
    let (p0, q0) = (signed(a[3]), signed(a[4]));
    let filter = common(within_edge(&a, ALL, limit), outer, p0, q0);
    let (take, give) = rounded(ALL, filter);
    a[3] = signed(_mm_adds_epi8(p0, give));
    a[4] = signed(_mm_subs_epi8(q0, take));
    a
}
