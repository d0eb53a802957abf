//! Levels chosen by what they cost: the best way through a trellis whose columns are the places of a block and whose rows are
//! the contexts that a level leaves to the next.

use super::cost::{Token, TokenCosts};
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

/// From a place on, given a context: the first level's magnitude of the best way, or that the block ends.
type Choice = u16;

/// The block ends.
const END: Choice = u16::MAX;

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
    let mut choices = [[END; 3]; 16];
    // What the best ways from the next place on cost, by context. Nothing ends after a zero.
    let mut next = match block.costs.get(limit) {
        Some(costs) => [1, 2].map(|context| dropped + priced(u32::from(costs[context].end))),
        None => [0; 2],
    };
    let mut after_zero = CLOSED;
    for place in (block.first..limit).rev() {
        let (coefficient, step) = (magnitude(place), step(place));
        dropped += squared(coefficient);
        let nearest = ((2 * coefficient + step) / (2 * step)).min(2047);
        // Zero, the nearest level and the one below it.
        let count = nearest.min(2) as usize + 1;
        let magnitudes = [0, nearest, nearest - 1];
        // Whatever the context: errors and all that follows, and the token.
        let mut ways = [(0, Token::of(0)); 3];
        for (way, &magnitude) in ways.iter_mut().zip(&magnitudes[..count]) {
            let follows = match magnitude {
                0 => after_zero,
                1 => next[0],
                _ => next[1],
            };
            let error = squared(coefficient - magnitude * step);
            *way = (error + follows, Token::of(magnitude as u32));
        }
        let mut these = [0; 3];
        let of_place = choices[place & 15].iter_mut().zip(&mut these);
        let of_place = of_place.zip(&block.costs[place & 15]);
        for (context, ((choice, this), costs)) in of_place.enumerate() {
            let open = context > 0 || place == block.first;
            let more = if open { costs.more } else { 0 };
            let mut least = CLOSED;
            for (&(cost, token), &magnitude) in ways[..count].iter().zip(&magnitudes) {
                let cost = cost + priced(costs.of(token) + u32::from(more));
                if cost < least {
                    least = cost;
                    *choice = magnitude as Choice;
                }
            }
            let end = dropped + priced(u32::from(costs.end));
            if open && end <= least {
                least = end;
                *choice = END;
            }
            *this = least;
        }
        [after_zero, next[0], next[1]] = these;
    }
    follow(block, &choices[..limit], levels)
}

fn follow(block: &Block<'_>, choices: &[[Choice; 3]], levels: &mut [i16; 16]) -> u8 {
    let mut context = block.context.min(2);
    let mut end = 0;
    for (place, choices) in choices.iter().enumerate().skip(block.first) {
        let choice = choices[context];
        if choice == END {
            break;
        }
        let at = usize::from(ZIGZAG[place & 15] & 15);
        let magnitude = choice as i16;
        levels[at] = if block.coefficients[at] < 0 {
            -magnitude
        } else {
            magnitude
        };
        if magnitude != 0 {
            end = place as u8 + 1;
        }
        context = usize::from(choice.min(2));
    }
    end
}
