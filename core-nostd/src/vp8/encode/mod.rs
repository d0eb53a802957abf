//! VP8 (RFC 6386): an encoder of small pure functions.

mod analysis;
mod candidates;
mod cost;
mod decide;
mod effort;
mod filter;
mod forward;
mod frame;
mod header;
#[cfg(test)]
mod kernel_tests;
pub mod kernels;
mod measure;
mod parts;
mod pixels;
mod plan;
mod quantizer;
mod rate;
mod rebase;
mod residue;
mod row;
mod search;
mod settings;
mod split;
mod stages;
mod subs;
mod syntax;
mod tally;
mod tokens;
mod trellis;
mod trial;
mod vectors;
mod weights;
mod write;

pub use analysis::{MotionAnalysis, MotionState};
pub use effort::Effort;
pub use filter::LevelSearch;
pub use frame::{Encoded, Input, Memory, Tables, analyse, encode};
pub use kernels::EncodeKernels;
pub use parts::{PartLens, Parts};
pub use rate::{Bitrate, Coming, Rate};
pub use rebase::{Rebase, SegmentMaps, rebase};
pub use row::{Between, RowState};
pub use settings::{Error, Expected, Settings};
pub use stages::{Encoding, MotionSearch, Span};
pub use tally::Tally;
