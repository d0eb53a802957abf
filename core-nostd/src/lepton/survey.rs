//! The first look at a JPEG: how much of it coefficients can tell, and where its rows begin.
//!
//! A [`Survey`] is shown the whole file, front to back. It collects the marker segments, decodes
//! the scans (of sequential files with one scan only to find out where rows begin), and finds the
//! *cut*: the byte up to which the file is what its coefficients say. What follows the cut (EOI, at
//! the least, but also data after a damage, or a second image) is kept as it is.

use xxhash_rust::xxh64::Xxh64;

use super::partition::Coverage;
use super::predict::Quantizer;
use super::transcode::{RowStart, row_start};
use crate::jpeg::progressive::{self, Breaks, Progress};
use crate::jpeg::sequential::{self, Discard};
use crate::jpeg::{
    BitPosition, Block, Error, Frame, Header, Input, Layout, Next, Plan, Process, Reading, SOI,
    Scan, ScanState, Segment, Stop, marker, next_segment,
};

/// What is lent to a survey. All of it keeps its content from call to call, and may grow.
#[derive(Debug)]
pub struct Lent<'a> {
    /// For the marker segments.
    pub header: &'a mut [u8],
    /// For sequential files with one scan: a place for each row of MCUs, and one more.
    pub rows: &'a mut [RowStart],
    /// For all other files: the whole image.
    pub image: &'a mut [Block],
    /// For progressive files: runs of blocks that are cut short. May be empty.
    pub breaks: &'a mut [u32],
}

/// What a survey wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// More of the file.
    Input,
    /// So many bytes for the header.
    Header(usize),
    /// So many places for rows.
    Rows(usize),
    /// So many blocks for the image.
    Image(usize),
    /// Nothing: the file is complete.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    Segments,
    /// A scan is under way.
    Scan,
    Tail,
}

/// The first look at a JPEG. Some 20 kB.
#[derive(Clone)]
pub struct Survey {
    phase: Phase,
    header: Header,
    header_bytes: usize,
    scan: Scan,
    /// Scans so far, the one under way included.
    scans: u32,
    /// Whether the only scan holds everything, so that the image need not be held.
    strip: bool,
    reading: Reading,
    bit: u8,
    /// Units of the scans before.
    units_before: u32,
    progress: Progress,
    breaks: usize,
    /// Where the last run of blocks without further coefficients begins.
    run_at: u64,
    /// Quantisation tables, or their absence, as they were at the first scan.
    first_tables: [Option<[u16; 64]>; 4],
    /// Whether something was met that only our own version can say.
    own_version: bool,
    offset: u64,
    cut: u64,
    hash_from: u64,
    hash: Xxh64,
}

impl core::fmt::Debug for Survey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Survey")
            .field("phase", &self.phase)
            .field("offset", &self.offset)
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

impl Survey {
    /// Begins at the start of a file. The hash will be that of the bytes from `hash_from` on.
    pub const fn new(hash_from: u64) -> Self {
        Survey {
            phase: Phase::Start,
            header: Header::new(),
            header_bytes: 0,
            scan: Scan::NONE,
            scans: 0,
            strip: false,
            reading: Reading::NEW,
            bit: 0,
            units_before: 0,
            progress: Progress::NEW,
            breaks: 0,
            run_at: 0,
            first_tables: [None; 4],
            own_version: false,
            offset: 0,
            cut: 0,
            hash_from,
            hash: Xxh64::new(0),
        }
    }

    /// Looks at `input`, the bytes after those consumed so far, which go on unless `last`. Gives
    /// the bytes consumed, and what is wanted next: the same bytes must be shown again until they
    /// are consumed.
    pub fn look(
        &mut self,
        input: &[u8],
        last: bool,
        lent: &mut Lent<'_>,
    ) -> Result<(usize, Want), Error> {
        let mut consumed = 0;
        loop {
            let rest = &input[consumed..];
            let (used, want) = match self.phase {
                Phase::Start => self.look_at_start(rest, last)?,
                Phase::Segments => self.look_at_segment(rest, last, lent)?,
                Phase::Scan => self.look_at_scan(rest, last, lent)?,
                Phase::Tail => (
                    rest.len(),
                    Some(if last { Want::Nothing } else { Want::Input }),
                ),
            };
            let unhashed = self.hash_from.saturating_sub(self.offset).min(used as u64);
            self.hash.update(&rest[unhashed as usize..used]);
            self.offset += used as u64;
            consumed += used;
            if let Some(want) = want {
                return Ok((consumed, want));
            }
        }
    }

