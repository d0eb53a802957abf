//! The boolean entropy coder that VP8 and Lepton share (RFC 6386, section 7).
//!
//! A decision with probability `p / 256` of being false narrows a range of 128 to 255 values.
//! [`Decoder`] and [`Encoder`] are the states between calls; [`Reader`] and [`Writer`] are the same
//! states at work on a slice of bytes, from `attach` to `detach`. A state holds everything that the
//! next decision depends on, so that a stream can be cut into slices anywhere.
//!
//! Before every group of at most [`GROUP`] decisions the caller calls `prepare`, which moves
//! whole bytes between the slice and a 64-bit window. One decision shifts the window by at most
//! seven bits; [`GROUP`] of them fit without another look at the slice.

/// How many decisions one `prepare` is good for.
pub const GROUP: usize = 6;

/// Range, window and split have their eight active bits on top.
const TOP: u32 = 56;
const ONE: u64 = 1 << TOP;
/// The encoder's range, which has them on top, too, is no wider than a register.
const ENCODER_TOP: u32 = usize::BITS - 8;
const ENCODER_ONE: usize = 1 << ENCODER_TOP;

/// The split of a range (RFC 6386, section 7.3): `1 + (((range - 1) * probability) >> 8)`.
#[inline(always)]
fn split(range: u64, probability: u8) -> u64 {
    ((((range - ONE) >> 8) * u64::from(probability)) & !(ONE - 1)) + ONE
}

/// The state of a decoder between slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    /// Stream bits from the top, then a single set bit that marks their end, then zeros.
    window: u64,
    /// 128 to 255, in the top byte.
    range: u64,
    /// Bytes taken from beyond the end of the stream, where zeros are read.
    overrun: u32,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub const fn new() -> Self {
        Decoder {
            window: 1 << 63,
            range: 255 << TOP,
            overrun: 0,
        }
    }

    /// Goes on decoding from `input`, the bytes that follow those consumed so far. Past its end
    /// zeros are read.
    #[inline]
    pub fn attach(self, input: &[u8]) -> Reader<'_> {
        Reader {
            window: self.window,
            range: self.range,
            overrun: self.overrun,
            input,
            position: 0,
        }
    }

    /// How many of the bytes that decisions were made from lay beyond the end of the stream.
    /// A sound stream stays below 16, whichever encoder wrote it.
    pub fn overrun(&self) -> u32 {
        used_beyond_end(self.overrun, self.window)
    }
}

/// The window prefetches: what is still in it has not been used.
#[inline]
fn used_beyond_end(overrun: u32, window: u64) -> u32 {
    overrun.saturating_sub(63_u32.saturating_sub(window.trailing_zeros()) / 8)
}

/// A [`Decoder`] at work on a slice. Its default has no bytes and no bits: something to leave in the
/// place of one that is taken to be worked with.
#[derive(Debug, Default)]
pub struct Reader<'a> {
    window: u64,
    range: u64,
    overrun: u32,
    input: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    /// The state to go on from, and how many bytes of the slice were consumed.
    #[inline]
    pub fn detach(self) -> (Decoder, usize) {
        let state = Decoder {
            window: self.window,
            range: self.range,
            overrun: self.overrun,
        };
        (state, self.position.min(self.input.len()))
    }

    /// Bytes of the slice that are not consumed yet.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.input.len().saturating_sub(self.position)
    }

    /// As [`Decoder::overrun`].
    #[inline]
    pub fn overrun(&self) -> u32 {
        used_beyond_end(self.overrun, self.window)
    }

    /// Whether the eight bits that the next decision looks at reach beyond the end of the slice, where
    /// zeros are read. Only an encoder that writes no more bytes than it must leaves it so.
    #[inline(always)]
    pub fn exhausted(&self) -> bool {
        let in_window = 63_u64.saturating_sub(u64::from(self.window.trailing_zeros()));
        // The position goes on beyond the end.
        (self.input.len() as u64) * 8 + in_window < (self.position as u64) * 8 + 8
    }

    /// Makes sure of the bits that the next [`GROUP`] decisions need.
    #[inline(always)]
    pub fn prepare(&mut self) {
        self.prepare_for::<GROUP>();
    }

    /// Makes sure of the bits that the next `DECISIONS`, 1 to [`GROUP`], need. The fewer, the rarer a refill.
    #[inline(always)]
    pub fn prepare_for<const DECISIONS: usize>(&mut self) {
        // All but the last move by 7 bits, and that looks at 8 more: the mark lies below these. For a whole group
        // these are 43 bits, and the mark lies at bit 20 or below.
        const { assert!(DECISIONS > 0 && DECISIONS <= GROUP) };
        if self.window & ((1 << (63 - 7 * DECISIONS)) - 1) == 0 {
            self.refill();
        }
    }

    #[inline(always)]
    fn refill(&mut self) {
        // A prepare found the mark at bit 21 or above, so at least two whole bytes fit.
        let mark = self.window.trailing_zeros() & 63;
        let bytes = mark / 8;
        let next = match self
            .input
            .get(self.position..)
            .and_then(<[u8]>::first_chunk)
        {
            Some(bytes) => u64::from_be_bytes(*bytes),
            None => {
                let (next, left) = last_bytes(self.input, self.position);
                self.overrun = self.overrun.saturating_add(bytes.saturating_sub(left));
                next
            }
        };
        let new_mark = mark % 8;
        let fresh = (next >> (63 - mark)) >> new_mark << new_mark;
        self.window = (self.window ^ (1 << mark)) | fresh | (1 << new_mark);
        self.position += bytes as usize;
    }

    /// Decodes one decision; `probability` (1 to 255) is that of false, in 256ths.
    #[inline(always)]
    pub fn read(&mut self, probability: u8) -> bool {
        let split = split(self.range, probability);
        let bit = self.window >= split;
        if bit {
            self.range -= split;
            self.window -= split;
        } else {
            self.range = split;
        }
        self.normalize();
        bit
    }

    #[inline(always)]
    fn normalize(&mut self) {
        let shift = shift_of(self.range);
        self.range <<= shift;
        self.window <<= shift;
    }

    /// Decodes a decision that is better guessed than computed: the processor may go on either way
    /// before it is known.
    #[inline(always)]
    pub fn read_guessed(&mut self, probability: u8) -> bool {
        let split = split(self.range, probability);
        if self.window >= split {
            self.range -= split;
            self.window -= split;
            self.normalize();
            true
        } else {
            self.range = split;
            self.normalize();
            false
        }
    }
}

