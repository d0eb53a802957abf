//! What the coefficients of a picture that has been encoded would take with other quantizers.

use super::cost::{self, Cost};
use super::decide::PredictInter;
use super::effort::Trellis;
use super::kernels::EncodeKernels;
use super::logs::{Log, OCTAVE, log2, times_exp2};
use super::pixels::Pixels;
use super::plan::Plan;
use super::quantizer::MacroblockQuantizer;
use super::residue::{self, Coding, Levels};
use super::tokens;
use super::weights::Weights;
use crate::kernels::Work;
use crate::vp8::inter::Position;
use crate::vp8::kernels::Src;
use crate::vp8::modes::{Macroblock, Reference};
use crate::vp8::picture::{Picture, References};
use crate::vp8::tokens::{Blocks, Contexts, TokenProbabilities};

/// Steps at which it is looked, in octaves beside one in the middle.
pub(super) const PLACES: [Log; 6] = [
    -OCTAVE,
    -OCTAVE * 5 / 8,
    -OCTAVE / 4,
    0,
    OCTAVE / 4,
    OCTAVE * 5 / 8,
];

/// How bits go with the step, about, where it is not measured.
const EXPONENT: Log = OCTAVE * 5 / 4;

/// Bits of a macroblock, in 256ths: those of coefficients with six steps, from an octave below one in the middle to five eighths
/// above it, and all others with the step of the first encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    tokens: [u32; PLACES.len()],
    pub(super) others: u32,
}

/// The same for many macroblocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    tokens: [u64; PLACES.len()],
    pub others: u64,
}

impl Curve {
    /// So many bits of coefficients in the middle, that go with a power of the step.
    pub(super) fn falling(bits: u32, exponent: Log) -> Self {
        Curve {
            tokens: PLACES.map(|place| {
                let bits = times_exp2(bits.into(), -place * exponent / OCTAVE);
                u32::try_from(bits).unwrap_or(u32::MAX)
            }),
            others: 0,
        }
    }

    /// As many times as high, in parts of `of`: coefficients, all else.
    pub(super) fn scaled(&self, [tokens, others]: [u64; 2], of: u64) -> Self {
        let scaled = |bits: u32, times: u64| {
            let bits = u128::from(bits) * u128::from(times) / u128::from(of.max(1));
            u32::try_from(bits).unwrap_or(u32::MAX)
        };
        Curve {
            tokens: self.tokens.map(|bits| scaled(bits, tokens)),
            others: scaled(self.others, others),
        }
    }
}

impl Sum {
    pub fn of(curves: &[Curve]) -> Self {
        curves
            .iter()
            .fold(Sum::default(), |sum, curve| sum.plus(curve))
    }

    /// All bits, with a step in the middle.
    pub fn all(&self) -> u64 {
        self.at(0).saturating_add(self.others)
    }

    pub fn plus(&self, curve: &Curve) -> Self {
        Sum {
            tokens: core::array::from_fn(|i| self.tokens[i].saturating_add(curve.tokens[i].into())),
            others: self.others.saturating_add(curve.others.into()),
        }
    }

    pub fn minus(&self, other: &Self) -> Self {
        Sum {
            tokens: core::array::from_fn(|i| self.tokens[i].saturating_sub(other.tokens[i])),
            others: self.others.saturating_sub(other.others),
        }
    }

    /// Bits of coefficients at a step so much coarser than that in the middle. They go straight from place to place: where
    /// coefficients vanish that is nearer to the truth than a power. Beyond there is nothing but powers.
    pub fn at(&self, step: Log) -> u64 {
        let last = PLACES.len() - 1;
        let high = PLACES.iter().position(|&place| place >= step);
        let high = high.unwrap_or(last).max(1);
        let ([from, to], [a, b]) = (
            [PLACES[high - 1], PLACES[high]],
            [self.tokens[high - 1], self.tokens[high]],
        );
        if (PLACES[0]..=PLACES[last]).contains(&step) {
            let fall = a.saturating_sub(b) / (to - from) as u64;
            return (a.min(b) + fall * (to - step) as u64).max(1);
        }
        // That all vanishes at once is not believed.
        let [log_a, log_b] = [a, b].map(|bits| log2(bits.max(1)));
        let slope = ((log_b - log_a) * OCTAVE / (to - from)).clamp(-3 * OCTAVE, -OCTAVE / 4);
        times_exp2(b.max(1), (step - to) * slope / OCTAVE)
    }
}

/// Quantizers at a survey's places.
pub(super) struct Place {
    pub quantizer: MacroblockQuantizer,
    pub weights: Weights,
}

/// What is looked at.
pub(super) struct Survey<'a, K> {
    pub kernels: K,
    pub plan: &'a Plan<'a>,
    pub source: &'a Picture<'a>,
    pub references: &'a References<'a>,
    pub probabilities: &'a TokenProbabilities,
    pub places: &'a [Place; PLACES.len()],
    /// The quantizer of the levels.
    pub own: &'a Place,
    /// How much coarser the step in the middle is than that of the levels.
    pub coarser: Log,
    pub macroblocks: &'a [Macroblock],
    pub levels: &'a [Blocks],
    /// One for each column, of any content.
    pub contexts: &'a mut [Contexts],
    pub curves: &'a mut [Curve],
}

