//! Rebasing: frames follow another codec than that they were made for, with the modes that they had.

use lentil::core::vp8::encode::{self, Effort};
use lentil::core::vp8::{Macroblock, Reference};
use lentil::video::{
    Codec, Distortion, EncodeOptions, Encoded, Encoder, Error, GOLDEN_INTERVAL, Limits, Options,
    Past, Picture, Preset, Rebaser, ReferenceUpdates, Settings, Source,
};
use lentil_tests::pictures::Scene;
use lentil_tests::vp8::{STREAMS, ivf_frames};
use lentil_tests::vp8_rebase::{assert_same_choices, modes};

const SIZE: (u16, u16) = (70, 54);

fn film(scene: Scene, (width, height): (u16, u16), frames: std::ops::Range<u32>) -> Vec<Picture> {
    let picture = |frame| {
        let bytes = scene.i420(width, height, frame);
        Picture::from_i420(width, height, &bytes).unwrap()
    };
    frames.map(picture).collect()
}

fn new_codec() -> Codec {
    Codec::new(Options::default())
}

fn with(preset: Preset) -> EncodeOptions {
    let mut options = EncodeOptions::default();
    options.effort = preset.effort();
    options
}

/// Encodes a film that goes on after a codec.
fn encode_after(codec: &Codec, options: EncodeOptions, film: &[Picture]) -> Vec<Encoded> {
    let mut encoder = Encoder::new(codec.clone(), options);
    let frames = film.iter().map(|picture| encoder.encode(picture).unwrap());
    frames.collect()
}

/// Decodes a frame after `before`: it is what its encoder says.
fn check(before: &Codec, encoded: &Encoded) {
    let decoded = before.decode(&encoded.frame).unwrap();
    assert!(!decoded.report.lacks_data);
    assert!(decoded.picture.planes() == encoded.picture.planes());
    assert_eq!(decoded.codec.digest(), encoded.codec.digest());
    assert_eq!(decoded.header, Some(encoded.header));
}

/// The frames as they are now, after `codec`; they are checked.
fn rebase_all(
    codec: &Codec,
    old: &Codec,
    effort: Effort,
    frames: &[Encoded],
    film: &[Picture],
) -> Vec<Encoded> {
    let mut rebaser = Rebaser::new(codec.clone(), Past::of(old), effort);
    let (mut before, mut old) = (codec.clone(), old.clone());
    let mut rebased = vec![];
    for (frame, picture) in frames.iter().zip(film) {
        let encoded = rebaser.rebase(&frame.frame, picture).unwrap();
        check(&before, &encoded);
        if frame.header.key_frame {
            assert!(!encoded.header.key_frame);
            assert_eq!(encoded.header.references, ReferenceUpdates::ALL);
            assert_eq!(encoded.header.quantizers, frame.header.quantizers);
        } else {
            assert_same_choices(&frame.header, &encoded.header);
            let same = modes_of(&old, &frame.frame) == modes_of(&before, &encoded.frame);
            assert!(same || effort.revises());
        }
        (before, old) = (encoded.codec.clone(), frame.codec.clone());
        assert_eq!(rebaser.codec().digest(), before.digest());
        rebased.push(encoded);
    }
    rebased
}

/// What macroblocks a frame has after a codec, and the segment map after it.
fn modes_of(before: &Codec, frame: &[u8]) -> (Vec<Macroblock>, Vec<u8>) {
    modes(before.state(), before.segments(), frame)
}

/// Bytes, and PSNR of all planes.
fn measure(frames: &[Encoded], film: &[Picture]) -> (usize, f64) {
    let mut distortion = Distortion::default();
    for (frame, picture) in frames.iter().zip(film) {
        distortion.add(picture, &frame.picture);
    }
    let bytes = frames.iter().map(|frame| frame.frame.len()).sum();
    (bytes, distortion.psnr().all.min(99.0))
}

#[test]
fn on_its_own_state_a_frame_stays_about_the_same() {
    for preset in [Preset::Realtime, Preset::Good, Preset::Best] {
        for scene in Scene::ALL {
            let film = film(scene, SIZE, 0..7);
            let key = encode_after(&new_codec(), with(preset), &film[..1]);
            let codec = &key[0].codec;
            let frames = encode_after(codec, with(preset), &film[1..]);
            let rebased = rebase_all(codec, codec, preset.effort(), &frames, &film[1..]);
            let (old, old_psnr) = measure(&frames, &film[1..]);
            let (new, new_psnr) = measure(&rebased, &film[1..]);
            println!("{preset:?} {scene:?}: {old} to {new}, {old_psnr:.2} to {new_psnr:.2}");
            assert!(old.abs_diff(new) <= 12 + old / 33, "{old} to {new}");
            assert!((old_psnr - new_psnr).abs() < 0.2);
        }
    }
}

