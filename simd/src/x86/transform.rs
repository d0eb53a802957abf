//! Inverse transforms; of DCTs four blocks side by side: a line of each of them fills a vector of 16 numbers.

use core::arch::x86_64::*;

use lentil_core::vp8::kernels::Dst;

use super::memory::{load8, load16, store8, store16};

/// See [`PixelKernels::add_luma`](lentil_core::vp8::PixelKernels::add_luma).
#[inline]
#[target_feature(enable = "avx2")]
pub fn add_luma(dst: Dst<'_>, blocks: &[[i16; 16]; 16], dc: &[i16; 16], ends: &[u8; 16]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(16, 16) else {
        return;
    };
    let (rows, _) = blocks.as_chunks::<4>();
    let (dc_rows, _) = dc.as_chunks::<4>();
    let (end_rows, _) = ends.as_chunks::<4>();
    for (i, ((row, dc), ends)) in rows.iter().zip(dc_rows).zip(end_rows).enumerate() {
        let whole = ends.iter().any(|&end| end > 1);
        if !whole && *dc == [0; 4] {
            continue;
        }
        let residue = if whole {
            let block = |b: usize| with_dc(&row[b], dc[b], ends[b]);
            inverse_dct([block(0), block(1), block(2), block(3)])
        } else {
            [of_dc(dc); 4]
        };
        for (y, residue) in residue.into_iter().enumerate() {
            // SAFETY: the slice has 16 lines of 16 pixels.
            unsafe {
                let at = dst.as_mut_ptr().add((4 * i + y) * stride);
                let sum = _mm256_adds_epi16(_mm256_cvtepu8_epi16(load16(at)), residue);
                let pixels = _mm256_packus_epi16(sum, sum);
                let pixels = _mm256_permute4x64_epi64::<0b00_00_10_00>(pixels);
                store16(at, _mm256_castsi256_si128(pixels));
            }
        }
    }
}

/// See [`PixelKernels::add_chroma`](lentil_core::vp8::PixelKernels::add_chroma).
#[inline]
#[target_feature(enable = "avx2")]
pub fn add_chroma(dst: Dst<'_>, blocks: &[[i16; 16]; 4], ends: &[u8; 4]) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(8, 8) else {
        return;
    };
    if *ends == [0; 4] {
        return;
    }
    let dc: [i16; 4] = [0, 1, 2, 3].map(|b| if ends[b] > 0 { blocks[b][0] } else { 0 });
    let residue = if ends.iter().any(|&end| end > 1) {
        let block = |b: usize| with_dc(&blocks[b], dc[b], ends[b]);
        inverse_dct([block(0), block(1), block(2), block(3)])
    } else {
        [of_dc(&dc); 4]
    };
    // The upper two blocks are in the lower lane.
    for (y, residue) in residue.into_iter().enumerate() {
        // SAFETY: the slice has 8 lines of 8 pixels.
        unsafe {
            let upper = dst.as_mut_ptr().add(y * stride);
            let lower = upper.add(4 * stride);
            let pixels = _mm_unpacklo_epi64(load8(upper), load8(lower));
            let sum = _mm256_adds_epi16(_mm256_cvtepu8_epi16(pixels), residue);
            let pixels = _mm256_packus_epi16(sum, sum);
            store8(upper, _mm256_castsi256_si128(pixels));
            store8(lower, _mm256_extracti128_si256::<1>(pixels));
        }
    }
}

/// See [`PixelKernels::add_block`](lentil_core::vp8::PixelKernels::add_block).
#[inline]
#[target_feature(enable = "avx2")]
pub fn add_block(dst: Dst<'_>, block: &[i16; 16], end: u8) {
    let stride = dst.stride;
    let Some(dst) = dst.exactly(4, 4) else {
        return;
    };
    let residue = if end > 1 {
        let zero = _mm256_setzero_si256();
        inverse_dct([with_dc(block, block[0], end), zero, zero, zero])
    } else {
        [of_dc(&[block[0]; 4]); 4]
    };
    for (y, residue) in residue.into_iter().enumerate() {
        // SAFETY: the slice has 4 lines of 4 pixels.
        unsafe {
            let at = dst.as_mut_ptr().add(y * stride).cast::<i32>();
            let pixels = _mm_cvtepu8_epi16(_mm_cvtsi32_si128(at.read_unaligned()));
            let sum = _mm_adds_epi16(pixels, _mm256_castsi256_si128(residue));
            at.write_unaligned(_mm_cvtsi128_si32(_mm_packus_epi16(sum, sum)));
        }
    }
}

