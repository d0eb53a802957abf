//! The Lepton format: JPEG coefficients under a better model.
//!
//! `model` has the adaptive probabilities, `predict` what neighbouring blocks say of a
//! coefficient, `block` puts one block through the coder, `partition` a run of block rows.

mod block;
pub mod container;
mod error;
pub mod inflate;
pub mod model;
pub mod mux;
pub mod partition;
mod predict;
pub mod survey;
pub mod transcode;

pub use block::Summary;
pub use error::Error;
pub use model::Model;
pub use predict::{Arithmetic, Quantizer};