/// Chunks that are encoded side by side, each from a key frame of its own, become one stream with one key frame.
#[test]
fn chunks_become_a_stream() {
    const CHUNKS: u32 = 16;
    const FRAMES: u32 = 6;
    let options = with(Preset::Good);
    let mut codec = new_codec();
    let mut whole = new_codec();
    let mut bytes = [0; 2];
    for chunk in 0..CHUNKS {
        let film = film(Scene::Mixed, SIZE, chunk * FRAMES..(chunk + 1) * FRAMES);
        let frames = encode_after(&new_codec(), options, &film);
        assert!(frames[0].header.key_frame);
        let stream = if chunk == 0 {
            frames.clone()
        } else {
            rebase_all(&codec, &new_codec(), Effort::GOOD, &frames, &film)
        };
        for frame in &stream {
            let decoded = whole.decode(&frame.frame).unwrap();
            assert_eq!(decoded.codec.digest(), frame.codec.digest());
            whole = decoded.codec;
        }
        codec = stream.last().unwrap().codec.clone();
        let (old, old_psnr) = measure(&frames, &film);
        let (new, new_psnr) = measure(&stream, &film);
        bytes = [bytes[0] + old, bytes[1] + new];
        assert!(new_psnr > old_psnr - 1.0, "{old_psnr} to {new_psnr}");
    }
    let [old, new] = bytes;
    println!("{old} bytes in chunks, {new} in one stream");
    assert!(new < old);
}

/// Chunks that are encoded side by side, each after some frames before it that are thrown away, become one stream; with the option
/// for that it is shorter.
#[test]
fn chunks_that_were_warmed_up_become_a_stream() {
    const FRAMES: u32 = 6;
    let mut found = vec![];
    let efforts = [Effort::GOOD, Effort::GOOD, Effort::GOOD.revising_more()];
    for (to_rebase, effort) in [false, true, true].into_iter().zip(efforts) {
        let options = with(Preset::Good);
        let first = film(Scene::Mixed, SIZE, 0..FRAMES);
        let first = encode_after(&new_codec(), options, &first);
        let mut codec = first.last().unwrap().codec.clone();
        let (mut stream, mut whole) = (vec![], codec.clone());
        for start in (1..16).map(|chunk| chunk * FRAMES) {
            let before = film(Scene::Mixed, SIZE, start - 2..start);
            let warm = encode_after(&new_codec(), options, &before);
            let warm = &warm.last().unwrap().codec;
            let film = film(Scene::Mixed, SIZE, start..start + FRAMES);
            let mut options = options;
            options.to_rebase = to_rebase;
            let frames = encode_after(warm, options, &film);
            for frame in rebase_all(&codec, warm, effort, &frames, &film) {
                whole = whole.decode(&frame.frame).unwrap().codec;
                assert_eq!(whole.digest(), frame.codec.digest());
                assert!(!frame.header.key_frame);
                codec = frame.codec.clone();
                stream.push(frame);
            }
        }
        let film = film(Scene::Mixed, SIZE, FRAMES..16 * FRAMES);
        found.push(measure(&stream, &film));
    }
    println!("without the option, with it, revised more: {found:?}");
    assert!(found[1].0 < found[0].0);
    assert!(found[2].0 < found[1].0 && found[2].1 > found[1].1 - 0.05);
}

/// What is to be rebased begins with a frame that refers to the last one alone, and that all references become.
#[test]
fn what_is_to_be_rebased_renews_its_references() {
    let film = film(Scene::Mixed, SIZE, 0..16);
    let mut options = with(Preset::Good);
    let before = encode_after(&new_codec(), options, &film[..4]);
    let codec = &before[3].codec;
    // What the golden frame shows comes once more.
    let again = [&film[..1], &film[5..]].concat();
    let older = |before: &Codec, frame: &Encoded| {
        let (macroblocks, _) = modes_of(before, &frame.frame);
        let newest = [Reference::None, Reference::Last];
        macroblocks.iter().any(|mb| !newest.contains(&mb.reference))
    };
    let ever = encode_after(codec, options, &again);
    assert!(older(codec, &ever[0]), "the film tells nothing");
    assert_ne!(ever[0].header.references, ReferenceUpdates::ALL);
    options.to_rebase = true;
    let frames = encode_after(codec, options, &again);
    assert!(!frames[0].header.key_frame && !older(codec, &frames[0]));
    check(codec, &frames[0]);
    let renews = |f: &Encoded| f.header.references == ReferenceUpdates::ALL;
    assert!(frames.iter().map(renews).eq((0..12).map(|at| at == 0)));
    let golden = |f: &Encoded| f.header.references.golden == Source::Frame;
    let wanted = [0, usize::try_from(GOLDEN_INTERVAL.get()).unwrap()];
    assert!(
        frames
            .iter()
            .map(golden)
            .eq((0..12).map(|at| wanted.contains(&at)))
    );
    // Where nothing was encoded before it is a stream like others.
    let one = encode_after(&new_codec(), options, &film[..3]);
    options.to_rebase = false;
    let other = encode_after(&new_codec(), options, &film[..3]);
    assert!(one.iter().zip(&other).all(|(a, b)| a.frame == b.frame));
}

