//! The reference of the inverse transforms (RFC 6386, section 14). All sums wrap at 16 bits, as those of SIMD
//! code do; sound streams stay far below.

use super::kernels::Dst;

/// `x * 35468 / 65536` and `x * 85627 / 65536`: the square root of 2 times the sine and cosine of pi / 8.
#[inline(always)]
fn by_sine(x: i16) -> i16 {
    ((i32::from(x) * 35468) >> 16) as i16
}

#[inline(always)]
fn by_cosine(x: i16) -> i16 {
    x.wrapping_add(((i32::from(x) * 20091) >> 16) as i16)
}

/// One direction for four columns at once: `rows[i][c]` to the same places.
#[inline(always)]
fn pass(rows: &[[i16; 4]; 4]) -> [[i16; 4]; 4] {
    let mut out = [[0; 4]; 4];
    for c in 0..4 {
        let [i0, i1, i2, i3] = [rows[0][c], rows[1][c], rows[2][c], rows[3][c]];
        let a = i0.wrapping_add(i2);
        let b = i0.wrapping_sub(i2);
        let c1 = by_sine(i1).wrapping_sub(by_cosine(i3));
        let d = by_cosine(i1).wrapping_add(by_sine(i3));
        out[0][c] = a.wrapping_add(d);
        out[1][c] = b.wrapping_add(c1);
        out[2][c] = b.wrapping_sub(c1);
        out[3][c] = a.wrapping_sub(d);
    }
    out
}

#[inline(always)]
fn transposed(rows: &[[i16; 4]; 4]) -> [[i16; 4]; 4] {
    core::array::from_fn(|i| core::array::from_fn(|j| rows[j][i]))
}

#[inline(always)]
fn as_rows(block: &[i16; 16], dc: i16) -> [[i16; 4]; 4] {
    let b = block;
    [
        [dc, b[1], b[2], b[3]],
        [b[4], b[5], b[6], b[7]],
        [b[8], b[9], b[10], b[11]],
        [b[12], b[13], b[14], b[15]],
    ]
}

/// See [`super::PixelKernels::inverse_wht`].
#[inline(always)]
pub(super) fn inverse_wht(block: &[i16; 16]) -> [i16; 16] {
    let pass = |rows: &[[i16; 4]; 4]| {
        let mut out = [[0i16; 4]; 4];
        for c in 0..4 {
            let a = rows[0][c].wrapping_add(rows[3][c]);
            let b = rows[1][c].wrapping_add(rows[2][c]);
            let c1 = rows[1][c].wrapping_sub(rows[2][c]);
            let d = rows[0][c].wrapping_sub(rows[3][c]);
            out[0][c] = a.wrapping_add(b);
            out[1][c] = c1.wrapping_add(d);
            out[2][c] = a.wrapping_sub(b);
            out[3][c] = d.wrapping_sub(c1);
        }
        out
    };
    let down = pass(&as_rows(block, block[0]));
    let across = transposed(&pass(&transposed(&down)));
    core::array::from_fn(|i| across[i / 4][i % 4].wrapping_add(3) >> 3)
}

/// Adds to 4 by 4 pixels.
#[inline(always)]
fn add(dst: Dst<'_>, residue: &[[i16; 4]; 4]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    for (y, row) in residue.iter().enumerate() {
        for (pixel, &residue) in dst[y * stride..][..4].iter_mut().zip(row) {
            *pixel = i16::from(*pixel).wrapping_add(residue).clamp(0, 255) as u8;
        }
    }
}

#[inline(always)]
fn add_with_dc(dst: Dst<'_>, block: &[i16; 16], dc: i16, end: u8) {
    if end <= 1 {
        add(dst, &[[dc.wrapping_add(4) >> 3; 4]; 4]);
        return;
    }
    let down = pass(&as_rows(block, dc));
    let across = pass(&transposed(&down));
    let rounded = across.map(|row| row.map(|x| x.wrapping_add(4) >> 3));
    add(dst, &transposed(&rounded));
}

/// See [`super::PixelKernels::add_block`].
#[inline(always)]
pub(super) fn add_block(dst: Dst<'_>, block: &[i16; 16], end: u8) {
    add_with_dc(dst, block, block[0], end);
}

/// See [`super::PixelKernels::add_luma`].
#[inline(always)]
pub(super) fn add_luma(
    mut dst: Dst<'_>,
    blocks: &[[i16; 16]; 16],
    dc: &[i16; 16],
    ends: &[u8; 16],
) {
    let stride = dst.stride;
    for (i, block) in blocks.iter().enumerate() {
        if ends[i] > 1 || dc[i] != 0 {
            let at = (i / 4) * 4 * stride + (i % 4) * 4;
            add_with_dc(dst.at(at), block, dc[i], ends[i]);
        }
    }
}

/// See [`super::PixelKernels::add_chroma`].
#[inline(always)]
pub(super) fn add_chroma(mut dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
    let stride = dst.stride;
    for (i, block) in blocks.iter().enumerate() {
        if ends[i] > 0 {
            let at = (i / 2) * 4 * stride + (i % 2) * 4;
            add_block(dst.at(at), block, ends[i]);
        }
    }
}
