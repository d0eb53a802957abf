//! The frame around the partitions: the fixed header and the header block.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 2 | CF 84; or CE B6: the JPEG is to be wrapped as stored zlib data |
//! | 2 | 1 | version: 1; 2 or 4 with a Brotli header block; [`OWN_VERSION`] |
//! | 3 | 1 | form: `Z` one sequential scan, `X` any scans, `Y` a piece of a file |
//! | 4 | 1 | partitions |
//! | 5 | 3 | zero |
//! | 8 | 12 | the encoder's own: [`Origin`] |
//! | 20 | 4 | bytes of the JPEG |
//! | 24 | 4 | bytes of the compressed header block, which follows, then `CMP` |
//!
//! All numbers are little-endian. Version 1 files are those of the first Lepton encoders. Version
//! [`OWN_VERSION`] has the same layout, and is used for what these could not decode: four components,
//! sampling factors above 2, unusual run lengths, bytes that are stored.

use super::Error;
use super::predict::Arithmetic;
use super::transcode::RowStart;
use crate::jpeg::{MAX_COMPONENTS, PartialByte};

/// Bytes of the fixed header.
pub const FIXED_BYTES: usize = 28;
/// The version of files that only Lentil reads.
pub const OWN_VERSION: u8 = 0x4c;
/// Most partitions that a file can have: streams are told apart by four bits.
pub const MAX_PARTITIONS: usize = 16;
/// What stands between the header block and the partitions.
pub const COMPLETION: [u8; 3] = *b"CMP";

/// How the header block is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As a zlib stream.
    Zlib,
    /// As a Brotli stream.
    Brotli,
}

/// How the image is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `Z`: the header says where in the one sequential scan each partition begins.
    Sequential,
    /// `X`: any scans; the partitions give coefficients only.
    Image,
    /// `Y`: as `Z`, from a row on, after bytes that are stored.
    Piece,
}

/// Who wrote a file, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Lentil, with the XXH64 of the original.
    Lentil {
        /// XXH64 with seed 0 of the bytes that the file restores to.
        hash: u64,
    },
    /// Another encoder, and how its arithmetic overflowed.
    Other(Arithmetic, Cut),
}

/// Where a file that carries tail bytes is cut to its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The scans are cut so that the tail fits; then comes the tail.
    BeforeTail,
    /// The tail follows the scans, and is then cut. One release of an encoder did so.
    AfterTail,
}

/// The first bytes of our files' origin field.
const OUR_ORIGIN: [u8; 4] = *b"LNTL";

/// The fixed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedHeader {
    /// Whether only Lentil reads the file.
    pub own_version: bool,
    /// How the header block is compressed.
    pub packing: Packing,
    /// How the image is coded.
    pub form: Form,
    /// 0 to 16; 0 only if everything is stored.
    pub partitions: u8,
    /// Who wrote the file.
    pub origin: Origin,
    /// Whether the JPEG is to be wrapped as stored zlib data.
    pub wrapped: bool,
    /// Bytes of the JPEG, or of the piece of it.
    pub jpeg_bytes: u32,
    /// Bytes of the compressed header block.
    pub block_bytes: u32,
}

impl FixedHeader {
    /// The bytes of the header. Only what Lentil writes: zlib, not wrapped, its own origin.
    pub fn to_bytes(&self, hash: u64) -> [u8; FIXED_BYTES] {
        let mut bytes = [0; FIXED_BYTES];
        bytes[..2].copy_from_slice(&[0xcf, 0x84]);
        bytes[2] = if self.own_version { OWN_VERSION } else { 1 };
        bytes[3] = match self.form {
            Form::Sequential => b'Z',
            Form::Image => b'X',
            Form::Piece => b'Y',
        };
        bytes[4] = self.partitions;
        bytes[8..12].copy_from_slice(&OUR_ORIGIN);
        bytes[12..20].copy_from_slice(&hash.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.jpeg_bytes.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.block_bytes.to_le_bytes());
        bytes
    }

