//! VP8 frames for tests: headers of every kind, followed by random bits, which are as good as any; and damage to frames.
//!
//! Whatever has to be chosen is drawn from a [`Draw`], a random source or a fuzzer's bytes.

use crate::mutate::mutate;
use crate::rng::Rng;
use lentil_core::bool_coder::{Encoder, Writer};

/// Where choices come from.
pub trait Draw {
    /// A number in `0..bound`; `bound` is not 0.
    fn draw(&mut self, bound: usize) -> usize;

    /// True once in `n` times.
    fn once_in(&mut self, n: usize) -> bool {
        self.draw(n) == 0
    }
}

impl Draw for Rng {
    fn draw(&mut self, bound: usize) -> usize {
        self.below(bound)
    }
}

/// A fuzzer's bytes, as choices: zeros when they have run out.
#[derive(Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Draw for Bytes<'_> {
    fn draw(&mut self, bound: usize) -> usize {
        let mut value = 0;
        let mut reach = 1;
        while reach < bound {
            let (byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
            value = value << 8 | usize::from(*byte);
            self.0 = rest;
            reach <<= 8;
        }
        value % bound
    }
}

/// Single values of a header (RFC 6386, section 8).
struct Header<'a, 'd, D> {
    writer: Writer<'a>,
    choices: &'d mut D,
}

impl<D: Draw> Header<'_, '_, D> {
    fn flag(&mut self, bit: bool) -> bool {
        self.writer.prepare();
        self.writer.write(128, bit);
        bit
    }

    fn literal(&mut self, bits: u32, value: usize) {
        for bit in (0..bits).rev() {
            self.flag(value >> bit & 1 == 1);
        }
    }

    /// A flag that is set once in `n` times.
    fn sometimes(&mut self, n: usize) -> bool {
        let bit = self.choices.once_in(n);
        self.flag(bit)
    }

    /// A number of so many bits, the extremes more likely than others.
    fn number(&mut self, bits: u32) {
        let most = (1 << bits) - 1;
        let value = match self.choices.draw(4) {
            0 => 0,
            1 => most,
            _ => self.choices.draw(most + 1),
        };
        self.literal(bits, value);
    }

    /// A signed number of so many bits that may be missing.
    fn optional(&mut self, bits: u32) {
        if self.sometimes(2) {
            self.number(bits);
            self.sometimes(2);
        }
    }

    /// Section 9.3.
    fn segmentation(&mut self) {
        if !self.sometimes(2) {
            return;
        }
        let (map, values) = (self.sometimes(2), self.sometimes(2));
        if values {
            self.sometimes(2);
            (0..4).for_each(|_| self.optional(7));
            (0..4).for_each(|_| self.optional(6));
        }
        if map {
            for _ in 0..3 {
                if self.sometimes(2) {
                    self.number(8);
                }
            }
        }
    }

    /// Sections 9.3 and 9.6.
    fn filter(&mut self) {
        self.sometimes(2);
        self.number(6);
        self.number(3);
        if self.sometimes(2) && self.sometimes(2) {
            (0..8).for_each(|_| self.optional(6));
        }
    }

    /// Section 9.7.
    fn references(&mut self) {
        let fresh = [self.sometimes(3), self.sometimes(3)];
        for _ in fresh.iter().filter(|fresh| !**fresh) {
            // 3 is not allowed.
            let source = if self.choices.once_in(50) {
                3
            } else {
                self.choices.draw(3)
            };
            self.literal(2, source);
        }
        self.sometimes(2);
        self.sometimes(2);
    }
}

/// A frame with a header of its own, and random bits for all else. `size` makes it a key frame.
pub fn made_frame(choices: &mut impl Draw, size: Option<(u16, u16)>) -> Vec<u8> {
    long_frame(choices, size, 400)
}

