//! The kernels of the set that the program is compiled for, compared with the reference.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::PixelKernels;
use lentil_core::vp8::encode::EncodeKernels;
use lentil_core::vp8::encode::kernels::BlockQuantizer;
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};
use lentil_simd::BUILT_FOR;

const STRIDE: usize = 37;
type Pixels = [u8; STRIDE * 26];

/// A small generator (xorshift).
struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) % bound
    }

    /// Pixels that differ a lot, a little, or are extreme.
    fn pixels(&mut self) -> Pixels {
        let (kind, base) = (self.below(3), self.below(250));
        core::array::from_fn(|_| match kind {
            0 => self.below(256) as u8,
            1 => (base + self.below(6)) as u8,
            _ => 255 * self.below(2) as u8,
        })
    }
}

/// What one set makes of pixels.
fn made(mut pixels: Pixels, work: impl FnOnce(&mut Pixels)) -> Pixels {
    work(&mut pixels);
    pixels
}

fn predict<const N: usize>(
    kernels: impl PixelKernels,
    to: &mut Pixels,
    from: &Pixels,
    at: [usize; 3],
) {
    let [first, x, y] = at;
    let src = Src::new(from, STRIDE, first);
    if x | y == 0 {
        return kernels.copy::<N, N>(Dst::new(to, STRIDE, first), src);
    }
    kernels.six_tap::<N, N>(Dst::new(to, STRIDE, first), src, x, y);
}

fn sads<const N: usize>(kernels: impl EncodeKernels, a: &Pixels, b: &Pixels, at: usize) -> u32 {
    let [a, b] = [Src::new(a, STRIDE, at), Src::new(b, STRIDE, 1)];
    let four = [0, 5, 2, 9].map(|more| Src::new(b.data, STRIDE, more));
    let sums = kernels.sad_four::<N, N>(a, four);
    let turned = sums.iter().fold(0, |sum: u32, &of| sum.rotate_left(7) ^ of);
    kernels.sad::<N, N>(a, b) ^ turned.rotate_left(9)
}

/// Coefficients of a difference, and levels of them.
fn coded(
    kernels: impl EncodeKernels,
    pixels: [&Pixels; 2],
    at: usize,
    quantizer: &BlockQuantizer,
) -> [([i16; 16], [i16; 16], u8); 4] {
    let mut blocks = [[0; 16]; 4];
    let [source, prediction] = pixels.map(|pixels| Src::new(pixels, STRIDE, at));
    kernels.forward_dct(source, prediction, &mut blocks);
    blocks.map(|block| {
        let mut levels = [0; 16];
        let end = kernels.quantize(&block, quantizer, &mut levels);
        (block, levels, end)
    })
}

/// Coefficients of busy blocks, and which these are.
fn of_busy(
    kernels: impl EncodeKernels,
    pixels: [&Pixels; 2],
    at: usize,
    quiet: u32,
) -> ([[i16; 16]; 4], [bool; 4]) {
    let mut blocks = [[1; 16]; 4];
    let [source, prediction] = pixels.map(|pixels| Src::new(pixels, STRIDE, at));
    let busy = kernels.forward_dct_of_busy(source, prediction, quiet, &mut blocks);
    (blocks, busy)
}

/// Adds blocks of any coefficients, and of such as there are.
fn add(kernels: impl PixelKernels, to: &mut Pixels, from: &Pixels, bits: u32) {
    let blocks = [0, 1, 2, 3].map(|block: usize| {
        core::array::from_fn(|i| {
            let at = 32 * block + 2 * i;
            i16::from_le_bytes([from[at], from[at + 1]]) >> bits
        })
    });
    let ends = [0, 1, 2, 3].map(|block| from[block] & 3);
    let mut luma = [blocks[0]; 16];
    luma[5..9].copy_from_slice(&blocks);
    let lumas = core::array::from_fn(|i| from[i] & 3);
    kernels.add_luma(Dst::new(to, STRIDE, 2), &luma, &blocks[3], &lumas);
    kernels.add_chroma(Dst::new(to, STRIDE, 19), &blocks, &ends);
    kernels.add_block(Dst::new(to, STRIDE, 28), &blocks[2], ends[3]);
}

