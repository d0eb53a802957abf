//! Damaged .lep files of ours: what is restored without an error must be the original.
#![no_main]

use std::num::NonZero;
use std::sync::LazyLock;

use lentil::Options;
use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::mutate::mutate;
use libfuzzer_sys::fuzz_target;

/// Larger files only make the fuzzer slow.
const MOST_BYTES: usize = 16_000;

/// Small files of every kind, each with its original.
static FILES: LazyLock<Vec<(Vec<u8>, Vec<u8>)>> = LazyLock::new(|| {
    let made = catalogue().into_iter().map(|(_, spec)| make(&spec));
    let small = made.filter(|jpeg| jpeg.len() <= MOST_BYTES);
    let compressed = small.enumerate().map(|(number, jpeg)| {
        let mut options = Options::default();
        options.partitions = NonZero::new(1 + (number % 3) as u8);
        options.own_version = number % 5 == 0;
        let mut lep = Vec::new();
        lentil::compress_slice(&jpeg, &mut lep, &options).expect("made JPEGs compress");
        (jpeg, lep)
    });
    compressed.collect()
});

/// Eight bytes of edits are a seed for random damage; else each three are a place and what it gets.
fn damaged(lep: &[u8], edits: &[u8]) -> Vec<u8> {
    if let Ok(seed) = edits.try_into() {
        return mutate(lep, u64::from_le_bytes(seed));
    }
    let mut damaged = lep.to_vec();
    let (edits, rest) = edits.as_chunks();
    for [low, high, change] in edits.iter().take(20) {
        let place = usize::from(u16::from_le_bytes([*low, *high])) % damaged.len();
        damaged[place] ^= change;
    }
    if let [low, high] = rest {
        let end = usize::from(u16::from_le_bytes([*low, *high])) % damaged.len();
        damaged.truncate(end);
    }
    damaged
}

// Making the files takes seconds, which must not count as the first run's.
fuzz_target!(init: { LazyLock::force(&FILES); }, |data: &[u8]| {
    let [which, edits @ ..] = data else {
        return;
    };
    let (jpeg, lep) = &FILES[usize::from(*which) % FILES.len()];
    let damaged = damaged(lep, edits);
    let mut options = Options::default();
    options.limits.memory = 32 << 20;
    let mut restored = Vec::new();
    let done = lentil::decompress(&damaged[..], &mut restored, &options);
    if done.is_ok() && damaged.get(8..12) == Some(b"LNTL") {
        assert!(restored == *jpeg, "damage was not announced");
    }
});
