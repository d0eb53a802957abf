//! What a frame's macroblocks are, counted: what its header's probabilities are made of.

use super::cost::{self, Cost};
use super::syntax;
use super::tokens::TokenCounts;
use crate::vp8::header::FrameHeader;
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Vector, Vicinity};
use crate::vp8::number_tables::COEFFICIENT_UPDATES;
use crate::vp8::parse::Above;
use crate::vp8::state::Probabilities;
use crate::vp8::tables::{MV_UPDATES, SPLIT_LAYOUTS};

/// How often a decision went which way.
type Counts = [u32; 2];

/// Counts of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    pub(super) tokens: TokenCounts,
    /// Macroblocks with coefficients, and without.
    pub(super) skip: Counts,
    pub(super) intra: Counts,
    pub(super) last: Counts,
    pub(super) golden: Counts,
    /// Bits of modes and vectors by the probabilities before the frame, in 256ths.
    pub(super) modes: u64,
    y_modes: [Counts; 4],
    uv_modes: [Counts; 3],
    vectors: [[Counts; 19]; 2],
}

impl Tally {
    /// Nothing yet.
    pub const NEW: Self = Tally {
        tokens: TokenCounts::NEW,
        skip: [0; 2],
        intra: [0; 2],
        last: [0; 2],
        golden: [0; 2],
        modes: 0,
        y_modes: [[0; 2]; 4],
        uv_modes: [[0; 2]; 3],
        vectors: [[[0; 2]; 19]; 2],
    };

    /// Adds what was counted elsewhere, in whatever order.
    pub fn merge(&mut self, other: &Self) {
        self.tokens.merge(&other.tokens);
        add(&mut self.skip, &other.skip);
        add(&mut self.intra, &other.intra);
        add(&mut self.last, &other.last);
        add(&mut self.golden, &other.golden);
        self.modes = self.modes.saturating_add(other.modes);
        add(
            self.y_modes.as_flattened_mut(),
            other.y_modes.as_flattened(),
        );
        add(
            self.uv_modes.as_flattened_mut(),
            other.uv_modes.as_flattened(),
        );
        let all = self.vectors.as_flattened_mut().as_flattened_mut();
        add(all, other.vectors.as_flattened().as_flattened());
    }

    /// Counts an inter frame's macroblock, but for its tokens. `above` and `left` are as before it.
    pub(super) fn add(
        &mut self,
        mb: &Macroblock,
        vicinity: &Vicinity,
        above: &Above,
        left: &Above,
    ) {
        let is_inter = mb.reference != Reference::None;
        self.intra[usize::from(is_inter)] += 1;
        if is_inter {
            let is_last = mb.reference == Reference::Last;
            self.last[usize::from(!is_last)] += 1;
            if !is_last {
                self.golden[usize::from(mb.reference == Reference::Altref)] += 1;
            }
            self.add_vectors(mb, vicinity, above, left);
            return;
        }
        for &(node, bit) in syntax::y_path(mb.mode) {
            self.y_modes[usize::from(node & 3)][usize::from(bit)] += 1;
        }
        for &(node, bit) in syntax::uv_path(mb.uv_mode) {
            self.uv_modes[usize::from(node) % 3][usize::from(bit)] += 1;
        }
    }

    fn add_vectors(&mut self, mb: &Macroblock, vicinity: &Vicinity, above: &Above, left: &Above) {
        match mb.mode {
            LumaMode::New => self.add_vector(mb.vectors[0], vicinity.best),
            LumaMode::Split => {
                let layout = syntax::layout_of(mb);
                for &first in SPLIT_LAYOUTS[layout & 3].first {
                    let first = usize::from(first & 15);
                    let vector = mb.vectors[first];
                    let sides = syntax::beside(above, left, &mb.vectors, first);
                    if !sides.contains(&vector) && vector != Vector::ZERO {
                        self.add_vector(vector, vicinity.best);
                    }
                }
            }
            _ => {}
        }
    }

    fn add_vector(&mut self, vector: Vector, best: Vector) {
        let Vector { y, x } = vector.minus(best);
        for (counts, difference) in self.vectors.iter_mut().zip([y, x]) {
            syntax::component(difference, |at, bit| counts[at % 19][usize::from(bit)] += 1);
        }
    }
}

/// Adds counts to others.
pub(super) fn add(counts: &mut [u32], others: &[u32]) {
    for (count, other) in counts.iter_mut().zip(others) {
        *count = count.saturating_add(*other);
    }
}

/// The probability of false that fits counts best.
pub(super) fn probability(counts: Counts) -> Option<u8> {
    let [no, yes] = counts.map(u64::from);
    let all = no + yes;
    (all > 0).then(|| ((no * 256 + all / 2) / all).clamp(1, 255) as u8)
}

