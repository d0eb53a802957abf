//! Huffman tables (T.81, annexes C and F.2.2.3).

/// Codes up to this length are found with one look.
const QUICK: u32 = 9;

/// A Huffman table in both directions.
///
/// Where a table gives a symbol two codes, the last is the one to write; the others are treated
/// like no code, so that what was read is what will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuffmanTable {
    /// By the next nine bits: length of the code, then the symbol; length 0 if the code is longer.
    quick: [[u8; 2]; 1 << QUICK],
    /// By length: the least 16-bit window that holds a longer code.
    limits: [u32; 17],
    /// By length: index of the first symbol less the first code, in 16-bit wrapping arithmetic.
    offsets: [u16; 17],
    symbols: [u8; 256],
    /// By symbol: the code, and its length, 0 if there is none.
    codes: [(u16, u8); 256],
    /// Whether the lengths make a prefix code.
    complete: bool,
}

/// A table that has no code at all.
pub(super) const EMPTY: HuffmanTable = HuffmanTable {
    quick: [[0; 2]; 1 << QUICK],
    limits: [0; 17],
    offsets: [0; 17],
    symbols: [0; 256],
    codes: [(0, 0); 256],
    complete: false,
};

impl HuffmanTable {
    /// Sets the table from a DHT segment's list: how many codes have 1 to 16 bits, and the symbols
    /// in order. Gives the bytes read, `None` if `list` is too short or has over 256 symbols.
    pub(super) fn set(&mut self, list: &[u8]) -> Option<usize> {
        let (counts, rest) = list.split_first_chunk::<16>()?;
        let total = counts.iter().map(|&n| usize::from(n)).sum::<usize>();
        let symbols = rest.get(..total)?;
        self.symbols.get_mut(..total)?.copy_from_slice(symbols);
        self.symbols[total..].fill(0);
        self.codes = [(0, 0); 256];
        self.quick = [[0; 2]; 1 << QUICK];
        self.complete = true;

        let mut code = 0u32;
        let mut index = 0;
        for (length, &count) in (1..17).zip(counts) {
            self.offsets[length] = (index as u16).wrapping_sub(code as u16);
            for &symbol in &symbols[index..index + usize::from(count)] {
                self.codes[usize::from(symbol)] = (code as u16, length as u8);
                code += 1;
            }
            index += usize::from(count);
            self.complete &= code <= 1 << length;
            self.limits[length] = (code << (16 - length)).min(1 << 16);
            code <<= 1;
        }
        self.fill_quick();
        Some(16 + total)
    }

    fn fill_quick(&mut self) {
        for (symbol, &(code, length)) in self.codes.iter().enumerate() {
            let length = u32::from(length);
            if !(1..=QUICK).contains(&length) {
                continue;
            }
            let first = usize::from(code) << (QUICK - length);
            if let Some(places) = self.quick.get_mut(first..first + (1 << (QUICK - length))) {
                places.fill([length as u8, symbol as u8]);
            }
        }
    }

    /// Whether the table may be decoded with: its lengths make a prefix code.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The length of the code that the 16-bit `window` begins with, and its symbol.
    #[inline(always)]
    pub(super) fn look_up(&self, window: u16) -> Option<(u32, u8)> {
        let [length, symbol] = self.quick[usize::from(window >> (16 - QUICK))];
        if length != 0 {
            return Some((u32::from(length), symbol));
        }
        self.look_up_long(window)
    }

    #[cold]
    fn look_up_long(&self, window: u16) -> Option<(u32, u8)> {
        let length = (1..17).find(|&l| u32::from(window) < self.limits[l])?;
        let code = window >> (16 - length);
        let index = code.wrapping_add(self.offsets[length]);
        let symbol = *self.symbols.get(usize::from(index))?;
        let written = self.codes[usize::from(symbol)];
        (written == (code, length as u8)).then_some((length as u32, symbol))
    }

    /// The code of a symbol and its length; length 0 if the symbol has none.
    #[inline(always)]
    pub(super) fn code(&self, symbol: u8) -> (u16, u8) {
        self.codes[usize::from(symbol)]
    }

    /// The longest run of blocks without further coefficients that one symbol can say
    /// (T.81, table G.1); 0 if there is no such symbol at all.
    pub(super) fn longest_eob_run(&self) -> u32 {
        let longest = (0..15u32).rev().find(|&s| self.code((s << 4) as u8).1 != 0);
        longest.map_or(0, |s| (2 << s) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    fn table(counts: [u8; 16], symbols: &[u8]) -> HuffmanTable {
        let mut list: Vec<u8> = counts.into();
        list.extend_from_slice(symbols);
        let mut table = EMPTY;
        assert_eq!(table.set(&list), Some(list.len()));
        table
    }

    #[test]
    fn codes_are_those_of_annex_c() {
        // The luminance DC table of annex K.
        let counts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        let table = table(counts, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert!(table.is_complete());
        assert_eq!(table.code(0), (0b00, 2));
        assert_eq!(table.code(5), (0b110, 3));
        assert_eq!(table.code(11), (0b1_1111_1110, 9));
        assert_eq!(table.code(12), (0, 0));
        assert_eq!(table.look_up(0xff00), Some((9, 11)));
        assert_eq!(table.look_up(0xff80), None);
    }

    #[test]
    fn every_code_is_found() {
        let mut counts = [0; 16];
        counts[1] = 1;
        counts[3] = 9;
        counts[12] = 20;
        counts[15] = 100;
        let symbols: Vec<u8> = (0..130u32).map(|i| (i * 151 % 251) as u8).collect();
        let table = table(counts, &symbols);
        for &symbol in &symbols {
            let (code, length) = table.code(symbol);
            for rest in [0, 0xffff] {
                let window = (u32::from(code) << 16 | rest) >> length;
                assert_eq!(table.look_up(window as u16), Some((length.into(), symbol)));
            }
        }
    }

    #[test]
    fn of_two_codes_the_last_holds() {
        let mut counts = [0; 16];
        counts[1] = 2;
        counts[10] = 2;
        let table = table(counts, &[7, 8, 7, 7]);
        assert_eq!(table.look_up(0), None);
        assert_eq!(table.look_up(0x4000), Some((2, 8)));
        assert_eq!(table.look_up(0x8000), None);
        assert_eq!(table.look_up(0x8020), Some((11, 7)));
    }

    #[test]
    fn bad_lists_are_refused() {
        let mut table = EMPTY;
        assert_eq!(table.set(&[1; 16]), None);
        assert_eq!(table.set(&[0; 15]), None);
        assert_eq!(table.set(&[255; 16 + 255 * 16]), None);
        let mut three = [0; 19];
        three[0] = 3;
        assert_eq!(table.set(&three), Some(19));
        assert!(!table.is_complete());
    }

    #[test]
    fn eob_runs_end_at_the_longest_symbol() {
        let mut counts = [0; 16];
        counts[3] = 3;
        assert_eq!(table(counts, &[0x01, 0x30, 0x00]).longest_eob_run(), 15);
        assert_eq!(table(counts, &[0x01, 0x11, 0x00]).longest_eob_run(), 1);
        assert_eq!(table(counts, &[0x01, 0x11, 0xf0]).longest_eob_run(), 0);
    }
}
