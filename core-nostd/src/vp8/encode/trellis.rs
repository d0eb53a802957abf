//! Levels chosen by what they cost: the best way through a trellis whose columns are the places of a block and whose rows are
//! the contexts that a level leaves to the next.

use super::cost::TokenCosts;
use super::kernels::BlockQuantizer;
use crate::vp8::tables::ZIGZAG;

/// A block to be quantised.
pub(super) struct Block<'a> {
    pub coefficients: &'a [i16; 16],
    pub quantizer: &'a BlockQuantizer,
    pub costs: &'a [[TokenCosts; 3]; 16],
    /// Place of the first coefficient.
    pub first: usize,
    /// How many of the neighbours have coefficients.
    pub context: usize,
}

/// From a place on, given a context: what the best way costs, and its first level's magnitude, or the end.
#[derive(Clone, Copy, Default)]
struct Way {
    cost: u64,
    magnitude: u16,
    ends: bool,
}

/// A way that may not be taken.
const CLOSED: u64 = u64::MAX / 4;

/// Chooses levels, in raster order. `weight` is what a 256th of a bit is worth in squared errors of coefficients, in
/// 4096ths. Gives the place after the last level.
#[inline(always)]
pub(super) fn optimise(block: &Block<'_>, weight: u32, levels: &mut [i16; 16]) -> u8 {
    *levels = [0; 16];
    let at = |place: usize| usize::from(ZIGZAG[place & 15] & 15);
    let magnitude = |place: usize| i32::from(block.coefficients[at(place)]).abs();
    let step = |place: usize| i32::from(block.quantizer.step[at(place)]).max(1);
    // From here on nothing is rounded to more than zero.
    let limit = (block.first..16)
        .rev()
        .find(|&place| 2 * magnitude(place) >= step(place));
    let Some(limit) = limit.map(|place| place + 1) else {
        return 0;
    };
    let priced = |rate: u32| u64::from(rate) * u64::from(weight);
    let squared = |x: i32| (i64::from(x) * i64::from(x)) as u64 * 4096;
    // Of all coefficients from a place on, if they are dropped.
    let mut dropped = (limit..16)
        .map(|place| squared(magnitude(place)))
        .sum::<u64>();
    let mut ways = [[Way::default(); 3]; 17];
    for (context, way) in ways[limit].iter_mut().enumerate() {
        way.ends = true;
        way.cost = match (context, block.costs.get(limit)) {
            // Nothing ends after a zero.
            (0, _) => CLOSED,
            (_, Some(costs)) => dropped + priced(u32::from(costs[context].end)),
            (_, None) => 0,
        };
    }
    for place in (block.first..limit).rev() {
        let (coefficient, step) = (magnitude(place), step(place));
        dropped += squared(coefficient);
        let nearest = ((2 * coefficient + step) / (2 * step)).min(2047);
        // Zero, the nearest level and the one below it.
        let count = nearest.min(2) as usize + 1;
        let magnitudes = [0, nearest, nearest - 1];
        let next = ways[place + 1];
        let costs = &block.costs[place & 15];
        for (context, (way, costs)) in ways[place].iter_mut().zip(costs).enumerate() {
            let open = context > 0 || place == block.first;
            let more = if open { costs.more } else { 0 };
            let mut best = Way {
                cost: CLOSED,
                magnitude: 0,
                ends: false,
            };
            for &magnitude in &magnitudes[..count] {
                let error = squared(coefficient - magnitude * step);
                let rate = costs.value(magnitude as u32) + u32::from(more);
                let cost = error + priced(rate) + next[magnitude.min(2) as usize].cost;
                if cost < best.cost {
                    best.cost = cost;
                    best.magnitude = magnitude as u16;
                }
            }
            let end = dropped + priced(u32::from(costs.end));
            if open && end <= best.cost {
                best = Way {
                    cost: end,
                    magnitude: 0,
                    ends: true,
                };
            }
            *way = best;
        }
    }
    follow(block, &ways, levels)
}

fn follow(block: &Block<'_>, ways: &[[Way; 3]; 17], levels: &mut [i16; 16]) -> u8 {
    let mut context = block.context.min(2);
    let mut end = 0;
    for place in block.first..16 {
        let way = ways[place][context];
        if way.ends {
            break;
        }
        let at = usize::from(ZIGZAG[place & 15] & 15);
        let magnitude = way.magnitude as i16;
        levels[at] = if block.coefficients[at] < 0 {
            -magnitude
        } else {
            magnitude
        };
        if magnitude != 0 {
            end = place as u8 + 1;
        }
        context = usize::from(way.magnitude.min(2));
    }
    end
}
