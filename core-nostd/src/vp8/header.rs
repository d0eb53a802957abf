//! The frame tag and the frame header (RFC 6386, sections 9 and 19.2).

use super::error::Error;
use super::number_tables::COEFFICIENT_UPDATES;
use super::state::{Probabilities, State};
use super::tables::MV_UPDATES;
use crate::bool_coder::Reader;

/// The largest frames that the caller wants to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Macroblocks in all.
    pub macroblocks: u32,
}

impl Limits {
    /// No limit but the format's: 16383 by 16383 pixels.
    pub const NONE: Self = Limits {
        width: u16::MAX,
        height: u16::MAX,
        macroblocks: u32::MAX,
    };

    /// Whether pictures of this size are to be decoded.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] if they are not.
    pub fn check(&self, width: u16, height: u16) -> Result<(), Error> {
        let macroblocks = u32::from(width.div_ceil(16)) * u32::from(height.div_ceil(16));
        if width > self.width || height > self.height || macroblocks > self.macroblocks {
            return Err(Error::TooLarge { width, height });
        }
        Ok(())
    }
}

/// What a frame says of segments (section 9.3); their values are in the [`State`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentationHeader {
    /// Segments are in use.
    pub enabled: bool,
    /// The probabilities of the map's tree if the frame has a new map.
    pub map: Option<[u8; 3]>,
    /// The frame has new values for the segments.
    pub values_updated: bool,
}

/// What a frame says of the loop filter (sections 9.3 and 9.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterHeader {
    /// The simple filter, which leaves chroma alone.
    pub simple: bool,
    /// 0 to 63; 0 is no filter.
    pub level: u8,
    /// 0 to 7.
    pub sharpness: u8,
    /// The deltas in the [`State`] are in use.
    pub deltas_enabled: bool,
}

/// Quantizer indices (section 9.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuantizerIndices {
    /// Of luma AC coefficients, 0 to 127.
    pub base: u8,
    /// Differences of the others, -15 to 15: luma DC.
    pub y_dc: i8,
    /// Second-order luma DC.
    pub y2_dc: i8,
    /// Second-order luma AC.
    pub y2_ac: i8,
    /// Chroma DC.
    pub uv_dc: i8,
    /// Chroma AC.
    pub uv_ac: i8,
}

/// Where a reference comes from; references are those before the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The frame itself.
    Frame,
    /// The last frame.
    Last,
    /// The golden frame.
    Golden,
    /// The alternate reference frame.
    Altref,
}

/// What the references are after a frame (section 9.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceUpdates {
    /// The last frame.
    pub last: Source,
    /// The golden frame.
    pub golden: Source,
    /// The alternate reference frame.
    pub altref: Source,
}

impl ReferenceUpdates {
    /// All are the frame: after a key frame.
    pub const ALL: Self = ReferenceUpdates {
        last: Source::Frame,
        golden: Source::Frame,
        altref: Source::Frame,
    };
}

/// A frame's header, but for what goes into the [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// It depends on no frame before it.
    pub key_frame: bool,
    /// Which filters predict: 0 to 3 are in use.
    pub version: u8,
    /// To be shown, not only referred to.
    pub shown: bool,
    /// Bytes of the first partition.
    pub first_partition: usize,
    /// Segments.
    pub segmentation: SegmentationHeader,
    /// The loop filter.
    pub filter: FilterHeader,
    /// Token partitions: 1, 2, 4 or 8.
    pub partitions: usize,
    /// Quantizers.
    pub quantizers: QuantizerIndices,
    /// What becomes of the references.
    pub references: ReferenceUpdates,
    /// Vectors into the golden and the alternate reference frame point the other way.
    pub sign_bias: [bool; 2],
    /// The frame's probabilities stay for the next one.
    pub refresh_entropy: bool,
    /// Probability that a macroblock has coefficients, if those that have none say so.
    pub skip: Option<u8>,
    /// Probability that a macroblock is intra coded.
    pub intra: u8,
    /// Probability that an inter macroblock refers to the last frame.
    pub last: u8,
    /// Probability that another one refers to the golden frame.
    pub golden: u8,
}

/// The frame tag, and the fixed part of a key frame's header (section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub key_frame: bool,
    pub version: u8,
    pub shown: bool,
    pub first_partition: usize,
    /// Width, height and their scales, in a key frame.
    pub size: Option<[(u16, u8); 2]>,
    /// Where the first partition begins.
    pub len: usize,
}

