//! What the next frame depends on, but for the pictures and the segment map.

use core::fmt;
use sha2::{Digest, Sha256};

use super::number_tables::{COEFFICIENT_DEFAULTS, CoefficientProbabilities};
use super::tables::{MV_DEFAULTS, UV_MODE_DEFAULTS, VectorProbabilities, Y_MODE_DEFAULTS};

/// The probabilities that frames refresh or leave (RFC 6386, section 9.10 and 9.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probabilities {
    /// Of coefficient tokens.
    pub coefficients: CoefficientProbabilities,
    /// Of motion vectors: row, then column.
    pub vectors: [VectorProbabilities; 2],
    /// Of luma modes in inter frames.
    pub y_modes: [u8; 4],
    /// Of chroma modes in inter frames.
    pub uv_modes: [u8; 3],
}

impl Probabilities {
    /// Those at the start of a key frame.
    pub const DEFAULT: Self = Probabilities {
        coefficients: COEFFICIENT_DEFAULTS,
        vectors: MV_DEFAULTS,
        y_modes: Y_MODE_DEFAULTS,
        uv_modes: UV_MODE_DEFAULTS,
    };
}

/// What segments say, as far as it persists (section 9.3). Whether they are in use each frame says anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segmentation {
    /// The values stand for themselves, and are not added to the frame's.
    pub absolute: bool,
    /// Quantizer indices or differences of them, -127 to 127.
    pub quantizers: [i8; 4],
    /// Loop filter levels or differences of them, -63 to 63.
    pub filter_levels: [i8; 4],
}

/// All that decoding the next frame depends on, but for the three reference pictures and the segment map, which
/// is a byte (0 to 3) a macroblock in raster order.
///
/// What every frame says anew (sign biases, whether segments are in use, filter levels) is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Picture width in pixels, 1 to 16383; 0 before the first key frame.
    pub width: u16,
    /// Picture height in pixels, likewise.
    pub height: u16,
    /// How much wider to show the picture: 0 to 3 for 1, 5/4, 5/3, 2. Reported, not applied.
    pub horizontal_scale: u8,
    /// How much higher, likewise.
    pub vertical_scale: u8,
    /// The colour space bit; 0 is ITU-R BT.601.
    pub color_space: u8,
    /// The clamping type bit: 1 promises that pixels need no clamping. They are clamped all the same.
    pub clamping_type: u8,
    /// What segments say.
    pub segmentation: Segmentation,
    /// What is added to the filter level for each reference: none, last, golden, altref.
    pub reference_deltas: [i8; 4],
    /// What is added for modes: subblock modes, zero, other whole vectors, split.
    pub mode_deltas: [i8; 4],
    /// The probabilities.
    pub probabilities: Probabilities,
}

impl Default for State {
    fn default() -> Self {
        Self::NEW
    }
}

/// Length of a [`State`] as bytes.
pub const STATE_BYTES: usize = 2 + 4 + 4 + 9 + 8 + 1056 + 38 + 4 + 3;

/// The first byte of a state; the second is the version of what follows.
const MAGIC: u8 = b'8';
const VERSION: u8 = 1;

/// Bytes are not those of a state; the text says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadState(pub &'static str);

impl fmt::Display for BadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not the bytes of a decoder's state: {}", self.0)
    }
}

impl core::error::Error for BadState {}

impl State {
    /// The state before the first frame.
    pub const NEW: Self = State {
        width: 0,
        height: 0,
        horizontal_scale: 0,
        vertical_scale: 0,
        color_space: 0,
        clamping_type: 0,
        segmentation: Segmentation {
            absolute: false,
            quantizers: [0; 4],
            filter_levels: [0; 4],
        },
        reference_deltas: [0; 4],
        mode_deltas: [0; 4],
        probabilities: Probabilities::DEFAULT,
    };

    /// Whether there was a key frame, so that inter frames can follow.
    pub const fn has_key_frame(&self) -> bool {
        self.width != 0
    }

    /// Columns of macroblocks.
    pub const fn columns(&self) -> usize {
        (self.width as usize).div_ceil(16)
    }

    /// Rows of macroblocks.
    pub const fn rows(&self) -> usize {
        (self.height as usize).div_ceil(16)
    }

    /// Length of the segment map.
    pub const fn macroblocks(&self) -> usize {
        self.columns() * self.rows()
    }

    /// The state as bytes: the same if and only if the states are.
    pub fn to_bytes(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        let mut rest = bytes.iter_mut();
        let mut put = |value: u8| {
            if let Some(place) = rest.next() {
                *place = value;
            }
        };
        let [w1, w0] = self.width.to_be_bytes();
        let [h1, h0] = self.height.to_be_bytes();
        let fixed = [
            &[MAGIC, VERSION, w1, w0, h1, h0][..],
            &[self.horizontal_scale, self.vertical_scale],
            &[self.color_space, self.clamping_type],
            &[u8::from(self.segmentation.absolute)],
        ];
        fixed.into_iter().flatten().for_each(|&v| put(v));
        let signed = [
            self.segmentation.quantizers,
            self.segmentation.filter_levels,
            self.reference_deltas,
            self.mode_deltas,
        ];
        signed.as_flattened().iter().for_each(|&v| put(v as u8));
        let p = &self.probabilities;
        let coefficients = p.coefficients.as_flattened().as_flattened().as_flattened();
        let all = [
            coefficients,
            p.vectors.as_flattened(),
            &p.y_modes,
            &p.uv_modes,
        ];
        all.into_iter().flatten().for_each(|&v| put(v));
        bytes
    }