/// What decisions cost in bits, in 256ths.
fn bits(counts: Counts, probability: u8) -> u64 {
    let [no, yes] = counts.map(u64::from);
    let cost = |bit| u64::from(cost::of_bit(probability, bit));
    no * cost(false) + yes * cost(true)
}

/// The probability to use: a new one if it saves more bits than it takes to say so.
fn better(counts: Counts, old: u8, new: u8, update: u8, bits_of_value: u32) -> u8 {
    let saying = cost::of_bit(update, true) + bits_of_value * cost::BIT;
    let saying = u64::from(saying.saturating_sub(cost::of_bit(update, false)));
    if bits(counts, new) + saying < bits(counts, old) {
        new
    } else {
        old
    }
}

/// Adapts probabilities to what is coded with them.
pub(super) fn adapt(tally: &Tally, key_frame: bool, probabilities: &mut Probabilities) {
    let all = probabilities
        .coefficients
        .as_flattened_mut()
        .as_flattened_mut();
    let updates = COEFFICIENT_UPDATES
        .as_flattened()
        .as_flattened()
        .as_flattened();
    let counts = tally
        .tokens
        .all
        .as_flattened()
        .as_flattened()
        .as_flattened();
    for (p, (&counts, &update)) in all
        .as_flattened_mut()
        .iter_mut()
        .zip(counts.iter().zip(updates))
    {
        if let Some(new) = probability(counts) {
            *p = better(counts, *p, new, update, 8);
        }
    }
    if key_frame {
        return;
    }
    adapt_list(&tally.y_modes, &mut probabilities.y_modes);
    adapt_list(&tally.uv_modes, &mut probabilities.uv_modes);
    let vectors = probabilities.vectors.as_flattened_mut().iter_mut();
    let counts = tally
        .vectors
        .as_flattened()
        .iter()
        .zip(MV_UPDATES.as_flattened());
    for (p, (&counts, &update)) in vectors.zip(counts) {
        if let Some(new) = probability(counts) {
            // What can be said: even ones, and 1.
            let new = if new < 2 { 1 } else { new & !1 };
            *p = better(counts, *p, new, update, 7);
        }
    }
}

/// The bits, in 256ths, of what is counted, if the frame were to end here: those of coefficients, by probabilities that are adapted
/// from those before it, and those of all else. How vectors and modes adapt is left out.
pub(super) fn rate(tally: &Tally, before: &Probabilities) -> [u64; 2] {
    let old = before.coefficients.as_flattened().as_flattened();
    let updates = COEFFICIENT_UPDATES.as_flattened().as_flattened();
    let counts = tally.tokens.all.as_flattened().as_flattened();
    let pairs = old.as_flattened().iter().zip(updates.as_flattened());
    let of_nodes = counts.as_flattened().iter().zip(pairs);
    let of_nodes = of_nodes.map(|(&counts, (&old, &update))| match probability(counts) {
        Some(new) => {
            let saying = cost::of_bit(update, true) + 8 * cost::BIT;
            bits(counts, old).min(bits(counts, new) + u64::from(saying))
        }
        None => 0,
    });
    let of_skip = bits(tally.skip, probability(tally.skip).unwrap_or(128));
    [
        of_nodes.sum::<u64>() + tally.tokens.fixed,
        of_skip + tally.modes,
    ]
}

/// The bits, in 256ths, of coefficients that are counted.
pub(super) fn coded(tally: &Tally, probabilities: &Probabilities) -> u64 {
    let counts = tally.tokens.all.as_flattened().as_flattened();
    let counts = counts.as_flattened();
    let all = probabilities.coefficients.as_flattened().as_flattened();
    let of_nodes = counts.iter().zip(all.as_flattened());
    let of_nodes = of_nodes.map(|(&counts, &probability)| bits(counts, probability));
    of_nodes.sum::<u64>() + tally.tokens.fixed
}

/// Probabilities that are all sent, or none.
fn adapt_list<const N: usize>(counts: &[Counts; N], old: &mut [u8; N]) {
    let mut new = *old;
    for (new, &counts) in new.iter_mut().zip(counts) {
        *new = probability(counts).unwrap_or(*new);
    }
    let sum = |p: &[u8; N]| -> u64 {
        let pairs = counts.iter().zip(p);
        pairs.map(|(&counts, &p)| bits(counts, p)).sum()
    };
    if sum(&new) + u64::from(8 * N as Cost * cost::BIT) < sum(old) {
        *old = new;
    }
}

/// Puts the probabilities that every header has.
pub(super) fn chances(tally: &Tally, header: &mut FrameHeader) {
    header.skip = Some(probability(tally.skip).unwrap_or(255));
    if !header.key_frame {
        header.intra = probability(tally.intra).unwrap_or(128);
        header.last = probability(tally.last).unwrap_or(255);
        header.golden = probability(tally.golden).unwrap_or(128);
    }
}