/// As [`made_frame`], but each token partition has up to so many bytes, and so has the first one.
pub fn long_frame(choices: &mut impl Draw, size: Option<(u16, u16)>, most: usize) -> Vec<u8> {
    let mut rng = Rng::new(choices.draw(1 << 32) as u64);
    let mut first = vec![0; 4096 + most];
    let mut header = Header {
        writer: Encoder::new().attach(&mut first),
        choices,
    };
    if size.is_some() {
        header.sometimes(2);
        header.sometimes(2);
    }
    header.segmentation();
    header.filter();
    let log_partitions = header.choices.draw(4);
    header.literal(2, log_partitions);
    header.number(7);
    (0..5).for_each(|_| header.optional(4));
    if size.is_none() {
        header.references();
    }
    header.sometimes(2);
    if size.is_none() {
        let keeps = header.choices.once_in(5);
        header.flag(!keeps);
    }
    // From here on the decoder samples its own distributions.
    for _ in 0..header.choices.draw(15 * most) {
        header.flag(rng.one_in(2));
    }
    let Header { writer, .. } = header;
    let len = writer.finish().expect("room for header and bits");
    first.truncate(len);
    let mut frame = tag(choices, len, size);
    frame.extend_from_slice(&first);
    append_partitions(choices, &mut rng, 1 << log_partitions, most, &mut frame);
    frame
}

/// The frame tag, and a key frame's start code and size (section 9.1).
fn tag(choices: &mut impl Draw, first_len: usize, size: Option<(u16, u16)>) -> Vec<u8> {
    let version = choices.draw(4);
    let shown = usize::from(!choices.once_in(4));
    let bits = usize::from(size.is_none()) | version << 1 | shown << 4 | first_len << 5;
    let mut frame = (bits as u32).to_le_bytes()[..3].to_vec();
    if let Some((width, height)) = size {
        frame.extend([0x9d, 0x01, 0x2a]);
        frame.extend(width.to_le_bytes());
        frame.extend(height.to_le_bytes());
    }
    frame
}

/// Token partitions (section 9.5), mostly short: what is missing reads as zeros.
fn append_partitions(
    choices: &mut impl Draw,
    rng: &mut Rng,
    count: usize,
    most: usize,
    frame: &mut Vec<u8>,
) {
    let lens: Vec<usize> = (0..count).map(|_| choices.draw(most)).collect();
    for len in &lens[..count - 1] {
        frame.extend(&(*len as u32).to_le_bytes()[..3]);
    }
    for len in lens {
        match choices.draw(4) {
            // Many end-of-block tokens.
            0 => frame.extend(std::iter::repeat_n(0, len)),
            _ => frame.extend(rng.bytes(len)),
        }
    }
}

/// A damaged copy of a frame: its tag, its size or its partitions changed, or any bytes.
pub fn damaged_frame(choices: &mut impl Draw, frame: &[u8]) -> Vec<u8> {
    let mut out = frame.to_vec();
    match choices.draw(8) {
        0 if out.len() >= 3 => {
            let bits = choices.draw(32) as u8;
            // All but the key frame bit, more often than not.
            let kept = if choices.once_in(8) { 0xe0 } else { 0xe1 };
            out[0] = out[0] & kept | bits & !kept;
        }
        1 if out.len() >= 10 => {
            let at = 6 + choices.draw(4);
            out[at] = match choices.draw(3) {
                0 => out[at].wrapping_add(1),
                1 => out[at] ^ 0x40,
                _ => out[at].wrapping_sub(1),
            };
        }
        2 if out.len() >= 3 => {
            let tag = u32::from_le_bytes([out[0], out[1], out[2], 0]);
            let first = (tag >> 5)
                .wrapping_add(choices.draw(33) as u32)
                .wrapping_sub(16);
            out[..3].copy_from_slice(&(tag & 0x1f | first << 5).to_le_bytes()[..3]);
        }
        3 => out.truncate(choices.draw(frame.len() + 1)),
        4 if !out.is_empty() => {
            // Within the compressed header.
            let at = choices.draw(out.len().min(40));
            out[at] ^= 1 << choices.draw(8);
        }
        5 if !out.is_empty() => {
            for _ in 0..=choices.draw(6) {
                let at = choices.draw(frame.len());
                out[at] = choices.draw(256) as u8;
            }
        }
        _ => out = mutate(frame, choices.draw(1 << 32) as u64),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vp8::Decoder;
    use lentil_core::vp8::Limits;

    #[test]
    fn made_frames_decode() {
        let mut rng = Rng::new(5);
        let mut decoder = Decoder::default();
        let key = made_frame(&mut rng, Some((40, 24)));
        let _ = decoder.decode(&key, &Limits::NONE);
        let mut decoded = 0;
        for at in 1..500 {
            let size = (at % 10 == 0).then_some((1 + at, 40));
            let frame = made_frame(&mut rng, size);
            decoded += usize::from(decoder.decode(&frame, &Limits::NONE).is_ok());
        }
        assert!(decoded > 300, "{decoded}");
    }
}
