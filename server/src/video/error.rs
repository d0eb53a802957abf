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
    /// A picture cannot be encoded; the codec is as before.
    #[error("the picture cannot be encoded: {0}")]
    Encode(#[from] vp8::encode::Error),
    /// A frame of no bytes cannot be rebased.
    #[error("the frame has no bytes, so it cannot be rebased: leave it out, with its picture")]
    NoBytes,
    /// A frame is longer than its file can say.
    #[error("the frame is longer than an IVF file can say: take a coarser quantizer")]
    FrameLength,
    /// A frame cannot be made to fit the bytes that it may have.
    #[error("the frame has {len} bytes where it may have {most}: it cannot be made smaller")]
    Fit {
        /// Its bytes.
        len: usize,
        /// Those that it may have.
        most: usize,
    },
    /// An analysis is of pictures of another size, or of a key frame and not of an inter frame.
    #[error("the analysis is of another frame: analyse this picture, with these settings")]
    Analysis,
    /// A picture to be encoded is not of the size that the frame has.
    #[error(
        "the picture is {width} x {height}, and the frame {} x {}: only a key frame can have another size",
        wanted.0, wanted.1
    )]
    SourceSize {
        /// Width of the picture.
        width: u16,
        /// Its height.
        height: u16,
        /// Width and height that it should have.
        wanted: (u16, u16),
    },
    /// Pictures that are to be encoded are larger than the caller's limits.
    #[error("pictures of {width} x {height} are larger than the limits allow")]
    TooLarge {
        /// Their width.
        width: u16,
        /// Their height.
        height: u16,
    },
    /// VP8 has no pictures of such a size.
    #[error("pictures of {width} x {height}: VP8 has 1 x 1 to 16383 x 16383, so scale them first")]
    PictureSize {
        /// Their width.
        width: u64,
        /// Their height.
        height: u64,
    },
    /// Bytes are not those of a picture.
    #[error("{got} bytes are no picture of {width} x {height}: I420 has {needed}")]
    PictureLength {
        /// Its width.
        width: u16,
        /// Its height.
        height: u16,
        /// Bytes that it needs.
        needed: usize,
        /// Bytes that there are.
        got: usize,
    },
    /// Pictures are not of the kind that VP8 has.
    #[error(
        "not supported: {0}; VP8 has 4:2:0 with eight bits: convert it first, say, with ffmpeg -pix_fmt yuv420p"
    )]
    Chroma(String),
    /// Y4M files have one size; raw I420 can have many.
    #[error("the picture becomes {width} x {height}, and Y4M has one size: write raw I420")]
    Size {
        /// Width of the picture that does not fit.
        width: u16,
        /// Its height.
        height: u16,
    },
}
