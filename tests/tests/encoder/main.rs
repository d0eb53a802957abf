//! The core's encoder, without anything around it. One program, since each that has the encoder takes minutes to compile.

mod encode;
mod fit;
mod rebase;
mod strips;