/// Frames that depend on the one before by its pixels alone still do once they are rebased.
#[test]
fn rebasing_adds_no_older_references() {
    let film = film(Scene::Mixed, SIZE, 0..12);
    let mut options = with(Preset::Good);
    let codec = &encode_after(&new_codec(), options, &film[..4])[3].codec;
    options.error_resilient = true;
    let warm = &encode_after(&new_codec(), options, &film[3..4])[0].codec;
    let frames = encode_after(warm, options, &film[4..]);
    let mut before = codec.clone();
    for frame in rebase_all(codec, warm, Effort::GOOD, &frames, &film[4..]) {
        let (macroblocks, _) = modes_of(&before, &frame.frame);
        let newest = [Reference::None, Reference::Last];
        assert!(macroblocks.iter().all(|mb| newest.contains(&mb.reference)));
        before = frame.codec;
    }
}

/// Frames of other encoders, with segments and what else they know, follow ours.
#[test]
fn frames_of_other_encoders_are_rebased() {
    let mut count = 0;
    for file in STREAMS {
        let (mut old, mut past) = (new_codec(), Past::default());
        let mut onto: Option<Codec> = None;
        for frame in ivf_frames(file) {
            let decoded = old.decode(frame).unwrap();
            // Neither the codec it was made for nor its pictures are needed.
            let next = past.after(frame, &Limits::NONE).unwrap();
            let Some((next, header)) = next else { continue };
            if let (Some(codec), false) = (&onto, header.key_frame) {
                let effort = Preset::Good.effort();
                let rebased = codec.rebase(&past, frame, &decoded.picture, &effort);
                let rebased = rebased.unwrap();
                check(codec, &rebased.encoded);
                assert_same_choices(&header, &rebased.encoded.header);
                assert_eq!(rebased.past, next);
                onto = Some(rebased.encoded.codec);
                count += 1;
            } else {
                let (width, height) = (decoded.picture.width(), decoded.picture.height());
                let grey = &film(Scene::Flat, (width, height), 0..1)[0];
                let key = Settings::key_frame([width, height], 60, Preset::Realtime.effort());
                onto = Some(new_codec().encode(grey, &key).unwrap().codec);
            }
            assert_eq!(next, Past::of(&decoded.codec));
            (old, past) = (decoded.codec, next);
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn what_cannot_be_rebased_is_told() {
    let effort = Preset::Realtime.effort();
    let small = film(Scene::Text, SIZE, 0..2);
    let large = film(Scene::Text, (80, 54), 0..2);
    let of_small = encode_after(&new_codec(), with(Preset::Realtime), &small);
    let of_large = encode_after(&new_codec(), with(Preset::Realtime), &large);
    let [key, inter] = &of_small[..] else {
        panic!("two frames");
    };
    let (codec, past) = (&key.codec, Past::of(&key.codec));
    let refused = |codec: &Codec, past: &Past, frame: &[u8], picture| {
        codec.rebase(past, frame, picture, &effort).unwrap_err()
    };
    let error = refused(codec, &past, &key.frame, &small[0]);
    assert!(matches!(error, Error::Encode(encode::Error::KeyFrame)));
    assert!(error.to_string().contains("as an inter frame"));
    let error = refused(codec, &past, &[], &small[1]);
    assert!(matches!(error, Error::NoBytes));
    let error = refused(codec, &Past::default(), &inter.frame, &small[1]);
    assert!(matches!(error, Error::Frame(_)), "{error}");
    let error = refused(&new_codec(), &past, &inter.frame, &small[1]);
    assert!(matches!(error, Error::Encode(encode::Error::NoKeyFrame)));
    let error = refused(codec, &past, &inter.frame, &large[1]);
    assert!(matches!(error, Error::SourceSize { .. }));
    let past_of_large = Past::of(&of_large[0].codec);
    let error = refused(codec, &past_of_large, &of_large[1].frame, &small[1]);
    assert!(matches!(error, Error::Encode(encode::Error::Size { .. })));
    let mut rebaser = Rebaser::new(codec.clone(), Past::default(), effort);
    let error = rebaser.rebase(&of_large[0].frame, &small[0]).unwrap_err();
    assert!(matches!(error, Error::Encode(encode::Error::Size { .. })));
    // A frame that ends early is an error, or goes on with what is there.
    for len in 0..inter.frame.len() {
        match codec.rebase(&past, &inter.frame[..len], &small[1], &effort) {
            Ok(rebased) => check(codec, &rebased.encoded),
            Err(error) => assert!(matches!(
                error,
                Error::NoBytes | Error::Frame(_) | Error::Encode(encode::Error::LacksModes)
            )),
        }
    }
}
