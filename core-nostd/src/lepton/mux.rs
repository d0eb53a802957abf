//! The partitions' streams, interleaved block by block.
//!
//! A block begins with a byte: the stream in its low four bits, then two bits for its length: 0 if
//! two bytes with the length less one follow, else 4096, 16384 or 65536. The blocks end with FF FE FF,
//! which version 1 leaves out, four bytes before the end of the file; these say how long it is.

use super::Error;

/// Most bytes of a block's head.
pub const MAX_HEAD: usize = 3;
/// Most bytes in a block.
pub const MAX_BLOCK: usize = 65536;
/// Bytes after the last block.
pub const TRAILER: usize = 4;

/// What ends the blocks in some versions.
pub const END: [u8; 3] = [0xff, 0xfe, 0xff];

/// The head of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHead {
    /// Which stream, 0 to 15.
    pub stream: u8,
    /// Bytes that follow, 1 to 65536.
    pub length: u32,
}

impl BlockHead {
    /// The bytes of the head, and how many they are.
    pub fn to_bytes(self) -> ([u8; MAX_HEAD], usize) {
        let stream = self.stream & 15;
        match self.length {
            4096 => ([stream | 0x10, 0, 0], 1),
            16384 => ([stream | 0x20, 0, 0], 1),
            65536 => ([stream | 0x30, 0, 0], 1),
            length => {
                let [low, high] = (length.wrapping_sub(1) as u16).to_le_bytes();
                ([stream, low, high], 3)
            }
        }
    }

    /// Reads a head from the start of `bytes`: it, and its own length. `None` if there are too few.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        let stream = first & 15;
        let (length, own) = match (first >> 4, bytes) {
            (0, &[_, low, high, ..]) => (u32::from(u16::from_le_bytes([low, high])) + 1, 3),
            (0, _) => return Ok(None),
            (size @ 1..=3, _) => (1024 << (2 * size), 1),
            _ => return Err(Error::Field("a block of no known length")),
        };
        Ok(Some((BlockHead { stream, length }, own)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_round_trip() {
        for length in [1, 2, 255, 256, 4095, 4096, 4097, 16384, 65535, 65536] {
            for stream in 0..16 {
                let head = BlockHead { stream, length };
                let (bytes, own) = head.to_bytes();
                assert_eq!(BlockHead::parse(&bytes[..own]), Ok(Some((head, own))));
                assert_eq!(BlockHead::parse(&bytes[..own - 1]), Ok(None));
            }
        }
        assert!(BlockHead::parse(&[0x40, 0, 0]).is_err());
    }
}
