//! Encoding, by a codec that is a value: the next frame depends on the state and the references, as in decoding.

mod encoder;
mod options;
mod rebase;
mod sequence;
mod space;
mod team;
mod wavefront;

use std::ops::RangeInclusive;
use std::sync::Arc;

use lentil_core::vp8::FrameHeader;
use lentil_core::vp8::encode::{self as core, Input, MotionAnalysis, Settings};

pub use encoder::Encoder;
pub use options::{EncodeOptions, GOLDEN_INTERVAL, KEY_INTERVAL, Preset};
pub use rebase::{Past, Rebased, Rebaser};
pub use sequence::Sequence;
pub use space::ENCODE_MACROBLOCK_BYTES;
pub(super) use space::Spaces;

use self::space::Space;
use super::picture::Pixels;
use super::{Codec, Error, Picture};

/// What was found in a picture before it is encoded: its motion. One analysis serves several encodings of the picture after
/// the same codec, say, with several quantizers.
#[derive(Debug)]
pub struct Analysis {
    /// None for a key frame.
    motion: Vec<MotionAnalysis>,
    size: (u16, u16),
    spaces: Arc<Spaces>,
}

impl Drop for Analysis {
    fn drop(&mut self) {
        self.spaces.give_back(std::mem::take(&mut self.motion));
    }
}

/// What comes of encoding a picture.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Encoded {
    /// The codec after the frame: that which decoding the frame gives.
    pub codec: Codec,
    /// The frame's bytes.
    pub frame: Vec<u8>,
    /// What decoders make of it.
    pub picture: Picture,
    /// The frame's header.
    pub header: FrameHeader,
}

impl Codec {
    /// Looks for the motion between the references and `source`, for one encoding or several. A key frame has none.
    ///
    /// # Errors
    ///
    /// As [`encode_with`](Self::encode_with).
    pub fn analyse(&self, source: &Picture, settings: &Settings) -> Result<Analysis, Error> {
        self.check_source(source, settings.key_frame)?;
        let mut analysis = Analysis {
            motion: self.spaces.motion(),
            size: (source.width(), source.height()),
            spaces: self.spaces.clone(),
        };
        if settings.key_frame.is_some() {
            analysis.motion.clear();
        } else {
            let count = self.context.state.macroblocks();
            analysis.motion.resize(count, MotionAnalysis::NEW);
        }
        let (references, source) = (self.reference_planes(), source.planes());
        let input = Input {
            state: &self.context.state,
            references: &references,
            source: &source,
        };
        let motion = &mut analysis.motion;
        let others = self.pool.threads.as_ref();
        self.spaces.lend(|space| {
            with_coder_kernels!(kernels =>
                space.analyse(kernels, others, &input, settings, motion))
        })?;
        Ok(analysis)
    }

    /// Encodes `source` as the next frame. This codec stays as it is; that after the frame is in the result. The analysis is
    /// to be of this codec, this source, and settings that differ at most in quantizer, partitions and what is expected: of
    /// others the frame is larger, but no less sound.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if a setting is out of its range, an inter frame has no key frame before it, or a partition is longer
    /// than VP8 can say; [`Error::SourceSize`] if the source does not have the frame's size, and [`Error::Analysis`] if the
    /// analysis does not; [`Error::TooLarge`] if a key frame is larger than the limits.
    pub fn encode_with(
        &self,
        analysis: &Analysis,
        source: &Picture,
        settings: &Settings,
    ) -> Result<Encoded, Error> {
        self.encode_within(analysis, source, settings, 0..=usize::MAX)
    }

    /// Encodes `source` as the next frame, into at most `most` bytes, and no less than 85 % of them. The settings' quantizer is a
    /// guess: what it gives is kept if it fits, else the frame is encoded once more, with quantizers that are chosen as its bits are
    /// counted. If these are several they are segments of the frame. The better the guess the less they differ. One frame in some
    /// thirty misses even so: then its last rows are encoded again, or all of it, mostly if it may take less than 100 bytes.
    ///
    /// # Errors
    ///
    /// As [`encode_with`](Self::encode_with), and [`Error::Fit`] if there are too few bytes to say even that nothing has changed. A frame
    /// that has too few bytes is no error: there is no finer quantizer, or no way between too many and too few.
    pub fn fit(
        &self,
        analysis: &Analysis,
        source: &Picture,
        settings: &Settings,
        most: usize,
    ) -> Result<Encoded, Error> {
        let bytes = most - most / 20 * 3..=most;
        let encoded = self.encode_within(analysis, source, settings, bytes)?;
        let len = encoded.frame.len();
        if len > most {
            return Err(Error::Fit { len, most });
        }
        Ok(encoded)
    }

