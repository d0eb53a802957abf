//! Which quantizers hold a frame to a number of bytes, as it is encoded.
//!
//! A survey has told what the coefficients of each macroblock are going to take with some quantizers. What they take against that says
//! what those to come are going to take. If it is not what they may, coefficients are rounded with more or less favour, which is
//! free; if that does not suffice what follows gets another quantizer, as one of four segments (RFC 6386, section 9.3), whose
//! map takes bits itself.

use super::cost::BIT;
use super::logs::{Log, OCTAVE, log2, times_exp2};
use super::rate::{quantizer_of, step_of};
use super::survey::Sum;

/// Ratios in 65536ths.
pub(super) const ONE: u64 = 65536;

/// What is aimed at, in 256ths of what the frame may take: the middle of the upper sixth.
const AIM: u64 = 236;

/// How far favour goes: as if the step were so much finer, or coarser.
const FAVOUR: [Log; 2] = [-OCTAVE / 2, OCTAVE * 3 / 4];

/// How far it goes before another quantizer does better.
const FREELY: Log = OCTAVE / 8;

/// How far the steps of segments go from the first one's.
const REACH: [Log; 2] = [-OCTAVE, OCTAVE * 2];

/// How bits beside coefficients go with the step, about: measured on real video.
pub(super) const OF_OTHERS: Log = OCTAVE / 2;

/// Macroblocks, and what is expected of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub expected: Sum,
    pub macroblocks: u32,
}

/// How far a frame is, all bits in 256ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// The part that is new, and what is to come.
    pub parts: [Part; 2],
    /// What was taken so far by coefficients, and by all else but the segment map.
    pub taken: [u64; 2],
}

/// What is known before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The step in the middle of what is expected of coefficients.
    pub middle: Log,
    /// The step that all else is expected with.
    pub first: Log,
    /// Bits of coefficients for each that is expected.
    pub ratio: u64,
}

/// How the bits of a frame are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Governor {
    /// Bits that the frame is to take, and may take, in 256ths.
    aim: u64,
    most: u64,
    known: Known,
    /// Of each segment that is in use.
    quantizers: [u8; 4],
    macroblocks: [u32; 4],
    count: usize,
    segment: usize,
    /// By how much the step that is rounded by is coarser than it is.
    favour: Log,
    /// Bits for each that is expected: of coefficients, of all else.
    ratios: [u64; 2],
    taken: [u64; 2],
    starves: bool,
}

impl Governor {
    /// At the start of a frame of at most `most` bits, in 256ths.
    pub fn new(most: u64, known: Known, all: Part) -> Self {
        let mut governor = Governor {
            aim: (most / 256).saturating_mul(AIM),
            most,
            known,
            quantizers: [0; 4],
            macroblocks: [0; 4],
            count: 1,
            segment: 0,
            favour: 0,
            ratios: [known.ratio, ONE],
            taken: [0; 2],
            starves: false,
        };
        let progress = Progress {
            parts: [Part::default(), all],
            ..Progress::default()
        };
        governor.quantizers = [nearest(governor.wanted(&progress, 0)); 4];
        governor.starves = governor.is_too_much(&progress);
        governor
    }

    /// The quantizers in use.
    pub fn quantizers(&self) -> &[u8] {
        &self.quantizers[..self.count]
    }

    /// The segment of what follows.
    pub fn segment(&self) -> usize {
        self.segment
    }

    /// By how much the step that what follows is rounded by is coarser than that of its quantizer.
    pub fn favour(&self) -> Log {
        self.favour
    }

    /// Whether bits are short, whatever the quantizer: nothing is worth any that can do without.
    pub fn starves(&self) -> bool {
        self.starves
    }

    /// After a part of the frame.
    pub fn after(&self, progress: &Progress) -> Self {
        let mut next = *self;
        let [new, left] = progress.parts.map(|part| part.macroblocks);
        next.macroblocks[self.segment] = self.macroblocks[self.segment].saturating_add(new);
        next.learn(progress);
        if left > 0 {
            next.choose(progress);
        }
        next
    }

