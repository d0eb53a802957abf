//! Frames from strips: they decode to their reconstruction, depend on nothing but the arguments, and are about as short as those
//! whose probabilities are made of their own counts.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::{Effort, EncodeKernels, Error, Settings, Statistics, StripEncoding};
use lentil_core::vp8::{Picture, State};
use lentil_simd::Detected;
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::Decoder;
use lentil_tests::vp8_encoder::{Encoder, any_settings, source};
use lentil_tests::vp8_strips::StripEncoder;

/// More than any of these pictures needs.
const ROOM: usize = 1 << 18;

/// Streams of any settings: each frame is encoded twice, by two sets of kernels, with clean and with spoiled memory, and
/// decoded.
fn streams_with(kernels: impl EncodeKernels, seed: u64, rounds: usize) {
    let mut random = Rng::new(seed);
    let mut spoiled = StripEncoder::new(kernels);
    for round in 0..rounds {
        let mut one = StripEncoder::new(Scalar);
        one.lean = round % 2 == 1;
        spoiled.lean = one.lean;
        spoiled.state = State::NEW;
        *spoiled.statistics = Statistics::NEW;
        let mut decoder = Decoder::default();
        let scene = Scene::ALL[random.below(Scene::ALL.len())];
        let size = [(); 2].map(|()| 1 + random.below(70) as u16);
        for frame in 0..5 {
            let key_frame = (frame == 0 || random.one_in(8)).then_some(size);
            let settings = any_settings(&mut random, key_frame, false);
            let source = source(scene, size, frame);
            let first = one.encode(&source, &settings, ROOM).unwrap();
            spoiled.spoil(|| random.next_u64() as u8);
            let second = spoiled.encode(&source, &settings, ROOM).unwrap();
            assert!(first.frame == second.frame, "{settings:?}");
            assert!(first.picture == second.picture);
            assert_eq!((first.header, one.state), (second.header, spoiled.state));
            assert!(one.statistics == spoiled.statistics);
            let after = (&one.state, &one.references);
            first.assert_decoded(&mut decoder, after, (round, frame, &settings));
        }
    }
}

#[test]
fn memory_changes_nothing() {
    streams_with(Scalar, 11, 40);
}

#[test]
fn kernels_change_nothing() {
    match lentil_simd::detect() {
        // That is the test above.
        Detected::Scalar(_) => {}
        #[cfg(target_arch = "x86_64")]
        Detected::Avx2(kernels) => streams_with(kernels, 12, 80),
        #[cfg(target_arch = "x86_64")]
        Detected::Avx512(kernels) => streams_with(kernels.avx2(), 12, 80),
        #[cfg(target_arch = "aarch64")]
        Detected::Neon(kernels) => streams_with(kernels, 12, 80),
    }
}

/// However little room there is, there is a frame or an error; room is not wasted by what is free before the end.
#[test]
fn frames_that_do_not_fit_are_errors() {
    for partitions in [1, 8] {
        let mut encoder = StripEncoder::new(Scalar);
        let size = [32, 40];
        for frame in 0..2 {
            let mut settings = match frame {
                0 => Settings::key_frame(size, 20, Effort::REALTIME),
                _ => Settings::inter_frame(20, Effort::REALTIME),
            };
            settings.partitions = partitions;
            let source = source(Scene::Mixed, size, frame);
            let whole = encoder.clone().encode(&source, &settings, ROOM).unwrap();
            for room in 0..whole.frame.len() {
                let before = (encoder.state, encoder.statistics.clone());
                let refused = encoder.encode(&source, &settings, room);
                assert_eq!(refused.err(), Some(Error::Room), "{room}");
                assert!((encoder.state, encoder.statistics.clone()) == before);
            }
            let room = whole.frame.len();
            let fitting = encoder.encode(&source, &settings, room).unwrap();
            assert!(fitting.frame == whole.frame);
        }
    }
}

