//! The core's encoder is a function of its arguments: not of kernels, nor of what is in the memory that it is lent.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::{
    Effort, EncodeKernels, Encoding, Error, Input, PartLens, Settings, Tables,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, LumaMode, Macroblock, Picture, References, State, SubMode,
};
use lentil_simd::Detected;
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::Decoder;
use lentil_tests::vp8_encoder::{Encoder, any_most, any_settings, source};
use lentil_tests::vp8_maker::Draw;

/// More than any of these pictures needs.
const ROOM: usize = 1 << 18;

/// Streams of any settings, some frames fitted to any size: each frame is encoded twice, by two sets of kernels, with clean and with
/// spoiled memory, and decoded.
fn streams_with(kernels: impl EncodeKernels, seed: u64, rounds: usize) {
    let mut random = Rng::new(seed);
    let mut spoiled = Encoder::new(kernels);
    let mut with_segments = 0;
    for round in 0..rounds {
        let mut one = Encoder::new(Scalar);
        one.with_trial = round % 2 == 0;
        spoiled.with_trial = one.with_trial;
        spoiled.state = one.state;
        spoiled.references = one.references.clone();
        let mut decoder = Decoder::default();
        let scene = Scene::ALL[random.below(Scene::ALL.len())];
        let size = [(); 2].map(|()| 1 + random.below(70) as u16);
        for frame in 0..4 {
            let key_frame = (frame == 0 || random.one_in(8)).then_some(size);
            let settings = any_settings(&mut random, key_frame, false);
            let most = any_most(&mut random);
            let source = source(scene, size, frame);
            let first = one.encode_within(&source, &settings, most, ROOM).unwrap();
            spoiled.spoil(|| random.next_u64() as u8);
            let second = spoiled.encode_within(&source, &settings, most, ROOM);
            let second = second.unwrap();
            assert!(first.frame == second.frame, "{settings:?}");
            assert!(first.picture == second.picture);
            assert_eq!((first.header, one.state), (second.header, spoiled.state));
            let after = (&one.state, &one.references);
            first.assert_decoded(&mut decoder, after, (round, frame, &settings));
            assert!(decoder.segments == one.segments);
            assert!(decoder.segments == spoiled.segments);
            with_segments += usize::from(first.header.segmentation.enabled);
        }
    }
    assert!(with_segments > rounds / 8, "{with_segments}");
}

#[test]
fn memory_changes_nothing() {
    streams_with(Scalar, 5, 40);
}

#[test]
fn kernels_change_nothing() {
    match lentil_simd::detect() {
        // That is the test above.
        Detected::Scalar(_) => {}
        #[cfg(target_arch = "x86_64")]
        Detected::Avx2(kernels) => streams_with(kernels, 6, 80),
        #[cfg(target_arch = "x86_64")]
        Detected::Avx512(kernels) => streams_with(kernels.avx2(), 6, 80),
        #[cfg(target_arch = "aarch64")]
        Detected::Neon(kernels) => streams_with(kernels, 6, 80),
    }
}

#[test]
fn settings_out_of_range_are_errors() {
    let mut random = Rng::new(7);
    let (mut encoder, mut refused) = (Encoder::new(Scalar), 0);
    let size = [20, 20];
    for frame in 0..300 {
        let key_frame = (frame == 0 || random.one_in(4)).then_some(size);
        let wild = frame > 0;
        let mut settings = any_settings(&mut random, key_frame, wild);
        if wild && random.once_in(8) {
            settings.key_frame = Some([0, 16384][random.draw(2)]).map(|side| [side, 20]);
        }
        let within = settings.key_frame.unwrap_or(size) == size;
        let before = (encoder.state, encoder.references.clone());
        let source = if within {
            source(Scene::Text, size, frame)
        } else {
            vec![0; 2 * 1024 * 384]
        };
        match encoder.encode(&source, &settings, ROOM) {
            Ok(_) => assert!(within),
            Err(error) => {
                assert!(matches!(error, Error::Setting(_)), "{error}: {settings:?}");
                assert!(before == (encoder.state, encoder.references.clone()));
                refused += 1;
            }
        }
    }
    assert!((50..250).contains(&refused), "{refused}");
}

/// However little room there is, there is a frame or an error.
#[test]
fn frames_that_do_not_fit_are_errors() {
    for partitions in [1, 8] {
        let mut encoder = Encoder::new(Scalar);
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
                let before = encoder.state;
                let refused = encoder.encode(&source, &settings, room);
                assert_eq!(refused.err(), Some(Error::Room), "{room}");
                assert!(encoder.state == before);
            }
            let fitting = encoder
                .encode(&source, &settings, whole.frame.len())
                .unwrap();
            assert!(fitting.frame == whole.frame);
        }
    }
}

