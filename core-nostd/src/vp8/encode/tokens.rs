//! Coefficients as tokens (RFC 6386, section 13): written, counted, and what they cost.

use super::cost::{self, CoefficientCosts, Cost};
use super::syntax::Sink;
use super::tally::add;
use crate::bool_coder::Writer;
use crate::vp8::modes::Macroblock;
use crate::vp8::tables::{BANDS, ZIGZAG};
use crate::vp8::tokens::{Blocks, Contexts, Kind, TokenProbabilities, Y2_BLOCK};

/// How often each decision went which way: what probabilities are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCounts {
    /// By kind of block, band, context and node.
    pub(super) all: [[[[[u32; 2]; 11]; 3]; 8]; 4],
    /// Bits, in 256ths, of decisions whose probabilities are fixed.
    pub(super) fixed: u64,
}

impl TokenCounts {
    /// None yet.
    pub const NEW: Self = TokenCounts {
        all: [[[[[0; 2]; 11]; 3]; 8]; 4],
        fixed: 0,
    };

    /// Counts a macroblock's tokens.
    pub(super) fn add(&mut self, mb: &Macroblock, levels: &Blocks, sides: [&mut Contexts; 2]) {
        walk(mb, levels, sides, &mut Counter(self));
    }

    /// Adds what was counted elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        let all = self.all.as_flattened_mut().as_flattened_mut();
        let others = other.all.as_flattened().as_flattened();
        let all = all.as_flattened_mut().as_flattened_mut();
        add(all, others.as_flattened().as_flattened());
        self.fixed = self.fixed.saturating_add(other.fixed);
    }
}

/// Takes tokens' decisions, with what their probabilities depend on.
trait TokenSink {
    fn node(&mut self, place: Place, node: usize, bit: bool);
    /// One whose probability is fixed.
    fn fixed(&mut self, probability: u8, bit: bool);
}

/// What a token's probabilities depend on.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    at: usize,
    context: usize,
}

struct Counter<'a>(&'a mut TokenCounts);

impl TokenSink for Counter<'_> {
    #[inline(always)]
    fn node(&mut self, place: Place, node: usize, bit: bool) {
        let of_kind = &mut self.0.all[place.kind as usize & 3];
        let of_place = &mut of_kind[usize::from(BANDS[place.at & 15] & 7)];
        let counts = &mut of_place[place.context % 3][node % 11];
        counts[usize::from(bit)] = counts[usize::from(bit)].saturating_add(1);
    }

    #[inline(always)]
    fn fixed(&mut self, probability: u8, bit: bool) {
        self.0.fixed += u64::from(cost::of_bit(probability, bit));
    }
}

struct Pricer<'a> {
    cost: Cost,
    probabilities: &'a TokenProbabilities,
}

impl TokenSink for Pricer<'_> {
    #[inline(always)]
    fn node(&mut self, place: Place, node: usize, bit: bool) {
        let of_kind = &self.probabilities[place.kind as usize & 3];
        let p = &of_kind[place.at & 15][place.context % 3];
        self.cost += cost::of_bit(p[node % 11], bit);
    }

    #[inline(always)]
    fn fixed(&mut self, probability: u8, bit: bool) {
        self.cost += cost::of_bit(probability, bit);
    }
}

/// What a macroblock's tokens cost.
pub(super) fn cost_of_macroblock(
    probabilities: &TokenProbabilities,
    mb: &Macroblock,
    levels: &Blocks,
    sides: [&mut Contexts; 2],
) -> Cost {
    let mut pricer = Pricer {
        cost: 0,
        probabilities,
    };
    walk(mb, levels, sides, &mut pricer);
    pricer.cost
}

struct TokenWriter<'a, 'w> {
    writer: &'a mut Writer<'w>,
    probabilities: &'a TokenProbabilities,
}

impl TokenSink for TokenWriter<'_, '_> {
    #[inline(always)]
    fn node(&mut self, place: Place, node: usize, bit: bool) {
        let of_kind = &self.probabilities[place.kind as usize & 3];
        let p = &of_kind[place.at & 15][place.context % 3];
        self.writer.put(p[node % 11], bit);
    }

    #[inline(always)]
    fn fixed(&mut self, probability: u8, bit: bool) {
        self.writer.put(probability, bit);
    }
}

/// Writes a macroblock's tokens.
#[inline(always)]
pub(super) fn write(
    writer: &mut Writer<'_>,
    probabilities: &TokenProbabilities,
    mb: &Macroblock,
    levels: &Blocks,
    sides: [&mut Contexts; 2],
) {
    // A copy of its own: in registers.
    let mut own = core::mem::take(writer);
    let mut sink = TokenWriter {
        writer: &mut own,
        probabilities,
    };
    walk(mb, levels, sides, &mut sink);
    *writer = own;
}

