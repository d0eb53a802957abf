//! Copies, and six-tap prediction (RFC 6386, section 18.3), two pixels of a word at a time.

use lentil_core::vp8::kernels::{Dst, SIX_TAPS, Src};

use super::memory::{put, word};
use super::ops::{even, odd, uqsub16, usat16};

/// See [`lentil_core::vp8::PixelKernels::copy`].
#[inline(always)]
pub fn copy<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>) {
    let (to, from) = (dst.stride, src.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W, H)) else {
        return;
    };
    for y in 0..H {
        for x in (0..W).step_by(4) {
            // SAFETY: both have H lines of W pixels, and W is a multiple of four.
            unsafe { put(dst, y * to + x, word(src, y * from + x)) };
        }
    }
}

/// Two sums of products, shifted and cut off. Taps 1 and 4 are negative or zero, the others are not: so what is added and
/// what is taken away are each in the range of a halfword.
#[inline(always)]
fn six(pixels: [u32; 6], taps: &[u32; 6]) -> u32 {
    let [a, b, c, d, e, f] = pixels;
    let [ta, tb, tc, td, te, tf] = *taps;
    let plus = 0x0040_0040 + a * ta + c * tc + d * td + f * tf;
    let minus = b * tb + e * te;
    usat16::<8>((uqsub16(plus, minus) >> 7) & 0x01ff_01ff)
}

/// The taps without signs.
fn taps(eighths: usize) -> [u32; 6] {
    SIX_TAPS[eighths & 7].map(|tap| u32::from(tap.unsigned_abs()))
}

/// Lines of a block at most, and words of halfwords in each.
type Lines = [[u32; 8]; 21];

/// See [`lentil_core::vp8::PixelKernels::six_tap`].
#[inline(never)]
pub fn six_tap<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    let (to, from) = (dst.stride, src.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 5, H + 5)) else {
        return;
    };
    let mut lines: Lines = [[0; 8]; 21];
    // Without a filter downwards the lines above and below do not matter.
    let (first, needed) = if y & 7 == 0 { (2, H) } else { (0, H + 5) };
    for (at, line) in lines.iter_mut().enumerate().take(needed) {
        // SAFETY: the source has H + 5 lines of W + 5 pixels.
        unsafe { across::<W>(line, src, (first + at) * from, x) };
    }
    if y & 7 == 0 {
        for (at, line) in lines.iter().enumerate().take(H) {
            for pair in 0..W / 4 {
                let pixels = line[2 * pair] | line[2 * pair + 1] << 8;
                // SAFETY: the block has H lines of W pixels.
                unsafe { put(dst, at * to + 4 * pair, pixels) };
            }
        }
        return;
    }
    let taps = taps(y);
    for (at, window) in lines.windows(6).enumerate().take(H) {
        let Some(window) = window.first_chunk::<6>() else {
            return;
        };
        for pair in 0..W / 4 {
            let of = |at: usize| six(window.each_ref().map(|line| line[at & 7]), &taps);
            let pixels = of(2 * pair) | of(2 * pair + 1) << 8;
            // SAFETY: as above.
            unsafe { put(dst, at * to + 4 * pair, pixels) };
        }
    }
}

/// A line filtered across, in words of halfwords: the first and third of four pixels, then the second and fourth. It begins two
/// pixels to the left, at `start`.
///
/// # Safety
///
/// The source has W + 5 pixels from `start` on.
#[inline(always)]
unsafe fn across<const W: usize>(to: &mut [u32; 8], src: &[u8], start: usize, x: usize) {
    if x & 7 == 0 {
        for at in 0..W / 4 {
            // SAFETY: as the caller says.
            let four = unsafe { word(src, start + 4 * at + 2) };
            (to[2 * at], to[2 * at + 1]) = (even(four), odd(four));
        }
        return;
    }
    let taps = taps(x);
    for at in 0..W / 4 {
        // Of the last word one pixel is known already: only W + 5 are sure to be there.
        // SAFETY: as the caller says.
        let [a, c, e, g] = [0, 2, 4, 5].map(|k| unsafe { word(src, start + 4 * at + k) });
        let (e0, o0, e1, o1) = (even(a), odd(a), even(c), odd(c));
        let (e2, o2, e3) = (even(e), odd(e), odd(g));
        to[2 * at] = six([e0, o0, e1, o1, e2, o2], &taps);
        to[2 * at + 1] = six([o0, e1, o1, e2, o2, e3], &taps);
    }
}
