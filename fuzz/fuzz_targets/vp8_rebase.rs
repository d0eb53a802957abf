//! Frames of every kind, sound, damaged and made, that are made to follow films of any settings, as the fuzzer's bytes choose: by
//! the reference kernels and by those of the processor. Each must decode to what its encoder says, with the modes that it had.
#![no_main]

use lentil_core::vp8::encode::EncodeKernels;
use lentil_simd::Detected;
use lentil_tests::vp8::{STREAMS, ivf_frames};
use lentil_tests::vp8_maker::{Bytes, Draw};
use lentil_tests::vp8_rebase::rebase_any;
use libfuzzer_sys::fuzz_target;

fn rebase(kernels: impl EncodeKernels, data: &[u8]) {
    let mut choices = Bytes(data);
    let stream = ivf_frames(STREAMS[choices.draw(STREAMS.len())]);
    let most = stream.len().min(6);
    rebase_any(kernels, &mut choices, &stream[..most], data.len() as u64);
}

fuzz_target!(|data: &[u8]| match lentil_simd::detect() {
    Detected::Scalar(kernels) => rebase(kernels, data),
    #[cfg(target_arch = "x86_64")]
    Detected::Avx2(kernels) => rebase(kernels, data),
    #[cfg(target_arch = "x86_64")]
    Detected::Avx512(kernels) => rebase(kernels.avx2(), data),
    #[cfg(target_arch = "aarch64")]
    Detected::Neon(kernels) => rebase(kernels, data),
});
