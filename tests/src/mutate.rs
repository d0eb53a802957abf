//! Deterministic random damage to a byte string.

use crate::rng::Rng;

/// A damaged copy of `bytes`: one to eight random edits, chosen by `seed` alone.
///
/// The edits are bit flips, bytes set, insertions, deletions, truncations, block copies and runs of 0xFF.
/// The result may be empty, and is at most some 2 KB longer than the input.
#[must_use]
pub fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut out = bytes.to_vec();
    for _ in 0..=rng.below(8) {
        edit(&mut out, &mut rng);
    }
    out
}

fn edit(out: &mut Vec<u8>, rng: &mut Rng) {
    if out.is_empty() {
        *out = rng.bytes(4);
        return;
    }
    let at = position(out.len(), rng);
    match rng.below(16) {
        0..=4 => out[at] ^= 1 << rng.below(8),
        5..=8 => out[at] = telling_byte(rng),
        9 | 10 => {
            let n = 1 + rng.below(16);
            let new = rng.bytes(n);
            out.splice(at..at, new);
        }
        11 | 12 => {
            let n = 1 + rng.below(16);
            out.drain(at..(at + n).min(out.len()));
        }
        13 => copy_block(out, at, rng),
        14 => {
            let end = (at + 1 + rng.below(32)).min(out.len());
            out[at..end].fill(0xFF);
        }
        _ => {
            // Truncation ends the other edits' effect, so it is the rarest.
            if rng.one_in(2) {
                out.truncate(at);
            }
        }
    }
}

/// Half of the edits go to the first KB, where headers are.
fn position(len: usize, rng: &mut Rng) -> usize {
    let end = if rng.one_in(2) { len.min(1024) } else { len };
    rng.below(end)
}

/// Values at the edges of what fields and markers hold are more likely than others.
fn telling_byte(rng: &mut Rng) -> u8 {
    const TELLING: [u8; 12] = [
        0, 1, 2, 0x0F, 0x10, 0x7F, 0x80, 0xC0, 0xC4, 0xD9, 0xDA, 0xFF,
    ];
    if rng.one_in(2) {
        TELLING[rng.below(TELLING.len())]
    } else {
        rng.next_u64() as u8
    }
}

fn copy_block(out: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let from = position(out.len(), rng);
    let n = (1 + rng.below(256)).min(out.len() - from);
    let block = out[from..from + n].to_vec();
    if rng.one_in(2) {
        out.splice(at..at, block);
    } else {
        let n = n.min(out.len() - at);
        out[at..at + n].copy_from_slice(&block[..n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_damage_and_most_seeds_change_something() {
        let input = Rng::new(1).bytes(5000);
        let mut changed = 0;
        for seed in 0..1000 {
            let damaged = mutate(&input, seed);
            assert_eq!(damaged, mutate(&input, seed));
            assert!(damaged.len() <= input.len() + 8 * 256);
            changed += usize::from(damaged != input);
        }
        assert!(changed > 900, "only {changed} of 1000 differ");
    }

    #[test]
    fn empty_and_single_bytes_are_taken() {
        for seed in 0..200 {
            let _ = mutate(&[], seed);
            let _ = mutate(&[7], seed);
        }
    }
}
