//! The reference of the encoder's kernels: against plain arithmetic, and against the decoder's kernels that undo them.

use super::kernels::{BlockQuantizer, EncodeKernels, ZIGZAG};
use crate::kernels::Scalar;
use crate::vp8::kernels::{Dst, PixelKernels, Src};

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

    /// Any of `-most..=most`.
    fn around_zero(&mut self, most: i32) -> i16 {
        ((self.next() % (2 * most as u64 + 1)) as i32 - most) as i16
    }

    /// Pixels of all values, of the two extreme ones, or close to each other.
    fn pixels<const N: usize>(&mut self) -> [u8; N] {
        let kind = self.next() % 3;
        let base = self.next() as u8;
        core::array::from_fn(|_| match (kind, self.next() as u8) {
            (0, x) => x,
            (1, x) => [0, 255][usize::from(x & 1)],
            (_, x) => base.wrapping_add(x & 15),
        })
    }
}

const STRIDE: usize = 19;
const PIXELS: usize = 16 * STRIDE;

fn src(pixels: &[u8]) -> Src<'_> {
    Src::new(pixels, STRIDE, 0)
}

#[test]
fn measures_of_blocks_known() {
    let black = [0; PIXELS];
    let grey = [3; PIXELS];
    assert_eq!(Scalar.sad::<16, 16>(src(&black), src(&grey)), 3 * 256);
    assert_eq!(Scalar.sse::<16, 16>(src(&grey), src(&black)), 9 * 256);
    assert_eq!(Scalar.sad::<4, 8>(src(&black), src(&grey)), 3 * 32);
    assert_eq!(Scalar.sse::<8, 4>(src(&black), src(&grey)), 9 * 32);
    // Only the DC of each block, 16 times the difference, halved.
    assert_eq!(Scalar.satd::<16, 8>(src(&black), src(&grey)), 8 * 3 * 8);
    // One pixel goes into all 16 sums, at the block's end too.
    for (x, y) in [(0, 0), (3, 3), (15, 15), (4, 11)] {
        let mut dot = [0; PIXELS];
        dot[y * STRIDE + x] = 5;
        assert_eq!(Scalar.sad::<16, 16>(src(&dot), src(&black)), 5);
        assert_eq!(Scalar.sse::<16, 16>(src(&dot), src(&black)), 25);
        assert_eq!(Scalar.satd::<16, 16>(src(&black), src(&dot)), 5 * 16 / 2);
    }
    // What stands outside a block does not count.
    let outside: [u8; PIXELS] = core::array::from_fn(|i| {
        let inside = i % STRIDE < 8 && i / STRIDE < 4;
        if inside { 0 } else { 200 }
    });
    assert_eq!(Scalar.sad::<8, 4>(src(&outside), src(&black)), 0);
    assert_eq!(Scalar.satd::<8, 4>(src(&outside), src(&black)), 0);
    // Lines that alternate: all in one coefficient of each block.
    let lines: [u8; PIXELS] = core::array::from_fn(|i| (i / STRIDE % 2 * 10) as u8);
    let half = [5; PIXELS];
    assert_eq!(Scalar.satd::<4, 4>(src(&lines), src(&half)), 5 * 16 / 2);
}

#[test]
fn measures_of_any_blocks() {
    let mut random = Random(1);
    for _ in 0..300 {
        let (a, b): ([u8; PIXELS], [u8; PIXELS]) = (random.pixels(), random.pixels());
        let (mut sad, mut sse) = (0, 0);
        for y in 0..8 {
            for x in 0..16 {
                let at = y * STRIDE + x;
                let difference = i32::from(a[at]) - i32::from(b[at]);
                sad += difference.unsigned_abs();
                sse += (difference * difference) as u32;
            }
        }
        assert_eq!(Scalar.sad::<16, 8>(src(&a), src(&b)), sad);
        assert_eq!(Scalar.sse::<16, 8>(src(&a), src(&b)), sse);
        let shifted = [0, 1, 2, 3].map(|at| Src::new(&b, STRIDE, at));
        let expected = shifted.map(|b| Scalar.sad::<8, 8>(src(&a), b));
        assert_eq!(Scalar.sad_four::<8, 8>(src(&a), shifted), expected);
        // The Hadamard transform by its definition: signs by the bits that places share.
        let mut satd = 0;
        for (u, v) in (0..16).map(|i| (i % 4, i / 4)) {
            let term = |x: usize, y: usize| {
                let difference = i32::from(a[y * STRIDE + x]) - i32::from(b[y * STRIDE + x]);
                let odd = ((u & x).count_ones() + (v & y).count_ones()) % 2 == 1;
                if odd { -difference } else { difference }
            };
            let sum: i32 = (0..16).map(|i| term(i % 4, i / 4)).sum();
            satd += sum.unsigned_abs();
        }
        assert_eq!(Scalar.satd::<4, 4>(src(&a), src(&b)), satd / 2);
    }
}

#[test]
fn slices_too_short_measure_nothing() {
    let (black, white) = ([0; PIXELS], [255; PIXELS]);
    let enough = 15 * STRIDE + 16;
    for (len, counts) in [(enough, true), (enough - 1, false), (0, false)] {
        for (a, b) in [(&black[..len], &white[..]), (&black[..], &white[..len])] {
            let (a, b) = (src(a), src(b));
            assert_eq!(Scalar.sad::<16, 16>(a, b) > 0, counts);
            assert_eq!(Scalar.sse::<16, 16>(a, b) > 0, counts);
            assert_eq!(Scalar.satd::<16, 16>(a, b) > 0, counts);
        }
    }
    let mut blocks = [[7; 16]; 4];
    Scalar.forward_dct(src(&black), src(&white[..3 * STRIDE + 15]), &mut blocks);
    assert_eq!(blocks, [[0; 16]; 4]);
    // Lines may be the same, and may be out of reach.
    let line = Src::new(&white[..16], 0, 0);
    assert_eq!(Scalar.sad::<16, 16>(src(&black), line), 255 * 256);
    let far = Src::new(&white, usize::MAX / 15 + 1, 0);
    assert_eq!(Scalar.satd::<16, 16>(src(&black), far), 0);
}

