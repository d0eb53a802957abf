//! The loop filter: rows of a picture that has been reconstructed, and levels that are tried.

use super::kernels::EncodeKernels;
use super::plan::segment_of;
use crate::kernels::Work;
use crate::vp8::header::FrameHeader;
use crate::vp8::kernels::Src;
use crate::vp8::loop_filter::{
    Chroma, Filter, FilterLevels, Luma, Simple, Strengths, filter_levels,
};
use crate::vp8::modes::Macroblock;
use crate::vp8::number_tables::AC_STEPS;
use crate::vp8::picture::{LumaStrip, Plane, Strip};
use crate::vp8::state::State;
use crate::vp8::tables::filter_delta_of;

/// The highest level.
const MOST: u8 = 63;

/// Strengths by the frame's level (RFC 6386, section 9.6).
#[derive(Clone, Copy)]
struct ByLevel<'a> {
    levels: &'a FilterLevels,
    /// Of the row.
    segments: &'a [u8],
}

impl Strengths for ByLevel<'_> {
    #[inline(always)]
    fn of(&self, at: usize, mb: &Macroblock) -> (u8, bool) {
        let of_segment = &self.levels[segment_of(self.segments, at)];
        let level = of_segment[mb.reference as usize & 3][filter_delta_of(mb.mode) % 5];
        (level, mb.coded || !mb.mode.has_y2())
    }
}

/// What the rows of a picture are filtered by.
pub(super) struct Filtering<'a> {
    pub header: &'a FrameHeader,
    pub levels: FilterLevels,
    pub columns: usize,
    pub segments: &'a [u8],
}

impl<'a> Filtering<'a> {
    pub fn new(header: &'a FrameHeader, state: &State, segments: &'a [u8]) -> Self {
        Filtering {
            header,
            levels: filter_levels(header, state),
            columns: state.columns().max(1),
            segments,
        }
    }

    /// Filters a row, and up to three lines of the one above it.
    pub fn row(
        &self,
        kernels: impl EncodeKernels,
        (row, macroblocks): (usize, &[Macroblock]),
        above: Option<&mut Strip<'_>>,
        strip: &mut Strip<'_>,
    ) {
        let (luma_above, chroma_above) = match above {
            Some(above) => (Some(&mut above.luma), Some(&mut above.chroma)),
            None => (None, None),
        };
        let luma = Luma {
            above: luma_above,
            strip: &mut strip.luma,
        };
        let chroma = Chroma {
            above: chroma_above,
            strip: &mut strip.chroma,
        };
        self.planes(kernels, (row, macroblocks), luma, Some(chroma));
    }

    fn planes(
        &self,
        kernels: impl EncodeKernels,
        (row, macroblocks): (usize, &[Macroblock]),
        luma: Luma<'_, '_, '_>,
        chroma: Option<Chroma<'_, '_, '_>>,
    ) {
        let header = self.header;
        if header.filter.level == 0 {
            return;
        }
        let of_row = row * self.columns..(row + 1) * self.columns;
        let strengths = ByLevel {
            levels: &self.levels,
            segments: self.segments.get(of_row).unwrap_or_default(),
        };
        let first = 0;
        if header.filter.simple {
            kernels.run(Filter {
                kernels,
                header,
                strengths,
                first,
                macroblocks,
                planes: Simple(luma),
            });
        } else {
            kernels.run(Filter {
                kernels,
                header,
                strengths,
                first,
                macroblocks,
                planes: (Some(luma), chroma),
            });
        }
    }

    /// The squared errors that filtering leaves in luma. Rows of the picture are filtered in `strips`, which is room for two, of any
    /// content: one at work, and the one above it.
    pub fn error(
        &self,
        kernels: impl EncodeKernels,
        macroblocks: &[Macroblock],
        source: &Plane<'_>,
        picture: &Plane<'_>,
        strips: &mut [u8],
    ) -> u64 {
        let stride = 16 * self.columns;
        let mut strips = strips.chunks_exact_mut(16 * stride);
        let [mut this, mut above] = [(); 2].map(|()| LumaStrip {
            y: strips.next().unwrap_or_default(),
            stride,
        });
        let error_of = |row: usize, strip: &LumaStrip<'_>| {
            kernels.run(StripError {
                kernels,
                lines: lines_of(source, row),
                stride: source.stride,
                strip: strip.y,
                width: stride,
            })
        };
        let mut error = 0;
        let mut rows = 0;
        for (row, macroblocks) in macroblocks.chunks(self.columns).enumerate() {
            copy(lines_of(picture, row), picture.stride, &mut this);
            let luma = Luma {
                above: (row > 0).then_some(&mut above),
                strip: &mut this,
            };
            self.planes(kernels, (row, macroblocks), luma, None);
            if let Some(row) = row.checked_sub(1) {
                error += error_of(row, &above);
            }
            core::mem::swap(&mut this, &mut above);
            rows = row + 1;
        }
        error + rows.checked_sub(1).map_or(0, |row| error_of(row, &above))
    }
}

