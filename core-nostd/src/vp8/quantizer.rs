//! Dequantisation factors (RFC 6386, sections 9.6 and 14.1).

use super::header::FrameHeader;
use super::number_tables::{AC_STEPS, DC_STEPS};
use super::state::State;

/// Factors of DC and of AC coefficients.
pub(super) type Factors = [i32; 2];

/// Factors of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quantizer {
    pub y: Factors,
    pub y2: Factors,
    pub uv: Factors,
}

/// Of all segments; a frame without segments has only the first.
pub(super) fn quantizers(header: &FrameHeader, state: &State) -> [Quantizer; 4] {
    core::array::from_fn(|segment| {
        let base = i32::from(header.quantizers.base);
        let of_segment = i32::from(state.segmentation.quantizers[segment]);
        let index = match (header.segmentation.enabled, state.segmentation.absolute) {
            (false, _) => base,
            (true, true) => of_segment,
            (true, false) => base + of_segment,
        };
        quantizer(header, index.clamp(0, 127))
    })
}

/// Of an index, 0 to 127.
pub(super) fn quantizer(header: &FrameHeader, index: i32) -> Quantizer {
    let at = |delta: i8| ((index + i32::from(delta)).clamp(0, 127) & 127) as usize;
    let dc = |delta| i32::from(DC_STEPS[at(delta)]);
    let ac = |delta| i32::from(AC_STEPS[at(delta)]);
    let q = &header.quantizers;
    Quantizer {
        y: [dc(q.y_dc), ac(0)],
        y2: [dc(q.y2_dc) * 2, (ac(q.y2_ac) * 155 / 100).max(8)],
        uv: [dc(q.uv_dc).min(132), ac(q.uv_ac)],
    }
}
