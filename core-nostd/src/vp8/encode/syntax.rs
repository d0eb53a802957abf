//! The syntax of macroblocks (RFC 6386, sections 11, 16, 17 and 19.3) as decisions, each once: whoever wants to know what they
//! cost, to count or to write them brings a [`Sink`].

use super::cost::{self, Cost};
use crate::bool_coder::Writer;
use crate::vp8::modes::{LumaMode, Macroblock, Reference, SubMode};
use crate::vp8::motion::{Vector, Vicinity};
use crate::vp8::number_tables::KEY_SUB_MODES;
use crate::vp8::parse::Above;
use crate::vp8::tables::{
    KEY_UV_MODES, KEY_Y_MODES, MODE_CONTEXTS, MV_IS_LONG, MV_LONG, MV_LONG_BITS, MV_SHORT, MV_SIGN,
    SPLIT_CONTEXTS, SPLIT_LAYOUTS, SPLITS, SUB_MODES, VectorProbabilities,
};

/// Takes decisions.
pub(super) trait Sink {
    /// `probability` is that of false.
    fn put(&mut self, probability: u8, bit: bool);

    /// Those on the way to a leaf of a tree.
    #[inline(always)]
    fn path(&mut self, probabilities: &[u8], path: &[(u8, bool)]) {
        for &(node, bit) in path {
            self.put(
                probabilities.get(usize::from(node)).copied().unwrap_or(128),
                bit,
            );
        }
    }

    /// A number, the highest bit first, each as likely as not.
    #[inline(always)]
    fn literal(&mut self, value: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.put(128, value >> bit & 1 == 1);
        }
    }
}

impl Sink for Writer<'_> {
    #[inline(always)]
    fn put(&mut self, probability: u8, bit: bool) {
        self.prepare();
        self.write(probability, bit);
    }
}

impl Sink for Cost {
    #[inline(always)]
    fn put(&mut self, probability: u8, bit: bool) {
        *self += cost::of_bit(probability, bit);
    }
}

/// Places among the probabilities, and which way: the way to a leaf.
type Path = &'static [(u8, bool)];

/// To the n-th leaf of the tree of luma modes.
const Y_PATHS: [Path; 5] = [
    &[(0, false)],
    &[(0, true), (1, false), (2, false)],
    &[(0, true), (1, false), (2, true)],
    &[(0, true), (1, true), (3, false)],
    &[(0, true), (1, true), (3, true)],
];

/// To a chroma mode.
const UV_PATHS: [Path; 4] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true)],
];

/// To a subblock mode.
const SUB_PATHS: [Path; 10] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true), (3, false), (4, false)],
    &[(0, true), (1, true), (2, true), (3, true), (6, false)],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, true),
        (5, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, false),
        (4, true),
        (5, true),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, true),
        (8, false),
    ],
    &[
        (0, true),
        (1, true),
        (2, true),
        (3, true),
        (6, true),
        (7, true),
        (8, true),
    ],
];

/// To a way to split: top and bottom, left and right, quarters, sixteenths.
const SPLIT_PATHS: [Path; 4] = [
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true)],
    &[(0, true), (1, false)],
    &[(0, false)],
];

/// To how a part of a split macroblock gets its vector: as to the left, as above, zero, new.
const PART_PATHS: [Path; 4] = [
    &[(0, false)],
    &[(0, true), (1, false)],
    &[(0, true), (1, true), (2, false)],
    &[(0, true), (1, true), (2, true)],
];

/// The way to a luma mode in an inter frame.
#[inline(always)]
pub(super) const fn y_path(mode: LumaMode) -> Path {
    Y_PATHS[match mode {
        LumaMode::Vertical => 1,
        LumaMode::Horizontal => 2,
        LumaMode::TrueMotion => 3,
        LumaMode::Sub => 4,
        _ => 0,
    }]
}

/// The same in a key frame.
#[inline(always)]
pub(super) const fn key_y_path(mode: LumaMode) -> Path {
    Y_PATHS[match mode {
        LumaMode::Vertical => 2,
        LumaMode::Horizontal => 3,
        LumaMode::TrueMotion => 4,
        LumaMode::Sub => 0,
        _ => 1,
    }]
}