/// A macroblock's tokens, in the order of the stream; none if it is not coded.
#[inline(always)]
fn walk(
    mb: &Macroblock,
    levels: &Blocks,
    [above, left]: [&mut Contexts; 2],
    sink: &mut impl TokenSink,
) {
    let with_y2 = mb.mode.has_y2();
    if !mb.coded {
        above.skip(with_y2);
        left.skip(with_y2);
        return;
    }
    if with_y2 {
        let end = mb.ends[Y2_BLOCK];
        let context = usize::from(above.y2 + left.y2);
        block(sink, Kind::Y2, context, &levels[Y2_BLOCK], end);
        above.y2 = u8::from(end > 0);
        left.y2 = above.y2;
    }
    let kind = Kind::of_luma(with_y2);
    for (i, block_levels) in levels.iter().enumerate().take(Y2_BLOCK) {
        let kind = if i < 16 { kind } else { Kind::Chroma };
        let [above, left] = beside(above, left, i);
        let context = usize::from(*above + *left);
        block(sink, kind, context, block_levels, mb.ends[i]);
        *above = u8::from(mb.ends[i] > 0);
        *left = *above;
    }
}

/// The contexts above block `i`, which is not Y2, and to its left.
#[inline(always)]
pub(super) fn beside<'a>(
    above: &'a mut Contexts,
    left: &'a mut Contexts,
    i: usize,
) -> [&'a mut u8; 2] {
    match i {
        0..16 => [&mut above.y[i & 3], &mut left.y[i >> 2 & 3]],
        16..20 => [&mut above.u[i & 1], &mut left.u[i >> 1 & 1]],
        _ => [&mut above.v[i & 1], &mut left.v[i >> 1 & 1]],
    }
}

/// A block's tokens. An end of 0 says that it has none.
#[inline(always)]
fn block(sink: &mut impl TokenSink, kind: Kind, context: usize, levels: &[i16; 16], end: u8) {
    let mut place = Place {
        kind,
        at: kind.first(),
        context,
    };
    sink.node(place, 0, end > 0);
    let end = usize::from(end).min(16);
    while place.at < end {
        let level = levels[usize::from(ZIGZAG[place.at & 15] & 15)];
        let magnitude = u32::from(level.unsigned_abs());
        value(sink, place, magnitude);
        if magnitude > 0 {
            sink.fixed(128, level < 0);
        }
        place.at += 1;
        place.context = magnitude.min(2) as usize;
        // After a zero the block cannot end, nor need the last coefficient say so.
        if place.at < 16 && magnitude > 0 {
            sink.node(place, 0, place.at < end);
        }
    }
}

/// A magnitude, given that the block does not end before it.
#[inline(always)]
fn value(sink: &mut impl TokenSink, place: Place, magnitude: u32) {
    sink.node(place, 1, magnitude > 0);
    if magnitude == 0 {
        return;
    }
    sink.node(place, 2, magnitude > 1);
    if magnitude == 1 {
        return;
    }
    sink.node(place, 3, magnitude > 4);
    if magnitude <= 4 {
        sink.node(place, 4, magnitude > 2);
        if magnitude > 2 {
            sink.node(place, 5, magnitude > 3);
        }
        return;
    }
    sink.node(place, 6, magnitude > 10);
    let category = cost::token_of(magnitude) - 5;
    if magnitude <= 10 {
        sink.node(place, 7, category > 0);
    } else {
        sink.node(place, 8, category > 3);
        sink.node(place, 9 + usize::from(category > 3), category & 1 == 1);
    }
    let (least, bits) = cost::category(category);
    let extra = magnitude - least as u32;
    for (i, &probability) in bits.iter().enumerate() {
        sink.fixed(probability, extra >> (bits.len() - 1 - i) & 1 == 1);
    }
}

/// What the tokens of block `i` cost; leaves its contexts behind.
#[inline(always)]
pub(super) fn cost_of_block(
    costs: &CoefficientCosts,
    kind: Kind,
    sides: [&mut u8; 2],
    levels: &[i16; 16],
    end: u8,
) -> Cost {
    let [above, left] = sides;
    let context = usize::from(*above + *left);
    *above = u8::from(end > 0);
    *left = *above;
    cost::of_block(
        costs.of_kind(kind as usize),
        context,
        levels,
        kind.first(),
        end,
    )
}
