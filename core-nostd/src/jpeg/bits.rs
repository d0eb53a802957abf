//! Bits of entropy-coded segments, with the zero bytes that are stuffed after each FF (T.81,
//! B.1.1.5 and F.1.2.3).

use super::huffman::HuffmanTable;

/// Where the next bit of a segment lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BitPosition {
    /// Offset of the byte, stuffing counted, from the start of the slice.
    pub byte: usize,
    /// How many of its bits, from the top, are used already: 0 to 7.
    pub bit: u8,
}

/// Reads bits from a slice up to the next marker or the slice's end.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    data: &'a [u8],
    /// The next byte to load.
    position: usize,
    /// Loaded bits from the top; zeros below.
    window: u64,
    loaded: u32,
}

/// There are not as many bits as were asked for, or they are no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadBits;

impl<'a> BitReader<'a> {
    /// Reads on from `start` in `data`. A position inside a byte that is not there reads nothing.
    #[inline]
    pub fn new(data: &'a [u8], start: BitPosition) -> Self {
        let mut reader = BitReader {
            data,
            position: start.byte.min(data.len()),
            window: 0,
            loaded: 0,
        };
        reader.refill();
        let used = u32::from(start.bit & 7).min(reader.loaded);
        reader.window <<= used;
        reader.loaded -= used;
        reader
    }

    /// Loads at least 57 bits, if there are as many.
    #[inline(always)]
    pub fn refill(&mut self) {
        if self.loaded > 32 {
            return;
        }
        if let Some(bytes) = self.data.get(self.position..).and_then(<[u8]>::first_chunk) {
            let next = u64::from_be_bytes(*bytes);
            // Some byte of x is zero where x - 0x01.. borrows into a clear top bit.
            let x = !next;
            if x.wrapping_sub(0x0101_0101_0101_0101) & !x & 0x8080_8080_8080_8080 == 0 {
                self.window |= next >> self.loaded;
                let bytes = (63 - self.loaded) / 8;
                self.position += bytes as usize;
                self.loaded += 8 * bytes;
                // What was loaded beyond whole bytes will be loaded again, the same.
                return;
            }
        }
        let rest = self.data.get(self.position..).unwrap_or(&[]);
        let length;
        (self.window, self.loaded, length) = refill_bytes(rest, self.window, self.loaded);
        self.position += length;
    }

    /// The next 16 bits, zeros where there are none. Wants a [`refill`](Self::refill) before.
    #[inline(always)]
    pub fn peek(&self) -> u16 {
        (self.window >> 48) as u16
    }

    #[inline(always)]
    fn consume(&mut self, count: u32) -> Result<(), BadBits> {
        if count > self.loaded {
            return Err(BadBits);
        }
        self.window <<= count;
        self.loaded -= count;
        Ok(())
    }

    /// The next `count` (0 to 16) bits. Wants a [`refill`](Self::refill) before.
    #[inline(always)]
    pub fn take(&mut self, count: u32) -> Result<u32, BadBits> {
        let bits = ((self.window >> 32) as u32)
            .checked_shr(32 - count)
            .unwrap_or(0);
        self.consume(count)?;
        Ok(bits)
    }

    /// The next symbol. Wants a [`refill`](Self::refill) before.
    #[inline(always)]
    pub fn symbol(&mut self, table: &HuffmanTable) -> Result<u8, BadBits> {
        let (length, symbol) = table.look_up(self.peek()).ok_or(BadBits)?;
        self.consume(length)?;
        Ok(symbol)
    }

    /// A signed value of `size` (0 to 15) bits (T.81, F.2.2.1, EXTEND). Wants a
    /// [`refill`](Self::refill) before.
    #[inline(always)]
    pub fn value(&mut self, size: u32) -> Result<i32, BadBits> {
        let bits = self.take(size)? as i32;
        let negative = bits < (1 << size >> 1);
        Ok(if negative {
            bits - (1 << size) + 1
        } else {
            bits
        })
    }

    /// The bits left in the byte at hand, 0 to 7 of them, as a number with their count.
    pub fn rest_of_byte(&mut self) -> (u8, u32) {
        self.refill();
        let count = self.loaded % 8;
        let bits = self.take(count).unwrap_or(0);
        (bits as u8, count)
    }