/// The way to a chroma mode.
#[inline(always)]
pub(super) const fn uv_path(mode: LumaMode) -> Path {
    UV_PATHS[mode as usize & 3]
}

/// The way to a subblock mode.
#[inline(always)]
pub(super) const fn sub_path(mode: SubMode) -> Path {
    SUB_PATHS[mode as usize % 10]
}

/// Probabilities of a subblock's mode in a key frame.
#[inline(always)]
pub(super) fn key_sub_probabilities(above: SubMode, left: SubMode) -> &'static [u8; 9] {
    &KEY_SUB_MODES[above as usize % 10][left as usize % 10]
}

/// The modes of a macroblock in a key frame; `above` and `left` are as before it.
pub(super) fn key_modes(sink: &mut impl Sink, above: &Above, left: &Above, mb: &Macroblock) {
    sink.path(&KEY_Y_MODES, key_y_path(mb.mode));
    if mb.mode == LumaMode::Sub {
        for (i, &mode) in mb.sub_modes.iter().enumerate() {
            let above = if i < 4 {
                above.sub_modes[i]
            } else {
                mb.sub_modes[i - 4]
            };
            let left = if i & 3 == 0 {
                left.sub_modes[i >> 2]
            } else {
                mb.sub_modes[i - 1]
            };
            sink.path(key_sub_probabilities(above, left), sub_path(mode));
        }
    }
    sink.path(&KEY_UV_MODES, uv_path(mb.uv_mode));
}

/// The modes of an intra coded macroblock in an inter frame.
pub(super) fn intra_modes(
    sink: &mut impl Sink,
    y_modes: &[u8; 4],
    uv_modes: &[u8; 3],
    mb: &Macroblock,
) {
    sink.path(y_modes, y_path(mb.mode));
    if mb.mode == LumaMode::Sub {
        for &mode in &mb.sub_modes {
            sink.path(&SUB_MODES, sub_path(mode));
        }
    }
    sink.path(uv_modes, uv_path(mb.uv_mode));
}

/// Which reference an inter coded macroblock has, or that it has none.
#[inline(always)]
pub(super) fn reference(sink: &mut impl Sink, [intra, last, golden]: [u8; 3], which: Reference) {
    sink.put(intra, which != Reference::None);
    if which != Reference::None {
        sink.put(last, which != Reference::Last);
        if which != Reference::Last {
            sink.put(golden, which == Reference::Altref);
        }
    }
}

/// How an inter coded macroblock's vector is coded, but for what follows if it is new or split.
#[inline(always)]
pub(super) fn inter_mode(sink: &mut impl Sink, vicinity: &Vicinity, mode: LumaMode) {
    let p = |node: usize| MODE_CONTEXTS[usize::from(vicinity.counts[node]).min(5)][node];
    sink.put(p(0), mode != LumaMode::Zero);
    if mode == LumaMode::Zero {
        return;
    }
    sink.put(p(1), mode != LumaMode::Nearest);
    if mode == LumaMode::Nearest {
        return;
    }
    sink.put(p(2), mode != LumaMode::Near);
    if mode != LumaMode::Near {
        sink.put(p(3), mode == LumaMode::Split);
    }
}

/// A vector as the difference from another.
#[inline(always)]
pub(super) fn vector(
    sink: &mut impl Sink,
    probabilities: &[VectorProbabilities; 2],
    vector: Vector,
    best: Vector,
) {
    let Vector { y, x } = vector.minus(best);
    component(y, |at, bit| sink.put(probabilities[0][at], bit));
    component(x, |at, bit| sink.put(probabilities[1][at], bit));
}

