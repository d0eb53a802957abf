//! Test material that the tests of all crates share. Everything is made at run time from fixed seeds.
//!
//! - [`jpeg_maker`]: a JPEG encoder for tests, which writes every legal kind of file that the codec must restore exactly.
//! - [`mutate`]: random damage, the same for the same seed.
//! - [`corpus`]: the external data folder, where there is one.

pub mod corpus;
pub mod jpeg_maker;
pub mod mutate;
pub mod rng;
