//! IVF: a header of 32 bytes, then frames, each after its length and time.

use std::io::Read;

use super::Error;
use super::stream::{Frame, StreamInfo, read_exactly};

/// The first bytes of a file.
pub const MAGIC: [u8; 4] = *b"DKIF";

/// Frames cannot be longer: 2^28 pixels with 3 bytes each would have room in it.
const LONGEST: u32 = 1 << 30;

/// Reads on after [`MAGIC`].
pub fn header(input: &mut impl Read) -> Result<StreamInfo, Error> {
    let mut header = [0; 28];
    if !read_exactly(input, &mut header)? {
        return Err(Error::Corrupt("the IVF header is cut short".into()));
    }
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| u32::from(u16_at(at)) | u32::from(u16_at(at + 2)) << 16;
    if &header[4..8] != b"VP80" {
        return Err(Error::Unsupported("an IVF file of another codec than VP8"));
    }
    let mut rest = u64::from(u16_at(2)).saturating_sub(32);
    while rest > 0 {
        // Longer headers than ours are passed over.
        let mut skipped = [0; 64];
        let part = rest.min(64) as usize;
        if !read_exactly(input, &mut skipped[..part])? {
            return Err(Error::Corrupt("the IVF header is cut short".into()));
        }
        rest -= part as u64;
    }
    Ok(StreamInfo {
        container: "IVF",
        width: u16_at(8),
        height: u16_at(10),
        // Frames a second are the reciprocal of the time base, as far as anybody knows.
        rate: (u32_at(12), u32_at(16)),
    })
}

/// The next frame into `data`; `None` at the end.
pub fn frame(input: &mut impl Read, data: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
    let mut header = [0; 12];
    if !read_exactly(input, &mut header)? {
        return Ok(None);
    }
    let [l0, l1, l2, l3, time @ ..] = header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]);
    if length > LONGEST {
        return Err(Error::Corrupt(format!("a frame of {length} bytes")));
    }
    data.clear();
    // Memory is taken as bytes come, not as they are claimed.
    let read = input
        .take(length.into())
        .read_to_end(data)
        .map_err(Error::Read)?;
    if read < length as usize {
        return Err(Error::Corrupt(format!(
            "the file ends within a frame, after {read} of {length} bytes"
        )));
    }
    Ok(Some(Frame {
        time: u64::from_le_bytes(time),
    }))
}
