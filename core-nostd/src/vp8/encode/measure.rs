//! The reference of the kernels that compare pixels.

use crate::vp8::kernels::Src;

/// Lines of both blocks; none if one is too short.
#[inline(always)]
fn lines<'a, const W: usize, const H: usize>(
    a: Src<'a>,
    b: Src<'a>,
) -> impl Iterator<Item = (&'a [u8; W], &'a [u8; W])> {
    let of = |src: Src<'a>| {
        let data = src.exactly(W, H).unwrap_or_default();
        (0..H).map_while(move |y| data.get(y * src.stride..)?.first_chunk())
    };
    of(a).zip(of(b))
}

/// See [`super::kernels::EncodeKernels::sad`].
#[inline(always)]
pub(super) fn sad<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let of_line = |(a, b): (&[u8; W], &[u8; W])| {
        let differences = a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)));
        differences.sum::<u32>()
    };
    lines::<W, H>(a, b).map(of_line).sum()
}

/// See [`super::kernels::EncodeKernels::sse`].
#[inline(always)]
pub(super) fn sse<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let of_line = |(a, b): (&[u8; W], &[u8; W])| {
        let squares = a
            .iter()
            .zip(b)
            .map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2));
        squares.sum::<u32>()
    };
    lines::<W, H>(a, b).map(of_line).sum()
}

/// See [`super::kernels::EncodeKernels::satd`].
#[inline(always)]
pub(super) fn satd<const W: usize, const H: usize>(a: Src<'_>, b: Src<'_>) -> u32 {
    let mut sum = 0;
    let mut differences = [[0; W]; 4];
    for (y, (a, b)) in lines::<W, H>(a, b).enumerate() {
        for (to, (&a, &b)) in differences[y % 4].iter_mut().zip(a.iter().zip(b)) {
            *to = i32::from(a) - i32::from(b);
        }
        if y % 4 == 3 {
            for x in (0..W).step_by(4) {
                sum += hadamard(&differences, x);
            }
        }
    }
    sum / 2
}

/// The sum of absolute values of the transform of the block that begins at column `x`.
#[inline(always)]
fn hadamard<const W: usize>(lines: &[[i32; W]; 4], x: usize) -> u32 {
    let butterfly = |[a, b, c, d]: [i32; 4]| {
        let (s0, s1, d0, d1) = (a + c, b + d, a - c, b - d);
        [s0 + s1, s0 - s1, d0 + d1, d0 - d1]
    };
    let mut rows = [[0; 4]; 4];
    for (row, line) in rows.iter_mut().zip(lines) {
        *row = butterfly([line[x], line[x + 1], line[x + 2], line[x + 3]]);
    }
    let of_column = |x: usize| {
        let column = butterfly(rows.map(|row| row[x]));
        column.iter().map(|v| v.unsigned_abs()).sum::<u32>()
    };
    (0..4).map(of_column).sum()
}
