//! Frames that several threads encode are those that one does.

use std::num::NonZero;

use lentil::video::{
    Codec, EncodeOptions, Encoded, Encoder, Options, Past, Picture, Preset, Rebaser, Settings,
};
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8_encoder::any_settings;

const THREADS: [usize; 5] = [1, 2, 3, 4, 8];

fn codecs() -> [Codec; 5] {
    THREADS.map(|threads| {
        let mut options = Options::default();
        options.threads = NonZero::new(threads).unwrap();
        Codec::new(options)
    })
}

fn picture(scene: Scene, (width, height): (u16, u16), frame: u32) -> Picture {
    let bytes = scene.i420(width, height, frame);
    Picture::from_i420(width, height, &bytes).unwrap()
}

/// All are the same frame; gives the codecs after it.
fn check(all: &[Encoded; 5]) -> [Codec; 5] {
    for (other, threads) in all.iter().zip(THREADS) {
        assert!(other.frame == all[0].frame, "{threads} threads");
        assert_eq!(other.header, all[0].header);
        assert!(other.picture.planes() == all[0].picture.planes());
        assert_eq!(other.codec.digest(), all[0].codec.digest());
    }
    all.each_ref().map(|encoded| encoded.codec.clone())
}

fn encode(codecs: &[Codec; 5], picture: &Picture, settings: &Settings) -> [Encoded; 5] {
    codecs
        .each_ref()
        .map(|codec| codec.encode(picture, settings).unwrap())
}

/// Any settings of key frames and inter frames, in pictures of all shapes: some are left to one thread.
#[test]
fn threads_change_nothing() {
    let mut random = Rng::new(31);
    let sizes = [
        (1, 1),
        (64, 48),
        (320, 240),
        (352, 288),
        (4900, 16),
        (16, 4900),
        (2000, 40),
        (50, 1600),
        (639, 361),
    ];
    for (round, size) in sizes.into_iter().cycle().take(18).enumerate() {
        let scene = Scene::ALL[round % Scene::ALL.len()];
        let mut codecs = codecs();
        for frame in 0..4 {
            let key_frame = (frame == 0 || random.one_in(6)).then_some([size.0, size.1]);
            let settings = any_settings(&mut random, key_frame, false);
            codecs = check(&encode(&codecs, &picture(scene, size, frame), &settings));
        }
    }
}

#[test]
fn large_pictures_are_the_same() {
    let size = (1920, 1080);
    for preset in [Preset::Realtime, Preset::Good, Preset::Best] {
        let mut options = EncodeOptions::default();
        options.effort = preset.effort();
        options.partitions = 2;
        let mut encoders = codecs().map(|codec| Encoder::new(codec, options));
        let frames = if preset == Preset::Best { 1 } else { 2 };
        for frame in 0..frames {
            let picture = picture(Scene::Mixed, size, frame);
            check(&encoders.each_mut().map(|one| one.encode(&picture).unwrap()));
        }
    }
}

#[test]
fn rebased_frames_are_the_same() {
    let size = (400, 300);
    let mut random = Rng::new(32);
    for scene in [Scene::Mixed, Scene::Text] {
        let film = [0, 1, 2, 3, 4].map(|frame| picture(scene, size, frame));
        let mut options = EncodeOptions::default();
        options.effort = Preset::Realtime.effort();
        options.partitions = 1 << random.below(4);
        let [codec, ..] = codecs();
        let mut encoder = Encoder::new(codec, options);
        let frames = film
            .each_ref()
            .map(|picture| encoder.encode(picture).unwrap());
        let key = Settings::key_frame([size.0, size.1], 50, options.effort);
        let before = check(&encode(&codecs(), &film[4], &key));
        let effort = Preset::Good.effort();
        let mut rebasers = before.map(|codec| Rebaser::new(codec, Past::default(), effort));
        for (frame, picture) in frames.iter().zip(&film) {
            let rebase = |rebaser: &mut Rebaser| rebaser.rebase(&frame.frame, picture).unwrap();
            check(&rebasers.each_mut().map(rebase));
        }
    }
}

/// Noise that nearly keeps its pixels: partitions outgrow their places, and the frame its room.
#[test]
fn room_grows() {
    for partitions in [1, 8] {
        let size = [352, 288];
        let mut settings = Settings::key_frame(size, 0, Preset::Realtime.effort());
        settings.partitions = partitions;
        check(&encode(
            &codecs(),
            &picture(Scene::Noise, (352, 288), 0),
            &settings,
        ));
    }
}

/// Threads that share a codec, each with the help of others.
#[test]
fn teams_go_side_by_side() {
    let size = (400, 300);
    let film = [0, 1].map(|frame| picture(Scene::Mixed, size, frame));
    let effort = Preset::Realtime.effort();
    let key = Settings::key_frame([size.0, size.1], 30, effort);
    let codecs = check(&encode(&codecs(), &film[0], &key));
    let quantizers = [3, 30, 60, 90];
    let encode = |codec: &Codec, quantizer: u8| {
        let settings = Settings::inter_frame(quantizer, effort);
        codec.encode(&film[1], &settings).unwrap().frame
    };
    let alone = quantizers.map(|quantizer| encode(&codecs[0], quantizer));
    let together = std::thread::scope(|scope| {
        let (encode, codecs) = (&encode, &codecs);
        let started =
            quantizers.map(|quantizer| scope.spawn(move || encode(&codecs[2], quantizer)));
        started.map(|thread| thread.join().unwrap())
    });
    assert!(alone == together);
}
