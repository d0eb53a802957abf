//! Steady decoding takes no memory but what it has. Alone in its program: it counts what is allocated.

use lentil::video::{Codec, Options};
use lentil_tests::counting::{Counting, allocations};
use lentil_tests::vp8::{QCIF, ivf_frames};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn steady_decoding_allocates_nothing() {
    let frames = ivf_frames(QCIF);
    let mut codec = Codec::new(Options::default());
    let mut before = 0;
    for round in 0..3 {
        for frame in &frames {
            codec = codec.decode(frame).unwrap().codec;
        }
        if round == 0 {
            before = allocations();
        }
    }
    assert_eq!(allocations(), before);
}
