//! One partition's coder: an explicit state that moves a row of MCUs at a time.

use super::block::{BadBlock, Coder, MAX_BLOCK_BYTES, Neighbours, Summary, code_block};
use super::model::Model;
use super::predict::{Arithmetic, Quantizer};
use crate::bool_coder;
use crate::jpeg::{Block, Frame, Header, Layout, MAX_COMPONENTS};
use crate::kernels::{Kernels, Work};

/// Which blocks of an image are coded: all, or those of a file that was cut short (the early end
/// of the Lepton format).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Block rows of each component.
    rows: [u32; MAX_COMPONENTS],
    /// Blocks of each component, in raster order.
    blocks: [u32; MAX_COMPONENTS],
}

impl Coverage {
    /// The whole image.
    pub fn all(frame: &Frame) -> Self {
        Self::up_to(frame, [u32::MAX; MAX_COMPONENTS])
    }

    /// Up to and with the block `last` of each component, in raster order; the rows of an MCU row
    /// are coded all or none.
    pub fn up_to(frame: &Frame, last: [u32; MAX_COMPONENTS]) -> Self {
        let mut coverage = Coverage {
            rows: [0; MAX_COMPONENTS],
            blocks: [0; MAX_COMPONENTS],
        };
        for (i, c) in frame.components().iter().enumerate() {
            let blocks = last[i].saturating_add(1);
            let multiple = u32::from(c.vertical);
            let rows = blocks.div_ceil(c.width.max(1)).min(c.height);
            coverage.rows[i] = rows.next_multiple_of(multiple.max(1)).min(c.height);
            coverage.blocks[i] = blocks;
        }
        coverage
    }

    /// Rows of MCUs of which anything is coded.
    pub fn mcu_rows(&self, frame: &Frame) -> u32 {
        let rows = frame.components().iter().zip(self.rows);
        rows.map(|(c, rows)| rows.div_ceil(u32::from(c.vertical)))
            .max()
            .unwrap_or(0)
    }

    /// Blocks of row `y` of a component of the given width that are coded: none in a row beyond
    /// the last, and else at least one.
    fn coded_width(&self, component: usize, y: u32, width: u32) -> u32 {
        if y >= self.rows[component & 3] {
            return 0;
        }
        let before = y.saturating_mul(width);
        let blocks = self.blocks[component & 3];
        blocks.saturating_sub(before).clamp(1, width.max(1))
    }
}

/// What all partitions of an image have in common.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// The frame header.
    pub frame: &'a Frame,
    /// Of each component.
    pub quantizers: [Quantizer; MAX_COMPONENTS],
    /// How the encoder's arithmetic overflowed.
    pub arithmetic: Arithmetic,
    /// What is coded.
    pub coverage: Coverage,
    /// Where the blocks are.
    pub layout: Layout,
}

impl<'a> Image<'a> {
    /// An image of the frame and the quantisation tables of a header. A table that is missing is
    /// taken to be all ones.
    pub fn new(frame: &'a Frame, header: &Header, coverage: Coverage, layout: Layout) -> Self {
        Image {
            frame,
            quantizers: quantizers(frame, &header.quantization),
            arithmetic: Arithmetic::DEFAULT,
            coverage,
            layout,
        }
    }

    /// Takes other quantisation tables than those of the header.
    pub fn set_quantization(&mut self, tables: &[Option<[u16; 64]>; 4]) {
        self.quantizers = quantizers(self.frame, tables);
    }

    /// How many [`Summary`]s a partition's coder needs: one for each column of blocks.
    pub fn summaries(&self) -> usize {
        let widths = self.frame.components().iter().map(|c| c.width as usize);
        widths.sum()
    }
}

fn quantizers(frame: &Frame, tables: &[Option<[u16; 64]>; 4]) -> [Quantizer; MAX_COMPONENTS] {
    core::array::from_fn(|i| {
        let component = frame.components().get(i);
        let table = component.and_then(|c| tables[usize::from(c.quantization & 3)]);
        Quantizer::new(&table.unwrap_or([1; 64]))
    })
}

/// What is lent to a partition's coder.
#[derive(Debug)]
pub struct Memory<'a> {
    /// New when the coder begins.
    pub model: &'a mut Model,
    /// As many as [`Layout::blocks`] of the image's layout says.
    pub blocks: &'a mut [Block],
    /// As many as [`Image::summaries`] says.
    pub summaries: &'a mut [Summary],
}