    fn look_at_start(&mut self, rest: &[u8], last: bool) -> Result<(usize, Option<Want>), Error> {
        match rest {
            [0xff, SOI, ..] => {
                self.phase = Phase::Segments;
                Ok((2, None))
            }
            [] | [0xff] if !last => Ok((0, Some(Want::Input))),
            _ => Err(Error::NotJpeg),
        }
    }

    /// Cuts the file `ahead` bytes from here.
    fn cut_at(&mut self, ahead: usize) {
        self.cut = self.offset + ahead as u64;
        self.phase = Phase::Tail;
    }

    fn look_at_segment(
        &mut self,
        rest: &[u8],
        last: bool,
        lent: &mut Lent<'_>,
    ) -> Result<(usize, Option<Want>), Error> {
        let problem = match next_segment(rest) {
            Next::Incomplete(_) if !last => return Ok((0, Some(Want::Input))),
            Next::Incomplete(_) | Next::End => Error::NoScan,
            Next::Damaged => Error::NoMarker,
            Next::Segment {
                marker,
                body,
                length,
            } => {
                let needed = self.header_bytes + length;
                let Some(place) = lent.header.get_mut(self.header_bytes..needed) else {
                    return Ok((0, Some(Want::Header(needed))));
                };
                let common = others_take(&self.header, marker, body);
                match self.take_segment(marker, body) {
                    Ok(()) => {
                        place.copy_from_slice(&rest[..length]);
                        self.header_bytes = needed;
                        // Others take no fill bytes, nor markers without a length.
                        self.own_version |= length != body.len() + 4 || !common;
                        return Ok((length, None));
                    }
                    Err(error) => error,
                }
            }
        };
        if self.scans == 0 {
            return Err(problem);
        }
        self.cut_at(0);
        Ok((0, None))
    }

    fn take_segment(&mut self, marker: u8, body: &[u8]) -> Result<(), Error> {
        let Segment::Scan(scan) = self.header.segment(marker, body)? else {
            return Ok(());
        };
        let frame = self.header.frame.as_ref().ok_or(Error::NoScan)?;
        let plan = Plan::new(frame, &self.header, &scan)?;
        if !self.progress.admit(&plan) {
            return Err(Error::NothingDecoded);
        }
        let sequential = frame.process != Process::Progressive;
        if self.scans == 0 {
            self.strip = sequential && scan.components().len() == frame.components().len();
            self.first_tables = self.header.quantization;
            self.own_version |= needs_own_version(frame, &self.header);
        }
        self.scan = scan;
        self.scans += 1;
        self.reading.state = ScanState::default();
        self.bit = 0;
        // Which of several scans lack restart markers is not kept.
        self.reading.seen.restarts_wanted = !self.strip;
        self.phase = Phase::Scan;
        Ok(())
    }

    fn look_at_scan(
        &mut self,
        rest: &[u8],
        last: bool,
        lent: &mut Lent<'_>,
    ) -> Result<(usize, Option<Want>), Error> {
        let frame = self.header.frame.as_ref().ok_or(Error::NoScan)?;
        let plan = Plan::new(frame, &self.header, &self.scan)?;
        let input = Input {
            data: rest,
            start: BitPosition {
                byte: 0,
                bit: self.bit,
            },
            last,
        };
        let reading = &mut self.reading;
        let (position, stop) = if self.strip {
            let wanted = frame.mcus_high as usize + 1;
            if lent.rows.len() < wanted {
                return Ok((0, Some(Want::Rows(wanted))));
            }
            survey_rows(&plan, reading, &input, lent.rows, self.offset)
        } else {
            let layout = Layout::image(frame);
            if lent.image.len() < layout.blocks() {
                return Ok((0, Some(Want::Image(layout.blocks()))));
            }
            let units = plan.units;
            if frame.process == Process::Progressive {
                let mut breaks = Breaks {
                    ordinals: lent.breaks,
                    count: self.breaks,
                    base: self.units_before,
                    offset: self.offset,
                    run_at: self.run_at,
                };
                let image = &mut *lent.image;
                let end =
                    progressive::decode(&plan, &layout, reading, &input, units, image, &mut breaks);
                (self.breaks, self.run_at) = (breaks.count, breaks.run_at);
                end
            } else {
                let sink = &mut &mut *lent.image;
                sequential::decode(&plan, &layout, reading, &input, units, sink)
            }
        };
        let units = plan.units;
        self.bit = position.bit;
        if stop != Stop::Input && frame.process != Process::Progressive {
            let (done, missing) = (reading.state.unit, reading.seen.restarts_ended);
            self.own_version |= counts_restarts_otherwise(&plan, done, missing);
        }
        match stop {
            Stop::Input => Ok((position.byte, Some(Want::Input))),
            Stop::Done if self.strip => {
                self.cut_at(position.byte);
                Ok((position.byte, None))
            }
            Stop::Done => {
                self.units_before = self.units_before.saturating_add(units);
                self.phase = Phase::Segments;
                Ok((position.byte, None))
            }
            Stop::Irregular => {
                let progressive = frame.process == Process::Progressive;
                let open = progressive && progressive::run_is_open(&plan, &self.reading.state);
                // Others write what is missing of a scan, too, though only to throw it away.
                self.own_version |= progressive && !progressive::can_be_empty(&plan);
                // A file without a single unit is stored where others could not restore it anyway.
                let nothing = self.scans == 1 && self.reading.state.unit == 0;
                if nothing && self.own_version {
                    return Err(Error::NothingDecoded);
                }
                self.cut_at(position.byte);
                if open {
                    self.cut = self.run_at;
                }
                Ok((position.byte, None))
            }
        }
    }

