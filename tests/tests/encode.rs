//! Encoding: what the encoder says that decoders make of its frames is what ours makes of them, and nothing else plays a part.

use std::num::NonZeroU32;

use lentil::core::vp8::encode;
use lentil::video::{
    Codec, EncodeOptions, Encoded, Encoder, Error, Limits, Options, Picture, Preset, Sequence,
    Settings, Source,
};
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{STREAMS, ivf_frames};
use lentil_tests::vp8_encoder::any_settings;

fn new_codec() -> Codec {
    Codec::new(Options::default())
}

fn film(scene: Scene, (width, height): (u16, u16), frames: u32) -> Vec<Picture> {
    let picture = |frame| {
        let bytes = scene.i420(width, height, frame);
        Picture::from_i420(width, height, &bytes).unwrap()
    };
    (0..frames).map(picture).collect()
}

/// Decodes a frame after `before`, and compares everything with what its encoder says.
fn check(before: &Codec, encoded: &Encoded) {
    let decoded = before.decode(&encoded.frame).unwrap();
    assert!(!decoded.report.lacks_data);
    assert!(
        decoded.picture.planes() == encoded.picture.planes(),
        "pictures differ"
    );
    assert_eq!(decoded.codec.digest(), encoded.codec.digest());
    assert_eq!(decoded.codec.state(), encoded.codec.state());
    assert_eq!(decoded.header, Some(encoded.header));
    assert_eq!(decoded.shown, encoded.header.shown);
}

/// Encodes a film, checks every frame, and gives them.
fn stream(options: EncodeOptions, film: &[Picture]) -> Vec<Encoded> {
    let mut encoder = Encoder::new(new_codec(), options);
    let mut before = new_codec();
    let encode = |picture: &Picture| {
        let encoded = encoder.encode(picture).unwrap();
        check(&before, &encoded);
        assert_eq!(encoder.codec().digest(), encoded.codec.digest());
        // What is decoded goes on by itself.
        before = before.decode(&encoded.frame).unwrap().codec;
        encoded
    };
    film.iter().map(encode).collect()
}

const PRESETS: [Preset; 3] = [Preset::Realtime, Preset::Good, Preset::Best];
const SIZES: [(u16, u16); 5] = [(1, 1), (16, 16), (17, 33), (175, 143), (2, 200)];

fn with(preset: Preset, quantizer: u8) -> EncodeOptions {
    let mut options = EncodeOptions::default();
    options.effort = preset.effort();
    options.quantizer = quantizer;
    options.golden_interval = NonZeroU32::new(2);
    options.key_interval = NonZeroU32::new(5);
    options
}

#[test]
fn frames_decode_to_what_the_encoder_says() {
    for preset in PRESETS {
        for size in SIZES {
            for quantizer in [0, 4, 30, 127] {
                let large = size.0 > 100;
                let scenes = if large {
                    &[Scene::Mixed][..]
                } else {
                    &Scene::ALL
                };
                for &scene in scenes {
                    let film = film(scene, size, if large { 4 } else { 6 });
                    let frames = stream(with(preset, quantizer), &film);
                    let keys = frames.iter().map(|f| f.header.key_frame);
                    assert!(keys.eq((0..film.len()).map(|at| at % 5 == 0)));
                }
            }
        }
    }
}

#[test]
fn partitions_change_nothing_but_the_layout() {
    let film = film(Scene::Mixed, (70, 150), 3);
    let streams = [1, 2, 4, 8].map(|partitions| {
        let mut options = with(Preset::Good, 20);
        options.partitions = partitions;
        stream(options, &film)
    });
    for (frames, partitions) in streams.iter().zip([1, 2, 4, 8]) {
        for (frame, of_one) in frames.iter().zip(&streams[0]) {
            assert_eq!(frame.header.partitions, partitions);
            assert_eq!(frame.codec.digest(), of_one.codec.digest());
        }
    }
}

