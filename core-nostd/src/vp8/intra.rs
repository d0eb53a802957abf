//! Prediction from the frame's own pixels (RFC 6386, section 12).

use super::kernels::{Dst, PixelKernels};
use super::modes::{LumaMode, SubMode};

/// What stands in for pixels above the picture, and to its left.
pub(super) const ABOVE_PICTURE: u8 = 127;
pub(super) const LEFT_OF_PICTURE: u8 = 129;

/// The pixels around a square of `N` by `N`.
#[derive(Debug)]
pub(super) struct Surroundings<const N: usize> {
    pub above: [u8; N],
    pub left: [u8; N],
    pub corner: u8,
    /// There are pixels above, there are some to the left.
    pub inside: [bool; 2],
}

/// Predicts a macroblock's plane as a whole.
#[inline(always)]
pub(super) fn predict<const N: usize>(
    kernels: impl PixelKernels,
    dst: Dst<'_>,
    mode: LumaMode,
    around: &Surroundings<N>,
) {
    match mode {
        LumaMode::Vertical => fill(dst, |_| around.above),
        LumaMode::Horizontal => fill(dst, |y| [around.left[y]; N]),
        LumaMode::TrueMotion => {
            kernels.true_motion(dst, &around.above, &around.left, around.corner);
        }
        _ => {
            let line = [mean(around); N];
            fill(dst, |_| line);
        }
    }
}

#[inline(always)]
fn fill<const N: usize>(dst: Dst<'_>, line: impl Fn(usize) -> [u8; N]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(N, N) else {
        return;
    };
    for y in 0..N {
        dst[y * stride..][..N].copy_from_slice(&line(y));
    }
}

/// Of the pixels that there are; 128 if there are none.
#[inline(always)]
fn mean<const N: usize>(around: &Surroundings<N>) -> u8 {
    let sum = |edge: &[u8; N]| edge.iter().map(|&x| u32::from(x)).sum::<u32>();
    let n = N as u32;
    let mean = match around.inside {
        [false, false] => 128,
        [true, false] => (sum(&around.above) + n / 2) / n,
        [false, true] => (sum(&around.left) + n / 2) / n,
        [true, true] => (sum(&around.above) + sum(&around.left) + n) / (2 * n),
    };
    mean as u8
}

/// What a subblock is predicted from, in one line: the lowest pixel to the left three times, the other three
/// upwards, the corner, eight pixels above, and the last of these again.
pub(super) type SubEdge = [u8; 16];

/// The line of a subblock; made as a number, so that kernels find it in registers, not in bytes just stored.
#[inline(always)]
pub(super) fn sub_edge(left: &[u8; 4], corner: u8, above: &[u8; 8]) -> SubEdge {
    let (lowest, last) = (u128::from(left[3]), u128::from(above[7]));
    let sides = u128::from(u32::from_be_bytes(*left)) << 16 | lowest << 8 | lowest;
    let above = u128::from(u64::from_le_bytes(*above)) << 56 | last << 120;
    (above | u128::from(corner) << 48 | sides).to_le_bytes()
}

/// Pixels of the directional modes, from [`SubMode::Vertical`] on: below 16 the mean of three around that place of the line, and from 16 on the mean
/// of that place and the next.
pub const SUB_PICKS: [[u8; 16]; 8] = {
    const fn s(i: u8) -> u8 {
        16 + i
    }
    [
        // Vertical, horizontal.
        [7, 8, 9, 10, 7, 8, 9, 10, 7, 8, 9, 10, 7, 8, 9, 10],
        [5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2],
        // Left down, right down.
        [8, 9, 10, 11, 9, 10, 11, 12, 10, 11, 12, 13, 11, 12, 13, 14],
        [6, 7, 8, 9, 5, 6, 7, 8, 4, 5, 6, 7, 3, 4, 5, 6],
        // Vertical right, vertical left.
        [
            s(6),
            s(7),
            s(8),
            s(9),
            6,
            7,
            8,
            9,
            5,
            s(6),
            s(7),
            s(8),
            4,
            6,
            7,
            8,
        ],
        [
            s(7),
            s(8),
            s(9),
            s(10),
            8,
            9,
            10,
            11,
            s(8),
            s(9),
            s(10),
            12,
            9,
            10,
            11,
            13,
        ],
        // Horizontal down, horizontal up.
        [
            s(5),
            6,
            7,
            8,
            s(4),
            5,
            s(5),
            6,
            s(3),
            4,
            s(4),
            5,
            s(2),
            3,
            s(3),
            4,
        ],
        [
            s(4),
            4,
            s(3),
            3,
            s(3),
            3,
            s(2),
            2,
            s(2),
            2,
            1,
            1,
            1,
            1,
            1,
            1,
        ],
    ]
};

/// The reference of [`PixelKernels::predict_sub`].
#[inline(always)]
pub(super) fn predict_sub(dst: Dst<'_>, edge: &SubEdge, mode: SubMode) {
    let pixels = match mode {
        SubMode::Dc => {
            let around = [2, 3, 4, 5, 7, 8, 9, 10].map(|i: usize| u16::from(edge[i]));
            [((around.iter().sum::<u16>() + 4) >> 3) as u8; 16]
        }
        SubMode::TrueMotion => core::array::from_fn(|i| {
            let (above, left) = (edge[7 + i % 4], edge[5 - i / 4]);
            let sum = i16::from(above) + i16::from(left) - i16::from(edge[6]);
            sum.clamp(0, 255) as u8
        }),
        _ => {
            let means = means(edge);
            let picks = &SUB_PICKS[(mode as usize).wrapping_sub(2) & 7];
            picks.map(|pick| means[usize::from(pick & 31)])
        }
    };
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    for y in 0..4 {
        dst[y * stride..][..4].copy_from_slice(&pixels[4 * y..4 * y + 4]);
    }
}

#[inline(always)]
fn means(edge: &SubEdge) -> [u8; 32] {
    let at = |i: usize| u16::from(edge[i & 15]);
    let mut means = [0; 32];
    for i in 1..15 {
        means[i] = ((at(i - 1) + 2 * at(i) + at(i + 1) + 2) >> 2) as u8;
        means[16 + i] = ((at(i) + at(i + 1) + 1) >> 1) as u8;
    }
    means
}
