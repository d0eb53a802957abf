//! Rows that several threads analyse or encode. Memory is locked by the thread that has a task with it, and no two have at a
//! time, so that nobody ever waits for these locks.

use std::slice::{Chunks, ChunksMut};
use std::sync::Mutex;

use lentil_core::vp8::encode::{
    Between, EncodeKernels, Encoding, Error, MotionAnalysis, MotionSearch, MotionState, RowState,
    Span, Tally,
};
use lentil_core::vp8::{Above, Blocks, Contexts, Macroblock, PictureMut, Strip, lines_len};

use crate::video::crew::lock;
use crate::video::schedule::{MAX_SLOTS, MAX_SPANS, Plan, Task};
use crate::video::strips::Strips;

/// A row under way in analysis: where it is, and its macroblocks.
type Searched<'a> = Option<(MotionState, &'a mut [MotionAnalysis])>;

/// A picture whose motion is searched.
pub(super) struct Analysing<'a, K> {
    kernels: K,
    search: &'a MotionSearch<'a>,
    plan: Plan,
    /// Rows that are not begun.
    fresh: Mutex<ChunksMut<'a, MotionAnalysis>>,
    /// By slot.
    rows: [Mutex<Searched<'a>>; MAX_SLOTS],
    /// By span, what the row above found.
    above: [Mutex<&'a mut [MotionAnalysis]>; MAX_SPANS],
}

impl<'a, K: EncodeKernels> Analysing<'a, K> {
    /// `above` is one for each column, of any content.
    pub fn new(
        kernels: K,
        search: &'a MotionSearch<'a>,
        plan: Plan,
        above: &'a mut [MotionAnalysis],
        motion: &'a mut [MotionAnalysis],
    ) -> Self {
        let mut above = above.chunks_mut(plan.span);
        Analysing {
            kernels,
            search,
            plan,
            fresh: Mutex::new(motion.chunks_mut(plan.columns)),
            rows: Default::default(),
            above: std::array::from_fn(|_| Mutex::new(above.next().unwrap_or_default())),
        }
    }

    pub fn run(&self, task: Task) -> Result<(), Error> {
        let Task::Span { row, span } = task else {
            return Err(Error::Memory);
        };
        let here = &mut *lock(&self.rows[row % self.plan.slots]);
        if span == 0 {
            let fresh = lock(&self.fresh).next();
            *here = fresh.map(|analyses| (MotionState::new(row), analyses));
        }
        let (state, analyses) = here.as_mut().ok_or(Error::Memory)?;
        let analyses = analyses.get_mut(self.plan.columns_of(span));
        let analyses = analyses.ok_or(Error::Memory)?;
        let next = self.above.get(span + 1);
        let beyond = next.and_then(|next| lock(next).first().copied());
        let mut above = lock(&self.above[span]);
        let of_above = [&**above, beyond.as_slice()];
        self.search.span(self.kernels, state, of_above, analyses)?;
        above.copy_from_slice(analyses);
        Ok(())
    }
}

/// What encoding a picture's rows is lent.
pub(super) struct Lent<'a> {
    /// One for each column.
    pub above: &'a mut [Above],
    /// One for each column, for each token partition.
    pub contexts: &'a mut [Contexts],
    /// As much as a row has.
    pub lines: &'a mut [u8],
    /// One for each macroblock.
    pub macroblocks: &'a mut [Macroblock],
    /// One for each macroblock.
    pub levels: &'a mut [Blocks],
    /// One for each slot.
    pub tallies: &'a mut [Tally],
}

impl Lent<'_> {
    /// The same for a shorter time.
    pub fn again(&mut self) -> Lent<'_> {
        Lent {
            above: self.above,
            contexts: self.contexts,
            lines: self.lines,
            macroblocks: self.macroblocks,
            levels: self.levels,
            tallies: self.tallies,
        }
    }
}

/// A picture whose rows are encoded.
pub(super) struct Coding<'a, K> {
    kernels: K,
    encoding: &'a Encoding<'a>,
    plan: Plan,
    fresh: Mutex<Fresh<'a>>,
    /// By slot.
    rows: [Row<'a>; MAX_SLOTS],
    /// By span.
    between: [Mutex<Between<'a>>; MAX_SPANS],
    /// The row above that to be filtered next.
    filtered: Mutex<Option<Strip<'a>>>,
}

/// Rows that are not begun.
struct Fresh<'a> {
    strips: Strips<'a>,
    macroblocks: ChunksMut<'a, Macroblock>,
    levels: ChunksMut<'a, Blocks>,
    motion: Chunks<'a, MotionAnalysis>,
}

