//! The frame tag and the frame header (RFC 6386, sections 9 and 19.2), written.

use super::syntax::Sink;
use crate::vp8::header::{FrameHeader, QuantizerIndices, SegmentationHeader, Source};
use crate::vp8::number_tables::COEFFICIENT_UPDATES;
use crate::vp8::state::{Probabilities, Segmentation, State};
use crate::vp8::tables::MV_UPDATES;

/// Bytes of the tag, with the fixed part of a key frame's header.
pub(super) const fn tag_len(key_frame: bool) -> usize {
    if key_frame { 10 } else { 3 }
}

/// Section 9.1. `None` if the first partition is longer than can be said.
pub(super) fn tag(header: &FrameHeader, state: &State) -> Option<[u8; 10]> {
    if header.first_partition >= 1 << 19 {
        return None;
    }
    let bits = u32::from(!header.key_frame)
        | u32::from(header.version) << 1
        | u32::from(header.shown) << 4
        | (header.first_partition as u32) << 5;
    let [a, b, c, _] = bits.to_le_bytes();
    let size = |size: u16, scale: u8| (size | u16::from(scale) << 14).to_le_bytes();
    let [w0, w1] = size(state.width, state.horizontal_scale);
    let [h0, h1] = size(state.height, state.vertical_scale);
    Some([a, b, c, 0x9d, 0x01, 0x2a, w0, w1, h0, h1])
}

/// What a header says, beyond itself.
pub(super) struct HeaderContext<'a> {
    /// The state before the frame; for a key frame that with which it starts from scratch.
    pub before: &'a State,
    /// The state after it, with its segments and deltas.
    pub after: &'a State,
    /// Probabilities that the frame uses.
    pub probabilities: &'a Probabilities,
}

/// Writes the compressed part of the header, up to the first macroblock.
pub(super) fn write(sink: &mut impl Sink, header: &FrameHeader, context: &HeaderContext<'_>) {
    let HeaderContext {
        before,
        after,
        probabilities,
    } = *context;
    if header.key_frame {
        sink.literal(u32::from(after.color_space), 1);
        sink.literal(u32::from(after.clamping_type), 1);
    }
    segmentation(sink, &header.segmentation, &after.segmentation);
    filter(sink, header, before, after);
    sink.literal(header.partitions.trailing_zeros(), 2);
    quantizers(sink, &header.quantizers);
    if !header.key_frame {
        references(sink, header);
    }
    flag(sink, header.refresh_entropy);
    if !header.key_frame {
        flag(sink, header.references.last == Source::Frame);
    }
    coefficients(sink, &before.probabilities, probabilities);
    flag(sink, header.skip.is_some());
    if let Some(skip) = header.skip {
        sink.literal(u32::from(skip), 8);
    }
    if !header.key_frame {
        for probability in [header.intra, header.last, header.golden] {
            sink.literal(u32::from(probability), 8);
        }
        modes(sink, &before.probabilities, probabilities);
    }
}

fn flag(sink: &mut impl Sink, value: bool) {
    sink.put(128, value);
}

/// Magnitude, then sign.
fn signed(sink: &mut impl Sink, value: i8, bits: u32) {
    sink.literal(u32::from(value.unsigned_abs()), bits);
    flag(sink, value < 0);
}

/// A flag, and a value if it is not zero.
fn optional(sink: &mut impl Sink, value: i8, bits: u32) {
    flag(sink, value != 0);
    if value != 0 {
        signed(sink, value, bits);
    }
}

/// Section 9.3.
fn segmentation(sink: &mut impl Sink, header: &SegmentationHeader, values: &Segmentation) {
    flag(sink, header.enabled);
    if !header.enabled {
        return;
    }
    flag(sink, header.map.is_some());
    flag(sink, header.values_updated);
    if header.values_updated {
        flag(sink, values.absolute);
        values.quantizers.iter().for_each(|&q| optional(sink, q, 7));
        values
            .filter_levels
            .iter()
            .for_each(|&level| optional(sink, level, 6));
    }
    for probability in header.map.iter().flatten() {
        flag(sink, *probability != 255);
        if *probability != 255 {
            sink.literal(u32::from(*probability), 8);
        }
    }
}

/// Sections 9.3 and 9.6.
fn filter(sink: &mut impl Sink, header: &FrameHeader, before: &State, after: &State) {
    flag(sink, header.filter.simple);
    sink.literal(u32::from(header.filter.level), 6);
    sink.literal(u32::from(header.filter.sharpness), 3);
    flag(sink, header.filter.deltas_enabled);
    if !header.filter.deltas_enabled {
        return;
    }
    let old = before.reference_deltas.iter().chain(&before.mode_deltas);
    let new = after.reference_deltas.iter().chain(&after.mode_deltas);
    let pairs = old.zip(new);
    let changed = pairs.clone().any(|(old, new)| old != new);
    flag(sink, changed);
    if changed {
        for (old, new) in pairs {
            flag(sink, old != new);
            if old != new {
                signed(sink, *new, 6);
            }
        }
    }
}

/// Section 9.6.
fn quantizers(sink: &mut impl Sink, indices: &QuantizerIndices) {
    let q = indices;
    sink.literal(u32::from(q.base), 7);
    for delta in [q.y_dc, q.y2_dc, q.y2_ac, q.uv_dc, q.uv_ac] {
        optional(sink, delta, 4);
    }
}

/// Section 9.7; a golden frame that is to be the alternate reference gets what that is after the frame.
fn references(sink: &mut impl Sink, header: &FrameHeader) {
    let updates = &header.references;
    let copies = [
        (
            updates.golden,
            [Source::Golden, Source::Last, Source::Altref],
        ),
        (
            updates.altref,
            [Source::Altref, Source::Last, Source::Golden],
        ),
    ];
    for (source, _) in copies {
        flag(sink, source == Source::Frame);
    }
    for (source, codes) in copies {
        if source != Source::Frame {
            let code = codes.iter().position(|&code| code == source);
            sink.literal(code.unwrap_or(0) as u32, 2);
        }
    }
    header.sign_bias.iter().for_each(|&bias| flag(sink, bias));
}

/// Section 13.4.
fn coefficients(sink: &mut impl Sink, old: &Probabilities, new: &Probabilities) {
    let old = old.coefficients.as_flattened().as_flattened();
    let new = new.coefficients.as_flattened().as_flattened();
    let updates = COEFFICIENT_UPDATES.as_flattened().as_flattened();
    let all = old.as_flattened().iter().zip(new.as_flattened());
    for ((&old, &new), &update) in all.zip(updates.as_flattened()) {
        sink.put(update, old != new);
        if old != new {
            sink.literal(u32::from(new), 8);
        }
    }
}

/// Sections 16.2 and 17.2.
fn modes(sink: &mut impl Sink, old: &Probabilities, new: &Probabilities) {
    let lists: [(&[u8], &[u8]); 2] = [(&old.y_modes, &new.y_modes), (&old.uv_modes, &new.uv_modes)];
    for (old, new) in lists {
        flag(sink, old != new);
        if old != new {
            new.iter().for_each(|&p| sink.literal(u32::from(p), 8));
        }
    }
    let old = old.vectors.as_flattened();
    let new = new.vectors.as_flattened();
    for ((&old, &new), &update) in old.iter().zip(new).zip(MV_UPDATES.as_flattened()) {
        sink.put(update, old != new);
        if old != new {
            // Even, or 1.
            sink.literal(u32::from(new >> 1), 7);
        }
    }
}
