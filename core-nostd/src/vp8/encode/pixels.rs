//! A macroblock's pixels in a place of their own.

use crate::vp8::inter;
use crate::vp8::kernels::{Dst, PixelKernels, Src};
use crate::vp8::picture::{Picture, Plane, Strip};

/// Planes without gaps.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    pub y: [u8; 256],
    pub u: [u8; 64],
    pub v: [u8; 64],
}

/// Chroma of both planes, side by side: as wide as luma.
pub(super) type Chroma = [u8; 128];

impl Pixels {
    pub const NEW: Self = Pixels {
        y: [0; 256],
        u: [0; 64],
        v: [0; 64],
    };

    /// Those of a picture's macroblock.
    #[inline(always)]
    pub fn load(
        &mut self,
        kernels: impl PixelKernels,
        picture: &Picture<'_>,
        column: usize,
        row: usize,
    ) {
        let inter::Pixels { y, u, v } = self.planes_mut();
        kernels.copy::<16, 16>(y, block::<16>(&picture.y, column, row));
        kernels.copy::<8, 8>(u, block::<8>(&picture.u, column, row));
        kernels.copy::<8, 8>(v, block::<8>(&picture.v, column, row));
    }

    /// Puts them where the macroblock belongs.
    #[inline(always)]
    pub fn put(&self, kernels: impl PixelKernels, column: usize, strip: &mut Strip<'_>) {
        let (luma, chroma) = (&mut strip.luma, &mut strip.chroma);
        let y = Dst::new(luma.y, luma.stride, 16 * column);
        kernels.copy::<16, 16>(y, self.luma_at(0, 0));
        for (to, from) in [(&mut *chroma.u, &self.u), (&mut *chroma.v, &self.v)] {
            let to = Dst::new(to, chroma.stride, 8 * column);
            kernels.copy::<8, 8>(to, Src::new(from, 8, 0));
        }
    }

    /// Luma from a pixel on.
    #[inline(always)]
    pub fn luma_at(&self, x: usize, y: usize) -> Src<'_> {
        Src::new(&self.y, 16, y * 16 + x)
    }

    /// Luma to be written, from a pixel on.
    #[inline(always)]
    pub fn luma_mut(&mut self, x: usize, y: usize) -> Dst<'_> {
        Dst::new(&mut self.y, 16, y * 16 + x)
    }

    /// Chroma of both planes.
    #[inline(always)]
    pub fn chroma(&self) -> Chroma {
        let mut chroma = [0; 128];
        let planes = self.u.chunks_exact(8).zip(self.v.chunks_exact(8));
        for (to, (u, v)) in chroma.chunks_exact_mut(16).zip(planes) {
            to[..8].copy_from_slice(u);
            to[8..].copy_from_slice(v);
        }
        chroma
    }

    /// All planes to be written.
    #[inline(always)]
    pub fn planes_mut(&mut self) -> inter::Pixels<'_> {
        inter::Pixels {
            y: Dst::new(&mut self.y, 16, 0),
            u: Dst::new(&mut self.u, 8, 0),
            v: Dst::new(&mut self.v, 8, 0),
        }
    }
}

/// `N` by `N` pixels of a plane.
#[inline(always)]
fn block<'a, const N: usize>(plane: &Plane<'a>, column: usize, row: usize) -> Src<'a> {
    let at = row * N * plane.stride + column * N;
    Src::new(plane.data, plane.stride, at)
}
