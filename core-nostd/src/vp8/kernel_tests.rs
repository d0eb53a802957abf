//! The kernels against plain arithmetic, as the specification writes it down, on random and extreme pixels.

use super::kernels::{Dst, EdgeLimits, PixelKernels, Src};
use super::tables::SIX_TAPS;
use crate::kernels::Scalar;

/// A small generator for test material (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Pixels of all values, of the two extreme ones, or close to each other.
    fn pixels<const N: usize>(&mut self) -> [u8; N] {
        let kind = self.next() % 3;
        let base = self.next() as u8;
        core::array::from_fn(|_| match (kind, self.next() as u8) {
            (0, x) => x,
            (1, x) => {
                if x & 1 == 0 {
                    0
                } else {
                    255
                }
            }
            (_, x) => base.wrapping_add(x & 15),
        })
    }
}

const STRIDE: usize = 32;

fn clamp(x: i32) -> u8 {
    x.clamp(0, 255) as u8
}

#[test]
fn six_taps() {
    let mut random = Random(1);
    for round in 0..4000 {
        let src: [u8; 21 * STRIDE] = random.pixels();
        let (x, y) = (round & 7, round >> 3 & 7);
        let at = |dx: usize, dy: usize| i32::from(src[dy * STRIDE + dx]);
        let taps = |i: usize| SIX_TAPS[i].map(i32::from);
        let across = |dx: usize, dy: usize| {
            let sum: i32 = (0..6).map(|k| at(dx + k, dy) * taps(x)[k]).sum();
            i32::from(clamp((sum + 64) >> 7))
        };
        let mut dst = [7; 16 * STRIDE];
        let lent = Dst::new(&mut dst, STRIDE, 0);
        Scalar.six_tap::<16, 16>(lent, Src::new(&src, STRIDE, 0), x, y);
        for (dy, line) in dst.chunks(STRIDE).enumerate() {
            for (dx, &pixel) in line[..16].iter().enumerate() {
                let sum: i32 = (0..6).map(|k| across(dx, dy + k) * taps(y)[k]).sum();
                assert_eq!(pixel, clamp((sum + 64) >> 7));
            }
            assert_eq!(line[16..], [7; 16]);
        }
    }
}

#[test]
fn blocks_of_other_sizes_are_parts_of_large_ones() {
    let mut random = Random(2);
    for round in 0..500 {
        let src: [u8; 21 * STRIDE] = random.pixels();
        let (x, y) = (round & 7, (round >> 3 & 7) | 1);
        let mut whole = [0; 16 * STRIDE];
        let mut parts = [0; 16 * STRIDE];
        let predict = |bilinear: bool, at: usize, dst: &mut [u8], small: bool| {
            let src = Src::new(&src, STRIDE, at);
            let dst = Dst::new(dst, STRIDE, at);
            match (bilinear, small) {
                (false, false) => Scalar.six_tap::<16, 16>(dst, src, x, y),
                (false, true) => Scalar.six_tap::<4, 4>(dst, src, x, y),
                (true, false) => Scalar.bilinear::<16, 16>(dst, src, x, y),
                (true, true) => Scalar.bilinear::<4, 4>(dst, src, x, y),
            }
        };
        for bilinear in [false, true] {
            predict(bilinear, 0, &mut whole, false);
            for i in 0..16 {
                predict(bilinear, (i / 4) * 4 * STRIDE + i % 4 * 4, &mut parts, true);
            }
            assert_eq!(whole, parts);
        }
    }
}

