//! The core's hot loops, compiled for what the processor at hand can do.
//!
//! [`detect`] gives a token of the best instruction set; holding one is the proof that the processor has
//! it. The core instantiates its loops inside the token's one function, once for a row.
//!
//! Programs for a Cortex-M know what they are compiled for: [`BUILT_FOR`] is its token.
#![cfg_attr(target_os = "none", no_std)]

#[cfg(target_arch = "aarch64")]
mod arm;
#[cfg(cortex_m_dsp)]
mod cortex_m;
#[cfg(target_arch = "x86_64")]
mod x86;

use lentil_core::kernels::{Kernels, Scalar, Work};

/// A set of instructions that was found.
#[derive(Clone, Copy, Debug)]
pub enum Detected {
    /// What every processor of its kind has.
    Scalar(Scalar),
    /// AVX2 and the bit instructions that came with it.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// The same and AVX-512.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

/// Instructions of a Cortex-M4 or M7 for digital signal processing, which programs for Armv7E-M take for granted.
#[cfg(cortex_m_dsp)]
#[derive(Clone, Copy, Debug)]
pub struct CortexM(());

#[cfg(cortex_m_dsp)]
impl Kernels for CortexM {
    #[inline(always)]
    fn run<W: Work>(self, work: W) -> W::Output {
        work.run()
    }
}

/// The token of the set that the program is compiled for.
#[cfg(cortex_m_dsp)]
pub type BuiltFor = CortexM;
/// The token of the set that the program is compiled for.
#[cfg(cortex_m_dsp)]
pub const BUILT_FOR: BuiltFor = CortexM(());
/// The token of the set that the program is compiled for.
#[cfg(not(cortex_m_dsp))]
pub type BuiltFor = Scalar;
/// The token of the set that the program is compiled for.
#[cfg(not(cortex_m_dsp))]
pub const BUILT_FOR: BuiltFor = Scalar;

/// The best set of the processor at hand.
pub fn detect() -> Detected {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx512::detect() {
        return Detected::Avx512(token);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = Avx2::detect() {
        return Detected::Avx2(token);
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(token) = Neon::detect() {
        return Detected::Neon(token);
    }
    Detected::Scalar(Scalar)
}

/// AVX2, BMI1, BMI2, LZCNT, POPCNT and MOVBE: x86-64-v3 but for FMA and F16C.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// The token, if the processor has all of them.
    pub fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("movbe");
        all.then_some(Avx2(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Kernels for Avx2 {
    #[inline(always)]
    fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,movbe")]
        fn with_features<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: the only constructor of the token has found all these features.
        unsafe { with_features(work) }
    }
}

/// All that [`Avx2`] has, AVX-512 for bytes and shorter vectors, and GFNI: Intel's since Ice Lake, AMD's since Zen 4.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx512(Avx2);

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// The token, if the processor has all of them.
    pub fn detect() -> Option<Self> {
        let more = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("gfni");
        Avx2::detect().filter(|_| more).map(Avx512)
    }

    /// The token for what is no faster with more.
    pub fn avx2(self) -> Avx2 {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
impl Kernels for Avx512 {
    #[inline(always)]
    fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(
            enable = "avx2,bmi1,bmi2,lzcnt,popcnt,movbe,avx512f,avx512bw,avx512vl,gfni"
        )]
        fn with_features<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: the only constructor of the token has found all these features.
        unsafe { with_features(work) }
    }
}

/// NEON, which Arm calls Advanced SIMD.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

#[cfg(target_arch = "aarch64")]
impl Neon {
    /// The token, if the processor has it. Kernels take a vector's first place for the one at the lowest address,
    /// which big-endian programs do not.
    pub fn detect() -> Option<Self> {
        let found =
            cfg!(target_endian = "little") && std::arch::is_aarch64_feature_detected!("neon");
        found.then_some(Neon(()))
    }
}

#[cfg(target_arch = "aarch64")]
impl Kernels for Neon {
    #[inline(always)]
    fn run<W: Work>(self, work: W) -> W::Output {
        #[target_feature(enable = "neon")]
        fn with_features<W: Work>(work: W) -> W::Output {
            work.run()
        }
        // SAFETY: the only constructor of the token has found the feature.
        unsafe { with_features(work) }
    }
}
