//! What a JPEG or a `.lep` file holds.

use std::fs::File;

use lentil_core::jpeg::{self, Block, Header, Layout};
use lentil_core::lepton::container::{Form, HeaderBlock, OWN_VERSION, Origin, Packing};
use lentil_core::lepton::partition::{Coverage, Image};
use lentil_core::lepton::{Error as Damage, Model, Summary};

use crate::decompress::{Cursor, Walk, is_strip};
use crate::demux::Indexed;
use crate::source::Source;
use crate::survey::survey;
use crate::{Error, Options, header};

/// The kind of file that [`info`](crate::info) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A JPEG file.
    Jpeg,
    /// A `.lep` file.
    Lepton,
}

/// The coding process of a JPEG (ITU T.81, table B.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Process {
    /// Baseline sequential DCT (SOF0).
    Baseline,
    /// Extended sequential DCT (SOF1).
    Extended,
    /// Progressive DCT (SOF2).
    Progressive,
}

/// One colour component of a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Component {
    /// The identifier that the frame header gives it.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub horizontal: u8,
    /// Vertical sampling factor, 1 to 4.
    pub vertical: u8,
}

/// One partition of a `.lep` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partition {
    /// The first row of 8x8 blocks of the first component.
    pub first_block_row: u32,
    /// Bytes of its compressed stream.
    pub compressed_bytes: u64,
}

/// What is particular to a `.lep` file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeptonInfo {
    /// The format version: 1 is what every decoder reads.
    pub version: u8,
    /// 'Z' (sequential), 'X' (progressive or several scans) or 'Y' (a piece of a file).
    pub form: char,
    /// Bytes of the compressed header block.
    pub header_bytes: u64,
    /// Its partitions.
    pub partitions: Vec<Partition>,
    /// Bytes of the original that are kept as they are, before and after the coded scans.
    pub verbatim_bytes: u64,
    /// XXH64 of the original, where the file carries it.
    pub hash: Option<u64>,
}

/// What a JPEG or a `.lep` file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// What the file is.
    pub kind: Kind,
    /// Bytes of the file itself.
    pub file_bytes: u64,
    /// Bytes of the JPEG: the file itself, or what it restores to.
    pub jpeg_bytes: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How the JPEG is coded.
    pub process: Process,
    /// The colour components.
    pub components: Vec<Component>,
    /// How many scans the image has.
    pub scans: u32,
    /// MCUs between restart markers; 0 for none.
    pub restart_interval: u32,
    /// Whether restoring needs all coefficients at once, as of progressive images and those of several scans;
    /// else a row of MCUs is enough.
    pub held_whole: bool,
    /// Bytes of the buffers that restoring takes with one thread: coefficients, a partition's model, and, where all
    /// coefficients are held, the compressed partitions (of a JPEG: as many bytes as it has). What is held of the output
    /// and the program itself add some 5 MB.
    pub restore_memory: u64,
    /// More, if it is a `.lep` file.
    pub lepton: Option<LeptonInfo>,
}

/// Describes a file by its first bytes.
pub(crate) fn info(input: &File, options: &Options) -> Result<Info, Error> {
    let mut magic = [0; 2];
    input.fill_at(&mut magic, 0).map_err(Error::Read)?;
    match magic {
        [0xcf, 0x84] | [0xce, 0xb6] => lepton_info(input, options),
        _ => jpeg_info(input, options),
    }
}

fn describe(frame: &jpeg::Frame) -> (Process, Vec<Component>) {
    let process = match frame.process {
        jpeg::Process::Baseline => Process::Baseline,
        jpeg::Process::Extended => Process::Extended,
        jpeg::Process::Progressive => Process::Progressive,
    };
    let components = frame.components().iter().map(|c| Component {
        id: c.id,
        horizontal: c.horizontal,
        vertical: c.vertical,
    });
    (process, components.collect())
}

