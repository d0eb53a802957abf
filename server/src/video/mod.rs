//! VP8 video for servers.
//!
//! A [`Codec`] is a value: everything that the next frame depends on, cheap to clone. [`Codec::decode`] gives the
//! next one and the frame's picture, and leaves the old one as it was, so that a stream can be decoded again from any
//! frame on, by many threads at once. [`Stream`] reads IVF, WebM and Matroska files; [`Writer`] writes pictures.
//!
//! [`Codec::encode`] goes the other way: from a codec and a picture to the next codec and a frame. [`Sequence`] says which
//! frames are of what kind, [`Encoder`] is the loop over frames. [`Codec::rebase`] has a frame follow another codec than that it was
//! made for, [`Rebaser`] a chunk of frames. [`Y4m`] reads pictures, [`IvfWriter`] writes frames.

mod codec;
mod crew;
mod encode;
mod error;
mod ivf;
mod ivf_writer;
mod matroska;
mod output;
mod picture;
mod pool;
mod quality;
mod rows;
mod schedule;
mod scratch;
mod snapshot;
mod stream;
mod strips;
mod survey;
mod y4m;

pub use codec::{Codec, Decoded};
pub use encode::{
    Analysis, ENCODE_MACROBLOCK_BYTES, EncodeOptions, Encoded, Encoder, GOLDEN_INTERVAL,
    KEY_INTERVAL, Past, Preset, Rebased, Rebaser, Sequence,
};
pub use error::Error;
pub use ivf_writer::IvfWriter;
pub use lentil_core::vp8::encode::{Bitrate, Effort, Expected, Settings};
pub use lentil_core::vp8::{
    FrameHeader, Limits, QuantizerIndices, ReferenceUpdates, Report, Source,
};
pub use output::{Format, Writer};
pub use picture::{MACROBLOCK_BYTES, Picture};
pub use pool::Options;
pub use quality::{Distortion, Psnr, ssim};
pub use stream::{Frame, Stream, StreamInfo};
pub use survey::{FrameSurvey, survey_frame};
pub use y4m::{Y4m, Y4mInfo};