    /// Where a frame was on its way, if it may take so much, and what is to come takes what is expected.
    pub fn again(&self, most: u64, progress: &Progress) -> Self {
        let mut next = *self;
        next.most = most;
        next.aim = (most / 256).saturating_mul(AIM);
        next.ratios = [ONE; 2];
        next.choose(progress);
        next
    }

    /// Whether the frame takes about what it is to, if what is to come takes what is expected.
    pub fn lands(&self, progress: &Progress) -> bool {
        let total = self.total(progress, self.segment);
        !self.starves && total.abs_diff(self.aim) < self.aim / 16
    }

    /// Whether what follows becomes another than it was with `other`: it does not if both are at the same end of what there is.
    pub fn differs(&self, other: &Self) -> bool {
        let end = |governor: &Self| match (governor.starves, governor.quantizers[governor.segment])
        {
            (true, _) => Some(127),
            (false, 0) => Some(0),
            _ => None,
        };
        end(self).is_none() || end(self) != end(other)
    }

    /// What a frame took that is at its end, or a part of one.
    pub fn spent(&self, progress: &Progress) -> u64 {
        let [tokens, others] = progress.taken;
        let spent = tokens.saturating_add(others);
        spent.saturating_add(map(self.macroblocks))
    }

    /// Bits that the new part took for each that was expected. Nothing is learnt from what starves.
    pub fn seen(&self, progress: &Progress) -> Option<[u64; 2]> {
        let [new, _] = progress.parts;
        let expected = self.expected(&new, self.step_now());
        let ratio = |i: usize| {
            let took = progress.taken[i].saturating_sub(self.taken[i]);
            ratio(took.into(), expected[i].into())
        };
        (!self.starves).then(|| [ratio(0), ratio(1)])
    }

    /// What is seen counts by how much of the frame it is; what was known before, as much as a third of the frame.
    fn learn(&mut self, progress: &Progress) {
        let [new, left] = progress.parts;
        let step = self.step_now();
        let [new, left] = [new, left].map(|part| self.expected(&part, step));
        let all_others = progress.taken[1].saturating_add(left[1]);
        let weights = [self.aim / 3, all_others / 3].map(|bits| u128::from(bits) + 1);
        for i in 0..2 {
            let known = weights[i] * u128::from(self.ratios[i]) / u128::from(ONE);
            let took = progress.taken[i].saturating_sub(self.taken[i]);
            self.ratios[i] = ratio(u128::from(took) + known, u128::from(new[i]) + weights[i]);
        }
        self.taken = progress.taken;
    }

    /// The step that is rounded by.
    fn step_now(&self) -> Log {
        step_of(self.quantizers[self.segment]) + self.favour
    }

    /// Bits that are expected with a step: of coefficients, of all else.
    fn expected(&self, part: &Part, step: Log) -> [u64; 2] {
        let finer = self.known.first - step;
        [
            part.expected.at(step - self.known.middle),
            times_exp2(part.expected.others, finer * OF_OTHERS / OCTAVE),
        ]
    }

    /// Bits to come with a step, but for those of the segment map.
    fn rest(&self, progress: &Progress, step: Log) -> u64 {
        let [_, left] = progress.parts;
        let bits = self.expected(&left, step).into_iter().zip(self.ratios);
        let bits = bits.map(|(bits, ratio)| u128::from(bits) * u128::from(ratio));
        u64::try_from(bits.sum::<u128>() / u128::from(ONE)).unwrap_or(u64::MAX)
    }

    /// Bits taken so far, and all of the segment map if what is to come is in a segment.
    fn taken_with_map(&self, progress: &Progress, segment: usize) -> u64 {
        let mut macroblocks = self.macroblocks;
        let [_, left] = progress.parts;
        macroblocks[segment] = macroblocks[segment].saturating_add(left.macroblocks);
        let [tokens, others] = progress.taken;
        tokens
            .saturating_add(others)
            .saturating_add(map(macroblocks))
    }

