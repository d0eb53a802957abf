//! Units of progressive scans (T.81, annex G).
//!
//! Each of the four kinds of scans is coded from the final coefficients of the image alone, as the
//! Lepton format wants it. What that cannot tell is refused by the decoder, but for one thing: runs
//! of blocks without further coefficients are always made as long as they can be, and where a file
//! has shorter ones, a *break* is noted.

mod decode;
mod encode;

pub use decode::{Breaks, can_be_empty, decode, run_is_open};
pub use encode::{KnownBreaks, encode};

use super::scan::{Layout, Place, Plan};
use super::{MAX_COMPONENTS, Process};

/// The four kinds of scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    DcFirst,
    DcRefine,
    AcFirst,
    AcRefine,
}

impl Kind {
    fn of(plan: &Plan<'_>) -> Self {
        match (plan.scan.first, plan.scan.high) {
            (0, 0) => Kind::DcFirst,
            (0, _) => Kind::DcRefine,
            (_, 0) => Kind::AcFirst,
            _ => Kind::AcRefine,
        }
    }
}

/// Which bits of which coefficients the scans so far have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The lowest bit known of each coefficient of each component; [`NOTHING`] if there is none.
    low: [[u8; 64]; MAX_COMPONENTS],
}

const NOTHING: u8 = 255;

impl Progress {
    /// Before the first scan.
    pub const NEW: Progress = Progress {
        low: [[NOTHING; 64]; MAX_COMPONENTS],
    };

    /// Takes note of a scan, unless it gives bits that were given already, or leaves some out.
    pub fn admit(&mut self, plan: &Plan<'_>) -> bool {
        let scan = plan.scan;
        let (first, last, high, low) = match plan.frame.process {
            Process::Progressive => (scan.first, scan.last, scan.high, scan.low),
            _ => (0, 63, 0, 0),
        };
        let before = if high == 0 { NOTHING } else { high };
        let band = usize::from(first)..usize::from(last.min(63)) + 1;
        let known = |c: &super::ScanComponent| &self.low[usize::from(c.index & 3)][band.clone()];
        let fits = scan
            .components()
            .iter()
            .all(|c| known(c).iter().all(|&b| b == before));
        if !fits || high != 0 && low + 1 != high {
            return false;
        }
        for component in scan.components() {
            self.low[usize::from(component.index & 3)][band.clone()].fill(low);
        }
        true
    }
}

/// Index of the block that is a unit of a scan of one component.
#[inline(always)]
fn block_index(plan: &Plan<'_>, layout: &Layout, unit: u32) -> usize {
    let mut index = 0;
    // The closure never fails, and is called once.
    let _ = plan.visit(unit, |_, place: Place| {
        index = layout.index(place);
        Ok::<_, ()>(())
    });
    index
}

/// The first unit after `unit` that no run of blocks can reach beyond: that after the next restart, or
/// after the scan.
fn run_limit(plan: &Plan<'_>, unit: u32) -> u32 {
    let interval = u32::from(plan.header.restart_interval);
    match unit.checked_div(interval) {
        None => plan.units,
        Some(intervals) => ((intervals + 1) * interval).min(plan.units),
    }
}
