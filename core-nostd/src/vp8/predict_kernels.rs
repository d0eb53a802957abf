//! The reference of the prediction kernels: copies, six-tap and bilinear filters (RFC 6386, section 18.3), and
//! true motion (section 12.2).

use super::kernels::{Dst, Src};
use super::tables::SIX_TAPS;

/// See [`super::PixelKernels::copy`].
#[inline(always)]
pub(super) fn copy<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>) {
    let (to, from) = (dst.stride, src.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W, H)) else {
        return;
    };
    for y in 0..H {
        dst[y * to..][..W].copy_from_slice(&src[y * from..][..W]);
    }
}

/// Pixels from six each: line `k` of pixels has the `k`-th. Sixteen bits are enough: without the fourth product the sum
/// is in range, and where it is cut off with that, the pixel is 255 anyway.
#[inline(always)]
fn six<const W: usize>(lines: [&[u8; W]; 6], taps: &[i16; 6]) -> [u8; W] {
    let mut sums = [64_i16; W];
    for k in [0, 5, 1, 4, 2] {
        for (sum, &pixel) in sums.iter_mut().zip(lines[k]) {
            *sum = sum.wrapping_add(i16::from(pixel).wrapping_mul(taps[k]));
        }
    }
    let mut pixels = [0; W];
    for (pixel, (&sum, &fourth)) in pixels.iter_mut().zip(sums.iter().zip(lines[3])) {
        let sum = sum.saturating_add(i16::from(fourth).wrapping_mul(taps[3]));
        *pixel = (sum >> 7).clamp(0, 255) as u8;
    }
    pixels
}

/// See [`super::PixelKernels::six_tap`].
#[inline(always)]
pub(super) fn six_tap<const W: usize, const H: usize>(
    dst: Dst<'_>,
    src: Src<'_>,
    x: usize,
    y: usize,
) {
    let (to, from) = (dst.stride, src.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 5, H + 5)) else {
        return;
    };
    let (x_taps, y_taps) = (&SIX_TAPS[x & 7], &SIX_TAPS[y & 7]);
    // First across, 5 lines more than the block has; a pass whose filter does nothing is exact.
    let mut lines = [[0; W]; 21];
    for (line, src) in lines.iter_mut().zip(src.chunks(from)).take(H + 5) {
        let src = &src[..W + 5];
        *line = if x & 7 == 0 {
            *pixels(src, 2)
        } else {
            six([0, 1, 2, 3, 4, 5].map(|k| pixels(src, k)), x_taps)
        };
    }
    for (row, dst) in dst.chunks_mut(to).enumerate().take(H) {
        let line = if y & 7 == 0 {
            lines[row + 2]
        } else {
            six([0, 1, 2, 3, 4, 5].map(|k| &lines[row + k]), y_taps)
        };
        dst[..W].copy_from_slice(&line);
    }
}

/// `W` pixels from `at` on.
#[inline(always)]
fn pixels<const W: usize>(line: &[u8], at: usize) -> &[u8; W] {
    let part = line.get(at..).and_then(<[u8]>::first_chunk);
    part.unwrap_or(&[0; W])
}

/// See [`super::PixelKernels::bilinear`].
#[inline(always)]
pub(super) fn bilinear<const W: usize, const H: usize>(
    dst: Dst<'_>,
    src: Src<'_>,
    x: usize,
    y: usize,
) {
    let (to, from) = (dst.stride, src.stride);
    let src = Src::new(src.data, from, 2 * from + 2);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 1, H + 1)) else {
        return;
    };
    let between = |a: u8, b: u8, eighths: usize| {
        let b_part = 16 * (eighths & 7) as u16;
        ((u16::from(a) * (128 - b_part) + u16::from(b) * b_part + 64) >> 7) as u8
    };
    let mut lines = [[0; W]; 17];
    for (line, src) in lines.iter_mut().zip(src.chunks(from)).take(H + 1) {
        let src = &src[..W + 1];
        for i in 0..W {
            line[i] = between(src[i], src[i + 1], x);
        }
    }
    for (row, dst) in dst.chunks_mut(to).enumerate().take(H) {
        let dst = &mut dst[..W];
        for i in 0..W {
            dst[i] = between(lines[row][i], lines[row + 1][i], y);
        }
    }
}

/// See [`super::PixelKernels::true_motion`].
#[inline(always)]
pub(super) fn true_motion<const N: usize>(
    dst: Dst<'_>,
    above: &[u8; N],
    left: &[u8; N],
    corner: u8,
) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(N, N) else {
        return;
    };
    for (dst, &left) in dst.chunks_mut(stride).zip(left) {
        let difference = i16::from(left) - i16::from(corner);
        for (pixel, &above) in dst[..N].iter_mut().zip(above) {
            *pixel = (i16::from(above) + difference).clamp(0, 255) as u8;
        }
    }
}