#[derive(Default)]
struct Row<'a> {
    under_way: Mutex<Option<UnderWay<'a>>>,
    /// Until it is filtered.
    whole: Mutex<Option<(&'a [Macroblock], Strip<'a>)>>,
    tally: Mutex<Option<&'a mut Tally>>,
}

struct UnderWay<'a> {
    state: RowState,
    strip: Strip<'a>,
    macroblocks: &'a mut [Macroblock],
    levels: &'a mut [Blocks],
    motion: &'a [MotionAnalysis],
}

impl<'a> Fresh<'a> {
    fn begin(&mut self, row: usize) -> Option<UnderWay<'a>> {
        Some(UnderWay {
            state: RowState::new(row),
            strip: self.strips.next()?,
            macroblocks: self.macroblocks.next()?,
            levels: self.levels.next()?,
            motion: self.motion.next().unwrap_or_default(),
        })
    }
}

impl<'a, K: EncodeKernels> Coding<'a, K> {
    /// `motion` is nothing for a key frame and in rebasing.
    pub fn new(
        kernels: K,
        encoding: &'a Encoding<'a>,
        plan: Plan,
        motion: &'a [MotionAnalysis],
        lent: Lent<'a>,
        picture: &'a mut PictureMut<'_>,
    ) -> Self {
        let mut above = lent.above.chunks_mut(plan.span);
        let contexts = lent.contexts.get_mut(..plan.columns).unwrap_or_default();
        let mut contexts = contexts.chunks_mut(plan.span);
        let mut lines = lent.lines.chunks_mut(lines_len(plan.span));
        let mut tallies = lent.tallies.iter_mut();
        Coding {
            kernels,
            encoding,
            plan,
            fresh: Mutex::new(Fresh {
                strips: Strips::new(picture),
                macroblocks: lent.macroblocks.chunks_mut(plan.columns),
                levels: lent.levels.chunks_mut(plan.columns),
                motion: motion.chunks(plan.columns),
            }),
            rows: std::array::from_fn(|_| Row {
                tally: Mutex::new(tallies.next()),
                ..Row::default()
            }),
            between: std::array::from_fn(|_| {
                let mut between = Between {
                    above: above.next().unwrap_or_default(),
                    contexts: contexts.next().unwrap_or_default(),
                    lines: lines.next().unwrap_or_default(),
                };
                between.begin();
                Mutex::new(between)
            }),
            filtered: Mutex::default(),
        }
    }

    pub fn run(&self, task: Task) -> Result<(), Error> {
        match task {
            Task::Span { row, span } => self.encode(row, span),
            Task::Filter { row, .. } => self.filter(row),
            Task::Modes { .. } | Task::Tokens { .. } => Err(Error::Memory),
        }
    }

    fn encode(&self, row: usize, span: usize) -> Result<(), Error> {
        let here = &self.rows[row % self.plan.slots];
        let under_way = &mut *lock(&here.under_way);
        if span == 0 {
            *under_way = lock(&self.fresh).begin(row);
        }
        let next = self.between.get(span + 1);
        let above_right = next.and_then(|next| lock(next).lines.first_chunk().copied());
        let at = under_way.as_mut().ok_or(Error::Memory)?;
        let columns = self.plan.columns_of(span);
        let macroblocks = at.macroblocks.get_mut(columns.clone());
        let levels = at.levels.get_mut(columns.clone());
        let mut tally = lock(&here.tally);
        let span_of_row = Span {
            state: &mut at.state,
            motion: at.motion.get(columns).unwrap_or_default(),
            between: &mut lock(&self.between[span]),
            above_right,
            macroblocks: macroblocks.ok_or(Error::Memory)?,
            levels: levels.ok_or(Error::Memory)?,
            strip: &mut at.strip,
            tally: tally.as_mut().ok_or(Error::Memory)?,
        };
        self.encoding.span(self.kernels, span_of_row)?;
        if span + 1 == self.plan.spans() {
            let whole = under_way.take().map(|at| (&*at.macroblocks, at.strip));
            *lock(&here.whole) = whole;
        }
        Ok(())
    }

    fn filter(&self, row: usize) -> Result<(), Error> {
        let whole = lock(&self.rows[row % self.plan.slots].whole).take();
        let (macroblocks, mut strip) = whole.ok_or(Error::Memory)?;
        let above = &mut *lock(&self.filtered);
        self.encoding
            .filter(self.kernels, row, macroblocks, above.as_mut(), &mut strip)?;
        *above = Some(strip);
        Ok(())
    }
}
