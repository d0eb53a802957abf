//! Which frame of a stream is of what kind: a pure function, without pictures or bytes.

use std::ops::RangeInclusive;

use lentil_core::vp8::encode::{Bitrate, Coming, Expected, Rate, Settings};
use lentil_core::vp8::{FrameHeader, ReferenceUpdates, Source};

use super::{EncodeOptions, Encoded};

/// Where in a stream the next frame is, and what to expect of it. [`settings`](Self::settings) says how to encode it,
/// [`after`](Self::after) gives the sequence after it: who calls these two in turns has the streams of
/// [`Encoder`](super::Encoder), without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Frames since the last key frame, with it; 0: the next one is a key frame.
    since_key: u64,
    /// Inter frames since the golden frame was renewed.
    since_golden: u64,
    /// The next frame refers to the last one alone, and all references become it.
    renews: bool,
    expected: Expected,
    /// What the bit rate is held with.
    rate: Rate,
}

impl Sequence {
    /// The start of a stream: a key frame is next.
    pub const START: Self = Sequence {
        since_key: 0,
        since_golden: 0,
        renews: false,
        expected: Expected::NOTHING,
        rate: Rate::NEW,
    };

    /// What follows frames that others made: an inter frame is next.
    pub const GOING_ON: Self = Sequence {
        since_key: 1,
        ..Sequence::START
    };

    /// What follows frames that others made, and is to be [rebased](super::Rebaser) onto yet others: an inter frame is next
    /// that refers to the last frame alone, and that all references become. So references mean the same before and after
    /// rebasing, but for an error of quantisation; older ones would be other pictures.
    pub const TO_REBASE: Self = Sequence {
        renews: true,
        ..Sequence::GOING_ON
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
            settings.usable = [true, !options.error_resilient && !self.renews, false];
            if self.renews {
                settings.references = ReferenceUpdates::ALL;
            }
            settings
        };
        if let Some(target) = options.bitrate {
            let references = &settings.references;
            let coming = coming(settings.key_frame.is_some(), references, [width, height]);
            settings.quantizers.base = self.rate.quantizer(&target, &coming);
        }
        settings.partitions = options.partitions;
        settings.refresh_entropy = !options.error_resilient;
        settings.expected = self.expected;
        if !options.effort.tries_filter() {
            // Nobody looks whether the last frame's level was a good one, so it is guessed anew.
            settings.expected.filter_level = None;
        }
        settings
    }

    /// The bytes that a frame with these settings may have, if there is a bit rate: [`Codec::encode_within`] keeps to them.
    ///
    /// [`Codec::encode_within`]: crate::video::Codec::encode_within
    #[must_use]
    pub fn bytes(
        &self,
        options: &EncodeOptions,
        settings: &Settings,
        size: [u16; 2],
    ) -> RangeInclusive<usize> {
        let Some(target) = options.bitrate else {
            return 0..=usize::MAX;
        };
        let coming = coming(settings.key_frame.is_some(), &settings.references, size);
        let (least, most) = self.rate.bits(&target, &coming).into_inner();
        let bytes = |bits: u64| usize::try_from(bits / 8).unwrap_or(usize::MAX);
        bytes(least)..=bytes(most)
    }

    /// The sequence after a frame that was encoded for it.
    #[must_use]
    pub fn after(&self, options: &EncodeOptions, encoded: &Encoded) -> Self {
        let of_rate = |target: Bitrate| {
            let (coming, bits, quantizer) = taken(encoded);
            self.rate.after(&target, &coming, bits, quantizer)
        };
        Sequence {
            rate: options.bitrate.map_or(self.rate, of_rate),
            ..self.after_header(&encoded.header)
        }
    }

    fn after_header(&self, header: &FrameHeader) -> Self {
        let golden = header.key_frame || header.references.golden == Source::Frame;
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
            renews: false,
            expected: expected(self.expected, header),
            rate: self.rate,
        }
    }
}

impl Encoded {
    /// What to expect of the next frame, if `before` was expected of this one.
    #[must_use]
    pub fn expected(&self, before: Expected) -> Expected {
        expected(before, &self.header)
    }
}

/// What is said of inter frames stays over a key frame, of which it is not known.
fn expected(before: Expected, header: &FrameHeader) -> Expected {
    let mut expected = before;
    expected.filter_level = Some(header.filter.level);
    expected.coded = header.skip.unwrap_or(expected.coded);
    if !header.key_frame {
        expected.intra = header.intra;
        expected.last = header.last;
        expected.golden = header.golden;
    }
    expected
}

fn coming(key_frame: bool, references: &ReferenceUpdates, size: [u16; 2]) -> Coming {
    let [columns, rows] = size.map(|side| u32::from(side.div_ceil(16)));
    Coming {
        key_frame,
        golden: !key_frame && references.golden == Source::Frame,
        macroblocks: columns * rows,
    }
}

/// A frame, its bits and its quantizer.
fn taken(encoded: &Encoded) -> (Coming, u64, u8) {
    let size = [encoded.picture.width(), encoded.picture.height()];
    let bits = 8 * encoded.frame.len() as u64;
    let header = &encoded.header;
    let coming = coming(header.key_frame, &header.references, size);
    (coming, bits, header.quantizers.base)
}
