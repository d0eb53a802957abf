//! The header block's zlib stream, inflated as it comes (RFC 1950, RFC 1951).

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_PARSE_ZLIB_HEADER,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::Error;

/// A zlib stream on its way out. Some 11 kB.
#[derive(Clone, Default)]
pub struct Inflater {
    state: DecompressorOxide,
    filled: usize,
    done: bool,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflated {
    /// All of the input is used.
    Input,
    /// The buffer is full.
    Full,
    /// The stream is complete: so many bytes.
    Done(usize),
}

impl core::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let filled = self.filled;
        f.debug_struct("Inflater").field("filled", &filled).finish()
    }
}

impl Inflater {
    /// Inflates `input` to the end of what `buffer` holds already: it must keep its content from
    /// call to call, but may grow. Gives the bytes used.
    pub fn step(&mut self, input: &[u8], buffer: &mut [u8]) -> Result<(usize, Inflated), Error> {
        if self.done {
            return Ok((0, Inflated::Done(self.filled)));
        }
        let flags = TINFL_FLAG_PARSE_ZLIB_HEADER
            | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
            | TINFL_FLAG_HAS_MORE_INPUT;
        let (status, used, written) =
            decompress(&mut self.state, input, buffer, self.filled, flags);
        self.filled += written;
        match status {
            TINFLStatus::Done => {
                self.done = true;
                Ok((used, Inflated::Done(self.filled)))
            }
            TINFLStatus::NeedsMoreInput => Ok((used, Inflated::Input)),
            TINFLStatus::HasMoreOutput => Ok((used, Inflated::Full)),
            _ => Err(Error::Inflate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "lentil" in a stored block.
    const STORED: &[u8] = &[
        0x78, 0x01, 1, 6, 0, 0xf9, 0xff, b'l', b'e', b'n', b't', b'i', b'l', 0x08, 0xd9, 0x02, 0x89,
    ];

    #[test]
    fn streams_come_in_pieces_and_buffers_grow() {
        let mut buffer = [0; 6];
        let mut inflater = Inflater::default();
        let mut room = 0;
        let mut from = 0;
        for _ in 0..100 {
            let to = (from + 1).min(STORED.len());
            match inflater
                .step(&STORED[from..to], &mut buffer[..room])
                .unwrap()
            {
                (used, Inflated::Input) => from += used,
                (used, Inflated::Full) => {
                    from += used;
                    room += 1;
                }
                (_, Inflated::Done(length)) => {
                    assert_eq!(&buffer[..length], b"lentil");
                    return;
                }
            }
        }
        panic!("never done");
    }

    #[test]
    fn damage_is_found() {
        let mut damaged = [0; 17];
        damaged.copy_from_slice(STORED);
        damaged[8] ^= 1;
        let mut buffer = [0; 100];
        let mut inflater = Inflater::default();
        assert_eq!(inflater.step(&damaged, &mut buffer), Err(Error::Inflate));
    }
}
