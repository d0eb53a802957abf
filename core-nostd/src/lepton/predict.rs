//! What the blocks to the left and above say of a block's coefficients (Lepton paper, section 3.3
//! and appendix A.2).

use crate::jpeg::{Block, RASTER};

/// The zigzag places of the 14 edge coefficients: the top row (u = 1 to 7), then the left column.
pub(super) const EDGE: [u8; 14] = {
    let mut edge = [0; 14];
    let mut k = 1;
    while k < 64 {
        let (u, v) = (RASTER[k] % 8, RASTER[k] / 8);
        if v == 0 {
            edge[u as usize - 1] = k as u8;
        } else if u == 0 {
            edge[v as usize + 6] = k as u8;
        }
        k += 1;
    }
    edge
};

/// The zigzag places of the 49 inner coefficients, in zigzag order.
pub(super) const INNER: [u8; 49] = {
    let mut inner = [0; 49];
    let (mut n, mut k) = (0, 0);
    while k < 64 {
        if !RASTER[k].is_multiple_of(8) && RASTER[k] / 8 != 0 {
            inner[n] = k as u8;
            n += 1;
        }
        k += 1;
    }
    inner
};

/// The largest coefficients of the 14 edge places with a quantiser step of 1, by which noise
/// thresholds are set.
const LARGEST: [u32; 14] = [
    931, 985, 968, 1020, 968, 1020, 1020, 932, 985, 967, 1020, 969, 1020, 1020,
];

/// The inverse DCT at the edge of a block, `8192 cos(k pi / 16) sqrt(2)`, but for `k = 0`.
const EDGE_COSINE: [i32; 8] = [8192, 11363, 10703, 9633, 8192, 6436, 4433, 2260];

/// The quantiser of a component, made ready for prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantizer {
    /// Steps in zigzag order.
    steps: [i32; 64],
    /// `8192 * step` of the edge coefficients.
    edge_divisors: [i32; 14],
    /// Bits of the edge coefficients that are but noise.
    thresholds: [u8; 14],
}

impl Quantizer {
    /// Takes the table of a DQT segment: 64 steps in zigzag order. A step of zero, which T.81
    /// forbids, divides like 1.
    pub fn new(table: &[u16; 64]) -> Self {
        let steps = table.map(i32::from);
        let edge = EDGE.map(|k| u32::from(table[usize::from(k)]));
        let mut thresholds = [0; 14];
        for ((threshold, step), largest) in thresholds.iter_mut().zip(edge).zip(LARGEST) {
            let quantised = largest.div_ceil(step.max(1));
            *threshold = bits(quantised).saturating_sub(7) as u8;
        }
        Quantizer {
            steps,
            edge_divisors: edge.map(|step| 8192 * step.max(1) as i32),
            thresholds,
        }
    }

    /// Whether prediction divides by a step that is zero, so that other decoders would fail.
    pub fn divides_by_zero(table: &[u16; 64]) -> bool {
        table[0] == 0 || EDGE.iter().any(|&k| table[usize::from(k)] == 0)
    }
}

/// The number of bits of `x`; none for 0.
#[inline(always)]
pub(super) fn bits(x: u32) -> u32 {
    u32::BITS - x.leading_zeros()
}

/// What a block tells the next one in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Border {
    /// The border's frequencies along it, as far as the other block's must go on from them.
    frequencies: [i32; 8],
    /// Pixels (times 8) where the other block's first pixels are expected.
    pixels: [i16; 8],
}

/// Which of several incompatible ways of arithmetic a file was written with. They differ for extreme
/// coefficients only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arithmetic {
    /// Gradients towards the next blocks wrap at 16 bits.
    pub wrap_outgoing: bool,
    /// Gradients at the own first pixels wrap at 16 bits.
    pub wrap_incoming: bool,
    /// DC differences are taken in a ring of all values that there are, so that each can be coded,
    /// as our own version does; else in one of 2049.
    pub whole_dc: bool,
}

impl Arithmetic {
    /// What all encoders have used since SIMD builds are the default.
    pub const DEFAULT: Arithmetic = Arithmetic {
        wrap_outgoing: true,
        wrap_incoming: true,
        whole_dc: false,
    };

