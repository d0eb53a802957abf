//! Prediction from pixels around a block.

use core::arch::x86_64::*;

use lentil_core::kernels::Scalar;
use lentil_core::vp8::kernels::{Dst, SUB_PICKS};
use lentil_core::vp8::{PixelKernels, SubMode};

use super::memory::{load8, load16, store4, store8, store16};

/// See [`PixelKernels::true_motion`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn true_motion<const N: usize>(dst: Dst<'_>, above: &[u8; N], left: &[u8; N], corner: u8) {
    if N != 16 && N != 8 {
        return Scalar.true_motion(dst, above, left, corner);
    }
    let stride = dst.stride;
    let Some(dst) = dst.exactly(N, N) else {
        return;
    };
    // SAFETY: the arrays have `N` pixels, and the slice `N` lines of them.
    unsafe {
        let load = |pixels: &[u8; N]| match N {
            16 => load16(pixels.as_ptr()),
            _ => load8(pixels.as_ptr()),
        };
        let (above, left) = (load(above), load(left));
        // Of each line either what is to be added or what is to be taken away is 0.
        let corner = _mm_set1_epi8(corner as i8);
        let (more, less) = (_mm_subs_epu8(left, corner), _mm_subs_epu8(corner, left));
        let mut line = _mm_setzero_si128();
        for y in 0..N {
            let sum = _mm_adds_epu8(above, _mm_shuffle_epi8(more, line));
            let sum = _mm_subs_epu8(sum, _mm_shuffle_epi8(less, line));
            let to = dst.as_mut_ptr().add(y * stride);
            match N {
                16 => store16(to, sum),
                _ => store8(to, sum),
            }
            line = _mm_add_epi8(line, _mm_set1_epi8(1));
        }
    }
}

/// See [`PixelKernels::predict_sub`].
#[inline]
#[target_feature(enable = "avx2")]
pub fn predict_sub(dst: Dst<'_>, edge: &[u8; 16], mode: SubMode) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    // SAFETY: the array has 16 pixels.
    let edge = unsafe { load16(edge.as_ptr()) };
    let pixels = match mode {
        SubMode::Dc => mean(edge),
        SubMode::TrueMotion => sub_true_motion(edge),
        _ => directional(edge, &SUB_PICKS[(mode as usize).wrapping_sub(2) & 7]),
    };
    let lines = [
        pixels,
        _mm_srli_si128::<4>(pixels),
        _mm_srli_si128::<8>(pixels),
        _mm_srli_si128::<12>(pixels),
    ];
    for (y, line) in lines.into_iter().enumerate() {
        // SAFETY: the slice has 4 lines of 4 pixels.
        unsafe { store4(dst.as_mut_ptr().add(y * stride), line) };
    }
}

/// Of the four pixels to the left and the four above.
#[inline]
#[target_feature(enable = "avx2")]
fn mean(edge: __m128i) -> __m128i {
    let around = _mm_setr_epi8(0, 0, -1, -1, -1, -1, 0, -1, -1, -1, -1, 0, 0, 0, 0, 0);
    let halves = _mm_sad_epu8(_mm_and_si128(edge, around), _mm_setzero_si128());
    let sum = _mm_add_epi16(halves, _mm_unpackhi_epi64(halves, halves));
    let mean = _mm_srli_epi16::<3>(_mm_add_epi16(sum, _mm_set1_epi16(4)));
    _mm_broadcastb_epi8(mean)
}

#[inline]
#[target_feature(enable = "avx2")]
fn sub_true_motion(edge: __m128i) -> __m128i {
    let corner = _mm_shuffle_epi8(edge, _mm_set1_epi8(6));
    let (more, less) = (_mm_subs_epu8(edge, corner), _mm_subs_epu8(corner, edge));
    let lines = _mm_setr_epi8(5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2);
    let columns = _mm_setr_epi8(7, 8, 9, 10, 7, 8, 9, 10, 7, 8, 9, 10, 7, 8, 9, 10);
    let sum = _mm_adds_epu8(
        _mm_shuffle_epi8(edge, columns),
        _mm_shuffle_epi8(more, lines),
    );
    _mm_subs_epu8(sum, _mm_shuffle_epi8(less, lines))
}

/// Means of pixels next to each other: all of them, looked up.
#[inline]
#[target_feature(enable = "avx2")]
fn directional(edge: __m128i, picks: &[u8; 16]) -> __m128i {
    let (before, after) = (_mm_slli_si128::<1>(edge), _mm_srli_si128::<1>(edge));
    // Halves rounded down, then up, make a quarter rounded to the nearest.
    let odd = _mm_and_si128(_mm_xor_si128(before, after), _mm_set1_epi8(1));
    let down = _mm_sub_epi8(_mm_avg_epu8(before, after), odd);
    let (of_three, of_two) = (_mm_avg_epu8(down, edge), _mm_avg_epu8(edge, after));
    // SAFETY: the array has 16 bytes.
    let picks = unsafe { load16(picks.as_ptr()) };
    // Where the highest bit is set, nothing is looked up: from 16 on, and below.
    let three = _mm_shuffle_epi8(of_three, _mm_add_epi8(picks, _mm_set1_epi8(0x70)));
    let two = _mm_shuffle_epi8(of_two, _mm_sub_epi8(picks, _mm_set1_epi8(16)));
    _mm_or_si128(three, two)
}
