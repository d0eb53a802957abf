//! Words to and from slices of bytes; nothing need be aligned. Whoever reads or writes has looked before whether the slice is long
//! enough.

/// Four bytes, the first one lowest.
///
/// # Safety
///
/// The slice has four bytes from `at` on.
#[inline(always)]
pub unsafe fn word(data: &[u8], at: usize) -> u32 {
    debug_assert!(at + 4 <= data.len());
    // SAFETY: as the caller says.
    unsafe { u32::from_le(data.as_ptr().add(at).cast::<u32>().read_unaligned()) }
}

/// Puts four bytes.
///
/// # Safety
///
/// The slice has four bytes from `at` on.
#[inline(always)]
pub unsafe fn put(data: &mut [u8], at: usize, word: u32) {
    debug_assert!(at + 4 <= data.len());
    // SAFETY: as the caller says.
    unsafe {
        data.as_mut_ptr()
            .add(at)
            .cast::<u32>()
            .write_unaligned(word.to_le());
    }
}

/// Two halfwords of a block.
#[inline(always)]
pub fn halfwords(block: &[i16; 16], pair: usize) -> u32 {
    // SAFETY: the block has eight pairs.
    unsafe { block.as_ptr().cast::<u32>().add(pair & 7).read_unaligned() }
}

/// The same of numbers without a sign.
#[inline(always)]
pub fn unsigned(numbers: &[u16; 16], pair: usize) -> u32 {
    // SAFETY: as above.
    unsafe {
        numbers
            .as_ptr()
            .cast::<u32>()
            .add(pair & 7)
            .read_unaligned()
    }
}

/// Puts two halfwords of a block.
#[inline(always)]
pub fn put_halfwords(block: &mut [i16; 16], pair: usize, both: u32) {
    // SAFETY: as above.
    unsafe {
        block
            .as_mut_ptr()
            .cast::<u32>()
            .add(pair & 7)
            .write_unaligned(both);
    }
}
