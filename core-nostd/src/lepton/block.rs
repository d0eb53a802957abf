//! One block through the coder: the same walk for both directions (Lepton paper, appendix A.2).

use core::mem;

use super::model::{Branch, ColourModel, Length, Model, PREFIX_START, PREFIXES};
use super::predict::{
    Arithmetic, Border, DcPrediction, EDGE, INNER, Partial, Quantizer, bits, inner_averages,
};
use crate::bool_coder::{GROUP, Reader, Writer};
use crate::jpeg::Block;

/// Most bytes that one block can take in a partition's stream: 1424 decisions of at most 7 bits.
pub(super) const MAX_BLOCK_BYTES: usize = 1424 * 7 / 8 + 1;

/// Adaptive decisions in one direction. An encoder codes the `bit` it is given, a decoder ignores
/// it; both return what was coded.
pub(super) trait Coder: Default {
    /// Whether the bits given matter.
    const ENCODES: bool;
    /// Before each [`GROUP`](crate::bool_coder::GROUP) decisions.
    fn prepare(&mut self);
    fn code(&mut self, branch: &mut Branch, bit: bool) -> bool;
    /// Codes true as often as `given` says, then false, each by its own branch; a decoder gives how
    /// often there was true.
    fn code_unary(&mut self, branches: &mut Length, given: usize) -> usize;
}

impl Coder for Reader<'_> {
    const ENCODES: bool = false;

    #[inline(always)]
    fn prepare(&mut self) {
        Reader::prepare(self);
    }

    #[inline(always)]
    fn code(&mut self, branch: &mut Branch, _bit: bool) -> bool {
        let bit = self.read(branch.probability());
        branch.count(bit);
        bit
    }

    #[inline(always)]
    fn code_unary(&mut self, branches: &mut Length, _given: usize) -> usize {
        self.prepare();
        for (step, branch) in branches.iter_mut().enumerate() {
            if step == GROUP {
                self.prepare();
            }
            if !self.read_guessed(branch.probability()) {
                branch.count_false();
                return step;
            }
            branch.count_true();
        }
        branches.len()
    }
}

impl Coder for Writer<'_> {
    const ENCODES: bool = true;

    #[inline(always)]
    fn prepare(&mut self) {
        Writer::prepare(self);
    }

    #[inline(always)]
    fn code(&mut self, branch: &mut Branch, bit: bool) -> bool {
        self.write(branch.probability(), bit);
        branch.count(bit);
        bit
    }

    #[inline(always)]
    fn code_unary(&mut self, branches: &mut Length, given: usize) -> usize {
        self.prepare();
        for (step, branch) in branches.iter_mut().enumerate().take(given) {
            if step == GROUP {
                self.prepare();
            }
            self.write(branch.probability(), true);
            branch.count_true();
        }
        if let Some(branch) = branches.get_mut(given) {
            if given == GROUP {
                self.prepare();
            }
            self.write(branch.probability(), false);
            branch.count_false();
        }
        given
    }
}

/// A block cannot be coded: decoding, the stream is damaged; encoding, a coefficient is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadBlock;

/// What a coded block leaves to the blocks around it, besides its coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    border: Border,
    /// Non-zero inner coefficients, 0 to 49.
    count: u8,
}

impl Summary {
    /// That of no block.
    pub const NEW: Summary = Summary {
        border: Border::NEW,
        count: 0,
    };
}

/// The blocks around the one to be coded that are coded already, in the same partition.
pub(super) struct Neighbours<'a> {
    pub left: Option<(&'a Block, &'a Summary)>,
    pub above: Option<(&'a Block, &'a Summary)>,
    /// Looked at only if both of the others are there.
    pub above_left: &'a Block,
}

/// Contexts of the neighbours' counts, 0 to 25.
const COUNT_CONTEXT: [u8; 26] = [
    0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8,
];

