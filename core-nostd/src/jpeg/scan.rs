//! What a scan visits, in which order, and where blocks are kept (T.81, A.2).

use super::bits::{BitPosition, PartialByte};
use super::{Block, Error, Frame, Header, MAX_COMPONENTS, Process, Scan, ScanComponent};

/// A scan made ready: its header and what it refers to.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The frame that the scan belongs to.
    pub frame: &'a Frame,
    /// The tables in force.
    pub header: &'a Header,
    /// The scan header.
    pub scan: &'a Scan,
    /// Units of the scan: MCUs, or blocks where it has one component only.
    pub units: u32,
    /// Units in a row of the image's MCUs.
    pub units_per_row: u32,
    /// Blocks in a unit, 1 to 64.
    pub blocks_per_unit: usize,
}

/// A block in a scan: its component (an index in the frame) and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub component: usize,
    pub x: u32,
    pub y: u32,
}

impl<'a> Plan<'a> {
    /// Checks that the scan is one that its frame allows and that its tables are there.
    pub fn new(frame: &'a Frame, header: &'a Header, scan: &'a Scan) -> Result<Self, Error> {
        let blocks = |c: &ScanComponent| {
            let c = &frame.components()[usize::from(c.index)];
            usize::from(c.horizontal) * usize::from(c.vertical)
        };
        let (units, units_per_row, blocks_per_unit) = match scan.components() {
            [one] => {
                let c = &frame.components()[usize::from(one.index)];
                let per_row = c.scan_width * u32::from(c.vertical);
                (c.scan_width * c.scan_height, per_row, 1)
            }
            several => {
                let units = frame.mcus_wide * frame.mcus_high;
                let blocks = several.iter().map(blocks).sum();
                (units, frame.mcus_wide, blocks)
            }
        };
        let plan = Plan {
            frame,
            header,
            scan,
            units,
            units_per_row,
            blocks_per_unit,
        };
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |reason| {
            Err(Error::Segment {
                marker: super::marker::SOS,
                reason,
            })
        };
        let scan = self.scan;
        let (dc, ac) = match self.frame.process {
            Process::Progressive if scan.first == 0 && scan.last > 0 => {
                return wrong("DC and AC in one progressive scan");
            }
            Process::Progressive if scan.first > 0 && scan.components().len() > 1 => {
                return wrong("AC of several components in one progressive scan");
            }
            Process::Progressive => (scan.first == 0 && scan.high == 0, scan.first > 0),
            // Some encoders leave the parameters of sequential scans at zero; they mean nothing.
            _ => (true, true),
        };
        let complete = |c: &ScanComponent| {
            (!dc || self.header.dc_table(c).is_complete())
                && (!ac || self.header.ac_table(c).is_complete())
        };
        if scan.components().iter().all(complete) {
            Ok(())
        } else {
            Err(Error::MissingTable)
        }
    }

    /// Calls `visit` with the scan component's number and the place of each block of a unit, until
    /// it fails.
    #[inline(always)]
    pub(super) fn visit<E>(
        &self,
        unit: u32,
        mut visit: impl FnMut(usize, Place) -> Result<(), E>,
    ) -> Result<(), E> {
        let components = self.scan.components();
        // A component alone comes block by block; one place to call `visit`, to be inlined.
        let alone = match components {
            [one] => Some(self.frame.components()[usize::from(one.index)].scan_width),
            _ => None,
        };
        let wide = alone.unwrap_or(self.frame.mcus_wide).max(1);
        let (column, row) = (unit % wide, unit / wide);
        for (number, scanned) in components.iter().enumerate() {
            let component = usize::from(scanned.index);
            let c = &self.frame.components()[component];
            let (h, v) = match alone {
                Some(_) => (1, 1),
                None => (u32::from(c.horizontal), u32::from(c.vertical)),
            };
            for y in row * v..(row + 1) * v {
                for x in column * h..(column + 1) * h {
                    visit(number, Place { component, x, y })?;
                }
            }
        }
        Ok(())
    }

    /// Whether a restart marker is due before `unit`, were it there.
    #[inline(always)]
    pub(super) fn restarts_before(&self, unit: u32) -> bool {
        let interval = u32::from(self.header.restart_interval);
        interval != 0 && unit < self.units && unit.is_multiple_of(interval)
    }

