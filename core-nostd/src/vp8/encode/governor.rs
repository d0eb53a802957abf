//! Which quantizers hold a frame to a number of bytes, as it is encoded.
//!
//! A survey has told what the coefficients of each macroblock are going to take with some quantizers. What they take against that says
//! what those to come are going to take. If it is not what they may, coefficients are rounded with more or less favour, which is
//! free; if that does not suffice what follows gets another quantizer, as one of four segments (RFC 6386, section 9.3), whose
//! map takes bits itself.

use super::cost::BIT;
use super::logs::{Log, OCTAVE, log2};
use super::rate::{quantizer_of, step_of};
use super::survey::Sum;

/// Ratios in 65536ths.
pub(super) const ONE: u64 = 65536;

/// What is aimed at, in 256ths of what the frame may take: the middle of the upper sixth.
const AIM: u64 = 236;

/// What is right in the end, in 256ths of what the frame may take: within the upper sixth, by some bits, as these are not counted
/// exactly.
const LEAST: u64 = 220;
const MOST: u64 = 254;

/// How far favour goes: as if the step were so much finer, or coarser.
const FAVOUR: [Log; 2] = [-OCTAVE / 2, OCTAVE * 3 / 4];

/// How far it goes before another quantizer does better.
const FREELY: Log = OCTAVE / 8;

/// How far the steps of segments go from the first one's.
const REACH: [Log; 2] = [-OCTAVE, OCTAVE * 2];

/// How far a frame is, all bits in 256ths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// What was to be expected of the part that is new, and of what is to come.
    pub expected: [Sum; 2],
    /// What coefficients took so far.
    pub tokens: u64,
    /// What all else but the segment map took, and about what the rest of it is going to take.
    pub others: [u64; 2],
    /// Macroblocks: those of the part that is new, and those to come.
    pub macroblocks: [u32; 2],
}

/// How the bits of a frame are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Governor {
    /// Bits that the frame is to take, and may take, in 256ths.
    aim: u64,
    most: u64,
    /// The step in the middle of what is expected.
    middle: Log,
    /// Of each segment that is in use.
    quantizers: [u8; 4],
    macroblocks: [u32; 4],
    count: usize,
    segment: usize,
    /// By how much the step that is rounded by is coarser than it is.
    favour: Log,
    /// Bits for each that is expected.
    ratio: u64,
    tokens: u64,
    starves: bool,
}

impl Governor {
    /// At the start of a frame of at most `most` bits, in 256ths. What is expected has `middle` in its middle; `ratio` is what there
    /// is for each expected bit, in 65536ths.
    pub fn new(most: u64, middle: Log, ratio: u64, progress: &Progress) -> Self {
        let mut governor = Governor {
            aim: (most / 256).saturating_mul(AIM),
            most,
            middle,
            quantizers: [0; 4],
            macroblocks: [0; 4],
            count: 1,
            segment: 0,
            favour: 0,
            ratio,
            tokens: 0,
            starves: false,
        };
        governor.quantizers = [nearest(governor.wanted(progress, 0)); 4];
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
        let [new, left] = progress.macroblocks;
        next.macroblocks[self.segment] = self.macroblocks[self.segment].saturating_add(new);
        next.learn(progress);
        if left > 0 {
            next.choose(progress);
        }
        next
    }

    /// What a frame took that is at its end, or a part of one.
    pub fn spent(&self, progress: &Progress) -> u64 {
        let [others, _] = progress.others;
        let spent = progress.tokens.saturating_add(others);
        spent.saturating_add(map(self.macroblocks))
    }

    /// Where a frame was on its way that took so much in the end: what it is to do else, if that was not what it may take.
    pub fn corrected(&self, progress: &Progress, taken: u64) -> Option<Self> {
        let fits = self.most / 256 * LEAST..=self.most / 256 * MOST;
        if fits.contains(&taken) {
            return None;
        }
        let spent = self.spent(progress);
        let expected = self.total(progress, self.segment).saturating_sub(spent);
        let came = taken
            .saturating_sub(spent)
            .clamp(expected / 2, expected.saturating_mul(2));
        let mut next = *self;
        let ratio = u128::from(self.ratio) * u128::from(came) / u128::from(expected.max(1));
        next.ratio = u64::try_from(ratio).unwrap_or(u64::MAX).max(1);
        next.choose(progress);
        Some(next)
    }

    /// What is seen counts by how much of the frame it is; what was known before, as much as a third of the frame.
    fn learn(&mut self, progress: &Progress) {
        let [new, _] = progress.expected;
        let at = self.step_now() - self.middle;
        let weight = u128::from(self.aim / 3 + 1);
        let took = progress.tokens.saturating_sub(self.tokens);
        let expected = weight * u128::from(self.ratio) / u128::from(ONE);
        let seen = u128::from(new.at(at)) + weight;
        let ratio = (u128::from(took) + expected) * u128::from(ONE) / seen;
        self.ratio = u64::try_from(ratio)
            .unwrap_or(u64::MAX)
            .clamp(ONE / 16, ONE * 16);
        self.tokens = progress.tokens;
    }

    /// The step that is rounded by.
    fn step_now(&self) -> Log {
        step_of(self.quantizers[self.segment]) + self.favour
    }

