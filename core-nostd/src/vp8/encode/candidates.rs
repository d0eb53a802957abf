//! Candidates for the coding of a macroblock: by what they differ from the source and by what their syntax costs.

use super::cost::Cost;
use super::decide::Decision;
use super::kernels::EncodeKernels;
use super::syntax::{self, Sink};
use super::vectors::can_be_said;
use crate::vp8::intra;
use crate::vp8::kernels::{Dst, Src};
use crate::vp8::modes::{LumaMode, Macroblock, Reference};
use crate::vp8::motion::{Vector, Vicinity};
use crate::vp8::tables::KEY_Y_MODES;

/// Candidates that are kept, cheapest first.
const MOST: usize = 12;

/// A candidate: how it is predicted, and what that costs.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub mb: Macroblock,
    /// Bits of its syntax, but for coefficients and whether there are any.
    pub rate: Cost,
    /// These and differences.
    pub score: u32,
}

pub(super) struct Candidates {
    all: [Candidate; MOST],
    count: usize,
    most: usize,
    /// Luma of the best as it is predicted, if that is at hand.
    luma: [u8; 256],
    has_luma: bool,
}

impl Candidates {
    pub fn new(most: usize) -> Self {
        let none = Candidate {
            mb: Macroblock::NEW,
            rate: 0,
            score: u32::MAX,
        };
        Candidates {
            all: [none; MOST],
            count: 0,
            most: most.clamp(1, MOST),
            luma: [0; 256],
            has_luma: false,
        }
    }

    /// Forgets them. Sooner done than others made.
    pub fn clear(&mut self) {
        self.count = 0;
        self.has_luma = false;
    }

    /// The best, cheapest first.
    pub fn list(&self) -> &[Candidate] {
        &self.all[..self.count]
    }

    /// Luma of the best, if that is at hand.
    pub fn best_luma(&self) -> Option<&[u8; 256]> {
        self.has_luma.then_some(&self.luma)
    }

    /// Keeps one whose luma is at hand.
    #[inline(always)]
    pub fn add_predicted(&mut self, candidate: Candidate, luma: &[u8; 256]) {
        if self.add(candidate) {
            self.luma = *luma;
            self.has_luma = true;
        }
    }

    /// Keeps one, if it is among the best; whether it is the best now.
    #[inline(always)]
    pub fn add(&mut self, candidate: Candidate) -> bool {
        let mut at = self.count.min(self.most);
        if at == self.most {
            at -= 1;
            if self.all[at].score <= candidate.score {
                return false;
            }
        } else {
            self.count += 1;
        }
        while at > 0 && self.all[at - 1].score > candidate.score {
            self.all[at] = self.all[at - 1];
            at -= 1;
        }
        self.all[at] = candidate;
        self.has_luma &= at > 0;
        at == 0
    }
}

/// The modes of whole planes.
pub(super) const WHOLE_MODES: [LumaMode; 4] = [
    LumaMode::Dc,
    LumaMode::Vertical,
    LumaMode::Horizontal,
    LumaMode::TrueMotion,
];

impl<K: EncodeKernels> Decision<'_, K> {
    /// What luma costs as long as nothing is known but differences after a transform.
    #[inline(always)]
    pub fn scored(&self, mb: Macroblock, rate: Cost, prediction: &[u8; 256]) -> Candidate {
        let source = self.source.luma_at(0, 0);
        let difference = self
            .kernels
            .satd::<16, 16>(source, Src::new(prediction, 16, 0));
        Candidate {
            mb,
            rate,
            score: self.plan.weights[self.segment & 3].absolute(rate, difference),
        }
    }

    #[inline(always)]
    pub fn add_intra(&self, candidates: &mut Candidates) {
        let mut prediction = [0; 256];
        for mode in WHOLE_MODES {
            intra::predict(
                self.kernels,
                Dst::new(&mut prediction, 16, 0),
                mode,
                &self.around.y,
            );
            let mb = Macroblock {
                mode,
                ..Macroblock::NEW
            };
            let candidate = self.scored(mb, self.luma_mode_rate(mode), &prediction);
            candidates.add_predicted(candidate, &prediction);
        }
    }

    /// Bits of an intra coded macroblock's luma mode, with its reference.
    pub fn luma_mode_rate(&self, mode: LumaMode) -> Cost {
        let mut rate = 0;
        if self.plan.header.key_frame {
            rate.path(&KEY_Y_MODES, syntax::key_y_path(mode));
        } else {
            syntax::reference(&mut rate, self.plan.chances(), Reference::None);
            rate.path(&self.plan.probabilities.y_modes, syntax::y_path(mode));
        }
        rate
    }

    #[inline(always)]
    pub fn add_inter(&self, candidates: &mut Candidates) {
        let neighbours = [self.above.neighbour(), self.left.neighbour(), self.corner];
        let bounds = self.bounds();
        let mut prediction = [0; 256];
        for (at, reference) in [Reference::Last, Reference::Golden, Reference::Altref]
            .into_iter()
            .enumerate()
        {
            if !self.plan.usable.0[at] || !self.analysis.searched[at] {
                continue;
            }
            let vicinity = Vicinity::new(&neighbours, reference, &self.plan.sign_bias, &bounds);
            let mut of_reference = 0;
            syntax::reference(&mut of_reference, self.plan.chances(), reference);
            let new = self.analysis.whole[at];
            let Vicinity {
                nearest,
                near,
                best,
                ..
            } = vicinity;
            let ways = [
                (LumaMode::Zero, Vector::ZERO, true),
                (LumaMode::Nearest, nearest, nearest != Vector::ZERO),
                (
                    LumaMode::Near,
                    near,
                    near != Vector::ZERO && near != nearest,
                ),
                (
                    LumaMode::New,
                    new,
                    ![Vector::ZERO, nearest, near].contains(&new) && can_be_said(new, best),
                ),
            ];
            for (mode, vector, is_worth_it) in ways {
                if !is_worth_it {
                    continue;
                }
                let mut rate = of_reference;
                syntax::inter_mode(&mut rate, &vicinity, mode);
                if mode == LumaMode::New {
                    rate += self.plan.vector_costs.of(vector, best);
                }
                let mut mb = Macroblock {
                    mode,
                    reference,
                    ..Macroblock::NEW
                };
                mb.vectors = [vector; 16];
                self.predict_luma(reference, vector, &mut prediction);
                candidates.add_predicted(self.scored(mb, rate, &prediction), &prediction);
            }
            if self.plan.effort.quarters.is_some() && at < self.plan.effort.split_references {
                let sixteenths = self.plan.effort.sixteenths;
                self.add_split(candidates, reference, &vicinity, sixteenths);
            }
        }
    }
}
