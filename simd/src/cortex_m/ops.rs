//! The DSP instructions that the kernels are made of (Arm DDI 0403, A7.7): on four bytes or two halfwords of a word at a time.
//! There are no intrinsics for them in stable Rust.

use core::arch::asm;

/// A function that is one instruction of two operands.
macro_rules! instruction {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[inline(always)]
        pub fn $name(a: u32, b: u32) -> u32 {
            let result;
            // SAFETY: it works on registers, and whoever compiles this has said that the processor has it.
            unsafe {
                asm!(
                    concat!(stringify!($name), " {r}, {a}, {b}"),
                    r = lateout(reg) result, a = in(reg) a, b = in(reg) b,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
            result
        }
    };
}

instruction!(
    /// Bytes added, and cut off at 255.
    uqadd8
);
instruction!(
    /// Bytes subtracted, and cut off at 0.
    uqsub8
);
instruction!(
    /// Signed bytes added, and cut off.
    qadd8
);
instruction!(
    /// Signed bytes subtracted, and cut off.
    qsub8
);
instruction!(
    /// Signed bytes added, and halved downwards.
    shadd8
);
instruction!(
    /// Halfwords subtracted, and cut off at 0.
    uqsub16
);
instruction!(
    /// Halfwords added, and cut off at 65535.
    uqadd16
);
instruction!(
    /// Halfwords added; they wrap around.
    sadd16
);
instruction!(
    /// Halfwords subtracted; they wrap around.
    ssub16
);
instruction!(
    /// Signed halfwords added, and halved downwards.
    shadd16
);
instruction!(
    /// A word times the signed lower halfword of another, shifted down by 16.
    smulwb
);
instruction!(
    /// A word times the signed upper halfword of another, shifted down by 16.
    smulwt
);

/// Adds the products of signed halfwords, the lower ones and the upper ones, to a sum.
#[inline(always)]
pub fn smlad(a: u32, b: u32, sum: u32) -> u32 {
    let result;
    // SAFETY: as above; it may set the Q flag, which is among those that are not preserved.
    unsafe {
        asm!(
            "smlad {r}, {a}, {b}, {sum}",
            r = lateout(reg) result, a = in(reg) a, b = in(reg) b, sum = in(reg) sum,
            options(pure, nomem, nostack)
        );
    }
    result
}

/// Adds the absolute differences of bytes to a sum.
#[inline(always)]
pub fn usada8(a: u32, b: u32, sum: u32) -> u32 {
    let result;
    // SAFETY: as above.
    unsafe {
        asm!(
            "usada8 {r}, {a}, {b}, {sum}",
            r = lateout(reg) result, a = in(reg) a, b = in(reg) b, sum = in(reg) sum,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    result
}

/// Signed halfwords cut off at 0 and the most that so many bits can say.
#[inline(always)]
pub fn usat16<const BITS: u32>(a: u32) -> u32 {
    let result;
    // SAFETY: as above; it may set the Q flag, which is among those that are not preserved.
    unsafe {
        asm!(
            "usat16 {r}, #{bits}, {a}",
            r = lateout(reg) result, a = in(reg) a, bits = const BITS,
            options(pure, nomem, nostack)
        );
    }
    result
}

/// Bytes of `yes` where those of `a` are at least those of `b`, and of `no` elsewhere.
#[inline(always)]
pub fn select_at_least(a: u32, b: u32, yes: u32, no: u32) -> u32 {
    let result;
    // SAFETY: as above; the GE flags are among those that are not preserved.
    unsafe {
        asm!(
            "usub8 {r}, {a}, {b}",
            "sel {r}, {yes}, {no}",
            r = out(reg) result, a = in(reg) a, b = in(reg) b, yes = in(reg) yes, no = in(reg) no,
            options(pure, nomem, nostack)
        );
    }
    result
}

/// A byte four times.
#[inline(always)]
pub const fn four(byte: u8) -> u32 {
    byte as u32 * 0x0101_0101
}

/// Absolute differences of bytes.
#[inline(always)]
pub fn differences(a: u32, b: u32) -> u32 {
    uqsub8(a, b) | uqsub8(b, a)
}

/// The first and the third byte as halfwords.
#[inline(always)]
pub const fn even(word: u32) -> u32 {
    word & 0x00ff_00ff
}

/// The second and the fourth byte as halfwords.
#[inline(always)]
pub const fn odd(word: u32) -> u32 {
    (word >> 8) & 0x00ff_00ff
}

/// The lower half of one word, and the upper half of another.
#[inline(always)]
pub const fn packed(low: u32, high: u32) -> u32 {
    (low & 0xffff) | (high & 0xffff_0000)
}

/// The lower halves of two words.
#[inline(always)]
pub const fn low_half(low: u32, high: u32) -> u32 {
    (low & 0xffff) | high << 16
}

/// The upper halves of two words.
#[inline(always)]
pub const fn high_half(low: u32, high: u32) -> u32 {
    low >> 16 | (high & 0xffff_0000)
}
