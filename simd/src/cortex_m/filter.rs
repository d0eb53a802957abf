//! The normal loop filter (RFC 6386, section 15.3), four places along an edge at a time. A word has a pixel of each; eight words
//! go across the edge, 0 to 3 before it and 4 to 7 after it.

use lentil_core::vp8::kernels::{Dst, EdgeLimits};

use super::memory::{put, word};
use super::ops::{
    differences, even, four, high_half, low_half, odd, qadd8, qsub8, select_at_least, shadd8,
    uqadd8, uqsub8,
};

/// Which filter.
#[derive(Clone, Copy)]
pub enum Kind {
    /// At edges of macroblocks.
    Outer,
    /// At edges of subblocks.
    Inner,
}

const SIGNS: u32 = 0x8080_8080;

/// Where pixels are filtered at all, all ones; zero if nowhere.
#[inline(always)]
fn within(a: &[u32; 8], limits: &EdgeLimits) -> u32 {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = *a;
    let interior = four(limits.interior);
    let pairs = [(p3, p2), (p2, p1), (p1, p0), (q1, q0), (q2, q1), (q3, q2)];
    let mut over = 0;
    for (a, b) in pairs {
        over |= uqsub8(differences(a, b), interior);
    }
    let near = differences(p0, q0);
    let far = (differences(p1, q1) >> 1) & 0x7f7f_7f7f;
    let across = uqadd8(uqadd8(near, near), far);
    over |= uqsub8(across, four(limits.edge));
    select_at_least(0, over, u32::MAX, 0)
}

/// Where variance is high, all ones.
#[inline(always)]
fn high(a: &[u32; 8], limits: &EdgeLimits) -> u32 {
    let [_, _, p1, p0, q0, q1, _, _] = *a;
    let variance = four(limits.variance);
    let over = uqsub8(differences(p1, p0), variance) | uqsub8(differences(q1, q0), variance);
    select_at_least(0, over, 0, u32::MAX)
}

/// Signed bytes shifted down by three.
#[inline(always)]
fn eighths(x: u32) -> u32 {
    shadd8(shadd8(shadd8(x, 0), 0), 0)
}

/// How much is taken from pixels after the edge, and how much is added to those before it.
#[inline(always)]
fn rounded(filter: u32) -> [u32; 2] {
    [4, 3].map(|round| eighths(qadd8(filter, four(round))))
}

/// How far to go towards each other.
#[inline(always)]
fn common(outer: u32, p0: u32, q0: u32) -> u32 {
    let difference = qsub8(q0, p0);
    qadd8(qadd8(qadd8(outer, difference), difference), difference)
}

/// `(63 + w * weight) >> 7` of signed bytes: sums are lifted by 32 in 128ths, so that they are never negative.
#[inline(always)]
fn part(lifted: [u32; 2], weight: u32) -> u32 {
    let start = (63 + 32 * 128 - 128 * weight) * 0x0001_0001;
    let [even, odd] = lifted.map(|w| ((w * weight + start) >> 7) & 0x00ff_00ff);
    qsub8(even | odd << 8, four(32))
}

#[inline(always)]
fn outer(a: &mut [u32; 8], within: u32, high: u32) {
    let [_, p2, p1, p0, q0, q1, q2, _] = a.map(|x| x ^ SIGNS);
    let filter = common(qsub8(p1, q1), p0, q0) & within;
    let [take, give] = rounded(filter & high);
    let (p0, q0) = (qadd8(p0, give), qsub8(q0, take));
    let wide = (filter & !high) ^ SIGNS;
    let lifted = [even(wide), odd(wide)];
    let (far, mid, near) = (part(lifted, 9), part(lifted, 18), part(lifted, 27));
    a[1] = qadd8(p2, far) ^ SIGNS;
    a[2] = qadd8(p1, mid) ^ SIGNS;
    a[3] = qadd8(p0, near) ^ SIGNS;
    a[4] = qsub8(q0, near) ^ SIGNS;
    a[5] = qsub8(q1, mid) ^ SIGNS;
    a[6] = qsub8(q2, far) ^ SIGNS;
}