impl<K: EncodeKernels> Work for Survey<'_, K> {
    /// What the levels as they are take.
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let columns = self.plan.columns.max(1);
        self.contexts.fill(Contexts::NEW);
        let mut all = 0;
        let look = Look {
            kernels: self.kernels,
            plan: self.plan,
            source: self.source,
            references: self.references,
        };
        let blocks = self.macroblocks.iter().zip(self.levels).zip(self.curves);
        let mut left = Contexts::NEW;
        for (at, ((mb, levels), curve)) in blocks.enumerate() {
            let position = Position {
                column: at % columns,
                row: at / columns,
            };
            if position.column == 0 {
                left = Contexts::NEW;
            }
            let Some(above) = self.contexts.get_mut(position.column) else {
                continue;
            };
            let contexts = [*above, left];
            let sides = [above, &mut left];
            let taken = tokens::cost_of_macroblock(self.probabilities, mb, levels, sides);
            all += u64::from(taken);
            let residue = look.residue(mb, position, contexts);
            *curve = look.curve(&residue, self.places);
            if mb.reference == Reference::None && taken > 0 {
                // Prediction is another one with other quantizers, so only the curve's shape is what it looks like.
                let own = look.bits(&residue, self.own).unwrap_or(0);
                *curve = if own == 0 {
                    let bits = times_exp2(taken.into(), -self.coarser * EXPONENT / OCTAVE);
                    Curve::falling(u32::try_from(bits).unwrap_or(u32::MAX), EXPONENT)
                } else {
                    curve.scaled([taken.into(), 0], own.into())
                };
            }
        }
        all
    }
}

/// What is the same for all macroblocks.
struct Look<'a, K> {
    kernels: K,
    plan: &'a Plan<'a>,
    source: &'a Picture<'a>,
    references: &'a References<'a>,
}

/// What prediction leaves of a macroblock.
struct Residue {
    source: Pixels,
    prediction: Pixels,
    with_y2: bool,
    contexts: [Contexts; 2],
}

impl<K: EncodeKernels> Look<'_, K> {
    /// Of the prediction that was chosen; one that is intra coded is taken to be predicted by its mean.
    #[inline(always)]
    fn residue(&self, mb: &Macroblock, position: Position, contexts: [Contexts; 2]) -> Residue {
        let mut residue = Residue {
            source: Pixels::NEW,
            prediction: Pixels::NEW,
            with_y2: mb.mode.has_y2(),
            contexts,
        };
        let Position { column, row } = position;
        residue.source.load(self.kernels, self.source, column, row);
        let reference = match mb.reference {
            Reference::None => {
                let Pixels { y, u, v } = &residue.source;
                let to = &mut residue.prediction;
                to.y.fill(mean(y));
                to.u.fill(mean(u));
                to.v.fill(mean(v));
                return residue;
            }
            Reference::Last => &self.references.last,
            Reference::Golden => &self.references.golden,
            Reference::Altref => &self.references.altref,
        };
        self.kernels.run(PredictInter {
            kernels: self.kernels,
            interpolation: self.plan.interpolation,
            reference,
            position,
            mb,
            prediction: &mut residue.prediction,
        });
        residue
    }

    /// Bits at all places. What vanishes with a step stays away with coarser ones.
    #[inline(always)]
    fn curve(&self, residue: &Residue, places: &[Place; PLACES.len()]) -> Curve {
        let mut curve = Curve::default();
        for (bits, place) in curve.tokens.iter_mut().zip(places) {
            let Some(taken) = self.bits(residue, place) else {
                break;
            };
            *bits = taken;
        }
        curve
    }

    /// Bits with a quantizer, if anything is coded.
    fn bits(&self, residue: &Residue, place: &Place) -> Option<Cost> {
        self.kernels.run(Quantise {
            kernels: self.kernels,
            plan: self.plan,
            residue,
            place,
        })
    }
}

fn mean(pixels: &[u8]) -> u8 {
    let sum = pixels.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
    (sum / (pixels.len() as u32).max(1)) as u8
}

/// Quantises what is left of a macroblock: a function of its own, as it is long.
struct Quantise<'a, K> {
    kernels: K,
    plan: &'a Plan<'a>,
    residue: &'a Residue,
    place: &'a Place,
}

impl<K: EncodeKernels> Work for Quantise<'_, K> {
    type Output = Option<Cost>;

    #[inline(always)]
    fn run(self) -> Option<Cost> {
        let kernels = self.kernels;
        let Residue {
            source,
            prediction,
            with_y2,
            contexts,
        } = self.residue;
        let weights = self.place.weights;
        let coding = &Coding {
            kernels,
            quantizer: &self.place.quantizer,
            costs: self.plan.token_costs,
            weights,
            trellis: self.plan.effort.trellis != Trellis::Never,
        };
        let (mut levels, mut ends) = ([[0; 16]; 25], [0; 25]);
        let luma = kernels.run(residue::Luma {
            coding,
            source,
            prediction,
            with_y2: *with_y2,
            contexts: *contexts,
            to: Levels {
                levels: &mut levels,
                ends: &mut ends,
            },
        });
        let chroma = [source.chroma(), prediction.chroma()];
        let of_chroma = kernels.run(residue::Chroma {
            coding,
            source: &chroma[0],
            prediction: &chroma[1],
            contexts: *contexts,
            to: Levels {
                levels: &mut levels,
                ends: &mut ends,
            },
        });
        let toll = luma.plus(of_chroma);
        let luma = kernels.sse::<16, 16>(source.luma_at(0, 0), prediction.luma_at(0, 0));
        let [a, b] = chroma.each_ref().map(|chroma| Src::new(chroma, 16, 0));
        let without = (luma + kernels.sse::<16, 8>(a, b)) * 16;
        let skip = |skip| cost::of_bit(self.plan.skip, skip);
        // What costs more than it is worth is not coded.
        let coded = ends.iter().any(|&end| end > 0)
            && weights.squared(toll.rate + skip(false), toll.error)
                < weights.squared(skip(true), without);
        coded.then_some(toll.rate)
    }
}
