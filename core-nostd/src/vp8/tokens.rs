//! Coefficients (RFC 6386, section 13).

use super::modes::Macroblock;
use super::number_tables::CoefficientProbabilities;
use super::quantizer::{Factors, Quantizer};
use super::tables::{BANDS, CATEGORIES, ZIGZAG};
use crate::bool_coder::Reader;

/// Probabilities by kind of block, place of the coefficient and context: bands are looked up once a frame.
pub(super) type TokenProbabilities = [Positions; 4];
type Positions = [[[u8; 11]; 3]; 16];

/// Kinds of blocks (section 13.3), in the order of their probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Luma whose DC coefficient is in Y2.
    LumaAfterY2,
    Y2,
    Chroma,
    LumaWithDc,
}

impl Kind {
    /// Of luma, in a macroblock with Y2 or without.
    #[inline(always)]
    pub(super) const fn of_luma(with_y2: bool) -> Self {
        if with_y2 {
            Kind::LumaAfterY2
        } else {
            Kind::LumaWithDc
        }
    }

    /// Place of the first coefficient.
    #[inline(always)]
    pub(super) const fn first(self) -> usize {
        match self {
            Kind::LumaAfterY2 => 1,
            _ => 0,
        }
    }
}

/// Whether the blocks along an edge have coefficients, 0 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contexts {
    pub(super) y: [u8; 4],
    pub(super) u: [u8; 2],
    pub(super) v: [u8; 2],
    pub(super) y2: u8,
}

impl Contexts {
    /// Nothing: as above the picture.
    pub const NEW: Self = Contexts {
        y: [0; 4],
        u: [0; 2],
        v: [0; 2],
        y2: 0,
    };

    /// After a macroblock without coefficients; one without Y2 says nothing of it.
    #[inline(always)]
    pub(super) fn skip(&mut self, with_y2: bool) {
        *self = Contexts {
            y2: if with_y2 { 0 } else { self.y2 },
            ..Contexts::default()
        };
    }
}

impl Contexts {
    /// Below a macroblock, and to its right.
    #[inline(always)]
    pub(super) fn pass(&mut self, mb: &Macroblock, left: &mut Self) {
        let with_y2 = mb.mode.has_y2();
        if !mb.coded {
            self.skip(with_y2);
            left.skip(with_y2);
            return;
        }
        let has = |i: usize| u8::from(mb.ends[i] > 0);
        self.y = [has(12), has(13), has(14), has(15)];
        left.y = [has(3), has(7), has(11), has(15)];
        (self.u, left.u) = ([has(18), has(19)], [has(17), has(19)]);
        (self.v, left.v) = ([has(22), has(23)], [has(21), has(23)]);
        if with_y2 {
            self.y2 = has(Y2_BLOCK);
            left.y2 = self.y2;
        }
    }
}

/// Coefficients of a macroblock: 16 blocks of Y, four of U, four of V, Y2.
pub type Blocks = [[i16; 16]; 25];
/// Place of Y2 among them.
pub(super) const Y2_BLOCK: usize = 24;
/// For each block the place after its last token, 0 if it has none.
pub(super) type Ends = [u8; 25];

/// Probabilities by place instead of band.
pub(super) fn by_position(coefficients: &CoefficientProbabilities) -> TokenProbabilities {
    let of_kind = |bands: &[_; 8]| core::array::from_fn(|i| bands[usize::from(BANDS[i] & 7)]);
    core::array::from_fn(|kind| of_kind(&coefficients[kind]))
}

/// Decodes the coefficients of a macroblock, dequantised, and says whether there are any. Blocks without
/// tokens are left as they are.
#[inline(always)]
pub(super) fn decode(
    lent_reader: &mut Reader<'_>,
    probabilities: &TokenProbabilities,
    quantizer: &Quantizer,
    with_y2: bool,
    [above, left]: [&mut Contexts; 2],
    (blocks, ends): (&mut Blocks, &mut Ends),
) -> bool {
    // A copy of its own: in registers.
    let mut reader = core::mem::take(lent_reader);
    let mut any = 0;
    ends[Y2_BLOCK] = 0;
    let mut y = Coding {
        probabilities: &probabilities[Kind::LumaWithDc as usize],
        factors: quantizer.y,
        first: 0,
    };
    if with_y2 {
        let y2 = Coding {
            probabilities: &probabilities[Kind::Y2 as usize],
            factors: quantizer.y2,
            first: 0,
        };
        let context = usize::from(above.y2 + left.y2);
        let end = block_tokens(&mut reader, &y2, context, &mut blocks[Y2_BLOCK]);
        ends[Y2_BLOCK] = end;
        any |= end;
        above.y2 = u8::from(end > 0);
        left.y2 = above.y2;
        y.probabilities = &probabilities[Kind::LumaAfterY2 as usize];
        y.first = 1;
    }
    let uv = Coding {
        probabilities: &probabilities[Kind::Chroma as usize],
        factors: quantizer.uv,
        first: 0,
    };
    any |= plane(
        &mut reader,
        &y,
        &mut above.y,
        &mut left.y,
        &mut blocks[..16],
        &mut ends[..16],
    );
    let planes = [(&mut above.u, &mut left.u), (&mut above.v, &mut left.v)];
    let blocks = blocks[16..].chunks_exact_mut(4);
    let ends = ends[16..].chunks_exact_mut(4);
    for ((above, left), (blocks, ends)) in planes.into_iter().zip(blocks.zip(ends)) {
        any |= plane(&mut reader, &uv, above, left, blocks, ends);
    }
    *lent_reader = reader;
    any > 0
}

