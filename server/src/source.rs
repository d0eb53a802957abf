//! Bytes that can be read at positions.

use std::fs::File;
use std::io;

/// Something that can be read at positions, by several threads at a time.
pub(crate) trait Source: Sync {
    /// How many bytes there are.
    fn length(&self) -> io::Result<u64>;
    /// Reads some bytes from `offset`; 0 only at the end.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Fills `buffer` from `offset` as far as there are bytes; gives how far.
    fn fill_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(filled)
    }

    /// The bytes of a range, which must lie inside.
    fn range(&self, start: u64, end: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; end.saturating_sub(start) as usize];
        if self.fill_at(&mut bytes, start)? < bytes.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}

impl Source for [u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.get(offset as usize..).unwrap_or(&[]);
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

impl Source for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

/// A window that moves over a part of a source, front to back.
pub(crate) struct Window<'a, S: ?Sized> {
    source: &'a S,
    /// Offset of the first byte of `buffer` that is not used yet.
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a, S: Source + ?Sized> Window<'a, S> {
    /// Over the bytes from `start` to `end`.
    pub fn new(source: &'a S, start: u64, end: u64) -> Self {
        Window {
            source,
            next: start,
            end,
            buffer: Vec::new(),
            used: 0,
        }
    }

    /// The bytes at hand, and whether they are the last.
    pub fn bytes(&self) -> (&[u8], bool) {
        let loaded = self.next + (self.buffer.len() - self.used) as u64;
        (&self.buffer[self.used..], loaded >= self.end)
    }

    /// Marks bytes as used.
    pub fn consume(&mut self, count: usize) {
        self.used += count;
        self.next += count as u64;
    }

    /// Loads more bytes behind those at hand.
    pub fn load(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let old = self.buffer.len();
        let from = self.next + old as u64;
        let more = self.end.saturating_sub(from).min(CHUNK as u64) as usize;
        self.buffer.resize(old + more, 0);
        if self.source.fill_at(&mut self.buffer[old..], from)? < more {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Bytes that are read at a time.
pub(crate) const CHUNK: usize = 1 << 16;