/// The search for the level that leaves the least errors in luma: (state, errors) -> state'. It begins with a guess, and looks
/// around the best level so far, closer and closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelSearch {
    best: u8,
    least: u64,
    step: u8,
    /// A bit for each level.
    tried: u64,
}

impl LevelSearch {
    /// Nothing has been tried.
    pub(super) fn new(guess: u8) -> Self {
        let best = guess.min(MOST);
        LevelSearch {
            best,
            least: u64::MAX,
            step: if best < 16 { 4 } else { best / 4 },
            tried: 0,
        }
    }

    /// The best level so far.
    pub fn best(&self) -> u8 {
        self.best
    }

    /// The levels to be tried next, side by side if one likes; none if the search is over.
    pub fn levels(&self) -> [Option<u8>; 3] {
        if self.step == 0 {
            return [None; 3];
        }
        let (below, above) = (self.best.saturating_sub(self.step), self.best + self.step);
        let around = [below, above.min(MOST)].map(|level| (level != self.best).then_some(level));
        let [below, above] = around;
        let is_new = |level: &u8| self.tried >> level & 1 == 0;
        [Some(self.best), below, above].map(|level| level.filter(is_new))
    }

    /// The search after [those levels](Self::levels) were tried, given what errors each left.
    pub fn after(&self, errors: [u64; 3]) -> Self {
        let mut next = *self;
        for (level, error) in self.levels().into_iter().zip(errors) {
            let Some(level) = level else { continue };
            next.tried |= 1 << level;
            // Where errors are the same the level that was tried first stands.
            if error < next.least {
                (next.best, next.least) = (level, error);
            }
        }
        if next.best == self.best {
            next.step /= 2;
        }
        // What was tried before is no better than the best.
        while next.step > 0 && next.levels() == [None; 3] {
            next.step /= 2;
        }
        next
    }
}

/// The same by the quantizer.
pub(super) fn guess_of(quantizer: u8) -> u8 {
    guess(AC_STEPS[usize::from(quantizer) & 127].into())
}

/// The level that is mostly best, by the step of luma's AC coefficients.
pub(super) fn guess(step: i32) -> u8 {
    ((step + 6) / 7).clamp(0, i32::from(MOST)) as u8
}

/// A row's lines and what follows.
fn lines_of<'a>(plane: &Plane<'a>, row: usize) -> &'a [u8] {
    plane
        .data
        .get(row * 16 * plane.stride..)
        .unwrap_or_default()
}

fn copy(from: &[u8], stride: usize, to: &mut LumaStrip<'_>) {
    let width = to.stride.max(1);
    for (to, from) in to.y.chunks_exact_mut(width).zip(from.chunks(stride.max(1))) {
        if let Some(from) = from.get(..width) {
            to.copy_from_slice(from);
        }
    }
}

/// The sum of squared errors of a strip without gaps.
struct StripError<'a, K> {
    kernels: K,
    lines: &'a [u8],
    stride: usize,
    strip: &'a [u8],
    width: usize,
}

impl<K: EncodeKernels> Work for StripError<'_, K> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut sum = 0;
        for x in (0..self.width).step_by(16) {
            let a = Src::new(self.lines, self.stride, x);
            let b = Src::new(self.strip, self.width, x);
            sum += u64::from(self.kernels.sse::<16, 16>(a, b));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One level after the other, each as often as it comes.
    fn one_by_one(guess: u8, error_of: impl Fn(u8) -> u64) -> u8 {
        let mut best = guess.min(MOST);
        let mut least = error_of(best);
        let mut step = if best < 16 { 4 } else { best / 4 };
        while step > 0 {
            let centre = best;
            for level in [centre.saturating_sub(step), (centre + step).min(MOST)] {
                if error_of(level) < least {
                    (best, least) = (level, error_of(level));
                }
            }
            if best == centre {
                step /= 2;
            }
        }
        best
    }

    #[test]
    fn levels_are_searched_as_one_by_one_but_never_twice() {
        for round in 0..2000u64 {
            let error_of = |level: u8| {
                let near = u64::from(level.abs_diff((round % 64) as u8));
                let noise = (u64::from(level) + round).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
                near * (round / 64 % 4) + noise / (1 + round % 8)
            };
            let guess = (round / 7 % 70) as u8;
            let mut search = LevelSearch::new(guess);
            let mut tried = 0u64;
            while search.levels() != [None; 3] {
                let errors = search.levels().map(|level| {
                    let level = level?;
                    assert_eq!(tried >> level & 1, 0);
                    tried |= 1 << level;
                    Some(error_of(level))
                });
                search = search.after(errors.map(Option::unwrap_or_default));
            }
            assert_eq!(search.best(), one_by_one(guess, error_of));
        }
    }
}
