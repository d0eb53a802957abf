//! A JPEG encoder for tests. It is written from ITU T.81 and shares no code with the codec that it tests.
//!
//! [`make`] turns a [`JpegSpec`] into a file; [`catalogue`] lists small files of every kind; [`refused`] lists inputs
//! that must be refused.

mod catalogue;
mod content;
mod file;
mod huffman;
mod peer;
mod refused;
mod scan;
mod scripts;
mod spec;
mod tables;

pub use catalogue::catalogue;
pub use content::Content;
pub use file::make;
pub use refused::refused;
pub use scripts::{
    interleaved, luma_then_chroma, one_each, progressive_dc_separate, progressive_default,
    progressive_spectral, progressive_successive,
};
pub use spec::{
    Component, DhtPlace, EobRuns, Fill, Huffman, JpegSpec, Place, Process, QuantTable, Scan,
    Segment,
};
