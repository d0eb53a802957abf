//! Pictures, and their quantised coefficients. Arithmetic is +, -, * and / on f64 only, so results do not depend on the machine.

use super::spec::{Component, JpegSpec};
use super::tables::ZIGZAG;
use crate::rng::{Rng, mix};

/// What a made picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Gradients, texture, edges and grain: coefficients with the statistics of a photograph.
    Photo,
    /// White noise and square waves at full contrast. With quantiser step 1, coefficients of up to 10 bits.
    Noise,
    /// One colour.
    Flat,
    /// Random coefficients of up to +-1023, no picture at all.
    Extreme,
    /// Random coefficients that are 0 or have sizes 8 to 63: nothing is new in the three last bit planes.
    Coarse,
}

/// The coefficients of one component.
pub(super) struct Plane {
    /// Blocks in a row, complete MCUs.
    pub stride: usize,
    /// Blocks in a row that a scan of this component alone covers.
    pub width: usize,
    /// Block rows that a scan of this component alone covers.
    pub height: usize,
    /// Rows of `stride` blocks, complete MCUs, each block in zigzag order.
    pub blocks: Vec<[i16; 64]>,
}

/// The coefficients of all components.
pub(super) fn planes(spec: &JpegSpec) -> Vec<Plane> {
    let scene = Scene::new(spec);
    (0..spec.components.len())
        .map(|index| plane(spec, &scene, index))
        .collect()
}

fn plane(spec: &JpegSpec, scene: &Scene, index: usize) -> Plane {
    let Component { h, v, quant, .. } = spec.components[index];
    let (h, v) = (usize::from(h), usize::from(v));
    let (width, height) = (usize::from(spec.width), usize::from(spec.height));
    let stride = width.div_ceil(8 * spec.h_max()) * h;
    let rows = height.div_ceil(8 * spec.v_max()) * v;
    let mut rng = Rng::new(mix(spec.seed) ^ (index as u64 + 1));
    let (x_step, y_step) = (
        spec.h_max() as f64 / h as f64,
        spec.v_max() as f64 / v as f64,
    );
    let steps = &spec.quant[usize::from(quant)].steps;
    let mut blocks = Vec::with_capacity(stride * rows);
    for block in 0..stride * rows {
        let (left, top) = (block % stride * 8, block / stride * 8);
        blocks.push(match spec.content {
            Content::Extreme => extreme(&mut rng),
            Content::Coarse => coarse(&mut rng),
            Content::Flat => quantise(&fdct(&[60.0 - 30.0 * index as f64; 64]), steps),
            Content::Noise => quantise(&fdct(&loud(&mut rng)), steps),
            Content::Photo => {
                let sample = |i: usize| {
                    let x = (left + i % 8) as f64 * x_step;
                    let y = (top + i / 8) as f64 * y_step;
                    scene.sample(index, x, y) + grain(&mut rng)
                };
                quantise(&fdct(&std::array::from_fn(sample)), steps)
            }
        });
    }
    Plane {
        stride,
        width: (width * h).div_ceil(spec.h_max()).div_ceil(8),
        height: (height * v).div_ceil(spec.v_max()).div_ceil(8),
        blocks,
    }
}

/// Sensor noise, about a normal distribution with deviation 3.
fn grain(rng: &mut Rng) -> f64 {
    f64::from((0..4).map(|_| rng.range(-26, 26)).sum::<i32>()) * 0.1
}

/// A block of random coefficients, from nearly empty to full, from small to 10 bits.
fn extreme(rng: &mut Rng) -> [i16; 64] {
    let one_in = 1 + rng.below(16);
    let bits = 1 + rng.below(10);
    let mut block = [0; 64];
    for coefficient in &mut block[1..] {
        if rng.one_in(one_in) {
            let most = (1 << bits) - 1;
            *coefficient = if rng.one_in(8) {
                if rng.one_in(2) { most } else { -most }
            } else {
                rng.range(-most, most)
            };
        }
    }
    block[0] = if rng.one_in(4) {
        [-1023, 1023][rng.below(2)]
    } else {
        rng.range(-1023, 1023)
    };
    block.map(|x| x as i16)
}

/// A block of coefficients that are 0, mostly, or of 4 to 6 bits.
fn coarse(rng: &mut Rng) -> [i16; 64] {
    std::array::from_fn(|_| match rng.below(6) {
        0 => rng.range(8, 63) as i16,
        1 => -rng.range(8, 63) as i16,
        _ => 0,
    })
}

/// Samples (level shifted) at the ends of the range: white noise, or a square wave of random frequency.
fn loud(rng: &mut Rng) -> [f64; 64] {
    let sign = |positive: bool| if positive { 127.0 } else { -128.0 };
    if rng.one_in(2) {
        return std::array::from_fn(|_| sign(rng.one_in(2)));
    }
    let (u, v) = (rng.below(8), rng.below(8));
    std::array::from_fn(|i| sign((COSINE[u][i % 8] > 0.0) == (COSINE[v][i / 8] > 0.0)))
}

