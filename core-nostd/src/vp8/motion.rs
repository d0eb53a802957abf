//! Motion vectors (RFC 6386, sections 16.3 and 17).

use super::modes::{LumaMode, Macroblock, Reference};
use super::parse::Above;
use super::tables::{
    MODE_CONTEXTS, MV_IS_LONG, MV_LONG, MV_LONG_BITS, MV_SHORT, MV_SIGN, SPLIT_CONTEXTS,
    SPLIT_LAYOUTS, SPLITS, VectorProbabilities,
};
use crate::bool_coder::Reader;

/// A motion vector in quarters of a luma pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vector {
    /// Down.
    pub y: i16,
    /// To the right.
    pub x: i16,
}

impl Vector {
    pub(super) const ZERO: Self = Vector { y: 0, x: 0 };

    /// The sum. libvpx keeps vectors doubled in 16 bits, so that they wrap at 15.
    fn plus(self, other: Self) -> Self {
        let add = |a: i16, b: i16| (a.wrapping_add(b) << 1) >> 1;
        Vector {
            y: add(self.y, other.y),
            x: add(self.x, other.x),
        }
    }

    /// What [`plus`](Self::plus) gives this vector from another.
    pub(super) fn minus(self, other: Self) -> Self {
        let subtract = |a: i16, b: i16| (a.wrapping_sub(b) << 1) >> 1;
        Vector {
            y: subtract(self.y, other.y),
            x: subtract(self.x, other.x),
        }
    }

    fn negated(self) -> Self {
        Vector {
            y: self.y.wrapping_neg(),
            x: self.x.wrapping_neg(),
        }
    }
}

/// How far vectors may point out of the picture: the macroblock lies just outside then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Least and greatest, in quarters of a pixel.
    pub y: (i32, i32),
    pub x: (i32, i32),
}

impl Bounds {
    /// Of the macroblock at `at` of `count` in one direction.
    pub(super) fn along(at: usize, count: usize) -> (i32, i32) {
        let to_start = (at as i32 + 1).saturating_mul(-64);
        let to_end = (count.saturating_sub(at) as i32).saturating_mul(64);
        (to_start, to_end)
    }

    pub(super) fn clamp(&self, v: Vector) -> Vector {
        let clamp = |v: i16, (least, most): (i32, i32)| i32::from(v).max(least).min(most) as i16;
        Vector {
            y: clamp(v.y, self.y),
            x: clamp(v.x, self.x),
        }
    }
}

/// What the search for near vectors looks at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Neighbour {
    pub vector: Vector,
    pub reference: Reference,
    pub split: bool,
}

/// Vectors of the neighbours, by how many have them.
struct Near {
    /// Zero, nearest, near; the fourth only counts.
    vectors: [Vector; 4],
    counts: [u8; 4],
}

/// Section 16.3. Above, left, above and to the left.
#[inline(always)]
fn near_vectors(neighbours: &[Neighbour; 3], biased: bool, sign_bias: &[bool; 4]) -> Near {
    let mut vectors = [Vector::ZERO; 4];
    let mut counts = [0; 4];
    let mut at = 0;
    for (neighbour, weight) in neighbours.iter().zip([2, 2, 1]) {
        if neighbour.reference == Reference::None {
            continue;
        }
        if neighbour.vector == Vector::ZERO {
            counts[0] += weight;
            continue;
        }
        let mut vector = neighbour.vector;
        if sign_bias[neighbour.reference as usize & 3] != biased {
            vector = vector.negated();
        }
        // Only the vector found last is compared with; a zero one is never the same.
        if vector != vectors[at & 3] {
            at += 1;
            vectors[at & 3] = vector;
        }
        counts[at & 3] += weight;
    }
    if counts[3] > 0 && vectors[3] == vectors[1] {
        counts[1] += 1;
    }
    if counts[2] > counts[1] {
        counts.swap(1, 2);
        vectors.swap(1, 2);
    }
    Near { vectors, counts }
}

/// What the neighbours of a macroblock say of its vector, given its reference.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vicinity {
    pub nearest: Vector,
    pub near: Vector,
    /// What new vectors are differences from.
    pub best: Vector,
    /// Contexts of the decisions that say how the vector is coded.
    pub counts: [u8; 4],
}

impl Vicinity {
    /// Of the neighbours above, to the left, and above and to the left.
    pub(super) fn new(
        neighbours: &[Neighbour; 3],
        reference: Reference,
        sign_bias: &[bool; 4],
        bounds: &Bounds,
    ) -> Self {
        let biased = sign_bias[reference as usize & 3];
        let near = near_vectors(neighbours, biased, sign_bias);
        let [zero, nearest, second, _] = near.counts;
        let [above, left, corner] = neighbours.map(|n| u8::from(n.split));
        Vicinity {
            nearest: bounds.clamp(near.vectors[1]),
            near: bounds.clamp(near.vectors[2]),
            best: bounds.clamp(near.vectors[usize::from(nearest >= zero)]),
            counts: [zero, nearest, second, 2 * (above + left) + corner],
        }
    }
}