/// Contexts of the inner coefficients that remain, 1 to 49.
const REMAINING_CONTEXT: [u8; 64] = {
    let starts = [1, 2, 3, 4, 6, 9, 13, 21, 32];
    let mut table = [0; 64];
    let mut n = 1;
    while n < 64 {
        let mut context = 8;
        while n < starts[context] {
            context -= 1;
        }
        table[n] = context as u8;
        n += 1;
    }
    table
};

/// Codes a block of the component with the given quantiser; `colour` is 0 for the first
/// component, 1 for the others. Gives what the block below and the block to the right need.
#[inline(always)]
pub(super) fn code_block<C: Coder>(
    coder: &mut C,
    model: &mut Model,
    colour: usize,
    quantizer: &Quantizer,
    arithmetic: Arithmetic,
    neighbours: &Neighbours<'_>,
    block: &mut Block,
) -> Result<(Summary, Summary), BadBlock> {
    let colour_model = &mut model.colours[colour & 1];
    let mut partial = Partial::new(quantizer);
    let (count, extent) = code_inner(coder, colour_model, &mut partial, neighbours, block)?;

    let border = |n: Option<(_, &Summary)>| n.map(|(_, s)| s.border);
    let (left, above) = (border(neighbours.left), border(neighbours.above));
    let context = (count + 3) / 7;
    for (side, border) in [&above, &left].into_iter().enumerate() {
        let context = (side, extent[side] & 7, context & 7);
        code_edge(
            coder,
            colour_model,
            &mut partial,
            context,
            border.as_ref(),
            block,
        )?;
    }

    let prediction = partial.predict_dc(left.as_ref(), above.as_ref(), arithmetic);
    let whole = arithmetic.whole_dc;
    let dc = code_dc(coder, model, colour, &prediction, whole, block.0[0])?;
    block.0[0] = dc;

    let dc = i32::from(dc).wrapping_mul(partial.dc_step());
    let summary = |border: Border| Summary {
        border: border.with_dc(dc),
        count: count as u8,
    };
    Ok((summary(prediction.below), summary(prediction.right)))
}

#[inline(always)]
fn code_dc<C: Coder>(
    shared: &mut C,
    model: &mut Model,
    colour: usize,
    prediction: &DcPrediction,
    whole: bool,
    dc: i16,
) -> Result<i16, BadBlock> {
    let mut coder = mem::take(shared);
    let predicted = if whole {
        prediction.value.clamp(-2047, 2047)
    } else {
        prediction.value
    };
    let uncertainty = bits(prediction.uncertainty.unsigned_abs().into()).min(11) as usize;
    let lean = bits(prediction.lean.unsigned_abs().into()).min(16) as usize;
    let sign = &mut model.colours[colour & 1].sign[0][1 + sign_context(prediction.lean)];
    let residual = &mut model.dc_residual[uncertainty];
    let delta = code_value(
        &mut coder,
        &mut model.dc_length[uncertainty][lean],
        sign,
        wrap_dc(i32::from(dc) - predicted, whole) as i16,
        Plain(residual),
    )?;
    *shared = coder;
    let coded = wrap_dc(i32::from(delta) + predicted, whole) as i16;
    if C::ENCODES && coded != dc {
        return Err(BadBlock);
    }
    Ok(coded)
}

/// DC differences are taken in a ring of 2049 values, or, if `whole`, of the 4095 that a coefficient
/// can have.
#[inline(always)]
fn wrap_dc(value: i32, whole: bool) -> i32 {
    let (most, values) = if whole { (2047, 4095) } else { (1024, 2049) };
    if value < -most {
        value.wrapping_add(values)
    } else if value > most {
        value.wrapping_sub(values)
    } else {
        value
    }
}

