//! Motion search: whole pixels by a star that shrinks, then halves and quarters of pixels around the best one.

use super::kernels::EncodeKernels;
use super::pixels::Pixels;
use super::vectors::VectorCosts;
use super::weights::Weights;
use crate::vp8::inter::{self, BESIDE_NEW, Beside, Interpolation};
use crate::vp8::kernels::{Dst, Src};
use crate::vp8::motion::{Bounds, Vector};
use crate::vp8::picture::Plane;

/// Pixels to work with: of any content before.
pub(super) struct Room {
    beside: Beside,
    prediction: [u8; 256],
}

impl Room {
    pub const NEW: Self = Room {
        beside: BESIDE_NEW,
        prediction: [0; 256],
    };
}

/// A macroblock's search in one reference.
pub(super) struct Search<'a, K> {
    pub kernels: K,
    pub interpolation: Interpolation,
    pub source: &'a Pixels,
    pub reference: Plane<'a>,
    /// Of the macroblock, in pixels.
    pub place: [i32; 2],
    pub bounds: Bounds,
    pub costs: &'a VectorCosts,
    pub weights: Weights,
    /// What vectors are differences from.
    pub best: Vector,
    pub room: &'a mut Room,
}

/// A vector and what it would cost: bits and differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub vector: Vector,
    pub cost: u32,
}

/// Around a place: above, left, right, below; then the corners.
const AROUND: [(i16, i16); 8] = [
    (-1, 0),
    (0, -1),
    (0, 1),
    (1, 0),
    (-1, -1),
    (-1, 1),
    (1, -1),
    (1, 1),
];

/// How thorough a search for whole pixels is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Star {
    /// The first step in pixels, a power of two.
    pub reach: i16,
    /// How often a step may be gone at most.
    pub walk: u8,
    /// Of eight directions, how many are looked at: 4 or 8.
    pub directions: usize,
}

/// A vector moved by steps of quarters of pixels.
pub(super) fn moved(vector: Vector, (y, x): (i16, i16), step: i16) -> Vector {
    Vector {
        y: vector.y.saturating_add(y * step),
        x: vector.x.saturating_add(x * step),
    }
}

