//! Why a `.lep` file is not taken.

use core::fmt;

use super::partition::BadStream;
use crate::jpeg;

/// Why a `.lep` file cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with the magic bytes CF 84 or CE B6.
    NotLepton,
    /// A version of the format that this decoder does not know.
    Version(u8),
    /// A fixed field holds what no encoder writes; the text says which.
    Field(&'static str),
    /// The header block does not inflate.
    Inflate,
    /// A record of the header block is cut short, unknown or contradicts another.
    Record(&'static str),
    /// The JPEG header inside is not one that this format can carry.
    Jpeg(jpeg::Error),
    /// The file ends before all its parts have come.
    Truncated,
    /// A partition's stream is damaged.
    Stream,
    /// The parts restore to fewer bytes than the file says.
    Short,
    /// The restored bytes do not have the hash that the file carries.
    Hash,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotLepton => f.write_str("not a .lep file: it does not begin with CF 84"),
            Error::Version(v) => write!(f, "format version {v}, which is not known"),
            Error::Field(what) => write!(f, "damaged start of the file: {what}"),
            Error::Inflate => f.write_str("damaged header block: it does not inflate"),
            Error::Record(what) => write!(f, "damaged header block: {what}"),
            Error::Jpeg(error) => write!(f, "the JPEG header inside: {error}"),
            Error::Truncated => f.write_str("the file ends too early"),
            Error::Stream => f.write_str("damaged image data"),
            Error::Short => f.write_str("it restores to fewer bytes than it announces"),
            Error::Hash => f.write_str("the restored bytes do not match the hash in the file"),
        }
    }
}

impl core::error::Error for Error {}

impl From<jpeg::Error> for Error {
    fn from(error: jpeg::Error) -> Self {
        Error::Jpeg(error)
    }
}

impl From<BadStream> for Error {
    fn from(_: BadStream) -> Self {
        Error::Stream
    }
}
