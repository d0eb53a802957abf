//! JPEG to `.lep`.

use lentil_core::jpeg::{Layout, Plan, Style};
use lentil_core::lepton::container::{
    END, FixedHeader, Form, Handoff, Handoffs, HeaderBlock, Numbers, Origin, Packing,
};
use lentil_core::lepton::mux::BlockHead;
use lentil_core::lepton::partition::{Image, Memory};
use lentil_core::lepton::survey::{Lent, Survey, Want};
use lentil_core::lepton::transcode::{Compressor, Job, RowStart, Status};

use crate::{Error, ROWS, Sink, Source, Window, Workspace};
use lentil_core::kernels::Scalar;

/// What only this direction needs; new for each file.
#[derive(Debug)]
pub struct Compressing {
    survey: Survey,
    rows: [RowStart; ROWS],
    tail: [u8; 256],
}

impl Compressing {
    /// For one file.
    pub const NEW: Compressing = Compressing {
        survey: Survey::new(0),
        rows: [RowStart::NEW; ROWS],
        tail: [0; 256],
    };
}

/// Compresses a JPEG; gives the bytes read and written.
pub fn compress(
    jpeg: &mut impl Source,
    lep: &mut impl Sink,
    own: &mut Compressing,
    work: &mut Workspace,
) -> Result<(u32, u32), Error> {
    survey(jpeg, own, work)?;
    let found = own
        .survey
        .findings()
        .ok_or(lentil_core::jpeg::Error::NoScan)?;
    let tail_bytes = (found.bytes - found.cut) as usize;
    let tail = own.tail.get_mut(..tail_bytes).ok_or(Error::Memory)?;
    jpeg.read_at(found.cut as u32, tail)?;

    let coverage = found.coverage();
    let rows = 0..coverage.mcu_rows(found.frame);
    let start = own.rows[0];
    let mut block = HeaderBlock::new(&work.header[..found.header_bytes]);
    let restarts = found.restarts.map(|n| [n]);
    block.pad = found.pad_bits();
    block.handoffs = handoffs(&start, found.cut as u32);
    block.restarts = restarts.as_ref().map(|n| Numbers::Values(n));
    block.early_end = found.early_end();
    block.tail = if tail == END { END } else { tail };
    let mut written = write_headers(
        lep,
        &block,
        found.own_version,
        found.bytes as u32,
        found.hash,
    )?;

    let mut image = Image::new(
        found.frame,
        found.header,
        coverage,
        Layout::strip(found.frame),
    );
    image.set_quantization(own.survey.quantization());
    if image.layout.blocks() > work.blocks.len() || image.summaries() > work.summaries.len() {
        return Err(Error::Memory);
    }
    let job = Job {
        kernels: Scalar,
        image,
        plan: Plan::new(found.frame, found.header, found.scan)?,
        style: Style {
            pad: block.pad,
            restarts: found.restarts.unwrap_or(u32::MAX),
        },
    };
    let mut compressor = Compressor::new(&job, rows, &start, found.units);
    work.model.reset();
    let mut memory = Memory {
        model: &mut work.model,
        blocks: &mut work.blocks,
        summaries: &mut work.summaries,
    };
    let mut window = Window::new(start.offset);
    let mut used = 0;
    loop {
        window.advance(jpeg, &mut work.input, used)?;
        let input = &work.input[..window.filled];
        let step = compressor.step(&job, &mut memory, input, window.last, &mut work.output);
        let step = step.map_err(|_| Error::Coefficient)?;
        used = step.consumed;
        if step.written > 0 {
            let head = BlockHead {
                stream: 0,
                length: step.written as u32,
            };
            let (head, length) = head.to_bytes();
            lep.write(&head[..length])?;
            lep.write(&work.output[..step.written])?;
            written += (length + step.written) as u32;
        }
        match step.status {
            Status::Done => break,
            Status::Output if step.written == 0 => return Err(Error::Memory),
            Status::Input if window.last => return Err(Error::Storage),
            _ => {}
        }
    }
    written += 4;
    lep.write(&written.to_le_bytes())?;
    Ok((found.bytes as u32, written))
}

fn survey(
    jpeg: &mut impl Source,
    own: &mut Compressing,
    work: &mut Workspace,
) -> Result<(), Error> {
    let mut window = Window::new(0);
    let mut used = 0;
    loop {
        window.advance(jpeg, &mut work.input, used)?;
        let mut lent = Lent {
            header: &mut work.header,
            rows: &mut own.rows,
            image: &mut [],
            breaks: &mut [],
        };
        let input = &work.input[..window.filled];
        let (consumed, want) = own.survey.look(input, window.last, &mut lent)?;
        used = consumed;
        match want {
            Want::Nothing => return Ok(()),
            Want::Input if used > 0 || !window.last => {}
            _ => return Err(Error::Memory),
        }
    }
}

fn handoffs(start: &RowStart, cut: u32) -> Handoffs {
    let mut handoffs = Handoffs::default();
    handoffs.push(Handoff {
        first_row: 0,
        segment_bytes: cut.saturating_sub(start.offset),
        start: Some(*start),
    });
    handoffs
}

/// Writes both headers, the block stored rather than deflated; gives their length.
fn write_headers(
    lep: &mut impl Sink,
    block: &HeaderBlock<'_>,
    own_version: bool,
    jpeg_bytes: u32,
    hash: u64,
) -> Result<u32, Error> {
    // RFC 1950 and RFC 1951, 3.2.4: a zlib stream of one stored block.
    let (mut length, mut low, mut high) = (0u32, 1u32, 0u32);
    block.write(|piece| {
        for &byte in piece {
            low = (low + u32::from(byte)) % 65521;
            high = (high + low) % 65521;
        }
        length += piece.len() as u32;
    });
    let stored = u16::try_from(length).map_err(|_| Error::Memory)?;
    let fixed = FixedHeader {
        own_version,
        packing: Packing::Zlib,
        form: Form::Sequential,
        partitions: 1,
        origin: Origin::Lentil { hash },
        wrapped: false,
        jpeg_bytes,
        block_bytes: length + 11,
    };
    let fixed = fixed.to_bytes(hash);
    lep.write(&fixed)?;
    lep.write(&[0x78, 0x01, 1])?;
    lep.write(&stored.to_le_bytes())?;
    lep.write(&(!stored).to_le_bytes())?;
    let mut result = Ok(());
    block.write(|piece| {
        if result.is_ok() {
            result = lep.write(piece);
        }
    });
    result?;
    lep.write(&(high << 16 | low).to_be_bytes())?;
    lep.write(b"CMP")?;
    Ok(fixed.len() as u32 + length + 11 + 3)
}