    /// The first unit of a row of MCUs of the image, at most [`units`](Self::units).
    pub fn first_unit(&self, mcu_row: u32) -> u32 {
        self.units_per_row.saturating_mul(mcu_row).min(self.units)
    }
}

/// Where the blocks of an image are kept in one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    starts: [usize; MAX_COMPONENTS],
    widths: [usize; MAX_COMPONENTS],
    /// Block rows of a component in a row of MCUs.
    heights: [u32; MAX_COMPONENTS],
    /// Blocks of all components in a row of MCUs; 0 in a strip, which keeps but one.
    row_blocks: usize,
    /// The first row of MCUs that is kept.
    first_row: u32,
    blocks: usize,
}

impl Layout {
    /// The whole image: row of MCUs after row of MCUs, in each component after component.
    pub fn image(frame: &Frame) -> Self {
        let mut layout = Self::new(frame, 0);
        layout.row_blocks = layout.blocks;
        layout.blocks *= frame.mcus_high as usize;
        layout
    }

    /// One row of MCUs, component after component, and of each component the block row above it.
    pub fn strip(frame: &Frame) -> Self {
        Self::new(frame, 1)
    }

    fn new(frame: &Frame, above: usize) -> Self {
        let mut layout = Layout {
            starts: [0; MAX_COMPONENTS],
            widths: [0; MAX_COMPONENTS],
            heights: [1; MAX_COMPONENTS],
            row_blocks: 0,
            first_row: 0,
            blocks: 0,
        };
        for (i, c) in frame.components().iter().enumerate() {
            layout.starts[i] = layout.blocks;
            layout.widths[i] = c.width as usize;
            layout.heights[i] = u32::from(c.vertical);
            layout.blocks += c.width as usize * (usize::from(c.vertical) + above);
        }
        layout
    }

    /// Blocks in the slice.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Blocks of an image's row of MCUs; 0 in a strip.
    pub fn row_blocks(&self) -> usize {
        self.row_blocks
    }

    /// The part of an image from a row of MCUs on.
    pub fn from_row(mut self, row: u32) -> Self {
        self.first_row = row;
        self
    }

    /// Index of the first block of row `y` of a component.
    #[inline(always)]
    fn row(&self, component: usize, y: u32) -> usize {
        let component = component & (MAX_COMPONENTS - 1);
        let height = self.heights[component].max(1);
        let (mcu_row, sub_row) = (y / height, (y % height) as usize);
        let (start, width) = (self.starts[component], self.widths[component]);
        if self.row_blocks == 0 {
            // Row 0 of a strip is the one above.
            start + (1 + sub_row) * width
        } else {
            let kept = mcu_row.wrapping_sub(self.first_row) as usize;
            kept.saturating_mul(self.row_blocks)
                .saturating_add(start + sub_row * width)
        }
    }

    /// Index of a block.
    #[inline(always)]
    pub(super) fn index(&self, place: Place) -> usize {
        self.row(place.component, place.y)
            .saturating_add(place.x as usize)
    }

    /// Splits off row `y` of a component, and the row above it, an empty one where none is kept.
    /// `None` if `blocks` is too short.
    pub(crate) fn rows_at<'a>(
        &self,
        blocks: &'a mut [Block],
        component: usize,
        y: u32,
    ) -> Option<(&'a [Block], &'a mut [Block])> {
        let width = *self.widths.get(component)?;
        let start = self.row(component, y);
        let above = match (self.row_blocks, y % self.heights[component].max(1)) {
            (0, _) | (_, 1..) => start.checked_sub(width),
            _ => y.checked_sub(1).map(|y| self.row(component, y)),
        };
        let (before, rest) = blocks.split_at_mut_checked(start)?;
        let above = above.and_then(|from| before.get(from..from.saturating_add(width)));
        Some((above.unwrap_or(&[]), rest.get_mut(..width)?))
    }

    /// The slice of a strip from each component's row above to its last row.
    fn strip_rows<'a>(
        &self,
        blocks: &'a mut [Block],
    ) -> impl Iterator<Item = (&'a mut [Block], usize)> {
        let mut rest = if self.row_blocks == 0 {
            blocks
        } else {
            &mut []
        };
        let (widths, heights) = (self.widths, self.heights);
        (0..MAX_COMPONENTS).map_while(move |i| {
            let length = widths[i] * (heights[i] as usize + 1);
            let (rows, after) = core::mem::take(&mut rest).split_at_mut_checked(length)?;
            rest = after;
            Some((rows, widths[i]))
        })
    }

    /// Makes the blocks of a strip's MCU row zeros.
    pub(crate) fn clear(&self, blocks: &mut [Block]) {
        for (rows, width) in self.strip_rows(blocks) {
            rows[width..].fill(Block::ZERO);
        }
    }

    /// Makes the last block row of each component of a strip the one above.
    pub(crate) fn advance(&self, blocks: &mut [Block]) {
        for (rows, width) in self.strip_rows(blocks) {
            rows.copy_within(rows.len() - width.., 0);
        }
    }
}

