//! VP8 (RFC 6386): a decoder of small pure functions.
//!
//! [`Frame::begin`] reads a frame's header and gives the [`State`] after it; nothing else is needed of the
//! state before. Then every macroblock goes through four stages, each a function over lent memory: [`ModeParser`] reads
//! modes and vectors, [`TokenParser`] coefficients, [`reconstruct`] makes pixels of them, [`filter`] filters the
//! edges. [`decode`] is the loop over the rows.
//!
//! A stage takes a *span*: some consecutive macroblocks of a row. What passes to the next span of the row is in the parser
//! or in a [`Cursor`], what passes to the row below in memory that has a place for each column. So threads can work on
//! spans of several rows at a time.

mod decode;
pub mod encode;
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

pub use decode::{Frame, Memory, Report, decode, filter, filter_chroma, filter_luma, reconstruct};
pub use error::Error;
pub use header::{
    FilterHeader, FrameHeader, Limits, QuantizerIndices, ReferenceUpdates, SegmentationHeader,
    Source,
};
pub use kernels::PixelKernels;
pub use modes::{LumaMode, Reference, SubMode};
pub use motion::Vector;
pub use number_tables::CoefficientProbabilities;
pub use parse::{Above, Blocks, Contexts, Macroblock, ModeParser, Parser, RowSyntax, TokenParser};
pub use picture::{
    ChromaStrip, LumaStrip, Picture, PictureMut, Plane, PlaneMut, References, Strip,
};
pub use reconstruct::{Cursor, Edge, lines_len};
pub use state::{BadState, Probabilities, STATE_BYTES, Segmentation, State};
