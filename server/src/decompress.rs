//! `.lep` to JPEG.

use std::io::{Read, Write};
use std::ops::Range;

use lentil_core::jpeg::{
    self, Header, Layout, Next, Plan, Process, Scan, Segment, Style, next_segment,
};
use lentil_core::lepton::container::{Cut, FixedHeader, Form, HeaderBlock, Origin};
use lentil_core::lepton::partition::{Coverage, Image};
use lentil_core::lepton::{Arithmetic, Error as Damage};

use crate::compress::Compare;
use crate::demux::{Indexed, Queued, Streams};
use crate::limited::Limited;
use crate::source::Source;
use crate::wrapped::Wrapped;
use crate::{Error, Options, Summary, header, restore_image, restore_scan};

/// Restores from a stream.
pub(crate) fn decompress(
    input: impl Read,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    let mut input = Tally::new(input);
    let (fixed, block) = header::read(&mut input, &options.limits)?;
    let before = input.bytes;
    let mut streams = Queued::new(&mut input, before, &options.limits);
    let parts = restore(&fixed, &block, &mut streams, output, options)?;
    streams.finish()?;
    Ok(sizes(&fixed, input.bytes, parts))
}

/// Restores from a source.
pub(crate) fn decompress_at<S: Source + ?Sized>(
    source: &S,
    output: impl Write,
    options: &Options,
) -> Result<Summary, Error> {
    let mut input = Cursor { source, offset: 0 };
    let (fixed, block) = header::read(&mut input, &options.limits)?;
    let mut streams = Indexed::new(source, input.offset)?;
    let parts = restore(&fixed, &block, &mut streams, output, options)?;
    let length = source.length().map_err(Error::Read)?;
    Ok(sizes(&fixed, length, parts))
}

/// Restores from memory, to find out whether that gives the original.
pub(crate) fn verify<S: Source + ?Sized>(
    compressed: &[u8],
    mut compare: Compare<'_, S>,
    options: &Options,
) -> Result<(), Error> {
    let restored = decompress_at(compressed, &mut compare, options);
    match compare.mismatch {
        Some(offset) => Err(Error::Mismatch { offset }),
        None => restored.map(|_| ()),
    }
}

fn sizes(fixed: &FixedHeader, lepton_bytes: u64, partitions: u8) -> Summary {
    Summary {
        jpeg_bytes: fixed.jpeg_bytes.into(),
        lepton_bytes,
        partitions,
    }
}

/// Counts what is read.
struct Tally<R> {
    input: R,
    bytes: u64,
}

impl<R: Read> Tally<R> {
    fn new(input: R) -> Self {
        Tally { input, bytes: 0 }
    }
}

impl<R: Read> Read for Tally<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Reads a source front to back.
pub(crate) struct Cursor<'a, S: ?Sized> {
    pub source: &'a S,
    pub offset: u64,
}

impl<S: Source + ?Sized> Read for Cursor<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// A JPEG header from a `.lep` file, walked up to a scan.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    pub header: Header,
    /// The last scan header met.
    pub scan: Scan,
    bytes: &'a [u8],
    pub done: usize,
}

impl<'a> Walk<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Walk {
            header: Header::new(),
            scan: Scan::default(),
            bytes,
            done: 0,
        }
    }

    /// Goes on to the next scan; false if there is none.
    pub fn next_scan(&mut self) -> Result<bool, Damage> {
        loop {
            let rest = self.bytes.get(self.done..).unwrap_or(&[]);
            let Next::Segment {
                marker,
                body,
                length,
            } = next_segment(rest)
            else {
                return Ok(false);
            };
            let segment = self.header.segment(marker, body)?;
            self.done += length;
            if let Segment::Scan(scan) = segment {
                self.scan = scan;
                return Ok(true);
            }
        }
    }

    /// What stands after the last scan.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.done..).unwrap_or(&[])
    }
}

/// Everything that is known before partitions are decoded.
pub(crate) struct Task<'a> {
    pub block: &'a HeaderBlock<'a>,
    pub walk: Walk<'a>,
    pub arithmetic: Arithmetic,
    pub options: &'a Options,
}

