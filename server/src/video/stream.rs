//! Files that hold a VP8 stream.

use std::io::{self, BufReader, Read};

use super::{Error, ivf, matroska};

/// What a file says of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamInfo {
    /// The kind of file.
    pub container: &'static str,
    /// Width that the file claims; frames say what holds.
    pub width: u16,
    /// Height that it claims.
    pub height: u16,
    /// Frames a second, as a fraction; 0 in either place if the file does not say.
    pub rate: (u32, u32),
}

/// What a file says of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// When it is shown, in the file's units.
    pub time: u64,
}

/// A VP8 stream, frame by frame.
pub struct Stream<R: Read> {
    info: StreamInfo,
    source: Source<R>,
}

enum Source<R: Read> {
    Ivf(BufReader<R>),
    Matroska(Box<matroska::Track>),
}

impl<R: Read> std::fmt::Debug for Stream<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Stream<R> {
    /// Whether a file that begins so is of a kind that [`open`](Self::open) reads.
    #[must_use]
    pub fn knows(beginning: &[u8]) -> bool {
        beginning.starts_with(&ivf::MAGIC) || beginning.starts_with(&matroska::MAGIC)
    }

    /// Finds out what kind of file it is: IVF, or WebM and Matroska, whose first VP8 track is taken. IVF is
    /// read as it comes; the others are held in memory, up to `memory` bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if it is none of them, [`Error::Corrupt`] if it is damaged.
    pub fn open(input: R, memory: u64) -> Result<Self, Error> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut magic = [0; 4];
        if !read_exactly(&mut input, &mut magic)? {
            return Err(Error::Unsupported("an empty file"));
        }
        match magic {
            ivf::MAGIC => Ok(Stream {
                info: ivf::header(&mut input)?,
                source: Source::Ivf(input),
            }),
            matroska::MAGIC => {
                let mut bytes = magic.to_vec();
                let most = memory.saturating_sub(4).saturating_add(1);
                let mut all = input.take(most);
                all.read_to_end(&mut bytes).map_err(Error::Read)?;
                if bytes.len() as u64 > memory {
                    return Err(Error::Limit {
                        needed: bytes.len() as u64,
                        limit: memory,
                    });
                }
                let (info, track) = matroska::open(bytes)?;
                Ok(Stream {
                    info,
                    source: Source::Matroska(Box::new(track)),
                })
            }
            _ => Err(Error::Unsupported("neither IVF nor WebM or Matroska")),
        }
    }

    /// What the file says.
    #[must_use]
    pub fn info(&self) -> &StreamInfo {
        &self.info
    }

    /// The next frame into `data`; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], or [`Error::Corrupt`] if the file is damaged or ends within a frame.
    pub fn next_frame(&mut self, data: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
        match &mut self.source {
            Source::Ivf(input) => ivf::frame(input, data),
            Source::Matroska(track) => track.frame(data),
        }
    }
}

/// Fills the buffer; false if the input ends before its first byte.
pub(super) fn read_exactly(input: &mut impl Read, buffer: &mut [u8]) -> Result<bool, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(Error::Corrupt("the file ends within a header".into())),
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::Read(e)),
        }
    }
    Ok(true)
}
