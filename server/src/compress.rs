//! JPEG to `.lep`.

use std::io::{self, Write};
use std::ops::Range;

use lentil_core::jpeg;
use lentil_core::jpeg::{Block, Layout, Plan, Style};
use lentil_core::kernels::Kernels;
use lentil_core::lepton::container::{
    END, FixedHeader, Form, Handoff, Handoffs, HeaderBlock, Numbers, Origin, Packing,
};
use lentil_core::lepton::mux::MAX_BLOCK;
use lentil_core::lepton::partition::{Encoder, Image, Memory, Step};
use lentil_core::lepton::survey::Findings;
use lentil_core::lepton::transcode::{Compressor, Failure, Job, Status};
use lentil_core::lepton::{Arithmetic, Model, Summary};

use crate::mux::{Counted, interleave, write_block};
use crate::options::check;
use crate::source::{Source, Window};
use crate::survey::{Surveyed, survey};
use crate::{Error, Options, Summary as Sizes, header, partitions};

/// Compresses, and restores what came of it if `options` want that: then nothing is written before
/// it is known to be right, and the compressed file is held in memory.
pub(crate) fn compress_verified<S: Source + ?Sized>(
    source: &S,
    mut output: impl Write,
    options: &Options,
) -> Result<Sizes, Error> {
    if !options.verify {
        return compress(source, output, options);
    }
    let mut compressed = Vec::new();
    let sizes = match compress(source, &mut compressed, options) {
        Err(Error::Extreme) => {
            let mut options = options.clone();
            options.own_version = true;
            compressed.clear();
            compress(source, &mut compressed, &options)?
        }
        other => other?,
    };
    let start = options.range.as_ref().map_or(0, |r| r.start);
    let compare = Compare {
        source,
        offset: start,
        buffer: Vec::new(),
        mismatch: None,
    };
    crate::decompress::verify(compressed.as_slice(), compare, options)?;
    let written = output.write_all(&compressed).and_then(|()| output.flush());
    written.map_err(Error::Write)?;
    Ok(sizes)
}

/// Compares what is written to it with a source.
pub(crate) struct Compare<'a, S: ?Sized> {
    source: &'a S,
    offset: u64,
    buffer: Vec<u8>,
    /// Where the first difference is.
    pub mismatch: Option<u64>,
}

impl<S: Source + ?Sized> Write for Compare<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.resize(bytes.len(), 0);
        let filled = self.source.fill_at(&mut self.buffer, self.offset)?;
        let expected = &self.buffer[..filled];
        if self.mismatch.is_none() && expected != bytes {
            let same = expected.iter().zip(bytes).take_while(|(a, b)| a == b);
            self.mismatch = Some(self.offset + same.count() as u64);
        }
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses the bytes of a source that `options` name.
pub(crate) fn compress<S: Source + ?Sized>(
    source: &S,
    output: impl Write,
    options: &Options,
) -> Result<Sizes, Error> {
    let length = source.length().map_err(Error::Read)?;
    let (start, end) = match &options.range {
        None => (0, length),
        Some(range) if range.start < range.end && range.end <= length => (range.start, range.end),
        Some(range) => {
            return Err(Error::Range {
                start: range.start,
                end: range.end,
                length,
            });
        }
    };
    check("bytes in a JPEG", end, u32::MAX.into())?;
    let mut output = Counted::new(output);
    let partitions = match survey(source, start, end, &options.limits) {
        Ok(mut surveyed) => {
            let blocks = std::mem::take(&mut surveyed.image);
            let task = Task::new(source, start..end, &surveyed, options)?;
            match task {
                Some(task) => task.run(blocks, &mut output)?,
                None => store(source, start..end, surveyed.findings()?.hash, &mut output)?,
            }
        }
        // What holds nothing to be decoded, cut short in its first scan or its header, must still come
        // back; of the latter only pieces, for whole files without a scan are no images.
        Err(Error::Unsupported(reason))
            if reason == jpeg::Error::NothingDecoded
                || options.range.is_some()
                    && matches!(reason, jpeg::Error::NoScan | jpeg::Error::NoMarker) =>
        {
            let hash = hash(source, start..end)?;
            store(source, start..end, hash, &mut output)?
        }
        Err(error) => return Err(error),
    };
    let total = output.bytes + 4;
    check("bytes in a .lep file", total, u32::MAX.into())?;
    output
        .write_all(&(total as u32).to_le_bytes())
        .and_then(|()| output.flush())
        .map_err(Error::Write)?;
    Ok(Sizes {
        jpeg_bytes: end - start,
        lepton_bytes: total,
        partitions,
    })
}

