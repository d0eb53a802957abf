//! Films of any size, pictures and settings, as the fuzzer's bytes choose, some frames fitted to any number of bytes: each frame is
//! encoded twice, by the reference kernels and by those of the processor, the other time in memory full of garbage, and
//! decoded. Nothing may differ.
#![no_main]

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::EncodeKernels;
use lentil_simd::Detected;
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::Decoder;
use lentil_tests::vp8_encoder::{Encoder, any_most, any_settings, whole_macroblocks};
use lentil_tests::vp8_maker::{Bytes, Draw};
use libfuzzer_sys::fuzz_target;

/// More than any of these frames needs.
const ROOM: usize = 1 << 16;

/// A picture of this size: the fuzzer's bytes over and over, or something more like a picture.
fn source(data: &[u8], choices: &mut Bytes, [width, height]: [u16; 2], frame: u32) -> Vec<u8> {
    let made = Scene::ALL[choices.draw(Scene::ALL.len())].i420(width, height, frame);
    let raw = choices.once_in(3) && !data.is_empty();
    let i420 = if raw {
        let from = choices.draw(data.len());
        let bytes = data.iter().cycle().skip(from);
        bytes.take(made.len()).copied().collect()
    } else {
        made
    };
    whole_macroblocks(&i420, width, height)
}

fn encode(kernels: impl EncodeKernels, data: &[u8]) {
    let mut choices = Bytes(data);
    let mut rng = Rng::new(data.len() as u64);
    let (mut one, mut other) = (Encoder::new(Scalar), Encoder::new(kernels));
    let mut decoder = Decoder::default();
    one.with_trial = choices.once_in(2);
    other.with_trial = one.with_trial;
    let mut size = [0; 2];
    for frame in 0..4 {
        let key_frame = frame == 0 || choices.once_in(4);
        if key_frame {
            size = [(); 2].map(|()| 1 + choices.draw(48) as u16);
        }
        let wild = choices.once_in(4);
        let settings = any_settings(&mut choices, key_frame.then_some(size), wild);
        if !key_frame && !one.state.has_key_frame() {
            continue;
        }
        size = settings
            .key_frame
            .unwrap_or([one.state.width, one.state.height]);
        let source = source(data, &mut choices, size, frame);
        let room = if choices.once_in(8) {
            choices.draw(2000)
        } else {
            ROOM
        };
        let most = any_most(&mut choices);
        let before = (one.state, one.segments.clone(), one.references.clone());
        let first = one.encode_within(&source, &settings, most, room);
        other.spoil(|| rng.next_u64() as u8);
        let second = other.encode_within(&source, &settings, most, room);
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(first), Err(second)) => {
                assert_eq!(first, second);
                assert!(before == (one.state, one.segments.clone(), one.references.clone()));
                continue;
            }
            (first, second) => panic!("{:?} and {:?}", first.err(), second.err()),
        };
        assert!(first.frame == second.frame && first.picture == second.picture);
        assert_eq!((first.header, one.state), (second.header, other.state));
        first.assert_decoded(&mut decoder, (&one.state, &one.references), &settings);
        assert!(decoder.segments == one.segments && decoder.segments == other.segments);
        if choices.0.is_empty() {
            break;
        }
    }
}

fuzz_target!(|data: &[u8]| match lentil_simd::detect() {
    Detected::Scalar(kernels) => encode(kernels, data),
    #[cfg(target_arch = "x86_64")]
    Detected::Avx2(kernels) => encode(kernels, data),
    #[cfg(target_arch = "x86_64")]
    Detected::Avx512(kernels) => encode(kernels.avx2(), data),
    #[cfg(target_arch = "aarch64")]
    Detected::Neon(kernels) => encode(kernels, data),
});