    /// Reads the header.
    pub fn parse(bytes: &[u8; FIXED_BYTES]) -> Result<Self, Error> {
        let wrapped = match bytes[..2] {
            [0xcf, 0x84] => false,
            [0xce, 0xb6] => true,
            _ => return Err(Error::NotLepton),
        };
        let (own_version, packing) = match bytes[2] {
            1 => (false, Packing::Zlib),
            // The two differ in what their encoder was allowed to do.
            2 | 4 => (false, Packing::Brotli),
            OWN_VERSION => (true, Packing::Zlib),
            version => return Err(Error::Version(version)),
        };
        let form = match bytes[3] {
            b'Z' => Form::Sequential,
            b'X' => Form::Image,
            b'Y' => Form::Piece,
            _ => return Err(Error::Field("the form is neither Z, X nor Y")),
        };
        let partitions = bytes[4];
        if usize::from(partitions) > MAX_PARTITIONS || partitions == 0 && !own_version {
            return Err(Error::Field("the number of partitions is not 1 to 16"));
        }
        let number = |at: usize| {
            let four = bytes[at..].first_chunk().copied().unwrap_or_default();
            u32::from_le_bytes(four)
        };
        let origin = Origin::parse(bytes);
        // We never wrap, and our hash is that of the JPEG itself.
        if wrapped && (own_version || matches!(origin, Origin::Lentil { .. })) {
            return Err(Error::Field(
                "it asks for wrapping, which its encoder does not do",
            ));
        }
        Ok(FixedHeader {
            own_version,
            packing,
            form,
            partitions,
            origin,
            wrapped,
            jpeg_bytes: number(20),
            block_bytes: number(24),
        })
    }
}

impl Origin {
    fn parse(bytes: &[u8; FIXED_BYTES]) -> Self {
        let field = &bytes[8..20];
        if let Some((&OUR_ORIGIN, hash)) = field.split_first_chunk() {
            let hash = hash.first_chunk().copied().unwrap_or_default();
            return Origin::Lentil {
                hash: u64::from_le_bytes(hash),
            };
        }
        // lepton_jpeg: 'M' 'S', length of the header block, flags, release, and part of a revision.
        let ([b'M', b'S', _, _, _, _, flags, release, ..], true) = (field, bytes[2] == 1) else {
            return Origin::Other(Arithmetic::DEFAULT, Cut::BeforeTail);
        };
        let arithmetic = if flags & 0x80 != 0 {
            Arithmetic {
                wrap_outgoing: flags & 1 != 0,
                wrap_incoming: flags & 2 != 0,
                ..Arithmetic::DEFAULT
            }
        } else {
            Arithmetic::DEFAULT
        };
        let cut = match release {
            55 => Cut::AfterTail,
            _ => Cut::BeforeTail,
        };
        Origin::Other(arithmetic, cut)
    }
}

/// Where a partition begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handoff {
    /// Its first block row of component 0.
    pub first_row: u16,
    /// Bytes of scan data that it restores to.
    pub segment_bytes: u32,
    /// Where in the scan data it begins (the offset is not kept); `None` in files of early
    /// encoders, where each partition goes on after the one before.
    pub start: Option<RowStart>,
}

/// Bytes of a hand-off record.
const HANDOFF_BYTES: usize = 16;
/// The count of overhanging bits that says that there is no hand-off.
const NO_HANDOFF: u8 = 0xff;

impl Handoff {
    fn to_bytes(self) -> [u8; HANDOFF_BYTES] {
        let mut bytes = [0; HANDOFF_BYTES];
        bytes[..2].copy_from_slice(&self.first_row.to_le_bytes());
        bytes[2..6].copy_from_slice(&self.segment_bytes.to_le_bytes());
        let start = self.start.unwrap_or_default();
        bytes[6] = start.partial.bits;
        bytes[7] = start.partial.count;
        for (place, dc) in bytes[8..].chunks_exact_mut(2).zip(start.last_dc) {
            place.copy_from_slice(&dc.to_le_bytes());
        }
        bytes
    }

