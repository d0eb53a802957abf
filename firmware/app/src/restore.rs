//! `.lep` to JPEG: files of one partition, as [`compress`](crate::compress) writes them.

use lentil_core::jpeg::{self, Header, Layout, Next, Plan, Segment, Style, next_segment};
use lentil_core::lepton::Error as Damage;
use lentil_core::lepton::container::{FIXED_BYTES, FixedHeader, Form, HeaderBlock, Origin};
use lentil_core::lepton::inflate::{Inflated, Inflater};
use lentil_core::lepton::mux::{BlockHead, MAX_HEAD, TRAILER};
use lentil_core::lepton::partition::{Coverage, Image, Memory};
use lentil_core::lepton::transcode::{Job, Restorer, Status};

use crate::{Error, Sink, Source, Workspace};
use lentil_core::kernels::Scalar;

/// What only this direction needs; new for each file.
#[derive(Debug)]
pub struct Restoring {
    header: Header,
}

impl Restoring {
    /// For one file.
    pub const NEW: Restoring = Restoring {
        header: Header::new(),
    };
}

/// Restores a JPEG; gives its bytes.
pub fn restore(
    lep: &mut impl Source,
    jpeg: &mut impl Sink,
    own: &mut Restoring,
    work: &mut Workspace,
) -> Result<u32, Error> {
    let mut fixed = [0; FIXED_BYTES];
    lep.read_at(0, &mut fixed)?;
    let fixed = FixedHeader::parse(&fixed)?;
    let length = inflate(lep, fixed.block_bytes, &mut work.header, &mut work.input)?;
    let block = HeaderBlock::parse(&work.header[..length])?;
    let ([handoff], Form::Sequential, Origin::Lentil { .. }) =
        (block.handoffs.as_slice(), fixed.form, fixed.origin)
    else {
        return Err(Error::Memory);
    };
    let (scan, scan_end) = walk(&mut own.header, block.jpeg_header)?;
    let frame = own
        .header
        .frame
        .as_ref()
        .ok_or(Damage::Record("no frame"))?;
    let coverage = match block.early_end {
        Some(last) => Coverage::up_to(frame, last),
        None => Coverage::all(frame),
    };
    let rows = 0..coverage.mcu_rows(frame);
    let image = Image::new(frame, &own.header, coverage, Layout::strip(frame));
    if image.layout.blocks() > work.blocks.len() || image.summaries() > work.summaries.len() {
        return Err(Error::Memory);
    }
    let restarts = block.restarts.and_then(|n| n.get(0));
    let job = Job {
        kernels: Scalar,
        image,
        plan: Plan::new(frame, &own.header, &scan)?,
        style: Style {
            pad: block.pad,
            restarts: restarts.unwrap_or(u32::MAX),
        },
    };
    let mut left = fixed.jpeg_bytes.saturating_sub(block.tail.len() as u32);
    let mut put = |bytes: &[u8]| {
        let count = bytes.len().min(left as usize);
        left -= count as u32;
        jpeg.write(&bytes[..count]).map(|()| left == 0)
    };
    put(&[0xff, jpeg::SOI])?;
    put(&block.jpeg_header[..scan_end])?;

    work.model.reset();
    let mut restorer = Restorer::new(&job, rows, &handoff.start.unwrap_or_default());
    let mut memory = Memory {
        model: &mut work.model,
        blocks: &mut work.blocks,
        summaries: &mut work.summaries,
    };
    let mut stream = Stream::new(FIXED_BYTES as u32 + fixed.block_bytes + 3);
    let mut used = 0;
    loop {
        stream.advance(lep, &mut work.input, used)?;
        let input = &work.input[..stream.filled];
        let step = restorer.step(&job, &mut memory, input, stream.last, &mut work.output);
        let step = step.map_err(Damage::from)?;
        used = step.consumed;
        let full = put(&work.output[..step.written])?;
        if full || step.status == Status::Done {
            break;
        }
        if step.status == Status::Output && step.written == 0 {
            return Err(Error::Memory);
        }
    }
    put(&block.jpeg_header[scan_end..])?;
    if left > 0 {
        return Err(Damage::Short.into());
    }
    jpeg.write(block.tail)?;
    Ok(fixed.jpeg_bytes)
}

/// Unpacks the header block. The inflater's 11 kB of stack are free again before the image is begun.
#[inline(never)]
fn inflate(
    lep: &mut impl Source,
    packed_bytes: u32,
    block: &mut [u8],
    buffer: &mut [u8],
) -> Result<usize, Error> {
    let mut inflater = Inflater::default();
    let (mut at, end) = (FIXED_BYTES as u32, FIXED_BYTES as u32 + packed_bytes);
    loop {
        let room = buffer.len().min((end - at) as usize);
        let read = lep.read_at(at, &mut buffer[..room])?;
        let (used, status) = inflater.step(&buffer[..read], block)?;
        at += used as u32;
        match status {
            Inflated::Done(length) => return Ok(length),
            Inflated::Full => return Err(Error::Memory),
            Inflated::Input if read == 0 => return Err(Damage::Truncated.into()),
            Inflated::Input => {}
        }
    }
}

/// Reads a JPEG header up to its scan; gives that, and where it ends.
fn walk(header: &mut Header, bytes: &[u8]) -> Result<(jpeg::Scan, usize), Error> {
    let mut done = 0;
    while let Next::Segment {
        marker,
        body,
        length,
    } = next_segment(&bytes[done..])
    {
        let segment = header.segment(marker, body)?;
        done += length;
        if let Segment::Scan(scan) = segment {
            return Ok((scan, done));
        }
    }
    Err(jpeg::Error::NoScan.into())
}

/// The only stream of a file, block by block.
struct Stream {
    next: u32,
    /// Bytes left of the block at hand.
    block: u32,
    filled: usize,
    last: bool,
}

impl Stream {
    fn new(start: u32) -> Self {
        Stream {
            next: start,
            block: 0,
            filled: 0,
            last: false,
        }
    }

    fn advance(
        &mut self,
        lep: &mut impl Source,
        buffer: &mut [u8],
        used: usize,
    ) -> Result<(), Error> {
        buffer.copy_within(used..self.filled, 0);
        self.filled -= used;
        while self.filled < buffer.len() && !self.last {
            if self.block == 0 {
                let mut head = [0; MAX_HEAD + TRAILER];
                let read = lep.read_at(self.next, &mut head)?;
                if read <= TRAILER {
                    self.last = true;
                    break;
                }
                let parsed = BlockHead::parse(&head[..read - TRAILER])?;
                let (head, length) = parsed.ok_or(Damage::Truncated)?;
                self.next += length as u32;
                self.block = head.length;
            }
            let room = (buffer.len() - self.filled).min(self.block as usize);
            let place = &mut buffer[self.filled..self.filled + room];
            if lep.read_at(self.next, place)? < room {
                return Err(Damage::Truncated.into());
            }
            self.filled += room;
            self.next += room as u32;
            self.block -= room as u32;
        }
        Ok(())
    }
}