impl<K: EncodeKernels> Search<'_, K> {
    pub fn is_inside(&self, v: Vector) -> bool {
        let inside = |v: i16, (least, most): (i32, i32)| (least..=most).contains(&i32::from(v));
        inside(v.y, self.bounds.y) && inside(v.x, self.bounds.x)
    }

    #[inline(always)]
    fn rated(&self, vector: Vector, difference: u32) -> Found {
        let rate = self.costs.of(vector, self.best);
        Found {
            vector,
            cost: self.weights.absolute(rate, difference),
        }
    }

    /// Where a block of the macroblock lies in the reference, in whole pixels.
    fn from(&self, at: [i32; 2], vector: Vector) -> [i32; 2] {
        [
            self.place[0] + at[0] + i32::from(vector.x >> 2),
            self.place[1] + at[1] + i32::from(vector.y >> 2),
        ]
    }

    /// The block's difference from whole pixels.
    #[inline(always)]
    fn whole<const N: usize>(&mut self, at: [i32; 2], vector: Vector) -> Found {
        let difference = self.whole_difference::<N>(at, vector);
        self.rated(vector, difference)
    }

    /// The same without bits.
    #[inline(always)]
    pub fn whole_difference<const N: usize>(&mut self, at: [i32; 2], vector: Vector) -> u32 {
        let from = self.from(at, vector);
        let pixels =
            inter::whole_pixels::<N>(self.kernels, &self.reference, from, &mut self.room.beside);
        let source = self.source.luma_at(at[0] as usize, at[1] as usize);
        self.kernels.sad::<N, N>(source, pixels)
    }

    /// The best of some vectors, each rounded to whole pixels.
    #[inline(always)]
    pub fn start<const N: usize>(&mut self, at: [i32; 2], starts: &[Vector]) -> Found {
        let mut best: Option<Found> = None;
        for (i, &start) in starts.iter().enumerate() {
            if starts[..i].contains(&start) {
                continue;
            }
            let rounded = |v: i16| v.saturating_add(2) & !3;
            let vector = self.bounds.clamp(Vector {
                y: rounded(start.y),
                x: rounded(start.x),
            });
            let found = self.whole::<N>(at, vector);
            if best.is_none_or(|best| found.cost < best.cost) {
                best = Some(found);
            }
        }
        best.unwrap_or_default()
    }

    /// Whole pixels: a star around the best vector so far, that shrinks when nothing better is found.
    #[inline(always)]
    pub fn star<const N: usize>(&mut self, at: [i32; 2], mut best: Found, star: Star) -> Found {
        let mut step = star.reach;
        while step > 0 {
            for _ in 0..star.walk {
                let centre = best.vector;
                for directions in AROUND[..star.directions].chunks_exact(4) {
                    best = self.four::<N>(at, centre, directions, step, best);
                }
                if best.vector == centre {
                    break;
                }
            }
            step /= 2;
        }
        best
    }

    /// The best of what was found and four places around a centre.
    #[inline(always)]
    fn four<const N: usize>(
        &mut self,
        at: [i32; 2],
        centre: Vector,
        directions: &[(i16, i16)],
        step: i16,
        mut best: Found,
    ) -> Found {
        if let &[a, b, c, d] = directions
            && let Some(four) = self.four_within::<N>(at, centre, &[a, b, c, d], step)
        {
            for (direction, difference) in [a, b, c, d].into_iter().zip(four) {
                let found = self.rated(moved(centre, direction, step * 4), difference);
                if found.cost < best.cost {
                    best = found;
                }
            }
            return best;
        }
        for &direction in directions {
            let vector = moved(centre, direction, step * 4);
            if self.is_inside(vector) {
                let found = self.whole::<N>(at, vector);
                if found.cost < best.cost {
                    best = found;
                }
            }
        }
        best
    }

    /// The block's differences from four places around a centre, if they are all in the picture.
    #[inline(always)]
    pub fn four_within<const N: usize>(
        &self,
        at: [i32; 2],
        centre: Vector,
        directions: &[(i16, i16); 4],
        step: i16,
    ) -> Option<[u32; 4]> {
        let [x, y] = self.from(at, centre);
        let (plane, reach) = (self.reference, i32::from(step));
        let inside = |v: i32, size: usize| v >= reach && v + reach + N as i32 <= size as i32;
        if !inside(x, plane.width) || !inside(y, plane.height) {
            return None;
        }
        let four = directions.map(|(dy, dx)| {
            let line = (y + i32::from(dy * step)) as usize;
            let at = line * plane.stride + (x + i32::from(dx * step)) as usize;
            Src::new(plane.data, plane.stride, at)
        });
        let source = self.source.luma_at(at[0] as usize, at[1] as usize);
        Some(self.kernels.sad_four::<N, N>(source, four))
    }

    /// The block's difference, after transforms, from the pixels that a vector gives.
    #[inline(always)]
    pub fn difference<const N: usize>(&mut self, at: [i32; 2], vector: Vector) -> u32 {
        let [x, y] = self.place;
        let dst = Dst::new(&mut self.room.prediction, 16, 0);
        let (kernels, interpolation) = (self.kernels, self.interpolation);
        let from = [x + at[0], y + at[1]];
        inter::predict_luma::<N>(kernels, interpolation, &self.reference, from, vector, dst);
        let source = self.source.luma_at(at[0] as usize, at[1] as usize);
        kernels.satd::<N, N>(source, Src::new(&self.room.prediction, 16, 0))
    }

    #[inline(always)]
    fn exact<const N: usize>(&mut self, at: [i32; 2], vector: Vector) -> Found {
        let difference = self.difference::<N>(at, vector);
        self.rated(vector, difference)
    }

    /// Halves and then quarters of pixels around a vector: four directions and the most promising corner, or all
    /// eight.
    #[inline(always)]
    pub fn parts<const N: usize>(&mut self, at: [i32; 2], from: Vector, all: bool) -> Found {
        let mut best = self.exact::<N>(at, from);
        let (straight, corners) = AROUND.split_at(4);
        for step in [2, 1] {
            let centre = best.vector;
            let mut costs = [u32::MAX; 4];
            for (&direction, cost) in straight.iter().zip(&mut costs) {
                *cost = self.part::<N>(at, moved(centre, direction, step), &mut best);
            }
            let [above, left, right, below] = costs;
            let promising = 2 * usize::from(below < above) + usize::from(right < left);
            for (i, &direction) in corners.iter().enumerate() {
                if all || i == promising {
                    self.part::<N>(at, moved(centre, direction, step), &mut best);
                }
            }
        }
        best
    }

    /// Takes a vector, if it is better than the best so far; gives its cost.
    #[inline(always)]
    fn part<const N: usize>(&mut self, at: [i32; 2], vector: Vector, best: &mut Found) -> u32 {
        if !self.is_inside(vector) {
            return u32::MAX;
        }
        let found = self.exact::<N>(at, vector);
        if found.cost < best.cost {
            *best = found;
        }
        found.cost
    }
}
