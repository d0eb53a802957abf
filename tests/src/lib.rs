//! Test material that the tests of all crates share. Everything is made at run time from fixed seeds.
//!
//! - [`jpeg_maker`]: a JPEG encoder for tests, which writes every legal kind of file that the codec must restore exactly.
//! - [`mutate`]: random damage, the same for the same seed.
//! - [`vp8`]: an IVF reader, and a decoder that owns its memory.
//! - [`vp8_maker`]: VP8 frames with headers of every kind, and damage to frames.
//! - [`vp8_spans`]: VP8 frames decoded in spans, in any order that the stages allow.
//! - [`vp8_encoder`]: the core's encoder, with memory of its own.
//! - [`vp8_rebase`]: VP8 frames made to follow other frames, and what must hold of them.
//! - [`pictures`]: pictures to encode.
//! - [`counting`]: an allocator that counts.
//! - [`corpus`]: the external data folder, where there is one.

pub mod corpus;
pub mod counting;
pub mod jpeg_maker;
pub mod mutate;
pub mod pictures;
pub mod rng;
pub mod vp8;
pub mod vp8_encoder;
pub mod vp8_maker;
pub mod vp8_rebase;
pub mod vp8_spans;
pub mod vp8_strips;