/// A frame that is lost changes pixels of those after it, and nothing else.
#[test]
fn resilient_streams_can_lose_frames() {
    let mut options = with(Preset::Good, 30);
    options.error_resilient = true;
    options.key_interval = None;
    let frames = stream(options, &film(Scene::Mixed, (64, 64), 8));
    for frame in &frames[1..] {
        assert!(!frame.header.refresh_entropy);
        assert_eq!(frame.header.references.golden, Source::Golden);
        assert_eq!(frame.header.last, 255);
    }
    for lost in 1..7 {
        let mut codec = new_codec();
        for (at, frame) in frames.iter().enumerate().filter(|(at, _)| *at != lost) {
            let decoded = codec.decode(&frame.frame).unwrap();
            assert!(!decoded.report.lacks_data);
            assert_eq!(
                decoded.codec.state(),
                frame.codec.state(),
                "{at} without {lost}"
            );
            codec = decoded.codec;
        }
    }
}

#[test]
fn one_analysis_serves_many_encodings() {
    let film = film(Scene::Mixed, (80, 48), 3);
    let options = with(Preset::Good, 30);
    let frames = stream(options, &film[..2]);
    let codec = &frames[1].codec;
    let (digest, references) = (
        codec.digest(),
        codec.references().map(|p| p.planes().y.data.as_ptr()),
    );
    let settings = Settings::inter_frame(30, options.effort);
    let analysis = codec.analyse(&film[2], &settings).unwrap();
    let mut lengths = vec![];
    for quantizer in [4, 30, 90, 30] {
        let mut settings = settings;
        settings.quantizers.base = quantizer;
        let encoded = codec.encode_with(&analysis, &film[2], &settings).unwrap();
        check(codec, &encoded);
        lengths.push(encoded.frame.len());
    }
    assert!(lengths[0] > lengths[1] && lengths[1] > lengths[2]);
    assert_eq!(lengths[1], lengths[3]);
    let at_once = codec.encode(&film[2], &settings).unwrap();
    assert_eq!(at_once.frame.len(), lengths[1]);
    // The codec is as before, with the same pictures.
    assert_eq!(codec.digest(), digest);
    assert_eq!(
        codec.references().map(|p| p.planes().y.data.as_ptr()),
        references
    );

    // An analysis of another picture, after another codec, makes a poorer frame, but a sound one.
    let other = frames[0].codec.analyse(&film[0], &settings).unwrap();
    let encoded = codec.encode_with(&other, &film[2], &settings).unwrap();
    check(codec, &encoded);
}

/// Any settings after any others, with an analysis by other settings than the encoding.
#[test]
fn any_settings_make_sound_frames() {
    let mut random = Rng::new(21);
    for round in 0..40 {
        let size = (1 + random.below(60) as u16, 1 + random.below(60) as u16);
        let key = [size.0, size.1];
        let film = film(Scene::ALL[round % Scene::ALL.len()], size, 5);
        let mut codec = new_codec();
        for (at, picture) in film.iter().enumerate() {
            let key_frame = (at == 0 || random.one_in(6)).then_some(key);
            let settings = any_settings(&mut random, key_frame, false);
            let others = any_settings(&mut random, key_frame, false);
            let analysis = codec.analyse(picture, &others).unwrap();
            let encoded = codec.encode_with(&analysis, picture, &settings).unwrap();
            check(&codec, &encoded);
            codec = encoded.codec;
        }
    }
}

/// Threads that share a codec, and so its memory.
#[test]
fn encodings_go_side_by_side() {
    let film = film(Scene::Mixed, (70, 50), 3);
    let frames = stream(with(Preset::Good, 30), &film[..2]);
    let (codec, effort) = (&frames[1].codec, Preset::Good.effort());
    let encode = &|quantizer: u8| {
        let settings = Settings::inter_frame(quantizer, effort);
        codec.encode(&film[2], &settings).unwrap().frame
    };
    let quantizers = [3, 30, 60, 90];
    let alone = quantizers.map(encode);
    let together = std::thread::scope(|scope| {
        let started = quantizers.map(|quantizer| scope.spawn(move || encode(quantizer)));
        started.map(|thread| thread.join().unwrap())
    });
    assert!(alone == together);
}