    /// What was found; `None` before the file is complete.
    pub fn findings(&self) -> Option<Findings<'_>> {
        let frame = self.header.frame.as_ref()?;
        if self.phase != Phase::Tail {
            return None;
        }
        Some(Findings {
            frame,
            header: &self.header,
            header_bytes: self.header_bytes,
            scan: &self.scan,
            scans: self.scans,
            strip: self.strip,
            units: self.reading.state.unit,
            pad: self.reading.seen.pad,
            restarts: self
                .reading
                .seen
                .restarts_ended
                .then_some(self.reading.state.restarts),
            breaks: self.breaks,
            own_version: self.own_version || self.breaks > 0,
            cut: self.cut,
            bytes: self.offset,
            hash: self.hash.digest(),
        })
    }

    /// The frame header, once it has come.
    pub fn frame(&self) -> Option<&Frame> {
        self.header.frame.as_ref()
    }

    /// The quantisation tables that prediction must use: those before the first scan.
    pub fn quantization(&self) -> &[Option<[u16; 64]>; 4] {
        &self.first_tables
    }
}

/// Notes where rows begin while decoding a sequential scan for nobody.
fn survey_rows(
    plan: &Plan<'_>,
    reading: &mut Reading,
    input: &Input<'_>,
    rows: &mut [RowStart],
    offset: u64,
) -> (BitPosition, Stop) {
    let layout = Layout::strip(plan.frame);
    let mut sink = Discard::default();
    let mut input = *input;
    loop {
        let unit = reading.state.unit;
        let row = unit.checked_div(plan.units_per_row).unwrap_or(0);
        let start = input.start;
        if unit == plan.first_unit(row)
            && let Some(place) = rows.get_mut(row as usize)
        {
            let byte = input.data.get(start.byte).copied().unwrap_or(0);
            let at = (offset + start.byte as u64).min(u32::MAX.into());
            *place = row_start(at as u32, byte, start.bit, reading.state.last_dc);
        }
        if unit >= plan.units {
            return (start, Stop::Done);
        }
        let until = plan.first_unit(row + 1);
        let stop;
        (input.start, stop) = sequential::decode(plan, &layout, reading, &input, until, &mut sink);
        if stop != Stop::Done {
            return (input.start, stop);
        }
    }
}

/// Whether other decoders take a segment that follows `header`.
fn others_take(header: &Header, marker: u8, body: &[u8]) -> bool {
    match marker {
        // lepton_jpeg refuses a second frame header, and scan headers cut short.
        marker::SOF0..=marker::SOF2 => header.frame.is_none(),
        marker::SOS => body
            .first()
            .is_some_and(|&n| body.len() >= 4 + 2 * usize::from(n)),
        marker::DHT | marker::DQT | marker::DRI | marker::COM => true,
        _ => (marker::APP0..=marker::APP15).contains(&marker),
    }
}

