//! The partitions' streams on their way into one file.

use std::io::{self, Write};

use lentil_core::lepton::mux::{BlockHead, MAX_BLOCK};

/// Counts what passes through.
pub(crate) struct Counted<W> {
    inner: W,
    /// Bytes so far.
    pub bytes: u64,
}

impl<W: Write> Counted<W> {
    pub fn new(inner: W) -> Self {
        Counted { inner, bytes: 0 }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes part of a stream as one block; at most [`MAX_BLOCK`] bytes, none for none.
pub(crate) fn write_block(output: &mut impl Write, stream: u8, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let head = BlockHead {
        stream,
        length: bytes.len() as u32,
    };
    let (head, length) = head.to_bytes();
    output.write_all(&head[..length])?;
    output.write_all(bytes)
}

/// Writes whole streams so that a decoder can begin with all of them soon: a small block of each,
/// then larger ones in turn.
pub(crate) fn interleave(output: &mut impl Write, streams: &[Vec<u8>]) -> io::Result<()> {
    let mut rests: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
    let mut size = 4096;
    while rests.iter().any(|rest| !rest.is_empty()) {
        for (stream, rest) in rests.iter_mut().enumerate() {
            let (block, after) = rest.split_at(rest.len().min(size));
            write_block(output, stream as u8, block)?;
            *rest = after;
        }
        size = MAX_BLOCK;
    }
    Ok(())
}
