//! The pure functions of Lentil.
#![no_std]
#![forbid(unsafe_code)]

pub mod bool_coder;
pub mod jpeg;
pub mod kernels;
pub mod lepton;
pub mod vp8;
