//! Edges in memory: of luma, or of both chroma planes, eight places of each in a vector.
//!
//! An edge is eight vectors: four lines or columns before it, and four after it. Those that run down are transposed
//! into that and back.

use core::arch::aarch64::*;

use lentil_core::vp8::kernels::Dst;

use super::filter::{Across, Filter};
use super::memory::{load_eights, load16, store_eights, store16};

/// Both halves of eight vectors as eight lines of eight pixels, with lines and columns exchanged.
#[inline]
#[target_feature(enable = "neon")]
fn transposed(a: Across) -> Across {
    let twos = |i: usize, j: usize| {
        (
            vreinterpretq_u16_u8(vtrn1q_u8(a[i], a[j])),
            vreinterpretq_u16_u8(vtrn2q_u8(a[i], a[j])),
        )
    };
    let fours = |a, b| {
        (
            vreinterpretq_u32_u16(vtrn1q_u16(a, b)),
            vreinterpretq_u32_u16(vtrn2q_u16(a, b)),
        )
    };
    let eights = |a, b| {
        (
            vreinterpretq_u8_u32(vtrn1q_u32(a, b)),
            vreinterpretq_u8_u32(vtrn2q_u32(a, b)),
        )
    };
    let ((a0, a1), (a2, a3)) = (twos(0, 1), twos(2, 3));
    let ((a4, a5), (a6, a7)) = (twos(4, 5), twos(6, 7));
    let ((b0, b2), (b1, b3)) = (fours(a0, a2), fours(a1, a3));
    let ((b4, b6), (b5, b7)) = (fours(a4, a6), fours(a5, a7));
    let ((c0, c4), (c1, c5)) = (eights(b0, b4), eights(b1, b5));
    let ((c2, c6), (c3, c7)) = (eights(b2, b6), eights(b3, b7));
    [c0, c1, c2, c3, c4, c5, c6, c7]
}

/// Eight pixels of each of sixteen lines, as eight columns.
///
/// # Safety
///
/// Eight lines of eight pixels can be read at both places.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn load_columns(upper: *const u8, lower: *const u8, stride: usize) -> Across {
    let mut lines = [vdupq_n_u8(0); 8];
    for (i, line) in lines.iter_mut().enumerate() {
        // SAFETY: as the caller says.
        *line = unsafe { load_eights(upper.add(i * stride), lower.add(i * stride)) };
    }
    transposed(lines)
}

/// The reverse of [`load_columns`].
///
/// # Safety
///
/// Eight lines of eight pixels can be written at both places.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn store_columns(upper: *mut u8, lower: *mut u8, stride: usize, columns: Across) {
    for (i, line) in transposed(columns).into_iter().enumerate() {
        // SAFETY: as the caller says.
        unsafe { store_eights(upper.add(i * stride), lower.add(i * stride), line) };
    }
}

/// Filters an edge of luma that runs down: 16 lines of eight pixels.
#[inline]
#[target_feature(enable = "neon")]
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
        store_columns(upper, lower, stride, across);
    }
}

/// Filters the three inner edges of a macroblock that run down: its sixteen columns are transposed once for all.
#[inline]
#[target_feature(enable = "neon")]
pub fn luma_columns(dst: Dst<'_>, filter: &impl Filter) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(16, 16) else {
        return;
    };
    let upper = dst.as_mut_ptr();
    // SAFETY: the slice has 16 lines of 16 pixels.
    unsafe {
        let lower = upper.add(8 * stride);
        let left = filter.apply(load_columns(upper, lower, stride));
        let right = load_columns(upper.add(8), lower.add(8), stride);
        let [a0, a1, a2, a3, b0, b1, b2, b3] = left;
        let [c0, c1, c2, c3, d0, d1, d2, d3] = right;
        let middle = filter.apply([b0, b1, b2, b3, c0, c1, c2, c3]);
        let [b0, b1, b2, b3, c0, c1, c2, c3] = middle;
        store_columns(upper, lower, stride, [a0, a1, a2, a3, b0, b1, b2, b3]);
        let right = filter.apply([c0, c1, c2, c3, d0, d1, d2, d3]);
        store_columns(upper.add(8), lower.add(8), stride, right);
    }
}

/// Filters an edge of chroma that runs down: eight lines of eight pixels of each plane.
#[inline]
#[target_feature(enable = "neon")]
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
        store_columns(u.as_mut_ptr(), v.as_mut_ptr(), stride, across);
    }
}

/// Filters an edge of luma that runs across: 16 columns, four lines above and four below.
#[inline]
#[target_feature(enable = "neon")]
pub fn luma_row(above: Dst<'_>, below: Dst<'_>, filter: &impl Filter) {
    let strides = [above.stride, below.stride];
    let (Some(above), Some(below)) = (above.exactly(16, 4), below.exactly(16, 4)) else {
        return;
    };
    let sides = [above.as_mut_ptr(), below.as_mut_ptr()];
    let line = |i: usize| sides[i / 4].wrapping_add(i % 4 * strides[i / 4]);
    let mut across = [vdupq_n_u8(0); 8];
    // SAFETY: the slices have 4 lines of 16 pixels each.
    unsafe {
        for (i, pixels) in across.iter_mut().enumerate() {
            *pixels = load16(line(i));
        }
        let across = filter.apply(across);
        // The outermost lines do not change.
        for (i, &pixels) in across.iter().enumerate().skip(1).take(6) {
            store16(line(i), pixels);
        }
    }
}

/// Filters the three inner edges of a macroblock that run across.
#[inline]
#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
unsafe fn chroma_lines(sides: [[*mut u8; 2]; 2], strides: [usize; 2], filter: &impl Filter) {
    let line = |plane: usize, i: usize| sides[plane][i / 4].wrapping_add(i % 4 * strides[i / 4]);
    let mut across = [vdupq_n_u8(0); 8];
    // SAFETY: as the caller says.
    unsafe {
        for (i, pixels) in across.iter_mut().enumerate() {
            *pixels = load_eights(line(0, i), line(1, i));
        }
        let across = filter.apply(across);
        for (i, &pixels) in across.iter().enumerate().skip(1).take(6) {
            store_eights(line(0, i), line(1, i), pixels);
        }
    }
}
