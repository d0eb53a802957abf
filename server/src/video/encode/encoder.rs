//! The loop over frames.

use super::{EncodeOptions, Encoded, Sequence};
use crate::video::{Codec, Error, Picture};

/// A stream on its way. It is a value as well: a clone goes on by itself.
#[derive(Clone, Debug)]
pub struct Encoder {
    codec: Codec,
    sequence: Sequence,
    options: EncodeOptions,
}

impl Encoder {
    /// A stream that goes on after `codec`: with an inter frame, which [`EncodeOptions::to_rebase`] makes one that can follow
    /// other codecs; or, if `codec` has no pictures yet, with a key frame.
    #[must_use]
    pub fn new(codec: Codec, options: EncodeOptions) -> Self {
        let sequence = match (codec.state().has_key_frame(), options.to_rebase) {
            (false, _) => Sequence::START,
            (true, false) => Sequence::GOING_ON,
            (true, true) => Sequence::TO_REBASE,
        };
        Encoder {
            codec,
            sequence,
            options,
        }
    }

    /// Encodes the next picture.
    ///
    /// # Errors
    ///
    /// As [`Codec::encode`]; the stream is as before then.
    pub fn encode(&mut self, source: &Picture) -> Result<Encoded, Error> {
        let size = [source.width(), source.height()];
        let settings = self.sequence.settings(&self.options, size);
        let analysis = self.codec.analyse(source, &settings)?;
        let bytes = self.sequence.bytes(&self.options, &settings, size);
        let encoded = self
            .codec
            .encode_within(&analysis, source, &settings, bytes)?;
        self.sequence = self.sequence.after(&self.options, &encoded);
        self.codec = encoded.codec.clone();
        Ok(encoded)
    }

    /// The same stream, whose frames have another quantizer from the next one on.
    #[must_use]
    pub fn with_quantizer(mut self, quantizer: u8) -> Self {
        self.options.quantizer = quantizer;
        self
    }

    /// The codec after the frames so far.
    #[must_use]
    pub fn codec(&self) -> &Codec {
        &self.codec
    }
}
