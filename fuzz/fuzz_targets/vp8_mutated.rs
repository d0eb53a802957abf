//! Sound streams with frames that are damaged, or made with headers of every kind, as the fuzzer's bytes choose.
#![no_main]

use lentil_core::vp8::Limits;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{Decoder, STREAMS, decode_twice, ivf_frames};
use lentil_tests::vp8_maker::{Bytes, Draw, damaged_frame, made_frame};
use libfuzzer_sys::fuzz_target;

/// Larger pictures only make the fuzzer slow.
const LIMITS: Limits = Limits {
    width: 1000,
    height: 1000,
    macroblocks: 100,
};

fuzz_target!(|data: &[u8]| {
    let mut choices = Bytes(data);
    let mut rng = Rng::new(data.len() as u64);
    let (mut decoder, mut spoiled) = (Decoder::default(), Decoder::default());
    let stream = ivf_frames(STREAMS[choices.draw(STREAMS.len())]);
    for frame in stream.iter().cycle().take(24) {
        let frame = match choices.draw(8) {
            0..3 => frame.to_vec(),
            3..5 => made_frame(&mut choices, None),
            5 if choices.once_in(4) => {
                let size = (1 + choices.draw(80) as u16, 1 + choices.draw(80) as u16);
                made_frame(&mut choices, Some(size))
            }
            _ => damaged_frame(&mut choices, frame),
        };
        let byte = || rng.next_u64() as u8;
        let _ = decode_twice(&mut decoder, &mut spoiled, &frame, &LIMITS, byte);
        if choices.0.is_empty() {
            break;
        }
    }
});
