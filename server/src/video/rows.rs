//! A frame's rows through the stages: by one thread, or by several.

use std::sync::{Mutex, PoisonError, RwLock};

use lentil_core::vp8::{
    self, Above, ChromaStrip, Cursor, Edge, Frame, LumaStrip, Macroblock, ModeParser, PixelKernels,
    References, Report, Strip, TokenParser, filter, filter_chroma, filter_luma, reconstruct,
};

use super::Error;
use super::crew::{self, lock};
use super::picture::Pixels;
use super::pool::Pool;
use super::schedule::{MAX_SLOTS, Plan, Planes, Task};
use super::scratch::{Edges, Scratch, Syntax};
use super::strips::Strips;

/// Decodes a frame into `pixels`, which have its size.
pub(super) fn decode(
    pool: &Pool,
    frame: &Frame<'_>,
    references: &References<'_>,
    segments: &[u8],
    next_segments: &mut [u8],
    pixels: &mut Pixels,
) -> Result<Report, Error> {
    let (rows, columns) = (frame.state.rows(), frame.state.columns());
    let partitions = frame.header.partitions;
    let threads = pool.threads.as_ref().and_then(|others| {
        let count = others.current_num_threads() + 1;
        let plan = Plan::of_threads(rows, columns, partitions, count)?;
        Some((others, plan))
    });
    let mut picture = pixels.planes_mut().ok_or(vp8::Error::Memory)?;
    with_kernels!(kernels => pool.with_scratch(|scratch| {
        let Some((others, plan)) = threads else {
            scratch.resize(&Plan::of_one_thread(rows, columns));
            let mut memory = scratch.memory().ok_or(vp8::Error::Memory)?;
            let (memory, picture) = (&mut memory, &mut picture);
            return Ok(vp8::decode(kernels, frame, references, segments, next_segments, memory, picture)?);
        };
        scratch.resize(&plan);
        let maps = (segments, next_segments);
        let job = Job::new(kernels, frame, references, plan, maps, scratch, &mut picture);
        crew::run(others, &plan, |task| job.run(task))?;
        job.finish()
    }))
}

/// What parsing modes holds between rows.
struct Modes<'a> {
    parser: ModeParser<'a>,
    above: &'a mut [Above],
    segments: std::slice::Chunks<'a, u8>,
    next_segments: std::slice::ChunksMut<'a, u8>,
}

/// A row on its way.
struct Row<'a> {
    /// By span.
    syntax: &'a [RwLock<Syntax>],
    /// By column, once its modes are known.
    segments: Mutex<&'a [u8]>,
    /// While it is reconstructed.
    pixels: Mutex<Option<(Cursor, Strip<'a>)>>,
    /// From then on until it is filtered.
    luma: Mutex<Option<LumaStrip<'a>>>,
    chroma: Mutex<Option<ChromaStrip<'a>>>,
}

