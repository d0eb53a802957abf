//! The header block, packed and unpacked.

use std::io::{self, Read};

use lentil_core::lepton::container::{FIXED_BYTES, FixedHeader, Packing};
use lentil_core::lepton::inflate::{Inflated, Inflater};
use lentil_core::lepton::{self, container};

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

fn unpack_brotli(packed: &mut impl Read, limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut block = Vec::new();
    brotli_decompressor::Decompressor::new(packed, 1 << 12)
        .take(limits.memory.saturating_add(1))
        .read_to_end(&mut block)
        .map_err(|_| lepton::Error::Inflate)?;
    limits.check_memory(block.len() as u64)?;
    Ok(block)
}