/// A picture without bounds, made of value noise in several sizes and of discs.
struct Scene {
    seed: u64,
    discs: Vec<Disc>,
}

struct Disc {
    x: f64,
    y: f64,
    radius: f64,
    /// What it adds to each component.
    colour: [f64; 4],
}

impl Scene {
    fn new(spec: &JpegSpec) -> Self {
        let mut rng = Rng::new(spec.seed);
        let (width, height) = (i32::from(spec.width), i32::from(spec.height));
        let discs = (0..9).map(|_| Disc {
            x: f64::from(rng.range(0, width)),
            y: f64::from(rng.range(0, height)),
            radius: f64::from(rng.range(4, 8 + (width + height) / 8)),
            colour: std::array::from_fn(|c| {
                f64::from(rng.range(-50, 50)) / if c == 1 || c == 2 { 2.0 } else { 1.0 }
            }),
        });
        Self {
            seed: mix(spec.seed),
            discs: discs.collect(),
        }
    }

    /// The level-shifted sample of a component at a full-resolution position, without grain.
    fn sample(&self, component: usize, x: f64, y: f64) -> f64 {
        let chroma = component == 1 || component == 2;
        let layers: &[(f64, f64)] = if chroma {
            &[(160.0, 60.0), (40.0, 12.0)]
        } else {
            &[(110.0, 130.0), (29.0, 40.0), (7.0, 16.0), (2.3, 6.0)]
        };
        let mut sum = 0.0;
        for (number, &(cell, amplitude)) in layers.iter().enumerate() {
            let seed = self.seed ^ mix((component * 8 + number) as u64);
            sum += amplitude * (value_noise(seed, x / cell, y / cell) - 0.5);
        }
        for disc in &self.discs {
            let (dx, dy) = (x - disc.x, y - disc.y);
            if dx * dx + dy * dy < disc.radius * disc.radius {
                sum += disc.colour[component];
            }
        }
        sum.clamp(-128.0, 127.0)
    }
}

/// Smoothly interpolated random values at the integer points, 0 to 1. `x` and `y` are not negative.
fn value_noise(seed: u64, x: f64, y: f64) -> f64 {
    let (left, top) = (x as u64, y as u64);
    let corner = |dx: u64, dy: u64| {
        (mix(seed ^ mix((left + dx) << 32 | (top + dy))) >> 40) as f64 / (1u64 << 24) as f64
    };
    let smooth = |t: f64| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (smooth(x - left as f64), smooth(y - top as f64));
    let upper = corner(0, 0) * (1.0 - fx) + corner(1, 0) * fx;
    let lower = corner(0, 1) * (1.0 - fx) + corner(1, 1) * fx;
    upper * (1.0 - fy) + lower * fy
}

/// cos(n pi / 16) / 2 for n = 0..=8.
const HALF_COSINE: [f64; 9] = [
    0.5,
    0.490_392_640_201_615_2,
    0.461_939_766_255_643_37,
    0.415_734_806_151_272_6,
    0.353_553_390_593_273_8,
    0.277_785_116_509_801_1,
    0.191_341_716_182_544_9,
    0.097_545_161_008_064_14,
    0.0,
];

/// Rows of the orthonormal DCT-II matrix: `COSINE[u][x]`.
const COSINE: [[f64; 8]; 8] = {
    let mut matrix = [[0.0; 8]; 8];
    let mut u = 0;
    while u < 8 {
        let mut x = 0;
        while x < 8 {
            // cos((2x+1) u pi / 16), by the symmetries of the cosine.
            let angle = (2 * x + 1) * u % 32;
            let folded = if angle > 16 { 32 - angle } else { angle };
            let value = if folded > 8 {
                -HALF_COSINE[16 - folded]
            } else {
                HALF_COSINE[folded]
            };
            matrix[u][x] = if u == 0 { HALF_COSINE[4] } else { value };
            x += 1;
        }
        u += 1;
    }
    matrix
};

/// The forward DCT of T.81 A.3.3 on level-shifted samples, raster order in and out.
fn fdct(samples: &[f64; 64]) -> [f64; 64] {
    let rows: [f64; 64] = std::array::from_fn(|i| {
        (0..8)
            .map(|x| samples[i / 8 * 8 + x] * COSINE[i % 8][x])
            .sum()
    });
    std::array::from_fn(|i| (0..8).map(|y| rows[y * 8 + i % 8] * COSINE[i / 8][y]).sum())
}

/// Divides by the steps (both in raster order), rounds, and reorders to zigzag.
fn quantise(coefficients: &[f64; 64], steps: &[u16; 64]) -> [i16; 64] {
    std::array::from_fn(|k| {
        let at = usize::from(ZIGZAG[k]);
        let value = coefficients[at] / f64::from(steps[at]);
        (value + if value < 0.0 { -0.5 } else { 0.5 }).clamp(-1023.0, 1023.0) as i16
    })
}
