//! Vectors to and from memory; nothing need be aligned.

use core::arch::aarch64::*;

/// Eight bytes at `from`.
///
/// # Safety
///
/// They can be read.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load8(from: *const u8) -> uint8x8_t {
    // SAFETY: as the caller says.
    unsafe { vld1_u8(from) }
}

/// Sixteen bytes at `from`.
///
/// # Safety
///
/// They can be read.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load16(from: *const u8) -> uint8x16_t {
    // SAFETY: as the caller says.
    unsafe { vld1q_u8(from) }
}

/// Four bytes at each of two places.
///
/// # Safety
///
/// They can be read.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load_fours(first: *const u8, second: *const u8) -> uint8x8_t {
    // SAFETY: as the caller says.
    let (first, second) = unsafe {
        (
            first.cast::<u32>().read_unaligned(),
            second.cast::<u32>().read_unaligned(),
        )
    };
    vreinterpret_u8_u32(vset_lane_u32::<1>(second, vdup_n_u32(first)))
}

/// Eight bytes at each of two places.
///
/// # Safety
///
/// They can be read.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn load_eights(first: *const u8, second: *const u8) -> uint8x16_t {
    // SAFETY: as the caller says.
    unsafe { vcombine_u8(vld1_u8(first), vld1_u8(second)) }
}

/// Puts eight bytes at `to`.
///
/// # Safety
///
/// They can be written.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn store8(to: *mut u8, value: uint8x8_t) {
    // SAFETY: as the caller says.
    unsafe { vst1_u8(to, value) }
}

/// Puts sixteen bytes at `to`.
///
/// # Safety
///
/// They can be written.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn store16(to: *mut u8, value: uint8x16_t) {
    // SAFETY: as the caller says.
    unsafe { vst1q_u8(to, value) }
}

/// Puts the first four bytes at `first`, and the others at `second`.
///
/// # Safety
///
/// They can be written.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn store_fours(first: *mut u8, second: *mut u8, value: uint8x8_t) {
    let value = vreinterpret_u32_u8(value);
    // SAFETY: as the caller says.
    unsafe {
        let (first, second) = (first.cast::<u32>(), second.cast::<u32>());
        first.write_unaligned(vget_lane_u32::<0>(value));
        second.write_unaligned(vget_lane_u32::<1>(value));
    }
}

/// Puts the first eight bytes at `first`, and the others at `second`.
///
/// # Safety
///
/// They can be written.
#[inline]
#[target_feature(enable = "neon")]
pub unsafe fn store_eights(first: *mut u8, second: *mut u8, value: uint8x16_t) {
    // SAFETY: as the caller says.
    unsafe {
        vst1_u8(first, vget_low_u8(value));
        vst1_u8(second, vget_high_u8(value));
    }
}