/// A block with its DC coefficient in its place, and none else if its end says so.
#[inline]
#[target_feature(enable = "avx2")]
fn with_dc(block: &[i16; 16], dc: i16, end: u8) -> __m256i {
    let dc = _mm256_zextsi128_si256(_mm_cvtsi32_si128(i32::from(dc as u16)));
    if end > 1 {
        // SAFETY: the array is 32 bytes.
        let block = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        // Of both lanes' first numbers only the lower one is DC.
        let first = _mm256_blend_epi16::<0b1111_1110>(dc, block);
        _mm256_blend_epi32::<0b1111_0000>(first, block)
    } else {
        dc
    }
}

/// What DC coefficients alone say: four numbers for each.
#[inline]
#[target_feature(enable = "avx2")]
fn of_dc(dc: &[i16; 4]) -> __m256i {
    // SAFETY: the array is 8 bytes.
    let dc = unsafe { load8(dc.as_ptr().cast()) };
    let rounded = _mm_srai_epi16::<3>(_mm_add_epi16(dc, _mm_set1_epi16(4)));
    let spread = _mm256_setr_epi8(
        0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3, //
        4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7,
    );
    _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(rounded), spread)
}

/// The lines of four blocks that stand side by side.
#[inline]
#[target_feature(enable = "avx2")]
fn inverse_dct(blocks: [__m256i; 4]) -> [__m256i; 4] {
    // Lines of blocks 0 and 1, and of 2 and 3: 0 in the lower lane, 2 in the upper one, then 1 and 3.
    let (a, b) = (
        _mm256_unpacklo_epi64(blocks[0], blocks[1]),
        _mm256_unpackhi_epi64(blocks[0], blocks[1]),
    );
    let (c, d) = (
        _mm256_unpacklo_epi64(blocks[2], blocks[3]),
        _mm256_unpackhi_epi64(blocks[2], blocks[3]),
    );
    let rows = [
        _mm256_permute2x128_si256::<0x20>(a, c),
        _mm256_permute2x128_si256::<0x20>(b, d),
        _mm256_permute2x128_si256::<0x31>(a, c),
        _mm256_permute2x128_si256::<0x31>(b, d),
    ];
    let across = pass(transposed(pass(rows)));
    let round = |row| _mm256_srai_epi16::<3>(_mm256_add_epi16(row, _mm256_set1_epi16(4)));
    let [r0, r1, r2, r3] = transposed(across);
    [round(r0), round(r1), round(r2), round(r3)]
}

/// One direction (RFC 6386, section 14.3).
#[inline]
#[target_feature(enable = "avx2")]
fn pass(rows: [__m256i; 4]) -> [__m256i; 4] {
    // The factors are 35468 and 65536 + 20091, of which the upper 16 bits of products are wanted.
    let by_sine = |x| {
        let product = _mm256_mulhi_epi16(x, _mm256_set1_epi16((35468 - 65536) as i16));
        _mm256_add_epi16(product, x)
    };
    let by_cosine = |x| _mm256_add_epi16(_mm256_mulhi_epi16(x, _mm256_set1_epi16(20091)), x);
    let a = _mm256_add_epi16(rows[0], rows[2]);
    let b = _mm256_sub_epi16(rows[0], rows[2]);
    let c = _mm256_sub_epi16(by_sine(rows[1]), by_cosine(rows[3]));
    let d = _mm256_add_epi16(by_cosine(rows[1]), by_sine(rows[3]));
    [
        _mm256_add_epi16(a, d),
        _mm256_add_epi16(b, c),
        _mm256_sub_epi16(b, c),
        _mm256_sub_epi16(a, d),
    ]
}

