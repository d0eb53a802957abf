//! Frames of every kind are rebased to sound ones: by any kernels, in any memory.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::EncodeKernels;
use lentil_simd::Detected;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{QCIF, STREAMS, ivf_frames};
use lentil_tests::vp8_rebase::rebase_any;

fn streams_with(kernels: impl EncodeKernels, seed: u64, rounds: usize) {
    let mut random = Rng::new(seed);
    let mut count = 0;
    for round in 0..rounds {
        let streams = [&STREAMS[..], &[QCIF]].concat();
        let stream = ivf_frames(streams[round % streams.len()]);
        let most = stream.len().min(12);
        count += rebase_any(kernels, &mut random, &stream[..most], seed);
    }
    assert!(count > 2 * rounds, "{count}");
}

#[test]
fn memory_changes_nothing() {
    streams_with(Scalar, 11, 24);
}

#[test]
fn kernels_change_nothing() {
    match lentil_simd::detect() {
        // That is the test above.
        Detected::Scalar(_) => {}
        #[cfg(target_arch = "x86_64")]
        Detected::Avx2(kernels) => streams_with(kernels, 12, 40),
        #[cfg(target_arch = "x86_64")]
        Detected::Avx512(kernels) => streams_with(kernels.avx2(), 12, 40),
        #[cfg(target_arch = "aarch64")]
        Detected::Neon(kernels) => streams_with(kernels, 12, 40),
    }
}
