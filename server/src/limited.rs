//! The restored file on its way out: hashed, and never longer than announced.

use std::io::Write;

use xxhash_rust::xxh64::Xxh64;

use crate::Error;

/// Writes at most so many bytes, and drops the rest.
pub(crate) struct Limited<W> {
    inner: W,
    hash: Xxh64,
    /// Bytes that may still be written.
    pub left: u64,
}

impl<W: Write> Limited<W> {
    pub fn new(inner: W, limit: u64) -> Self {
        Limited {
            inner,
            hash: Xxh64::new(0),
            left: limit,
        }
    }

    /// Writes what still fits.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let count = self.left.min(bytes.len() as u64);
        let bytes = &bytes[..count as usize];
        self.inner.write_all(bytes).map_err(Error::Write)?;
        self.hash.update(bytes);
        self.left -= count;
        Ok(())
    }

    /// Ends the file: gives its hash.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.inner.flush().map_err(Error::Write)?;
        Ok(self.hash.digest())
    }
}
