//! The rows of a frame through three stages: by one thread, or by several.
//!
//! Each stage takes the rows in order, and a row's stages come one after the other; else they are free. Threads
//! take what can be done next, and sleep if there is nothing. A few rows are under way at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use lentil_core::vp8::{
    self, Above, Blocks, ChromaStrip, Contexts, Cursor, Edge, Frame, LumaStrip, Macroblock, Parser,
    PixelKernels, References, Report, RowSyntax, Strip, filter, reconstruct,
};

use super::Error;
use super::picture::Pixels;
use super::pool::{Pool, Scratch};

/// Rows under way at a time, if several threads work on them.
const SLOTS: usize = 5;

/// Rows that are parsed ahead of their reconstruction, if other work can wait.
const AHEAD: usize = 3;

/// Macroblocks below which a frame is left to one thread: its rows are done sooner than others wake up.
const WORTH_THREADS: usize = 1000;

/// The syntax of a row on its way.
#[derive(Debug, Default)]
pub(super) struct Slot {
    macroblocks: Vec<Macroblock>,
    blocks: Vec<Blocks>,
}

impl Slot {
    pub fn resize(&mut self, columns: usize) {
        self.macroblocks.resize(columns, Macroblock::default());
        self.blocks.resize(columns, [[0; 16]; 25]);
    }
}

/// Decodes a frame into `pixels`, which have its size.
pub(super) fn decode(
    pool: &Pool,
    frame: &Frame<'_>,
    references: &References<'_>,
    segments: &[u8],
    next_segments: &mut [u8],
    pixels: &mut Pixels,
) -> Result<Report, Error> {
    with_kernels!(kernels => pool.with_scratch(|scratch| {
        let many = frame.state.macroblocks() >= WORTH_THREADS;
        let threads = pool.threads.as_ref().filter(|_| many);
        scratch.resize(frame.state.columns(), if threads.is_some() { SLOTS } else { 1 });
        let mut picture = pixels.planes_mut().ok_or(vp8::Error::Memory)?;
        match threads {
            None => {
                let [slot, ..] = &mut scratch.slots[..] else {
                    return Err(vp8::Error::Memory.into());
                };
                let slot = slot.get_mut().unwrap_or_else(PoisonError::into_inner);
                let mut memory = vp8::Memory {
                    syntax: RowSyntax {
                        above: &mut scratch.above,
                        contexts: &mut scratch.contexts,
                        macroblocks: &mut slot.macroblocks,
                        blocks: &mut slot.blocks,
                    },
                    lines: &mut scratch.lines,
                };
                let report = vp8::decode(
                    kernels,
                    frame,
                    references,
                    segments,
                    next_segments,
                    &mut memory,
                    &mut picture,
                )?;
                Ok(report)
            }
            Some(threads) => {
                let job = Job::new(kernels, frame, references, (segments, next_segments), scratch, &mut picture);
                threads.in_place_scope(|scope| {
                    for _ in 0..threads.current_num_threads().min(STAGES - 1) {
                        scope.spawn(|_| job.work());
                    }
                    job.work();
                });
                job.finish()
            }
        }
    }))
}

/// Stages, each of which is one thread's at a time.
const STAGES: usize = 3;

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Parse,
    Reconstruct,
    Filter,
}

/// How far the stages are.
#[derive(Debug, Default)]
struct Progress {
    /// By stage: the rows that are done.
    done: [usize; STAGES],
    /// By stage: a thread is at the next row.
    busy: [bool; STAGES],
    sleeping: usize,
    failed: Option<vp8::Error>,
    /// A thread panicked.
    broken: bool,
}

impl Progress {
    /// A stage whose next row can be worked on.
    fn next(&self, rows: usize) -> Option<Stage> {
        let [parsed, reconstructed, filtered] = self.done;
        let ready = |stage| match stage {
            Stage::Parse => parsed < rows.min(filtered + SLOTS),
            Stage::Reconstruct => reconstructed < parsed,
            Stage::Filter => filtered < reconstructed,
        };
        let free = |stage: &Stage| !self.busy[*stage as usize] && ready(*stage);
        // What others wait for comes first.
        let order = if parsed < reconstructed + AHEAD {
            [Stage::Reconstruct, Stage::Parse, Stage::Filter]
        } else {
            [Stage::Reconstruct, Stage::Filter, Stage::Parse]
        };
        order.into_iter().find(free)
    }

    fn is_over(&self, rows: usize) -> bool {
        self.done[Stage::Filter as usize] >= rows || self.failed.is_some() || self.broken
    }
}

/// What parsing holds between rows.
struct Parsing<'a> {
    parser: Parser<'a>,
    above: &'a mut [Above],
    contexts: &'a mut [Contexts],
    segments: std::slice::Chunks<'a, u8>,
    next_segments: std::slice::ChunksMut<'a, u8>,
}

/// What reconstruction holds between rows.
struct Reconstruction<'a> {
    lines: &'a mut [u8],
    strips: Strips<'a>,
}

/// The strips of a picture, from the first row down.
struct Strips<'a> {
    y: std::slice::ChunksMut<'a, u8>,
    u: std::slice::ChunksMut<'a, u8>,
    v: std::slice::ChunksMut<'a, u8>,
    y_stride: usize,
    uv_stride: usize,
}

impl<'a> Strips<'a> {
    fn new(picture: &'a mut vp8::PictureMut<'_>) -> Self {
        let (y_stride, uv_stride) = (picture.y.stride, picture.u.stride);
        Strips {
            y: picture.y.data.chunks_mut((16 * y_stride).max(1)),
            u: picture.u.data.chunks_mut((8 * uv_stride).max(1)),
            v: picture.v.data.chunks_mut((8 * uv_stride).max(1)),
            y_stride,
            uv_stride,
        }
    }
}

