//! What all macroblocks of a frame are coded by.

use super::cost::CoefficientCosts;
use super::effort::Effort;
use super::quantizer::MacroblockQuantizer;
use super::vectors::VectorCosts;
use super::weights::Weights;
use crate::vp8::header::FrameHeader;
use crate::vp8::inter::Interpolation;
use crate::vp8::state::Probabilities;

/// Which of the last, the golden and the alternate reference frame are worth looking at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usable(pub [bool; 3]);

/// What all macroblocks of a frame are coded by.
pub(super) struct Plan<'a> {
    /// Probabilities in it are expectations.
    pub header: FrameHeader,
    pub effort: Effort,
    pub interpolation: Interpolation,
    pub columns: usize,
    pub rows: usize,
    /// By segment.
    pub quantizers: [MacroblockQuantizer; 4],
    /// By segment.
    pub weights: [Weights; 4],
    /// By reference.
    pub sign_bias: [bool; 4],
    pub usable: Usable,
    /// Probability that a macroblock has coefficients.
    pub skip: u8,
    pub probabilities: &'a Probabilities,
    pub token_costs: &'a CoefficientCosts,
    pub vector_costs: &'a VectorCosts,
}

impl Plan<'_> {
    /// Probabilities of the references.
    #[inline(always)]
    pub fn chances(&self) -> [u8; 3] {
        [self.header.intra, self.header.last, self.header.golden]
    }
}

/// The segment of a macroblock; the first if there are no segments.
#[inline(always)]
pub(super) fn segment_of(segments: &[u8], at: usize) -> usize {
    usize::from(segments.get(at).copied().unwrap_or(0) & 3)
}
