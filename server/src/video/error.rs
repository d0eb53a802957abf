//! What can go wrong with video.

use std::io;

use lentil_core::vp8;

/// Why video could not be read, decoded or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading the input failed.
    #[error("cannot read the input: {0}")]
    Read(#[source] io::Error),
    /// Writing the output failed.
    #[error("cannot write the output: {0}")]
    Write(#[source] io::Error),
    /// The input is no file that holds VP8: the text says what it is or lacks.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// The file around the frames is damaged.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// A frame cannot be decoded; the codec is as before.
    #[error("the frame cannot be decoded: {0}")]
    Frame(#[from] vp8::Error),
    /// A file of a codec's state is damaged, or none at all; the text says where.
    #[error("not a state file, or a damaged one: {0}")]
    State(&'static str),
    /// Something asks for more memory than the limits allow.
    #[error("{needed} bytes of memory, over the limit of {limit}")]
    Limit {
        /// Bytes asked for.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Y4M files have one size; raw I420 can have many.
    #[error("the picture becomes {width} x {height}, and Y4M has one size: write raw I420")]
    Size {
        /// Width of the picture that does not fit.
        width: u16,
        /// Its height.
        height: u16,
    },
}