impl Task<'_> {
    /// The image, laid out as a strip or whole.
    pub fn image(&self, layout: fn(&jpeg::Frame) -> Layout) -> Result<Image<'_>, Error> {
        let frame = self.walk.header.frame.as_ref();
        let frame = frame.ok_or(Damage::Record("the JPEG header has no frame"))?;
        let coverage = match self.block.early_end {
            Some(last) => Coverage::up_to(frame, last),
            None => Coverage::all(frame),
        };
        let mut image = Image::new(frame, &self.walk.header, coverage, layout(frame));
        image.arithmetic = self.arithmetic;
        Ok(image)
    }

    /// The rows of MCUs of each partition.
    pub fn parts(&self, image: &Image<'_>) -> Result<Vec<Range<u32>>, Error> {
        let vertical = u32::from(image.frame.components()[0].vertical);
        let end = image.coverage.mcu_rows(image.frame);
        let row = |first: u16| (u32::from(first) / vertical).min(end);
        let starts = self
            .block
            .handoffs
            .as_slice()
            .iter()
            .map(|h| row(h.first_row));
        let starts: Vec<u32> = starts.collect();
        if !starts.is_sorted() {
            return Err(Damage::Record("partitions that are out of order").into());
        }
        let ends = starts.iter().skip(1).copied().chain([end]);
        Ok(starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(s, e)| s..e)
            .collect())
    }

    /// How the bytes of scan number `scan` are written.
    pub fn style(&self, scan: usize) -> Style {
        let numbers = self.block.restarts.filter(|n| !n.is_empty());
        let restarts = numbers.map(|n| n.get(scan).unwrap_or(0));
        Style {
            pad: self.block.pad,
            restarts: restarts.unwrap_or(u32::MAX),
        }
    }
}

/// Restores a file whose headers are read; gives the number of partitions.
fn restore(
    fixed: &FixedHeader,
    bytes: &[u8],
    streams: &mut impl Streams,
    output: impl Write,
    options: &Options,
) -> Result<u8, Error> {
    let block = HeaderBlock::parse(bytes)?;
    let (arithmetic, cut) = match fixed.origin {
        _ if fixed.own_version => (Arithmetic::OWN, Cut::BeforeTail),
        Origin::Lentil { .. } => (Arithmetic::DEFAULT, Cut::BeforeTail),
        Origin::Other(arithmetic, cut) => (arithmetic, cut),
    };
    let total = u64::from(fixed.jpeg_bytes);
    let tail = block.tail.len() as u64;
    let mut limit = total;
    if cut == Cut::BeforeTail {
        // Files cut short say nothing of a tail, and have none.
        limit = total.saturating_sub(tail);
    }
    let mut output = Limited::new(Wrapped::new(output, fixed.wrapped), limit);
    output.put(block.before)?;
    if let Some(instead) = block.instead {
        output.put(instead)?;
    }
    let parts = if block.handoffs.as_slice().is_empty() {
        if !fixed.own_version || block.instead.is_none() {
            return Err(Damage::Record("no partitions").into());
        }
        0
    } else {
        let mut walk = Walk::new(block.jpeg_header);
        if !walk.next_scan()? {
            return Err(Damage::Jpeg(jpeg::Error::NoScan).into());
        }
        if block.instead.is_none() {
            output.put(&[0xff, jpeg::SOI])?;
            output.put(&block.jpeg_header[..walk.done])?;
        }
        let task = Task {
            block: &block,
            walk,
            arithmetic,
            options,
        };
        restore_scans(fixed, &task, streams, &mut output)?
    };
    if output.left > 0 && cut == Cut::BeforeTail && limit > 0 {
        return Err(Damage::Short.into());
    }
    output.left += total - limit;
    output.put(block.tail)?;
    if output.left > 0 {
        return Err(Damage::Short.into());
    }
    let hash = output.finish()?;
    match fixed.origin {
        Origin::Lentil { hash: expected } if hash != expected => Err(Damage::Hash.into()),
        _ => Ok(parts),
    }
}

/// Whether a file whose header is walked up to its first scan is restored a row of MCUs at a time.
pub(crate) fn is_strip(fixed: &FixedHeader, walk: &Walk<'_>) -> bool {
    let single = walk.header.frame.is_some_and(|frame| {
        frame.process != Process::Progressive
            && walk.scan.components().len() == frame.components().len()
    });
    fixed.form != Form::Image && single
}

fn restore_scans(
    fixed: &FixedHeader,
    task: &Task<'_>,
    streams: &mut impl Streams,
    output: &mut Limited<impl Write>,
) -> Result<u8, Error> {
    let frame = task.walk.header.frame.as_ref();
    let frame = frame.ok_or(Damage::Record("the JPEG header has no frame"))?;
    task.options.limits.check_frame(frame)?;
    if is_strip(fixed, &task.walk) {
        let plan = Plan::new(frame, &task.walk.header, &task.walk.scan).map_err(Damage::from)?;
        with_coder_kernels!(kernels => restore_scan::restore(kernels, task, plan, streams, output))
    } else {
        restore_image::restore(task, streams, output)
    }
}