#[test]
fn transforms() {
    let mut random = Random(3);
    let mut dc_only = [0; 16];
    for _ in 0..3000 {
        let block: [i16; 16] = core::array::from_fn(|_| (random.next() % 4001) as i16 - 2000);
        let pixels: [u8; 4 * STRIDE] = random.pixels();
        // Section 14.4 in wide arithmetic.
        let pass = |b: [i32; 16], i: usize, step: usize| {
            let at = |k: usize| b[i + k * step];
            let sine = |x: i32| (x * 35468) >> 16;
            let cosine = |x: i32| x + ((x * 20091) >> 16);
            let (a, b) = (at(0) + at(2), at(0) - at(2));
            let (c, d) = (sine(at(1)) - cosine(at(3)), cosine(at(1)) + sine(at(3)));
            [a + d, b + c, b - c, a - d]
        };
        let wide = block.map(i32::from);
        let mut down = [0; 16];
        for i in 0..4 {
            let column = pass(wide, i, 4);
            (0..4).for_each(|k| down[i + 4 * k] = column[k]);
        }
        let mut dst = pixels;
        Scalar.add_block(Dst::new(&mut dst, STRIDE, 0), &block, 16);
        for y in 0..4 {
            let row = pass(down, 4 * y, 1);
            for x in 0..4 {
                let before = i32::from(pixels[y * STRIDE + x]);
                assert_eq!(dst[y * STRIDE + x], clamp(before + ((row[x] + 4) >> 3)));
            }
        }
        // One coefficient alone may be told or not.
        dc_only[0] = block[0];
        let [mut one, mut other] = [pixels; 2];
        Scalar.add_block(Dst::new(&mut one, STRIDE, 0), &dc_only, 1);
        Scalar.add_block(Dst::new(&mut other, STRIDE, 0), &dc_only, 16);
        assert_eq!(one, other);
        let flat = block[0].wrapping_add(3) >> 3;
        assert_eq!(Scalar.inverse_wht(&dc_only), [flat; 16]);
    }
}

type OnChroma = fn(Dst<'_>, Dst<'_>, &EdgeLimits);

/// Chroma planes are filtered as the two halves of a luma edge are.
#[test]
fn chroma_filters() {
    let mut random = Random(5);
    for _ in 0..500 {
        let limits = EdgeLimits {
            edge: 120,
            interior: 30,
            variance: 2,
        };
        let pixels: [u8; 16 * STRIDE] = random.pixels();
        let edges: [[OnChroma; 2]; 2] = [
            [
                |u, v, limits| Scalar.filter_left_chroma(u, v, limits),
                |u, v, limits| Scalar.filter_columns_chroma(u, v, limits),
            ],
            [
                |u, v, limits| Scalar.filter_top_chroma(parted(u), parted(v), limits),
                |u, v, limits| Scalar.filter_rows_chroma(u, v, limits),
            ],
        ];
        for inner in [false, true] {
            let [mut y, mut uv] = [pixels; 2];
            match inner {
                false => Scalar.filter_left(dst(&mut y), &limits),
                true => super::filter_kernels::inner_column(dst(&mut y), &limits),
            }
            let (u, v) = uv.split_at_mut(8 * STRIDE);
            edges[0][usize::from(inner)](dst(u), dst(v), &limits);
            assert_eq!(y, uv);
            let [mut y, mut u] = [pixels; 2];
            let mut v: [u8; 8 * STRIDE] = [0; 8 * STRIDE];
            v[..8 * STRIDE - 8].copy_from_slice(&pixels[8..8 * STRIDE]);
            match inner {
                false => {
                    let [above, below] = parted(dst(&mut y));
                    Scalar.filter_top(above, below, &limits);
                }
                true => super::filter_kernels::inner_row(dst(&mut y), &limits),
            }
            edges[1][usize::from(inner)](dst(&mut u), dst(&mut v), &limits);
            for i in 0..8 {
                assert_eq!(y[i * STRIDE..][..8], u[i * STRIDE..][..8]);
                assert_eq!(y[i * STRIDE + 8..][..8], v[i * STRIDE..][..8]);
            }
        }
    }
}

fn dst(data: &mut [u8]) -> Dst<'_> {
    Dst::new(data, STRIDE, 0)
}

fn parted(dst: Dst<'_>) -> [Dst<'_>; 2] {
    let (above, below) = dst.data.split_at_mut(4 * STRIDE);
    [Dst::new(above, STRIDE, 0), Dst::new(below, STRIDE, 0)]
}

