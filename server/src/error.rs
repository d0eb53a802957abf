//! What can go wrong.

use std::io;

use lentil_core::{jpeg, lepton};

/// Why a file could not be compressed, restored or described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading the input failed.
    #[error("cannot read the input: {0}")]
    Read(#[source] io::Error),
    /// Writing the output failed.
    #[error("cannot write the output: {0}")]
    Write(#[source] io::Error),
    /// The input is of a kind that cannot be compressed: no JPEG, arithmetic coding, 12 bits,
    /// lossless, a damaged header. It is best left as it is.
    #[error("not supported: {0}")]
    Unsupported(#[from] jpeg::Error),
    /// The `.lep` input is damaged, or of a kind that is not known.
    #[error("corrupt: {0}")]
    Corrupt(#[from] lepton::Error),
    /// The input changed while it was read.
    #[error("the input changed while it was compressed")]
    Changed,
    /// A coefficient is so extreme that only our own format version can say it. Where a result is
    /// verified before it is written, that is chosen without being asked for; else try again with
    /// [`Options::own_version`](crate::Options::own_version) set.
    #[error("a coefficient is too extreme for format version 1")]
    Extreme,
    /// The input asks for more than [`Limits`](crate::Limits) allow.
    #[error("{what}: {needed}, over the limit of {limit}")]
    Limit {
        /// What was asked for, with its unit.
        what: &'static str,
        /// How much of it the file asks for.
        needed: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// [`Options::range`](crate::Options::range) does not lie in the input.
    #[error("the byte range {start}..{end} does not lie in the input of {length} bytes")]
    Range {
        /// First byte asked for.
        start: u64,
        /// One past the last byte asked for.
        end: u64,
        /// Bytes in the input.
        length: u64,
    },
    /// The restored bytes differ from the original.
    #[error("the restored bytes differ from the original at byte {offset}")]
    Mismatch {
        /// Offset of the first byte that differs.
        offset: u64,
    },
}