    fn parse(bytes: &[u8; HANDOFF_BYTES]) -> Result<Self, Error> {
        let [r0, r1, s0, s1, s2, s3, bits, count, ref dc @ ..] = *bytes;
        let mut last_dc = [0; MAX_COMPONENTS];
        for (value, pair) in last_dc.iter_mut().zip(dc.chunks_exact(2)) {
            *value = i16::from_le_bytes([pair[0], pair[1]]);
        }
        let start = RowStart {
            offset: 0,
            partial: PartialByte { bits, count },
            last_dc,
        };
        if count > 7 && count != NO_HANDOFF {
            return Err(Error::Record("a partition begins beyond its first byte"));
        }
        Ok(Handoff {
            first_row: u16::from_le_bytes([r0, r1]),
            segment_bytes: u32::from_le_bytes([s0, s1, s2, s3]),
            start: (count != NO_HANDOFF).then_some(start),
        })
    }
}

/// The hand-offs of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handoffs {
    list: [Handoff; MAX_PARTITIONS],
    count: u8,
}

impl Handoffs {
    /// Adds one; false if there are sixteen.
    pub fn push(&mut self, handoff: Handoff) -> bool {
        match self.list.get_mut(usize::from(self.count)) {
            Some(place) => {
                *place = handoff;
                self.count += 1;
                true
            }
            None => false,
        }
    }

    /// Those that were added.
    pub fn as_slice(&self) -> &[Handoff] {
        &self.list[..usize::from(self.count).min(MAX_PARTITIONS)]
    }
}

/// A list of little-endian 32-bit numbers as it stands in a file, or as it will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers<'a> {
    /// As bytes, four a number.
    Bytes(&'a [u8]),
    /// As numbers.
    Values(&'a [u32]),
}

impl Numbers<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::Bytes(bytes) => bytes.len() / 4,
            Numbers::Values(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at `index`.
    pub fn get(&self, index: usize) -> Option<u32> {
        match self {
            Numbers::Bytes(bytes) => {
                let four = bytes.get(4 * index..)?.first_chunk()?;
                Some(u32::from_le_bytes(*four))
            }
            Numbers::Values(values) => values.get(index).copied(),
        }
    }
}

/// The header block, unpacked: what the partitions do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderBlock<'a> {
    /// `HDR`: the marker segments, without SOI and EOI; for several scans, those before each scan
    /// and after the last, one after the other.
    pub jpeg_header: &'a [u8],
    /// `P0D`: the bits that fill up bytes before markers, low bit first.
    pub pad: u8,
    /// `HH`: where the partitions begin.
    pub handoffs: Handoffs,
    /// `CRS`: for each scan, the restart markers that are there; all that the interval wants if
    /// there is no entry.
    pub restarts: Option<Numbers<'a>>,
    /// `FRS`: for each scan, restart markers too many after it.
    pub extra_restarts: &'a [u8],
    /// `EEE`: the last block of each component that is coded.
    pub early_end: Option<[u32; MAX_COMPONENTS]>,
    /// `PGR`: bytes instead of SOI and header.
    pub instead: Option<&'a [u8]>,
    /// `PGE`: bytes before SOI and header.
    pub before: &'a [u8],
    /// `GRB`: what follows the scans. EOI if there is no such record.
    pub tail: &'a [u8],
    /// `EOB`, of [`OWN_VERSION`]: units, counted over all scans, before which a run of blocks
    /// without coefficients ends though it could go on. Ascending.
    pub breaks: Numbers<'a>,
}

/// EOI, what follows the scans of most files.
pub const END: &[u8] = &[0xff, 0xd9];

impl<'a> HeaderBlock<'a> {
    /// A block with a JPEG header and nothing unusual.
    pub fn new(jpeg_header: &'a [u8]) -> Self {
        HeaderBlock {
            jpeg_header,
            pad: 0xff,
            handoffs: Handoffs::default(),
            restarts: None,
            extra_restarts: &[],
            early_end: None,
            instead: None,
            before: &[],
            tail: END,
            breaks: Numbers::Bytes(&[]),
        }
    }