    /// Encodes `source` as the next frame, and if that has not a number of `bytes` that is wanted, again, so that it
    /// [fits](Self::fit) the most of them, if that can be.
    ///
    /// # Errors
    ///
    /// As [`encode_with`](Self::encode_with).
    pub fn encode_within(
        &self,
        analysis: &Analysis,
        source: &Picture,
        settings: &Settings,
        bytes: RangeInclusive<usize>,
    ) -> Result<Encoded, Error> {
        self.check_source(source, settings.key_frame)?;
        let (width, height) = (source.width(), source.height());
        let lacks_motion = settings.key_frame.is_none() && analysis.motion.is_empty();
        if analysis.size != (width, height) || lacks_motion {
            return Err(Error::Analysis);
        }
        let (references, planes) = (self.reference_planes(), source.planes());
        let input = Input {
            state: &self.context.state,
            references: &references,
            source: &planes,
        };
        let motion = &analysis.motion;
        let others = self.pool.threads.as_ref();
        let before = &*self.context.segments;
        self.spaces.lend(|space| {
            let (mut encoded, mut fitted) = (None, false);
            let pixels = self.pool.pixels(|pixels| {
                pixels.resize(width, height);
                let mut of_space = with_coder_kernels!(kernels =>
                    space.encode(kernels, others, &input, motion, settings, pixels))?;
                if !bytes.contains(&of_space.len) {
                    let first = (&of_space, *bytes.end());
                    of_space = with_coder_kernels!(kernels =>
                        space.fit(kernels, &input, motion, settings, first, before, pixels))?;
                    fitted = true;
                }
                encoded = Some(of_space);
                Ok::<_, Error>(())
            })?;
            let encoded = encoded.ok_or(core::Error::Memory)?;
            let segments = match (fitted, encoded.header.key_frame) {
                (true, _) => space.segments(),
                (false, true) => &[],
                (false, false) => before,
            };
            self.encoded(space, &encoded, pixels, segments)
        })
    }

    /// What comes of a frame that is in `space`, with its pixels and the segment map after it; where that has an end zeros follow.
    fn encoded(
        &self,
        space: &Space,
        of_space: &core::Encoded,
        pixels: Arc<Pixels>,
        segments: &[u8],
    ) -> Result<Encoded, Error> {
        let context = self.pool.context(|next| {
            next.state = of_space.state;
            next.segments.clear();
            next.segments.extend_from_slice(segments);
            next.segments.resize(of_space.state.macroblocks(), 0);
            Ok::<_, Error>(())
        })?;
        let picture = Picture(pixels);
        Ok(Encoded {
            codec: self.after(context, of_space.header.references, &picture),
            frame: space.frame(of_space.len).to_vec(),
            picture,
            header: of_space.header,
        })
    }

    /// Encodes `source` as the next frame: [`analyse`](Self::analyse) and [`encode_with`](Self::encode_with) in one.
    ///
    /// # Errors
    ///
    /// As these.
    pub fn encode(&self, source: &Picture, settings: &Settings) -> Result<Encoded, Error> {
        self.encode_with(&self.analyse(source, settings)?, source, settings)
    }

    /// Whether the source has the size of the frame that is to be, and that size is within the limits.
    fn check_source(&self, source: &Picture, key_frame: Option<[u16; 2]>) -> Result<(), Error> {
        let state = &self.context.state;
        let [width, height] = match key_frame {
            Some(size) => size,
            None if !state.has_key_frame() => return Err(core::Error::NoKeyFrame.into()),
            None => [state.width, state.height],
        };
        if (width, height) != (source.width(), source.height()) {
            return Err(Error::SourceSize {
                width: source.width(),
                height: source.height(),
                wanted: (width, height),
            });
        }
        let limits = &self.pool.options.limits;
        let within = limits.check(width, height);
        within.map_err(|_| Error::TooLarge { width, height })
    }
}
