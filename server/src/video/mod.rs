//! VP8 video for servers.
//!
//! A [`Codec`] is a value: everything that the next frame depends on, cheap to clone. [`Codec::decode`] gives the
//! next one and the frame's picture, and leaves the old one as it was, so that a stream can be decoded again from any
//! frame on, by many threads at once. [`Stream`] reads IVF, WebM and Matroska files; [`Writer`] writes pictures.

mod codec;
mod error;
mod ivf;
mod matroska;
mod output;
mod picture;
mod pool;
mod rows;
mod schedule;
mod scratch;
mod snapshot;
mod stream;
mod survey;

pub use codec::{Codec, Decoded};
pub use error::Error;
pub use lentil_core::vp8::{FrameHeader, Limits, ReferenceUpdates, Report, Source};
pub use output::{Format, Writer};
pub use picture::{MACROBLOCK_BYTES, Picture};
pub use pool::Options;
pub use stream::{Frame, Stream, StreamInfo};
pub use survey::{FrameSurvey, survey_frame};
