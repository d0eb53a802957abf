//! Why a frame is not decoded.

use core::fmt;

/// Why a frame is not decoded. The state before it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The frame ends within its fixed header.
    TruncatedHeader,
    /// A key frame without its start code 9D 01 2A.
    StartCode,
    /// A key frame of no width or height.
    NoPixels,
    /// A key frame beyond the caller's limits.
    TooLarge {
        /// Width in pixels.
        width: u16,
        /// Height in pixels.
        height: u16,
    },
    /// The first partition reaches beyond the frame.
    FirstPartition,
    /// A token partition is empty, or reaches beyond the frame, or its size does.
    TokenPartition,
    /// An inter frame before any key frame.
    NoKeyFrame,
    /// The frame copies from a reference that does not exist.
    ReferenceCopy,
    /// The first key frame lacks data.
    IncompleteKeyFrame,
    /// Lent memory, a picture or a segment map does not have the frame's size.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TruncatedHeader => f.write_str("the frame ends within its header"),
            Error::StartCode => f.write_str("a key frame without the start code 9D 01 2A"),
            Error::NoPixels => f.write_str("a key frame of no width or height"),
            Error::TooLarge { width, height } => {
                write!(f, "a frame of {width}x{height} pixels is beyond the limit")
            }
            Error::FirstPartition => f.write_str("the first partition is too long"),
            Error::TokenPartition => f.write_str("a token partition is empty or too long"),
            Error::NoKeyFrame => f.write_str("an inter frame without a key frame before it"),
            Error::ReferenceCopy => f.write_str("a copy from a reference that does not exist"),
            Error::IncompleteKeyFrame => f.write_str("a key frame that begins a stream lacks data"),
            Error::Memory => f.write_str("memory that was lent does not have the frame's size"),
        }
    }
}

impl core::error::Error for Error {}