/// Where a partition's coder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// The first MCU row of the partition.
    first: u32,
    /// The MCU row at hand, and the one after the last.
    row: u32,
    end: u32,
    /// How many components of the row are done; they come last to first.
    done: usize,
    /// Block row of the component within the MCU row.
    sub_row: u32,
    x: u32,
    /// What the block to the left left.
    left: Summary,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A row of MCUs is complete.
    Row,
    /// The slice may be too short for the next block.
    Slice,
}

/// A partition's stream cannot be decoded, or a coefficient not be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadStream;

impl Cursor {
    fn new(rows: core::ops::Range<u32>) -> Self {
        Cursor {
            first: rows.start,
            row: rows.start,
            end: rows.end,
            done: 0,
            sub_row: 0,
            x: 0,
            left: Summary::default(),
        }
    }

    /// Codes blocks to the end of the MCU row, as long as `room` says that one more will fit.
    #[inline(always)]
    fn code_row<C: Coder>(
        &mut self,
        coder: &mut C,
        image: &Image<'_>,
        memory: &mut Memory<'_>,
        room: impl Fn(&C) -> bool,
    ) -> Result<Step, BadStream> {
        let Memory {
            model,
            blocks,
            summaries,
        } = memory;
        let components = image.frame.components();
        while let Some(index) = components.len().checked_sub(self.done + 1) {
            let component = &components[index];
            let height = u32::from(component.vertical);
            let start = components[..index].iter().map(|c| c.width as usize).sum();
            let columns = summaries.get_mut(start..).ok_or(BadStream)?;
            while self.sub_row < height {
                let y = self.row * height + self.sub_row;
                let rows = image.layout.rows_at(blocks, index, y).ok_or(BadStream)?;
                let above = (self.row > self.first || self.sub_row > 0).then_some(rows.0);
                let end = image.coverage.coded_width(index, y, component.width);
                let line = Line {
                    colour: usize::from(index != 0),
                    quantizer: &image.quantizers[index],
                    arithmetic: image.arithmetic,
                    above,
                    end: end as usize,
                };
                if !self.code_line(coder, &line, model, rows.1, columns, &room)? {
                    return Ok(Step::Slice);
                }
                self.sub_row += 1;
                self.x = 0;
            }
            self.sub_row = 0;
            self.done += 1;
        }
        self.done = 0;
        self.row += 1;
        Ok(Step::Row)
    }

    /// Codes a block row from where the cursor stands; false if room ran out before its end.
    #[inline(always)]
    fn code_line<C: Coder>(
        &mut self,
        coder: &mut C,
        line: &Line<'_>,
        model: &mut Model,
        current: &mut [Block],
        columns: &mut [Summary],
        room: impl Fn(&C) -> bool,
    ) -> Result<bool, BadStream> {
        let end = line.end.min(current.len()).min(columns.len());
        let above = line.above.filter(|row| row.len() >= end);
        for x in self.x as usize..end {
            if !room(coder) {
                self.x = x as u32;
                return Ok(false);
            }
            let (before, rest) = current.split_at_mut(x);
            let (Some(block), Some(column)) = (rest.first_mut(), columns.get_mut(x)) else {
                return Err(BadStream);
            };
            if !C::ENCODES {
                *block = Block::ZERO;
            }
            let above_summary = *column;
            let neighbours = Neighbours {
                left: before.last().map(|b| (b, &self.left)),
                above: above.map(|row| (&row[x], &above_summary)),
                above_left: above.map_or(&Block::ZERO, |row| &row[x.saturating_sub(1)]),
            };
            let (below, right) = code_block(
                coder,
                model,
                line.colour,
                line.quantizer,
                line.arithmetic,
                &neighbours,
                block,
            )
            .map_err(|BadBlock| BadStream)?;
            *column = below;
            self.left = right;
        }
        if !C::ENCODES {
            current[end..].fill(Block::ZERO);
        }
        Ok(true)
    }
}

/// A row of MCUs to be coded.
struct CodeRow<'a, 'm, C, F> {
    cursor: &'a mut Cursor,
    coder: &'a mut C,
    image: &'a Image<'a>,
    memory: &'a mut Memory<'m>,
    room: F,
}

impl<C: Coder, F: Fn(&C) -> bool> Work for CodeRow<'_, '_, C, F> {
    type Output = Result<Step, BadStream>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        self.cursor
            .code_row(self.coder, self.image, self.memory, self.room)
    }
}