fn hash<S: Source + ?Sized>(source: &S, range: Range<u64>) -> Result<u64, Error> {
    let mut hash = xxhash_rust::xxh64::Xxh64::new(0);
    let mut window = Window::new(source, range.start, range.end);
    loop {
        let (bytes, last) = window.bytes();
        hash.update(bytes);
        let count = bytes.len();
        window.consume(count);
        if last {
            return Ok(hash.digest());
        }
        window.load().map_err(Error::Read)?;
    }
}

/// Writes the two headers.
fn write_headers(
    output: &mut impl Write,
    form: Form,
    own_version: bool,
    block: &HeaderBlock<'_>,
    jpeg_bytes: u64,
    hash: u64,
) -> Result<(), Error> {
    let packed = header::pack(block);
    let fixed = FixedHeader {
        own_version,
        packing: Packing::Zlib,
        form,
        partitions: block.handoffs.as_slice().len() as u8,
        origin: Origin::Lentil { hash },
        wrapped: false,
        jpeg_bytes: jpeg_bytes as u32,
        block_bytes: packed.len() as u32,
    };
    let parts: [&[u8]; 3] = [&fixed.to_bytes(hash), &packed, b"CMP"];
    for part in parts {
        output.write_all(part).map_err(Error::Write)?;
    }
    Ok(())
}

/// Keeps a piece of a file as it is.
fn store<S: Source + ?Sized>(
    source: &S,
    range: Range<u64>,
    hash: u64,
    output: &mut impl Write,
) -> Result<u8, Error> {
    let bytes = source.range(range.start, range.end).map_err(Error::Read)?;
    let mut block = HeaderBlock::new(&[]);
    block.instead = Some(&bytes);
    block.tail = &[];
    write_headers(
        output,
        Form::Piece,
        true,
        &block,
        range.end - range.start,
        hash,
    )?;
    Ok(0)
}

/// Everything that is known before partitions are coded.
struct Task<'a, S: ?Sized> {
    source: &'a S,
    options: &'a Options,
    range: Range<u64>,
    surveyed: &'a Surveyed,
    found: Findings<'a>,
    image: Image<'a>,
    form: Form,
    own_version: bool,
    /// Rows of MCUs to be coded, partition by partition.
    parts: Vec<Range<u32>>,
}

impl<'a, S: Source + ?Sized> Task<'a, S> {
    /// `None` if nothing of the range can be coded.
    fn new(
        source: &'a S,
        range: Range<u64>,
        surveyed: &'a Surveyed,
        options: &'a Options,
    ) -> Result<Option<Self>, Error> {
        let found = surveyed.findings()?;
        let coverage = found.coverage();
        let layout = if found.strip {
            Layout::strip(found.frame)
        } else {
            Layout::image(found.frame)
        };
        let mut image = Image::new(found.frame, found.header, coverage, layout);
        image.set_quantization(surveyed.quantization());
        let own_version = found.own_version || options.own_version;
        if own_version {
            image.arithmetic = Arithmetic::OWN;
        }
        let mut rows = 0..coverage.mcu_rows(found.frame);
        let form = match (found.strip, range.start) {
            (true, 0) => Form::Sequential,
            (false, 0) => Form::Image,
            (false, _) => return Ok(None),
            (true, start) => {
                let begins = |row: &u32| u64::from(surveyed.rows[*row as usize].offset) >= start;
                let Some(first) = rows.clone().find(begins) else {
                    return Ok(None);
                };
                rows.start = first;
                Form::Piece
            }
        };
        let weight = |row: u32| match form {
            Form::Image => u64::from(row),
            _ if row == rows.end => found.cut,
            _ => surveyed.rows[row as usize].offset.into(),
        };
        let bytes = match form {
            Form::Image => found.cut,
            _ => weight(rows.end).saturating_sub(weight(rows.start)),
        };
        let count = partitions::count(options.partitions, rows.end - rows.start, bytes);
        let parts = partitions::cut(rows.clone(), count, weight);
        Ok(Some(Task {
            source,
            options,
            range,
            surveyed,
            found,
            image,
            form,
            own_version,
            parts,
        }))
    }