/// Codes the 49 inner coefficients; gives their count and how far they reach in u and in v.
///
/// Like the other two parts of a block it is a function of its own, that works with its own copy of
/// the coder: so the coder stays in registers and the code in the cache.
#[inline(always)]
fn code_inner<C: Coder>(
    shared: &mut C,
    model: &mut ColourModel,
    partial: &mut Partial<'_>,
    neighbours: &Neighbours<'_>,
    block: &mut Block,
) -> Result<(usize, [usize; 2]), BadBlock> {
    let mut coder = mem::take(shared);
    let count_of = |n: Option<(_, &Summary)>| n.map(|(_, s)| usize::from(s.count));
    let around = match (count_of(neighbours.left), count_of(neighbours.above)) {
        (None, None) => 0,
        (Some(one), None) | (None, Some(one)) => one.div_ceil(2),
        (Some(left), Some(above)) => (left + above + 2) / 4,
    };
    let context = usize::from(COUNT_CONTEXT[around.min(25)]);
    let counts = &mut model.inner_count[context];
    let count = code_tree(&mut coder, counts, count_inner::<C>(block));
    if count > 49 {
        return Err(BadBlock);
    }
    let mut extent = [0, 0];
    if count == 0 {
        *shared = coder;
        return Ok((0, extent));
    }

    let averages = inner_averages(
        neighbours.left.map(|(b, _)| b),
        neighbours.above.map(|(b, _)| b),
        neighbours.above_left,
    );
    let mut remaining = count;
    let mut context = usize::from(REMAINING_CONTEXT[remaining & 63]);
    for (i, &k) in INNER.iter().enumerate() {
        let k = usize::from(k & 63);
        let near = bits(averages[k].into()) as usize;
        let residual = &mut model.inner_residual[context][i];
        let value = code_value(
            &mut coder,
            &mut model.inner_length[context][i][near.min(11)],
            &mut model.sign[0][0],
            block.0[k],
            Plain(residual),
        )?;
        if value != 0 {
            block.0[k] = value;
            partial.add_inner(k, value);
            let place = usize::from(crate::jpeg::RASTER[k]);
            extent[0] = extent[0].max(place & 7);
            extent[1] = extent[1].max(place >> 3);
            remaining -= 1;
            if remaining == 0 {
                *shared = coder;
                return Ok((count, extent));
            }
            context = usize::from(REMAINING_CONTEXT[remaining & 63]);
        }
    }
    Err(BadBlock)
}

/// Counts what the encoder has; a decoder knows nothing yet.
#[inline(always)]
fn count_inner<C: Coder>(block: &Block) -> usize {
    if !C::ENCODES {
        return 0;
    }
    let all = block.0.iter().map(|&c| u16::from(c != 0)).sum::<u16>();
    let edges =
        usize::from(block.0[0] != 0) + count_edge::<C>(0, block) + count_edge::<C>(1, block);
    usize::from(all) - edges
}

#[inline(always)]
fn count_edge<C: Coder>(side: usize, block: &Block) -> usize {
    if !C::ENCODES {
        return 0;
    }
    let edge = &EDGE[side * 7..side * 7 + 7];
    edge.iter()
        .filter(|&&k| block.0[usize::from(k & 63)] != 0)
        .count()
}

/// Codes the coefficients of the top row (side 0) or the left column (side 1) and their number;
/// `context` is the side, how far the inner coefficients reach along it, and how many they are.
#[inline(always)]
fn code_edge<C: Coder>(
    shared: &mut C,
    model: &mut ColourModel,
    partial: &mut Partial<'_>,
    context: (usize, usize, usize),
    border: Option<&Border>,
    block: &mut Block,
) -> Result<(), BadBlock> {
    let mut coder = mem::take(shared);
    let side = context.0 & 1;
    let counts = &mut model.edge_count[side][context.1][context.2];
    let mut remaining = code_tree(&mut coder, counts, count_edge::<C>(side, block));
    for (e, &k) in EDGE.iter().enumerate().skip(side * 7).take(7) {
        if remaining == 0 {
            break;
        }
        let k = usize::from(k & 63);
        let prior = border.map_or(0, |border| partial.predict_edge(e, border));
        let near = (bits(prior.unsigned_abs()) as usize).min(10);
        let noise = usize::from(partial.threshold(e));
        let first = ((prior.unsigned_abs() & 0xffff) as usize >> noise).min(255);
        let row = (remaining - 1).min(6);
        let low = &mut model.edge_residual[row][e];
        let high = &mut model.threshold[first];
        let value = code_value(
            &mut coder,
            &mut model.edge_length[row][e][near],
            &mut model.sign[sign_context(prior as i16)][near],
            block.0[k],
            Noisy { high, low, noise },
        )?;
        if value != 0 {
            block.0[k] = value;
            partial.add_edge(e, value);
            remaining -= 1;
        }
    }
    *shared = coder;
    if remaining == 0 {
        Ok(())
    } else {
        Err(BadBlock)
    }
}