#[test]
fn misuse_is_an_error() {
    let mut encoder = StripEncoder::new(Scalar);
    let size = [40, 33];
    let key_frame = Settings::key_frame(size, 30, Effort::REALTIME);
    let inter_frame = Settings::inter_frame(30, Effort::REALTIME);
    let source = source(Scene::Text, size, 0);
    encoder.state.width = 0;
    let none = encoder.encode(&[], &inter_frame, ROOM).err();
    assert_eq!(none, Some(Error::NoKeyFrame));
    let wild = Settings {
        partitions: 3,
        ..key_frame
    };
    let refused = encoder.encode(&source, &wild, ROOM).err();
    assert!(matches!(refused, Some(Error::Setting(_))));
    let expected = encoder.clone().encode(&source, &key_frame, ROOM).unwrap();
    // Strips of another size change nothing, nor does one more than there are rows.
    let misuse = |encoding: &mut StripEncoding<'_, Scalar>, row: usize| {
        let bytes = vec![0; Picture::len(5, 1)];
        if row == 3 {
            let strip = Picture::of_slice(&bytes, 3, 1).unwrap();
            let refused = encoding.strip(&strip).err();
            assert_eq!(refused, Some(Error::Strips { given: 4, rows: 3 }));
            return;
        }
        for columns in [0, 1, 2, 4, 5] {
            let strip = Picture::of_slice(&bytes, columns, 1).unwrap();
            assert_eq!(encoding.strip(&strip).err(), Some(Error::Memory));
            assert_eq!(encoding.lean_strip(&strip).err(), Some(Error::Memory));
        }
    };
    let encoded = encoder.encode_with(&source, &key_frame, ROOM, misuse);
    assert!(encoded.unwrap().frame == expected.frame);
}

/// A frame that is ended too early, a picture or memory that is too small, references of another size.
#[test]
fn lacking_strips_and_memory_are_errors() {
    use lentil_core::vp8::encode::{
        MotionAnalysis, StripDraft, StripInput, StripMemory, StripTables,
    };
    use lentil_core::vp8::{Above, Contexts, Macroblock, PictureMut, References, lines_len};
    let settings = Settings::key_frame([20, 20], 30, Effort::REALTIME);
    let lengths = [4, 4, lines_len(2), 2, 2, 4, Picture::len(2, 2)];
    for short in 0..=lengths.len() {
        let mut of = lengths;
        if let Some(length) = of.get_mut(short) {
            *length -= 1;
        }
        let mut picture = vec![0; of[6]];
        let picture = PictureMut::of_slice(&mut picture, 2, 2).unwrap_or_default();
        let mut tables = Box::new(StripTables::NEW);
        let memory = StripMemory {
            draft: &mut StripDraft::default(),
            tables: &mut tables,
            above: &mut vec![Above::NEW; of[0]],
            contexts: &mut vec![Contexts::NEW; of[1]],
            lines: &mut vec![0; of[2]],
            macroblocks: &mut vec![Macroblock::NEW; of[3]],
            levels: &mut vec![[[0; 16]; 25]; of[4]],
            analyses: &mut vec![MotionAnalysis::NEW; of[5]],
        };
        let input = StripInput {
            state: &State::NEW,
            references: References::default(),
            statistics: &Statistics::NEW,
        };
        let mut bytes = [0; 1000];
        let begun = StripEncoding::begin(Scalar, &input, &settings, memory, picture, &mut bytes);
        if short == 5 {
            // Only strips that are not lean want what lacks here.
            let mut encoding = begun.unwrap();
            let grey = vec![128; Picture::len(2, 1)];
            let strip = Picture::of_slice(&grey, 2, 1).unwrap();
            assert_eq!(encoding.strip(&strip), Err(Error::Memory));
            assert_eq!(encoding.lean_strip(&strip), Ok(()));
            assert_eq!(encoding.strip(&strip), Err(Error::Memory));
            assert_eq!(encoding.lean_strip(&strip), Ok(()));
            assert!(encoding.finish(&mut Statistics::NEW.clone()).is_ok());
            continue;
        }
        if short < lengths.len() {
            assert_eq!(begun.err(), Some(Error::Memory), "{short}");
            continue;
        }
        let mut statistics = Statistics::NEW;
        let ended = begun.unwrap().finish(&mut statistics).err();
        assert_eq!(ended, Some(Error::Strips { given: 0, rows: 2 }));
        assert!(statistics == Statistics::NEW);
    }
}

/// Probabilities of the frame before cost little against those of the frame itself.
#[test]
fn streams_are_about_as_short() {
    let size = [176, 144];
    for scene in [Scene::Gradient, Scene::Text, Scene::Mixed] {
        let (mut whole, mut strips) = (Encoder::new(Scalar), StripEncoder::new(Scalar));
        let mut lengths = [0; 2];
        for frame in 0..20 {
            let settings = match frame {
                0 => Settings::key_frame(size, 40, Effort::REALTIME),
                _ => Settings::inter_frame(40, Effort::REALTIME),
            };
            let source = source(scene, size, frame);
            let frames = [
                whole.encode(&source, &settings, ROOM).unwrap().frame,
                strips.encode(&source, &settings, ROOM).unwrap().frame,
            ];
            // Of the first two nothing is known that would help.
            if frame > 1 {
                lengths[0] += frames[0].len();
                lengths[1] += frames[1].len();
            }
        }
        assert!(
            lengths[1] * 100 < lengths[0] * 108,
            "{scene:?}: {lengths:?}"
        );
    }
}
