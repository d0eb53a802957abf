//! The last stage: the loop filter (RFC 6386, sections 9.6 and 15).

use super::header::FrameHeader;
use super::kernels::{Dst, EdgeLimits, PixelKernels};
use super::modes::Macroblock;
use super::picture::{ChromaStrip, LumaStrip};
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

/// Says how strongly each macroblock is filtered.
pub(super) trait Strengths {
    /// The level of the macroblock that is `at` among those to be filtered, and whether the edges of its subblocks are
    /// filtered, too.
    fn of(&self, at: usize, mb: &Macroblock) -> (u8, bool);
}

/// Macroblocks say it, as decoding leaves them.
pub(super) struct OfMacroblocks;

impl Strengths for OfMacroblocks {
    #[inline(always)]
    fn of(&self, _: usize, mb: &Macroblock) -> (u8, bool) {
        (mb.filter_level, mb.filter_inner)
    }
}

/// Some macroblocks of a row, those that are filtered with the limits for it.
struct Filtered<'a, S> {
    header: &'a FrameHeader,
    strengths: S,
    macroblocks: core::iter::Enumerate<core::slice::Iter<'a, Macroblock>>,
    first: usize,
    /// Of the macroblock before: mostly they stay the same.
    level: u8,
    limits: Limits,
}

/// A macroblock that is filtered.
struct Edges {
    column: usize,
    /// Not only its outer edges.
    inner: bool,
    limits: Limits,
}

impl<'a, S> Filtered<'a, S> {
    fn new(
        header: &'a FrameHeader,
        strengths: S,
        first: usize,
        macroblocks: &'a [Macroblock],
    ) -> Self {
        Filtered {
            header,
            strengths,
            macroblocks: macroblocks.iter().enumerate(),
            first,
            level: 0,
            limits: Limits::default(),
        }
    }
}

impl<S: Strengths> Iterator for Filtered<'_, S> {
    type Item = Edges;

    #[inline(always)]
    fn next(&mut self) -> Option<Edges> {
        let strengths = &self.strengths;
        let mut all = self.macroblocks.by_ref().map(|(i, mb)| {
            let (level, inner) = strengths.of(i, mb);
            (i, level, inner)
        });
        let (i, level, inner) = all.find(|(_, level, _)| *level > 0)?;
        if level != self.level {
            self.level = level;
            let header = self.header;
            self.limits = limits(self.level, header.filter.sharpness, header.key_frame);
        }
        Some(Edges {
            column: self.first + i,
            inner,
            limits: self.limits,
        })
    }
}

/// The last four lines of the strip above, from a macroblock on.
#[inline(always)]
fn last_lines(pixels: &mut [u8], stride: usize, lines: usize, x: usize) -> Dst<'_> {
    Dst::new(pixels, stride, (lines - 4) * stride + x)
}

/// Some macroblocks of a row, in one plane or several; the strips hold them.
pub(super) struct Filter<'a, K, S, P> {
    pub kernels: K,
    pub header: &'a FrameHeader,
    pub strengths: S,
    pub first: usize,
    pub macroblocks: &'a [Macroblock],
    pub planes: P,
}

impl<K: PixelKernels, S: Strengths, P: Planes> Work for Filter<'_, K, S, P> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let kernels = self.kernels;
        let macroblocks = Filtered::new(self.header, self.strengths, self.first, self.macroblocks);
        for edges in macroblocks {
            let (column, limits) = (edges.column, &edges.limits);
            if column > 0 {
                self.planes.left(kernels, column, &limits.outer);
            }
            if edges.inner {
                self.planes.columns(kernels, column, &limits.inner);
            }
            self.planes.top(kernels, column, &limits.outer);
            if edges.inner {
                self.planes.rows(kernels, column, &limits.inner);
            }
        }
    }
}

/// A row's strips of some planes, and those above it.
pub(super) trait Planes {
    /// Filters a macroblock's left edge.
    fn left(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits);
    /// Its inner vertical edges.
    fn columns(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits);
    /// Its upper edge, if there is a row above.
    fn top(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits);
    /// Its inner horizontal edges.
    fn rows(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits);
}

/// Both in turns: each filter waits for the one before it in its planes, and the processor can do the other meanwhile.
/// Either may be left to another thread.
impl<A: Planes, B: Planes> Planes for (Option<A>, Option<B>) {
    #[inline(always)]
    fn left(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some(planes) = &mut self.0 {
            planes.left(kernels, column, limits);
        }
        if let Some(planes) = &mut self.1 {
            planes.left(kernels, column, limits);
        }
    }

