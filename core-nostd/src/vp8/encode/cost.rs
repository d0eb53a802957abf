//! What decisions cost in bits, in 256ths.

use super::super::state::Probabilities;
use super::super::tables::{BANDS, CATEGORIES};

/// Bits in 256ths.
pub(super) type Cost = u32;

/// A bit.
pub(super) const BIT: Cost = 256;

/// `-log2(p / 256)` in 256ths by p, 1 to 256; that of 0 is never asked for.
const COSTS: [u16; 257] = {
    let mut costs = [0; 257];
    let mut p = 1;
    while p <= 256 {
        costs[p] = 2048 - log2_in_256ths(p as u64);
        p += 1;
    }
    costs
};

/// Of 1 to 256: by squaring, a bit of the logarithm at a time.
const fn log2_in_256ths(p: u64) -> u16 {
    let whole = p.ilog2();
    // The mantissa, 1 to 2, in 2^-30.
    let mut x = (p << 30) >> whole;
    let mut log = whole as u64;
    let mut bit = 0;
    // One bit more than are kept, to round.
    while bit < 9 {
        x = (x * x) >> 30;
        log <<= 1;
        if x >= 2 << 30 {
            x >>= 1;
            log |= 1;
        }
        bit += 1;
    }
    log.div_ceil(2) as u16
}

/// Of a decision; `probability` (1 to 255) is that of false.
#[inline(always)]
pub(super) fn of_bit(probability: u8, bit: bool) -> Cost {
    let p = usize::from(probability);
    Cost::from(COSTS[if bit { 256 - p } else { p }])
}

/// Kinds of tokens: values 0 to 4, six categories.
const TOKENS: usize = 11;

/// Decisions that lead to each token after the one that the block does not end: places of the tree's nodes among the
/// probabilities, and which way (RFC 6386, section 13.2).
const PATHS: [&[(usize, bool)]; TOKENS] = [
    &[(1, false)],
    &[(1, true), (2, false)],
    &[(1, true), (2, true), (3, false), (4, false)],
    &[(1, true), (2, true), (3, false), (4, true), (5, false)],
    &[(1, true), (2, true), (3, false), (4, true), (5, true)],
    &[(1, true), (2, true), (3, true), (6, false), (7, false)],
    &[(1, true), (2, true), (3, true), (6, false), (7, true)],
    &[
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (8, false),
        (9, false),
    ],
    &[
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (8, false),
        (9, true),
    ],
    &[
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (8, true),
        (10, false),
    ],
    &[
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (8, true),
        (10, true),
    ],
];

/// Extra bits of a category, 0 for the least one: its least value, and the probabilities of the bits.
pub(super) const fn category(index: usize) -> (i32, &'static [u8]) {
    match index {
        0 => (5, &[159]),
        1 => (7, &[165, 145]),
        _ => CATEGORIES[(index - 2) & 3],
    }
}

/// The token of a magnitude.
#[inline(always)]
pub(super) const fn token_of(magnitude: u32) -> usize {
    match magnitude {
        0..=4 => magnitude as usize,
        5..=6 => 5,
        7..=10 => 6,
        11..=18 => 7,
        19..=34 => 8,
        35..=66 => 9,
        _ => 10,
    }
}

/// Magnitudes whose token and other bits are looked up.
const SMALL: usize = 67;

/// For each small magnitude its token, and what the extra bits and the sign cost.
const MAGNITUDES: [(u8, u16); SMALL] = {
    let mut all = [(0, 0); SMALL];
    let mut magnitude = 1;
    while magnitude < SMALL {
        let token = token_of(magnitude as u32);
        let mut cost = 256;
        if token > 4 {
            let (least, bits) = category(token - 5);
            cost += extra_cost(magnitude as u32 - least as u32, bits);
        }
        all[magnitude] = (token as u8, cost);
        magnitude += 1;
    }
    all
};

/// Of extra bits.
const fn extra_cost(value: u32, bits: &[u8]) -> u16 {
    let mut cost = 0;
    let mut i = 0;
    while i < bits.len() {
        let p = bits[i] as usize;
        let bit = value >> (bits.len() - 1 - i) & 1;
        cost += COSTS[if bit == 1 { 256 - p } else { p }];
        i += 1;
    }
    cost
}

/// Costs at a place of a block, in a context.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TokenCosts {
    /// That the block ends.
    pub end: u16,
    /// That it does not, where it might.
    pub more: u16,
    /// Each token after that.
    tokens: [u16; TOKENS],
}