/// How far a range is below 128 to 255; it is never zero, which the compiler need not check.
#[inline(always)]
fn shift_of(range: u64) -> u32 {
    (range | 1).leading_zeros()
}

/// Fewer than eight bytes, zeros after them; and how many there are. Apart from the reader, lest
/// that be kept in memory.
#[cold]
#[inline(never)]
fn last_bytes(input: &[u8], position: usize) -> (u64, u32) {
    let rest = input.get(position..).unwrap_or(&[]);
    let mut bytes = [0; 8];
    for (place, &byte) in bytes.iter_mut().zip(rest) {
        *place = byte;
    }
    (u64::from_be_bytes(bytes), rest.len() as u32)
}

/// Adds one to the bytes written, as one number.
#[cold]
#[inline(never)]
fn carry(written: &mut [u8]) {
    for byte in written.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
}

/// Writes the first `count` bytes where fewer than eight fit; gives how many did.
#[cold]
#[inline(never)]
fn write_last(output: &mut [u8], bytes: u64, count: usize) -> usize {
    let count = count.min(output.len());
    for (place, byte) in output.iter_mut().zip(bytes.to_be_bytes()).take(count) {
        *place = byte;
    }
    count
}

/// The state of an encoder between slices.
///
/// A carry may still run through the last byte written and the 0xFF bytes after it, so these
/// are kept back until it is known that it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// The lower end of the range: eight active bits on the bottom, `count` settled ones above,
    /// and a carry above these.
    low: u64,
    /// 128 to 255, in the top byte.
    range: usize,
    count: u32,
    /// The byte that a carry would still change, once there is one.
    held: Option<u8>,
    /// How many 0xFF follow it.
    run: usize,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// An encoder at the start of a stream.
    pub const fn new() -> Self {
        Encoder {
            low: 0,
            range: 255 << ENCODER_TOP,
            count: 0,
            held: None,
            run: 0,
        }
    }

    /// Bytes that [`attach`](Self::attach) writes at once: those held back for a carry.
    pub fn held_bytes(&self) -> usize {
        self.run + usize::from(self.held.is_some())
    }

    /// Goes on encoding into `output`, which must have room for the bytes held back, those of the
    /// decisions to come (at most 7 bits each), and 16 more. Bytes that do not fit are lost, which
    /// [`Writer::detach`] reports.
    pub fn attach(self, output: &mut [u8]) -> Writer<'_> {
        let mut writer = Writer {
            low: self.low,
            range: self.range,
            count: self.count,
            position: 0,
            overflow: false,
            output,
        };
        if let Some(byte) = self.held {
            writer.push(byte);
            for _ in 0..self.run {
                writer.push(0xff);
            }
        }
        writer
    }
}

/// An [`Encoder`] at work on a slice. Its default has no room: something to leave in the place of
/// one that is taken to be worked with.
#[derive(Debug, Default)]
pub struct Writer<'a> {
    low: u64,
    range: usize,
    count: u32,
    position: usize,
    overflow: bool,
    output: &'a mut [u8],
}

