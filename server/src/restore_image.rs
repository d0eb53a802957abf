//! Whole images: the coefficients first, then scan after scan.

use std::io::Write;

use lentil_core::jpeg::progressive::{self, KnownBreaks};
use lentil_core::jpeg::{Block, Layout, MAX_BLOCK_BYTES, Plan, Process, Put, Writing, sequential};
use lentil_core::kernels::Kernels;
use lentil_core::lepton::partition::{Decoder, Image, Memory, Step};
use lentil_core::lepton::{Error as Damage, Summary};

use crate::Error;
use crate::compress::new_model;
use crate::decompress::Task;
use crate::demux::Streams;
use crate::limited::Limited;
use crate::options::check;
use crate::partitions;
use crate::survey::most_blocks;

/// Restores all scans and what stands between them; gives the number of partitions.
pub(crate) fn restore(
    task: &Task<'_>,
    streams: &mut impl Streams,
    output: &mut Limited<impl Write>,
) -> Result<u8, Error> {
    let image = task.image(Layout::image)?;
    let parts = task.parts(&image)?;
    let limits = &task.options.limits;
    let mut partitions = Vec::new();
    let mut compressed = 0;
    for (number, rows) in parts.iter().enumerate() {
        let mut stream = Vec::new();
        while streams.fill(number, &mut stream)? {
            limits.check_memory(compressed + stream.len() as u64)?;
        }
        compressed += stream.len() as u64;
        partitions.push((rows.clone(), stream));
    }
    let count = image.layout.blocks();
    limits.check_memory(compressed + count as u64 * size_of::<Block>() as u64)?;
    check("blocks of an image", count as u64, most_blocks(compressed))?;

    let mut blocks = vec![Block::ZERO; count];
    let mut rest = blocks.as_mut_slice();
    let mut work = Vec::new();
    for (rows, stream) in partitions {
        let length = (rows.end - rows.start) as usize * image.layout.row_blocks();
        let part = rest.split_at_mut_checked(length);
        let (part, after) = part.ok_or(Damage::Record("partitions beyond the image"))?;
        work.push((rows, stream, part));
        rest = after;
    }
    let decode = |(rows, stream, part)| with_coder_kernels!(kernels => decode_part(kernels, &image, rows, stream, part));
    partitions::in_parallel(work, task.options, decode)?;
    write_scans(task, &image.layout, &blocks, output)?;
    Ok(parts.len() as u8)
}

fn decode_part(
    kernels: impl Kernels,
    image: &Image<'_>,
    rows: std::ops::Range<u32>,
    stream: Vec<u8>,
    blocks: &mut [Block],
) -> Result<(), Damage> {
    let mut image = image.clone();
    image.layout = image.layout.from_row(rows.start);
    let mut model = new_model();
    let mut summaries = vec![Summary::default(); image.summaries()];
    let mut memory = Memory {
        model: &mut model,
        blocks,
        summaries: &mut summaries,
    };
    let mut decoder = Decoder::new(rows);
    let mut used = 0;
    while decoder.row().is_some() {
        let input = &stream[used..];
        let (consumed, step) = decoder.code_row(kernels, &image, &mut memory, input, true)?;
        used += consumed;
        if step == Step::Slice {
            return Err(Damage::Stream);
        }
    }
    Ok(())
}

/// Writes scan after scan, with the marker segments between them.
fn write_scans(
    task: &Task<'_>,
    layout: &Layout,
    blocks: &[Block],
    output: &mut Limited<impl Write>,
) -> Result<(), Error> {
    let breaks: Vec<u32> = (0..task.block.breaks.len())
        .filter_map(|i| task.block.breaks.get(i))
        .collect();
    let mut walk = task.walk.clone();
    let mut buffer = vec![0; (1 << 16) + 64 * MAX_BLOCK_BYTES];
    let mut known = KnownBreaks {
        ordinals: &breaks,
        base: 0,
    };
    for scan in 0.. {
        let frame = walk
            .header
            .frame
            .ok_or(Damage::Record("the JPEG header has no frame"))?;
        let plan = Plan::new(&frame, &walk.header, &walk.scan).map_err(Damage::from)?;
        let mut writing = Writing::new(task.style(scan));
        let units = plan.units;
        loop {
            let scan = &mut writing;
            let (written, put) = if frame.process == Process::Progressive {
                progressive::encode(&plan, layout, scan, units, blocks, known, &mut buffer)
            } else {
                sequential::encode(&plan, layout, scan, units, blocks, &mut buffer)
            };
            output.put(&buffer[..written])?;
            match put {
                _ if output.left == 0 => return Ok(()),
                Put::Output => {}
                Put::NoCode => return Err(Damage::Stream.into()),
                Put::Done => break,
            }
        }
        for i in 0..u32::from(task.block.extra_restarts.get(scan).copied().unwrap_or(0)) {
            output.put(&[0xff, 0xd0 + ((writing.state.restarts + i) & 7) as u8])?;
        }
        known.base = known.base.saturating_add(plan.units);
        let start = walk.done;
        let more = walk.next_scan()?;
        output.put(&task.block.jpeg_header[start..walk.done])?;
        if !more {
            break;
        }
    }
    output.put(walk.rest())
}