/// How far the coding of a scan has come, between units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanState {
    /// The next unit.
    pub unit: u32,
    /// DC predictors by component of the frame; with point transform, as they are coded.
    pub last_dc: [i16; MAX_COMPONENTS],
    /// Restart markers so far.
    pub restarts: u32,
    /// Blocks that still belong to a run of blocks without further coefficients.
    pub eob_run: u32,
    /// The length of the run that the block before belongs to; 0 if it belongs to none.
    pub run_length: u32,
}

/// A scan being read: what holds between units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// How far it has come.
    pub state: ScanState,
    /// What was seen of its style.
    pub seen: SeenStyle,
}

impl Reading {
    /// The start of a scan of which nothing is known.
    pub const NEW: Reading = Reading {
        state: ScanState {
            unit: 0,
            last_dc: [0; MAX_COMPONENTS],
            restarts: 0,
            eob_run: 0,
            run_length: 0,
        },
        seen: SeenStyle {
            pad: None,
            restarts_ended: false,
            restarts_wanted: false,
        },
    };
}

/// A scan being written: what holds between units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    /// How far it has come.
    pub state: ScanState,
    /// The byte that is not full yet.
    pub partial: PartialByte,
    /// How it is to be written.
    pub style: Style,
}

impl Writing {
    /// The start of a scan.
    pub fn new(style: Style) -> Self {
        Writing {
            state: ScanState::default(),
            partial: PartialByte::default(),
            style,
        }
    }
}

/// Scan data at hand.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes.
    pub data: &'a [u8],
    /// Where in them the next unit begins.
    pub start: BitPosition,
    /// Whether no more will follow.
    pub last: bool,
}

/// How decoding of units ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All units that were asked for are done.
    Done,
    /// Units may need bytes beyond the slice.
    Input,
    /// The next unit, or the padding or marker before it, cannot be told exactly by coefficients:
    /// the data end, are damaged, or are coded in an unusual way.
    Irregular,
}

/// How encoding of units ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// All units that were asked for are done.
    Done,
    /// The slice may be too small for the next unit.
    Output,
    /// A coefficient has no code in the tables.
    NoCode,
}

/// How a scan's bytes are written where coefficients do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The bits that fill up bytes, low bit first.
    pub pad: u8,
    /// Restart markers that are there; those after are missing.
    pub restarts: u32,
}

/// Most bytes that one block can take: 64 codes with their bits, each byte stuffed, and a restart.
pub const MAX_BLOCK_BYTES: usize = 64 * (16 + 15) / 8 * 2 + 16;

/// What has been seen of a scan's style while reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenStyle {
    /// The bit that fills up bytes; `None` while none was seen.
    pub pad: Option<bool>,
    /// Whether a restart marker was missing, so that all after it must be.
    pub restarts_ended: bool,
    /// Whether that is irregular.
    pub restarts_wanted: bool,
}

/// The partial byte that writing goes on with where reading stands at `bit` bits into `byte`.
pub fn partial_byte(byte: u8, bit: u8) -> PartialByte {
    let kept = !(0xff_u16 >> (bit & 7)) as u8;
    PartialByte {
        bits: byte & kept,
        count: bit & 7,
    }
}
