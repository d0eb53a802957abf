//! What a camera does with lentil-core: a JPEG from storage to a `.lep` file on storage, and back; video from
//! storage to pictures, and pictures from a sensor to video; all in memory that is known when the program is linked. Nothing here knows a board.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod compress;
pub mod record;
mod restore;
pub mod video;

pub use compress::{Compressing, compress};
use lentil_core::jpeg::Block;
use lentil_core::lepton::{Model, Summary};
pub use restore::{Restoring, restore};

/// Bytes of each of the two buffers between storage and coder.
pub const BUFFER: usize = 4096;
/// Most bytes of a JPEG's header.
pub const HEADER: usize = 4096;
/// Most rows of MCUs.
pub const ROWS: usize = 256;
/// Most blocks of a strip: a row of MCUs, and the block row above it, of each component. Enough for
/// 480 pixels of width in 4:2:0.
pub const BLOCKS: usize = 300;
/// Most columns of blocks of all components.
pub const COLUMNS: usize = 128;

/// What both directions need, one after the other.
#[derive(Debug)]
pub struct Workspace {
    /// Half a megabyte.
    pub model: Model,
    blocks: [Block; BLOCKS],
    summaries: [Summary; COLUMNS],
    input: [u8; BUFFER],
    output: [u8; BUFFER],
    /// Of the JPEG or of the `.lep` file.
    header: [u8; HEADER],
}

impl Workspace {
    /// All zeros, so that a static one takes no flash.
    pub const NEW: Workspace = Workspace {
        model: Model::NEW,
        blocks: [Block::ZERO; BLOCKS],
        summaries: [Summary::NEW; COLUMNS],
        input: [0; BUFFER],
        output: [0; BUFFER],
        header: [0; HEADER],
    };
}

/// A file that can be read at positions.
pub trait Source {
    /// Reads bytes from `offset`; fewer than asked for only at the end.
    fn read_at(&mut self, offset: u32, buffer: &mut [u8]) -> Result<usize, Error>;
}

/// A file that is written front to back.
pub trait Sink {
    /// Adds bytes.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

/// Why a file could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Storage failed.
    Storage,
    /// The JPEG is of a kind that is not taken.
    Jpeg(lentil_core::jpeg::Error),
    /// The `.lep` file is damaged.
    Lepton(lentil_core::lepton::Error),
    /// A frame of video cannot be decoded.
    Vp8(lentil_core::vp8::Error),
    /// A picture cannot be encoded.
    Encode(lentil_core::vp8::encode::Error),
    /// The image wants more memory than there is: it is too wide, too high or has several scans.
    Memory,
    /// A coefficient is out of the format's range.
    Coefficient,
}

impl From<lentil_core::jpeg::Error> for Error {
    fn from(error: lentil_core::jpeg::Error) -> Self {
        Error::Jpeg(error)
    }
}

impl From<lentil_core::lepton::Error> for Error {
    fn from(error: lentil_core::lepton::Error) -> Self {
        Error::Lepton(error)
    }
}

impl From<lentil_core::vp8::Error> for Error {
    fn from(error: lentil_core::vp8::Error) -> Self {
        Error::Vp8(error)
    }
}

impl From<lentil_core::vp8::encode::Error> for Error {
    fn from(error: lentil_core::vp8::encode::Error) -> Self {
        Error::Encode(error)
    }
}

/// A part of a source that passes through a buffer.
struct Window {
    next: u32,
    filled: usize,
    last: bool,
}

impl Window {
    fn new(start: u32) -> Self {
        Window {
            next: start,
            filled: 0,
            last: false,
        }
    }

    /// Drops what was used, and fills the buffer up.
    fn advance(
        &mut self,
        source: &mut impl Source,
        buffer: &mut [u8],
        used: usize,
    ) -> Result<(), Error> {
        buffer.copy_within(used..self.filled, 0);
        self.filled -= used;
        let more = source.read_at(self.next, &mut buffer[self.filled..])?;
        self.last = more < buffer.len() - self.filled;
        self.filled += more;
        self.next += more as u32;
        Ok(())
    }
}
