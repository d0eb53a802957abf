//! The reference of the forward transforms and of quantisation.

use super::quantizer::BlockQuantizer;
use crate::vp8::kernels::Src;
use crate::vp8::tables::ZIGZAG;

/// The largest level that tokens can say (RFC 6386, section 13.2), less what no transform gives.
const MOST: u16 = 2047;

/// The sine and the cosine of pi / 8, times the square root of 2, in 4096ths.
const SINE: i32 = 2217;
const COSINE: i32 = 5352;

/// One direction of the DCT: rows to the same places. Products are shifted down by `shift`.
#[inline(always)]
fn pass(rows: &[[i16; 4]; 4], shift: u32) -> [[i16; 4]; 4] {
    let round = 1 << (shift - 1);
    let mut out = [[0; 4]; 4];
    for x in 0..4 {
        let [i0, i1, i2, i3] = [rows[0][x], rows[1][x], rows[2][x], rows[3][x]];
        let (a, b) = (i0.wrapping_add(i3), i1.wrapping_add(i2));
        let (c, d) = (i1.wrapping_sub(i2), i0.wrapping_sub(i3));
        let (wide_c, wide_d) = (i32::from(c), i32::from(d));
        out[0][x] = a.wrapping_add(b);
        out[1][x] = ((wide_c * SINE + wide_d * COSINE + round) >> shift) as i16;
        out[2][x] = a.wrapping_sub(b);
        out[3][x] = ((wide_d * SINE - wide_c * COSINE + round) >> shift) as i16;
    }
    out
}

#[inline(always)]
fn transposed(rows: &[[i16; 4]; 4]) -> [[i16; 4]; 4] {
    core::array::from_fn(|i| core::array::from_fn(|j| rows[j][i]))
}

/// See [`super::kernels::EncodeKernels::forward_dct`].
#[inline(always)]
pub(super) fn dct(source: Src<'_>, prediction: Src<'_>, blocks: &mut [[i16; 16]; 4]) {
    let (from, with) = (source.stride, prediction.stride);
    let (Some(source), Some(prediction)) = (source.exactly(16, 4), prediction.exactly(16, 4))
    else {
        *blocks = [[0; 16]; 4];
        return;
    };
    for (i, block) in blocks.iter_mut().enumerate() {
        // Eight times the differences: what comes of both passes still fits 16 bits.
        let rows = core::array::from_fn(|y| {
            core::array::from_fn(|x| {
                let at = 4 * i + x;
                let difference =
                    i16::from(source[y * from + at]) - i16::from(prediction[y * with + at]);
                difference * 8
            })
        });
        let down = pass(&rows, 12);
        // Even rows come out 16 times too large, the others not.
        let across = pass(&transposed(&down), 16);
        let sixteenth = |row: [i16; 4]| row.map(|v: i16| v.wrapping_add(8) >> 4);
        let [r0, r1, r2, r3] = across;
        let columns = [sixteenth(r0), r1, sixteenth(r2), r3];
        block.copy_from_slice(transposed(&columns).as_flattened());
    }
}

/// See [`super::kernels::EncodeKernels::forward_wht`].
#[inline(always)]
pub(super) fn wht(dc: &[i16; 16]) -> [i16; 16] {
    let pass = |rows: &[[i16; 4]; 4]| {
        let mut out = [[0i16; 4]; 4];
        for x in 0..4 {
            let [i0, i1, i2, i3] = [rows[0][x], rows[1][x], rows[2][x], rows[3][x]];
            let (a, b) = (i0.wrapping_add(i3), i1.wrapping_add(i2));
            let (c, d) = (i1.wrapping_sub(i2), i0.wrapping_sub(i3));
            out[0][x] = a.wrapping_add(b);
            out[1][x] = c.wrapping_add(d);
            out[2][x] = a.wrapping_sub(b);
            out[3][x] = d.wrapping_sub(c);
        }
        out
    };
    let rows = core::array::from_fn(|y| core::array::from_fn(|x| dc[4 * y + x]));
    let across = transposed(&pass(&transposed(&pass(&rows))));
    core::array::from_fn(|i| across[i / 4][i % 4].wrapping_add(1) >> 1)
}

/// See [`super::kernels::EncodeKernels::quantize`].
#[inline(always)]
pub(super) fn quantize(
    coefficients: &[i16; 16],
    quantizer: &BlockQuantizer,
    levels: &mut [i16; 16],
) -> u8 {
    for i in 0..16 {
        let c = coefficients[i];
        let magnitude = c.unsigned_abs().saturating_add(quantizer.rounding[i]);
        let level = (u32::from(magnitude) * u32::from(quantizer.reciprocal[i])) >> 16;
        let level = (level as u16).min(MOST) as i16;
        levels[i] = if c < 0 { -level } else { level };
    }
    end_of(levels)
}

/// The place after the last level that is not zero, in zigzag order; 0 if there is none.
#[inline(always)]
pub(super) fn end_of(levels: &[i16; 16]) -> u8 {
    let mut end = 0;
    for (i, &place) in ZIGZAG.iter().enumerate() {
        if levels[usize::from(place & 15)] != 0 {
            end = i as u8 + 1;
        }
    }
    end
}

/// See [`super::kernels::EncodeKernels::error`].
#[inline(always)]
pub(super) fn error(a: &[i16; 16], b: &[i16; 16]) -> u32 {
    let squares = a.iter().zip(b).map(|(&a, &b)| {
        let difference = i32::from(a.wrapping_sub(b));
        (difference * difference) as u32
    });
    squares.fold(0, u32::wrapping_add)
}
