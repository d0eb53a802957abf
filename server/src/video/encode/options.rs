//! What a caller chooses for a stream.

use std::num::NonZeroU32;

use lentil_core::vp8::encode::{Bitrate, Effort};

/// Frames from a key frame to the next: at most so many are lost if one is, and a player that jumps into the stream decodes
/// at most so many.
pub const KEY_INTERVAL: NonZeroU32 = NonZeroU32::new(128).unwrap();

/// Inter frames after which the golden frame is renewed. It shows what the last frame hides for a moment: the longer it
/// stays the more it can show, and the less it resembles the picture.
pub const GOLDEN_INTERVAL: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How much time a frame is given, by names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// For what is shown while it is encoded.
    Realtime,
    /// For streams that are kept.
    Good,
    /// For streams that are kept by many.
    Best,
}

impl Preset {
    /// What is searched.
    #[must_use]
    pub const fn effort(self) -> Effort {
        match self {
            Preset::Realtime => Effort::REALTIME,
            Preset::Good => Effort::GOOD,
            Preset::Best => Effort::BEST,
        }
    }
}

/// Choices for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// What is searched.
    pub effort: Effort,
    /// The quantizer of all frames, 0 to 127: the higher, the fewer bytes. A bit rate chooses others.
    pub quantizer: u8,
    /// The bit rate that quantizers are chosen for, frame by frame; `None`: all frames have the quantizer above.
    pub bitrate: Option<Bitrate>,
    /// Frames from a key frame to the next; `None`: only the first frame is one.
    pub key_interval: Option<NonZeroU32>,
    /// Inter frames after which the golden frame is renewed; `None`: only key frames do that.
    pub golden_interval: Option<NonZeroU32>,
    /// Token partitions: 1, 2, 4 or 8, so many threads can read a frame's coefficients side by side.
    pub partitions: usize,
    /// Frames depend on the one before them by its pixels alone: probabilities are those at the start of a key frame, and
    /// there is no older reference. So a frame that is lost spoils pictures, but later frames can be read.
    pub error_resilient: bool,
    /// A stream that goes on after a codec with pictures begins as [`Sequence::TO_REBASE`](super::Sequence::TO_REBASE) says:
    /// it is a chunk that is to be rebased onto another codec, of which this one is a guess. Others begin as ever.
    pub to_rebase: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions {
            effort: Preset::Good.effort(),
            quantizer: 30,
            bitrate: None,
            key_interval: Some(KEY_INTERVAL),
            golden_interval: Some(GOLDEN_INTERVAL),
            partitions: 1,
            error_resilient: false,
            to_rebase: false,
        }
    }
}