/// A block row to be coded.
struct Line<'a> {
    colour: usize,
    quantizer: &'a Quantizer,
    arithmetic: Arithmetic,
    above: Option<&'a [Block]>,
    /// Blocks of it that are coded.
    end: usize,
}

/// The probability of the bit that begins each stream, always false.
const EVEN: u8 = 128;

/// A partition on its way to bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    cursor: Cursor,
    coder: bool_coder::Encoder,
    started: bool,
}

impl Encoder {
    /// Begins with the given MCU rows. The model must be new.
    pub fn new(rows: core::ops::Range<u32>) -> Self {
        Encoder {
            cursor: Cursor::new(rows),
            coder: bool_coder::Encoder::new(),
            started: false,
        }
    }

    /// The MCU row at hand; `None` after the last.
    pub fn row(&self) -> Option<u32> {
        (self.cursor.row < self.cursor.end).then_some(self.cursor.row)
    }

    /// Bytes of output without which [`code_row`](Self::code_row) does not go on.
    pub fn least_room(&self) -> usize {
        self.coder.held_bytes() + MAX_BLOCK_BYTES + 16
    }

    /// Codes the MCU row at hand, or what fits into `output`, where it writes from the start.
    /// Gives the bytes written.
    pub fn code_row(
        &mut self,
        kernels: impl Kernels,
        image: &Image<'_>,
        memory: &mut Memory<'_>,
        output: &mut [u8],
    ) -> Result<(usize, Step), BadStream> {
        if output.len() < self.least_room() {
            return Ok((0, Step::Slice));
        }
        let mut writer = self.coder.attach(output);
        if !self.started {
            writer.write(EVEN, false);
            self.started = true;
        }
        let room = |writer: &bool_coder::Writer<'_>| writer.room() >= MAX_BLOCK_BYTES + 16;
        let cursor = &mut self.cursor;
        let step = kernels.run(CodeRow {
            cursor,
            coder: &mut writer,
            image,
            memory,
            room,
        })?;
        let (state, written) = writer.detach().ok_or(BadStream)?;
        self.coder = state;
        Ok((written, step))
    }

    /// Ends the stream after the last row; `output` wants [`least_room`](Self::least_room) bytes.
    /// Gives the bytes written.
    pub fn finish(&self, output: &mut [u8]) -> Option<usize> {
        self.coder.attach(output).finish()
    }
}

/// A partition on its way from bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoder {
    cursor: Cursor,
    coder: bool_coder::Decoder,
    started: bool,
}

/// A decoder that has used this many bytes after the end of its stream has lost its way.
const MAX_OVERRUN: u32 = 64;

impl Decoder {
    /// Begins with the given MCU rows. The model must be new.
    pub fn new(rows: core::ops::Range<u32>) -> Self {
        Decoder {
            cursor: Cursor::new(rows),
            coder: bool_coder::Decoder::new(),
            started: false,
        }
    }

    /// The MCU row at hand; `None` after the last.
    pub fn row(&self) -> Option<u32> {
        (self.cursor.row < self.cursor.end).then_some(self.cursor.row)
    }

    /// The MCU row at hand, or the one after the last.
    pub(super) fn rows_done(&self) -> u32 {
        self.cursor.row
    }

    /// Decodes the MCU row at hand, or what can be decoded with the bytes in `input`, which go on
    /// unless `last`. Gives the bytes consumed.
    pub fn code_row(
        &mut self,
        kernels: impl Kernels,
        image: &Image<'_>,
        memory: &mut Memory<'_>,
        input: &[u8],
        last: bool,
    ) -> Result<(usize, Step), BadStream> {
        if !last && input.len() < MAX_BLOCK_BYTES + 16 {
            return Ok((0, Step::Slice));
        }
        let mut reader = self.coder.attach(input);
        if !self.started {
            reader.prepare();
            if reader.read(EVEN) {
                return Err(BadStream);
            }
            self.started = true;
        }
        let room = |reader: &bool_coder::Reader<'_>| {
            if last {
                reader.overrun() < MAX_OVERRUN
            } else {
                reader.remaining() >= MAX_BLOCK_BYTES + 16
            }
        };
        let cursor = &mut self.cursor;
        let step = kernels.run(CodeRow {
            cursor,
            coder: &mut reader,
            image,
            memory,
            room,
        })?;
        let consumed;
        (self.coder, consumed) = reader.detach();
        if last && step == Step::Slice {
            return Err(BadStream);
        }
        Ok((consumed, step))
    }
}
