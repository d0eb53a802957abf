//! Prediction: interpolation between pixels, and from the pixels around a block.
//!
//! Vectors are eight pixels of a line, or four of each of two lines, so that products fill 16 bytes. Pixels at every
//! tap are loaded anew: loads need not be aligned, what bounds the filters is multiplication, and compilers keep a window
//! that moves in memory.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use lentil_core::kernels::Scalar;
use lentil_core::vp8::kernels::{Dst, SIX_TAPS, SUB_PICKS, Src};
use lentil_core::vp8::{PixelKernels, SubMode};

use super::memory::{load_fours, load8, load16, store_fours, store8};

/// See [`PixelKernels::six_tap`].
#[inline]
#[target_feature(enable = "neon")]
pub fn six_tap<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    if !suits(W, H) {
        return Scalar.six_tap::<W, H>(dst, src, x, y);
    }
    let (from_stride, to_stride) = (src.stride, dst.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 5, H + 5)) else {
        return;
    };
    let taps = |eighths: usize| (eighths != 0).then(|| &SIX_TAPS[eighths & 7]);
    // SAFETY: the slices have all these pixels, two of them before the block and three after it.
    unsafe {
        let way = Way {
            from: src.as_ptr().add(2 * from_stride + 2),
            from_stride,
            to: dst.as_mut_ptr(),
            to_stride,
        };
        interpolate::<W, H>(way, taps(x), taps(y));
    }
}

/// See [`PixelKernels::bilinear`].
#[inline]
#[target_feature(enable = "neon")]
pub fn bilinear<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    if !suits(W, H) {
        return Scalar.bilinear::<W, H>(dst, src, x, y);
    }
    let (from_stride, to_stride) = (src.stride, dst.stride);
    let src = Src::new(src.data, from_stride, 2 * from_stride + 2);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 1, H + 1)) else {
        return;
    };
    let taps = |eighths: usize| {
        let part = 16 * (eighths & 7) as i16;
        (eighths != 0).then_some([0, 0, 128 - part, part, 0, 0])
    };
    // SAFETY: the slices have all these pixels, one of them after the block.
    unsafe {
        let way = Way {
            from: src.as_ptr(),
            from_stride,
            to: dst.as_mut_ptr(),
            to_stride,
        };
        interpolate::<W, H>(way, taps(x).as_ref(), taps(y).as_ref());
    }
}

/// Whether vectors fill such a block: all that VP8 has are.
const fn suits(width: usize, height: usize) -> bool {
    matches!(width, 4 | 8 | 16) && height <= 16 && height.is_multiple_of(2)
}

/// Where lines come from, and where they go.
#[derive(Clone, Copy)]
struct Way {
    from: *const u8,
    from_stride: usize,
    to: *mut u8,
    to_stride: usize,
}

/// How many pixels before a pixel count; one more of those after it does.
#[inline(always)]
fn margin(taps: &[i16; 6]) -> usize {
    match taps {
        [0, 0, ..] => 0,
        [0, ..] => 1,
        _ => 2,
    }
}

/// Filters across, then down; no taps copy.
///
/// # Safety
///
/// `W` by `H` pixels can be read and written, and of those around the block, as many read as [`margin`] says.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn interpolate<const W: usize, const H: usize>(
    way: Way,
    x: Option<&[i16; 6]>,
    y: Option<&[i16; 6]>,
) {
    // SAFETY: the buffer has the 5 lines more that six taps want; all else is as the caller says.
    unsafe {
        match (x, y) {
            (Some(x), Some(y)) => {
                let mut between = MaybeUninit::<[u8; 16 * 21]>::uninit();
                let between = between.as_mut_ptr().cast::<u8>();
                let before = margin(y);
                let first = Way {
                    from: way.from.sub(before * way.from_stride),
                    to: between,
                    to_stride: W,
                    ..way
                };
                across::<W>(first, H + 2 * before + 1, x);
                let second = Way {
                    from: between.add(before * W),
                    from_stride: W,
                    ..way
                };
                down::<W, H>(second, y);
            }
            (Some(x), None) => across::<W>(way, H, x),
            (None, Some(y)) => down::<W, H>(way, y),
            (None, None) => {
                for i in 0..H {
                    let from = way.from.add(i * way.from_stride);
                    from.copy_to_nonoverlapping(way.to.add(i * way.to_stride), W);
                }
            }
        }
    }
}

/// Filters lines across, with as many taps as are not zero.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn across<const W: usize>(way: Way, lines: usize, taps: &[i16; 6]) {
    // SAFETY: as the caller says.
    unsafe {
        match margin(taps) {
            0 => across_by::<W, 2>(way, lines, &Taps::new(taps)),
            1 => across_by::<W, 4>(way, lines, &Taps::new(taps)),
            _ => across_by::<W, 6>(way, lines, &Taps::new(taps)),
        }
    }
}

/// Filters `H` lines down, likewise.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn down<const W: usize, const H: usize>(way: Way, taps: &[i16; 6]) {
    // SAFETY: as the caller says.
    unsafe {
        match margin(taps) {
            0 => down_by::<W, H, 2>(way, &Taps::new(taps)),
            1 => down_by::<W, H, 4>(way, &Taps::new(taps)),
            _ => down_by::<W, H, 6>(way, &Taps::new(taps)),
        }
    }
}

/// The absolute values of the `N` taps in the middle of six, in all places.
struct Taps<const N: usize>([uint8x8_t; N]);

impl<const N: usize> Taps<N> {
    /// Where the tap of the pixel itself is.
    const HERE: usize = N / 2 - 1;

    #[inline]
    #[target_feature(enable = "neon")]
    fn new(taps: &[i16; 6]) -> Self {
        let mut all = [vdup_n_u8(0); N];
        for (vector, tap) in all.iter_mut().zip(&taps[3 - N / 2..]) {
            *vector = vdup_n_u8(tap.unsigned_abs() as u8);
        }
        Taps(all)
    }