    #[inline(always)]
    fn columns(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some(planes) = &mut self.0 {
            planes.columns(kernels, column, limits);
        }
        if let Some(planes) = &mut self.1 {
            planes.columns(kernels, column, limits);
        }
    }

    #[inline(always)]
    fn top(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some(planes) = &mut self.0 {
            planes.top(kernels, column, limits);
        }
        if let Some(planes) = &mut self.1 {
            planes.top(kernels, column, limits);
        }
    }

    #[inline(always)]
    fn rows(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some(planes) = &mut self.0 {
            planes.rows(kernels, column, limits);
        }
        if let Some(planes) = &mut self.1 {
            planes.rows(kernels, column, limits);
        }
    }
}

/// Luma by the normal filter (section 15.3).
pub(super) struct Luma<'a, 'b, 's> {
    pub above: Option<&'a mut LumaStrip<'b>>,
    pub strip: &'a mut LumaStrip<'s>,
}

impl Luma<'_, '_, '_> {
    /// The macroblock's pixels, from so many before it on.
    #[inline(always)]
    fn at(&mut self, column: usize, before: usize) -> Dst<'_> {
        Dst::new(self.strip.y, self.strip.stride, column * 16 - before)
    }

    /// The last lines above it, and its own.
    #[inline(always)]
    fn around_top(&mut self, column: usize) -> Option<[Dst<'_>; 2]> {
        let above = self.above.as_mut()?;
        let above = last_lines(above.y, above.stride, 16, column * 16);
        Some([
            above,
            Dst::new(self.strip.y, self.strip.stride, column * 16),
        ])
    }
}

impl Planes for Luma<'_, '_, '_> {
    #[inline(always)]
    fn left(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.filter_left(self.at(column, 4), limits);
    }

    #[inline(always)]
    fn columns(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.filter_columns(self.at(column, 0), limits);
    }

    #[inline(always)]
    fn top(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some([above, y]) = self.around_top(column) {
            kernels.filter_top(above, y, limits);
        }
    }

    #[inline(always)]
    fn rows(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.filter_rows(self.at(column, 0), limits);
    }
}

/// Luma by the simple filter (section 15.2), which leaves chroma alone.
pub(super) struct Simple<'a, 'b, 's>(pub Luma<'a, 'b, 's>);

impl Planes for Simple<'_, '_, '_> {
    #[inline(always)]
    fn left(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.simple_left(self.0.at(column, 4), limits.edge);
    }

    #[inline(always)]
    fn columns(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.simple_columns(self.0.at(column, 0), limits.edge);
    }

    #[inline(always)]
    fn top(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        if let Some([above, y]) = self.0.around_top(column) {
            kernels.simple_top(above, y, limits.edge);
        }
    }

    #[inline(always)]
    fn rows(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        kernels.simple_rows(self.0.at(column, 0), limits.edge);
    }
}

/// Chroma by the normal filter.
pub(super) struct Chroma<'a, 'b, 's> {
    pub above: Option<&'a mut ChromaStrip<'b>>,
    pub strip: &'a mut ChromaStrip<'s>,
}

impl Chroma<'_, '_, '_> {
    /// Both planes of the macroblock, from so many pixels before it on.
    #[inline(always)]
    fn at(&mut self, column: usize, before: usize) -> [Dst<'_>; 2] {
        let ChromaStrip { u, v, stride } = &mut *self.strip;
        [u, v].map(|plane| Dst::new(plane, *stride, column * 8 - before))
    }
}

impl Planes for Chroma<'_, '_, '_> {
    #[inline(always)]
    fn left(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        let [u, v] = self.at(column, 4);
        kernels.filter_left_chroma(u, v, limits);
    }

    #[inline(always)]
    fn columns(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        let [u, v] = self.at(column, 0);
        kernels.filter_columns_chroma(u, v, limits);
    }

    #[inline(always)]
    fn top(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        let Some(above) = &mut self.above else {
            return;
        };
        let (x, stride) = (column * 8, self.strip.stride);
        let u_above = last_lines(above.u, above.stride, 8, x);
        let v_above = last_lines(above.v, above.stride, 8, x);
        let u = [u_above, Dst::new(self.strip.u, stride, x)];
        let v = [v_above, Dst::new(self.strip.v, stride, x)];
        kernels.filter_top_chroma(u, v, limits);
    }

    #[inline(always)]
    fn rows(&mut self, kernels: impl PixelKernels, column: usize, limits: &EdgeLimits) {
        let [u, v] = self.at(column, 0);
        kernels.filter_rows_chroma(u, v, limits);
    }
}
