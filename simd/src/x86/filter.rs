//! Loop filters (RFC 6386, section 15): sixteen places along an edge at once, of luma, or eight of each chroma plane.
//!
//! An edge is eight vectors: four lines or columns before it, and four after it. Those that run down are transposed
//! into that and back.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::{Dst, EdgeLimits};

use super::memory::{load8, load16, store8, store16};

/// Pixels across sixteen places of an edge: three to the fourth before it, and after it.
type Across = [__m128i; 8];

/// A filter of the pixels across an edge.
pub trait Filter {
    /// Filters sixteen places.
    ///
    /// # Safety
    ///
    /// The processor has AVX2.
    unsafe fn apply(&self, across: Across) -> Across;
}

#[inline]
#[target_feature(enable = "avx2")]
fn difference(a: __m128i, b: __m128i) -> __m128i {
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
fn signed(pixels: __m128i) -> __m128i {
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

/// Eight pixels of each of sixteen lines, as eight columns.
///
/// # Safety
///
/// Eight lines of eight pixels can be read at both places.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_columns(upper: *const u8, lower: *const u8, stride: usize) -> Across {
    // SAFETY: as the caller says.
    let line = |i: usize| unsafe {
        _mm256_set_m128i(load8(lower.add(i * stride)), load8(upper.add(i * stride)))
    };
    let two = |i| _mm256_unpacklo_epi8(line(i), line(i + 1));
    let a = [two(0), two(2), two(4), two(6)];
    let (b0, b1) = (
        _mm256_unpacklo_epi16(a[0], a[1]),
        _mm256_unpackhi_epi16(a[0], a[1]),
    );
    let (b2, b3) = (
        _mm256_unpacklo_epi16(a[2], a[3]),
        _mm256_unpackhi_epi16(a[2], a[3]),
    );
    // Two columns each: eight pixels of one, then of the other, in both lanes.
    let join = |pair| _mm256_permute4x64_epi64::<0b11_01_10_00>(pair);
    let c01 = join(_mm256_unpacklo_epi32(b0, b2));
    let c23 = join(_mm256_unpackhi_epi32(b0, b2));
    let c45 = join(_mm256_unpacklo_epi32(b1, b3));
    let c67 = join(_mm256_unpackhi_epi32(b1, b3));
    let low = |x| _mm256_castsi256_si128(x);
    let high = |x| _mm256_extracti128_si256::<1>(x);
    [
        low(c01),
        high(c01),
        low(c23),
        high(c23),
        low(c45),
        high(c45),
        low(c67),
        high(c67),
    ]
}

/// The reverse of [`load_columns`].
///
/// # Safety
///
/// Eight lines of eight pixels can be written at both places.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_columns(upper: *mut u8, lower: *mut u8, stride: usize, c: &Across) {
    // In both lanes, eight pixels of a column, and of the next: made pairs of pixels of a line.
    let join = |a, b| {
        let both = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_set_m128i(b, a));
        _mm256_unpacklo_epi8(both, _mm256_srli_si256::<8>(both))
    };
    let a = [
        join(c[0], c[1]),
        join(c[2], c[3]),
        join(c[4], c[5]),
        join(c[6], c[7]),
    ];
    let (b0, b1) = (
        _mm256_unpacklo_epi16(a[0], a[1]),
        _mm256_unpackhi_epi16(a[0], a[1]),
    );
    let (b2, b3) = (
        _mm256_unpacklo_epi16(a[2], a[3]),
        _mm256_unpackhi_epi16(a[2], a[3]),
    );
    let lines = [
        _mm256_unpacklo_epi32(b0, b2),
        _mm256_unpackhi_epi32(b0, b2),
        _mm256_unpacklo_epi32(b1, b3),
        _mm256_unpackhi_epi32(b1, b3),
    ];
    for (i, two) in lines.into_iter().enumerate() {
        let halves = [
            (upper, _mm256_castsi256_si128(two)),
            (lower, _mm256_extracti128_si256::<1>(two)),
        ];
        for (to, two) in halves {
            // SAFETY: as the caller says.
            unsafe {
                store8(to.add(2 * i * stride), two);
                store8(to.add((2 * i + 1) * stride), _mm_unpackhi_epi64(two, two));
            }
        }
    }
}