    /// Gives the bytes of the block piece by piece.
    pub fn write(&self, mut sink: impl FnMut(&[u8])) {
        let length = |n: usize| (n as u32).to_le_bytes();
        sink(b"HDR");
        sink(&length(self.jpeg_header.len()));
        sink(self.jpeg_header);
        sink(b"P0D");
        sink(&[self.pad]);
        let handoffs = self.handoffs.as_slice();
        if !handoffs.is_empty() {
            sink(&[b'H', b'H', handoffs.len() as u8]);
            handoffs.iter().for_each(|h| sink(&h.to_bytes()));
        }
        let mut numbers = |mark: &[u8], numbers: &Numbers<'_>| {
            sink(mark);
            sink(&length(numbers.len()));
            (0..numbers.len())
                .filter_map(|i| numbers.get(i))
                .for_each(|n| sink(&n.to_le_bytes()));
        };
        if let Some(restarts) = &self.restarts {
            numbers(b"CRS", restarts);
        }
        if !self.breaks.is_empty() {
            numbers(b"EOB", &self.breaks);
        }
        if let Some(last) = self.early_end {
            // The component, the coefficient and the bit that were reached come first; decoders ignore
            // them.
            sink(b"EEE");
            [0, 63, 0]
                .iter()
                .chain(&last)
                .for_each(|n: &u32| sink(&n.to_le_bytes()));
        }
        if let Some(instead) = self.instead {
            sink(b"PGR");
            sink(&length(instead.len()));
            sink(instead);
        }
        if self.tail != END {
            sink(b"GRB");
            sink(&length(self.tail.len()));
            sink(self.tail);
        }
    }

    /// Reads an unpacked block.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut rest = Records(bytes);
        if rest.take(3)? != b"HDR" {
            return Err(Error::Record("it does not begin with a JPEG header"));
        }
        let mut block = HeaderBlock::new(rest.sized(1)?);
        while !rest.0.is_empty() {
            match *rest.take(3)? {
                [b'P', b'0', b'D'] => block.pad = rest.take(1)?[0],
                [b'P', b'A', b'D'] => block.pad = if rest.take(1)?[0] == 0 { 0 } else { 0xff },
                [b'H', b'H', count] => {
                    for _ in 0..count {
                        let record = rest.take(HANDOFF_BYTES)?.first_chunk();
                        let record = record.ok_or(Error::Record("a hand-off is cut short"))?;
                        if !block.handoffs.push(Handoff::parse(record)?) {
                            return Err(Error::Record("more than 16 partitions"));
                        }
                    }
                }
                [b'C', b'R', b'S'] => block.restarts = Some(Numbers::Bytes(rest.sized(4)?)),
                [b'F', b'R', b'S'] => block.extra_restarts = rest.sized(1)?,
                [b'E', b'O', b'B'] => block.breaks = Numbers::Bytes(rest.sized(4)?),
                [b'E', b'E', b'E'] => {
                    let numbers = Numbers::Bytes(rest.take(28)?);
                    let last = |i| numbers.get(3 + i).unwrap_or(0);
                    block.early_end = Some(core::array::from_fn(last));
                }
                [b'P', b'G', b'R'] => block.instead = Some(rest.sized(1)?),
                [b'P', b'G', b'E'] => block.before = rest.sized(1)?,
                [b'G', b'R', b'B'] => block.tail = rest.sized(1)?,
                // Says the size of the JPEG again.
                [b'S', b'I', b'Z'] => {
                    rest.take(4)?;
                }
                _ => return Err(Error::Record("a record of an unknown kind")),
            }
        }
        Ok(block)
    }
}

