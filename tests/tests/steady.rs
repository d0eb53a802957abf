//! Steady decoding takes no memory but what it has. Alone in its program: it counts what is allocated.

use std::sync::atomic::{AtomicU64, Ordering};

use lentil::video::{Codec, Options};
use lentil_tests::vp8::grey_key_frame;

/// Counts large allocations.
struct Counting;

static LARGE: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl std::alloc::GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        if layout.size() >= LARGE_BYTES {
            LARGE.fetch_add(1, Ordering::Relaxed);
        }
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

/// Pictures are as large, and nothing else is.
const LARGE_BYTES: usize = 2000 * 1000;

#[test]
fn steady_decoding_takes_no_new_pictures() {
    let frame = grey_key_frame(2000, 1000);
    let mut codec = Codec::new(Options::default());
    for _ in 0..4 {
        codec = codec.decode(&frame).unwrap().codec;
    }
    let before = LARGE.load(Ordering::Relaxed);
    for _ in 0..20 {
        codec = codec.decode(&frame).unwrap().codec;
    }
    assert_eq!(LARGE.load(Ordering::Relaxed), before);
}
