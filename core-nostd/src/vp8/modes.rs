//! Modes of prediction (RFC 6386, sections 8.1, 11 and 16).

use super::motion::Vector;
use super::number_tables::KEY_SUB_MODES;
use super::parse::Above;
use super::tables::{KEY_UV_MODES, KEY_Y_MODES, SUB_MODES};
use super::tokens::Ends;
use crate::bool_coder::Reader;

/// How a macroblock is predicted; the first four are chroma modes, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum LumaMode {
    /// The mean of the pixels above and to the left.
    #[default]
    Dc,
    /// The pixels above, downwards.
    Vertical,
    /// The pixels to the left, to the right.
    Horizontal,
    /// Above plus left minus corner.
    TrueMotion,
    /// Each subblock by a mode of its own.
    Sub,
    /// By the vector that most neighbours have.
    Nearest,
    /// By the one after that.
    Near,
    /// By the zero vector.
    Zero,
    /// By a new vector.
    New,
    /// By several vectors.
    Split,
}

impl LumaMode {
    /// Whether DC coefficients of luma have a block of their own.
    pub const fn has_y2(self) -> bool {
        !matches!(self, LumaMode::Sub | LumaMode::Split)
    }

    /// The subblock mode that neighbours in a key frame take it for (section 11.3).
    const fn as_sub_mode(self) -> SubMode {
        match self {
            LumaMode::Vertical => SubMode::Vertical,
            LumaMode::Horizontal => SubMode::Horizontal,
            LumaMode::TrueMotion => SubMode::TrueMotion,
            _ => SubMode::Dc,
        }
    }
}

/// How a subblock is predicted from its neighbours (section 12.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum SubMode {
    /// The mean of the pixels above and to the left.
    #[default]
    Dc,
    /// Above plus left minus corner.
    TrueMotion,
    /// The pixels above, smoothed, downwards.
    Vertical,
    /// The pixels to the left, smoothed, to the right.
    Horizontal,
    /// Down and to the left.
    LeftDown,
    /// Down and to the right.
    RightDown,
    /// More downwards than to the right.
    VerticalRight,
    /// More downwards than to the left.
    VerticalLeft,
    /// More to the right than downwards.
    HorizontalDown,
    /// More to the right than upwards.
    HorizontalUp,
}

/// What a macroblock is predicted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Reference {
    /// Its own frame: it is intra coded.
    #[default]
    None,
    /// The last frame.
    Last,
    /// The golden frame.
    Golden,
    /// The alternate reference frame.
    Altref,
}

/// A macroblock as its syntax says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Macroblock {
    /// How luma is predicted.
    pub mode: LumaMode,
    /// How chroma is predicted if it is intra coded.
    pub uv_mode: LumaMode,
    /// From what.
    pub reference: Reference,
    /// It is split into sixteenths, not into halves or quarters.
    pub sixteenths: bool,
    /// It has coefficients; until they are parsed: it is not marked as having none.
    pub coded: bool,
    /// The level of the loop filter, 0 to 63.
    pub filter_level: u8,
    /// The edges of its subblocks are filtered, too.
    pub filter_inner: bool,
    /// For each block the place after its last coefficient.
    pub ends: Ends,
    /// Modes of the subblocks, if they have any.
    pub sub_modes: [SubMode; 16],
    /// The vector first; or those of the subblocks, if it is split.
    pub vectors: [Vector; 16],
}

impl Macroblock {
    /// One to be overwritten, so that static memory can hold it.
    pub const NEW: Self = Macroblock {
        mode: LumaMode::Dc,
        uv_mode: LumaMode::Dc,
        reference: Reference::None,
        sixteenths: false,
        coded: false,
        filter_level: 0,
        filter_inner: false,
        ends: [0; 25],
        sub_modes: [SubMode::Dc; 16],
        vectors: [Vector::ZERO; 16],
    };
}

/// Reads a tree of three decisions with four leaves: one at once, the others by a tree of two.
#[inline(always)]
fn read_uv_mode(reader: &mut Reader<'_>, p: &[u8; 3]) -> LumaMode {
    if !reader.read_guessed(p[0]) {
        LumaMode::Dc
    } else if !reader.read_guessed(p[1]) {
        LumaMode::Vertical
    } else if !reader.read(p[2]) {
        LumaMode::Horizontal
    } else {
        LumaMode::TrueMotion
    }
}

