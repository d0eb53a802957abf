//! What is accepted as a JPEG must round-trip, in any partitions and any range.
#![no_main]

use std::num::NonZero;

use lentil::Options;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [partitions, from, to, jpeg @ ..] = data else {
        return;
    };
    let mut options = Options::default();
    options.verify = false;
    options.own_version = partitions & 0x80 != 0;
    options.limits.memory = 64 << 20;
    options.partitions = NonZero::new(partitions & 15);
    let (start, end) = (u64::from(*from) * 7, jpeg.len() as u64 - u64::from(*to).min(jpeg.len() as u64));
    if *from != 0 {
        options.range = Some(start..end);
    }
    let mut lep = Vec::new();
    if lentil::compress_slice(jpeg, &mut lep, &options).is_err() {
        return;
    }
    let mut restored = Vec::new();
    lentil::decompress(&lep[..], &mut restored, &options).expect("what was compressed restores");
    let wanted = match options.range {
        Some(range) => &jpeg[range.start as usize..range.end as usize],
        None => jpeg,
    };
    assert!(restored == wanted, "restored bytes differ");
});