/// Has `work` do something with an encoding of a key frame of so many macroblocks, which nobody has decided on.
fn with_encoding<T>(
    [columns, rows]: [usize; 2],
    partitions: usize,
    work: impl FnOnce(Encoding<'_>) -> T,
) -> T {
    let size = [columns, rows].map(|side| 16 * side as u16);
    let mut settings = Settings::key_frame(size, 20, Effort::REALTIME);
    settings.partitions = partitions;
    let source = vec![0; Picture::len(columns, rows)];
    let input = Input {
        state: &State::NEW,
        references: &References::default(),
        source: &Picture::of_slice(&source, columns, rows).unwrap(),
    };
    let mut tables = Box::new(Tables::NEW);
    work(Encoding::begin(&input, &settings, &mut tables).unwrap().0)
}

/// Writes all partitions of these macroblocks, with room to spare.
fn finished(
    size: [usize; 2],
    partitions: usize,
    macroblocks: &[Macroblock],
    levels: &[Blocks],
) -> Result<usize, Error> {
    with_encoding(size, partitions, |mut encoding| {
        let mut above = vec![Above::NEW; size[0]];
        let mut contexts = vec![Contexts::NEW; size[0]];
        let mut bytes = vec![0; 1 << 26];
        let blocks = (macroblocks, levels);
        let lent = (&mut above[..], &mut contexts[..]);
        let encoded = encoding.finish(Scalar, blocks, lent, &mut bytes)?;
        Ok(encoded.len)
    })
}

/// Modes that are not expected, and no coefficients.
#[test]
fn a_first_partition_that_vp8_cannot_say_is_an_error() {
    let modes = [
        SubMode::HorizontalUp,
        SubMode::VerticalLeft,
        SubMode::RightDown,
        SubMode::HorizontalDown,
        SubMode::LeftDown,
    ];
    let mut random = Rng::new(8);
    let (columns, most) = (256, 256);
    let any = |_| Macroblock {
        mode: LumaMode::Sub,
        sub_modes: [(); 16].map(|()| modes[random.below(modes.len())]),
        ..Macroblock::NEW
    };
    let macroblocks: Vec<_> = (0..columns * most).map(any).collect();
    let levels = vec![[[0; 16]; 25]; columns * most];
    let finished = |rows| finished([columns, rows], 1, &macroblocks, &levels);
    let lens = [8, 16].map(|rows| finished(rows).unwrap());
    // A row takes about as much as another, so it is known where the end must be.
    let row = (lens[1] - lens[0]) / 8;
    let fit = (1 << 19) / row;
    assert!(finished(fit - 4).is_ok());
    let long = finished(fit + 4).unwrap_err();
    assert_eq!(long, Error::PartitionLength(0));
    // Of what would not help nothing is said.
    let text = long.to_string();
    assert!(text.contains("coarser quantizer") && !text.contains("token"));
}

/// Of tokens all partitions but the last have a length that is said.
#[test]
fn a_token_partition_that_vp8_cannot_say_is_an_error() {
    let mut random = Rng::new(9);
    let size = [128, 256];
    let coded = Macroblock {
        coded: true,
        ends: [16; 25],
        ..Macroblock::NEW
    };
    let mut macroblocks = vec![coded; size[0] * size[1]];
    let level = |random: &mut Rng| random.below(4095) as i16 - 2047;
    let blocks = [(); 25].map(|()| [(); 16].map(|()| level(&mut random)));
    let levels = vec![blocks; macroblocks.len()];
    let one = finished(size, 1, &macroblocks, &levels).unwrap();
    assert!(one > 2 << 24, "{one}");
    let two = finished(size, 2, &macroblocks, &levels);
    assert_eq!(two, Err(Error::PartitionLength(1)));
    assert!(two.is_err_and(|long| long.to_string().contains("more token partitions")));
    let four = finished(size, 4, &macroblocks, &levels).unwrap();
    assert!(four.abs_diff(one) < 1000, "{four}, and {one} in one");
    for row in macroblocks.chunks_mut(2 * size[0]) {
        row[..size[0]].fill(Macroblock::NEW);
    }
    assert!(finished(size, 2, &macroblocks, &levels).is_ok());
}

#[test]
fn parts_that_vp8_cannot_say_are_not_joined() {
    with_encoding([2, 2], 2, |mut encoding| {
        let mut bytes = vec![0; 1 << 26];
        let mut joined = |first, tokens| {
            let mut lens = PartLens::default();
            (lens.first, lens.tokens[0]) = (first, tokens);
            encoding.join(&lens, &mut bytes).map(|encoded| encoded.len)
        };
        let (first, tokens) = ((1 << 19) - 1, (1 << 24) - 1);
        assert_eq!(joined(first, tokens), Ok(10 + first + 3 + tokens));
        assert_eq!(joined(first + 1, tokens), Err(Error::PartitionLength(0)));
        assert_eq!(joined(first, tokens + 1), Err(Error::PartitionLength(1)));
    });
}
