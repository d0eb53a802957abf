//! What frames hold, without making pictures of them.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{
    Above, Contexts, Frame, FrameHeader, Limits, Macroblock, Parser, Reference, RowSyntax, State,
};

use super::Error;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameSurvey {
    /// Its header.
    pub header: FrameHeader,
    /// Picture width in pixels.
    pub width: u16,
    /// Picture height.
    pub height: u16,
    /// Horizontal and vertical scale: 0 to 3 for 1, 5/4, 5/3, 2.
    pub scale: [u8; 2],
    /// Macroblocks that are intra coded, and those that refer to the last, golden and alternate frame.
    pub macroblocks: [u32; 4],
    /// Data are missing.
    pub lacks_data: bool,
}

/// Reads the syntax of the frame after `state` and `segments`, and makes these what they are after it. `None` if the
/// frame has no bytes.
///
/// # Errors
///
/// [`Error::Frame`] if it cannot be decoded; state and segments are as before then.
pub fn survey_frame(
    state: &mut State,
    segments: &mut Vec<u8>,
    data: &[u8],
    limits: &Limits,
) -> Result<Option<FrameSurvey>, Error> {
    let Some(frame) = Frame::begin(state, data, limits)? else {
        return Ok(None);
    };
    let columns = frame.state.columns();
    let mut above = vec![Above::default(); columns];
    let mut contexts = vec![Contexts::default(); columns];
    let mut macroblocks = vec![Macroblock::default(); columns];
    let mut blocks = vec![[[0; 16]; 25]; columns];
    let mut next = vec![0; frame.state.macroblocks()];
    let mut parser = Parser::new(&frame);
    let mut counts = [0; 4];
    while let Some(row) = parser.next_row() {
        let range = row * columns..(row + 1) * columns;
        let old = segments.get(range.clone()).unwrap_or_default();
        let mut syntax = RowSyntax {
            above: &mut above,
            contexts: &mut contexts,
            macroblocks: &mut macroblocks,
            blocks: &mut blocks,
        };
        parser.row(Scalar, old, &mut next[range], &mut syntax)?;
        for macroblock in &macroblocks {
            counts[match macroblock.reference {
                Reference::None => 0,
                Reference::Last => 1,
                Reference::Golden => 2,
                Reference::Altref => 3,
            }] += 1;
        }
    }
    let report = frame.accept(parser.lacks_data())?;
    let survey = FrameSurvey {
        header: frame.header,
        width: frame.state.width,
        height: frame.state.height,
        scale: [frame.state.horizontal_scale, frame.state.vertical_scale],
        macroblocks: counts,
        lacks_data: report.lacks_data,
    };
    *state = frame.state;
    *segments = next;
    Ok(Some(survey))
}
