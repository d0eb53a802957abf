//! VP8 (RFC 6386): a decoder of small pure functions.
//!
//! [`Frame::begin`] reads a frame's header and gives the [`State`] after it; nothing else is needed of the
//! state before. Then every row of macroblocks goes through three stages, each a function over lent memory:
//! [`Parser::row`] reads modes, vectors and coefficients into a [`RowSyntax`], [`reconstruct_row`] makes
//! pixels of them, [`filter_row`] filters the edges. [`decode`] is the loop over them.

mod decode;
mod error;
mod filter_kernels;
mod header;
mod inter;
mod intra;
#[cfg(test)]
mod kernel_tests;
pub mod kernels;
mod loop_filter;
mod modes;
mod motion;
mod number_tables;
mod parse;
mod picture;
mod predict_kernels;
mod quantizer;
mod reconstruct;
mod state;
mod tables;
mod tokens;
mod transform;

pub use decode::{Frame, Memory, Report, decode, filter_row, reconstruct_row};
pub use error::Error;
pub use header::{
    FilterHeader, FrameHeader, Limits, QuantizerIndices, ReferenceUpdates, SegmentationHeader,
    Source,
};
pub use kernels::PixelKernels;
pub use modes::{LumaMode, Reference, SubMode};
pub use motion::Vector;
pub use number_tables::CoefficientProbabilities;
pub use parse::{Above, Blocks, Macroblock, Parser, RowSyntax};
pub use picture::{Picture, PictureMut, Plane, PlaneMut, References, Strip};
pub use reconstruct::lines_len;
pub use state::{BadState, Probabilities, STATE_BYTES, Segmentation, State};