    /// That of our own version.
    pub const OWN: Arithmetic = Arithmetic {
        whole_dc: true,
        ..Self::DEFAULT
    };
}

/// The magnitudes that the neighbours suggest for the coefficients, by zigzag place.
#[inline(always)]
pub(super) fn inner_averages(
    left: Option<&Block>,
    above: Option<&Block>,
    above_left: &Block,
) -> [u16; 64] {
    match (left, above) {
        (Some(left), Some(above)) => core::array::from_fn(|k| {
            let near = left.0[k]
                .unsigned_abs()
                .wrapping_add(above.0[k].unsigned_abs());
            let far = above_left.0[k].unsigned_abs();
            near.wrapping_mul(13).wrapping_add(far.wrapping_mul(6)) >> 5
        }),
        (Some(one), None) | (None, Some(one)) => one.0.map(i16::unsigned_abs),
        (None, None) => [0; 64],
    }
}

/// The dequantised block as far as it is known, with what prediction needs of it.
#[derive(Debug)]
pub(super) struct Partial<'a> {
    quantizer: &'a Quantizer,
    /// `rows[v][u]`, DC left zero.
    rows: [[i32; 8]; 8],
    /// Rows that have coefficients, a bit each.
    filled: u8,
    /// For each u, sums over inner v of the edge's cosines: even v, then odd v.
    top: [[i32; 8]; 2],
    /// For each v, sums over inner u.
    left: [[i32; 8]; 2],
}

impl<'a> Partial<'a> {
    #[inline(always)]
    pub fn new(quantizer: &'a Quantizer) -> Self {
        Partial {
            quantizer,
            rows: [[0; 8]; 8],
            filled: 0,
            top: [[0; 8]; 2],
            left: [[0; 8]; 2],
        }
    }

    /// Adds the inner coefficient at zigzag place `k`.
    #[inline(always)]
    pub fn add_inner(&mut self, k: usize, coefficient: i16) {
        let (u, v) = (usize::from(RASTER[k] & 7), usize::from(RASTER[k] >> 3));
        let value = i32::from(coefficient).wrapping_mul(self.quantizer.steps[k]);
        self.rows[v][u] = value;
        self.filled |= 1 << v;
        let top = &mut self.top[v & 1][u];
        *top = top.wrapping_add(EDGE_COSINE[v].wrapping_mul(value));
        let left = &mut self.left[u & 1][v];
        *left = left.wrapping_add(EDGE_COSINE[u].wrapping_mul(value));
    }

    /// Adds the edge coefficient `e` (0 to 6 the top row, 7 to 13 the left column).
    #[inline(always)]
    pub fn add_edge(&mut self, e: usize, coefficient: i16) {
        let value = i32::from(coefficient).wrapping_mul(self.quantizer.steps[usize::from(EDGE[e])]);
        if e < 7 {
            self.rows[0][e + 1] = value;
            self.filled |= 1;
        } else {
            self.rows[e - 6][0] = value;
            self.filled |= 1 << (e - 6);
        }
    }

    /// What the edge coefficient `e` must be to go on smoothly from the neighbour's border.
    #[inline(always)]
    pub fn predict_edge(&self, e: usize, border: &Border) -> i32 {
        let (sums, i) = if e < 7 {
            (&self.top, e + 1)
        } else {
            (&self.left, e - 6)
        };
        let difference = border.frequencies[i].wrapping_sub(sums[0][i].wrapping_add(sums[1][i]));
        difference / self.quantizer.edge_divisors[e]
    }

    /// The first part of what the blocks below and to the right go on from.
    #[inline(always)]
    fn frequencies_below(&self) -> [i32; 8] {
        core::array::from_fn(|u| {
            let alternating = self.top[0][u].wrapping_sub(self.top[1][u]);
            self.rows[0][u].wrapping_mul(8192).wrapping_add(alternating)
        })
    }

    #[inline(always)]
    fn frequencies_right(&self) -> [i32; 8] {
        core::array::from_fn(|v| {
            let alternating = self.left[0][v].wrapping_sub(self.left[1][v]);
            self.rows[v][0].wrapping_mul(8192).wrapping_add(alternating)
        })
    }

