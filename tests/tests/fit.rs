//! Frames that fit so many bytes: what they take, that they are sound, and that nothing but what goes in plays a part.

use std::num::NonZero;

use lentil::video::{
    Codec, EncodeOptions, Encoded, Encoder, Error, Options, Picture, Preset, Settings,
};
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8_encoder::any_settings;

fn codec(threads: usize) -> Codec {
    let mut options = Options::default();
    options.threads = NonZero::new(threads).unwrap();
    Codec::new(options)
}

fn picture(scene: Scene, (width, height): (u16, u16), frame: u32) -> Picture {
    let bytes = scene.i420(width, height, frame);
    Picture::from_i420(width, height, &bytes).unwrap()
}

/// Decoders make of a frame what its encoder says.
fn check(before: &Codec, encoded: &Encoded) {
    let decoded = before.decode(&encoded.frame).unwrap();
    assert!(!decoded.report.lacks_data);
    assert!(decoded.picture.planes() == encoded.picture.planes());
    assert_eq!(decoded.codec.digest(), encoded.codec.digest());
    assert_eq!(decoded.header, Some(encoded.header));
    let header = &encoded.header;
    if header.segmentation.enabled {
        // What decoders do without a map, or with levels out of range, differs.
        assert!(header.segmentation.map.is_some());
        let levels = encoded.codec.state().segmentation.filter_levels;
        let level_of = |level: i8| header.filter.level as i8 + level;
        assert!(
            levels
                .iter()
                .all(|&level| (0..64).contains(&level_of(level)))
        );
    }
}

/// Settings and bytes of all kinds, one after the other: frames with segments and without, and what follows them.
#[test]
fn frames_are_sound_whatever_they_may_take() {
    let mut random = Rng::new(41);
    let mut with_segments = 0;
    for round in 0..60 {
        let size = (1 + random.below(90) as u16, 1 + random.below(90) as u16);
        let scene = Scene::ALL[round % Scene::ALL.len()];
        let mut before = codec(1);
        for frame in 0..6 {
            let picture = picture(scene, size, frame);
            let key_frame = (frame == 0 || random.one_in(6)).then_some([size.0, size.1]);
            let settings = any_settings(&mut random, key_frame, false);
            let analysis = before.analyse(&picture, &settings).unwrap();
            let scale = random.below(14);
            let most = random.below(1 << scale);
            let bytes = if random.one_in(3) {
                0..=usize::MAX
            } else {
                most..=most
            };
            let encoded = before.encode_within(&analysis, &picture, &settings, bytes);
            let encoded = encoded.unwrap();
            check(&before, &encoded);
            with_segments += u32::from(encoded.header.segmentation.enabled);
            before = encoded.codec;
        }
    }
    assert!(with_segments > 10, "{with_segments}");
}

#[test]
fn threads_change_nothing() {
    let size = (500, 300);
    let mut random = Rng::new(42);
    for preset in [Preset::Realtime, Preset::Good] {
        let mut codecs = [1, 2, 3, 8].map(codec);
        for frame in 0..3 {
            let picture = picture(Scene::Mixed, size, frame);
            let mut settings = Settings::inter_frame(40, preset.effort());
            if frame == 0 {
                settings = Settings::key_frame([size.0, size.1], 60, preset.effort());
            }
            let most = 2000 + random.below(3000);
            let all = codecs.each_ref().map(|codec| {
                let analysis = codec.analyse(&picture, &settings).unwrap();
                let within = most..=most;
                codec
                    .encode_within(&analysis, &picture, &settings, within)
                    .unwrap()
            });
            for other in &all {
                assert!(other.frame == all[0].frame);
                assert_eq!(other.codec.digest(), all[0].codec.digest());
            }
            codecs = all.map(|encoded| encoded.codec);
        }
    }
}

/// Guesses that are up to twice off.
#[test]
fn frames_fill_what_they_may_take() {
    let size = (352, 288);
    let mut random = Rng::new(43);
    for preset in [Preset::Realtime, Preset::Good] {
        let (mut all, mut fit) = (0, 0);
        for quantizer in [10, 30, 60] {
            let mut options = EncodeOptions::default();
            options.effort = preset.effort();
            options.quantizer = quantizer;
            let mut encoder = Encoder::new(codec(1), options);
            for frame in 0..6 {
                let picture = picture(Scene::Mixed, size, frame);
                let before = encoder.codec().clone();
                let guess = encoder.encode(&picture).unwrap();
                let settings = if frame == 0 {
                    Settings::key_frame([size.0, size.1], quantizer, options.effort)
                } else {
                    Settings::inter_frame(quantizer, options.effort)
                };
                let part = 2_f64.powf(random.below(2001) as f64 / 1000.0 - 1.0);
                let most = (guess.frame.len() as f64 * part) as usize;
                let analysis = before.analyse(&picture, &settings).unwrap();
                all += 1;
                let encoded = before.fit(&analysis, &picture, &settings, most).unwrap();
                check(&before, &encoded);
                let is_finest = encoded.header.quantizers.base == 0;
                let least = if is_finest { 0 } else { most / 100 * 70 };
                assert!((least..=most).contains(&encoded.frame.len()));
                fit += u32::from(encoded.frame.len() * 100 >= most * 85);
            }
        }
        assert!(fit + 1 >= all, "{preset:?}: {fit} of {all}");
    }
}

/// There is a least frame, and whatever may have its bytes fits.
#[test]
fn what_can_fit_does() {
    let size = (176, 144);
    for (preset, scene) in [
        (Preset::Realtime, Scene::Mixed),
        (Preset::Good, Scene::Mixed),
        (Preset::Good, Scene::Noise),
    ] {
        let mut before = codec(1);
        for frame in 0..3 {
            let picture = picture(scene, size, frame);
            let settings = match frame {
                0 => Settings::key_frame([size.0, size.1], 60, preset.effort()),
                _ => Settings::inter_frame(60, preset.effort()),
            };
            let analysis = before.analyse(&picture, &settings).unwrap();
            let error = before.fit(&analysis, &picture, &settings, 1).unwrap_err();
            let Error::Fit { len: least, .. } = error else {
                panic!("{error}");
            };
            assert!(least < 80, "{least}");
            for more in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610] {
                let fitted = before.fit(&analysis, &picture, &settings, least + more);
                let fitted = fitted.unwrap();
                check(&before, &fitted);
                assert!(fitted.frame.len() <= least + more);
            }
            before = before.encode(&picture, &settings).unwrap().codec;
        }
    }
}

#[test]
fn what_cannot_fit_is_told() {
    let picture = picture(Scene::Noise, (320, 240), 0);
    let settings = Settings::key_frame([320, 240], 20, Preset::Realtime.effort());
    let before = codec(1);
    let analysis = before.analyse(&picture, &settings).unwrap();
    let error = before.fit(&analysis, &picture, &settings, 40).unwrap_err();
    assert!(matches!(error, Error::Fit { most: 40, .. }), "{error}");
    assert!(error.to_string().contains("it may have 40"), "{error}");
    // There is no finer quantizer than the finest.
    let encoded = before.fit(&analysis, &picture, &settings, 1 << 24).unwrap();
    check(&before, &encoded);
    assert_eq!(encoded.header.quantizers.base, 0);
}