/// Section 17.2: a component of at most 10 bits. Decisions come with the place of their probability.
#[inline(always)]
pub(super) fn component(value: i16, mut decide: impl FnMut(usize, bool)) {
    let magnitude = usize::from(value.unsigned_abs());
    let bit = |bit: usize| magnitude >> bit & 1 == 1;
    decide(MV_IS_LONG, magnitude > 7);
    if magnitude > 7 {
        for at in 0..3 {
            decide(MV_LONG + at, bit(at));
        }
        for at in (4..MV_LONG_BITS).rev() {
            decide(MV_LONG + at, bit(at));
        }
        if magnitude > 15 {
            decide(MV_LONG + 3, bit(3));
        }
    } else {
        let mut node = 1;
        for at in (0..3).rev() {
            let place = [0, 0, 1, 4, 2, 3, 5, 6][node & 7];
            decide(MV_SHORT + place, bit(at));
            node = node << 1 | usize::from(bit(at));
        }
    }
    if magnitude > 0 {
        decide(MV_SIGN, value < 0);
    }
}

/// How a part's vector is coded, by the vectors to its left and above it.
#[inline(always)]
pub(super) fn part(
    sink: &mut impl Sink,
    probabilities: &[VectorProbabilities; 2],
    [left, above]: [Vector; 2],
    best: Vector,
    value: Vector,
) {
    let zero = |vector| usize::from(vector == Vector::ZERO);
    let context = zero(above) << 2 | zero(left) << 1 | usize::from(left == above);
    let way = if value == left {
        0
    } else if value == above {
        1
    } else if value == Vector::ZERO {
        2
    } else {
        3
    };
    sink.path(&SPLIT_CONTEXTS[context & 7], PART_PATHS[way]);
    if way == 3 {
        vector(sink, probabilities, value, best);
    }
}

/// The way a macroblock is split: index of its layout.
pub(super) fn split_layout(sink: &mut impl Sink, layout: usize) {
    sink.path(&SPLITS, SPLIT_PATHS[layout & 3]);
}

/// Vectors to the left of a subblock and above it, given those of the macroblock's subblocks.
#[inline(always)]
pub(super) fn beside(
    above: &Above,
    left: &Above,
    vectors: &[Vector; 16],
    at: usize,
) -> [Vector; 2] {
    let (x, y) = (at & 3, at >> 2 & 3);
    [
        if x == 0 {
            left.vectors[y]
        } else {
            vectors[(at - 1) & 15]
        },
        if y == 0 {
            above.vectors[x]
        } else {
            vectors[(at - 4) & 15]
        },
    ]
}

/// How a macroblock is split.
pub(super) const HALVES: [usize; 2] = [0, 1];
pub(super) const QUARTERS: usize = 2;
pub(super) const SIXTEENTHS: usize = 3;

/// The layout of the parts that have one vector each: the coarsest that will do.
pub(super) fn layout_of(mb: &Macroblock) -> usize {
    if mb.sixteenths {
        return SIXTEENTHS;
    }
    let fits = |layout: &usize| {
        let split = &SPLIT_LAYOUTS[*layout];
        split.first.iter().all(|&first| {
            let vector = mb.vectors[usize::from(first) & 15];
            let members = split.members.iter();
            members
                .clone()
                .all(|&m| mb.vectors[usize::from(first + m) & 15] == vector)
        })
    };
    HALVES.into_iter().find(fits).unwrap_or(QUARTERS)
}

/// All of an inter coded macroblock's vectors.
pub(super) fn inter(
    sink: &mut impl Sink,
    probabilities: &[VectorProbabilities; 2],
    vicinity: &Vicinity,
    [above, left]: [&Above; 2],
    mb: &Macroblock,
) {
    inter_mode(sink, vicinity, mb.mode);
    match mb.mode {
        LumaMode::New => vector(sink, probabilities, mb.vectors[0], vicinity.best),
        LumaMode::Split => {
            let layout = layout_of(mb);
            split_layout(sink, layout);
            for &first in SPLIT_LAYOUTS[layout & 3].first {
                let first = usize::from(first & 15);
                let sides = beside(above, left, &mb.vectors, first);
                part(sink, probabilities, sides, vicinity.best, mb.vectors[first]);
            }
        }
        _ => {}
    }
}
