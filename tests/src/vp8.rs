//! VP8 for tests: an IVF reader, and the core's decoder with memory of its own.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{
    Above, Blocks, Contexts, Error, Frame, FrameHeader, Limits, Macroblock, Memory, Picture,
    PictureMut, PixelKernels, References, Report, RowSyntax, Source, State, decode, lines_len,
};
use std::rc::Rc;

/// Small streams, made by `tests/data/vp8/make.sh`.
pub const STREAMS: [&[u8]; 7] = [
    include_bytes!("../data/vp8/profile0.ivf"),
    include_bytes!("../data/vp8/profile1.ivf"),
    include_bytes!("../data/vp8/profile2.ivf"),
    include_bytes!("../data/vp8/profile3.ivf"),
    include_bytes!("../data/vp8/moving.ivf"),
    include_bytes!("../data/vp8/still.ivf"),
    TINY,
];
/// Two frames of 32 x 32 pixels.
pub const TINY: &[u8] = include_bytes!("../data/vp8/tiny.ivf");
/// 176 x 144 pixels.
pub const QCIF: &[u8] = include_bytes!("../data/vp8/qcif.ivf");

/// The MD5 of each picture of [`TINY`] and [`QCIF`], a line each, by libvpx.
pub const TINY_SUMS: &str = include_str!("../data/vp8/tiny.ivf.md5");
/// See [`TINY_SUMS`].
pub const QCIF_SUMS: &str = include_str!("../data/vp8/qcif.ivf.md5");

/// A file of `tests/data/vp8`, whose README says where they come from.
///
/// # Panics
///
/// If there is none of that name.
#[must_use]
pub fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/vp8");
    let path = std::path::Path::new(folder).join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The frames of an IVF file, as far as they are there.
#[must_use]
pub fn ivf_frames(file: &[u8]) -> Vec<&[u8]> {
    let mut frames = vec![];
    let mut rest = file.get(32..).unwrap_or_default();
    while let Some((header, body)) = rest.split_first_chunk::<12>() {
        let size = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let (frame, after) = body.split_at(size.min(body.len()));
        frames.push(frame);
        rest = after;
    }
    frames
}

/// A key frame of one colour: no coefficients at all.
#[must_use]
pub fn grey_key_frame(width: u16, height: u16) -> Vec<u8> {
    let mut frame = vec![0x10, 0, 0, 0x9d, 0x01, 0x2a];
    frame.extend(width.to_le_bytes());
    frame.extend(height.to_le_bytes());
    // All decisions false, and so enough zeros for header and modes, and for tokens.
    let first = 4096 + usize::from(width) * usize::from(height) / 64;
    frame.resize(frame.len() + first, 0);
    let tag = (first as u32) << 5 | 0x10;
    frame[..3].copy_from_slice(&tag.to_le_bytes()[..3]);
    frame.resize(frame.len() + first, 0);
    frame
}

/// A decoder that owns what the core's functions are lent.
#[derive(Clone, Debug)]
pub struct Decoder<K = Scalar> {
    kernels: K,
    /// What it holds between frames.
    pub state: State,
    /// The segment map.
    pub segments: Vec<u8>,
    /// Last, golden, altref.
    pub references: [Rc<Vec<u8>>; 3],
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    macroblocks: Vec<Macroblock>,
    blocks: Vec<Blocks>,
    lines: Vec<u8>,
}

/// What comes of a frame.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Its header.
    pub header: FrameHeader,
    /// How it was decoded.
    pub report: Report,
    /// Its pixels: planes of whole macroblocks.
    pub picture: Rc<Vec<u8>>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Scalar)
    }
}

impl<K: PixelKernels> Decoder<K> {
    /// A decoder before the first frame.
    pub fn new(kernels: K) -> Self {
        Decoder {
            kernels,
            state: State::NEW,
            segments: vec![],
            references: Default::default(),
            scratch: Scratch::default(),
        }
    }

    /// Fills all scratch memory with what a generator gives.
    pub fn spoil(&mut self, mut byte: impl FnMut() -> u8) {
        self.scratch.lines.fill_with(&mut byte);
        for block in self.scratch.blocks.as_flattened_mut().as_flattened_mut() {
            *block = i16::from_be_bytes([byte(), byte()]);
        }
        // The others hold enumerations: moving them around is spoiling them enough.
        for (a, b) in (0..self.scratch.above.len()).map(|i| (i, usize::from(byte()))) {
            let b = b % self.scratch.above.len();
            self.scratch.above.swap(a, b);
            self.scratch.contexts.swap(a, b);
            self.scratch.macroblocks.swap(a, b);
        }
    }

