//! The one case in which libvpx shows what no function of its input gives: with whole-pixel chroma vectors (version 3) it
//! predicts no chroma where a vector points more than 19 pixels out of the picture only by being rounded, and leaves
//! what the buffer held.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{Above, Frame, Limits, LumaMode, Macroblock, ModeParser, Reference, State};

/// Whether a frame has such a macroblock.
pub fn leaves_chroma_alone(before: &State, segments: &[u8], data: &[u8]) -> bool {
    let Ok(Some(frame)) = Frame::begin(before, data, &Limits::NONE) else {
        return false;
    };
    if frame.header.version != 3 || frame.header.key_frame {
        return false;
    }
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    let mut above = vec![Above::default(); columns];
    let mut macroblocks = vec![Macroblock::default(); columns];
    let mut next = vec![0; columns];
    let mut parser = ModeParser::new(&frame);
    while let Some(row) = parser.next_row() {
        let old = &segments[row * columns..][..columns];
        parser
            .span(Scalar, &mut above, old, &mut next, &mut macroblocks)
            .expect("enough memory");
        let alone = macroblocks.iter().enumerate().any(|(column, mb)| {
            let whole = mb.reference != Reference::None && mb.mode != LumaMode::Split;
            let vector = mb.vectors[0];
            whole && (beyond(vector.x, column, columns) || beyond(vector.y, row, rows))
        });
        if alone {
            return true;
        }
    }
    false
}

/// As libvpx computes it, in eighths of luma pixels.
fn beyond(component: i16, at: usize, count: usize) -> bool {
    let before = -(at as i32 * 128);
    let after = (count - 1 - at) as i32 * 128;
    let vector = i32::from(component) * 2;
    if vector < before - 19 * 8 || vector > after + 18 * 8 {
        // Clamped, and well inside.
        return false;
    }
    let chroma = ((vector + (1 | (vector >> 31))) / 2) & !7;
    2 * chroma < before - 19 * 8 || 2 * chroma > after + 18 * 8
}