/// 0 for zero, 1 for positive, 2 for negative.
#[inline(always)]
fn sign_context(x: i16) -> usize {
    match x {
        0 => 0,
        1.. => 1,
        _ => 2,
    }
}

/// Codes a number below `N`, a power of two, of at most 6 bits.
#[inline(always)]
fn code_tree<C: Coder, const N: usize>(
    coder: &mut C,
    tree: &mut [Branch; N],
    number: usize,
) -> usize {
    coder.prepare();
    let mut node = 1;
    let depth = N.ilog2();
    for level in (0..depth).rev() {
        let bit = coder.code(&mut tree[node & (N - 1)], number >> level & 1 != 0);
        node = 2 * node + usize::from(bit);
    }
    node - N
}

/// Codes a value as its length in bits, its sign, and the bits below the leading one.
#[inline(always)]
fn code_value<C: Coder>(
    coder: &mut C,
    lengths: &mut Length,
    sign: &mut Branch,
    value: i16,
    residual: impl Residual,
) -> Result<i16, BadBlock> {
    let magnitude = usize::from(value.unsigned_abs());
    let given = bits(magnitude as u32) as usize;
    if C::ENCODES && given > lengths.len() {
        return Err(BadBlock);
    }
    let length = coder.code_unary(lengths, given);
    if length == 0 {
        return Ok(0);
    }
    // Up to two, the length, the sign and the bits below are one group.
    if length > 2 {
        coder.prepare();
    }
    let positive = coder.code(sign, value > 0);
    let magnitude = match length {
        1 => 1,
        _ => residual.code(coder, length, magnitude),
    };
    let magnitude = magnitude as i16;
    Ok(if positive { magnitude } else { -magnitude })
}

/// How the bits below the leading one are coded, given the length, at least 2, and the magnitude, which
/// it returns.
trait Residual {
    fn code<C: Coder>(self, coder: &mut C, length: usize, magnitude: usize) -> usize;
}

/// Each bit by its position alone.
struct Plain<'a>(&'a mut [Branch; 10]);

impl Residual for Plain<'_> {
    #[inline(always)]
    fn code<C: Coder>(self, coder: &mut C, length: usize, magnitude: usize) -> usize {
        let mut prefix = 1;
        for position in (0..length - 1).rev() {
            // The sign and the bits 9 to 5 were one group at most.
            if position == 4 {
                coder.prepare();
            }
            let bit = magnitude >> position & 1 != 0;
            let bit = coder.code(&mut self.0[position.min(9)], bit);
            prefix = 2 * prefix + usize::from(bit);
        }
        prefix
    }
}

/// Bits above the noise threshold by all bits before them, those below it by their position.
struct Noisy<'a> {
    high: &'a mut [Branch; PREFIXES],
    low: &'a mut [Branch; 3],
    noise: usize,
}

impl Residual for Noisy<'_> {
    #[inline(always)]
    fn code<C: Coder>(self, coder: &mut C, length: usize, magnitude: usize) -> usize {
        let mut prefix = 1;
        let table = PREFIX_START[length.saturating_sub(self.noise + 2).min(5)];
        for position in (0..length - 1).rev() {
            if position == 4 {
                coder.prepare();
            }
            let branch = if position >= self.noise {
                &mut self.high[(table + prefix.min(127)).min(PREFIXES - 1)]
            } else {
                &mut self.low[position.min(2)]
            };
            let bit = coder.code(branch, magnitude >> position & 1 != 0);
            prefix = 2 * prefix + usize::from(bit);
        }
        prefix
    }
}
