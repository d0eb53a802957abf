//! Huffman tables: the kinds that a spec can ask for, and their codes.

use super::spec::Huffman;
use super::tables;

/// A table as DHT describes it.
#[derive(Clone, Debug)]
pub(super) struct HuffmanTable {
    /// Codes of each length 1..=16.
    pub counts: [u8; 16],
    /// Symbols by rising code.
    pub symbols: Vec<u8>,
}

impl HuffmanTable {
    /// The table of this kind. `class` is 0 for DC, 1 for AC; `uses` says how often each symbol occurs.
    pub fn new(kind: Huffman, class: usize, number: usize, uses: &[u64; 256]) -> Self {
        match kind {
            Huffman::Standard => Self::standard(class, number),
            Huffman::Optimised => Self::from_lengths(&optimal_lengths(uses)),
            Huffman::Even => Self::from_lengths(&legal(class, |_| if class == 0 { 4 } else { 8 })),
            // Seven short codes and, for AC, 169 of 16 bits.
            Huffman::Long => Self::from_lengths(&legal(class, |place| match (class, place) {
                (0, place) => 5 + place,
                (_, 0..7) => 2 + place,
                _ => 16,
            })),
        }
    }

    fn standard(class: usize, number: usize) -> Self {
        let (counts, symbols): (_, &[u8]) = match (class, number) {
            (0, 0) => (tables::LUMA_DC_COUNTS, &tables::DC_SYMBOLS),
            (0, _) => (tables::CHROMA_DC_COUNTS, &tables::DC_SYMBOLS),
            (_, 0) => (tables::LUMA_AC_COUNTS, &tables::LUMA_AC_SYMBOLS),
            _ => (tables::CHROMA_AC_COUNTS, &tables::CHROMA_AC_SYMBOLS),
        };
        Self {
            counts,
            symbols: symbols.to_vec(),
        }
    }

    fn from_lengths(lengths: &[u8; 256]) -> Self {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for length in 1..=16 {
            let of_length = (0..=255u8).filter(|&s| lengths[usize::from(s)] == length);
            let before = symbols.len();
            symbols.extend(of_length);
            counts[usize::from(length) - 1] = (symbols.len() - before) as u8;
        }
        Self { counts, symbols }
    }

    /// Code and length for each symbol, length 0 where there is none (T.81 annex C).
    pub fn codes(&self) -> [(u16, u8); 256] {
        let mut codes = [(0, 0); 256];
        let mut symbols = self.symbols.iter();
        let mut code = 0u32;
        for (count, length) in self.counts.iter().zip(1..) {
            for &symbol in symbols.by_ref().take(usize::from(*count)) {
                codes[usize::from(symbol)] = (code as u16, length);
                code += 1;
            }
            assert!(code < 1 << length, "the code of all ones is not allowed");
            code <<= 1;
        }
        codes
    }
}

/// Code lengths by a symbol's place among the legal ones of 8-bit images: DC sizes up to 11, AC sizes up to 10.
fn legal(class: usize, length: impl Fn(u8) -> u8) -> [u8; 256] {
    let is_legal = |s: usize| if class == 0 { s < 12 } else { s & 15 <= 10 };
    let mut lengths = [0; 256];
    for (place, symbol) in (0..).zip((0..256).filter(|&s| is_legal(s))) {
        lengths[symbol] = length(place);
    }
    lengths
}

/// Lengths of the best prefix code of at most 16 bits that leaves the code of all ones free (package-merge).
fn optimal_lengths(uses: &[u64; 256]) -> [u8; 256] {
    // Symbol 256 is never used; being the rarest, it takes the place of the code of all ones.
    let mut leaves: Vec<(u64, Vec<u16>)> = vec![(0, vec![256])];
    leaves.extend(
        (0..256u16)
            .map(|s| (uses[usize::from(s)], vec![s]))
            .filter(|leaf| leaf.0 > 0),
    );
    leaves.sort();
    let mut packages = leaves.clone();
    for _ in 1..16 {
        let pairs = packages
            .chunks_exact(2)
            .map(|p| (p[0].0 + p[1].0, [p[0].1.as_slice(), &p[1].1].concat()));
        packages = pairs.chain(leaves.iter().cloned()).collect();
        packages.sort_by_key(|package| package.0);
    }
    let mut lengths = [0u8; 257];
    for (_, symbols) in packages.iter().take(2 * (leaves.len() - 1)) {
        for &symbol in symbols {
            lengths[usize::from(symbol)] += 1;
        }
    }
    std::array::from_fn(|s| lengths[s])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_short_enough_and_no_table_is_overfull() {
        // Fibonacci counts want code lengths of up to 39.
        let mut uses = [0u64; 256];
        let (mut a, mut b) = (1, 1);
        for use_count in &mut uses[..40] {
            *use_count = a;
            (a, b) = (b, a + b);
        }
        for kind in [
            Huffman::Standard,
            Huffman::Optimised,
            Huffman::Even,
            Huffman::Long,
        ] {
            for class in 0..2 {
                let table = HuffmanTable::new(kind, class, 0, &uses);
                assert_eq!(
                    table.counts.iter().map(|&c| usize::from(c)).sum::<usize>(),
                    table.symbols.len()
                );
                let _ = table.codes();
            }
        }
        let lengths = optimal_lengths(&uses);
        assert!(
            lengths[..40].iter().all(|&l| (1..=16).contains(&l)),
            "every symbol that occurs has a code"
        );
        assert!(lengths[..40].is_sorted_by(|rare, common| rare >= common));
        assert_eq!(lengths[0], 16);
    }

    #[test]
    fn without_the_limit_codes_are_huffmans() {
        // Dyadic counts, of which the reserved symbol of count 0 shares the smallest.
        let mut uses = [0u64; 256];
        uses[..6].copy_from_slice(&[32, 16, 8, 4, 2, 1]);
        assert_eq!(optimal_lengths(&uses)[..6], [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn one_symbol_gets_one_bit() {
        let mut uses = [0; 256];
        uses[7] = 5;
        let table = HuffmanTable::new(Huffman::Optimised, 1, 0, &uses);
        assert_eq!(table.codes()[7], (0, 1));
        assert_eq!(table.symbols, [7]);
    }
}