#[inline(always)]
fn inner(a: &mut [u32; 8], within: u32, high: u32) {
    let [_, _, p1, p0, q0, q1, _, _] = a.map(|x| x ^ SIGNS);
    let outer = qsub8(p1, q1) & high;
    let [take, give] = rounded(common(outer, p0, q0) & within);
    // Half of what is taken, rounded up.
    let rest = shadd8(take, four(1)) & !high;
    a[2] = qadd8(p1, rest) ^ SIGNS;
    a[3] = qadd8(p0, give) ^ SIGNS;
    a[4] = qsub8(q0, take) ^ SIGNS;
    a[5] = qsub8(q1, rest) ^ SIGNS;
}

/// Filters four places; whether anything may have changed.
#[inline(always)]
fn filter(a: &mut [u32; 8], limits: &EdgeLimits, kind: Kind) -> bool {
    let within = within(a, limits);
    if within == 0 {
        return false;
    }
    let high = high(a, limits);
    match kind {
        Kind::Outer => outer(a, within, high),
        Kind::Inner => inner(a, within, high),
    }
    true
}

/// Four lines of four pixels to four columns of them, and back.
#[inline(always)]
fn transposed([a, b, c, d]: [u32; 4]) -> [u32; 4] {
    let (e, f) = (even(a) | even(b) << 8, odd(a) | odd(b) << 8);
    let (g, h) = (even(c) | even(d) << 8, odd(c) | odd(d) << 8);
    [
        low_half(e, g),
        low_half(f, h),
        high_half(e, g),
        high_half(f, h),
    ]
}

/// Filters an edge that runs down `lines` lines of eight pixels.
#[inline(never)]
pub fn column(y: Dst<'_>, lines: usize, limits: &EdgeLimits, kind: Kind) {
    let stride = y.stride;
    let Some(data) = y.exactly(8, lines) else {
        return;
    };
    for first in (0..lines).step_by(4) {
        let place = |line: usize, x: usize| (first + line) * stride + x;
        // SAFETY: there are eight pixels in each line, and lines are a multiple of four.
        let of = |line: usize, x: usize| unsafe { word(data, place(line, x)) };
        let sides = [0, 4].map(|x| [0, 1, 2, 3].map(|line| of(line, x)));
        let mut across = [0; 8];
        across[..4].copy_from_slice(&transposed(sides[0]));
        across[4..].copy_from_slice(&transposed(sides[1]));
        if filter(&mut across, limits, kind) {
            let [p3, p2, p1, p0, q0, q1, q2, q3] = across;
            let (before, after) = (transposed([p3, p2, p1, p0]), transposed([q0, q1, q2, q3]));
            for line in 0..4 {
                // SAFETY: as above.
                unsafe {
                    put(data, place(line, 0), before[line]);
                    put(data, place(line, 4), after[line]);
                }
            }
        }
    }
}

/// Filters an edge that runs across `columns` pixels, between four lines above and four below.
#[inline(never)]
pub fn row(above: Dst<'_>, below: Dst<'_>, columns: usize, limits: &EdgeLimits, kind: Kind) {
    let (up, down) = (above.stride, below.stride);
    let (Some(above), Some(below)) = (above.exactly(columns, 4), below.exactly(columns, 4)) else {
        return;
    };
    for x in (0..columns).step_by(4) {
        let mut across = [0; 8];
        for line in 0..4 {
            // SAFETY: there are four lines of so many pixels, a multiple of four.
            unsafe {
                across[line] = word(above, line * up + x);
                across[4 + line] = word(below, line * down + x);
            }
        }
        if filter(&mut across, limits, kind) {
            for line in 1..4 {
                // SAFETY: as above.
                unsafe {
                    put(above, line * up + x, across[line]);
                    put(below, (line - 1) * down + x, across[3 + line]);
                }
            }
        }
    }
}

/// Filters an edge that runs across `columns` pixels four lines below the first.
#[inline(always)]
pub fn row_within(y: Dst<'_>, columns: usize, limits: &EdgeLimits) {
    let stride = y.stride;
    let at = (4 * stride).min(y.data.len());
    let (above, below) = y.data.split_at_mut(at);
    let [above, below] = [above, below].map(|data| Dst { data, stride });
    row(above, below, columns, limits, Kind::Inner);
}