    /// `blocks` are those of an image; there are none if it is a scan that is coded.
    fn run(&self, mut blocks: Vec<Block>, output: &mut impl Write) -> Result<u8, Error> {
        self.write_headers(output)?;
        match self.form {
            Form::Image => {
                let streams = self.code_image(&mut blocks)?;
                interleave(output, &streams).map_err(Error::Write)?;
            }
            _ if self.parts.len() == 1 => self.stream_scan(output)?,
            _ => {
                let streams = self.code_scan()?;
                interleave(output, &streams).map_err(Error::Write)?;
            }
        }
        Ok(self.parts.len() as u8)
    }

    fn write_headers(&self, output: &mut impl Write) -> Result<(), Error> {
        let range = &self.range;
        let read = |from, to| self.source.range(from, to).map_err(Error::Read);
        let tail = read(self.found.cut.max(range.start), range.end)?;
        let needed;
        let instead;
        let mut block = HeaderBlock::new(&self.surveyed.header);
        if self.form == Form::Piece {
            let first = self.surveyed.rows[self.parts[0].start as usize].offset;
            instead = read(range.start, first.into())?;
            needed = needed_segments(&self.surveyed.header);
            block.jpeg_header = &needed;
            block.instead = Some(&instead);
        }
        let restarts = self.found.restarts.map(|n| [n]);
        block.pad = self.found.pad_bits();
        block.handoffs = self.handoffs();
        block.restarts = restarts.as_ref().map(|n| Numbers::Values(n));
        block.early_end = self.found.early_end();
        block.tail = if tail == END { END } else { &tail };
        block.breaks = Numbers::Values(&self.surveyed.breaks);
        let bytes = range.end - range.start;
        let own = self.own_version;
        write_headers(output, self.form, own, &block, bytes, self.found.hash)
    }

    fn handoffs(&self) -> Handoffs {
        let mut handoffs = Handoffs::default();
        let vertical = u32::from(self.found.frame.components()[0].vertical);
        for part in &self.parts {
            let mut handoff = Handoff {
                first_row: (part.start * vertical) as u16,
                ..Handoff::default()
            };
            if self.form != Form::Image {
                let start = self.surveyed.rows[part.start as usize];
                let end = match self.parts.last() {
                    Some(last) if last == part => self.found.cut,
                    _ => self.surveyed.rows[part.end as usize].offset.into(),
                };
                handoff.segment_bytes = end.saturating_sub(start.offset.into()) as u32;
                handoff.start = Some(start);
            } else {
                handoff.start = Some(Default::default());
            }
            handoffs.push(handoff);
        }
        handoffs
    }

    /// Codes the partitions of an image.
    fn code_image(&self, mut blocks: &mut [Block]) -> Result<Vec<Vec<u8>>, Error> {
        let row_blocks = self.image.layout.row_blocks();
        let mut work = Vec::new();
        for rows in &self.parts {
            let length = (rows.end - rows.start) as usize * row_blocks;
            let part;
            (part, blocks) = blocks.split_at_mut(length.min(blocks.len()));
            work.push((rows, part));
        }
        partitions::in_parallel(work, self.options, |(rows, part)| {
            self.code_part(rows, part)
        })
    }

    fn code_part(&self, rows: &Range<u32>, blocks: &mut [Block]) -> Result<Vec<u8>, Error> {
        with_coder_kernels!(kernels => self.code_part_with(kernels, rows, blocks))
    }

    fn code_part_with(
        &self,
        kernels: impl Kernels,
        rows: &Range<u32>,
        blocks: &mut [Block],
    ) -> Result<Vec<u8>, Error> {
        let mut image = self.image.clone();
        image.layout = image.layout.from_row(rows.start);
        let mut model = new_model();
        let mut summaries = vec![Summary::default(); image.summaries()];
        let mut memory = Memory {
            model: &mut model,
            blocks,
            summaries: &mut summaries,
        };
        let mut encoder = Encoder::new(rows.clone());
        let mut stream = Vec::new();
        let mut buffer = vec![0; MAX_BLOCK];
        while encoder.row().is_some() {
            let (written, step) = encoder
                .code_row(kernels, &image, &mut memory, &mut buffer)
                .map_err(|_| Error::Extreme)?;
            stream.extend_from_slice(&buffer[..written]);
            if step == Step::Slice && buffer.len() < encoder.least_room() {
                buffer.resize(encoder.least_room(), 0);
            }
        }
        buffer.resize(buffer.len().max(encoder.least_room()), 0);
        let written = encoder.finish(&mut buffer).unwrap_or(0);
        stream.extend_from_slice(&buffer[..written]);
        Ok(stream)
    }

