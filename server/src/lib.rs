//! Lossless JPEG recompression for servers.
//!
//! [`compress`] makes a `.lep` file from a JPEG, some 23 % smaller; [`decompress`] gives back
//! every byte. Both work on streams; [`compress_file`] and [`decompress_file`] read at positions
//! and so need less memory.

/// Runs `$work` with the best kernels of the processor as `$kernels`.
macro_rules! with_kernels {
    ($kernels:ident => $work:expr) => {
        match lentil_simd::detect() {
            #[cfg(target_arch = "x86_64")]
            lentil_simd::Detected::Avx512($kernels) => $work,
            #[cfg(target_arch = "x86_64")]
            lentil_simd::Detected::Avx2($kernels) => $work,
            #[cfg(target_arch = "aarch64")]
            lentil_simd::Detected::Neon($kernels) => $work,
            lentil_simd::Detected::Scalar($kernels) => $work,
        }
    };
}

/// The same for JPEG, Lepton and the VP8 encoder, which have nothing for AVX-512.
macro_rules! with_coder_kernels {
    ($kernels:ident => $work:expr) => {
        match lentil_simd::detect() {
            #[cfg(target_arch = "x86_64")]
            lentil_simd::Detected::Avx512(all) => {
                let $kernels = all.avx2();
                $work
            }
            #[cfg(target_arch = "x86_64")]
            lentil_simd::Detected::Avx2($kernels) => $work,
            #[cfg(target_arch = "aarch64")]
            lentil_simd::Detected::Neon($kernels) => $work,
            lentil_simd::Detected::Scalar($kernels) => $work,
        }
    };
}

mod compress;
mod decompress;
mod demux;
mod error;
mod header;
mod info;
mod limited;
mod mux;
mod options;
mod partitions;
mod restore_image;
mod restore_scan;
mod source;
mod survey;
pub mod video;
mod wrapped;

use std::fs::File;
use std::io::{Read, Write};

pub use error::Error;
pub use info::{Component, Info, Kind, LeptonInfo, Partition, Process};
pub use lentil_core as core;
pub use options::{Limits, Options};

/// Sizes of what was read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Bytes of the JPEG (or of the range of it).
    pub jpeg_bytes: u64,
    /// Bytes of the `.lep` file.
    pub lepton_bytes: u64,
    /// Partitions of the `.lep` file; 0 if the bytes are but stored.
    pub partitions: u8,
}

/// Compresses a JPEG from a stream. The input is held in memory, the output is written as it comes.
pub fn compress(
    mut input: impl Read,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    let mut bytes = Vec::new();
    let most = options.limits.memory.saturating_add(1);
    input
        .by_ref()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(Error::Read)?;
    options.limits.check_memory(bytes.len() as u64)?;
    compress_slice(&bytes, output, options)
}

/// Compresses a JPEG that lies in memory.
pub fn compress_slice(
    input: &[u8],
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    compress::compress_verified(input, output, options)
}

/// Compresses a JPEG file, reading it twice rather than holding it in memory.
/// The file's cursor is neither used nor moved.
pub fn compress_file(
    input: &File,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    compress::compress_verified(input, output, options)
}

/// Restores the JPEG from a `.lep` stream, writing its bytes as soon as they are known. If the
/// file carries a hash of its original, the result is checked against it at the end.
pub fn decompress(
    input: impl Read,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    decompress::decompress(input, output, options)
}

/// Restores the JPEG from a `.lep` file, reading the partitions where they lie.
/// The file's cursor is neither used nor moved.
pub fn decompress_file(
    input: &File,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    decompress::decompress_at(input, output, options)
}

/// Says what a JPEG or a `.lep` file holds, without decoding its image.
pub fn info(input: &File, options: &Options) -> Result<Info, Error> {
    info::info(input, options)
}
