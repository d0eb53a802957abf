//! How much is searched.

use super::search::Star;

/// What an encoder searches: presets are lines of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Whole-pixel search of macroblocks.
    pub(super) star: Star,
    /// The same of quarters of macroblocks; `None`: they are not split.
    pub(super) quarters: Option<Star>,
    /// Parts of pixels are searched in all directions, not only in the most promising ones.
    pub(super) all_parts: bool,
    /// How many references are split macroblocks predicted from.
    pub(super) split_references: usize,
    /// Macroblocks are split into sixteenths, too.
    pub(super) sixteenths: bool,
    /// Candidates, cheapest first, whose bits and errors are measured; with one the cheapest is taken.
    pub(super) measured: usize,
    /// Subblock modes of each subblock that are measured; with none there are no such macroblocks in inter frames.
    pub(super) sub_modes: usize,
    /// A macroblock whose prediction leaves little is not searched for better ones: not in other references, and not by intra
    /// modes.
    pub(super) stops_early: bool,
    /// Levels of the loop filter are tried on the picture, not guessed.
    tries_filter: bool,
    /// Levels are chosen by what they cost: of what is measured, too, or only of what is taken.
    pub(super) trellis: Trellis,
    /// Where modes are revised, other splits, whole pixels and intra modes are looked at, too.
    pub(super) revises_more: bool,
}

/// Where levels are chosen by what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trellis {
    /// Nowhere: they are rounded.
    Never,
    /// In what is taken.
    Taken,
    /// In what is measured, too.
    Measured,
}

impl Effort {
    /// Whether levels of the loop filter are tried on the picture: then [`Memory::trial`](super::Memory::trial) is
    /// wanted.
    pub const fn tries_filter(&self) -> bool {
        self.tries_filter
    }

    /// Whether frames that are rebased may get other modes than they had: those of neighbours, or vectors close by.
    pub const fn revises(&self) -> bool {
        self.measured > 1
    }

    /// This effort, with more of it where modes are [revised](Self::revises): other splits, whole pixels close by, and intra
    /// modes. Rebasing takes a third longer then, and frames take 2 to 4 % fewer bits.
    #[must_use]
    pub const fn revising_more(self) -> Self {
        Effort {
            revises_more: true,
            ..self
        }
    }

    /// What is searched where modes are revised: little beyond what is known.
    pub(super) const fn of_revision(&self) -> Self {
        Effort {
            quarters: None,
            measured: 2,
            ..*self
        }
    }

    /// For a frame that is to take a part of the time that others take: motion is searched as for what is shown at once, levels are
    /// chosen as ever.
    #[must_use]
    pub const fn hasty(&self) -> Self {
        Effort {
            trellis: match self.trellis {
                Trellis::Never => Trellis::Never,
                _ => Trellis::Taken,
            },
            ..Effort::REALTIME
        }
    }

    /// As fast as can be for pictures that are worth it. A microcontroller has no time for it: there
    /// [`StripEncoding::lean_strip`](super::StripEncoding::lean_strip) stands for real time.
    pub const REALTIME: Self = Effort {
        star: Star {
            reach: 4,
            walk: 2,
            directions: 4,
        },
        quarters: None,
        all_parts: false,
        split_references: 0,
        sixteenths: false,
        measured: 1,
        sub_modes: 0,
        stops_early: true,
        tries_filter: false,
        trellis: Trellis::Never,
        revises_more: false,
    };

    /// For streams that are kept.
    pub const GOOD: Self = Effort {
        star: Star {
            reach: 32,
            walk: 8,
            directions: 8,
        },
        quarters: Some(Star {
            reach: 4,
            walk: 4,
            directions: 8,
        }),
        all_parts: false,
        split_references: 3,
        sixteenths: true,
        measured: 6,
        sub_modes: 4,
        stops_early: false,
        tries_filter: true,
        trellis: Trellis::Taken,
        revises_more: false,
    };

    /// For streams that are kept by many.
    pub const BEST: Self = Effort {
        star: Star {
            reach: 64,
            walk: 16,
            directions: 8,
        },
        quarters: Some(Star {
            reach: 16,
            walk: 8,
            directions: 8,
        }),
        all_parts: true,
        split_references: 3,
        sixteenths: true,
        measured: 6,
        sub_modes: 5,
        stops_early: false,
        tries_filter: true,
        trellis: Trellis::Measured,
        revises_more: false,
    };
}