#[test]
fn the_decoder_restores_residues() {
    let mut random = Random(2);
    let mut largest = 0;
    for _ in 0..3000 {
        let source: [u8; PIXELS] = random.pixels();
        let prediction: [u8; PIXELS] = random.pixels();
        let mut blocks = [[0; 16]; 4];
        Scalar.forward_dct(src(&source), src(&prediction), &mut blocks);
        let mut restored = prediction;
        for (i, block) in blocks.iter().enumerate() {
            Scalar.add_block(Dst::new(&mut restored, STRIDE, 4 * i), block, 16);
        }
        for y in 0..4 {
            for at in y * STRIDE..y * STRIDE + 16 {
                largest = largest.max(restored[at].abs_diff(source[at]));
            }
        }
    }
    assert_eq!(largest, 1);
}

#[test]
fn coefficients_are_twice_those_of_an_orthonormal_transform() {
    let (black, white) = ([0; PIXELS], [255; PIXELS]);
    let mut blocks = [[0; 16]; 4];
    Scalar.forward_dct(src(&white), src(&black), &mut blocks);
    let mut flat = [0; 16];
    flat[0] = 255 * 4 * 2;
    assert_eq!(blocks, [flat; 4]);
}

#[test]
fn quiet_blocks_have_dc_alone() {
    let mut random = Random(5);
    for _ in 0..1000 {
        let [a, b] = [(); 2].map(|()| random.pixels::<PIXELS>());
        let mut blocks = [[1; 16]; 4];
        let busy = Scalar.forward_dct_of_busy(src(&a), src(&b), u32::MAX, &mut blocks);
        assert_eq!(busy, [false; 4]);
        for (i, block) in blocks.iter().enumerate() {
            let places = (0..16).map(|at| (at / 4) * STRIDE + 4 * i + at % 4);
            let sum: i16 = places.map(|at| i16::from(a[at]) - i16::from(b[at])).sum();
            // Half of it: kernels need no transform for that.
            assert_eq!(block[0], (sum + 1) >> 1);
            assert_eq!(block[1..], [0; 15]);
        }
    }
}

#[test]
fn the_decoder_restores_dc() {
    let mut random = Random(3);
    for most in [1, 30, 500, 2040] {
        for _ in 0..1000 {
            let dc = core::array::from_fn(|_| random.around_zero(most));
            let restored = Scalar.inverse_wht(&Scalar.forward_wht(&dc));
            for (a, b) in dc.iter().zip(&restored) {
                assert!(a.abs_diff(*b) <= 1, "{dc:?} {restored:?}");
            }
        }
    }
}

#[test]
fn quantising_is_division() {
    let mut random = Random(4);
    for step in 4..=157 {
        let bias = [random.next() as u16 % 129, random.next() as u16 % 129];
        let quantizer = BlockQuantizer::new([step, step + 3], bias);
        for _ in 0..50 {
            let coefficients = core::array::from_fn(|_| random.around_zero(16384));
            let mut levels = [0; 16];
            let end = Scalar.quantize(&coefficients, &quantizer, &mut levels);
            for i in 0..16 {
                let step = i64::from(quantizer.step[i]);
                let rounding = i64::from(quantizer.rounding[i]);
                let magnitude = i64::from(coefficients[i].unsigned_abs()) + rounding;
                let level = i64::from(levels[i].unsigned_abs());
                if magnitude / step > 2047 {
                    assert_eq!(level, 2047);
                    continue;
                }
                // Reciprocals are rounded up: just below a multiple, so are levels.
                assert!(level >= magnitude / step);
                assert!(level * step * 65536 <= magnitude * (65536 + step));
                assert!(i64::from(levels[i]) * i64::from(coefficients[i]) >= 0);
            }
            let last = (0..16).rev().find(|&n| levels[usize::from(ZIGZAG[n])] != 0);
            assert_eq!(usize::from(end), last.map_or(0, |n| n + 1));
        }
    }
    // A step of 8, half of which rounds: levels and where they end.
    let quantizer = BlockQuantizer::new([8, 8], [128, 128]);
    let mut levels = [0; 16];
    let mut block = [0; 16];
    [block[0], block[1], block[4], block[2]] = [20, -20, 3, -4];
    assert_eq!(Scalar.quantize(&block, &quantizer, &mut levels), 6);
    let mut expected = [0; 16];
    [expected[0], expected[1], expected[2]] = [3, -3, -1];
    assert_eq!(levels, expected);
    assert_eq!(Scalar.quantize(&[3; 16], &quantizer, &mut levels), 0);
}

#[test]
fn errors_are_squares() {
    let mut random = Random(5);
    for _ in 0..200 {
        let [a, b]: [[i16; 16]; 2] =
            core::array::from_fn(|_| core::array::from_fn(|_| random.around_zero(8191)));
        let square = |(&a, &b): (&i16, &i16)| i64::from(a.abs_diff(b)).pow(2) as u32;
        let expected = a.iter().zip(&b).map(square).fold(0, u32::wrapping_add);
        assert_eq!(Scalar.error(&a, &b), expected);
    }
}
