//! Steady encoding takes no memory but that of the frames that it gives. Alone in its program: it counts what is allocated.

use lentil::video::{Codec, EncodeOptions, Encoder, Options, Picture};
use lentil_tests::counting::{Counting, allocations};
use lentil_tests::pictures::Scene;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn steady_encoding_allocates_frames() {
    let pictures = [0, 1, 2, 3].map(|frame| {
        let bytes = Scene::Mixed.i420(64, 48, frame);
        Picture::from_i420(64, 48, &bytes).unwrap()
    });
    let mut encoder = Encoder::new(Codec::new(Options::default()), EncodeOptions::default());
    let mut encode = |frames: usize| {
        for picture in pictures.iter().cycle().take(frames) {
            encoder.encode(picture).unwrap();
        }
    };
    encode(20);
    let before = allocations();
    encode(20);
    assert_eq!(allocations(), before + 20);
}