impl Writer<'_> {
    /// Room left in the slice.
    #[inline]
    pub fn room(&self) -> usize {
        self.output.len() - self.position
    }

    /// Makes room for the next [`GROUP`] decisions.
    #[inline(always)]
    pub fn prepare(&mut self) {
        // 13 + 6 * 7 settled bits, 8 active ones and the carry fit into the 64.
        if self.count > 13 {
            self.flush();
        }
    }

    #[inline(always)]
    fn flush(&mut self) {
        let left = self.count % 8;
        let settled = self.low >> (8 + left);
        self.low &= (1 << (8 + left)) - 1;
        let bits = self.count - left;
        self.count = left;
        if settled >> bits != 0 {
            carry(&mut self.output[..self.position]);
        }
        let bytes = (bits / 8) as usize;
        let aligned = settled << (64 - bits);
        match self.output[self.position..].first_chunk_mut() {
            Some(chunk) => {
                *chunk = aligned.to_be_bytes();
                self.position += bytes;
            }
            None => {
                let written = write_last(&mut self.output[self.position..], aligned, bytes);
                self.position += written;
                self.overflow |= written < bytes;
            }
        }
    }

    fn push(&mut self, byte: u8) {
        match self.output.get_mut(self.position) {
            Some(place) => {
                *place = byte;
                self.position += 1;
            }
            None => self.overflow = true,
        }
    }

    /// Encodes one decision; `probability` (1 to 255) is that of false, in 256ths.
    #[inline(always)]
    pub fn write(&mut self, probability: u8, bit: bool) {
        let below = ((self.range - ENCODER_ONE) >> 8) * usize::from(probability);
        let split = (below & !(ENCODER_ONE - 1)) + ENCODER_ONE;
        // Without a branch: what is coded is what could not be foreseen.
        let mask = usize::from(bit).wrapping_neg();
        self.low += ((split >> ENCODER_TOP) & mask) as u64;
        self.range = split ^ ((split ^ (self.range - split)) & mask);
        let shift = (self.range | 1).leading_zeros();
        self.range <<= shift;
        self.low <<= shift;
        self.count += shift;
    }

    /// The state to go on from, and how many bytes of the slice are final; `None` if the slice
    /// was too small.
    pub fn detach(self) -> Option<(Encoder, usize)> {
        if self.overflow {
            return None;
        }
        let written = &self.output[..self.position];
        let run = written.iter().rev().take_while(|&&b| b == 0xff).count();
        let held = written[..self.position - run].last().copied();
        let state = Encoder {
            low: self.low,
            range: self.range,
            count: self.count,
            held,
            run,
        };
        Some((state, self.position - state.held_bytes()))
    }

    /// Ends the stream as [`finish`](Self::finish) does, but with all of the eight bits that a decoder would look at next,
    /// and one more: VP8 decoders take a stream without them for one that is cut short (libvpx as
    /// [`Reader::exhausted`] does, ffmpeg when it has no bit beyond).
    pub fn finish_whole(self) -> Option<usize> {
        let bits = self.position * 8 + self.count as usize + 9;
        let mut writer = self;
        let output = core::mem::take(&mut writer.output);
        let len = Writer {
            output: &mut *output,
            ..writer
        }
        .finish()?;
        let whole = bits.div_ceil(8).max(len);
        output.get_mut(len..whole)?.fill(0);
        Some(whole)
    }

    /// Ends the stream with as few bytes as lead a decoder, which reads zeros after them, to the
    /// same decisions; at least one byte. Gives the bytes written; `None` if the slice was too
    /// small.
    pub fn finish(mut self) -> Option<usize> {
        self.prepare();
        let range = (self.range >> ENCODER_TOP) as u64;
        // Of the values in the range, that with the most zeros at its end.
        let mut value = self.low;
        for bits in 0..8 {
            let mask = (1u64 << bits) - 1;
            let rounded = (self.low + mask) & !mask;
            if rounded < self.low + range {
                value = rounded;
            }
        }
        self.low = value;
        let pad = 8 - self.count % 8;
        self.low <<= pad + 8;
        self.count += pad + 8;
        self.flush();
        if self.overflow {
            return None;
        }
        // At most the two bytes just flushed are zeros that need not be there.
        for _ in 0..2 {
            if self.position > 1 && self.output[self.position - 1] == 0 {
                self.position -= 1;
            }
        }
        Some(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    /// A small generator for test material (SplitMix64).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    /// Decisions that follow their probabilities, mostly.
    fn decisions(seed: u64, count: usize) -> Vec<(u8, bool)> {
        let mut random = Random(seed);
        (0..count)
            .map(|_| {
                let r = random.next();
                let p = match r >> 60 {
                    0 => 1,
                    1 => 255,
                    _ => (r as u8).max(1),
                };
                let bit = (r >> 32) as u8 >= p;
                (p, bit ^ ((r >> 40) & 63 == 0))
            })
            .collect()
    }

    fn encode(decisions: &[(u8, bool)], slice: usize) -> Vec<u8> {
        let mut bytes = vec![];
        let mut state = Encoder::new();
        for part in decisions.chunks(slice) {
            let mut buffer = vec![0xaa; state.held_bytes() + part.len() + 24];
            let mut writer = state.attach(&mut buffer);
            for group in part.chunks(GROUP) {
                writer.prepare();
                for &(p, bit) in group {
                    writer.write(p, bit);
                }
            }
            let (next, done) = writer.detach().unwrap();
            bytes.extend_from_slice(&buffer[..done]);
            state = next;
        }
        let mut buffer = vec![0; state.held_bytes() + 24];
        let done = state.attach(&mut buffer).finish().unwrap();
        bytes.extend_from_slice(&buffer[..done]);
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        for seed in 0..200 {
            let decisions = decisions(seed, 5000);
            let bytes = encode(&decisions, usize::MAX);
            let mut reader = Decoder::new().attach(&bytes);
            for group in decisions.chunks(GROUP) {
                reader.prepare();
                for &(p, bit) in group {
                    assert_eq!(reader.read(p), bit);
                }
            }
            let (state, consumed) = reader.detach();
            assert_eq!(consumed, bytes.len());
            assert!(state.overrun() < 4, "{}", state.overrun());
        }
    }

    #[test]
    fn slices_do_not_matter() {
        for seed in 0..50 {
            let decisions = decisions(seed, 3000);
            let bytes = encode(&decisions, usize::MAX);
            assert_eq!(bytes, encode(&decisions, 6));
            assert_eq!(bytes, encode(&decisions, 66));

            // A reader may be moved on whenever the slice holds the bytes that a group can use.
            let mut state = Decoder::new();
            let mut from = 0;
            for group in decisions.chunks(GROUP) {
                let to = (from + 16).min(bytes.len());
                let mut reader = state.attach(&bytes[from..to]);
                reader.prepare();
                for &(p, bit) in group {
                    assert_eq!(reader.read(p), bit);
                }
                let consumed;
                (state, consumed) = reader.detach();
                from += consumed;
            }
        }
    }

    #[test]
    fn carries_run_through_held_bytes() {
        // Likely decisions at the top of the range, then an unlikely one at the bottom of it, and
        // the reverse: the settled bytes become 0xff and are then carried into, now and then.
        let mut all = vec![];
        for length in 1..400 {
            all.extend((0..length).map(|_| (1, true)));
            all.push((128, length % 2 == 0));
            all.push((255, true));
        }
        let bytes = encode(&all, 12);
        assert_eq!(bytes, encode(&all, usize::MAX));
        let mut reader = Decoder::new().attach(&bytes);
        for group in all.chunks(GROUP) {
            reader.prepare();
            for &(p, bit) in group {
                assert_eq!(reader.read(p), bit);
            }
        }
    }

    #[test]
    fn a_slice_too_small_is_reported() {
        let mut buffer = [0; 4];
        let mut writer = Encoder::new().attach(&mut buffer);
        for _ in 0..40 {
            writer.prepare();
            writer.write(1, false);
        }
        assert!(writer.detach().is_none());
    }

    #[test]
    fn a_reader_is_exhausted_when_the_last_byte_has_moved() {
        // Even decisions move by a bit each, but for the first.
        let mut reader = Decoder::new().attach(&[0x5a; 20]);
        for bits in 0..200 {
            assert_eq!(reader.exhausted(), bits > 153, "{bits}");
            reader.prepare();
            reader.read(128);
        }
        assert!(Decoder::new().attach(&[]).exhausted());
    }

    #[test]
    fn a_whole_stream_is_not_exhausted_at_its_end() {
        for count in 0..300 {
            let all = decisions(count as u64, count);
            let mut buffer = vec![0; count + 16];
            let mut writer = Encoder::new().attach(&mut buffer);
            for &(p, bit) in &all {
                writer.prepare();
                writer.write(p, bit);
            }
            let len = writer.finish_whole().unwrap();
            let mut reader = Decoder::new().attach(&buffer[..len]);
            for &(p, bit) in &all {
                reader.prepare();
                assert_eq!(reader.read(p), bit);
            }
            assert!(!reader.exhausted());
        }
        assert_eq!(Encoder::new().attach(&mut [0]).finish_whole(), None);
    }

    #[test]
    fn an_endless_reader_knows_that_it_is() {
        let mut reader = Decoder::new().attach(&[]);
        for _ in 0..100 {
            reader.prepare();
            reader.read(1);
        }
        assert!(reader.detach().0.overrun() > 60);
    }
}