/// Filters an edge of luma that runs down: 16 lines of eight pixels.
#[inline]
#[target_feature(enable = "avx2")]
pub fn luma_column(dst: Dst<'_>, filter: &impl Filter) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(8, 16) else {
        return;
    };
    let upper = dst.as_mut_ptr();
    // SAFETY: the slice has 16 lines of 8 pixels.
    unsafe {
        let lower = upper.add(8 * stride);
        let across = filter.apply(load_columns(upper, lower, stride));
        store_columns(upper, lower, stride, &across);
    }
}

/// Filters the three inner edges of a macroblock that run down.
#[inline]
#[target_feature(enable = "avx2")]
pub fn luma_columns(dst: Dst<'_>, filter: &impl Filter) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(16, 16) else {
        return;
    };
    let upper = dst.as_mut_ptr();
    // SAFETY: the slice has 16 lines of 16 pixels.
    unsafe {
        let lower = upper.add(8 * stride);
        let [c0, c1, c2, c3, c4, c5, c6, c7] = load_columns(upper, lower, stride);
        let [c8, c9, ca, cb, cc, cd, ce, cf] = load_columns(upper.add(8), lower.add(8), stride);
        let first = filter.apply([c0, c1, c2, c3, c4, c5, c6, c7]);
        let [_, _, _, _, c4, c5, c6, c7] = first;
        let second = filter.apply([c4, c5, c6, c7, c8, c9, ca, cb]);
        let [c4, c5, c6, c7, c8, c9, ca, cb] = second;
        let [c0, c1, c2, c3, ..] = first;
        store_columns(upper, lower, stride, &[c0, c1, c2, c3, c4, c5, c6, c7]);
        let third = filter.apply([c8, c9, ca, cb, cc, cd, ce, cf]);
        store_columns(upper.add(8), lower.add(8), stride, &third);
    }
}

/// Filters an edge of chroma that runs down: eight lines of eight pixels of each plane.
#[inline]
#[target_feature(enable = "avx2")]
pub fn chroma_column(u: Dst<'_>, v: Dst<'_>, filter: &impl Filter) {
    let stride = u.stride;
    if v.stride != stride {
        return;
    }
    let (Some(u), Some(v)) = (u.exactly(8, 8), v.exactly(8, 8)) else {
        return;
    };
    // SAFETY: the slices have 8 lines of 8 pixels.
    unsafe {
        let across = filter.apply(load_columns(u.as_ptr(), v.as_ptr(), stride));
        store_columns(u.as_mut_ptr(), v.as_mut_ptr(), stride, &across);
    }
}

/// Filters an edge of luma that runs across: 16 columns, four lines above and four below.
#[inline]
#[target_feature(enable = "avx2")]
pub fn luma_row(above: Dst<'_>, below: Dst<'_>, filter: &impl Filter) {
    let strides = [above.stride, below.stride];
    let (Some(above), Some(below)) = (above.exactly(16, 4), below.exactly(16, 4)) else {
        return;
    };
    let sides = [above.as_mut_ptr(), below.as_mut_ptr()];
    let line = |i: usize| sides[i / 4].wrapping_add(i % 4 * strides[i / 4]);
    // SAFETY: the slices have 4 lines of 16 pixels each.
    unsafe {
        let load = |i| load16(line(i));
        let across = [
            load(0),
            load(1),
            load(2),
            load(3),
            load(4),
            load(5),
            load(6),
            load(7),
        ];
        let across = filter.apply(across);
        // The outermost lines do not change.
        for (i, &pixels) in across.iter().enumerate().skip(1).take(6) {
            store16(line(i), pixels);
        }
    }
}

