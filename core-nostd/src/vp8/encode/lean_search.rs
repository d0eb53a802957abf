//! Motion search for processors that have little to spend: whole pixels, then one guess at what lies between them.

use super::kernels::EncodeKernels;
use super::search::{Search, Star, moved};
use crate::vp8::motion::Vector;

/// Above, left, right, below.
const FOUR: [(i16, i16); 4] = [(-1, 0), (0, -1), (0, 1), (1, 0)];

/// To whole pixels.
fn rounded(vector: Vector) -> Vector {
    let rounded = |v: i16| v.saturating_add(2) & !3;
    Vector {
        y: rounded(vector.y),
        x: rounded(vector.x),
    }
}

/// What was found.
#[derive(Clone, Copy)]
pub(super) struct Lean {
    /// Whole pixels.
    pub whole: Vector,
    /// Probably better ones between them, or the same.
    pub part: Vector,
}

/// A place, what it differs by, and that with its bits.
#[derive(Clone, Copy)]
struct Place {
    vector: Vector,
    difference: u32,
    cost: u32,
}

impl<K: EncodeKernels> Search<'_, K> {
    /// Goes down from the best of some starts, each rounded to whole pixels, to where differences are least.
    #[inline(always)]
    pub fn lean(&mut self, starts: &[Vector], star: Star) -> Lean {
        let mut best: Option<Place> = None;
        for (i, &start) in starts.iter().enumerate() {
            if !starts[..i].contains(&start) {
                let vector = self.bounds.clamp(rounded(start));
                let difference = self.whole_difference::<16>([0, 0], vector);
                let place = self.place(vector, difference);
                if best.is_none_or(|best| place.cost < best.cost) {
                    best = Some(place);
                }
            }
        }
        let mut best = best.unwrap_or(self.place(Vector::ZERO, u32::MAX));
        let mut sides = None;
        let mut step = star.reach;
        while step > 0 {
            for _ in 0..star.walk {
                let centre = best;
                let around = self.sides(centre.vector, step);
                for (&direction, difference) in FOUR.iter().zip(around) {
                    // With bits it is no less.
                    let Some(difference) = difference.filter(|&by| by < best.cost) else {
                        continue;
                    };
                    let place = self.place(moved(centre.vector, direction, 4 * step), difference);
                    if place.cost < best.cost {
                        best = place;
                    }
                }
                sides = (best.vector == centre.vector).then_some(around);
                if sides.is_some() {
                    break;
                }
            }
            step /= 2;
        }
        let [above, left, right, below] = match sides {
            Some(sides) => sides,
            None => self.sides(best.vector, 1),
        };
        let along = |before: Option<u32>, after: Option<u32>| match (before, after) {
            (Some(before), Some(after)) => bottom(before, best.difference, after),
            _ => 0,
        };
        Lean {
            whole: best.vector,
            part: Vector {
                y: best.vector.y + along(above, below),
                x: best.vector.x + along(left, right),
            },
        }
    }

    #[inline(always)]
    fn place(&self, vector: Vector, difference: u32) -> Place {
        let rate = self.costs.of(vector, self.best);
        Place {
            vector,
            difference,
            cost: self.weights.absolute(rate, difference),
        }
    }

    /// The differences above, to the left, to the right and below, where vectors may point.
    #[inline(always)]
    fn sides(&mut self, centre: Vector, step: i16) -> [Option<u32>; 4] {
        if let Some(four) = self.four_within::<16>([0, 0], centre, &FOUR, step) {
            return four.map(Some);
        }
        FOUR.map(|direction| {
            let vector = moved(centre, direction, 4 * step);
            // What goes far beyond the picture is dear, and seldom any good.
            let inside = step < 4 && self.is_inside(vector);
            inside.then(|| self.whole_difference::<16>([0, 0], vector))
        })
    }
}

/// The bottom of the parabola through three differences, in quarters of pixels from the middle one: -2 to 2; 0 if that is not
/// the least one.
fn bottom(before: u32, centre: u32, after: u32) -> i16 {
    let [before, centre, after] = [before, centre, after].map(|v| v as i32);
    let bend = before + after - 2 * centre;
    if bend <= 0 || centre > before || centre > after {
        return 0;
    }
    let (twice, half) = (2 * (before - after), bend / 2);
    let rounded = if twice < 0 {
        (twice - half) / bend
    } else {
        (twice + half) / bend
    };
    rounded.clamp(-2, 2) as i16
}
