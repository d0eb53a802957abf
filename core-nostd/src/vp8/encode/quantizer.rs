//! Quantizers: what the encoder needs to divide by a step without dividing.

use crate::vp8::quantizer::Quantizer;

/// A quantizer of one kind of block, in raster order: DC first, then AC fifteen times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockQuantizer {
    /// The steps.
    pub step: [i16; 16],
    /// `65536 / step`, rounded up.
    pub reciprocal: [u16; 16],
    /// What is added to magnitudes before they are divided: less than half a step leaves more zeros.
    pub rounding: [u16; 16],
}

impl BlockQuantizer {
    /// Of steps from 4 on; `bias` is the part of a step, in 256ths, that is added before division: DC, AC.
    pub const fn new(steps: [i32; 2], bias: [u16; 2]) -> Self {
        let mut quantizer = BlockQuantizer {
            step: [0; 16],
            reciprocal: [0; 16],
            rounding: [0; 16],
        };
        let mut i = 0;
        while i < 16 {
            let kind = if i == 0 { 0 } else { 1 };
            let step = steps[kind];
            quantizer.step[i] = step as i16;
            quantizer.reciprocal[i] = if step < 2 {
                u16::MAX
            } else {
                ((65535 + step) / step) as u16
            };
            quantizer.rounding[i] = ((step as u32 * bias[kind] as u32) >> 8) as u16;
            i += 1;
        }
        quantizer
    }
}

/// Quantizers of a macroblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MacroblockQuantizer {
    pub y: BlockQuantizer,
    pub y2: BlockQuantizer,
    pub uv: BlockQuantizer,
}

impl MacroblockQuantizer {
    pub const fn new(quantizer: &Quantizer, bias: [u16; 2]) -> Self {
        MacroblockQuantizer {
            y: BlockQuantizer::new(quantizer.y, bias),
            y2: BlockQuantizer::new(quantizer.y2, bias),
            uv: BlockQuantizer::new(quantizer.uv, bias),
        }
    }
}
