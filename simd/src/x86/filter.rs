//! Loop filters (RFC 6386, section 15): sixteen places along an edge at once, of luma, or eight of each chroma plane.
//!
//! An edge is eight vectors: four lines or columns before it, and four after it. Those that run down are transposed
//! into that and back.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::Dst;

use super::memory::{load8, load16, store8, store16};

/// Pixels across sixteen places of an edge: three to the fourth before it, and after it.
pub type Across = [__m128i; 8];

/// A filter of the pixels across an edge. Whoever has one runs code that is compiled for its instructions. If these are more
/// than AVX2, the functions below must be inlined there, as they are, for the filter to be inlined into them.
pub trait Filter {
    /// Filters sixteen places.
    ///
    /// # Safety
    ///
    /// The processor has what the filter is compiled for.
    unsafe fn apply(&self, across: Across) -> Across;
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