    /// Bits beside coefficients, if what is to come is in a segment.
    fn others(&self, progress: &Progress, segment: usize) -> u64 {
        let mut macroblocks = self.macroblocks;
        macroblocks[segment] = macroblocks[segment].saturating_add(progress.macroblocks[1]);
        let [took, rest] = progress.others;
        took.saturating_add(rest).saturating_add(map(macroblocks))
    }

    /// Bits of coefficients to come with a step.
    fn tokens(&self, progress: &Progress, step: Log) -> u64 {
        let rest = u128::from(progress.expected[1].at(step - self.middle));
        u64::try_from(rest * u128::from(self.ratio) / u128::from(ONE)).unwrap_or(u64::MAX)
    }

    /// The step that takes what there is, if what is to come is in a segment.
    fn wanted(&self, progress: &Progress, segment: usize) -> Log {
        let spent = progress
            .tokens
            .saturating_add(self.others(progress, segment));
        let left = self.aim.saturating_sub(spent);
        let (mut fine, mut coarse) = (step_of(0), step_of(127));
        while coarse - fine > 4 {
            let step = (fine + coarse) / 2;
            if self.tokens(progress, step) > left {
                fine = step;
            } else {
                coarse = step;
            }
        }
        coarse
    }

    /// What the frame takes in all if it goes on in a segment with the step of now.
    fn total(&self, progress: &Progress, segment: usize) -> u64 {
        let spent = progress
            .tokens
            .saturating_add(self.others(progress, segment));
        spent.saturating_add(self.tokens(progress, self.step_now()))
    }

    /// Chooses what follows is encoded with.
    fn choose(&mut self, progress: &Progress) {
        let total = self.total(progress, self.segment);
        self.starves = false;
        // What is to come is not certain.
        let rest = self.tokens(progress, self.step_now());
        let band = self.aim / 40 + rest / 16;
        if total.abs_diff(self.aim) > band {
            self.segment = self.segment_for(progress, total);
            let favour =
                self.wanted(progress, self.segment) - step_of(self.quantizers[self.segment]);
            self.favour = favour.clamp(FAVOUR[0], FAVOUR[1]);
            self.starves = self.total(progress, self.segment) > self.most - self.most / 64;
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
        let map = self.others(progress, self.count);
        let map = map.saturating_sub(self.others(progress, self.segment));
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

    /// Encodes a frame of which each macroblock is expected to take 1000 bits with a step in the middle of all, and takes more or
    /// less of them; gives its size as a part of what it may have, and its quantizers.
    fn simulate(most: u64, rows: u32, takes: impl Fn(u32) -> f64) -> (f64, usize) {
        let middle = step_of(50);
        let curve = Curve::falling(256_000, OCTAVE * 5 / 4);
        let sum = |count: u32| (0..count).fold(Sum::default(), |sum, _| sum.plus(&curve));
        let mut progress = Progress {
            expected: [Sum::default(), sum(10 * rows)],
            macroblocks: [0, 10 * rows],
            ..Progress::default()
        };
        let mut governor = Governor::new(most, middle, ONE, &progress);
        for row in 0..rows {
            let step = step_of(governor.quantizers()[governor.segment()]) + governor.favour();
            let expected = sum(10).at(step - middle) as f64;
            let starving = if governor.starves() { 0.2 } else { 1.0 };
            progress.tokens += (expected * takes(row) * starving) as u64;
            let left = 10 * (rows - row - 1);
            progress.expected = [sum(10), sum(left)];
            progress.macroblocks = [10, left];
            governor = governor.after(&progress);
        }
        let taken = progress.tokens + map(governor.macroblocks);
        (taken as f64 / most as f64, governor.quantizers().len())
    }

    #[test]
    fn frames_take_what_they_may_though_not_as_expected() {
        for part in [0.3, 0.5, 1.0, 2.0, 3.0] {
            let most = (300.0 * 256_000.0 * part) as u64;
            for error in [0.5, 0.7, 1.0, 1.4, 2.0] {
                let (taken, _) = simulate(most, 30, |_| error);
                assert!((0.85..=1.0).contains(&taken), "{part}, {error}: {taken}");
                let (taken, _) = simulate(most, 30, |row| if row < 15 { 1.0 } else { error });
                assert!(
                    (0.85..=1.0).contains(&taken),
                    "{part}, {error} later: {taken}"
                );
            }
            // What comes as expected needs no segments.
            assert_eq!(simulate(most, 30, |_| 1.0).1, 1);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let curves = [Curve::default(), Curve::falling(u32::MAX, OCTAVE)];
        for most in [0, 1, u64::MAX] {
            for curve in &curves {
                let mut progress = Progress {
                    expected: [Sum::default().plus(curve); 2],
                    tokens: 0,
                    others: [u64::MAX, 1],
                    macroblocks: [0, u32::MAX],
                };
                let mut governor = Governor::new(most, 0, u64::MAX, &progress);
                for tokens in [0, u64::MAX, 1] {
                    progress.tokens = tokens;
                    progress.others = [tokens, most];
                    progress.macroblocks[0] = u32::MAX;
                    governor = governor.after(&progress);
                    assert!(governor.quantizers().len() <= 4);
                    assert!(governor.segment() < governor.quantizers().len());
                }
            }
        }
    }
}