/// How blocks of a kind are coded.
struct Coding<'a> {
    probabilities: &'a Positions,
    factors: Factors,
    /// 1 if the DC coefficients come from Y2.
    first: usize,
}

/// The blocks of a plane, `N` by `N`.
#[inline(always)]
fn plane<const N: usize>(
    reader: &mut Reader<'_>,
    coding: &Coding<'_>,
    above: &mut [u8; N],
    left: &mut [u8; N],
    blocks: &mut [[i16; 16]],
    ends: &mut [u8],
) -> u8 {
    let mut any = 0;
    let rows = blocks.chunks_exact_mut(N).zip(ends.chunks_exact_mut(N));
    for (left, (blocks, ends)) in left.iter_mut().zip(rows) {
        for (above, (block, place)) in above.iter_mut().zip(blocks.iter_mut().zip(ends)) {
            let end = block_tokens(reader, coding, usize::from(*above + *left), block);
            *place = end;
            any |= end;
            *left = u8::from(end > 0);
            *above = *left;
        }
    }
    any
}

/// Decodes a block's tokens; gives the place after the last, 0 if there are none.
#[inline(always)]
fn block_tokens(
    reader: &mut Reader<'_>,
    coding: &Coding<'_>,
    context: usize,
    block: &mut [i16; 16],
) -> u8 {
    let (probabilities, factors) = (coding.probabilities, coding.factors);
    let mut at = coding.first & 1;
    let mut p = &probabilities[at][context.min(2)];
    reader.prepare_for::<1>();
    if !reader.read_guessed(p[0]) {
        return 0;
    }
    *block = [0; 16];
    // Whether it is zero, whether it is one, its sign.
    reader.prepare_for::<3>();
    loop {
        // The end of the block has been ruled out; after a zero it need not be.
        while !reader.read_guessed(p[1]) {
            at += 1;
            if at >= 16 {
                return 16;
            }
            p = &probabilities[at][0];
            reader.prepare_for::<3>();
        }
        let (value, context) = if reader.read_guessed(p[2]) {
            (large_value(reader, p), 2)
        } else {
            (1, 1)
        };
        // A sign cannot be guessed.
        let sign = i32::from(reader.read(128)).wrapping_neg();
        let value = ((value ^ sign) - sign) * factors[usize::from(at > 0)];
        block[usize::from(ZIGZAG[at] & 15)] = value as i16;
        at += 1;
        if at >= 16 {
            return 16;
        }
        p = &probabilities[at][context];
        reader.prepare_for::<4>();
        if !reader.read_guessed(p[0]) {
            return at as u8;
        }
    }
}

/// A magnitude of two or more; leaves the reader prepared for a sign.
#[inline(always)]
fn large_value(reader: &mut Reader<'_>, p: &[u8; 11]) -> i32 {
    reader.prepare();
    if !reader.read_guessed(p[3]) {
        if !reader.read_guessed(p[4]) {
            return 2;
        }
        return 3 + i32::from(reader.read(p[5]));
    }
    if !reader.read_guessed(p[6]) {
        if !reader.read_guessed(p[7]) {
            return 5 + i32::from(reader.read(159));
        }
        let high = i32::from(reader.read(165));
        return 7 + 2 * high + i32::from(reader.read(145));
    }
    let high = usize::from(reader.read(p[8]));
    let category = 2 * high + usize::from(reader.read(p[9 + high]));
    let (least, bits) = CATEGORIES[category & 3];
    let mut extra = 0;
    for &probability in bits {
        reader.prepare();
        extra = extra << 1 | i32::from(reader.read(probability));
    }
    reader.prepare();
    least + extra
}