/// All that an inter macroblock's vectors depend on.
pub(super) struct Context<'a> {
    pub above: &'a Above,
    pub left: &'a Above,
    pub above_left: Neighbour,
    pub bounds: Bounds,
    /// By reference.
    pub sign_bias: &'a [bool; 4],
    pub probabilities: &'a [VectorProbabilities; 2],
}

/// Reads how an inter macroblock's vectors are coded, and the vectors. The reference is known.
#[inline(always)]
pub(super) fn read_vectors(reader: &mut Reader<'_>, context: &Context<'_>, mb: &mut Macroblock) {
    let neighbours = [
        context.above.neighbour(),
        context.left.neighbour(),
        context.above_left,
    ];
    let biased = context.sign_bias[mb.reference as usize & 3];
    let near = near_vectors(&neighbours, biased, context.sign_bias);
    let probability = |count: u8, node: usize| MODE_CONTEXTS[usize::from(count).min(5)][node];
    reader.prepare();
    if !reader.read_guessed(probability(near.counts[0], 0)) {
        mb.mode = LumaMode::Zero;
        mb.vectors[0] = Vector::ZERO;
        return;
    }
    if !reader.read_guessed(probability(near.counts[1], 1)) {
        mb.mode = LumaMode::Nearest;
        mb.vectors[0] = context.bounds.clamp(near.vectors[1]);
        return;
    }
    if !reader.read_guessed(probability(near.counts[2], 2)) {
        mb.mode = LumaMode::Near;
        mb.vectors[0] = context.bounds.clamp(near.vectors[2]);
        return;
    }
    let best = near.vectors[usize::from(near.counts[1] >= near.counts[0])];
    let best = context.bounds.clamp(best);
    let [above, left, corner] = neighbours.map(|n| u8::from(n.split));
    if reader.read_guessed(probability(2 * (above + left) + corner, 3)) {
        mb.mode = LumaMode::Split;
        read_split(reader, context, best, mb);
    } else {
        mb.mode = LumaMode::New;
        mb.vectors[0] = best.plus(read_vector(reader, context.probabilities));
    }
}

/// The vectors of a macroblock that is split.
fn read_split(reader: &mut Reader<'_>, context: &Context<'_>, best: Vector, mb: &mut Macroblock) {
    reader.prepare();
    let split = if !reader.read(SPLITS[0]) {
        3
    } else if !reader.read(SPLITS[1]) {
        2
    } else {
        usize::from(reader.read(SPLITS[2]))
    };
    mb.sixteenths = split == 3;
    let layout = &SPLIT_LAYOUTS[split];
    for &first in layout.first {
        let first = usize::from(first);
        let (x, y) = (first & 3, first >> 2 & 3);
        let left = match x {
            0 => context.left.vectors[y],
            _ => mb.vectors[(first - 1) & 15],
        };
        let above = match y {
            0 => context.above.vectors[x],
            _ => mb.vectors[(first - 4) & 15],
        };
        let vector = read_part(reader, left, above, best, context.probabilities);
        for &member in layout.members {
            mb.vectors[(first + usize::from(member)) & 15] = vector;
        }
    }
}

/// The vector of a part.
#[inline(always)]
fn read_part(
    reader: &mut Reader<'_>,
    left: Vector,
    above: Vector,
    best: Vector,
    probabilities: &[VectorProbabilities; 2],
) -> Vector {
    let zero = |vector| usize::from(vector == Vector::ZERO);
    let same = usize::from(left == above);
    let p = &SPLIT_CONTEXTS[zero(above) << 2 | zero(left) << 1 | same];
    reader.prepare();
    if !reader.read_guessed(p[0]) {
        left
    } else if !reader.read_guessed(p[1]) {
        above
    } else if !reader.read_guessed(p[2]) {
        Vector::ZERO
    } else {
        best.plus(read_vector(reader, probabilities))
    }
}

/// Section 17.2.
fn read_vector(reader: &mut Reader<'_>, probabilities: &[VectorProbabilities; 2]) -> Vector {
    Vector {
        y: read_component(reader, &probabilities[0]),
        x: read_component(reader, &probabilities[1]),
    }
}

fn read_component(reader: &mut Reader<'_>, p: &VectorProbabilities) -> i16 {
    reader.prepare();
    let mut value = 0;
    if reader.read(p[MV_IS_LONG]) {
        for bit in 0..3 {
            value |= i16::from(reader.read(p[MV_LONG + bit])) << bit;
        }
        reader.prepare();
        for bit in (4..MV_LONG_BITS).rev() {
            value |= i16::from(reader.read(p[MV_LONG + bit])) << bit;
        }
        reader.prepare();
        // A long value has bit 3 set if it has no higher one.
        if value <= 15 || reader.read(p[MV_LONG + 3]) {
            value |= 8;
        }
    } else {
        let mut node = 1;
        for _ in 0..3 {
            // The tree's nodes are stored in the order of a walk down its left side.
            let place = [0, 0, 1, 4, 2, 3, 5, 6][node & 7];
            node = node << 1 | usize::from(reader.read(p[MV_SHORT + place]));
        }
        value = node as i16 & 7;
    }
    if value != 0 && reader.read(p[MV_SIGN]) {
        -value
    } else {
        value
    }
}