    /// Predicts the DC coefficient, once all AC coefficients are added.
    #[inline(always)]
    pub fn predict_dc(
        &self,
        left: Option<&Border>,
        above: Option<&Border>,
        arithmetic: Arithmetic,
    ) -> DcPrediction {
        let pixels = inverse_dct(&self.rows, self.filled);
        let row = |y: usize| pixels[y];
        let column = |x: usize| column(&pixels, x);
        let mut prediction = DcPrediction {
            value: 0,
            uncertainty: 0,
            lean: 0,
            below: Border {
                frequencies: self.frequencies_below(),
                pixels: extrapolate(row(7), row(6), arithmetic.wrap_outgoing),
            },
            right: Border {
                frequencies: self.frequencies_right(),
                pixels: extrapolate(column(7), column(6), arithmetic.wrap_outgoing),
            },
        };
        let incoming = arithmetic.wrap_incoming;
        let from_left = left
            .map(|border| difference(&border.pixels, extrapolate(column(0), column(1), incoming)));
        let from_above =
            above.map(|border| difference(&border.pixels, extrapolate(row(0), row(1), incoming)));
        let (a, b) = match (&from_left, &from_above) {
            (None, None) => return prediction,
            (Some(one), None) | (None, Some(one)) => (one, one),
            (Some(left), Some(above)) => (left, above),
        };
        let sum = |e: &[i16; 8]| e.iter().map(|&x| i32::from(x)).sum::<i32>();
        let (sum_left, sum_above) = (sum(a), sum(b));
        let least = a
            .iter()
            .zip(b)
            .fold(i16::MAX, |m, (&x, &y)| m.min(x).min(y));
        let most = a
            .iter()
            .zip(b)
            .fold(i16::MIN, |m, (&x, &y)| m.max(x).max(y));
        let middle = (sum_left + sum_above) >> 1;
        let (off_left, off_above) = (sum_left - middle, sum_above - middle);
        let far = if off_left.abs() < off_above.abs() {
            off_left
        } else {
            off_above
        };
        prediction.value = (middle / self.quantizer.steps[0].max(1) + 4) >> 3;
        prediction.uncertainty = ((i32::from(most) - i32::from(least)) >> 3) as i16;
        prediction.lean = (far >> 3) as i16;
        prediction
    }

    /// How many low bits of the edge coefficient `e` are but noise: 0 to 3.
    #[inline(always)]
    pub fn threshold(&self, e: usize) -> u8 {
        self.quantizer.thresholds[e]
    }

    /// The step of the DC coefficient.
    #[inline(always)]
    pub fn dc_step(&self) -> i32 {
        self.quantizer.steps[0]
    }
}

/// What is known of the DC coefficient before it is coded.
#[derive(Debug)]
pub(super) struct DcPrediction {
    pub value: i32,
    /// How far the estimates are from each other.
    pub uncertainty: i16,
    /// How far the left and the upper estimates are from their middle.
    pub lean: i16,
    /// The borders for the blocks below and to the right, still without DC.
    pub below: Border,
    pub right: Border,
}

impl Border {
    /// That of no block.
    pub(super) const NEW: Border = Border {
        frequencies: [0; 8],
        pixels: [0; 8],
    };

    /// Adds the block's own DC, dequantised.
    #[inline(always)]
    pub(super) fn with_dc(mut self, dc: i32) -> Self {
        self.pixels = self.pixels.map(|p| p.wrapping_add(dc as i16));
        self
    }
}

/// The pixel that follows `last` on a straight line half way, coming from `before`.
#[inline(always)]
fn extrapolate(last: [i16; 8], before: [i16; 8], wrap: bool) -> [i16; 8] {
    if wrap {
        core::array::from_fn(|i| {
            let gradient = last[i].wrapping_sub(before[i]);
            // Halved towards zero; the sign is subtracted as 16 bits would, too.
            let half = gradient.wrapping_sub(gradient >> 15) >> 1;
            last[i].wrapping_add(half)
        })
    } else {
        core::array::from_fn(|i| {
            let last = i32::from(last[i]);
            (last + (last - i32::from(before[i])) / 2) as i16
        })
    }
}