    /// The step that takes what there is, if what is to come is in a segment.
    fn wanted(&self, progress: &Progress, segment: usize) -> Log {
        let taken = self.taken_with_map(progress, segment);
        let left = self.aim.saturating_sub(taken);
        let (mut fine, mut coarse) = (step_of(0), step_of(127));
        while coarse - fine > 4 {
            let step = (fine + coarse) / 2;
            if self.rest(progress, step) > left {
                fine = step;
            } else {
                coarse = step;
            }
        }
        coarse
    }

    /// What the frame takes in all if it goes on in a segment with the step of now.
    fn total(&self, progress: &Progress, segment: usize) -> u64 {
        let taken = self.taken_with_map(progress, segment);
        taken.saturating_add(self.rest(progress, self.step_now()))
    }

    fn is_too_much(&self, progress: &Progress) -> bool {
        self.total(progress, self.segment) > self.most - self.most / 64
    }

    /// Chooses what follows is encoded with.
    fn choose(&mut self, progress: &Progress) {
        let total = self.total(progress, self.segment);
        self.starves = false;
        // What is to come is not certain.
        let rest = self.rest(progress, self.step_now());
        let band = self.aim / 40 + rest / 16;
        if total.abs_diff(self.aim) > band {
            self.segment = self.segment_for(progress, total);
            let favour =
                self.wanted(progress, self.segment) - step_of(self.quantizers[self.segment]);
            self.favour = favour.clamp(FAVOUR[0], FAVOUR[1]);
            self.starves = self.is_too_much(progress);
        }
    }

    /// The segment for what follows: that in use if favour suffices, or that which is nearest, or a new one.
    fn segment_for(&mut self, progress: &Progress, total: u64) -> usize {
        let beyond = |at: usize| {
            let favour = self.wanted(progress, at) - step_of(self.quantizers[at]);
            (favour - favour.clamp(-FREELY, FREELY)).abs()
        };
        if beyond(self.segment) == 0 {
            return self.segment;
        }
        let best = (0..self.count).min_by_key(|&at| beyond(at)).unwrap_or(0);
        if beyond(best) < OCTAVE / 16 || self.count == 4 {
            return best;
        }
        // The map takes bits that something else could have, if there are too few.
        let map = self.taken_with_map(progress, self.count);
        let map = map.saturating_sub(self.taken_with_map(progress, self.segment));
        let unspent = self.aim.saturating_sub(total);
        if map > (self.aim / 32).max(unspent / 2) {
            return best;
        }
        let first = step_of(self.quantizers[0]);
        let wanted = self.wanted(progress, self.count);
        self.quantizers[self.count] = nearest(wanted.clamp(first + REACH[0], first + REACH[1]));
        self.count += 1;
        self.count - 1
    }
}

/// Of bits taken to those expected, of which one more says nothing. A ratio that is beyond all reason is not believed.
pub(super) fn ratio(took: u128, expected: u128) -> u64 {
    let bit = u128::from(BIT);
    let ratio = took.saturating_add(bit).saturating_mul(u128::from(ONE)) / (expected + bit);
    u64::try_from(ratio)
        .unwrap_or(u64::MAX)
        .clamp(ONE / 16, ONE * 16)
}

/// Bits of a segment map, in 256ths.
fn map(macroblocks: [u32; 4]) -> u64 {
    let [a, b, c, d] = macroblocks.map(u64::from);
    let all = a + b + c + d;
    if all == a {
        return 0;
    }
    let of = |no: u64, yes: u64| {
        let share = |part: u64| part * (log2(no + yes) - log2(part)) as u64;
        share(no) + share(yes)
    };
    // Values, and probabilities.
    of(a + b, c + d) + of(a, b) + of(c, d) + 64 * u64::from(BIT)
}

/// The quantizer whose step is nearest.
fn nearest(step: Log) -> u8 {
    let above = quantizer_of(step);
    let below = above.saturating_sub(1);
    if step_of(above) - step > step - step_of(below) {
        below
    } else {
        above
    }
}

#[cfg(test)]
mod tests {
    use super::super::survey::Curve;
    use super::*;

