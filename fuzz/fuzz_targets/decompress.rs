//! Arbitrary bytes as a .lep file: an error or a result, in bounded memory and time, and the same
//! from a stream by two threads as by one.
#![no_main]

use std::num::NonZero;

use lentil::Options;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut options = Options::default();
    options.limits.memory = 32 << 20;
    let mut one = Vec::new();
    let by_one = lentil::decompress(data, &mut one, &options);
    // Threads are dear: an eighth of all inputs must do.
    if data.last().is_none_or(|last| last % 8 != 0) {
        return;
    }
    options.threads = const { NonZero::new(2).unwrap() };
    let mut two = Vec::new();
    let by_two = lentil::decompress(data, &mut two, &options);
    assert_eq!(by_one.is_ok(), by_two.is_ok(), "{by_one:?} {by_two:?}");
    assert!(by_one.is_err() || one == two, "threads change the bytes");
});