/// A frame that several threads work on. Memory is locked by the thread that has a task with it, and no two have at a
/// time, so that nobody ever waits for these locks.
struct Job<'a, K> {
    kernels: K,
    frame: &'a Frame<'a>,
    references: &'a References<'a>,
    plan: Plan,
    modes: Mutex<Modes<'a>>,
    /// By partition.
    tokens: [Mutex<TokenParser<'a>>; 8],
    /// By span.
    edges: &'a [Edges],
    /// Of the rows that are not begun.
    strips: Mutex<Strips<'a>>,
    /// By slot.
    rows: [Row<'a>; MAX_SLOTS],
    /// The strips above the row to be filtered next.
    luma_above: Mutex<Option<LumaStrip<'a>>>,
    chroma_above: Mutex<Option<ChromaStrip<'a>>>,
}

impl<'a, K: PixelKernels> Job<'a, K> {
    fn new(
        kernels: K,
        frame: &'a Frame<'a>,
        references: &'a References<'a>,
        plan: Plan,
        (segments, next_segments): (&'a [u8], &'a mut [u8]),
        scratch: &'a mut Scratch,
        picture: &'a mut vp8::PictureMut<'_>,
    ) -> Self {
        let columns = plan.columns.max(1);
        let slots = &scratch.slots;
        Job {
            kernels,
            frame,
            references,
            plan,
            modes: Mutex::new(Modes {
                parser: ModeParser::new(frame),
                above: &mut scratch.above,
                segments: segments.chunks(columns),
                next_segments: next_segments.chunks_mut(columns),
            }),
            tokens: std::array::from_fn(|i| Mutex::new(TokenParser::new(frame, i))),
            edges: &scratch.edges,
            strips: Mutex::new(Strips::new(picture)),
            rows: std::array::from_fn(|slot| Row {
                syntax: slots.get(slot).map_or(&[], Vec::as_slice),
                segments: Mutex::default(),
                pixels: Mutex::default(),
                luma: Mutex::default(),
                chroma: Mutex::default(),
            }),
            luma_above: Mutex::default(),
            chroma_above: Mutex::default(),
        }
    }

    fn run(&self, task: Task) -> Result<(), vp8::Error> {
        match task {
            Task::Modes { row } => self.parse_modes(row),
            Task::Tokens { row, span } => self.parse_tokens(row, span),
            Task::Span { row, span } => self.reconstruct(row, span),
            Task::Filter { row, planes } => match planes {
                Planes::All => self.filter(row),
                Planes::Luma => self.filter_luma(row),
                Planes::Chroma => self.filter_chroma(row),
            },
        }
    }

    fn row(&self, row: usize) -> &Row<'a> {
        &self.rows[row % self.plan.slots]
    }

    fn parse_modes(&self, row: usize) -> Result<(), vp8::Error> {
        let modes = &mut *lock(&self.modes);
        let segments = modes.segments.next().unwrap_or_default();
        let next_segments = modes.next_segments.next().unwrap_or_default();
        for (span, syntax) in self.row(row).syntax.iter().enumerate() {
            let columns = self.plan.columns_of(span);
            let syntax = &mut *syntax.write().unwrap_or_else(PoisonError::into_inner);
            modes.parser.span(
                self.kernels,
                modes.above.get_mut(columns.clone()).unwrap_or_default(),
                segments.get(columns.clone()).unwrap_or_default(),
                next_segments.get_mut(columns).unwrap_or_default(),
                &mut syntax.macroblocks,
            )?;
        }
        *lock(&self.row(row).segments) = next_segments;
        Ok(())
    }

    fn parse_tokens(&self, row: usize, span: usize) -> Result<(), vp8::Error> {
        let here = self.row(row);
        let syntax = here.syntax[span].write();
        let syntax = &mut *syntax.unwrap_or_else(PoisonError::into_inner);
        let segments = *lock(&here.segments);
        lock(&self.tokens[row % self.plan.partitions]).span(
            self.kernels,
            &mut lock(&self.edges[span].contexts),
            segments.get(self.plan.columns_of(span)).unwrap_or_default(),
            &mut syntax.macroblocks,
            &mut syntax.blocks,
        )
    }

    fn reconstruct(&self, row: usize, span: usize) -> Result<(), vp8::Error> {
        let here = self.row(row);
        let pixels = &mut *lock(&here.pixels);
        if span == 0 {
            *pixels = lock(&self.strips)
                .next()
                .map(|strip| (Cursor::new(row), strip));
        }
        let (cursor, strip) = pixels.as_mut().ok_or(vp8::Error::Memory)?;
        let next = self.edges.get(span + 1);
        let above_right = next.and_then(|next| lock(&next.lines).first_chunk().copied());
        let syntax = here.syntax[span].read();
        let syntax = syntax.unwrap_or_else(PoisonError::into_inner);
        reconstruct(
            self.kernels,
            self.frame,
            cursor,
            (&syntax.macroblocks, &syntax.blocks),
            self.references,
            &mut Edge {
                lines: &mut lock(&self.edges[span].lines),
                above_right,
            },
            strip,
        )?;
        if span + 1 == self.edges.len()
            && let Some((_, strip)) = pixels.take()
        {
            *lock(&here.luma) = Some(strip.luma);
            *lock(&here.chroma) = Some(strip.chroma);
        }
        Ok(())
    }

    fn filter(&self, row: usize) -> Result<(), vp8::Error> {
        let here = self.row(row);
        let strip = |luma: &Mutex<Option<_>>, chroma: &Mutex<Option<_>>| {
            let (luma, chroma) = (lock(luma).take()?, lock(chroma).take()?);
            Some(Strip { luma, chroma })
        };
        let mut above = strip(&self.luma_above, &self.chroma_above);
        let mut strip = strip(&here.luma, &here.chroma).ok_or(vp8::Error::Memory)?;
        self.for_spans(row, |first, macroblocks| {
            let above = above.as_mut();
            filter(
                self.kernels,
                self.frame,
                first,
                macroblocks,
                above,
                &mut strip,
            )
        })?;
        *lock(&self.luma_above) = Some(strip.luma);
        *lock(&self.chroma_above) = Some(strip.chroma);
        Ok(())
    }

    fn filter_luma(&self, row: usize) -> Result<(), vp8::Error> {
        let above = &mut *lock(&self.luma_above);
        let mut strip = lock(&self.row(row).luma).take().ok_or(vp8::Error::Memory)?;
        self.for_spans(row, |first, macroblocks| {
            let above = above.as_mut();
            filter_luma(
                self.kernels,
                self.frame,
                first,
                macroblocks,
                above,
                &mut strip,
            )
        })?;
        *above = Some(strip);
        Ok(())
    }

    fn filter_chroma(&self, row: usize) -> Result<(), vp8::Error> {
        let above = &mut *lock(&self.chroma_above);
        let mut strip = lock(&self.row(row).chroma)
            .take()
            .ok_or(vp8::Error::Memory)?;
        self.for_spans(row, |first, macroblocks| {
            let above = above.as_mut();
            filter_chroma(
                self.kernels,
                self.frame,
                first,
                macroblocks,
                above,
                &mut strip,
            )
        })?;
        *above = Some(strip);
        Ok(())
    }

    /// The spans of a row, each from its first column on.
    fn for_spans(
        &self,
        row: usize,
        mut filter: impl FnMut(usize, &[Macroblock]) -> Result<(), vp8::Error>,
    ) -> Result<(), vp8::Error> {
        for (span, syntax) in self.row(row).syntax.iter().enumerate() {
            let syntax = syntax.read().unwrap_or_else(PoisonError::into_inner);
            filter(self.plan.columns_of(span).start, &syntax.macroblocks)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Report, Error> {
        let modes = self
            .modes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let lacking =
            modes.parser.lacks_data() || self.tokens.iter().any(|tokens| lock(tokens).lacks_data());
        Ok(self.frame.accept(lacking)?)
    }
}