/// The tree of inter frames (section 16.1) or, with other leaves, of key frames (section 11.2).
#[inline(always)]
fn read_y_mode(reader: &mut Reader<'_>, p: &[u8; 4], leaves: &[LumaMode; 5]) -> LumaMode {
    if !reader.read_guessed(p[0]) {
        return leaves[0];
    }
    let high = usize::from(reader.read_guessed(p[1]));
    let low = usize::from(reader.read(p[2 + high]));
    leaves[1 + 2 * high + low]
}

const INTER_LEAVES: [LumaMode; 5] = [
    LumaMode::Dc,
    LumaMode::Vertical,
    LumaMode::Horizontal,
    LumaMode::TrueMotion,
    LumaMode::Sub,
];
const KEY_LEAVES: [LumaMode; 5] = [
    LumaMode::Sub,
    LumaMode::Dc,
    LumaMode::Vertical,
    LumaMode::Horizontal,
    LumaMode::TrueMotion,
];

/// Section 11.2.
#[inline(always)]
fn read_sub_mode(reader: &mut Reader<'_>, p: &[u8; 9]) -> SubMode {
    reader.prepare();
    if !reader.read_guessed(p[0]) {
        return SubMode::Dc;
    }
    if !reader.read_guessed(p[1]) {
        return SubMode::TrueMotion;
    }
    if !reader.read_guessed(p[2]) {
        return SubMode::Vertical;
    }
    if !reader.read_guessed(p[3]) {
        if !reader.read_guessed(p[4]) {
            return SubMode::Horizontal;
        }
        let right = reader.read(p[5]);
        return if right {
            SubMode::VerticalRight
        } else {
            SubMode::RightDown
        };
    }
    reader.prepare();
    if !reader.read_guessed(p[6]) {
        return SubMode::LeftDown;
    }
    if !reader.read_guessed(p[7]) {
        return SubMode::VerticalLeft;
    }
    let up = reader.read(p[8]);
    if up {
        SubMode::HorizontalUp
    } else {
        SubMode::HorizontalDown
    }
}

/// Leaves a key frame's macroblock to those to its right and below.
#[inline(always)]
pub(super) fn leave_sub_modes(mb: &Macroblock, above: &mut Above, left: &mut Above) {
    if mb.mode == LumaMode::Sub {
        let m = &mb.sub_modes;
        above.sub_modes = [m[12], m[13], m[14], m[15]];
        left.sub_modes = [m[3], m[7], m[11], m[15]];
    } else {
        above.sub_modes = [mb.mode.as_sub_mode(); 4];
        left.sub_modes = above.sub_modes;
    }
}

/// The modes of a macroblock in a key frame; leaves what neighbours take its subblocks' modes for.
#[inline(always)]
pub(super) fn read_key_modes(
    reader: &mut Reader<'_>,
    above: &mut Above,
    left: &mut Above,
    mb: &mut Macroblock,
) {
    reader.prepare();
    mb.reference = Reference::None;
    mb.mode = read_y_mode(reader, &KEY_Y_MODES, &KEY_LEAVES);
    if mb.mode == LumaMode::Sub {
        let (mut above, mut left) = (above.sub_modes, left.sub_modes);
        for i in 0..16 {
            let (x, y) = (i & 3, i >> 2);
            let contexts = &KEY_SUB_MODES[above[x] as usize % 10];
            let mode = read_sub_mode(reader, &contexts[left[y] as usize % 10]);
            mb.sub_modes[i] = mode;
            (above[x], left[y]) = (mode, mode);
        }
    }
    leave_sub_modes(mb, above, left);
    reader.prepare();
    mb.uv_mode = read_uv_mode(reader, &KEY_UV_MODES);
}

/// The modes of an intra coded macroblock in an inter frame.
#[inline(always)]
pub(super) fn read_intra_modes(
    reader: &mut Reader<'_>,
    y_modes: &[u8; 4],
    uv_modes: &[u8; 3],
    mb: &mut Macroblock,
) {
    reader.prepare();
    mb.mode = read_y_mode(reader, y_modes, &INTER_LEAVES);
    if mb.mode == LumaMode::Sub {
        for mode in &mut mb.sub_modes {
            *mode = read_sub_mode(reader, &SUB_MODES);
        }
    }
    reader.prepare();
    mb.uv_mode = read_uv_mode(reader, uv_modes);
}
