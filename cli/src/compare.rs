//! Comparing what is restored with what it should be.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use lentil::{Error, Options};

use crate::failure::Failure;

/// Restores a `.lep` file and compares the result with `expected`, holding neither in memory.
pub fn restores_to(lep: &File, expected: impl Read, options: &Options) -> Result<(), Failure> {
    let mut compare = Compare::new(expected);
    match lentil::decompress_file(lep, &mut compare, options) {
        Ok(_) => {}
        // Nothing is written here: it is reading what to compare with that failed.
        Err(Error::Write(error)) => return Err(Failure::Read(error)),
        Err(error) => return Err(error.into()),
    }
    match compare.finish().map_err(Failure::Read)? {
        Some(offset) => Err(Error::Mismatch { offset }.into()),
        None => Ok(()),
    }
}

/// The same with a range of bytes of a file, whose cursor is moved.
pub fn restores_to_range(
    lep: &File,
    mut jpeg: &File,
    range: Range<u64>,
    options: &Options,
) -> Result<(), Failure> {
    jpeg.seek(SeekFrom::Start(range.start))
        .map_err(Failure::Read)?;
    let expected = BufReader::new(jpeg).take(range.end.saturating_sub(range.start));
    restores_to(lep, expected, options)
}

/// Compares what is written to it with what it reads.
struct Compare<R> {
    expected: R,
    buffer: Vec<u8>,
    offset: u64,
    mismatch: Option<u64>,
}

impl<R: Read> Compare<R> {
    fn new(expected: R) -> Self {
        Compare {
            expected,
            buffer: Vec::new(),
            offset: 0,
            mismatch: None,
        }
    }

    /// Offset of the first difference, if there is one; a missing end is one, too.
    fn finish(mut self) -> io::Result<Option<u64>> {
        let rest = self
            .expected
            .by_ref()
            .take(1)
            .read_to_end(&mut self.buffer)?;
        if self.mismatch.is_none() && rest != 0 {
            self.mismatch = Some(self.offset);
        }
        Ok(self.mismatch)
    }
}

impl<R: Read> Write for Compare<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.mismatch.is_none() {
            self.buffer.clear();
            let wanted = bytes.len() as u64;
            self.expected
                .by_ref()
                .take(wanted)
                .read_to_end(&mut self.buffer)?;
            if self.buffer != bytes {
                let same = self.buffer.iter().zip(bytes).take_while(|(a, b)| a == b);
                self.mismatch = Some(self.offset + same.count() as u64);
            }
        }
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found() {
        let compare = |written: &[u8]| {
            let mut compare = Compare::new(&b"0123456789"[..]);
            for piece in written.chunks(3) {
                compare.write_all(piece).unwrap();
            }
            compare.finish().unwrap()
        };
        assert_eq!(compare(b"0123456789"), None);
        assert_eq!(compare(b"01234567x9"), Some(8));
        assert_eq!(compare(b"0123456"), Some(7));
        assert_eq!(compare(b"0123456789a"), Some(10));
    }
}
