//! The third stage: the loop filter (RFC 6386, sections 9.6 and 15).

use super::header::FrameHeader;
use super::kernels::{Dst, EdgeLimits, PixelKernels};
use super::modes::Macroblock;
use super::picture::Strip;
use super::state::State;
use crate::kernels::Work;

/// Filter levels by segment, reference and which mode delta applies (4 for none).
pub(super) type FilterLevels = [[[u8; 5]; 4]; 4];

/// Section 9.6; all zero if the frame is not filtered.
pub(super) fn filter_levels(header: &FrameHeader, state: &State) -> FilterLevels {
    let base = i32::from(header.filter.level);
    if base == 0 {
        return FilterLevels::default();
    }
    let clamped = |level: i32| level.clamp(0, 63);
    core::array::from_fn(|segment| {
        let of_segment = i32::from(state.segmentation.filter_levels[segment]);
        let level = match (header.segmentation.enabled, state.segmentation.absolute) {
            (false, _) => base,
            (true, true) => clamped(of_segment),
            (true, false) => clamped(base + of_segment),
        };
        core::array::from_fn(|reference| {
            core::array::from_fn(|mode| {
                if !header.filter.deltas_enabled {
                    return level as u8;
                }
                let of_mode = state
                    .mode_deltas
                    .get(mode)
                    .map_or(0, |&delta| i32::from(delta));
                let of_reference = i32::from(state.reference_deltas[reference]);
                clamped(level + of_reference + of_mode) as u8
            })
        })
    })
}

/// Limits of one level, for macroblock edges and for subblock edges.
#[derive(Clone, Copy, Debug, Default)]
struct Limits {
    outer: EdgeLimits,
    inner: EdgeLimits,
}

/// Section 15.2 to 15.4.
fn limits(level: u8, sharpness: u8, key_frame: bool) -> Limits {
    let halved = level >> (u8::from(sharpness > 0) + u8::from(sharpness > 4));
    let most = if sharpness > 0 {
        9 - sharpness.min(7)
    } else {
        63
    };
    let interior = halved.min(most).max(1);
    let variance = match (key_frame, level) {
        (_, ..15) => 0,
        (true, ..40) | (false, ..20) => 1,
        (true, _) | (false, ..40) => 2,
        (false, _) => 3,
    };
    let with_edge = |edge| EdgeLimits {
        edge,
        interior,
        variance,
    };
    Limits {
        outer: with_edge((level.min(63) + 2) * 2 + interior),
        inner: with_edge(level.min(63) * 2 + interior),
    }
}

/// A row to be filtered; everything has the frame's size.
pub(super) struct FilterRow<'a, 'b, 's, K> {
    pub kernels: K,
    pub header: &'a FrameHeader,
    pub macroblocks: &'a [Macroblock],
    pub above: Option<&'a mut Strip<'b>>,
    pub strip: &'a mut Strip<'s>,
}

impl<K: PixelKernels> Work for FilterRow<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let header = self.header;
        let mut level = 0;
        let mut of_level = Limits::default();
        for (column, mb) in self.macroblocks.iter().enumerate() {
            if mb.filter_level == 0 {
                continue;
            }
            if mb.filter_level != level {
                level = mb.filter_level;
                of_level = limits(level, header.filter.sharpness, header.key_frame);
            }
            if header.filter.simple {
                self.simple(column, mb, &of_level);
            } else {
                self.normal(column, mb, &of_level);
            }
        }
    }
}

/// The last four lines of the strip above, from a macroblock on.
#[inline(always)]
fn last_lines(pixels: &mut [u8], stride: usize, lines: usize, x: usize) -> Dst<'_> {
    Dst::new(pixels, stride, (lines - 4) * stride + x)
}

impl<K: PixelKernels> FilterRow<'_, '_, '_, K> {
    #[inline(always)]
    fn normal(&mut self, column: usize, mb: &Macroblock, limits: &Limits) {
        let kernels = self.kernels;
        let (x, uv_x) = (column * 16, column * 8);
        let strip = &mut *self.strip;
        let (stride, uv_stride) = (strip.y_stride, strip.uv_stride);
        let (y, u, v) = (&mut *strip.y, &mut *strip.u, &mut *strip.v);
        if column > 0 {
            kernels.filter_left(Dst::new(y, stride, x - 4), &limits.outer);
            let (u, v) = (
                Dst::new(u, uv_stride, uv_x - 4),
                Dst::new(v, uv_stride, uv_x - 4),
            );
            kernels.filter_left_chroma(u, v, &limits.outer);
        }
        if mb.filter_inner {
            kernels.filter_columns(Dst::new(y, stride, x), &limits.inner);
            let (u, v) = (Dst::new(u, uv_stride, uv_x), Dst::new(v, uv_stride, uv_x));
            kernels.filter_columns_chroma(u, v, &limits.inner);
        }
        if let Some(above) = &mut self.above {
            let uv_above = above.uv_stride;
            let y_above = last_lines(above.y, above.y_stride, 16, x);
            kernels.filter_top(y_above, Dst::new(y, stride, x), &limits.outer);
            let u = [
                last_lines(above.u, uv_above, 8, uv_x),
                Dst::new(u, uv_stride, uv_x),
            ];
            let v = [
                last_lines(above.v, uv_above, 8, uv_x),
                Dst::new(v, uv_stride, uv_x),
            ];
            kernels.filter_top_chroma(u, v, &limits.outer);
        }
        if mb.filter_inner {
            kernels.filter_rows(Dst::new(y, stride, x), &limits.inner);
            let (u, v) = (Dst::new(u, uv_stride, uv_x), Dst::new(v, uv_stride, uv_x));
            kernels.filter_rows_chroma(u, v, &limits.inner);
        }
    }

    #[inline(always)]
    fn simple(&mut self, column: usize, mb: &Macroblock, limits: &Limits) {
        let kernels = self.kernels;
        let x = column * 16;
        let stride = self.strip.y_stride;
        let y = &mut *self.strip.y;
        if column > 0 {
            kernels.simple_left(Dst::new(y, stride, x - 4), limits.outer.edge);
        }
        if mb.filter_inner {
            kernels.simple_columns(Dst::new(y, stride, x), limits.inner.edge);
        }
        if let Some(above) = &mut self.above {
            let above = last_lines(above.y, above.y_stride, 16, x);
            kernels.simple_top(above, Dst::new(y, stride, x), limits.outer.edge);
        }
        if mb.filter_inner {
            kernels.simple_rows(Dst::new(y, stride, x), limits.inner.edge);
        }
    }
}