#[inline(always)]
fn column(pixels: &[[i16; 8]; 8], x: usize) -> [i16; 8] {
    pixels.map(|row| row[x])
}

#[inline(always)]
fn difference(a: &[i16; 8], b: [i16; 8]) -> [i16; 8] {
    core::array::from_fn(|i| a[i].wrapping_sub(b[i]))
}

/// One line of the inverse DCT; `2048 sqrt(2) cos(k pi / 16)` is 2841, 2676, 2408, 1609, 1108, 565
/// for k = 1, 2, 3, 5, 6, 7. The bit stream depends on each rounding: `scale` and `round` are those of the
/// input, `inner` bits are rounded off after the rotations.
#[inline(always)]
fn inverse_dct_line(x: [i32; 8], scale: u32, round: i32, inner: u32) -> [i32; 8] {
    let add = i32::wrapping_add;
    let sub = i32::wrapping_sub;
    let mul = i32::wrapping_mul;
    let inner_round = (1 << inner) >> 1;
    let a0 = add(x[0] << scale, round);
    let a4 = x[4] << scale;

    let t = add(mul(add(x[1], x[7]), 565), inner_round);
    let b1 = add(t, mul(x[1], 2841 - 565)) >> inner;
    let b7 = sub(t, mul(x[7], 2841 + 565)) >> inner;
    let t = add(mul(add(x[5], x[3]), 2408), inner_round);
    let b5 = sub(t, mul(x[5], 2408 - 1609)) >> inner;
    let b3 = sub(t, mul(x[3], 2408 + 1609)) >> inner;
    let t = add(mul(add(x[2], x[6]), 1108), inner_round);
    let b6 = sub(t, mul(x[6], 2676 + 1108)) >> inner;
    let b2 = add(t, mul(x[2], 2676 - 1108)) >> inner;

    let (sum, difference) = (add(a0, a4), sub(a0, a4));
    let (c1, c5) = (add(b1, b5), sub(b1, b5));
    let (c7, c3) = (add(b7, b3), sub(b7, b3));
    let (s0, s3) = (add(sum, b2), sub(sum, b2));
    let (s1, s2) = (add(difference, b6), sub(difference, b6));
    let d1 = add(mul(add(c5, c3), 181), 128) >> 8;
    let d2 = add(mul(sub(c5, c3), 181), 128) >> 8;
    [
        add(s0, c1),
        add(s1, d1),
        add(s2, d2),
        add(s3, c7),
        sub(s3, c7),
        sub(s2, d2),
        sub(s1, d1),
        sub(s0, c1),
    ]
}

/// The pixels times 8 as `[y][x]`, of coefficients `[v][u]`; bit `v` of `filled` says whether that
/// row has any that is not zero.
#[inline(always)]
fn inverse_dct(rows: &[[i32; 8]; 8], filled: u8) -> [[i16; 8]; 8] {
    let mut spread = [[0; 8]; 8];
    let mut left = filled;
    while left != 0 {
        let v = left.trailing_zeros() as usize & 7;
        spread[v] = inverse_dct_line(rows[v], 11, 128, 0).map(|p| p >> 8);
        left &= left - 1;
    }
    let mut pixels = [[0; 8]; 8];
    // The compiler makes vectors of this loop: all columns take the same way.
    for x in 0..8 {
        let column = [
            spread[0][x],
            spread[1][x],
            spread[2][x],
            spread[3][x],
            spread[4][x],
            spread[5][x],
            spread[6][x],
            spread[7][x],
        ];
        let line = inverse_dct_line(column, 8, 8192, 3);
        pixels[0][x] = (line[0] >> 11) as i16;
        pixels[1][x] = (line[1] >> 11) as i16;
        pixels[2][x] = (line[2] >> 11) as i16;
        pixels[3][x] = (line[3] >> 11) as i16;
        pixels[4][x] = (line[4] >> 11) as i16;
        pixels[5][x] = (line[5] >> 11) as i16;
        pixels[6][x] = (line[6] >> 11) as i16;
        pixels[7][x] = (line[7] >> 11) as i16;
    }
    pixels
}
