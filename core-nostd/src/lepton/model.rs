//! The adaptive probabilities, in their compact form.
//!
//! The tables are those of the original encoder (Lepton paper, appendix A), less what can never be
//! reached: a residual prefix of `n` bits has at most `2^n` values, so the six prefix tables are cut to
//! 2, 4, 8, 16, 32 and 128 places rather than 128 each. The probabilities are the same.

/// One adaptive binary probability: how often false (high byte) and true (low byte) came beyond
/// the one time that each is credited with. Zero is a branch that has seen nothing, so that a
/// fresh model is zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch(u16);

/// `256 f / (f + t)` for each pair of counts `f` and `t`: 64 kB, which is less work for the processor
/// than a division by a table of reciprocals, though not all of it stays near.
static PROBABILITY: [u8; 1 << 16] = {
    let mut table = [0; 1 << 16];
    let mut counts = 0;
    while counts < 1 << 16 {
        let (falses, trues) = ((counts >> 8) + 1, (counts & 0xff) + 1);
        table[counts] = (256 * falses / (falses + trues)) as u8;
        counts += 1;
    }
    table
};

impl Branch {
    /// Neither false nor true is likelier.
    pub const NEW: Branch = Branch(0);

    /// The probability of false in 256ths: 1 to 255, or 0 where it is below 1 (which splits a
    /// range like 1).
    #[inline(always)]
    pub fn probability(self) -> u8 {
        PROBABILITY[usize::from(self.0)]
    }

    /// Counts one more `bit`. A full counter (255) is halved with the other one, unless the other
    /// bit never came.
    #[inline(always)]
    pub fn count(&mut self, bit: bool) {
        let turn = u32::from(bit) * 8;
        // The counter of `bit` is on top now.
        let counts = self.0.rotate_left(turn);
        let next = if counts < 0xfe00 {
            counts + 0x100
        } else {
            Self::halve(counts)
        };
        self.0 = next.rotate_left(turn);
    }

    /// [`count`](Self::count) of a bit known to be true.
    #[inline(always)]
    pub fn count_true(&mut self) {
        if self.0 & 0xff < 0xfe {
            self.0 += 1;
        } else {
            self.0 = Self::halve(self.0.rotate_left(8)).rotate_left(8);
        }
    }

    /// [`count`](Self::count) of a bit known to be false.
    #[inline(always)]
    pub fn count_false(&mut self) {
        if self.0 < 0xfe00 {
            self.0 += 0x100;
        } else {
            self.0 = Self::halve(self.0);
        }
    }

    #[cold]
    fn halve(counts: u16) -> u16 {
        let other = counts & 0xff;
        if other == 0 {
            counts
        } else {
            0x8000 | (other / 2)
        }
    }
}

/// Places of a unary length code: 0 to 11 bits.
pub(super) const LENGTHS: usize = 11;
/// Places of one `threshold` row: the six prefix tables one after the other.
pub(super) const PREFIXES: usize = 2 + 4 + 8 + 16 + 32 + 128;
/// Where in a `threshold` row the table for a prefix of one bit more than the index starts.
pub(super) const PREFIX_START: [usize; 6] = [0, 2, 6, 14, 30, 62];

/// The probabilities of one coefficient's length in bits.
pub(super) type Length = [Branch; LENGTHS];

/// What component 0 has for itself and all others share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColourModel {
    /// By context of the neighbours' counts: the tree of the number of non-zero inner coefficients.
    pub inner_count: [[Branch; 64]; 9],
    /// By remaining count, position and bits of the neighbours' average.
    pub inner_length: [[[Length; 12]; 49]; 9],
    /// By remaining count, position and bit.
    pub inner_residual: [[[Branch; 10]; 49]; 9],
    /// Top row, left column; by furthest inner coefficient and count: the tree of the edge's count.
    pub edge_count: [[[[Branch; 8]; 8]; 8]; 2],
    /// By remaining count, position (top row, then left column) and bits of the prediction.
    pub edge_length: [[[Length; 11]; 14]; 7],
    /// By remaining count, position and bit below the noise threshold.
    pub edge_residual: [[[Branch; 3]; 14]; 7],
    /// By prediction: prefixes of the bits above the noise threshold.
    pub threshold: [[Branch; PREFIXES]; 256],
    /// By sign and bits of the prediction.
    pub sign: [[Branch; 12]; 3],
}

