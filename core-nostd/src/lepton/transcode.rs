//! Scan data to a partition's stream and back, a strip at a time: the way of sequential images
//! with one scan, of which no more than a row of MCUs is ever held.

use super::partition::{BadStream, Decoder, Encoder, Image, Memory, Step};
use crate::jpeg::{
    BitPosition, Block, Input, Layout, MAX_COMPONENTS, PartialByte, Plan, Put, Reading, ScanState,
    Stop, Style, Writing, partial_byte, sequential,
};
use crate::kernels::{Kernels, Scalar, Work};

/// What all partitions of a scan have in common.
#[derive(Clone, Debug)]
pub struct Job<'a, K = Scalar> {
    /// What to code with.
    pub kernels: K,
    /// The image, laid out as a strip.
    pub image: Image<'a>,
    /// Its only scan.
    pub plan: Plan<'a>,
    /// How its bytes are written.
    pub style: Style,
}

/// Where in the scan data a row of MCUs begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowStart {
    /// Offset in the file of the byte that its first bit lies in.
    pub offset: u32,
    /// That byte, but for the bits from the row on.
    pub partial: PartialByte,
    /// DC predictors of the components.
    pub last_dc: [i16; MAX_COMPONENTS],
}

impl RowStart {
    /// The start of a file.
    pub const NEW: RowStart = RowStart {
        offset: 0,
        partial: PartialByte { bits: 0, count: 0 },
        last_dc: [0; MAX_COMPONENTS],
    };
}

impl<K: Kernels> Job<'_, K> {
    /// The state of the scan at the start of a row of MCUs.
    fn state_at(&self, row: u32, start: &RowStart) -> ScanState {
        let unit = self.plan.first_unit(row);
        let interval = u32::from(self.plan.header.restart_interval);
        ScanState {
            unit,
            last_dc: start.last_dc,
            restarts: (unit.checked_div(interval).unwrap_or(0)).min(self.style.restarts),
            ..ScanState::default()
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It wants more input.
    Input,
    /// It wants more room for output.
    Output,
    /// The partition is complete.
    Done,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of input that need not be shown again.
    pub consumed: usize,
    /// Bytes of output.
    pub written: usize,
    /// Why it ended.
    pub status: Status,
}

/// [`sequential::decode`] for kernels.
struct ReadUnits<'a, S> {
    plan: &'a Plan<'a>,
    layout: &'a Layout,
    reading: &'a mut Reading,
    input: Input<'a>,
    until: u32,
    sink: &'a mut S,
}

impl<S: sequential::Sink> Work for ReadUnits<'_, S> {
    type Output = (BitPosition, Stop);

    #[inline(always)]
    fn run(self) -> Self::Output {
        sequential::decode(
            self.plan,
            self.layout,
            self.reading,
            &self.input,
            self.until,
            self.sink,
        )
    }
}

/// [`sequential::encode`] for kernels.
struct WriteUnits<'a> {
    plan: &'a Plan<'a>,
    layout: &'a Layout,
    writing: &'a mut Writing,
    until: u32,
    blocks: &'a [Block],
    output: &'a mut [u8],
}

impl Work for WriteUnits<'_> {
    type Output = (usize, Put);

    #[inline(always)]
    fn run(self) -> Self::Output {
        sequential::encode(
            self.plan,
            self.layout,
            self.writing,
            self.until,
            self.blocks,
            self.output,
        )
    }
}

/// Why compression of a scan fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The scan data are not what the survey saw.
    Scan,
    /// A coefficient cannot be said in the arithmetic of the file's version.
    Stream,
}

impl From<BadStream> for Failure {
    fn from(_: BadStream) -> Self {
        Failure::Stream
    }
}

/// Scan data on its way to a partition's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compressor {
    encoder: Encoder,
    scan: Reading,
    /// Bits of the next byte of input that are used.
    bit: u8,
    /// How many units can be read; the rest of the coded rows is zeros.
    units: u32,
    reading: bool,
    fresh: bool,
}

impl Compressor {
    /// Begins with the given MCU rows, whose data begin at `start` and hold no more than `units`
    /// units from the start of the scan.
    pub fn new(
        job: &Job<'_, impl Kernels>,
        rows: core::ops::Range<u32>,
        start: &RowStart,
        units: u32,
    ) -> Self {
        Compressor {
            // The style is known already, and what is not in it ends the units to read.
            scan: Reading {
                state: job.state_at(rows.start, start),
                ..Reading::default()
            },
            encoder: Encoder::new(rows),
            bit: start.partial.count,
            units,
            reading: true,
            fresh: true,
        }
    }

    /// Bytes of output without which a step does nothing.
    pub fn least_room(&self) -> usize {
        self.encoder.least_room()
    }