    fn known() -> Known {
        Known {
            middle: step_of(50),
            first: step_of(50),
            ratio: ONE,
        }
    }

    /// Macroblocks that are expected to take 1000 bits each with a step in the middle of all, and all else a tenth of that.
    fn part(macroblocks: u32) -> Part {
        let mut curve = Curve::falling(256_000, OCTAVE * 5 / 4);
        curve.others = 25_600;
        Part {
            expected: (0..macroblocks).fold(Sum::default(), |sum, _| sum.plus(&curve)),
            macroblocks,
        }
    }

    /// Encodes a frame whose macroblocks take more or less than that; gives its size as a part of what it may have, and its
    /// quantizers.
    fn simulate(most: u64, rows: u32, takes: impl Fn(u32) -> f64) -> (f64, usize) {
        let mut progress = Progress::default();
        let mut governor = Governor::new(most, known(), part(10 * rows));
        for row in 0..rows {
            let starving = if governor.starves() { 0.2 } else { 1.0 };
            for (taken, expected) in progress
                .taken
                .iter_mut()
                .zip(governor.expected(&part(10), governor.step_now()))
            {
                *taken += (expected as f64 * takes(row) * starving) as u64;
            }
            progress.parts = [part(10), part(10 * (rows - row - 1))];
            governor = governor.after(&progress);
        }
        let taken = governor.spent(&progress);
        (taken as f64 / most as f64, governor.quantizers().len())
    }

    #[test]
    fn frames_take_what_they_may_though_not_as_expected() {
        for share in [0.3, 0.5, 1.0, 2.0, 3.0] {
            let most = (300.0 * 281_600.0 * share) as u64;
            for error in [0.5, 0.7, 1.0, 1.4, 2.0] {
                let (taken, _) = simulate(most, 30, |_| error);
                assert!((0.85..=1.0).contains(&taken), "{share}, {error}: {taken}");
                let (taken, _) = simulate(most, 30, |row| if row < 15 { 1.0 } else { error });
                assert!(
                    (0.85..=1.0).contains(&taken),
                    "{share}, {error} later: {taken}"
                );
            }
            // What comes as expected needs no segments.
            assert_eq!(simulate(most, 30, |_| 1.0).1, 1);
        }
    }

    #[test]
    fn what_was_seen_lands_at_once() {
        let all = part(300);
        let most = all.expected.all();
        let halfway = Progress {
            parts: [part(150), part(150)],
            taken: [150 * 2 * 256_000, 150 * 25_600],
        };
        let begun = Governor::new(most, known(), all);
        assert_eq!(
            begun.seen(&halfway).map(|[tokens, _]| tokens > ONE),
            Some(true)
        );
        // Too much is gone for what is left.
        assert!(!begun.again(most / 2, &halfway).lands(&halfway));
        let again = begun.again(most * 2, &halfway);
        assert!(again.lands(&halfway));
        assert!(again.differs(&begun));
        // Short of bits is short of bits.
        let starving = begun.again(0, &halfway);
        assert!(starving.starves() && !starving.differs(&begun.again(most / 9, &halfway)));
    }

    #[test]
    fn extremes_do_not_overflow() {
        let curves = [Curve::default(), Curve::falling(u32::MAX, OCTAVE)];
        let extreme = Known {
            middle: 0,
            first: 0,
            ratio: u64::MAX,
        };
        for most in [0, 1, u64::MAX] {
            for curve in &curves {
                let part = Part {
                    expected: Sum::default().plus(curve),
                    macroblocks: u32::MAX,
                };
                let mut governor = Governor::new(most, extreme, part);
                for taken in [0, u64::MAX, 1] {
                    let progress = Progress {
                        parts: [part; 2],
                        taken: [taken; 2],
                    };
                    governor = governor.after(&progress).again(most, &progress);
                    assert!(governor.seen(&progress).is_none_or(|seen| seen[0] > 0));
                    assert!(governor.quantizers().len() <= 4);
                    assert!(governor.segment() < governor.quantizers().len());
                }
            }
        }
    }
}