    /// Decodes a frame; `None` if it has no bytes.
    ///
    /// # Errors
    ///
    /// As the core's. The decoder is as before then.
    pub fn decode(&mut self, data: &[u8], limits: &Limits) -> Result<Option<Decoded>, Error> {
        let Some(frame) = Frame::begin(&self.state, data, limits)? else {
            return Ok(None);
        };
        let (columns, rows) = (frame.state.columns(), frame.state.rows());
        let scratch = &mut self.scratch;
        scratch.above.resize(columns, Above::default());
        scratch.contexts.resize(columns, Contexts::default());
        scratch.macroblocks.resize(columns, Macroblock::default());
        scratch.blocks.resize(columns, [[0; 16]; 25]);
        scratch.lines.resize(lines_len(columns), 0);
        let mut memory = Memory {
            syntax: RowSyntax {
                above: &mut scratch.above,
                contexts: &mut scratch.contexts,
                macroblocks: &mut scratch.macroblocks,
                blocks: &mut scratch.blocks,
            },
            lines: &mut scratch.lines,
        };
        let [last, golden, altref] = &self.references;
        let of = |data| Picture::of_slice(data, columns, rows).unwrap_or_default();
        let references = References {
            last: of(last),
            golden: of(golden),
            altref: of(altref),
        };
        let mut picture = vec![0; Picture::len(columns, rows)];
        let mut next_segments = vec![0; columns * rows];
        let report = decode(
            self.kernels,
            &frame,
            &references,
            &self.segments,
            &mut next_segments,
            &mut memory,
            &mut PictureMut::of_slice(&mut picture, columns, rows).expect("its size"),
        )?;
        let picture = Rc::new(picture);
        let updates = frame.header.references;
        let next = [updates.last, updates.golden, updates.altref].map(|source| match source {
            Source::Frame => picture.clone(),
            Source::Last => self.references[0].clone(),
            Source::Golden => self.references[1].clone(),
            Source::Altref => self.references[2].clone(),
        });
        self.references = next;
        self.state = frame.state;
        self.segments = next_segments;
        Ok(Some(Decoded {
            header: frame.header,
            report,
            picture,
        }))
    }

    /// The pixels of a picture that are shown, as I420.
    #[must_use]
    pub fn shown(&self, picture: &[u8]) -> Vec<u8> {
        let (columns, rows) = (self.state.columns(), self.state.rows());
        let picture = Picture::of_slice(picture, columns, rows).expect("its size");
        let (width, height) = (
            usize::from(self.state.width),
            usize::from(self.state.height),
        );
        let half = (width.div_ceil(2), height.div_ceil(2));
        let planes = [
            (picture.y, (width, height)),
            (picture.u, half),
            (picture.v, half),
        ];
        let mut bytes = vec![];
        for (plane, (width, height)) in planes {
            for line in plane.data.chunks(plane.stride).take(height) {
                bytes.extend_from_slice(&line[..width]);
            }
        }
        bytes
    }
}

/// Decodes a frame, and again by `spoiled`, a decoder of anything whose state is written and read, and whose scratch memory is
/// filled from `byte`: nothing may differ, and after an error all must be as before.
///
/// # Errors
///
/// As [`Decoder::decode`].
///
/// # Panics
///
/// If anything differs.
pub fn decode_twice<K: PixelKernels>(
    decoder: &mut Decoder<K>,
    spoiled: &mut Decoder<K>,
    frame: &[u8],
    limits: &Limits,
    byte: impl FnMut() -> u8,
) -> Result<Option<Decoded>, Error> {
    spoiled.state = State::from_bytes(&decoder.state.to_bytes()).expect("a state");
    assert_eq!(spoiled.state, decoder.state);
    spoiled.segments.clone_from(&decoder.segments);
    spoiled.references = decoder.references.clone().map(|r| Rc::new(Vec::clone(&r)));
    spoiled.spoil(byte);
    let digest = |d: &Decoder<K>| d.state.digest(&d.segments);
    let before = (digest(decoder), decoder.references.clone());
    let one = decoder.decode(frame, limits);
    let other = spoiled.decode(frame, limits);
    match (&one, &other) {
        (Ok(Some(one)), Ok(Some(other))) => {
            assert!(one.picture == other.picture, "pictures differ");
            assert_eq!((one.header, one.report), (other.header, other.report));
        }
        (Ok(None), Ok(None)) => {}
        (Err(one), Err(other)) if one == other => {
            assert_eq!(before.0, digest(decoder), "an error changed the state");
            assert!(
                before.1 == decoder.references,
                "an error changed references"
            );
        }
        _ => panic!("{:?} and {:?}", one.err(), other.err()),
    }
    assert_eq!(digest(decoder), digest(spoiled));
    assert!(
        decoder.references == spoiled.references,
        "references differ"
    );
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use md5::{Digest, Md5};

    fn sums(file: &[u8]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut sums = vec![];
        for frame in ivf_frames(file) {
            let decoded = decoder.decode(frame, &Limits::NONE).expect("a sound frame");
            let decoded = decoded.expect("a frame of some bytes");
            if decoded.header.shown {
                let digest = Md5::digest(decoder.shown(&decoded.picture));
                sums.push(digest.iter().map(|b| format!("{b:02x}")).collect());
            }
        }
        sums
    }

    /// Short enough for Miri: `tests/vp8/miri.sh`.
    #[test]
    fn the_tiny_stream_decodes_on_every_machine() {
        assert_eq!(sums(TINY), TINY_SUMS.lines().collect::<Vec<_>>());
    }

    #[test]
    #[cfg_attr(miri, ignore = "too long")]
    fn the_stream_for_the_microcontroller_decodes() {
        assert_eq!(sums(QCIF), QCIF_SUMS.lines().collect::<Vec<_>>());
    }
}