/// Section 15 as it is written: the pixels across an edge, what kind of edge, its limits.
fn plain_filter(p: &mut [u8; 8], kind: usize, limits: &EdgeLimits) {
    let difference = |a: usize, b: usize| (i32::from(p[a]) - i32::from(p[b])).abs();
    let s8 = |x: i32| x.clamp(-128, 127);
    let edge = difference(3, 4) * 2 + difference(2, 5) / 2 <= i32::from(limits.edge);
    let flat = [(0, 1), (1, 2), (2, 3), (4, 5), (5, 6), (6, 7)];
    let interior = flat
        .iter()
        .all(|&(a, b)| difference(a, b) <= i32::from(limits.interior));
    let variance = i32::from(limits.variance);
    let high = difference(2, 3) > variance || difference(4, 5) > variance;
    if !edge || (kind > 0 && !interior) {
        return;
    }
    let at = |i: usize| i32::from(p[i]) - 128;
    let (p2, p1, p0, q0, q1, q2) = (at(1), at(2), at(3), at(4), at(5), at(6));
    let outer = if kind != 1 || high { s8(p1 - q1) } else { 0 };
    let filter = s8(outer + 3 * (q0 - p0));
    let mut set = |i: usize, x: i32| p[i] = (s8(x) + 128) as u8;
    if kind == 2 && !high {
        for (weight, (i, before), (j, after)) in [
            (27, (3, p0), (4, q0)),
            (18, (2, p1), (5, q1)),
            (9, (1, p2), (6, q2)),
        ] {
            let a = s8((filter * weight + 63) >> 7);
            set(i, before + a);
            set(j, after - a);
        }
        return;
    }
    let (a, b) = (s8(filter + 4) >> 3, s8(filter + 3) >> 3);
    set(3, p0 + b);
    set(4, q0 - a);
    if kind == 1 && !high {
        set(2, p1 + ((a + 1) >> 1));
        set(5, q1 - ((a + 1) >> 1));
    }
}

#[test]
fn loop_filters() {
    let mut random = Random(4);
    for _ in 0..6000 {
        let limits = EdgeLimits {
            edge: (random.next() % 194) as u8,
            interior: 1 + (random.next() % 63) as u8,
            variance: (random.next() % 4) as u8,
        };
        let pixels: [u8; 16 * STRIDE] = random.pixels();
        for kind in 0..3 {
            // An edge that runs down, and one that runs across, of the same pixels.
            let mut dst = pixels;
            let lent = Dst::new(&mut dst, STRIDE, 0);
            match kind {
                0 => Scalar.simple_left(lent, limits.edge),
                1 => super::filter_kernels::inner_column(lent, &limits),
                _ => Scalar.filter_left(lent, &limits),
            }
            let mut turned = [0; 8 * STRIDE];
            for (i, line) in pixels.chunks(STRIDE).enumerate() {
                let mut across: [u8; 8] = core::array::from_fn(|k| line[k]);
                (0..8).for_each(|k| turned[k * STRIDE + i] = line[k]);
                plain_filter(&mut across, kind, &limits);
                assert_eq!(dst[i * STRIDE..][..8], across);
                assert_eq!(dst[i * STRIDE + 8..][..24], line[8..]);
            }
            let (above, below) = turned.split_at_mut(4 * STRIDE);
            let [above, below] = [above, below].map(|part| Dst::new(part, STRIDE, 0));
            match kind {
                0 => Scalar.simple_top(above, below, limits.edge),
                1 => super::filter_kernels::inner_row(Dst::new(&mut turned, STRIDE, 0), &limits),
                _ => Scalar.filter_top(above, below, &limits),
            }
            for i in 0..16 {
                let across: [u8; 8] = core::array::from_fn(|k| turned[k * STRIDE + i]);
                assert_eq!(across, dst[i * STRIDE..][..8]);
            }
        }
    }
}