    /// The first byte that is not loaded: not before [`position`](Self::position).
    #[inline(always)]
    pub fn loaded_to(&self) -> usize {
        self.position
    }

    /// Where the next bit lies.
    pub fn position(&self) -> BitPosition {
        let mut byte = self.position;
        for _ in 0..self.loaded.div_ceil(8) {
            byte -= match self.data[..byte] {
                [.., 0xff, 0x00] => 2,
                [] => 0,
                _ => 1,
            };
        }
        BitPosition {
            byte,
            bit: (8 - self.loaded % 8) as u8 % 8,
        }
    }
}

/// Loads byte after byte, up to a marker; gives the window, its bits, and the bytes used. Apart from
/// the reader, lest that be kept in memory.
#[inline(never)]
fn refill_bytes(mut data: &[u8], mut window: u64, mut loaded: u32) -> (u64, u32, usize) {
    let before = data.len();
    // The fast path may have left bits of the byte that comes next.
    window &= !(u64::MAX >> loaded);
    while loaded <= 56 {
        let (byte, rest) = match data {
            [0xff, 0x00, rest @ ..] => (0xff, rest),
            [0xff, ..] | [] => break,
            [byte, rest @ ..] => (*byte, rest),
        };
        window |= u64::from(byte) << (56 - loaded);
        loaded += 8;
        data = rest;
    }
    (window, loaded, before - data.len())
}

/// The bits of a byte that is not full yet, between slices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartialByte {
    /// Its bits from the top, zeros below.
    pub bits: u8,
    /// How many there are, 0 to 7.
    pub count: u8,
}

/// Writes bits to a slice, stuffing a zero after each FF.
#[derive(Debug)]
pub struct BitWriter<'a> {
    output: &'a mut [u8],
    position: usize,
    /// Bits not written yet, from the top; zeros below.
    window: u64,
    count: u32,
    overflow: bool,
}

