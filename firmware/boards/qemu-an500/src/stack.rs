//! How much of the stack was ever used.

use core::hint::black_box;
use core::ptr;

unsafe extern "C" {
    static mut _stack_end: u32;
    static mut _stack_start: u32;
}

const PAINT: u32 = 0xa5a5_5a5a;

/// Paints what is not used yet.
pub fn paint() {
    let here = 0u32;
    // Some words below this frame stay unpainted, for the loop itself.
    let end = (ptr::from_ref(black_box(&here)) as usize - 256) as *mut u32;
    let mut word = &raw mut _stack_end;
    while word < end {
        // SAFETY: between the lowest word of the stack and this frame nothing lives.
        unsafe {
            word.write_volatile(PAINT);
            word = word.add(1);
        }
    }
}

/// The most bytes that were in use at a time.
pub fn used() -> u32 {
    let end = &raw mut _stack_start;
    let mut word = &raw mut _stack_end;
    // SAFETY: all words lie in the stack; they are only read.
    while word < end && unsafe { word.read_volatile() } == PAINT {
        // SAFETY: stays below the end, as was just checked.
        word = unsafe { word.add(1) };
    }
    end as u32 - word as u32
}

/// How deep it is here, in bytes.
#[inline(always)]
pub fn depth() -> u32 {
    let here = 0u32;
    let end = &raw mut _stack_start;
    end as u32 - ptr::from_ref(black_box(&here)) as u32
}
