//! Steady encoding by several threads takes memory for its frames and for waking threads, and none that grows with pictures. Alone
//! in its program: it counts what is allocated.

use std::num::NonZero;

use lentil::video::{Codec, EncodeOptions, Encoder, Options, Picture};
use lentil_tests::counting::{Counting, allocations};
use lentil_tests::pictures::Scene;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Each wakes one thread: for analysis, for rows, for at most some ten rounds of levels, and for partitions.
const WAKING: u64 = 20;

#[test]
fn steady_encoding_by_threads_allocates_little() {
    let pictures = [0, 1, 2, 3].map(|frame| {
        let bytes = Scene::Mixed.i420(400, 300, frame);
        Picture::from_i420(400, 300, &bytes).unwrap()
    });
    let mut options = Options::default();
    options.threads = NonZero::new(2).unwrap();
    let mut encoder = Encoder::new(Codec::new(options), EncodeOptions::default());
    let mut encode = |frames: usize| {
        for picture in pictures.iter().cycle().take(frames) {
            encoder.encode(picture).unwrap();
        }
    };
    encode(12);
    let before = allocations();
    encode(8);
    let taken = allocations() - before;
    assert!(taken <= 8 * WAKING, "{taken}");
}