impl<'a> Iterator for Strips<'a> {
    type Item = Strip<'a>;

    fn next(&mut self) -> Option<Strip<'a>> {
        Some(Strip {
            luma: LumaStrip {
                y: self.y.next()?,
                stride: self.y_stride,
            },
            chroma: ChromaStrip {
                u: self.u.next()?,
                v: self.v.next()?,
                stride: self.uv_stride,
            },
        })
    }
}

/// A frame that several threads work on. A stage's memory is locked by the thread that is at it, so that nobody
/// ever waits for these locks; only `progress` is contended.
struct Job<'a, K> {
    kernels: K,
    frame: &'a Frame<'a>,
    references: &'a References<'a>,
    rows: usize,
    slots: &'a [Mutex<Slot>],
    /// By slot: the strip of the row that is in it, once it is reconstructed.
    strips: [Mutex<Option<Strip<'a>>>; SLOTS],
    parsing: Mutex<Parsing<'a>>,
    reconstruction: Mutex<Reconstruction<'a>>,
    /// The strip above the row to be filtered next.
    filtering: Mutex<Option<Strip<'a>>>,
    progress: Mutex<Progress>,
    changed: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, K: PixelKernels> Job<'a, K> {
    fn new(
        kernels: K,
        frame: &'a Frame<'a>,
        references: &'a References<'a>,
        segments: (&'a [u8], &'a mut [u8]),
        scratch: &'a mut Scratch,
        picture: &'a mut vp8::PictureMut<'_>,
    ) -> Self {
        let columns = frame.state.columns().max(1);
        Job {
            kernels,
            frame,
            references,
            rows: frame.state.rows(),
            slots: &scratch.slots,
            strips: Default::default(),
            parsing: Mutex::new(Parsing {
                parser: Parser::new(frame),
                above: &mut scratch.above,
                contexts: &mut scratch.contexts,
                segments: segments.0.chunks(columns),
                next_segments: segments.1.chunks_mut(columns),
            }),
            reconstruction: Mutex::new(Reconstruction {
                lines: &mut scratch.lines,
                strips: Strips::new(picture),
            }),
            filtering: Mutex::default(),
            progress: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Does what there is to do, until the frame is complete.
    fn work(&self) {
        let broken = Broken(self);
        let mut progress = lock(&self.progress);
        while !progress.is_over(self.rows) {
            let Some(stage) = progress.next(self.rows) else {
                progress.sleeping += 1;
                let woken = self.changed.wait(progress);
                progress = woken.unwrap_or_else(PoisonError::into_inner);
                progress.sleeping -= 1;
                continue;
            };
            progress.busy[stage as usize] = true;
            let row = progress.done[stage as usize];
            drop(progress);
            let result = self.run(stage, row);
            progress = lock(&self.progress);
            progress.busy[stage as usize] = false;
            match result {
                Ok(()) => progress.done[stage as usize] += 1,
                Err(error) => progress.failed = Some(error),
            }
            if progress.sleeping > 0 {
                self.changed.notify_all();
            }
        }
        drop(progress);
        std::mem::forget(broken);
    }

    fn run(&self, stage: Stage, row: usize) -> Result<(), vp8::Error> {
        let slot = &mut *lock(&self.slots[row % SLOTS]);
        match stage {
            Stage::Parse => {
                let parsing = &mut *lock(&self.parsing);
                let old = parsing.segments.next().unwrap_or_default();
                let next = parsing.next_segments.next().unwrap_or_default();
                let mut syntax = RowSyntax {
                    above: parsing.above,
                    contexts: parsing.contexts,
                    macroblocks: &mut slot.macroblocks,
                    blocks: &mut slot.blocks,
                };
                parsing.parser.row(self.kernels, old, next, &mut syntax)
            }
            Stage::Reconstruct => {
                let Reconstruction { lines, strips } = &mut *lock(&self.reconstruction);
                let mut strip = strips.next().ok_or(vp8::Error::Memory)?;
                let mut edge = Edge {
                    lines,
                    above_right: None,
                };
                reconstruct(
                    self.kernels,
                    self.frame,
                    &mut Cursor::new(row),
                    (&slot.macroblocks, &slot.blocks),
                    self.references,
                    &mut edge,
                    &mut strip,
                )?;
                *lock(&self.strips[row % SLOTS]) = Some(strip);
                Ok(())
            }
            Stage::Filter => {
                let above = &mut *lock(&self.filtering);
                let strip = lock(&self.strips[row % SLOTS]).take();
                let mut strip = strip.ok_or(vp8::Error::Memory)?;
                filter(
                    self.kernels,
                    self.frame,
                    0,
                    &slot.macroblocks,
                    above.as_mut(),
                    &mut strip,
                )?;
                *above = Some(strip);
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Report, Error> {
        let progress = self.progress.into_inner();
        if let Some(error) = progress.unwrap_or_else(PoisonError::into_inner).failed {
            return Err(error.into());
        }
        let parsing = self.parsing.into_inner();
        let lacking = parsing
            .unwrap_or_else(PoisonError::into_inner)
            .parser
            .lacks_data();
        Ok(self.frame.accept(lacking)?)
    }
}

/// Wakes the others if a thread panics, so that the panic is seen instead of waited for.
struct Broken<'j, 'a, K>(&'j Job<'a, K>);

impl<K> Drop for Broken<'_, '_, K> {
    fn drop(&mut self) {
        lock(&self.0.progress).broken = true;
        self.0.changed.notify_all();
    }
}
