//! The partitions' streams on their way out of one file.

use std::collections::VecDeque;
use std::io::{self, Read};

use lentil_core::lepton;
use lentil_core::lepton::container::MAX_PARTITIONS;
use lentil_core::lepton::mux::{BlockHead, END, TRAILER};

use crate::source::{CHUNK, Source};
use crate::{Error, Limits};

/// Where the bytes of each stream come from.
pub(crate) trait Streams {
    /// Adds some bytes of a stream to `bytes`; false if there are none any more.
    fn fill(&mut self, stream: usize, bytes: &mut Vec<u8>) -> Result<bool, Error>;

    /// Checks what follows the streams, once they are no longer needed.
    fn finish(&mut self) -> Result<(), Error>;
}

/// Streams of a file that is read front to back; what is not wanted yet is queued.
pub(crate) struct Queued<'a, R> {
    input: R,
    limits: &'a Limits,
    /// Bytes before the first block.
    before: u64,
    /// Bytes from the first block on.
    read: u64,
    /// Read but not parsed; the last [`TRAILER`] bytes of the file stay here.
    pending: Vec<u8>,
    /// Where the blocks are parsed to.
    parsed: usize,
    ended: bool,
    /// Stream and bytes left of the block at hand.
    block: (usize, usize),
    queues: [VecDeque<u8>; MAX_PARTITIONS],
    queued: usize,
}

impl<'a, R: Read> Queued<'a, R> {
    /// `before` bytes were read already.
    pub fn new(input: R, before: u64, limits: &'a Limits) -> Self {
        Queued {
            input,
            limits,
            before,
            read: 0,
            pending: Vec::new(),
            parsed: 0,
            ended: false,
            block: (0, 0),
            queues: Default::default(),
            queued: 0,
        }
    }

    fn read_more(&mut self) -> Result<(), Error> {
        self.pending.drain(..self.parsed);
        self.parsed = 0;
        let old = self.pending.len();
        self.pending.resize(old + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.pending[old..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(Error::Read)?,
            }
        };
        self.pending.truncate(old + read);
        self.read += read as u64;
        self.ended |= read == 0;
        Ok(())
    }

    /// Takes one piece of a block from what is pending; false if that takes more bytes.
    fn take_piece(&mut self) -> Result<bool, Error> {
        let end = self.pending.len().saturating_sub(TRAILER).max(self.parsed);
        let bytes = &self.pending[self.parsed..end];
        if self.block.1 == 0 {
            if bytes == END {
                self.parsed += END.len();
                return Ok(false);
            }
            if bytes.first() == END.first() {
                return Ok(false);
            }
            let Some((head, length)) = BlockHead::parse(bytes)? else {
                return Ok(false);
            };
            self.parsed += length;
            self.block = (head.stream.into(), head.length as usize);
            return Ok(true);
        }
        let piece = &bytes[..bytes.len().min(self.block.1)];
        if piece.is_empty() {
            return Ok(false);
        }
        self.queues[self.block.0].extend(piece);
        self.queued += piece.len();
        self.parsed += piece.len();
        self.block.1 -= piece.len();
        self.limits.check_memory(self.queued as u64)?;
        Ok(true)
    }
}

impl<R: Read> Streams for Queued<'_, R> {
    fn fill(&mut self, stream: usize, bytes: &mut Vec<u8>) -> Result<bool, Error> {
        while self.queues[stream].is_empty() {
            if !self.take_piece()? {
                if self.ended {
                    return Ok(false);
                }
                self.read_more()?;
            }
        }
        let queue = &mut self.queues[stream];
        let count = queue.len().min(CHUNK);
        bytes.extend(queue.drain(..count));
        self.queued -= count;
        Ok(true)
    }

    fn finish(&mut self) -> Result<(), Error> {
        loop {
            // What is in no partition that is wanted is dropped.
            self.queues.iter_mut().for_each(VecDeque::clear);
            self.queued = 0;
            if !self.take_piece()? {
                if self.ended {
                    break;
                }
                self.read_more()?;
            }
        }
        let trailer = &self.pending[self.parsed..];
        check_trailer(trailer, self.block.1, self.before + self.read)
    }
}

/// The file must end with its own length, and not within a block.
fn check_trailer(trailer: &[u8], block_left: usize, length: u64) -> Result<(), Error> {
    let trailer: [u8; TRAILER] = trailer.try_into().map_err(|_| lepton::Error::Truncated)?;
    if block_left > 0 {
        return Err(lepton::Error::Truncated.into());
    }
    if u64::from(u32::from_le_bytes(trailer)) != length {
        return Err(lepton::Error::Field("its length is not what its last four bytes say").into());
    }
    Ok(())
}

/// Streams of a file that can be read at positions; nothing is queued.
pub(crate) struct Indexed<'a, S: ?Sized> {
    source: &'a S,
    /// Of each stream, the offsets and lengths of what is not read yet.
    blocks: [VecDeque<(u64, u32)>; MAX_PARTITIONS],
}

impl<'a, S: Source + ?Sized> Indexed<'a, S> {
    /// Finds the blocks from `start` on, and checks the end.
    pub fn new(source: &'a S, start: u64) -> Result<Self, Error> {
        let length = source.length().map_err(Error::Read)?;
        let end = length.saturating_sub(TRAILER as u64);
        let mut blocks: [VecDeque<_>; MAX_PARTITIONS] = Default::default();
        let mut at = start;
        while at < end {
            let mut bytes = [0; 3];
            let room = (end - at).min(3) as usize;
            source
                .fill_at(&mut bytes[..room], at)
                .map_err(Error::Read)?;
            if bytes == END && at + 3 == end {
                at = end;
                break;
            }
            let head = BlockHead::parse(&bytes[..room])?;
            let (head, own) = head.ok_or(lepton::Error::Truncated)?;
            at += own as u64;
            blocks[usize::from(head.stream)].push_back((at, head.length));
            at += u64::from(head.length);
        }
        let mut trailer = [0; TRAILER];
        let read = source.fill_at(&mut trailer, end).map_err(Error::Read)?;
        check_trailer(&trailer[..read], (at - end.min(at)) as usize, length)?;
        Ok(Indexed { source, blocks })
    }

    /// Bytes of a stream that are not read yet.
    pub fn length(&self, stream: usize) -> u64 {
        let blocks = self.blocks[stream].iter();
        blocks.map(|&(_, length)| u64::from(length)).sum()
    }
}

impl<S: Source + ?Sized> Streams for Indexed<'_, S> {
    fn fill(&mut self, stream: usize, bytes: &mut Vec<u8>) -> Result<bool, Error> {
        let Some((offset, length)) = self.blocks[stream].pop_front() else {
            return Ok(false);
        };
        let more = self.source.range(offset, offset + u64::from(length));
        bytes.extend(more.map_err(Error::Read)?);
        Ok(true)
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