fn filter(kernels: impl PixelKernels, pixels: &mut Pixels, which: u32, limits: &EdgeLimits) {
    let half = pixels.len() / 2;
    match which {
        0 => kernels.filter_left(Dst::new(pixels, STRIDE, 3), limits),
        1 => kernels.filter_columns(Dst::new(pixels, STRIDE, 3), limits),
        2 => kernels.filter_rows(Dst::new(pixels, STRIDE, 3), limits),
        _ => {
            let (one, two) = pixels.split_at_mut(half);
            let [u, v] = [one, two].map(|part| Dst::new(part, STRIDE, 1));
            match which {
                3 => kernels.filter_left_chroma(u, v, limits),
                4 => kernels.filter_columns_chroma(u, v, limits),
                5 => kernels.filter_rows_chroma(u, v, limits),
                6 => kernels.filter_top(u, v, limits),
                _ => {
                    let [[a, b], [c, d]] = [u, v].map(|part| {
                        let (a, b): (&mut [u8], &mut [u8]) = part.data.split_at_mut(STRIDE * 5);
                        [a, b].map(|data| Dst {
                            data,
                            stride: STRIDE,
                        })
                    });
                    kernels.filter_top_chroma([a, b], [c, d], limits);
                }
            }
        }
    }
}

/// Compares them all, many times.
pub fn check() -> Result<(), &'static str> {
    let mut random = Random(0x1234_5678);
    for round in 0..4000 {
        let (pixels, others) = (random.pixels(), random.pixels());
        let (x, y) = (random.below(8) as usize, random.below(8) as usize);
        let at = [random.below(8) as usize, x, y];
        let same = made(pixels, |to| predict::<16>(Scalar, to, &others, at))
            == made(pixels, |to| predict::<16>(BUILT_FOR, to, &others, at))
            && made(pixels, |to| predict::<8>(Scalar, to, &others, at))
                == made(pixels, |to| predict::<8>(BUILT_FOR, to, &others, at))
            && made(pixels, |to| predict::<4>(Scalar, to, &others, at))
                == made(pixels, |to| predict::<4>(BUILT_FOR, to, &others, at));
        if !same {
            return Err("prediction differs from the reference");
        }
        if sads::<16>(Scalar, &pixels, &others, at[0])
            != sads::<16>(BUILT_FOR, &pixels, &others, at[0])
            || sads::<8>(Scalar, &pixels, &others, at[0])
                != sads::<8>(BUILT_FOR, &pixels, &others, at[0])
        {
            return Err("differences differ from the reference");
        }
        let bits = round % 12;
        if made(pixels, |to| add(Scalar, to, &others, bits))
            != made(pixels, |to| add(BUILT_FOR, to, &others, bits))
        {
            return Err("residues differ from the reference");
        }
        let steps = [(); 2].map(|()| 4 + random.below(1 << (1 + round % 8)) as i32);
        let quantizer = BlockQuantizer::new(steps, [100, 56]);
        let both = [&pixels, &others];
        if coded(Scalar, both, at[0], &quantizer) != coded(BUILT_FOR, both, at[0], &quantizer) {
            return Err("coefficients differ from the reference");
        }
        let quiet = random.below(1 << (round % 13));
        if of_busy(Scalar, both, at[0], quiet) != of_busy(BUILT_FOR, both, at[0], quiet) {
            return Err("coefficients of busy blocks differ from the reference");
        }
        let limits = EdgeLimits {
            edge: random.below(194) as u8,
            interior: 1 + random.below(63) as u8,
            variance: random.below(4) as u8,
        };
        let which = round % 8;
        let of = |to: &mut Pixels| filter(Scalar, to, which, &limits);
        if made(pixels, of) != made(pixels, |to| filter(BUILT_FOR, to, which, &limits)) {
            defmt::error!("filter {=u32}", which);
            return Err("the loop filter differs from the reference");
        }
    }
    defmt::info!("kernels are as the reference");
    Ok(())
}