    /// The state of these bytes.
    ///
    /// # Errors
    ///
    /// If [`to_bytes`](Self::to_bytes) gives such bytes for no state.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadState> {
        if bytes.len() != STATE_BYTES {
            return Err(BadState("length"));
        }
        let mut rest = bytes.iter().copied();
        let mut next = || rest.next().unwrap_or(0);
        if next() != MAGIC {
            return Err(BadState("first byte"));
        }
        if next() != VERSION {
            return Err(BadState("version"));
        }
        let mut state = State::NEW;
        state.width = u16::from_be_bytes([next(), next()]);
        state.height = u16::from_be_bytes([next(), next()]);
        state.horizontal_scale = next();
        state.vertical_scale = next();
        state.color_space = next();
        state.clamping_type = next();
        state.segmentation.absolute = match next() {
            0 => false,
            1 => true,
            _ => return Err(BadState("segmentation")),
        };
        let mut signed = [[0i8; 4]; 4];
        signed
            .as_flattened_mut()
            .iter_mut()
            .for_each(|v| *v = next() as i8);
        [
            state.segmentation.quantizers,
            state.segmentation.filter_levels,
            state.reference_deltas,
            state.mode_deltas,
        ] = signed;
        let p = &mut state.probabilities;
        let coefficients = p.coefficients.as_flattened_mut().as_flattened_mut();
        let all = [
            coefficients.as_flattened_mut(),
            p.vectors.as_flattened_mut(),
            &mut p.y_modes,
            &mut p.uv_modes,
        ];
        all.into_iter().flatten().for_each(|v| *v = next());
        state.check().map(|()| state)
    }

    /// Whether every field has a value that frames can give it.
    fn check(&self) -> Result<(), BadState> {
        let size = |v: u16| v < 1 << 14;
        let sizes = size(self.width) && size(self.height);
        if !sizes || (self.width == 0) != (self.height == 0) {
            return Err(BadState("size"));
        }
        if self.horizontal_scale > 3 || self.vertical_scale > 3 {
            return Err(BadState("scale"));
        }
        if self.color_space > 1 || self.clamping_type > 1 {
            return Err(BadState("color space or clamping type"));
        }
        if self.segmentation.quantizers.contains(&-128) {
            return Err(BadState("quantizer of a segment"));
        }
        let levels = [
            self.segmentation.filter_levels,
            self.reference_deltas,
            self.mode_deltas,
        ];
        if levels.as_flattened().iter().any(|v| v.unsigned_abs() > 63) {
            return Err(BadState("filter level or delta"));
        }
        if !self.has_key_frame() && *self != State::NEW {
            return Err(BadState("values before the first key frame"));
        }
        Ok(())
    }

    /// The SHA-256 of the state's bytes and the segment map: a name for the state by its content.
    pub fn digest(&self, segments: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.to_bytes());
        hash.update(segments);
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_state() -> State {
        let mut state = State {
            width: 175,
            height: 143,
            horizontal_scale: 1,
            vertical_scale: 2,
            color_space: 1,
            clamping_type: 1,
            ..State::NEW
        };
        state.segmentation.absolute = true;
        state.segmentation.quantizers = [127, -127, 3, 0];
        state.reference_deltas = [-63, 63, 0, 1];
        state.mode_deltas = [1, 2, 3, 4];
        state.probabilities.coefficients[3][7][2][10] = 77;
        state.probabilities.uv_modes[2] = 5;
        state
    }

    #[test]
    fn bytes_are_read_back() {
        for state in [State::NEW, some_state()] {
            assert_eq!(State::from_bytes(&state.to_bytes()), Ok(state));
        }
        assert_eq!(some_state().to_bytes()[STATE_BYTES - 1], 5);
    }

    #[test]
    fn what_is_read_is_written_again_or_refused() {
        let good = some_state().to_bytes();
        for at in 0..STATE_BYTES {
            for value in [0, 1, 2, 63, 64, 127, 128, 192, 255] {
                let mut bytes = good;
                bytes[at] = value;
                if let Ok(state) = State::from_bytes(&bytes) {
                    assert_eq!(state.to_bytes(), bytes);
                }
            }
        }
        assert!(State::from_bytes(&good[1..]).is_err());
    }

    #[test]
    fn digests_tell_states_and_maps_apart() {
        let digest = some_state().digest(&[0; 99]);
        assert_ne!(digest, State::NEW.digest(&[0; 99]));
        assert_ne!(digest, some_state().digest(&[1; 99]));
        assert_eq!(digest, some_state().digest(&[0; 99]));
    }
}
