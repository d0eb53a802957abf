//! Damaged .lep files of ours: what is restored without an error must be the original.
#![no_main]

use std::num::NonZero;
use std::sync::LazyLock;

use lentil::Options;
use lentil_tests::jpeg_maker::{catalogue, make};
use libfuzzer_sys::fuzz_target;

/// Small files of every kind, each with its original.
static FILES: LazyLock<Vec<(Vec<u8>, Vec<u8>)>> = LazyLock::new(|| {
    let mut files = Vec::new();
    for (_, spec) in catalogue().into_iter().filter(|(name, _)| name != "large_420") {
        let jpeg = make(&spec);
        let mut options = Options::default();
        options.partitions = NonZero::new(1 + files.len() as u8 % 3);
        let mut lep = Vec::new();
        lentil::compress_slice(&jpeg, &mut lep, &options).expect("made JPEGs compress");
        files.push((jpeg, lep));
    }
    files
});

fuzz_target!(|data: &[u8]| {
    let [which, edits @ ..] = data else {
        return;
    };
    let (jpeg, lep) = &FILES[usize::from(*which) % FILES.len()];
    let mut damaged = lep.clone();
    // Each edit is a place and what is put there.
    for edit in edits.chunks_exact(3).take(20) {
        let place = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % damaged.len();
        damaged[place] ^= edit[2];
    }
    if edits.len() % 3 == 1 {
        damaged.truncate(damaged.len() * usize::from(edits[0]) / 256);
    }
    let mut options = Options::default();
    options.limits.memory = 64 << 20;
    let mut restored = Vec::new();
    if lentil::decompress(&damaged[..], &mut restored, &options).is_ok() && damaged.get(8..12) == Some(b"LNTL") {
        assert!(restored == *jpeg, "damage was not announced");
    }
});