impl TokenCosts {
    const NEW: Self = TokenCosts {
        end: 0,
        more: 0,
        tokens: [0; TOKENS],
    };

    /// Of a coefficient, with its sign.
    #[inline(always)]
    pub fn value(&self, magnitude: u32) -> Cost {
        self.of(Token::of(magnitude))
    }

    /// The same of its token.
    #[inline(always)]
    pub fn of(&self, token: Token) -> Cost {
        Cost::from(self.tokens[token.token % TOKENS]) + token.rest
    }
}

/// A magnitude's token, and what its extra bits and its sign cost, whatever the probabilities.
#[derive(Clone, Copy)]
pub(super) struct Token {
    token: usize,
    rest: Cost,
}

impl Token {
    #[inline(always)]
    pub fn of(magnitude: u32) -> Self {
        if let Some(&(token, rest)) = MAGNITUDES.get(magnitude as usize) {
            return Token {
                token: token.into(),
                rest: rest.into(),
            };
        }
        let (least, bits) = category(5);
        let extra = extra_cost(magnitude - least as u32, bits);
        Token {
            token: TOKENS - 1,
            rest: BIT + Cost::from(extra),
        }
    }
}

/// Costs of tokens by kind of block, place and context.
#[derive(Clone, Debug)]
pub(super) struct CoefficientCosts {
    all: [[[TokenCosts; 3]; 16]; 4],
}

impl CoefficientCosts {
    pub const NEW: Self = CoefficientCosts {
        all: [[[TokenCosts::NEW; 3]; 16]; 4],
    };

    /// Computes them.
    pub fn fill(&mut self, probabilities: &Probabilities) {
        for (kind, bands) in self.all.iter_mut().zip(&probabilities.coefficients) {
            for (place, &band) in kind.iter_mut().zip(&BANDS) {
                for (costs, p) in place.iter_mut().zip(&bands[usize::from(band & 7)]) {
                    costs.end = of_bit(p[0], false) as u16;
                    costs.more = of_bit(p[0], true) as u16;
                    for (cost, path) in costs.tokens.iter_mut().zip(PATHS) {
                        let bits = path.iter().map(|&(node, bit)| of_bit(p[node], bit));
                        *cost = bits.sum::<Cost>() as u16;
                    }
                }
            }
        }
    }

    /// Those of a kind of block.
    #[inline(always)]
    pub fn of_kind(&self, kind: usize) -> &[[TokenCosts; 3]; 16] {
        &self.all[kind & 3]
    }
}

/// What a block's levels (in raster order) cost. `end` is the place after the last that is not zero, `first` that of the
/// first; `context` counts neighbours that have coefficients.
#[inline(always)]
pub(super) fn of_block(
    costs: &[[TokenCosts; 3]; 16],
    context: usize,
    levels: &[i16; 16],
    first: usize,
    end: u8,
) -> Cost {
    of_block_and(costs, context, levels, first, end, |_, _| ())
}

/// The same, which tells of each level that is not zero, and of its place in raster order.
#[inline(always)]
pub(super) fn of_block_and(
    costs: &[[TokenCosts; 3]; 16],
    context: usize,
    levels: &[i16; 16],
    first: usize,
    end: u8,
    mut tell: impl FnMut(usize, i16),
) -> Cost {
    use super::super::tables::ZIGZAG;
    let end = usize::from(end).min(16);
    let mut at = &costs[first & 15][context.min(2)];
    if end <= first {
        return Cost::from(at.end);
    }
    let mut cost = Cost::from(at.more);
    let mut i = first;
    loop {
        let place = usize::from(ZIGZAG[i & 15] & 15);
        let level = levels[place];
        let magnitude = u32::from(level.unsigned_abs());
        cost += at.value(magnitude);
        if level != 0 {
            tell(place, level);
        }
        i += 1;
        if i >= 16 {
            return cost;
        }
        at = &costs[i][magnitude.min(2) as usize];
        if i >= end {
            return cost + Cost::from(at.end);
        }
        if magnitude > 0 {
            cost += Cost::from(at.more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_logarithms() {
        assert_eq!(of_bit(128, false), 256);
        assert_eq!(of_bit(128, true), 256);
        assert_eq!(of_bit(64, false), 512);
        assert_eq!(of_bit(1, false), 2048);
        // log2(256 / 255) is 0.00565, log2(256 / 100) is 1.35614.
        assert_eq!(of_bit(255, false), 1);
        assert_eq!(of_bit(100, false), 347);
        assert_eq!(of_bit(156, true), 347);
    }
}
