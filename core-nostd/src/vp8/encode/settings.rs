//! What a caller chooses.

use core::fmt;

use super::effort::Effort;
use crate::vp8::header::{QuantizerIndices, ReferenceUpdates, Source};

/// Choices for one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A key frame of this width and height in pixels, 1 to 16383; else an inter frame, as large as the one before.
    pub key_frame: Option<[u16; 2]>,
    /// To be shown, not only referred to.
    pub shown: bool,
    /// Quantizers.
    pub quantizers: QuantizerIndices,
    /// What is searched.
    pub effort: Effort,
    /// Token partitions: 1, 2, 4 or 8.
    pub partitions: usize,
    /// What becomes of the references after an inter frame.
    pub references: ReferenceUpdates,
    /// Which of the last, the golden and the alternate reference frame may be referred to.
    pub usable: [bool; 3],
    /// The frame's probabilities stay for the next one.
    pub refresh_entropy: bool,
    /// What to expect of the frame, say, what came of the last one.
    pub expected: Expected,
}

/// Probabilities that choices are made by, before it is known what comes of them: in 256ths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// That a macroblock has coefficients.
    pub coded: u8,
    /// That a macroblock is intra coded.
    pub intra: u8,
    /// That an inter coded one refers to the last frame.
    pub last: u8,
    /// That another one refers to the golden frame.
    pub golden: u8,
    /// The level of the loop filter.
    pub filter_level: Option<u8>,
}

impl Expected {
    /// Nothing is known.
    pub const NOTHING: Self = Expected {
        coded: 192,
        intra: 40,
        last: 230,
        golden: 128,
        filter_level: None,
    };
}

/// Why there is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A choice is out of its range.
    Setting(&'static str),
    /// There was no key frame before.
    NoKeyFrame,
    /// Memory or a picture does not have the frame's size.
    Memory,
    /// The frame is longer than the room for it.
    Room,
    /// A partition is longer than VP8 can say, whatever the room: 0 is the first, which can have 2^19 - 1 bytes; those of tokens
    /// follow, which can have 2^24 - 1, but for the last one, which can have any number.
    PartitionLength(usize),
    /// A frame has another number of rows than strips were given for it.
    Strips {
        /// How many were given.
        given: usize,
        /// Its rows of macroblocks.
        rows: usize,
    },
    /// A key frame cannot be rebased: it has no references.
    KeyFrame,
    /// A frame to be rebased has another size than the frames that it is to follow.
    Size {
        /// Its width and height.
        frame: [u16; 2],
        /// Those of the frames before.
        state: [u16; 2],
    },
    /// A frame to be rebased ends before its modes do.
    LacksModes,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Setting(which) => write!(f, "{which} is out of range"),
            Error::NoKeyFrame => f.write_str("an inter frame needs a key frame before it"),
            Error::Memory => f.write_str("memory or a picture does not have the frame's size"),
            Error::Room => f.write_str("the frame does not fit the room for it"),
            Error::PartitionLength(0) => f.write_str(
                "the first partition is longer than VP8 can say: take a coarser quantizer, or a smaller picture",
            ),
            Error::PartitionLength(which) => write!(
                f,
                "token partition {which} is longer than VP8 can say: take a coarser quantizer, or more token partitions"
            ),
            Error::Strips { given, rows } => {
                write!(f, "{given} strips were given of a frame of {rows} rows")
            }
            Error::KeyFrame => {
                f.write_str("a key frame cannot be rebased: encode its picture as an inter frame")
            }
            Error::Size { frame, state } => write!(
                f,
                "a frame of {} x {} cannot be rebased onto pictures of {} x {}: take a state of its size",
                frame[0], frame[1], state[0], state[1]
            ),
            Error::LacksModes => {
                f.write_str("the frame ends before its modes do, so it cannot be rebased")
            }
        }
    }
}

impl core::error::Error for Error {}

impl Settings {
    /// A key frame of this size.
    pub const fn key_frame(size: [u16; 2], quantizer: u8, effort: Effort) -> Self {
        Settings {
            key_frame: Some(size),
            references: ReferenceUpdates::ALL,
            ..Settings::inter_frame(quantizer, effort)
        }
    }

    /// An inter frame that becomes the last frame.
    pub const fn inter_frame(quantizer: u8, effort: Effort) -> Self {
        Settings {
            key_frame: None,
            shown: true,
            quantizers: QuantizerIndices {
                base: quantizer,
                y_dc: 0,
                y2_dc: 0,
                y2_ac: 0,
                uv_dc: 0,
                uv_ac: 0,
            },
            effort,
            partitions: 1,
            references: ReferenceUpdates {
                last: Source::Frame,
                golden: Source::Golden,
                altref: Source::Altref,
            },
            usable: [true; 3],
            refresh_entropy: true,
            expected: Expected::NOTHING,
        }
    }

    /// Whether every choice is in its range.
    pub(super) fn check(&self) -> Result<(), Error> {
        let whether = |holds: bool, what| {
            if holds {
                Ok(())
            } else {
                Err(Error::Setting(what))
            }
        };
        if let Some([width, height]) = self.key_frame {
            let sides = 1..=16383;
            whether(sides.contains(&width), "the width")?;
            whether(sides.contains(&height), "the height")?;
        }
        let q = &self.quantizers;
        whether(q.base < 128, "the quantizer")?;
        let deltas = [q.y_dc, q.y2_dc, q.y2_ac, q.uv_dc, q.uv_ac];
        let small = |delta: &i8| delta.unsigned_abs() < 16;
        whether(deltas.iter().all(small), "a difference of quantizers")?;
        whether(
            matches!(self.partitions, 1 | 2 | 4 | 8),
            "the number of token partitions",
        )?;
        let references = &self.references;
        whether(
            matches!(references.last, Source::Frame | Source::Last),
            "what becomes of the last frame",
        )?;
        // A golden frame that is copied from the alternate reference gets what that is after the frame.
        let sound = references.golden != Source::Altref || references.altref == Source::Altref;
        whether(sound, "what becomes of the golden frame")?;
        let level = self.expected.filter_level;
        whether(level.is_none_or(|level| level < 64), "the filter level")
    }
}
