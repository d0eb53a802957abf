//! How long the first two stages of decoding take on their own: parses IVF files, without making pixels.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{Above, Contexts, Frame, Limits, Macroblock, Parser, RowSyntax, State};
use lentil_tests::vp8::ivf_frames;
use std::time::Instant;

fn main() {
    for name in std::env::args().skip(1) {
        let file = std::fs::read(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut state = State::NEW;
        let mut segments = vec![];
        let (mut above, mut contexts) = (vec![], vec![]);
        let (mut macroblocks, mut blocks) = (vec![], vec![]);
        let start = Instant::now();
        let mut coded = 0_usize;
        for data in ivf_frames(&file) {
            let Ok(Some(frame)) = Frame::begin(&state, data, &Limits::NONE) else {
                continue;
            };
            state = frame.state;
            let columns = state.columns();
            above.resize(columns, Above::default());
            contexts.resize(columns, Contexts::default());
            macroblocks.resize(columns, Macroblock::default());
            blocks.resize(columns, [[0; 16]; 25]);
            let old = std::mem::replace(&mut segments, vec![0; state.macroblocks()]);
            let mut syntax = RowSyntax {
                above: &mut above,
                contexts: &mut contexts,
                macroblocks: &mut macroblocks,
                blocks: &mut blocks,
            };
            let mut parser = Parser::new(&frame);
            while let Some(row) = parser.next_row() {
                let range = row * columns..(row + 1) * columns;
                let next = &mut segments[range.clone()];
                let old = old.get(range).unwrap_or_default();
                let result = parser.row(Scalar, old, next, &mut syntax);
                result.expect("memory of the frame's size");
                coded += syntax.macroblocks.iter().filter(|mb| mb.coded).count();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{name}: {coded} coded macroblocks, {:.1} ms", seconds * 1e3);
    }
}
