//! What can be done next of a frame: its tasks, and what each of them waits for. It is decoded, analysed or encoded.
//!
//! Rows are cut into spans. The rows of a stage go in a wavefront: each keeps behind the one above it. A ring of rows
//! is under way at a time.

/// Most rows under way at a time.
pub(super) const MAX_SLOTS: usize = 16;

/// Most spans of a row in encoding.
pub(super) const MAX_SPANS: usize = 32;

/// Macroblocks below which a frame is left to one thread: its rows are done sooner than others wake up.
const WORTH_THREADS: usize = 1000;

/// The same in encoding, which takes longer.
const WORTH_ENCODERS: usize = 300;

/// Macroblocks of a span if there is more than one in a row: less would not be worth a look for more work.
const LEAST_SPAN: usize = 8;

/// The same in encoding.
const LEAST_ENCODED_SPAN: usize = 4;

/// More rows are under way than there are threads.
const AHEAD: usize = 4;

/// A piece of work that is one thread's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Modes of a row.
    Modes { row: usize },
    /// Coefficients of a span.
    Tokens { row: usize, span: usize },
    /// A span's pixels, or in encoding its motion or all there is to it.
    Span { row: usize, span: usize },
    /// The filter of a row.
    Filter { row: usize, planes: Planes },
}

/// What is filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Planes {
    /// Everything.
    All,
    /// Luma, apart from chroma.
    Luma,
    /// Chroma, apart from luma.
    Chroma,
}

/// How a frame is cut into tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// How many of them are worth waking.
    pub threads: usize,
    pub rows: usize,
    pub columns: usize,
    /// Macroblocks of a span; a row's last one may be shorter.
    pub span: usize,
    /// Token partitions.
    pub partitions: usize,
    /// Rows under way at a time.
    pub slots: usize,
    /// There are modes and tokens to be parsed.
    pub parses: bool,
    /// Rows are filtered.
    pub filters: bool,
    /// Luma and chroma are filtered apart: that takes longer, but two threads can do it.
    pub apart: bool,
}

impl Plan {
    /// Whole rows, one at a time.
    pub fn of_one_thread(rows: usize, columns: usize) -> Self {
        Plan {
            threads: 1,
            rows,
            columns,
            span: columns.max(1),
            partitions: 1,
            slots: 1,
            parses: true,
            filters: true,
            apart: false,
        }
    }

    /// A plan for so many threads; `None` if one is best left alone.
    pub fn of_threads(
        rows: usize,
        columns: usize,
        partitions: usize,
        threads: usize,
    ) -> Option<Self> {
        if threads < 2 || rows * columns < WORTH_THREADS {
            return None;
        }
        // The tokens of a partition come one after the other, some third of the work: more threads find nothing.
        let threads = threads.min(4 * partitions).min(MAX_SLOTS - AHEAD);
        let spans = threads.min(columns / LEAST_SPAN).max(1);
        Some(Plan {
            threads,
            rows,
            columns,
            span: columns.div_ceil(spans),
            partitions,
            slots: threads + AHEAD,
            parses: true,
            filters: true,
            apart: threads > 5,
        })
    }

    /// A plan for so many threads to analyse or encode a frame; `None` if one is best left alone.
    pub fn of_encoders(rows: usize, columns: usize, threads: usize) -> Option<Self> {
        if threads < 2 || rows * columns < WORTH_ENCODERS {
            return None;
        }
        let threads = threads.min(MAX_SLOTS - AHEAD);
        // Each row keeps two spans behind that above it, and now and then a thread is behind the others.
        let most = (columns / LEAST_ENCODED_SPAN).clamp(1, MAX_SPANS);
        let spans = most.min(4 * threads);
        // More would find nothing but rows to filter.
        let threads = threads.min(1 + spans.div_ceil(2));
        Some(Plan {
            threads,
            rows,
            columns,
            span: columns.div_ceil(spans),
            partitions: 1,
            slots: threads + AHEAD,
            parses: false,
            filters: true,
            apart: false,
        })
    }

    /// Spans of a row.
    pub fn spans(&self) -> usize {
        self.columns.div_ceil(self.span)
    }

    /// What is filtered in a row, a task each.
    fn filters(&self) -> &'static [Planes] {
        if !self.filters {
            &[]
        } else if self.apart {
            &[Planes::Luma, Planes::Chroma]
        } else {
            &[Planes::All]
        }
    }

    /// The columns of a span.
    pub fn columns_of(&self, span: usize) -> std::ops::Range<usize> {
        let first = span * self.span;
        first.min(self.columns)..(first + self.span).min(self.columns)
    }
}

/// Tasks that come one after the other.
#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    done: usize,
    /// A thread is at the next one.
    busy: bool,
}

/// How far the spans of a row are.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    tokens: Chain,
    pixels: Chain,
}

/// How far a frame is.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    plan: Plan,
    spans: usize,
    /// Of rows.
    modes: Chain,
    /// Of rows: all planes, or luma and chroma.
    filters: [Chain; 2],
    /// Rows that are complete: those after them may be under way.
    complete: usize,
    /// Of rows under way, by their number modulo slots.
    rows: [Row; MAX_SLOTS],
    /// Threads that found nothing to do and were not woken since.
    sleeping: usize,
}

impl Progress {
    /// Nothing is done.
    pub fn new(plan: Plan) -> Self {
        Progress {
            spans: plan.spans(),
            plan,
            modes: Chain::default(),
            filters: Default::default(),
            complete: 0,
            rows: Default::default(),
            sleeping: 0,
        }
    }

    /// Takes a task for a thread whose last one was `last`. `None`: there is none, and the thread shall sleep.
    pub fn take(&mut self, last: Option<Task>) -> Option<Task> {
        let task = self.next(last);
        match task {
            Some(task) => self.begin(task),
            None => self.sleeping += 1,
        }
        task
    }

