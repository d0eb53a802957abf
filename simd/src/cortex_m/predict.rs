//! Copies, and six-tap prediction (RFC 6386, section 18.3), two pixels of a word at a time.

use core::mem::MaybeUninit;

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

/// The taps without signs.
const fn taps(eighths: usize) -> [u32; 6] {
    let mut taps = [0; 6];
    let mut i = 0;
    while i < 6 {
        taps[i] = SIX_TAPS[eighths][i].unsigned_abs() as u32;
        i += 1;
    }
    taps
}

/// Two sums of products, shifted and cut off. Taps 1 and 4 are negative or zero, the others are not: so what is added and
/// what is taken away are each in the range of a halfword. Taps are known when this is compiled: some are zero, some are shifts.
#[inline(always)]
fn six<const EIGHTHS: usize>(pixels: [u32; 6]) -> u32 {
    let [a, b, c, d, e, f] = pixels;
    let [ta, tb, tc, td, te, tf] = const { taps(EIGHTHS) };
    let plus = 0x0040_0040 + a * ta + c * tc + d * td + f * tf;
    let minus = b * tb + e * te;
    usat16::<8>((uqsub16(plus, minus) >> 7) & 0x01ff_01ff)
}

/// Lines of a block at most, and words of halfwords in each: the first and third of four pixels, then the second and fourth.
type Lines = [MaybeUninit<[u32; 8]>; 21];

/// Calls the function of a position between pixels, 1 to 7 eighths.
macro_rules! by_eighths {
    ($eighths:expr, $function:ident::<$width:ident>($($argument:expr),*)) => {
        match $eighths {
            1 => $function::<$width, 1>($($argument),*),
            2 => $function::<$width, 2>($($argument),*),
            3 => $function::<$width, 3>($($argument),*),
            4 => $function::<$width, 4>($($argument),*),
            5 => $function::<$width, 5>($($argument),*),
            6 => $function::<$width, 6>($($argument),*),
            _ => $function::<$width, 7>($($argument),*),
        }
    };
}

/// See [`lentil_core::vp8::PixelKernels::six_tap`].
#[inline(never)]
pub fn six_tap<const W: usize, const H: usize>(dst: Dst<'_>, src: Src<'_>, x: usize, y: usize) {
    let (to, from) = (dst.stride, src.stride);
    let (Some(dst), Some(src)) = (dst.exactly(W, H), src.exactly(W + 5, H + 5)) else {
        return;
    };
    let mut lines: Lines = [MaybeUninit::uninit(); 21];
    // Without a filter downwards the lines above and below do not matter.
    let (first, needed) = if y & 7 == 0 { (2, H) } else { (0, H + 5) };
    let src = &src[first * from..];
    // SAFETY: the source has that many lines of W + 5 pixels from there on.
    unsafe {
        match x & 7 {
            0 => unfiltered::<W>(&mut lines, src, from, needed),
            x => by_eighths!(x, across::<W>(&mut lines, src, from, needed)),
        }
    }
    // SAFETY: the block has H lines of W pixels, and so many of the lines have just been filled.
    unsafe {
        match y & 7 {
            0 => packed::<W>(dst, to, &lines, H),
            y => by_eighths!(y, down::<W>(dst, to, &lines, H)),
        }
    }
}

/// The pixels of some lines, from the third on.
///
/// # Safety
///
/// The source has so many lines of W + 5 pixels.
#[inline(always)]
unsafe fn unfiltered<const W: usize>(lines: &mut Lines, src: &[u8], stride: usize, count: usize) {
    for (y, line) in lines.iter_mut().enumerate().take(count) {
        let line = line.write([0; 8]);
        for at in 0..W / 4 {
            // SAFETY: as the caller says.
            let four = unsafe { word(src, y * stride + 4 * at + 2) };
            (line[2 * at], line[2 * at + 1]) = (even(four), odd(four));
        }
    }
}

/// The same filtered across.
///
/// # Safety
///
/// As above.
#[inline(never)]
unsafe fn across<const W: usize, const X: usize>(
    lines: &mut Lines,
    src: &[u8],
    stride: usize,
    count: usize,
) {
    for (y, line) in lines.iter_mut().enumerate().take(count) {
        let line = line.write([0; 8]);
        for at in 0..W / 4 {
            // Of the last word one pixel is known already: only W + 5 are sure to be there.
            let [a, c, e, g] = [0, 2, 4, 5].map(|k| {
                // SAFETY: as the caller says.
                unsafe { word(src, y * stride + 4 * at + k) }
            });
            let (e0, o0, e1, o1) = (even(a), odd(a), even(c), odd(c));
            let (e2, o2, e3) = (even(e), odd(e), odd(g));
            line[2 * at] = six::<X>([e0, o0, e1, o1, e2, o2]);
            line[2 * at + 1] = six::<X>([o0, e1, o1, e2, o2, e3]);
        }
    }
}

/// Puts lines as they are.
///
/// # Safety
///
/// The block has so many lines of W pixels, and these lines are filled.
#[inline(always)]
unsafe fn packed<const W: usize>(dst: &mut [u8], stride: usize, lines: &Lines, count: usize) {
    for (y, line) in lines.iter().enumerate().take(count) {
        for at in 0..W / 4 {
            // SAFETY: as the caller says.
            unsafe {
                let line = line.assume_init_ref();
                let pixels = line[2 * at] | line[2 * at + 1] << 8;
                put(dst, y * stride + 4 * at, pixels);
            }
        }
    }
}

/// Puts lines filtered downwards.
///
/// # Safety
///
/// The block has so many lines of W pixels, and five lines more than these are filled.
#[inline(never)]
unsafe fn down<const W: usize, const Y: usize>(
    dst: &mut [u8],
    stride: usize,
    lines: &Lines,
    count: usize,
) {
    for (y, window) in lines.windows(6).enumerate().take(count) {
        let Some(window) = window.first_chunk::<6>() else {
            return;
        };
        for at in 0..W / 4 {
            // SAFETY: as the caller says.
            unsafe {
                let of = |at: usize| {
                    six::<Y>(window.each_ref().map(|line| line.assume_init_ref()[at & 7]))
                };
                let pixels = of(2 * at) | of(2 * at + 1) << 8;
                put(dst, y * stride + 4 * at, pixels);
            }
        }
    }
}