    /// The sum of products, rounded. Of six taps, the second and the fifth are negative. Without the fourth product
    /// the sum is in range, and where it is cut off with that, the pixel is 255 anyway.
    #[inline]
    #[target_feature(enable = "neon")]
    fn apply(&self, pixels: &[uint8x8_t; N]) -> uint8x8_t {
        let (p, t, here) = (pixels, &self.0, Self::HERE);
        let mut sum = vmull_u8(p[here], t[here]);
        if N == 6 {
            sum = vmlal_u8(sum, p[here - 2], t[here - 2]);
            sum = vmlal_u8(sum, p[here + 3], t[here + 3]);
        }
        if N >= 4 {
            sum = vmlsl_u8(sum, p[here - 1], t[here - 1]);
            sum = vmlsl_u8(sum, p[here + 2], t[here + 2]);
        }
        let next = vmull_u8(p[here + 1], t[here + 1]);
        let sum = vqaddq_s16(vreinterpretq_s16_u16(sum), vreinterpretq_s16_u16(next));
        vqrshrun_n_s16::<7>(sum)
    }
}

/// Filters lines across by `N` taps.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn across_by<const W: usize, const N: usize>(way: Way, lines: usize, taps: &Taps<N>) {
    let mut pixels = [vdup_n_u8(0); N];
    for i in (0..lines).step_by(if W == 4 { 2 } else { 1 }) {
        // SAFETY: the lines are below `lines`, `taps` reach as far as the caller has looked.
        unsafe {
            let from = way.from.add(i * way.from_stride).sub(Taps::<N>::HERE);
            let to = way.to.add(i * way.to_stride);
            if W == 4 {
                // The last line may have none below it, and is done twice.
                let below = usize::from(i + 1 < lines);
                for (k, pixels) in pixels.iter_mut().enumerate() {
                    let from = from.add(k);
                    *pixels = load_fours(from, from.add(below * way.from_stride));
                }
                store_fours(to, to.add(below * way.to_stride), taps.apply(&pixels));
            } else {
                for x in (0..W).step_by(8) {
                    for (k, pixels) in pixels.iter_mut().enumerate() {
                        *pixels = load8(from.add(x + k));
                    }
                    store8(to.add(x), taps.apply(&pixels));
                }
            }
        }
    }
}

/// Filters `H` lines down by `N` taps.
///
/// # Safety
///
/// See [`interpolate`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn down_by<const W: usize, const H: usize, const N: usize>(way: Way, taps: &Taps<N>) {
    let mut pixels = [vdup_n_u8(0); N];
    for i in (0..H).step_by(if W == 4 { 2 } else { 1 }) {
        for x in (0..W).step_by(8) {
            // SAFETY: the lines are below `H`, `taps` reach as far as the caller has looked.
            unsafe {
                let from = way.from.sub(Taps::<N>::HERE * way.from_stride).add(x);
                for (k, pixels) in pixels.iter_mut().enumerate() {
                    let line = from.add((i + k) * way.from_stride);
                    *pixels = if W == 4 {
                        load_fours(line, line.add(way.from_stride))
                    } else {
                        load8(line)
                    };
                }
                let to = way.to.add(i * way.to_stride + x);
                if W == 4 {
                    store_fours(to, to.add(way.to_stride), taps.apply(&pixels));
                } else {
                    store8(to, taps.apply(&pixels));
                }
            }
        }
    }
}

/// See [`PixelKernels::true_motion`].
#[inline]
#[target_feature(enable = "neon")]
pub fn true_motion<const N: usize>(dst: Dst<'_>, above: &[u8; N], left: &[u8; N], corner: u8) {
    if !N.is_multiple_of(8) {
        return Scalar.true_motion(dst, above, left, corner);
    }
    let stride = dst.stride;
    let Some(dst) = dst.exactly(N, N) else {
        return;
    };
    for x in (0..N).step_by(8) {
        // SAFETY: there are `N` pixels above, and `N` by `N` to write.
        unsafe {
            let above = load8(above.as_ptr().add(x));
            let difference = vsubl_u8(above, vdup_n_u8(corner));
            for (y, &left) in left.iter().enumerate() {
                let sum = vaddw_u8(difference, vdup_n_u8(left));
                let pixels = vqmovun_s16(vreinterpretq_s16_u16(sum));
                store8(dst.as_mut_ptr().add(y * stride + x), pixels);
            }
        }
    }
}

/// See [`PixelKernels::predict_sub`], for modes that are means of pixels
/// around the subblock: all of them, looked up.
#[inline]
#[target_feature(enable = "neon")]
pub fn predict_directional(dst: Dst<'_>, edge: &[u8; 16], mode: SubMode) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    let picks = &SUB_PICKS[(mode as usize).wrapping_sub(2) & 7];
    // SAFETY: the arrays have 16 bytes, the slice 4 lines of 4 pixels.
    unsafe {
        let here = load16(edge.as_ptr());
        let (before, after) = (vextq_u8::<15>(here, here), vextq_u8::<1>(here, here));
        // Halves rounded down, then up, make a quarter rounded to the nearest.
        let of_three = vrhaddq_u8(vhaddq_u8(before, after), here);
        let of_two = vrhaddq_u8(here, after);
        let means = uint8x16x2_t(of_three, of_two);
        let pixels = vqtbl2q_u8(means, load16(picks.as_ptr()));
        let to = dst.as_mut_ptr();
        store_fours(to, to.add(stride), vget_low_u8(pixels));
        let to = to.add(2 * stride);
        store_fours(to, to.add(stride), vget_high_u8(pixels));
    }
}
