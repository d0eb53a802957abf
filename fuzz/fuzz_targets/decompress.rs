//! Arbitrary bytes as a .lep file: an error or a result, in bounded memory and time.
#![no_main]

use lentil::Options;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut options = Options::default();
    options.limits.memory = 64 << 20;
    let _ = lentil::decompress(data, std::io::sink(), &options);
});