/// A place to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    position: usize,
    window: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    /// Goes on after `partial` into `output`.
    pub fn new(output: &'a mut [u8], partial: PartialByte) -> Self {
        let count = u32::from(partial.count & 7);
        BitWriter {
            output,
            position: 0,
            window: u64::from(partial.bits) << 56 & !(u64::MAX >> count),
            count,
            overflow: false,
        }
    }

    /// Room left in the slice.
    #[inline(always)]
    pub fn room(&self) -> usize {
        self.output.len() - self.position
    }

    /// What [`rewind`](Self::rewind) goes back to.
    #[inline(always)]
    pub fn mark(&self) -> Mark {
        Mark {
            position: self.position,
            window: self.window,
            count: self.count,
        }
    }

    /// Forgets what was written since `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.position = mark.position;
        self.window = mark.window;
        self.count = mark.count;
    }

    /// Writes the low `count` (0 to 32) bits of `bits`, which has no others set.
    #[inline(always)]
    pub fn put(&mut self, bits: u32, count: u32) {
        if self.count > 32 {
            self.flush();
        }
        self.window |= (u64::from(bits) << 32 << (32 - count.min(32))) >> self.count;
        self.count += count.min(32);
    }

    #[inline(always)]
    fn flush(&mut self) {
        let bytes = (self.count / 8) as usize;
        let inverse = !self.window;
        let stuffed =
            inverse.wrapping_sub(0x0101_0101_0101_0101) & self.window & 0x8080_8080_8080_8080;
        match self.output[self.position..].first_chunk_mut() {
            Some(chunk) if stuffed == 0 => {
                *chunk = self.window.to_be_bytes();
                self.position += bytes;
            }
            _ => {
                for &byte in &self.window.to_be_bytes()[..bytes] {
                    self.push(byte);
                    if byte == 0xff {
                        self.push(0);
                    }
                }
            }
        }
        self.window = self.window.checked_shl(8 * bytes as u32).unwrap_or(0);
        self.count %= 8;
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        match self.output.get_mut(self.position) {
            Some(place) => {
                *place = byte;
                self.position += 1;
            }
            None => self.overflow = true,
        }
    }

    /// Fills the byte at hand with the bits of `pad`, low bit first.
    pub fn pad(&mut self, pad: u8) {
        let mut bit = 0;
        while !self.count.is_multiple_of(8) {
            self.put(u32::from(pad >> bit & 1), 1);
            bit += 1;
        }
    }

    /// Writes a marker. The byte at hand must be full.
    pub fn marker(&mut self, marker: u8) {
        self.flush();
        self.push(0xff);
        self.push(marker);
    }

    /// Ends work on this slice: the partial byte to go on with, and the bytes written. `None` if
    /// the slice was too small.
    pub fn finish(mut self) -> Option<(PartialByte, usize)> {
        self.flush();
        let partial = PartialByte {
            bits: (self.window >> 56) as u8,
            count: self.count as u8,
        };
        (!self.overflow).then_some((partial, self.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_taken_wherever_slices_end() {
        let values = |i: u32| (i.wrapping_mul(0x9e37_79b9) >> 7, i * 7 % 17);
        let low = |bits: u32, count: u32| bits & ((1 << count) - 1);
        let mut bytes = [0; 6000];
        let (mut partial, mut at) = (PartialByte::default(), 0);
        for chunk in 0..200 {
            let mut writer = BitWriter::new(&mut bytes[at..], partial);
            for i in chunk * 10..chunk * 10 + 10 {
                let (bits, count) = values(i);
                // Plenty of FF bytes.
                writer.put(low(bits | (0x7ffc * (i % 3)), count), count);
            }
            let length;
            (partial, length) = writer.finish().unwrap();
            at += length;
        }
        let mut writer = BitWriter::new(&mut bytes[at..], partial);
        writer.pad(0xff);
        at += writer.finish().unwrap().1;
        let bytes = &bytes[..at];
        assert!(bytes.windows(2).filter(|w| w[0] == 0xff).all(|w| w[1] == 0));

        let mut start = BitPosition::default();
        for chunk in 0..200 {
            let mut reader = BitReader::new(&bytes[start.byte..], BitPosition { byte: 0, ..start });
            for i in chunk * 10..chunk * 10 + 10 {
                let (bits, count) = values(i);
                reader.refill();
                assert_eq!(
                    reader.take(count),
                    Ok(low(bits | (0x7ffc * (i % 3)), count))
                );
            }
            let next = reader.position();
            start = BitPosition {
                byte: start.byte + next.byte,
                ..next
            };
        }
    }

    #[test]
    fn markers_and_ends_stop_reading() {
        for data in [
            &[0xab, 0xff, 0x00, 0xff, 0xd0, 0x12][..],
            &[0xab, 0xff, 0x00],
        ] {
            let mut reader = BitReader::new(data, BitPosition { byte: 0, bit: 4 });
            assert_eq!(reader.take(12), Ok(0xbff));
            reader.refill();
            assert_eq!(reader.position(), BitPosition { byte: 3, bit: 0 });
            assert_eq!(reader.take(1), Err(BadBits));
            assert_eq!(reader.rest_of_byte(), (0, 0));
        }
    }

    #[test]
    fn values_extend() {
        let mut reader = BitReader::new(&[0x4d, 0x80], BitPosition::default());
        assert_eq!(reader.value(0), Ok(0));
        assert_eq!(reader.value(1), Ok(-1));
        assert_eq!(reader.value(1), Ok(1));
        assert_eq!(reader.value(2), Ok(-3));
        assert_eq!(reader.value(2), Ok(3));
        assert_eq!(reader.value(2), Ok(-2));
        assert_eq!(reader.position(), BitPosition { byte: 1, bit: 0 });
        assert_eq!(reader.take(1), Ok(1));
        assert_eq!(reader.rest_of_byte(), (0, 7));
    }

    #[test]
    fn small_slices_overflow() {
        let mut bytes = [0; 3];
        let mut writer = BitWriter::new(
            &mut bytes,
            PartialByte {
                bits: 0xff,
                count: 7,
            },
        );
        writer.put(0x1ff, 9);
        assert_eq!(writer.finish(), None);
    }
}
