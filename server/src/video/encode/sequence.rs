//! Which frame of a stream is of what kind: a pure function, without pictures or bytes.

use lentil_core::vp8::encode::{Expected, Settings};
use lentil_core::vp8::{FrameHeader, Source};

use super::EncodeOptions;

/// Where in a stream the next frame is, and what to expect of it. [`settings`](Self::settings) says how to encode it,
/// [`after`](Self::after) gives the sequence after it: who calls these two in turns has the streams of
/// [`Encoder`](super::Encoder), without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Frames since the last key frame, with it; 0: the next one is a key frame.
    since_key: u64,
    /// Inter frames since the golden frame was renewed.
    since_golden: u64,
    expected: Expected,
}

impl Sequence {
    /// The start of a stream: a key frame is next.
    pub const START: Self = Sequence {
        since_key: 0,
        since_golden: 0,
        expected: Expected::NOTHING,
    };

    /// What follows frames that others made: an inter frame is next.
    pub const GOING_ON: Self = Sequence {
        since_key: 1,
        ..Sequence::START
    };

    /// Whether a key frame is next.
    #[must_use]
    pub fn is_at_key_frame(&self, options: &EncodeOptions) -> bool {
        let interval = options.key_interval.map_or(u64::MAX, |n| n.get().into());
        self.since_key == 0 || self.since_key >= interval
    }

    /// How to encode the next frame, of this width and height.
    #[must_use]
    pub fn settings(&self, options: &EncodeOptions, [width, height]: [u16; 2]) -> Settings {
        let mut settings = if self.is_at_key_frame(options) {
            Settings::key_frame([width, height], options.quantizer, options.effort)
        } else {
            let mut settings = Settings::inter_frame(options.quantizer, options.effort);
            let interval = options.golden_interval.map_or(u64::MAX, |n| n.get().into());
            if !options.error_resilient && self.since_golden.saturating_add(1) >= interval {
                settings.references.golden = Source::Frame;
            }
            // Nothing renews the alternate reference but key frames: it is seldom worth a search.
            settings.usable = [true, !options.error_resilient, false];
            settings
        };
        settings.partitions = options.partitions;
        settings.refresh_entropy = !options.error_resilient;
        settings.expected = self.expected;
        if !options.effort.tries_filter() {
            // Nobody looks whether the last frame's level was a good one, so it is guessed anew.
            settings.expected.filter_level = None;
        }
        settings
    }

    /// The sequence after a frame with this header.
    #[must_use]
    pub fn after(&self, header: &FrameHeader) -> Self {
        let golden = header.key_frame || header.references.golden == Source::Frame;
        let mut expected = self.expected;
        expected.filter_level = Some(header.filter.level);
        expected.coded = header.skip.unwrap_or(expected.coded);
        if !header.key_frame {
            expected.intra = header.intra;
            expected.last = header.last;
            expected.golden = header.golden;
        }
        Sequence {
            since_key: if header.key_frame {
                1
            } else {
                self.since_key.saturating_add(1)
            },
            since_golden: if golden {
                0
            } else {
                self.since_golden.saturating_add(1)
            },
            expected,
        }
    }
}
