//! Files whose JPEG is to come out as stored zlib data (RFC 1950, RFC 1951 section 3.2.4).

use std::io::{self, Write};

/// Most bytes of a stored block.
const STORED: usize = 65535;

/// Passes bytes on, as stored zlib data if wanted. The end must be announced by `flush`.
pub(crate) struct Wrapped<W> {
    inner: W,
    wanted: bool,
    started: bool,
    checksum: adler2::Adler32,
    block: Vec<u8>,
}

impl<W: Write> Wrapped<W> {
    pub fn new(inner: W, wanted: bool) -> Self {
        Wrapped {
            inner,
            wanted,
            started: false,
            checksum: adler2::Adler32::new(),
            block: Vec::new(),
        }
    }

    fn write_block(&mut self, last: bool) -> io::Result<()> {
        if !self.started {
            self.started = true;
            self.inner.write_all(&[0x78, 0x01])?;
        }
        let length = self.block.len() as u16;
        self.inner.write_all(&[u8::from(last)])?;
        self.inner.write_all(&length.to_le_bytes())?;
        self.inner.write_all(&(!length).to_le_bytes())?;
        self.inner.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> Write for Wrapped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.wanted {
            return self.inner.write(bytes);
        }
        // A full block may be the last, so it waits for what follows.
        if self.block.len() == STORED && !bytes.is_empty() {
            self.write_block(false)?;
        }
        let count = bytes.len().min(STORED - self.block.len());
        self.block.extend_from_slice(&bytes[..count]);
        self.checksum.write_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.wanted {
            self.wanted = false;
            self.write_block(true)?;
            let checksum = self.checksum.checksum().to_be_bytes();
            self.inner.write_all(&checksum)?;
        }
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_inflates() {
        for length in [0, 1, STORED - 1, STORED, STORED + 1, 3 * STORED + 17] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut wrapped = Vec::new();
            let mut writer = Wrapped::new(&mut wrapped, true);
            for piece in bytes.chunks(1000) {
                writer.write_all(piece).unwrap();
            }
            writer.flush().unwrap();
            let restored = miniz_oxide::inflate::decompress_to_vec_zlib(&wrapped);
            assert_eq!(restored.unwrap(), bytes);
        }
    }
}