/// Each of the four blocks of 4 by 4 with lines and columns exchanged.
#[inline]
#[target_feature(enable = "avx2")]
pub fn transposed(rows: [__m256i; 4]) -> [__m256i; 4] {
    let [p01, p23, q01, q23] = pairs_transposed(rows);
    [
        _mm256_unpacklo_epi64(p01, q01),
        _mm256_unpackhi_epi64(p01, q01),
        _mm256_unpacklo_epi64(p23, q23),
        _mm256_unpackhi_epi64(p23, q23),
    ]
}

/// The same, but two lines of a block one after the other: the first two and the last two of the first block in each lane,
/// then those of the second.
#[inline]
#[target_feature(enable = "avx2")]
pub fn pairs_transposed(rows: [__m256i; 4]) -> [__m256i; 4] {
    // In a lane, blocks p and q: a is p00 p10 p01 p11 .., so that pairs of 32 bits are what is exchanged next.
    let (p01, q01) = (
        _mm256_unpacklo_epi16(rows[0], rows[1]),
        _mm256_unpackhi_epi16(rows[0], rows[1]),
    );
    let (p23, q23) = (
        _mm256_unpacklo_epi16(rows[2], rows[3]),
        _mm256_unpackhi_epi16(rows[2], rows[3]),
    );
    [
        _mm256_unpacklo_epi32(p01, p23),
        _mm256_unpackhi_epi32(p01, p23),
        _mm256_unpacklo_epi32(q01, q23),
        _mm256_unpackhi_epi32(q01, q23),
    ]
}

/// See [`PixelKernels::inverse_wht`](lentil_core::vp8::PixelKernels::inverse_wht).
#[inline]
#[target_feature(enable = "avx2")]
pub fn inverse_wht(block: &[i16; 16]) -> [i16; 16] {
    let eighth = |x| _mm_srai_epi16::<3>(_mm_add_epi16(x, _mm_set1_epi16(3)));
    let [upper, lower] = walsh_hadamard(block);
    store_numbers([eighth(upper), eighth(lower)])
}

/// The sums of the Walsh-Hadamard transform, which are the same both ways; two lines in each vector.
#[inline]
#[target_feature(enable = "avx2")]
pub fn walsh_hadamard(block: &[i16; 16]) -> [__m128i; 2] {
    // SAFETY: the array is 32 bytes.
    let rows = unsafe {
        let at = block.as_ptr().cast::<u8>();
        [load16(at), load16(at.add(16))]
    };
    let pass = |[r01, r23]: [__m128i; 2]| {
        let r32 = _mm_shuffle_epi32::<0b01_00_11_10>(r23);
        let (ab, dc) = (_mm_add_epi16(r01, r32), _mm_sub_epi16(r01, r32));
        let (ad, bc) = (_mm_unpacklo_epi64(ab, dc), _mm_unpackhi_epi64(ab, dc));
        [_mm_add_epi16(ad, bc), _mm_sub_epi16(ad, bc)]
    };
    let transposed = |[r01, r23]: [__m128i; 2]| {
        let (r02, r13) = (_mm_unpacklo_epi16(r01, r23), _mm_unpackhi_epi16(r01, r23));
        [_mm_unpacklo_epi16(r02, r13), _mm_unpackhi_epi16(r02, r13)]
    };
    transposed(pass(transposed(pass(rows))))
}

#[inline]
#[target_feature(enable = "avx2")]
pub fn store_numbers([upper, lower]: [__m128i; 2]) -> [i16; 16] {
    let mut numbers = [0; 16];
    // SAFETY: the array is 32 bytes.
    unsafe {
        let to = numbers.as_mut_ptr().cast::<u8>();
        store16(to, upper);
        store16(to.add(16), lower);
    }
    numbers
}