/// What is left of a header block.
struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let parts = self.0.split_at_checked(length);
        let (taken, rest) = parts.ok_or(Error::Record("a record is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number, and so many items of `size` bytes.
    fn sized(&mut self, size: usize) -> Result<&'a [u8], Error> {
        let four = self.take(4)?.first_chunk().copied().unwrap_or_default();
        let count = u32::from_le_bytes(four) as usize;
        self.take(count.saturating_mul(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn a_full_block_comes_back() {
        let mut block = HeaderBlock::new(b"segments");
        block.pad = 0;
        for row in 0..16 {
            let handoff = Handoff {
                first_row: row * 300,
                segment_bytes: u32::from(row) << 20,
                start: Some(RowStart {
                    offset: 0,
                    partial: PartialByte {
                        bits: 0x80,
                        count: 1 + row as u8 % 7,
                    },
                    last_dc: [-1, 2, i16::MIN, i16::MAX],
                }),
            };
            assert!(block.handoffs.push(handoff));
        }
        assert!(!block.handoffs.push(Handoff::default()));
        block.restarts = Some(Numbers::Values(&[1, u32::MAX]));
        block.breaks = Numbers::Values(&[7, 8, 9]);
        block.early_end = Some([1, 2, 3, 4]);
        block.instead = Some(b"other bytes");
        block.tail = b"the tail";

        let mut bytes = Vec::new();
        block.write(|piece| bytes.extend_from_slice(piece));
        let mut read = HeaderBlock::parse(&bytes).unwrap();
        let numbers = |n: Numbers<'_>| (0..n.len()).filter_map(|i| n.get(i)).collect::<Vec<_>>();
        assert_eq!(read.restarts.map(numbers).unwrap(), [1, u32::MAX]);
        assert_eq!(numbers(read.breaks), [7, 8, 9]);
        (read.restarts, read.breaks) = (block.restarts, block.breaks);
        assert_eq!(read, block);

        // Cut anywhere but between records, the block is refused.
        let whole = (0..bytes.len()).filter(|&end| HeaderBlock::parse(&bytes[..end]).is_ok());
        assert!(whole.count() <= 8);
    }

    #[test]
    fn fixed_headers_come_back() {
        for (own_version, form) in [
            (false, Form::Sequential),
            (false, Form::Image),
            (true, Form::Piece),
        ] {
            let hash = 0x0123_4567_89ab_cdef;
            let header = FixedHeader {
                own_version,
                packing: Packing::Zlib,
                form,
                partitions: 3,
                origin: Origin::Lentil { hash },
                wrapped: false,
                jpeg_bytes: 1_000_000,
                block_bytes: 555,
            };
            let bytes = header.to_bytes(hash);
            assert_eq!(FixedHeader::parse(&bytes), Ok(header));
            for (place, value) in [(0, 0), (2, 9), (3, b'Q'), (4, 17)] {
                let mut wrong = bytes;
                wrong[place] = value;
                assert!(FixedHeader::parse(&wrong).is_err(), "{place}");
            }
            // Wrapping is not ours.
            let mut wrapped = bytes;
            wrapped[..2].copy_from_slice(&[0xce, 0xb6]);
            assert!(FixedHeader::parse(&wrapped).is_err());
        }
    }

    #[test]
    fn other_origins_are_told_apart() {
        let mut bytes = [0; FIXED_BYTES];
        bytes[..5].copy_from_slice(&[0xcf, 0x84, 1, b'Z', 1]);
        bytes[8..20].copy_from_slice(b"MS\0\0\0\0\x81\x37revi");
        let arithmetic = Arithmetic {
            wrap_incoming: false,
            ..Arithmetic::DEFAULT
        };
        let origin = Origin::Other(arithmetic, Cut::AfterTail);
        assert_eq!(FixedHeader::parse(&bytes).unwrap().origin, origin);
        bytes[8] = b'x';
        let origin = Origin::Other(Arithmetic::DEFAULT, Cut::BeforeTail);
        assert_eq!(FixedHeader::parse(&bytes).unwrap().origin, origin);
    }
}
