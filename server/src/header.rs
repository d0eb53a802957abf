//! The header block, packed and unpacked.

use std::io::{self, Read};

use lentil_core::lepton::container::{FIXED_BYTES, FixedHeader, Packing};
use lentil_core::lepton::inflate::{Inflated, Inflater};
use lentil_core::lepton::{self, container};

use crate::options::check;
use crate::{Error, Limits};

/// Packs a header block with all the care that zlib knows.
pub(crate) fn pack(block: &container::HeaderBlock<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    block.write(|piece| bytes.extend_from_slice(piece));
    miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 10)
}

/// Reads exactly so many bytes; an early end is the file's fault.
pub(crate) fn read_exact(input: &mut impl Read, bytes: &mut [u8]) -> Result<(), Error> {
    input.read_exact(bytes).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => lepton::Error::Truncated.into(),
        _ => Error::Read(e),
    })
}

/// Reads the fixed header, and the header block unpacked.
pub(crate) fn read(
    input: &mut impl Read,
    limits: &Limits,
) -> Result<(FixedHeader, Vec<u8>), Error> {
    let mut fixed = [0; FIXED_BYTES];
    match read_exact(input, &mut fixed) {
        Err(Error::Corrupt(lepton::Error::Truncated)) if !fixed.starts_with(&[0xcf, 0x84]) => {
            return Err(lepton::Error::NotLepton.into());
        }
        other => other?,
    }
    let fixed = FixedHeader::parse(&fixed)?;
    let mut packed = input.by_ref().take(fixed.block_bytes.into());
    let block = match fixed.packing {
        Packing::Zlib => inflate(&mut packed, limits)?,
        Packing::Brotli => unpack_brotli(&mut packed, limits)?,
    };
    // Whatever an encoder may have put behind the stream.
    io::copy(&mut packed, &mut io::sink()).map_err(Error::Read)?;
    let mut mark = [0; container::COMPLETION.len()];
    read_exact(input, &mut mark)?;
    if mark != container::COMPLETION {
        return Err(lepton::Error::Field("the header block is not followed by CMP").into());
    }
    Ok((fixed, block))
}

fn inflate(packed: &mut impl Read, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut inflater = Inflater::default();
    let mut block = vec![0; 1 << 12];
    let mut chunk = [0; 1 << 12];
    loop {
        let mut input = match packed.read(&mut chunk) {
            Ok(0) => return Err(lepton::Error::Truncated.into()),
            Ok(n) => &chunk[..n],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Error::Read(e)),
        };
        loop {
            let (used, status) = inflater.step(input, &mut block)?;
            input = &input[used..];
            match status {
                Inflated::Input => break,
                Inflated::Full => {
                    let needed = 2 * block.len();
                    limits.check_memory(needed as u64)?;
                    block.resize(needed, 0);
                }
                Inflated::Done(length) => {
                    block.truncate(length);
                    return Ok(block);
                }
            }
        }
    }
}

/// The most bytes of a header block that so many packed bytes are believed to hold. Brotli says 16 MiB of one byte in 26
/// bytes; zlib, which packs nothing a thousandfold, needs no such bound.
fn most_unpacked(packed: usize) -> u64 {
    (1 << 24) + 2048 * packed as u64
}

fn unpack_brotli(packed: &mut impl Read, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    packed
        .take(limits.memory.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::Read)?;
    limits.check_memory(bytes.len() as u64)?;
    let most = most_unpacked(bytes.len());
    let mut block = Vec::new();
    brotli_decompressor::Decompressor::new(bytes.as_slice(), 1 << 12)
        .take(most.min(limits.memory).saturating_add(1))
        .read_to_end(&mut block)
        .map_err(|_| lepton::Error::Inflate)?;
    limits.check_memory(block.len() as u64)?;
    check("bytes of a header block", block.len() as u64, most)?;
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1000 zeros, and 32 MiB of zeros, packed by brotli.
    const FEW: [u8; 11] = [
        0x1b, 0xe7, 0x03, 0xf8, 0x27, 0x00, 0xa2, 0xb1, 0x40, 0x20, 0x34,
    ];
    const MANY: [u8; 54] = [
        0xcb, 0xff, 0xff, 0x3f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x8f, 0xff,
        0xff, 0x7f, 0xf0, 0x4f, 0x00, 0xc4, 0x61, 0x11, 0x80, 0xee, 0xfd, 0x1f, 0xff, 0xff, 0xff,
        0xe0, 0x9f, 0x00, 0x88, 0xc3, 0x02, 0x00, 0xdd, 0xfb, 0x3f, 0xfe, 0xff, 0xff, 0xc1, 0x3f,
        0x01, 0x10, 0x87, 0x05, 0x00, 0xba, 0xf7, 0x7f, 0x03,
    ];

    #[test]
    fn few_bytes_do_not_unpack_to_many() {
        let limits = Limits::default();
        let few = unpack_brotli(&mut FEW.as_slice(), &limits).unwrap();
        assert_eq!(few, [0; 1000]);
        let many = unpack_brotli(&mut MANY.as_slice(), &limits);
        assert!(matches!(many, Err(Error::Limit { .. })), "{many:?}");
    }
}