/// Bytes that restoring with one thread takes; where all coefficients are held, so are the `compressed` bytes.
fn restore_memory(frame: &jpeg::Frame, compressed: Option<u64>) -> u64 {
    let layout = match compressed {
        Some(_) => Layout::image(frame),
        None => Layout::strip(frame),
    };
    let image = Image::new(frame, &Header::new(), Coverage::all(frame), layout);
    let blocks = image.layout.blocks() * size_of::<Block>();
    let coder = size_of::<Model>() + image.summaries() * size_of::<Summary>();
    (blocks + coder) as u64 + compressed.unwrap_or(0)
}

fn jpeg_info(input: &File, options: &Options) -> Result<Info, Error> {
    let length = input.length().map_err(Error::Read)?;
    let surveyed = survey(input, 0, length, &options.limits)?;
    let found = surveyed.findings()?;
    let (process, components) = describe(found.frame);
    Ok(Info {
        kind: Kind::Jpeg,
        file_bytes: length,
        jpeg_bytes: length,
        width: found.frame.width.into(),
        height: found.frame.height.into(),
        process,
        components,
        scans: found.scans,
        restart_interval: found.header.restart_interval.into(),
        held_whole: !found.strip,
        restore_memory: restore_memory(found.frame, (!found.strip).then_some(length)),
        lepton: None,
    })
}

fn lepton_info(input: &File, options: &Options) -> Result<Info, Error> {
    let mut cursor = Cursor {
        source: input,
        offset: 0,
    };
    let (fixed, bytes) = header::read(&mut cursor, &options.limits)?;
    let block = HeaderBlock::parse(&bytes)?;
    let streams = Indexed::new(input, cursor.offset)?;
    let mut walk = Walk::new(block.jpeg_header);
    let mut scans = 0;
    let mut held_whole = false;
    while walk.next_scan()? {
        held_whole |= scans == 0 && !is_strip(&fixed, &walk);
        scans += 1;
    }
    let stored = block.handoffs.as_slice().is_empty();
    let frame = walk.header.frame.as_ref();
    if frame.is_none() && !stored {
        return Err(Damage::Record("the JPEG header has no frame").into());
    }
    let (process, components) = frame.map_or((Process::Baseline, Vec::new()), describe);
    let partitions = block.handoffs.as_slice().iter().enumerate();
    let partitions = partitions.map(|(number, handoff)| Partition {
        first_block_row: handoff.first_row.into(),
        compressed_bytes: streams.length(number),
    });
    let partitions: Vec<Partition> = partitions.collect();
    let compressed = partitions.iter().map(|p| p.compressed_bytes).sum();
    let held = held_whole.then_some(compressed);
    let verbatim = block.before.len() + block.instead.unwrap_or(&[]).len() + block.tail.len();
    Ok(Info {
        kind: Kind::Lepton,
        file_bytes: input.length().map_err(Error::Read)?,
        jpeg_bytes: fixed.jpeg_bytes.into(),
        width: frame.map_or(0, |f| f.width.into()),
        height: frame.map_or(0, |f| f.height.into()),
        process,
        components,
        scans,
        restart_interval: walk.header.restart_interval.into(),
        held_whole,
        restore_memory: frame.map_or(0, |f| restore_memory(f, held)),
        lepton: Some(LeptonInfo {
            version: match (fixed.own_version, fixed.packing) {
                (true, _) => OWN_VERSION,
                (_, Packing::Zlib) => 1,
                (_, Packing::Brotli) => 2,
            },
            form: match fixed.form {
                Form::Sequential => 'Z',
                Form::Image => 'X',
                Form::Piece => 'Y',
            },
            header_bytes: fixed.block_bytes.into(),
            partitions,
            verbatim_bytes: verbatim as u64,
            hash: match fixed.origin {
                Origin::Lentil { hash } => Some(hash),
                Origin::Other(..) => None,
            },
        }),
    })
}