impl ColourModel {
    fn reset(&mut self) {
        let fresh = Branch::NEW;
        let lengths = self.inner_length.as_flattened_mut().as_flattened_mut();
        lengths.as_flattened_mut().fill(fresh);
        let residuals = self.inner_residual.as_flattened_mut();
        residuals.as_flattened_mut().fill(fresh);
        self.inner_count.as_flattened_mut().fill(fresh);
        let counts = self.edge_count.as_flattened_mut().as_flattened_mut();
        counts.as_flattened_mut().fill(fresh);
        let lengths = self.edge_length.as_flattened_mut().as_flattened_mut();
        lengths.as_flattened_mut().fill(fresh);
        let residuals = self.edge_residual.as_flattened_mut();
        residuals.as_flattened_mut().fill(fresh);
        self.threshold.as_flattened_mut().fill(fresh);
        self.sign.as_flattened_mut().fill(fresh);
    }
}

/// Everything that one partition's coder learns: 504,928 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub(super) colours: [ColourModel; 2],
    /// By the two uncertainties of the prediction.
    pub(super) dc_length: [[Length; 17]; 12],
    /// By uncertainty and bit.
    pub(super) dc_residual: [[Branch; 10]; 12],
}

const COLOUR: ColourModel = ColourModel {
    inner_count: [[Branch::NEW; 64]; 9],
    inner_length: [[[[Branch::NEW; LENGTHS]; 12]; 49]; 9],
    inner_residual: [[[Branch::NEW; 10]; 49]; 9],
    edge_count: [[[[Branch::NEW; 8]; 8]; 8]; 2],
    edge_length: [[[[Branch::NEW; LENGTHS]; 11]; 14]; 7],
    edge_residual: [[[Branch::NEW; 3]; 14]; 7],
    threshold: [[Branch::NEW; PREFIXES]; 256],
    sign: [[Branch::NEW; 12]; 3],
};

impl Model {
    /// A model that has learnt nothing: all zeros, so that a static one costs no image space.
    pub const NEW: Model = Model {
        colours: [COLOUR; 2],
        dc_length: [[[Branch::NEW; LENGTHS]; 17]; 12],
        dc_residual: [[Branch::NEW; 10]; 12],
    };

    /// Forgets everything learnt.
    pub fn reset(&mut self) {
        for colour in &mut self.colours {
            colour.reset();
        }
        let fresh = Branch::NEW;
        self.dc_length
            .as_flattened_mut()
            .as_flattened_mut()
            .fill(fresh);
        self.dc_residual.as_flattened_mut().fill(fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    #[test]
    fn the_model_is_compact() {
        assert_eq!(size_of::<Model>(), 504_928);
    }

    #[test]
    fn probabilities_are_rounded_down() {
        for falses in 1..=255u16 {
            for trues in 1..=255 {
                let expected = u32::from(falses) * 256 / u32::from(falses + trues);
                let branch = Branch((falses - 1) << 8 | (trues - 1));
                assert_eq!(u32::from(branch.probability()), expected);
            }
        }
    }

    #[test]
    fn full_counters_are_halved() {
        let counted = |counts: u16, bit| {
            let mut branch = Branch(counts - 0x0101);
            branch.count(bit);
            branch.0 + 0x0101
        };
        assert_eq!(counted(0x0101, false), 0x0201);
        assert_eq!(counted(0x0101, true), 0x0102);
        assert_eq!(counted(0xff01, false), 0xff01);
        assert_eq!(counted(0x01ff, true), 0x01ff);
        assert_eq!(counted(0xff02, false), 0x8101);
        assert_eq!(counted(0xff0a, false), 0x8105);
        assert_eq!(counted(0x0bff, true), 0x0681);
        assert_eq!(counted(0xffff, true), 0x8081);
    }

    #[test]
    fn a_reset_model_is_new() {
        let mut model = std::boxed::Box::new(Model::NEW);
        let models = &mut model.colours[1];
        models.inner_count[8][63].count(true);
        models.inner_length[8][48][11][10].count(true);
        models.inner_residual[8][48][9].count(true);
        models.edge_count[1][7][7][7].count(true);
        models.edge_length[6][13][10][10].count(true);
        models.edge_residual[6][13][2].count(true);
        models.threshold[255][PREFIXES - 1].count(true);
        models.sign[2][11].count(true);
        model.dc_length[11][16][10].count(true);
        model.dc_residual[11][9].count(true);
        model.reset();
        assert!(*model == Model::NEW);
    }
}
