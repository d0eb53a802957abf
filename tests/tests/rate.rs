//! Bit rates: that they are held, over seconds and half seconds, whatever is encoded, and by nothing but the state.

use lentil::video::{
    Bitrate, Codec, EncodeOptions, Encoder, Options, Picture, Preset, Sequence, Settings,
};
use lentil_tests::pictures::Scene;

const SIZE: (u16, u16) = (176, 144);
const FRAMES_PER_SECOND: u32 = 25;

/// Scenes of so many frames, one after the other.
fn film(scenes: &[(Scene, u32)]) -> Vec<Picture> {
    let picture = |scene: Scene, frame| {
        let bytes = scene.i420(SIZE.0, SIZE.1, frame);
        Picture::from_i420(SIZE.0, SIZE.1, &bytes).unwrap()
    };
    let frames = |&(scene, count)| (0..count).map(move |frame| picture(scene, frame));
    scenes.iter().flat_map(frames).collect()
}

fn options(bits_per_second: u32) -> EncodeOptions {
    let mut options = EncodeOptions::default();
    options.effort = Preset::Realtime.effort();
    options.bitrate = Some(Bitrate::new(bits_per_second, [FRAMES_PER_SECOND, 1]).unwrap());
    options
}

/// Bits and quantizer of each frame.
fn encode(film: &[Picture], bits_per_second: u32) -> Vec<(usize, u8)> {
    let mut encoder = Encoder::new(Codec::new(Options::default()), options(bits_per_second));
    let encode = |picture| {
        let encoded = encoder.encode(picture).unwrap();
        (8 * encoded.frame.len(), encoded.header.quantizers.base)
    };
    film.iter().map(encode).collect()
}

/// How far frames are from the rate, as a part of it.
fn error(frames: &[(usize, u8)], bits_per_second: u32) -> f64 {
    let bits: usize = frames.iter().map(|frame| frame.0).sum();
    let seconds = frames.len() as f64 / f64::from(FRAMES_PER_SECOND);
    bits as f64 / seconds / f64::from(bits_per_second) - 1.0
}

#[test]
fn steady_films_have_the_rate() {
    let film = film(&[(Scene::Gradient, 150)]);
    for rate in [40_000, 80_000, 160_000] {
        let frames = encode(&film, rate);
        let five = error(&frames[..125], rate);
        assert!(five.abs() < 0.05, "{rate}: {five}");
        // Up to the second key frame, which is a burst by nature.
        for (at, half) in frames[..128].windows(12).enumerate().skip(25) {
            let error = error(half, rate);
            assert!(error.abs() < 0.3, "{rate}, {at}: {error}");
        }
    }
}

#[test]
fn cuts_are_paid_for() {
    let film = film(&[(Scene::Gradient, 60), (Scene::Mixed, 65)]);
    for rate in [400_000, 600_000] {
        let frames = encode(&film, rate);
        let all = error(&frames, rate);
        // From a picture that takes next to nothing to one that takes all there is: two seconds are short for that.
        assert!(all.abs() < 0.1, "{rate}: {all}");
        // The frame after the cut has no more bits than a key frame may.
        assert!(frames[60].0 < rate as usize / 2, "{rate}: {}", frames[60].0);
    }
}

#[test]
fn still_pictures_get_the_least_quantizer() {
    // The first picture of a film, again and again.
    let film = vec![film(&[(Scene::Mixed, 1)]).remove(0); 120];
    let rate = 300_000;
    let frames = encode(&film, rate);
    assert!(frames[75..].iter().all(|frame| frame.1 == 0));
    for second in frames.windows(25).skip(12) {
        assert!(error(second, rate) < 0.0);
    }
}

#[test]
fn rates_out_of_reach_get_the_outermost_quantizers() {
    let film = film(&[(Scene::Noise, 20)]);
    for (rate, quantizer) in [(100, 127), (u32::MAX, 0)] {
        let frames = encode(&film, rate);
        assert!(frames[10..].iter().all(|frame| frame.1 == quantizer));
    }
}

/// Sequence and codec alone make the stream that the loop makes, second encodings included.
#[test]
fn nothing_but_the_state_matters() {
    let film = film(&[(Scene::Gradient, 15), (Scene::Noise, 5)]);
    let options = options(60_000);
    let new_codec = || Codec::new(Options::default());
    let (mut codec, mut sequence) = (new_codec(), Sequence::START);
    let mut encoder = Encoder::new(new_codec(), options);
    let mut anew = 0;
    for picture in &film {
        let settings = sequence.settings(&options, SIZE.into());
        assert_eq!(settings, sequence.settings(&options, SIZE.into()));
        let key = Settings::key_frame(SIZE.into(), 1, options.effort);
        codec.encode(picture, &key).unwrap();
        let analysis = codec.analyse(picture, &settings).unwrap();
        let bytes = sequence.bytes(&options, &settings, SIZE.into());
        let once = codec.encode_with(&analysis, picture, &settings).unwrap();
        anew += u32::from(!bytes.contains(&once.frame.len()));
        let encoded = codec.encode_within(&analysis, picture, &settings, bytes);
        let encoded = encoded.unwrap();
        assert!(encoded.frame == encoder.encode(picture).unwrap().frame);
        sequence = sequence.after(&options, &encoded);
        codec = encoded.codec;
    }
    assert!(anew > 0);
}