/// Filters the three inner edges of a macroblock that run across.
#[inline]
#[target_feature(enable = "avx2")]
pub fn luma_rows(dst: Dst<'_>, filter: &impl Filter) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(16, 16) else {
        return;
    };
    let at = dst.as_mut_ptr();
    // SAFETY: the slice has 16 lines of 16 pixels.
    unsafe {
        // Four lines that an edge leaves are the four above the next.
        let load = |i| load16(at.add(i * stride));
        let mut above = [load(0), load(1), load(2), load(3)];
        for edge in [4, 8, 12] {
            let [a0, a1, a2, a3] = above;
            let [b0, b1, b2, b3] = [load(edge), load(edge + 1), load(edge + 2), load(edge + 3)];
            let across = filter.apply([a0, a1, a2, a3, b0, b1, b2, b3]);
            for (i, &pixels) in across.iter().enumerate().skip(1).take(6) {
                store16(at.add((edge - 4 + i) * stride), pixels);
            }
            above = [across[4], across[5], across[6], across[7]];
        }
    }
}

/// Filters an edge of chroma that runs across; of each plane what is above and what is below.
#[inline]
#[target_feature(enable = "avx2")]
pub fn chroma_row(u: [Dst<'_>; 2], v: [Dst<'_>; 2], filter: &impl Filter) {
    let strides = [u[0].stride, u[1].stride];
    if strides != [v[0].stride, v[1].stride] {
        return;
    }
    let ([u0, u1], [v0, v1]) = (u, v);
    let (Some(u0), Some(u1)) = (u0.exactly(8, 4), u1.exactly(8, 4)) else {
        return;
    };
    let (Some(v0), Some(v1)) = (v0.exactly(8, 4), v1.exactly(8, 4)) else {
        return;
    };
    let sides = [
        [u0.as_mut_ptr(), u1.as_mut_ptr()],
        [v0.as_mut_ptr(), v1.as_mut_ptr()],
    ];
    // SAFETY: the slices have 4 lines of 8 pixels each.
    unsafe { chroma_lines(sides, strides, filter) }
}

/// The same of the middle of a macroblock.
#[inline]
#[target_feature(enable = "avx2")]
pub fn chroma_inner_row(u: Dst<'_>, v: Dst<'_>, filter: &impl Filter) {
    let stride = u.stride;
    if v.stride != stride {
        return;
    }
    let (Some(u), Some(v)) = (u.exactly(8, 8), v.exactly(8, 8)) else {
        return;
    };
    // SAFETY: the slices have 8 lines of 8 pixels.
    unsafe {
        let (u, v) = (u.as_mut_ptr(), v.as_mut_ptr());
        let sides = [[u, u.add(4 * stride)], [v, v.add(4 * stride)]];
        chroma_lines(sides, [stride; 2], filter);
    }
}

/// Four lines above and four below, of both planes.
///
/// # Safety
///
/// All have eight pixels, which can be read and written.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn chroma_lines(sides: [[*mut u8; 2]; 2], strides: [usize; 2], filter: &impl Filter) {
    let line = |plane: usize, i: usize| sides[plane][i / 4].wrapping_add(i % 4 * strides[i / 4]);
    // SAFETY: as the caller says.
    unsafe {
        let load = |i| _mm_unpacklo_epi64(load8(line(0, i)), load8(line(1, i)));
        let across = [
            load(0),
            load(1),
            load(2),
            load(3),
            load(4),
            load(5),
            load(6),
            load(7),
        ];
        let across = filter.apply(across);
        for (i, &pixels) in across.iter().enumerate().skip(1).take(6) {
            store8(line(0, i), pixels);
            store8(line(1, i), _mm_unpackhi_epi64(pixels, pixels));
        }
    }
}