/// Sequence and codec alone make the stream that the loop makes, whatever else is encoded meanwhile.
#[test]
fn sequences_are_pure() {
    let film = film(Scene::Text, (48, 64), 9);
    for error_resilient in [false, true] {
        let mut options = with(Preset::Realtime, 40);
        options.error_resilient = error_resilient;
        let frames = stream(options, &film);
        let (mut codec, mut sequence) = (new_codec(), Sequence::START);
        for (picture, frame) in film.iter().zip(&frames) {
            let settings = sequence.settings(&options, [48, 64]);
            assert_eq!(
                settings.key_frame.is_some(),
                sequence.is_at_key_frame(&options)
            );
            codec
                .encode(picture, &Settings::key_frame([48, 64], 1, options.effort))
                .unwrap();
            let encoded = codec.encode(picture, &settings).unwrap();
            assert!(encoded.frame == frame.frame);
            (codec, sequence) = (encoded.codec.clone(), sequence.after(&options, &encoded));
        }
        // A clone goes on by itself.
        let mut encoder = Encoder::new(codec.clone(), options);
        let mut clone = encoder.clone();
        let one = encoder.encode(&film[0]).unwrap();
        assert!(!one.header.key_frame);
        assert!(one.frame == clone.encode(&film[0]).unwrap().frame);
    }
}

#[test]
fn golden_frames_are_renewed() {
    let mut options = with(Preset::Realtime, 40);
    options.golden_interval = NonZeroU32::new(3);
    options.key_interval = NonZeroU32::new(8);
    let frames = stream(options, &film(Scene::Gradient, (32, 32), 10));
    let renewed = frames
        .iter()
        .map(|f| f.header.references.golden == Source::Frame);
    let wanted = [0, 3, 6, 8].map(|at| at as usize);
    assert!(renewed.eq((0..10).map(|at| wanted.contains(&at))));
}

/// Encoding and decoding go on from a state file.
#[test]
fn encoding_goes_on_from_a_state_file() {
    let film = film(Scene::Mixed, (33, 47), 6);
    let options = with(Preset::Good, 12);
    let frames = stream(options, &film[..3]);
    let mut bytes = vec![];
    frames[2].codec.save(&mut bytes).unwrap();
    let loaded = Codec::load(&bytes[..], Options::default()).unwrap();
    let mut one = Encoder::new(frames[2].codec.clone(), options);
    let mut other = Encoder::new(loaded.clone(), options);
    let mut before = loaded;
    for picture in &film[3..] {
        let encoded = other.encode(picture).unwrap();
        assert!(!encoded.header.key_frame);
        assert!(one.encode(picture).unwrap().frame == encoded.frame);
        check(&before, &encoded);
        before = encoded.codec;
    }
}

/// Streams of another encoder, of all versions, with segments and other probabilities, are gone on with.
#[test]
fn encoding_goes_on_after_other_encoders() {
    for file in STREAMS {
        let next = |codec: Codec, frame: &&[u8]| codec.decode(frame).unwrap().codec;
        let mut before = ivf_frames(file).iter().fold(new_codec(), next);
        let size = (before.state().width, before.state().height);
        let mut encoder = Encoder::new(before.clone(), with(Preset::Good, 30));
        for picture in film(Scene::Mixed, size, 3) {
            let encoded = encoder.encode(&picture).unwrap();
            assert!(!encoded.header.key_frame);
            check(&before, &encoded);
            before = encoded.codec;
        }
    }
}