    /// Whether to wake a thread: one sleeps, and there is a task for it. Whoever has taken a task asks, so those that
    /// are woken wake the others.
    pub fn wakes(&mut self) -> bool {
        let wakes = self.sleeping > 0 && self.next(None).is_some();
        self.sleeping -= usize::from(wakes);
        wakes
    }

    /// Whether any thread sleeps, to be woken because there will be no more tasks.
    pub fn wakes_all(&mut self) -> bool {
        std::mem::take(&mut self.sleeping) > 0
    }

    /// Whether nothing is left to do of a row under way, all before which are complete.
    fn is_whole(&self, row: usize) -> bool {
        let filters = self.plan.filters();
        if filters.is_empty() {
            return self.row(row).pixels.done == self.spans;
        }
        let mut chains = filters.iter().map(|planes| planes.chain());
        chains.all(|chain| self.filters[chain].done > row)
    }

    /// Rows that have been begun, or can be.
    fn begun(&self) -> usize {
        if self.plan.parses {
            self.modes.done
        } else {
            self.plan.rows.min(self.complete + self.plan.slots)
        }
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self) -> bool {
        self.complete >= self.plan.rows
    }

    /// A task that waits for nothing any more and nobody is at: after `last`, the one that goes on where it ended, if
    /// possible, for its memory is at hand.
    fn next(&self, last: Option<Task>) -> Option<Task> {
        let go_on = last.and_then(Task::next_in_row);
        go_on
            .filter(|task| self.is_ready(*task))
            .or_else(|| self.find())
    }

    /// Of all tasks that can be done, that which others need most.
    fn find(&self) -> Option<Task> {
        let under_way = self.complete..self.begun();
        let pixels = under_way.clone().map(|row| Task::Span {
            row,
            span: self.row(row).pixels.done,
        });
        let filters = self.plan.filters().iter().map(|&planes| Task::Filter {
            row: self.filters[planes.chain()].done,
            planes,
        });
        let tokens = under_way.map(|row| Task::Tokens {
            row,
            span: self.row(row).tokens.done,
        });
        let modes = Task::Modes {
            row: self.modes.done,
        };
        // Rows under way go before new ones: their memory is at hand, and others want it.
        let mut tasks = pixels.chain(filters).chain(tokens).chain([modes]);
        tasks.find(|task| self.is_ready(*task))
    }

    /// Whether the task is its chain's next, nobody is at it, and all that it needs is done.
    fn is_ready(&self, task: Task) -> bool {
        let spans = self.spans;
        match task {
            Task::Modes { row } => {
                let free = self.plan.rows.min(self.complete + self.plan.slots);
                self.plan.parses && self.modes.is_at(row) && row < free
            }
            Task::Tokens { row, span } => {
                let before = row.checked_sub(self.plan.partitions);
                self.plan.parses
                    && row < self.modes.done
                    && span < spans
                    && self.row(row).tokens.is_at(span)
                    && row
                        .checked_sub(1)
                        .is_none_or(|above| self.tokens(above) > span)
                    && before.is_none_or(|before| self.tokens(before) == spans)
            }
            Task::Span { row, span } => {
                let beyond = (span + 2).min(spans);
                row < self.begun()
                    && span < self.tokens(row)
                    && self.row(row).pixels.is_at(span)
                    && row
                        .checked_sub(1)
                        .is_none_or(|above| self.pixels(above) >= beyond)
            }
            Task::Filter { row, planes } => {
                self.filters[planes.chain()].is_at(row)
                    && row < self.begun()
                    && self.pixels(row) == spans
            }
        }
    }

    /// Of a row under way.
    fn row(&self, row: usize) -> &Row {
        &self.rows[row % self.plan.slots]
    }

    /// Spans of a row whose tokens are there, if there are any.
    fn tokens(&self, row: usize) -> usize {
        if row < self.complete || !self.plan.parses {
            self.spans
        } else {
            self.row(row).tokens.done
        }
    }

    /// Spans of a row that are reconstructed.
    fn pixels(&self, row: usize) -> usize {
        if row < self.complete {
            self.spans
        } else {
            self.row(row).pixels.done
        }
    }

    /// A thread is at the task from now on.
    fn begin(&mut self, task: Task) {
        self.chain(task).busy = true;
    }

    /// The task is done.
    pub fn end(&mut self, task: Task) {
        let chain = self.chain(task);
        chain.busy = false;
        chain.done += 1;
        while self.complete < self.plan.rows && self.is_whole(self.complete) {
            // Another row takes its slot.
            self.rows[self.complete % self.plan.slots] = Row::default();
            self.complete += 1;
        }
    }

    fn chain(&mut self, task: Task) -> &mut Chain {
        let slots = self.plan.slots;
        match task {
            Task::Modes { .. } => &mut self.modes,
            Task::Tokens { row, .. } => &mut self.rows[row % slots].tokens,
            Task::Span { row, .. } => &mut self.rows[row % slots].pixels,
            Task::Filter { planes, .. } => &mut self.filters[planes.chain()],
        }
    }
}

impl Chain {
    fn is_at(&self, task: usize) -> bool {
        self.done == task && !self.busy
    }
}

impl Planes {
    fn chain(self) -> usize {
        usize::from(self == Planes::Chroma)
    }
}

impl Task {
    /// The same of the next span.
    fn next_in_row(self) -> Option<Task> {
        match self {
            Task::Tokens { row, span } => Some(Task::Tokens {
                row,
                span: span + 1,
            }),
            Task::Span { row, span } => Some(Task::Span {
                row,
                span: span + 1,
            }),
            Task::Modes { .. } | Task::Filter { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
