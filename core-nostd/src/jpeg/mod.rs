//! JPEG syntax (ITU T.81).

mod bits;
mod block;
mod error;
mod frame;
mod header;
mod huffman;
pub(crate) mod marker;
pub mod progressive;
mod scan;
pub mod sequential;
mod units;

pub use bits::{BitPosition, PartialByte};
pub use block::{Block, RASTER};
pub use error::Error;
pub use frame::{Component, Frame, MAX_COMPONENTS, Process};
pub use header::{Header, Next, Scan, ScanComponent, Segment, next_segment};
pub use marker::SOI;
pub use scan::{
    Input, Layout, MAX_BLOCK_BYTES, Plan, Put, Reading, ScanState, SeenStyle, Stop, Style, Writing,
    partial_byte,
};