/// Noise that nearly keeps its pixels takes more than half a byte a sample, which is where the room begins.
#[test]
fn room_grows() {
    let film = film(Scene::Noise, (128, 128), 2);
    let frames = stream(with(Preset::Realtime, 0), &film);
    assert!(frames[0].frame.len() > 4096 + 64 * 192);
}

#[test]
fn what_cannot_be_encoded_is_told() {
    let codec = new_codec();
    let effort = Preset::Realtime.effort();
    let [small, large] = [(16, 16), (40, 24)].map(|size| film(Scene::Text, size, 1).remove(0));
    let key = |size| Settings::key_frame(size, 30, effort);
    let inter = Settings::inter_frame(30, effort);
    let none = codec.encode(&small, &inter);
    assert!(matches!(
        none,
        Err(Error::Encode(encode::Error::NoKeyFrame))
    ));
    let wrong = codec.encode(&small, &key([40, 24]));
    assert!(matches!(
        wrong,
        Err(Error::SourceSize {
            width: 16,
            wanted: (40, 24),
            ..
        })
    ));
    let empty = codec.encode(&Picture::default(), &key([0, 0]));
    assert!(
        matches!(empty, Err(Error::Encode(encode::Error::Setting(_)))),
        "{empty:?}"
    );

    let next = codec.encode(&small, &key([16, 16])).unwrap().codec;
    let digest = next.digest();
    assert!(matches!(
        next.encode(&large, &inter),
        Err(Error::SourceSize { .. })
    ));
    // Any size can follow with a key frame.
    next.encode(&large, &key([40, 24])).unwrap();
    let of_key = next.analyse(&small, &key([16, 16])).unwrap();
    let refused = next.encode_with(&of_key, &small, &inter);
    assert!(matches!(refused, Err(Error::Analysis)));
    let refused = next.encode_with(&of_key, &large, &key([40, 24]));
    assert!(matches!(refused, Err(Error::Analysis)));
    let wrong: [fn(&mut Settings); 5] = [
        |s| s.quantizers.base = 128,
        |s| s.quantizers.uv_ac = -16,
        |s| s.partitions = 3,
        |s| s.references.last = Source::Golden,
        |s| s.expected.filter_level = Some(64),
    ];
    for change in wrong {
        let mut settings = inter;
        change(&mut settings);
        let refused = next.encode(&small, &settings);
        assert!(matches!(
            refused,
            Err(Error::Encode(encode::Error::Setting(_)))
        ));
    }
    assert_eq!(next.digest(), digest);

    let mut options = Options::default();
    options.limits = Limits {
        width: 30,
        ..Limits::NONE
    };
    let refused = Codec::new(options).encode(&large, &key([40, 24]));
    assert!(matches!(
        refused,
        Err(Error::TooLarge {
            width: 40,
            height: 24
        })
    ));
}

#[test]
fn pictures_have_their_size() {
    let wrong = |width, height, len| Picture::from_i420(width, height, &vec![1; len]);
    assert!(matches!(wrong(0, 5, 0), Err(Error::PictureSize { .. })));
    assert!(matches!(wrong(5, 16384, 9), Err(Error::PictureSize { .. })));
    for len in [0, 22, 24] {
        let refused = wrong(5, 3, len);
        assert!(
            matches!(refused, Err(Error::PictureLength { needed: 27, .. })),
            "{len}"
        );
    }
    let bytes: Vec<u8> = (0..27).collect();
    let picture = Picture::from_i420(5, 3, &bytes).unwrap();
    let mut written = vec![];
    picture.write_i420(&mut written).unwrap();
    assert_eq!(written, bytes);
    // Beyond the edges the outermost pixels go on.
    let planes = picture.planes();
    assert_eq!(planes.y.data[4..16], [4; 12]);
    assert_eq!(planes.y.data[15 * 16..][..6], [10, 11, 12, 13, 14, 14]);
    assert_eq!(planes.v.data[7 * 8 + 7], 26);
}
