//! Steady decoding takes no memory but what it has. Alone in its program: it counts what is allocated.

use std::sync::atomic::{AtomicU64, Ordering};

use lentil::video::{Codec, Options};
use lentil_tests::vp8::{QCIF, ivf_frames};

/// Counts allocations.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl std::alloc::GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { std::alloc::System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: as the caller says.
        unsafe { std::alloc::System.dealloc(at, layout) }
    }
}

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
            before = ALLOCATIONS.load(Ordering::Relaxed);
        }
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before);
}
