//! The frames of an IVF file, whatever they are: each is decoded twice, from the state and from its bytes, by two streams in
//! turns.
#![no_main]

use lentil_core::vp8::Limits;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{Decoder, decode_twice, ivf_frames};
use libfuzzer_sys::fuzz_target;

/// Larger pictures only make the fuzzer slow.
const LIMITS: Limits = Limits {
    width: 1000,
    height: 1000,
    macroblocks: 100,
};

fuzz_target!(|data: &[u8]| {
    let frames = ivf_frames(data);
    let mut rng = Rng::new(data.len() as u64);
    let (mut one, mut other) = (Decoder::default(), Decoder::default());
    let mut spoiled = Decoder::default();
    for (at, frame) in frames.iter().take(24).enumerate() {
        let byte = || rng.next_u64() as u8;
        let decoded = decode_twice(&mut one, &mut spoiled, frame, &LIMITS, byte);
        if let Ok(Some(decoded)) = decoded {
            let _ = one.shown(&decoded.picture);
        }
        // The other stream misses a frame now and then.
        if at % 5 != 3 {
            let byte = || rng.next_u64() as u8;
            let _ = decode_twice(&mut other, &mut spoiled, frame, &LIMITS, byte);
        }
    }
});