/// Whether the image is of a kind that only our own version can say.
fn needs_own_version(frame: &Frame, header: &Header) -> bool {
    let components = frame.components();
    let wide = |c: &crate::jpeg::Component| c.horizontal > 2 || c.vertical > 2;
    let strange = |c: &crate::jpeg::Component| {
        let table = header.quantization[usize::from(c.quantization & 3)];
        table.is_none_or(|t| t.contains(&0) || Quantizer::divides_by_zero(&t))
    };
    // Others take the first component with the identifier every time.
    let twice = (1..).zip(components).any(|(next, c)| {
        let mut later = components.iter().skip(next);
        later.any(|other| other.id == c.id)
    });
    components.len() > 3 || twice || components.iter().any(|c| wide(c) || strange(c))
}

/// Whether lepton_jpeg would put other restart markers among the first `units` of a sequential scan
/// (the C++ decoder would not).
///
/// In scans of one component it counts units within a row of MCUs, but before the row it counts MCUs of
/// the image. Which markers are missing it tells by their number, so that they must not be `missing` where
/// it has another.
fn counts_restarts_otherwise(plan: &Plan<'_>, units: u32, missing: bool) -> bool {
    let interval = u32::from(plan.header.restart_interval);
    if interval == 0 || plan.scan.components().len() > 1 {
        return false;
    }
    // After so many units the same marker comes again at the same place.
    let cycle = if missing { u32::MAX } else { 8 * interval };
    (0..plan.frame.mcus_high).any(|row| {
        let (first, after) = (plan.first_unit(row), plan.first_unit(row + 1).min(units));
        let theirs = row * plan.frame.mcus_wide;
        let due = |before: u32| {
            let next = first + interval - before % interval;
            next <= after && next < plan.units
        };
        first < after && first % cycle != theirs % cycle && (due(first) || due(theirs))
    })
}

/// What a [`Survey`] found.
#[derive(Clone, Copy, Debug)]
pub struct Findings<'a> {
    /// The frame header.
    pub frame: &'a Frame,
    /// The tables in force at the end.
    pub header: &'a Header,
    /// How much of the lent header is filled.
    pub header_bytes: usize,
    /// The last scan; the only one, if [`strip`](Self::strip).
    pub scan: &'a Scan,
    /// Scans that are coded.
    pub scans: u32,
    /// Whether rows were noted; else the image is there.
    pub strip: bool,
    /// Units of the last scan that are coded.
    pub units: u32,
    /// The bit that fills up bytes, if any was seen.
    pub pad: Option<bool>,
    /// The restart markers that are there, if others are missing.
    pub restarts: Option<u32>,
    /// Runs of blocks that are cut short.
    pub breaks: usize,
    /// Whether other decoders cannot restore the file.
    pub own_version: bool,
    /// Offset of the first byte that coefficients do not tell.
    pub cut: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// XXH64 of the file, from where it was asked for.
    pub hash: u64,
}

impl Findings<'_> {
    /// The bits that fill up bytes, as the header block wants them.
    pub fn pad_bits(&self) -> u8 {
        if self.pad == Some(false) { 0 } else { 0xff }
    }

    /// For strips: the last block of each component that is coded, where not all are.
    pub fn early_end(&self) -> Option<[u32; 4]> {
        if !self.strip || self.scan_is_complete() {
            return None;
        }
        // One unit at the least is coded, if only of zeros.
        let last_unit = self.units.saturating_sub(1);
        let mut last = [0; 4];
        let (x, y) = match self.scan.components() {
            [one] => {
                let width = self.frame.components()[usize::from(one.index)].scan_width;
                (last_unit % width.max(1), last_unit / width.max(1))
            }
            _ => {
                let wide = self.frame.mcus_wide.max(1);
                (last_unit % wide, last_unit / wide)
            }
        };
        let single = self.scan.components().len() == 1;
        for (place, c) in last.iter_mut().zip(self.frame.components()) {
            let (h, v) = match single {
                true => (1, 1),
                false => (u32::from(c.horizontal), u32::from(c.vertical)),
            };
            *place = (y * v + v - 1) * c.width + x * h + h - 1;
        }
        Some(last)
    }

    fn scan_is_complete(&self) -> bool {
        Plan::new(self.frame, self.header, self.scan).is_ok_and(|plan| self.units >= plan.units)
    }

    /// What of the image is coded.
    pub fn coverage(&self) -> Coverage {
        match self.early_end() {
            Some(last) => Coverage::up_to(self.frame, last),
            None => Coverage::all(self.frame),
        }
    }
}