impl Tag {
    pub(super) fn read(data: &[u8], limits: &Limits) -> Result<Self, Error> {
        let (&[a, b, c], rest) = data.split_first_chunk().ok_or(Error::TruncatedHeader)?;
        let bits = u32::from_le_bytes([a, b, c, 0]);
        let mut tag = Tag {
            key_frame: bits & 1 == 0,
            version: (bits >> 1 & 7) as u8,
            shown: bits >> 4 & 1 == 1,
            first_partition: (bits >> 5) as usize,
            size: None,
            len: 3,
        };
        let mut left = rest.len();
        if tag.key_frame {
            let (fixed, rest) = rest.split_first_chunk().ok_or(Error::TruncatedHeader)?;
            let &[s0, s1, s2, w0, w1, h0, h1] = fixed;
            if [s0, s1, s2] != [0x9d, 0x01, 0x2a] {
                return Err(Error::StartCode);
            }
            let size = [[w0, w1], [h0, h1]].map(|bytes| {
                let both = u16::from_le_bytes(bytes);
                (both & 0x3fff, (both >> 14) as u8)
            });
            let [(width, _), (height, _)] = size;
            if width == 0 || height == 0 {
                return Err(Error::NoPixels);
            }
            limits.check(width, height)?;
            tag.size = Some(size);
            tag.len = 10;
            left = rest.len();
        }
        if left < tag.first_partition {
            return Err(Error::FirstPartition);
        }
        Ok(tag)
    }
}

/// Reads of single values (section 8).
pub(super) trait Read {
    fn flag(&mut self) -> bool;
    fn literal(&mut self, bits: u32) -> u8;
    fn signed(&mut self, bits: u32) -> i8;
    fn optional(&mut self, bits: u32) -> Option<i8>;
    fn chance(&mut self, probability: u8) -> bool;
}

impl Read for Reader<'_> {
    fn flag(&mut self) -> bool {
        self.chance(128)
    }

    fn literal(&mut self, bits: u32) -> u8 {
        (0..bits).fold(0, |value, _| value << 1 | u8::from(self.flag()))
    }

    /// Magnitude of at most 7 bits, then sign.
    fn signed(&mut self, bits: u32) -> i8 {
        let magnitude = self.literal(bits) as i8;
        if self.flag() {
            magnitude.wrapping_neg()
        } else {
            magnitude
        }
    }

    /// A flag, and a signed value if it is set.
    fn optional(&mut self, bits: u32) -> Option<i8> {
        self.flag().then(|| self.signed(bits))
    }

    fn chance(&mut self, probability: u8) -> bool {
        self.prepare();
        self.read(probability)
    }
}

/// Reads the compressed part of the header, up to the first macroblock. `state` becomes that after the frame,
/// `probabilities` those that the frame uses.
pub(super) fn read(
    tag: &Tag,
    reader: &mut Reader<'_>,
    state: &mut State,
    probabilities: &mut Probabilities,
) -> Result<FrameHeader, Error> {
    if let Some([(width, horizontal_scale), (height, vertical_scale)]) = tag.size {
        // Section 9.3, 9.6, 9.9 and 9.10: a key frame starts from scratch.
        *state = State {
            width,
            height,
            horizontal_scale,
            vertical_scale,
            color_space: reader.literal(1),
            clamping_type: reader.literal(1),
            ..State::NEW
        };
    }
    let segmentation = read_segmentation(state, reader);
    let filter = read_filter(state, reader);
    let partitions = 1 << reader.literal(2);
    let quantizers = read_quantizers(reader);
    let mut references = ReferenceUpdates::ALL;
    let mut sign_bias = [false; 2];
    if !tag.key_frame {
        references = read_references(reader)?;
        sign_bias = [reader.flag(), reader.flag()];
    }
    let refresh_entropy = reader.flag();
    if !tag.key_frame && !reader.flag() {
        references.last = Source::Last;
    }
    *probabilities = state.probabilities;
    update_coefficients(probabilities, reader);
    let skip = reader.flag().then(|| reader.literal(8));
    let [mut intra, mut last, mut golden] = [0; 3];
    if !tag.key_frame {
        [intra, last, golden] = [reader.literal(8), reader.literal(8), reader.literal(8)];
        update_modes(probabilities, reader);
    }
    if refresh_entropy {
        state.probabilities = *probabilities;
    }
    Ok(FrameHeader {
        key_frame: tag.key_frame,
        version: tag.version,
        shown: tag.shown,
        first_partition: tag.first_partition,
        segmentation,
        filter,
        partitions,
        quantizers,
        references,
        sign_bias,
        refresh_entropy,
        skip,
        intra,
        last,
        golden,
    })
}

