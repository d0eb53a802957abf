//! Short tables of RFC 6386; the long ones are in `number_tables`.

use super::modes::LumaMode;

/// Motion vector probabilities of one component: short or long, sign, the tree of short ones, the bits of long ones.
pub type VectorProbabilities = [u8; 19];

/// Where they lie (section 17.2).
pub(super) const MV_IS_LONG: usize = 0;
pub(super) const MV_SIGN: usize = 1;
pub(super) const MV_SHORT: usize = 2;
pub(super) const MV_LONG: usize = 9;
/// Bits of a long component.
pub(super) const MV_LONG_BITS: usize = 10;

/// At a key frame; row, then column (section 17.2).
pub(super) const MV_DEFAULTS: [VectorProbabilities; 2] = [
    [
        162, 128, 225, 146, 172, 147, 214, 39, 156, 128, 129, 132, 75, 145, 178, 206, 239, 254, 254,
    ],
    [
        164, 128, 204, 170, 119, 235, 140, 230, 228, 128, 130, 130, 74, 148, 180, 203, 236, 254,
        254,
    ],
];

/// That a vector probability is not sent (section 17.2).
pub(super) const MV_UPDATES: [VectorProbabilities; 2] = [
    [
        237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254,
        254,
    ],
    [
        231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254,
        254,
    ],
];

/// Mode probabilities at a key frame (section 16.2), and those that key frames use (section 11.2).
pub(super) const Y_MODE_DEFAULTS: [u8; 4] = [112, 86, 140, 37];
pub(super) const UV_MODE_DEFAULTS: [u8; 3] = [162, 101, 204];
pub(super) const KEY_Y_MODES: [u8; 4] = [145, 156, 163, 128];
pub(super) const KEY_UV_MODES: [u8; 3] = [142, 114, 183];
/// Of subblock modes in inter frames (section 16.2).
pub(super) const SUB_MODES: [u8; 9] = [120, 90, 79, 133, 87, 85, 80, 111, 151];

/// Of how an inter macroblock's vector is coded, by what its neighbours have (section 16.3).
pub(super) const MODE_CONTEXTS: [[u8; 4]; 6] = [
    [7, 1, 1, 143],
    [14, 18, 14, 107],
    [135, 64, 57, 68],
    [60, 56, 128, 65],
    [159, 134, 128, 34],
    [234, 188, 128, 28],
];

/// Of how a macroblock is split (section 16.3).
pub(super) const SPLITS: [u8; 3] = [110, 111, 150];

/// Of how a part's vector is coded, by (above is zero, left is zero, both are the same) as bits 2 to 0.
pub(super) const SPLIT_CONTEXTS: [[u8; 3]; 8] = [
    [147, 136, 18],
    [223, 1, 34],
    [106, 145, 1],
    [208, 1, 1],
    [179, 121, 1],
    [223, 1, 34],
    [179, 121, 1],
    [208, 1, 1],
];

/// For each way to split: the first subblock of each part, and the subblocks beside it in the part as offsets.
pub(super) struct Split {
    pub first: &'static [u8],
    pub members: &'static [u8],
}

/// Top and bottom, left and right, quarters, sixteenths (section 16.3).
pub(super) const SPLIT_LAYOUTS: [Split; 4] = [
    Split {
        first: &[0, 8],
        members: &[0, 1, 2, 3, 4, 5, 6, 7],
    },
    Split {
        first: &[0, 2],
        members: &[0, 1, 4, 5, 8, 9, 12, 13],
    },
    Split {
        first: &[0, 2, 8, 10],
        members: &[0, 1, 4, 5],
    },
    Split {
        first: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        members: &[0],
    },
];

/// Place of the n-th coefficient (section 13).
pub const ZIGZAG: [u8; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];
/// Band of the n-th coefficient (section 13.3).
pub(super) const BANDS: [u8; 16] = [0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7];

/// Extra bits of the token categories 3 to 6, and their least values (section 13.2).
pub(super) const CATEGORIES: [(i32, &[u8]); 4] = [
    (11, &[173, 148, 140]),
    (19, &[176, 155, 140, 135]),
    (35, &[180, 157, 141, 134, 130]),
    (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
];

/// Which mode delta of the loop filter applies (section 9.6); 4 for none.
pub(super) const fn filter_delta_of(mode: LumaMode) -> usize {
    match mode {
        LumaMode::Dc | LumaMode::Vertical | LumaMode::Horizontal | LumaMode::TrueMotion => 4,
        LumaMode::Sub => 0,
        LumaMode::Zero => 1,
        LumaMode::Nearest | LumaMode::Near | LumaMode::New => 2,
        LumaMode::Split => 3,
    }
}

/// Six-tap filters by eighths of a pixel (section 18.3); their sum is 128.
pub const SIX_TAPS: [[i16; 6]; 8] = [
    [0, 0, 128, 0, 0, 0],
    [0, -6, 123, 12, -1, 0],
    [2, -11, 108, 36, -8, 1],
    [0, -9, 93, 50, -6, 0],
    [3, -16, 77, 77, -16, 3],
    [0, -6, 50, 93, -9, 0],
    [1, -8, 36, 108, -11, 2],
    [0, -1, 12, 123, -6, 0],
];
