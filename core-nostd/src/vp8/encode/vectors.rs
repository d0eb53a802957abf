//! What motion vectors cost.

use super::cost::{self, Cost};
use super::syntax;
use crate::vp8::motion::Vector;
use crate::vp8::tables::VectorProbabilities;

/// Magnitudes of a component that can be said (RFC 6386, section 17.2).
const MAGNITUDES: usize = 1024;

/// From here on magnitudes are all said in the same way: none of their bits is known from others.
const PLAIN: usize = 16;

/// What each component costs: row, column.
#[derive(Clone, Debug)]
pub(super) struct VectorCosts([ComponentCosts; 2]);

#[derive(Clone, Debug)]
struct ComponentCosts {
    magnitudes: [u16; MAGNITUDES],
    signs: [u16; 2],
}

impl VectorCosts {
    pub const NEW: Self = VectorCosts(
        [const {
            ComponentCosts {
                magnitudes: [0; MAGNITUDES],
                signs: [0; 2],
            }
        }; 2],
    );

    /// Computes them.
    pub fn fill(&mut self, probabilities: &[VectorProbabilities; 2]) {
        for (costs, p) in self.0.iter_mut().zip(probabilities) {
            let (small, large) = costs.magnitudes.split_at_mut(PLAIN + 8);
            for (magnitude, cost) in small.iter_mut().enumerate() {
                // With the sign of a negative one, whose cost is taken off again.
                let mut sum = 0;
                syntax::component(-(magnitude as i16), |at, bit| {
                    sum += cost::of_bit(p[at], bit)
                });
                let sign = cost::of_bit(p[crate::vp8::tables::MV_SIGN], true);
                *cost = if magnitude == 0 { sum } else { sum - sign } as u16;
            }
            // Of larger ones the lowest bits cost what they cost of these.
            let lowest = &small[PLAIN..];
            let least = lowest[0];
            for (eight, costs) in large.chunks_exact_mut(8).enumerate() {
                let mut sum = 0;
                let magnitude = PLAIN + 8 * (eight + 1);
                syntax::component(-(magnitude as i16), |at, bit| {
                    sum += cost::of_bit(p[at], bit)
                });
                let sign = cost::of_bit(p[crate::vp8::tables::MV_SIGN], true);
                for (cost, &low) in costs.iter_mut().zip(lowest) {
                    *cost = (sum - sign) as u16 + low - least;
                }
            }
            let sign = p[crate::vp8::tables::MV_SIGN];
            costs.signs = [
                cost::of_bit(sign, false) as u16,
                cost::of_bit(sign, true) as u16,
            ];
        }
    }

    /// Of a vector as the difference from another; a difference that cannot be said costs as much as the largest.
    #[inline(always)]
    pub fn of(&self, vector: Vector, best: Vector) -> Cost {
        self.0[0].of(vector.y.wrapping_sub(best.y)) + self.0[1].of(vector.x.wrapping_sub(best.x))
    }
}

impl ComponentCosts {
    #[inline(always)]
    fn of(&self, value: i16) -> Cost {
        let magnitude = usize::from(value.unsigned_abs()).min(MAGNITUDES - 1);
        let sign = if value == 0 {
            0
        } else {
            self.signs[usize::from(value < 0)]
        };
        Cost::from(self.magnitudes[magnitude]) + Cost::from(sign)
    }
}

/// Whether a vector can be said as the difference from another.
#[inline(always)]
pub(super) fn can_be_said(vector: Vector, best: Vector) -> bool {
    let near = |a: i16, b: i16| usize::from((a.wrapping_sub(b)).unsigned_abs()) < MAGNITUDES;
    near(vector.y, best.y) && near(vector.x, best.x)
}