    /// Codes the partitions of a scan.
    fn code_scan(&self) -> Result<Vec<Vec<u8>>, Error> {
        let code = |rows: &Range<u32>| {
            let mut stream = Vec::new();
            self.transcode(rows, |bytes| {
                stream.extend_from_slice(bytes);
                Ok(())
            })?;
            Ok(stream)
        };
        partitions::in_parallel(self.parts.iter().collect(), self.options, code)
    }

    /// Codes the only partition of a scan, writing as it goes.
    fn stream_scan(&self, output: &mut impl Write) -> Result<(), Error> {
        self.transcode(&self.parts[0], |bytes| {
            write_block(output, 0, bytes).map_err(Error::Write)
        })
    }

    /// Codes a partition of a scan; `sink` gets at most [`MAX_BLOCK`] bytes at a time.
    fn transcode(
        &self,
        rows: &Range<u32>,
        sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        with_coder_kernels!(kernels => self.transcode_with(kernels, rows, sink))
    }

    fn transcode_with(
        &self,
        kernels: impl Kernels,
        rows: &Range<u32>,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let plan = Plan::new(self.found.frame, self.found.header, self.found.scan)?;
        let style = Style {
            pad: self.found.pad_bits(),
            restarts: self.found.restarts.unwrap_or(u32::MAX),
        };
        let job = Job {
            kernels,
            image: self.image.clone(),
            plan,
            style,
        };
        let mut own = OwnMemory::new(&job.image);
        let start = &self.surveyed.rows[rows.start as usize];
        let mut compressor = Compressor::new(&job, rows.clone(), start, self.found.units);
        let mut window = Window::new(self.source, start.offset.into(), self.range.end);
        window.load().map_err(Error::Read)?;
        // Room for a whole block, and for what a step may want beyond it.
        let mut buffer = vec![0; 2 * MAX_BLOCK];
        let mut filled = 0;
        loop {
            let (bytes, last) = window.bytes();
            let progress = compressor
                .step(&job, &mut own.lend(), bytes, last, &mut buffer[filled..])
                .map_err(|e| match e {
                    Failure::Scan => Error::Changed,
                    Failure::Stream => Error::Extreme,
                })?;
            window.consume(progress.consumed);
            filled += progress.written;
            match progress.status {
                Status::Input if last => return Err(Error::Changed),
                Status::Input => window.load().map_err(Error::Read)?,
                Status::Output if filled < MAX_BLOCK => {
                    let least = compressor.least_room();
                    buffer.resize(filled + least, 0);
                }
                Status::Output | Status::Done => {}
            }
            while filled >= MAX_BLOCK {
                sink(&buffer[..MAX_BLOCK])?;
                buffer.copy_within(MAX_BLOCK..filled, 0);
                filled -= MAX_BLOCK;
            }
            if progress.status == Status::Done {
                return sink(&buffer[..filled]);
            }
        }
    }
}

/// The segments of a JPEG header without which its scan could not be read.
fn needed_segments(header: &[u8]) -> Vec<u8> {
    let mut needed = Vec::new();
    let mut rest = header;
    while let jpeg::Next::Segment { marker, length, .. } = jpeg::next_segment(rest) {
        let (segment, after) = rest.split_at(length);
        // APPn and COM tell nothing that matters here.
        if !(0xe0..=0xef).contains(&marker) && marker != 0xfe {
            needed.extend_from_slice(segment);
        }
        rest = after;
    }
    needed
}

/// Half a megabyte of zeros.
pub(crate) fn new_model() -> Box<Model> {
    Box::new(Model::NEW)
}

/// What a partition's coder borrows.
pub(crate) struct OwnMemory {
    model: Box<Model>,
    blocks: Vec<Block>,
    summaries: Vec<Summary>,
}

impl OwnMemory {
    pub fn new(image: &Image<'_>) -> Self {
        OwnMemory {
            model: new_model(),
            blocks: vec![Block::ZERO; image.layout.blocks()],
            summaries: vec![Summary::default(); image.summaries()],
        }
    }

    pub fn lend(&mut self) -> Memory<'_> {
        Memory {
            model: &mut self.model,
            blocks: &mut self.blocks,
            summaries: &mut self.summaries,
        }
    }
}
