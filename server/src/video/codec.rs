//! A codec as a value.

use std::sync::Arc;

use lentil_core::vp8::{Frame, FrameHeader, ReferenceUpdates, References, Report, Source, State};
use sha2::{Digest, Sha256};

use super::encode::Spaces;
use super::picture::Picture;
use super::pool::{Context, Options, Pool};
use super::{Error, rows};

/// Everything that the next frame depends on: the state and three pictures. Cloning it copies a few pointers.
#[derive(Clone, Debug)]
pub struct Codec {
    pub(super) context: Arc<Context>,
    pub(super) last: Picture,
    pub(super) golden: Picture,
    pub(super) altref: Picture,
    pub(super) pool: Arc<Pool>,
    pub(super) spaces: Arc<Spaces>,
}

/// What comes of a frame.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decoded {
    /// The codec after the frame.
    pub codec: Codec,
    /// Its picture; that of the last frame if the frame has no bytes.
    pub picture: Picture,
    /// Whether the picture is to be shown, not only referred to.
    pub shown: bool,
    /// The frame's header; `None` if the frame has no bytes.
    pub header: Option<FrameHeader>,
    /// How it was decoded.
    pub report: Report,
}

impl Codec {
    /// The codec before the first frame. It and all that come of it share memory and threads.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Codec {
            context: Arc::default(),
            last: Picture::default(),
            golden: Picture::default(),
            altref: Picture::default(),
            pool: Arc::new(Pool::new(options)),
            spaces: Arc::default(),
        }
    }

    /// Decodes the next frame. This codec stays as it is. A frame of no bytes shows the last picture again, if there
    /// is one.
    ///
    /// # Errors
    ///
    /// [`Error::Frame`] if the frame cannot be decoded. One that lacks data is decoded, as far as it goes, and
    /// [`Decoded::report`] says so.
    pub fn decode(&self, data: &[u8]) -> Result<Decoded, Error> {
        let limits = &self.pool.options.limits;
        let Some(frame) = Frame::begin(&self.context.state, data, limits)? else {
            return Ok(Decoded {
                codec: self.clone(),
                picture: self.last.clone(),
                shown: self.context.state.has_key_frame(),
                header: None,
                report: Report { lacks_data: true },
            });
        };
        let references = self.reference_planes();
        let (width, height) = (frame.state.width, frame.state.height);
        let mut report = Report { lacks_data: false };
        let mut pixels = None;
        let context = self.pool.context(|next| {
            next.state = frame.state;
            next.segments.resize(frame.state.macroblocks(), 0);
            let decoded = self.pool.pixels(|pixels| {
                pixels.resize(width, height);
                report = rows::decode(
                    &self.pool,
                    &frame,
                    &references,
                    &self.context.segments,
                    &mut next.segments,
                    pixels,
                )?;
                Ok::<_, Error>(())
            })?;
            pixels = Some(decoded);
            Ok::<_, Error>(())
        })?;
        let picture = Picture(pixels.unwrap_or_default());
        Ok(Decoded {
            codec: self.after(context, frame.header.references, &picture),
            picture,
            shown: frame.header.shown,
            header: Some(frame.header),
            report,
        })
    }

    /// The codec after a frame with this picture.
    pub(super) fn after(
        &self,
        context: Arc<Context>,
        updates: ReferenceUpdates,
        picture: &Picture,
    ) -> Self {
        let of = |source| match source {
            Source::Frame => picture.clone(),
            Source::Last => self.last.clone(),
            Source::Golden => self.golden.clone(),
            Source::Altref => self.altref.clone(),
        };
        Codec {
            context,
            last: of(updates.last),
            golden: of(updates.golden),
            altref: of(updates.altref),
            pool: self.pool.clone(),
            spaces: self.spaces.clone(),
        }
    }

    /// The references as they are predicted from.
    pub(super) fn reference_planes(&self) -> References<'_> {
        References {
            last: self.last.planes(),
            golden: self.golden.planes(),
            altref: self.altref.planes(),
        }
    }

    /// The state, but for the segment map and the pictures.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.context.state
    }

    /// The segment map: 0 to 3 for each macroblock.
    #[must_use]
    pub fn segments(&self) -> &[u8] {
        &self.context.segments
    }

    /// The last frame, the golden frame and the alternate reference frame.
    #[must_use]
    pub fn references(&self) -> [&Picture; 3] {
        [&self.last, &self.golden, &self.altref]
    }

    /// A name for the codec by its content: the SHA-256 of the digests of its state and of its pictures.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.context.state.digest(&self.context.segments));
        for picture in self.references() {
            hash.update(picture.digest());
        }
        hash.finalize().into()
    }
}
