//! Frames that follow other frames than those they were made for.

use lentil_core::vp8::encode::{self as core, Effort, Input, Rebase, SegmentMaps, Settings};
use lentil_core::vp8::{Frame, FrameHeader, Limits, ReferenceUpdates, STATE_BYTES, State};

use super::Encoded;
use crate::video::{Codec, Error, Picture, survey_frame};

/// What frames so far leave for reading the modes of the next one: a codec without its pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    state: State,
    segments: Vec<u8>,
}

impl Past {
    /// That of a codec; the default is that before a first frame.
    #[must_use]
    pub fn of(codec: &Codec) -> Self {
        Past {
            state: *codec.state(),
            segments: codec.segments().to_vec(),
        }
    }

    /// The state after the frames so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// It as bytes: those of the state, and a byte for each macroblock's segment.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.state.to_bytes().to_vec();
        bytes.extend(&self.segments);
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) gave such bytes for.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if that is nothing.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (state, segments) = bytes
            .split_at_checked(STATE_BYTES)
            .ok_or(Error::State("it ends within the state"))?;
        let state = State::from_bytes(state).map_err(|bad| Error::State(bad.0))?;
        if segments.len() != state.macroblocks() || segments.iter().any(|&segment| segment > 3) {
            return Err(Error::State("its segment map"));
        }
        let segments = segments.to_vec();
        Ok(Past { state, segments })
    }

    /// That after a frame, be it a key frame or not, with what its header says; `None` if the frame has no bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Frame`] if it cannot be decoded.
    pub fn after(
        &self,
        frame: &[u8],
        limits: &Limits,
    ) -> Result<Option<(Self, FrameHeader)>, Error> {
        let mut past = self.clone();
        let survey = survey_frame(&mut past.state, &mut past.segments, frame, limits)?;
        Ok(survey.map(|survey| (past, survey.header)))
    }
}

/// What comes of rebasing a frame.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rebased {
    /// The frame as it is now.
    pub encoded: Encoded,
    /// What the frame as it was leaves for the next one.
    pub past: Past,
}

impl Codec {
    /// This codec, with the last picture in place of all references: a third of the pictures to save, and enough for a chunk
    /// that begins as [`Sequence::TO_REBASE`](super::Sequence::TO_REBASE) says.
    #[must_use]
    pub fn with_last_alone(&self) -> Self {
        Codec {
            golden: self.last.clone(),
            altref: self.last.clone(),
            ..self.clone()
        }
    }

    /// Encodes an inter frame again, so that it follows this codec: with the same quantizers, segments, partitions, loop filter
    /// and reference updates, but the residue of its new prediction. Macroblocks keep their modes, references and vectors, unless
    /// the effort [revises](Effort::revises) them and finds better ones close by. `past` is of the frames that it was made for, of
    /// which no pictures are needed; `source` is the picture that was encoded. It takes a small part of the time that encoding
    /// takes. This codec stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::Frame`] if the frame cannot be read, [`Error::NoBytes`] if it has no bytes; [`Error::Encode`] if it is a key
    /// frame, of another size, or ends before its modes do, and as [`encode`](Self::encode); [`Error::SourceSize`] likewise.
    pub fn rebase(
        &self,
        past: &Past,
        frame: &[u8],
        source: &Picture,
        effort: &Effort,
    ) -> Result<Rebased, Error> {
        let limits = &self.pool.options.limits;
        let frame = Frame::begin(&past.state, frame, limits)?.ok_or(Error::NoBytes)?;
        if frame.header.key_frame {
            return Err(core::Error::KeyFrame.into());
        }
        self.check_source(source, None)?;
        let (references, planes) = (self.reference_planes(), source.planes());
        let from = Rebase {
            onto: Input {
                state: &self.context.state,
                references: &references,
                source: &planes,
            },
            segments: &self.context.segments,
            frame: &frame,
            frame_segments: &past.segments,
        };
        let count = self.context.state.macroblocks();
        let (mut rebased, mut next) = (vec![0; count], vec![0; count]);
        let maps = &mut SegmentMaps {
            rebased: &mut rebased,
            frame: &mut next,
        };
        let others = self.pool.threads.as_ref();
        let encoded = self.spaces.lend(|space| {
            let mut of_space = None;
            let pixels = self.pool.pixels(|pixels| {
                pixels.resize(source.width(), source.height());
                of_space = Some(with_coder_kernels!(kernels =>
                    space.rebase(kernels, others, &from, effort, maps, pixels))?);
                Ok::<_, Error>(())
            })?;
            let of_space = of_space.ok_or(core::Error::Memory)?;
            self.encoded(space, &of_space, pixels, maps.rebased)
        })?;
        Ok(Rebased {
            encoded,
            past: Past {
                state: frame.state,
                segments: next,
            },
        })
    }
}

/// A chunk of frames on its way to follow another codec: its inter frames are rebased, one after the other. A key frame, with which
/// a chunk that was encoded by itself begins, is encoded anew as an inter frame that all references become, with the key frame's
/// quantizers and a [hasty](Effort::hasty) search.
///
/// A chunk can begin with an inter frame as well, if it was encoded after a codec that is like the one it will follow: after the
/// frames before it, of which a few will do. It then begins as [`Sequence::TO_REBASE`](super::Sequence::TO_REBASE) says.
#[derive(Clone, Debug)]
pub struct Rebaser {
    codec: Codec,
    past: Past,
    effort: Effort,
}

impl Rebaser {
    /// A chunk that is to follow `codec`, and was made to follow `past`.
    #[must_use]
    pub fn new(codec: Codec, past: Past, effort: Effort) -> Self {
        Rebaser {
            codec,
            past,
            effort,
        }
    }

    /// Rebases the chunk's next frame, which was made of the picture `source`.
    ///
    /// # Errors
    ///
    /// As [`Codec::rebase`] and [`Codec::encode`]; the chunk is as before then.
    pub fn rebase(&mut self, frame: &[u8], source: &Picture) -> Result<Encoded, Error> {
        let rebased = if frame.first().is_some_and(|tag| tag & 1 == 0) {
            self.encode_key_frame(frame, source)?
        } else {
            self.codec.rebase(&self.past, frame, source, &self.effort)?
        };
        self.past = rebased.past;
        self.codec = rebased.encoded.codec.clone();
        Ok(rebased.encoded)
    }

    fn encode_key_frame(&self, frame: &[u8], source: &Picture) -> Result<Rebased, Error> {
        let limits = &self.codec.pool.options.limits;
        let (past, header) = self.past.after(frame, limits)?.ok_or(Error::NoBytes)?;
        let size = |state: &State| [state.width, state.height];
        let (of_frame, of_codec) = (size(&past.state), size(self.codec.state()));
        if self.codec.state().has_key_frame() && of_frame != of_codec {
            let error = core::Error::Size {
                frame: of_frame,
                state: of_codec,
            };
            return Err(error.into());
        }
        let settings = Settings {
            shown: header.shown,
            quantizers: header.quantizers,
            partitions: header.partitions,
            references: ReferenceUpdates::ALL,
            usable: [true, true, false],
            refresh_entropy: header.refresh_entropy,
            ..Settings::inter_frame(0, self.effort.hasty())
        };
        let encoded = self.codec.encode(source, &settings)?;
        Ok(Rebased { encoded, past })
    }

    /// The codec after the frames so far.
    #[must_use]
    pub fn codec(&self) -> &Codec {
        &self.codec
    }
}
