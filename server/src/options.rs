//! What a caller can choose.

use std::num::{NonZeroU8, NonZeroUsize};
use std::ops::Range;

/// Choices for [`compress`](crate::compress), [`decompress`](crate::decompress) and their kin.
///
/// `Options::default()` is right for most callers: the number of partitions follows from the size
/// of the image, one thread, the result verified, the limits those of [`Limits::default`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How many partitions to cut an image into, 1 to 16. `None` chooses by size: a partition more
    /// lets one more thread work, but costs a kilobyte or two, for each learns from nothing.
    /// An image with fewer rows than this gets fewer.
    pub partitions: Option<NonZeroU8>,
    /// How many threads may work on one file. The bytes produced do not depend on it.
    pub threads: NonZeroUsize,
    /// Restore what was compressed, and compare it with the input, before reporting success.
    pub verify: bool,
    /// Compress only these bytes of the input. The result restores exactly these, on its own.
    pub range: Option<Range<u64>>,
    /// Write the format version that only Lentil reads, even where the version that all decoders read
    /// would do. It can say every coefficient; see [`Error::Extreme`](crate::Error::Extreme).
    pub own_version: bool,
    /// What a file may ask for.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            partitions: None,
            threads: NonZeroUsize::MIN,
            verify: true,
            range: None,
            own_version: false,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what one file may ask for. A file that asks for more is refused with
/// [`Error::Limit`](crate::Error::Limit) before the memory is taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of memory for one file's buffers: coefficients, models, headers, queued input.
    pub memory: u64,
    /// Largest width of an image in pixels.
    pub width: u32,
    /// Largest height of an image in pixels.
    pub height: u32,
}

impl Default for Limits {
    /// 1 GiB of memory, and the 65535 x 65535 pixels that JPEG can say.
    fn default() -> Self {
        Limits {
            memory: 1 << 30,
            width: 65535,
            height: 65535,
        }
    }
}

impl Limits {
    /// Refuses a file whose buffers would take so many bytes.
    pub(crate) fn check_memory(&self, needed: u64) -> Result<(), crate::Error> {
        check("bytes of memory", needed, self.memory)
    }

    /// Refuses an image of these dimensions.
    pub(crate) fn check_frame(&self, frame: &lentil_core::jpeg::Frame) -> Result<(), crate::Error> {
        check("pixels of width", frame.width.into(), self.width.into())?;
        check("pixels of height", frame.height.into(), self.height.into())
    }
}

/// Refuses what is over a limit.
pub(crate) fn check(what: &'static str, needed: u64, limit: u64) -> Result<(), crate::Error> {
    if needed > limit {
        return Err(crate::Error::Limit {
            what,
            needed,
            limit,
        });
    }
    Ok(())
}