    /// Reads scan data from `input`, which goes on unless `last`, and writes the stream's bytes to
    /// `output`.
    pub fn step(
        &mut self,
        job: &Job<'_, impl Kernels>,
        memory: &mut Memory<'_>,
        input: &[u8],
        last: bool,
        output: &mut [u8],
    ) -> Result<Progress, Failure> {
        let (mut consumed, mut written) = (0, 0);
        let status = loop {
            let Some(row) = self.encoder.row() else {
                break match self.encoder.finish(&mut output[written..]) {
                    Some(length) => {
                        written += length;
                        Status::Done
                    }
                    None => Status::Output,
                };
            };
            if self.reading {
                let (used, done) = self.read_row(job, memory, &input[consumed..], last, row)?;
                consumed += used;
                if !done {
                    break Status::Input;
                }
                self.reading = false;
            }
            let (length, step) =
                self.encoder
                    .code_row(job.kernels, &job.image, memory, &mut output[written..])?;
            written += length;
            if step == Step::Slice {
                break Status::Output;
            }
            job.image.layout.advance(memory.blocks);
            self.reading = true;
            self.fresh = true;
        };
        Ok(Progress {
            consumed,
            written,
            status,
        })
    }

    fn read_row(
        &mut self,
        job: &Job<'_, impl Kernels>,
        memory: &mut Memory<'_>,
        input: &[u8],
        last: bool,
        row: u32,
    ) -> Result<(usize, bool), Failure> {
        if self.fresh {
            job.image.layout.clear(memory.blocks);
            self.fresh = false;
        }
        let until = job.plan.first_unit(row + 1).min(self.units);
        let input = Input {
            data: input,
            start: BitPosition {
                byte: 0,
                bit: self.bit,
            },
            last,
        };
        let (layout, sink) = (&job.image.layout, &mut &mut *memory.blocks);
        let (position, stop) = job.kernels.run(ReadUnits {
            plan: &job.plan,
            layout,
            reading: &mut self.scan,
            input,
            until,
            sink,
        });
        self.bit = position.bit;
        match stop {
            Stop::Done => Ok((position.byte, true)),
            Stop::Input => Ok((position.byte, false)),
            // Padding or a marker after the last unit to read may well be unusual.
            Stop::Irregular if self.scan.state.unit >= until => Ok((position.byte, true)),
            Stop::Irregular => Err(Failure::Scan),
        }
    }
}

/// A partition's stream on its way to scan data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restorer {
    decoder: Decoder,
    scan: Writing,
    writing: bool,
    cut: bool,
}

impl Restorer {
    /// Begins with the given MCU rows, whose data begin at `start`.
    pub fn new(job: &Job<'_, impl Kernels>, rows: core::ops::Range<u32>, start: &RowStart) -> Self {
        Restorer {
            scan: Writing {
                state: job.state_at(rows.start, start),
                partial: start.partial,
                style: job.style,
            },
            decoder: Decoder::new(rows),
            writing: false,
            cut: false,
        }
    }

    /// Begins where `before` ended, as files of early encoders want it, which do not say where
    /// partitions start.
    pub fn after(before: &Restorer, rows: core::ops::Range<u32>) -> Self {
        Restorer {
            decoder: Decoder::new(rows),
            writing: false,
            ..before.clone()
        }
    }

    /// Whether scan data ended before their time, since the tables have no code for a coefficient.
    /// That is as it should be only beyond the end of a file that is cut short.
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// Restart markers written so far.
    pub fn restarts(&self) -> u32 {
        self.scan.state.restarts
    }

    /// Reads the stream's bytes from `input`, which goes on unless `last`, and writes scan data to
    /// `output`. Bits that do not fill a byte are not written: the next partition begins with them.
    pub fn step(
        &mut self,
        job: &Job<'_, impl Kernels>,
        memory: &mut Memory<'_>,
        input: &[u8],
        last: bool,
        output: &mut [u8],
    ) -> Result<Progress, BadStream> {
        let (mut consumed, mut written) = (0, 0);
        let status = loop {
            if self.cut {
                break Status::Done;
            }
            if self.writing {
                let (length, put) = self.write_row(job, memory, &mut output[written..]);
                written += length;
                match put {
                    Put::Done => {}
                    Put::Output => break Status::Output,
                    Put::NoCode => {
                        self.cut = true;
                        continue;
                    }
                }
                job.image.layout.advance(memory.blocks);
                self.writing = false;
            }
            if self.decoder.row().is_none() {
                break Status::Done;
            }
            let (used, step) =
                self.decoder
                    .code_row(job.kernels, &job.image, memory, &input[consumed..], last)?;
            consumed += used;
            if step == Step::Slice {
                break Status::Input;
            }
            self.writing = true;
        };
        Ok(Progress {
            consumed,
            written,
            status,
        })
    }

    fn write_row(
        &mut self,
        job: &Job<'_, impl Kernels>,
        memory: &Memory<'_>,
        output: &mut [u8],
    ) -> (usize, Put) {
        // The decoder is past the row; past the last one, it has none.
        let until = job.plan.first_unit(self.decoder.rows_done());
        let (layout, blocks) = (&job.image.layout, &*memory.blocks);
        job.kernels.run(WriteUnits {
            plan: &job.plan,
            layout,
            writing: &mut self.scan,
            until,
            blocks,
            output,
        })
    }
}

/// The start of a row at a bit position of a file.
pub fn row_start(offset: u32, byte: u8, bit: u8, last_dc: [i16; MAX_COMPONENTS]) -> RowStart {
    RowStart {
        offset,
        partial: partial_byte(byte, bit),
        last_dc,
    }
}
