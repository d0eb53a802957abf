//! The loop filter's level: measured on the picture, or guessed from the quantizer.

use super::kernels::EncodeKernels;
use super::plan::segment_of;
use crate::kernels::Work;
use crate::vp8::header::FrameHeader;
use crate::vp8::kernels::Src;
use crate::vp8::loop_filter::{Chroma, Filter, Luma, Simple, filter_levels};
use crate::vp8::modes::Macroblock;
use crate::vp8::picture::{Picture, PictureMut, Plane, PlaneMut};
use crate::vp8::state::State;
use crate::vp8::tables::filter_delta_of;

/// The highest level.
const MOST: u8 = 63;

/// A picture that has been reconstructed, whose edges are to be filtered.
pub(super) struct Filtering<'a, K> {
    pub kernels: K,
    pub state: &'a State,
    pub columns: usize,
    pub macroblocks: &'a mut [Macroblock],
    pub segments: &'a [u8],
}

impl<K: EncodeKernels> Filtering<'_, K> {
    /// Gives each macroblock its level (RFC 6386, section 9.6).
    fn level(&mut self, header: &FrameHeader) {
        let levels = filter_levels(header, self.state);
        for (i, mb) in self.macroblocks.iter_mut().enumerate() {
            let of_segment = &levels[segment_of(self.segments, i)];
            mb.filter_level = of_segment[mb.reference as usize & 3][filter_delta_of(mb.mode) % 5];
            mb.filter_inner = mb.coded || !mb.mode.has_y2();
        }
    }

    /// Filters a picture as the header says.
    pub fn filter(&mut self, header: &FrameHeader, picture: &mut PictureMut<'_>) {
        self.level(header);
        if header.filter.level > 0 {
            self.rows(header, picture, true);
        }
    }

    fn rows(&mut self, header: &FrameHeader, picture: &mut PictureMut<'_>, with_chroma: bool) {
        let kernels = self.kernels;
        for (row, macroblocks) in self.macroblocks.chunks(self.columns.max(1)).enumerate() {
            let (mut above, mut strip) = picture.strips(row);
            let (luma_above, chroma_above) = match &mut above {
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
            let first = 0;
            if header.filter.simple {
                let planes = Simple(luma);
                kernels.run(Filter {
                    kernels,
                    header,
                    first,
                    macroblocks,
                    planes,
                });
            } else {
                let planes = (Some(luma), with_chroma.then_some(chroma));
                kernels.run(Filter {
                    kernels,
                    header,
                    first,
                    macroblocks,
                    planes,
                });
            }
        }
    }

    /// The level that leaves the least errors in luma. `trial` is memory for pictures that are tried, `guess` where to begin.
    pub fn best_level(
        &mut self,
        header: &FrameHeader,
        source: &Picture<'_>,
        picture: &PictureMut<'_>,
        trial: &mut PictureMut<'_>,
        guess: u8,
    ) -> u8 {
        let mut error_of = |level: u8| {
            copy(&picture.y.as_plane(), &mut trial.y);
            let mut header = *header;
            header.filter.level = level;
            self.level(&header);
            if level > 0 {
                self.rows(&header, trial, false);
            }
            self.kernels.run(PlaneError {
                kernels: self.kernels,
                a: &source.y,
                b: &trial.y.as_plane(),
            })
        };
        let mut best = guess.min(MOST);
        let mut least = error_of(best);
        let mut step = if best < 16 { 4 } else { best / 4 };
        while step > 0 {
            let centre = best;
            for level in [centre.saturating_sub(step), (centre + step).min(MOST)] {
                if level != centre {
                    let error = error_of(level);
                    if error < least {
                        (best, least) = (level, error);
                    }
                }
            }
            if best == centre {
                step /= 2;
            }
        }
        best
    }
}

/// The level that is mostly best, by the step of luma's AC coefficients.
pub(super) fn guess(step: i32) -> u8 {
    ((step + 6) / 7).clamp(0, i32::from(MOST)) as u8
}

fn copy(from: &Plane<'_>, to: &mut PlaneMut<'_>) {
    let width = from.width;
    let lines = to.data.chunks_mut(to.stride.max(1));
    for (to, from) in lines.zip(from.data.chunks(from.stride.max(1))) {
        if let (Some(to), Some(from)) = (to.get_mut(..width), from.get(..width)) {
            to.copy_from_slice(from);
        }
    }
}

/// The sum of squared errors of luma planes of the same size.
struct PlaneError<'a, K> {
    kernels: K,
    a: &'a Plane<'a>,
    b: &'a Plane<'a>,
}

impl<K: EncodeKernels> Work for PlaneError<'_, K> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let mut sum = 0;
        for y in (0..self.a.height).step_by(16) {
            for x in (0..self.a.width).step_by(16) {
                let at = |plane: &Plane<'_>| y * plane.stride + x;
                let a = Src::new(self.a.data, self.a.stride, at(self.a));
                let b = Src::new(self.b.data, self.b.stride, at(self.b));
                sum += u64::from(self.kernels.sse::<16, 16>(a, b));
            }
        }
        sum
    }
}
