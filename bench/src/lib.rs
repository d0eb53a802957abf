//! What the benchmarks share: inputs, the two codecs, the clock, the tables.

pub mod args;
pub mod codec;
pub mod compare;
pub mod cpu;
pub mod input;
pub mod machine;
pub mod program;
pub mod report;
