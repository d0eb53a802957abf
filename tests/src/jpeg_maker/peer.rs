//! Which made files the peer is known to take.

use super::content::Content;
use super::spec::{Component, EobRuns, JpegSpec, Process, Scan};

impl JpegSpec {
    /// Whether `lepton_jpeg` 0.5.8 compresses the file and restores it exactly: a codec of ours must agree with it then.
    #[must_use]
    pub fn suits_lepton_jpeg(&self) -> bool {
        self.frame_suits() && self.scans_suit() && self.file_suits()
    }

    /// Whether no two components have the same identifier.
    #[must_use]
    pub fn ids_differ(&self) -> bool {
        let bearers = |c: &Component| self.components.iter().filter(|d| d.id == c.id).count();
        self.components.iter().all(|c| bearers(c) == 1)
    }

    fn frame_suits(&self) -> bool {
        let count = self.components.len();
        let sampled = |limit: u8| self.components.iter().all(|c| c.h <= limit && c.v <= limit);
        // It counts restart intervals of a single component by MCUs of its sampling, which T.81 does not.
        let restarts_suit = count > 1 || self.restart == 0 || sampled(1);
        // Coefficients of no picture can lead to DC residuals that the format cannot say.
        let in_range = self.content != Content::Extreme;
        count <= 3
            && sampled(2)
            && self.width.max(self.height) <= 16386
            && restarts_suit
            && self.ids_differ()
            && in_range
    }

    fn scans_suit(&self) -> bool {
        let all = |scan: &Scan| scan.components.len() == self.components.len();
        if self.process != Process::Progressive {
            return self.scans.len() == 1 && all(&self.scans[0]);
        }
        let dc_suits = self.scans.iter().filter(|s| s.ss == 0).all(all);
        let bands_suit = self.scans.iter().all(|s| s.ss == 0 || s.ss < s.se);
        dc_suits && bands_suit && self.eob_runs == EobRuns::Maximal
    }

    fn file_suits(&self) -> bool {
        let known = |marker| matches!(marker, 0xE0..=0xEF | 0xFE);
        self.segments.iter().all(|s| known(s.marker))
            && self.keep_rst.is_none()
            && self.eoi
            && self.fill.dqt == 0
            && self.fill.sos == 0
    }
}