/// Section 9.3.
fn read_segmentation(state: &mut State, reader: &mut Reader<'_>) -> SegmentationHeader {
    if !reader.flag() {
        return SegmentationHeader::default();
    }
    let new_map = reader.flag();
    let values_updated = reader.flag();
    if values_updated {
        let segmentation = &mut state.segmentation;
        segmentation.absolute = reader.flag();
        segmentation.quantizers = [0; 4].map(|_: i8| reader.optional(7).unwrap_or(0));
        segmentation.filter_levels = [0; 4].map(|_: i8| reader.optional(6).unwrap_or(0));
    }
    let mut tree = || {
        [255; 3].map(|none| {
            if reader.flag() {
                reader.literal(8)
            } else {
                none
            }
        })
    };
    SegmentationHeader {
        enabled: true,
        map: new_map.then(&mut tree),
        values_updated,
    }
}

/// Sections 9.3 and 9.6.
fn read_filter(state: &mut State, reader: &mut Reader<'_>) -> FilterHeader {
    let header = FilterHeader {
        simple: reader.flag(),
        level: reader.literal(6),
        sharpness: reader.literal(3),
        deltas_enabled: reader.flag(),
    };
    if header.deltas_enabled && reader.flag() {
        let deltas = state.reference_deltas.iter_mut();
        for delta in deltas.chain(&mut state.mode_deltas) {
            *delta = reader.optional(6).unwrap_or(*delta);
        }
    }
    header
}

/// Section 9.6.
fn read_quantizers(reader: &mut Reader<'_>) -> QuantizerIndices {
    let base = reader.literal(7);
    let mut delta = || reader.optional(4).unwrap_or(0);
    QuantizerIndices {
        base,
        y_dc: delta(),
        y2_dc: delta(),
        y2_ac: delta(),
        uv_dc: delta(),
        uv_ac: delta(),
    }
}

/// Section 9.7. As in libvpx the alternate reference frame is copied first: a golden frame that is copied
/// from it gets what it then is.
fn read_references(reader: &mut Reader<'_>) -> Result<ReferenceUpdates, Error> {
    let refresh_golden = reader.flag();
    let refresh_altref = reader.flag();
    let mut copy = |refresh: bool| if refresh { 0 } else { reader.literal(2) };
    let (copy_golden, copy_altref) = (copy(refresh_golden), copy(refresh_altref));
    let altref = match copy_altref {
        0 => Source::Altref,
        1 => Source::Last,
        2 => Source::Golden,
        _ => return Err(Error::ReferenceCopy),
    };
    let golden = match copy_golden {
        0 => Source::Golden,
        1 => Source::Last,
        2 => altref,
        _ => return Err(Error::ReferenceCopy),
    };
    let or_frame = |refresh, source| if refresh { Source::Frame } else { source };
    Ok(ReferenceUpdates {
        last: Source::Frame,
        golden: or_frame(refresh_golden, golden),
        altref: or_frame(refresh_altref, altref),
    })
}

/// Section 13.4.
fn update_coefficients(probabilities: &mut Probabilities, reader: &mut Reader<'_>) {
    let all = probabilities.coefficients.as_flattened_mut();
    let updates = COEFFICIENT_UPDATES.as_flattened().as_flattened();
    for (row, updates) in all.as_flattened_mut().iter_mut().zip(updates) {
        for (probability, &update) in row.iter_mut().zip(updates) {
            if reader.chance(update) {
                *probability = reader.literal(8);
            }
        }
    }
}

/// Sections 16.2 and 17.2.
fn update_modes(probabilities: &mut Probabilities, reader: &mut Reader<'_>) {
    if reader.flag() {
        probabilities.y_modes = [0; 4].map(|_: u8| reader.literal(8));
    }
    if reader.flag() {
        probabilities.uv_modes = [0; 3].map(|_: u8| reader.literal(8));
    }
    let vectors = probabilities.vectors.as_flattened_mut().iter_mut();
    for (probability, &update) in vectors.zip(MV_UPDATES.as_flattened()) {
        if reader.chance(update) {
            let value = reader.literal(7);
            *probability = if value == 0 { 1 } else { value << 1 };
        }
    }
}
