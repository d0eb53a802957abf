//! Comparing what is restored with what it should be.

use std::io::{self, Read, Write};

/// Compares what is written to it with what it reads.
pub struct Compare<R> {
    expected: R,
    buffer: Vec<u8>,
    offset: u64,
    mismatch: Option<u64>,
}

impl<R: Read> Compare<R> {
    pub fn new(expected: R) -> Self {
        Compare {
            expected,
            buffer: Vec::new(),
            offset: 0,
            mismatch: None,
        }
    }

    /// Offset of the first difference, if there is one; a missing end is one, too.
    pub fn finish(mut self) -> io::Result<Option<u64>> {
        let mut rest = [0];
        if self.mismatch.is_none() && self.expected.read(&mut rest)? != 0 {
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
