//! What is accepted as a JPEG must round-trip, in any partitions and any range.
#![no_main]

use std::num::NonZero;

use lentil::{Error, Options};
use libfuzzer_sys::fuzz_target;

// The options stand behind the JPEG, so that JPEGs as they are can be seeds.
fuzz_target!(|data: &[u8]| {
    let Some((jpeg, &[choice, from, to])) = data.split_last_chunk() else {
        return;
    };
    let mut options = Options::default();
    options.limits.memory = 32 << 20;
    options.verify = choice & 0x40 != 0;
    options.own_version = choice & 0x80 != 0;
    options.partitions = NonZero::new(choice & 31).filter(|n| n.get() <= 16);
    // Odd bytes ask for a range, which need not lie in the file.
    if from & 1 != 0 {
        let place = |byte: u8| jpeg.len() as u64 * u64::from(byte) / 250;
        options.range = Some(place(from)..place(to));
    }
    let mut lep = Vec::new();
    match lentil::compress_slice(jpeg, &mut lep, &options) {
        Ok(_) => {}
        Err(error @ (Error::Mismatch { .. } | Error::Corrupt(_) | Error::Changed)) => {
            panic!("accepted, but not restored: {error}")
        }
        Err(_) => return,
    }
    let mut restored = Vec::new();
    lentil::decompress(&lep[..], &mut restored, &options).expect("what was compressed restores");
    let wanted = match options.range {
        Some(range) => &jpeg[range.start as usize..range.end as usize],
        None => jpeg,
    };
    assert!(restored == wanted, "restored bytes differ");
});
