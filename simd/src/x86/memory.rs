//! Vectors to and from memory.

use core::arch::x86_64::{
    __m128i, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_loadl_epi64, _mm_loadu_si128,
    _mm_storel_epi64, _mm_storeu_si128,
};

/// Sixteen bytes at `from`.
///
/// # Safety
///
/// They can be read.
#[inline(always)]
pub unsafe fn load16(from: *const u8) -> __m128i {
    // SAFETY: as the caller says; the load wants no alignment.
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// Eight bytes at `from`, zeros above.
///
/// # Safety
///
/// They can be read.
#[inline(always)]
pub unsafe fn load8(from: *const u8) -> __m128i {
    // SAFETY: as the caller says; the load wants no alignment.
    unsafe { _mm_loadl_epi64(from.cast()) }
}

/// Four bytes at `from`, zeros above.
///
/// # Safety
///
/// They can be read.
#[inline(always)]
pub unsafe fn load4(from: *const u8) -> __m128i {
    // SAFETY: as the caller says; the vector is made where code is compiled for AVX2.
    unsafe { _mm_cvtsi32_si128(from.cast::<i32>().read_unaligned()) }
}

/// Puts sixteen bytes at `to`.
///
/// # Safety
///
/// They can be written.
#[inline(always)]
pub unsafe fn store16(to: *mut u8, value: __m128i) {
    // SAFETY: as the caller says; the store wants no alignment.
    unsafe { _mm_storeu_si128(to.cast(), value) }
}

/// Puts the lower eight bytes at `to`.
///
/// # Safety
///
/// They can be written.
#[inline(always)]
pub unsafe fn store8(to: *mut u8, value: __m128i) {
    // SAFETY: as the caller says; the store wants no alignment.
    unsafe { _mm_storel_epi64(to.cast(), value) }
}

/// Puts the lower four bytes at `to`.
///
/// # Safety
///
/// They can be written.
#[inline(always)]
pub unsafe fn store4(to: *mut u8, value: __m128i) {
    // SAFETY: as the caller says; the value is taken out where code is compiled for AVX2, as all that has one is.
    unsafe { to.cast::<i32>().write_unaligned(_mm_cvtsi128_si32(value)) }
}
