//! Memory that decoding one frame works with, of any content before and of no meaning after.

use std::sync::{Mutex, PoisonError, RwLock};

use lentil_core::vp8::{Above, Blocks, Contexts, Macroblock, Memory, RowSyntax, lines_len};

use super::schedule::Plan;

#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// By column.
    pub above: Vec<Above>,
    /// By span.
    pub edges: Vec<Edges>,
    /// By slot, which is one row's at a time, and by span.
    pub slots: Vec<Vec<RwLock<Syntax>>>,
}

/// What a span leaves for that below it.
#[derive(Debug, Default)]
pub(super) struct Edges {
    pub contexts: Mutex<Vec<Contexts>>,
    pub lines: Mutex<Vec<u8>>,
}

/// The syntax of a span on its way.
#[derive(Debug, Default)]
pub(super) struct Syntax {
    pub macroblocks: Vec<Macroblock>,
    pub blocks: Vec<Blocks>,
}

impl Scratch {
    /// Makes room for what a plan needs.
    pub fn resize(&mut self, plan: &Plan) {
        let spans = plan.spans();
        self.above.resize(plan.columns, Above::NEW);
        self.edges.resize_with(spans, Edges::default);
        self.slots.resize_with(plan.slots, Vec::default);
        for (span, edges) in self.edges.iter_mut().enumerate() {
            edges.resize(plan.columns_of(span).len());
        }
        for slot in &mut self.slots {
            slot.resize_with(spans, RwLock::default);
            for (span, syntax) in slot.iter_mut().enumerate() {
                let syntax = syntax.get_mut().unwrap_or_else(PoisonError::into_inner);
                syntax.resize(plan.columns_of(span).len());
            }
        }
    }

    /// The first span of the first slot, for a thread that is alone.
    pub fn memory(&mut self) -> Option<Memory<'_>> {
        let edges = self.edges.first_mut()?;
        let syntax = self.slots.first_mut()?.first_mut()?;
        let syntax = syntax.get_mut().unwrap_or_else(PoisonError::into_inner);
        let contexts = edges.contexts.get_mut();
        let lines = edges.lines.get_mut();
        Some(Memory {
            syntax: RowSyntax {
                above: &mut self.above,
                contexts: contexts.unwrap_or_else(PoisonError::into_inner),
                macroblocks: &mut syntax.macroblocks,
                blocks: &mut syntax.blocks,
            },
            lines: lines.unwrap_or_else(PoisonError::into_inner),
        })
    }
}

impl Edges {
    fn resize(&mut self, macroblocks: usize) {
        let contexts = self.contexts.get_mut();
        let contexts = contexts.unwrap_or_else(PoisonError::into_inner);
        contexts.resize(macroblocks, Contexts::NEW);
        let lines = self.lines.get_mut();
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        lines.resize(lines_len(macroblocks), 0);
    }
}

impl Syntax {
    fn resize(&mut self, macroblocks: usize) {
        self.macroblocks.resize(macroblocks, Macroblock::NEW);
        self.blocks.resize(macroblocks, [[0; 16]; 25]);
    }
}
