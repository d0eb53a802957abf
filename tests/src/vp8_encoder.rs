//! The core's encoder with memory of its own.

use std::rc::Rc;

use lentil_core::vp8::encode::{
    self, Curve, Effort, EncodeKernels, Error, Fit, FitMemory, Halt, Input, Memory, MotionAnalysis,
    Rebase, SegmentMaps, Settings, Tables, Tally, analyse, encode, fit, rebase,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, Frame, FrameHeader, Limits, Macroblock, Picture, PictureMut,
    PixelKernels, References, Source, State, lines_len,
};

use crate::pictures::Scene;
use crate::vp8::Decoder;

/// An encoder that owns what the core's functions are lent.
#[derive(Clone, Debug)]
pub struct Encoder<K> {
    kernels: K,
    /// What it holds between frames.
    pub state: State,
    /// The segment map.
    pub segments: Vec<u8>,
    /// Last, golden, altref: planes of whole macroblocks.
    pub references: [Rc<Vec<u8>>; 3],
    /// The loop filter is tried on a picture.
    pub with_trial: bool,
    scratch: Scratch,
}

#[derive(Clone, Debug)]
struct Scratch {
    tables: Box<Tables>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    lines: Vec<u8>,
    macroblocks: Vec<Macroblock>,
    levels: Vec<Blocks>,
    trial: Vec<u8>,
    motion: Vec<MotionAnalysis>,
    curves: Vec<Curve>,
    /// The segment map after a frame that is fitted.
    segments: Vec<u8>,
    halt: (Box<Tally>, Vec<Above>, Vec<Contexts>, Vec<u8>),
}

/// What comes of a frame.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Its header.
    pub header: FrameHeader,
    /// Its bytes.
    pub frame: Vec<u8>,
    /// Its pixels: planes of whole macroblocks.
    pub picture: Rc<Vec<u8>>,
}

impl Encoded {
    /// A decoder makes of the frame what its encoder did, and then is where that is.
    ///
    /// # Panics
    ///
    /// If it does not; `what` says of which frame.
    pub fn assert_decoded<D: PixelKernels>(
        &self,
        decoder: &mut Decoder<D>,
        (state, references): (&State, &[Rc<Vec<u8>>; 3]),
        what: impl std::fmt::Debug,
    ) {
        let decoded = decoder.decode(&self.frame, &Limits::NONE);
        let decoded = decoded.expect("a frame").expect("some bytes");
        assert!(decoded.picture == self.picture, "{what:?}");
        assert_eq!(decoder.state, *state, "{what:?}");
        assert!(decoder.references == *references, "{what:?}");
        assert!(!decoded.report.lacks_data, "{what:?}");
    }
}

impl<K: EncodeKernels> Encoder<K> {
    /// An encoder before the first frame.
    pub fn new(kernels: K) -> Self {
        Encoder {
            kernels,
            state: State::NEW,
            segments: vec![],
            references: Default::default(),
            with_trial: true,
            scratch: Scratch {
                tables: Box::new(Tables::NEW),
                above: vec![],
                contexts: vec![],
                lines: vec![],
                macroblocks: vec![],
                levels: vec![],
                trial: vec![],
                motion: vec![],
                curves: vec![],
                segments: vec![],
                halt: (Box::new(Tally::NEW), vec![], vec![], vec![]),
            },
        }
    }

    /// Fills all scratch memory with what a generator gives; what holds enumerations is moved around. Motion is not spoiled, for
    /// it is searched anew.
    pub fn spoil(&mut self, mut byte: impl FnMut() -> u8) {
        let scratch = &mut self.scratch;
        scratch.lines.fill_with(&mut byte);
        scratch.trial.fill_with(&mut byte);
        scratch.segments.fill_with(&mut byte);
        scratch.halt.3.fill_with(&mut byte);
        for level in scratch.levels.as_flattened_mut().as_flattened_mut() {
            *level = i16::from_be_bytes([byte(), byte()]);
        }
        for i in 0..scratch.above.len() {
            let j = usize::from(byte()) % scratch.above.len();
            scratch.above.swap(i, j);
            scratch.contexts.swap(i, j);
            scratch.halt.1.swap(i, j);
            scratch.halt.2.swap(i, j);
        }
        for i in 0..scratch.macroblocks.len() {
            let j = usize::from(byte()) % scratch.macroblocks.len();
            scratch.macroblocks.swap(i, j);
            scratch.motion.swap(i, j);
            scratch.curves.swap(i, j);
        }
    }

    /// Encodes a picture, planes of whole macroblocks, into at most `room` bytes.
    ///
    /// # Errors
    ///
    /// As the core's. The encoder is as before then.
    ///
    /// # Panics
    ///
    /// If the source does not have the frame's size.
    pub fn encode(
        &mut self,
        source: &[u8],
        settings: &Settings,
        room: usize,
    ) -> Result<Encoded, Error> {
        self.encode_within(source, settings, None, room)
    }

    /// The same, and then the frame is fitted to at most so many bytes; it may be longer, but not than `room`, nor may what is
    /// encoded first.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    ///
    /// # Panics
    ///
    /// As [`encode`](Self::encode).
    pub fn fit(
        &mut self,
        source: &[u8],
        settings: &Settings,
        most: usize,
        room: usize,
    ) -> Result<Encoded, Error> {
        self.encode_within(source, settings, Some(most), room)
    }

    /// Either: it is fitted if `most` is given.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    ///
    /// # Panics
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_within(
        &mut self,
        source: &[u8],
        settings: &Settings,
        most: Option<usize>,
        room: usize,
    ) -> Result<Encoded, Error> {
        let size = settings
            .key_frame
            .unwrap_or([self.state.width, self.state.height]);
        let [columns, rows] = size.map(|side| usize::from(side).div_ceil(16));
        self.scratch.resize(columns, rows);
        let references = of_vectors(&self.references, [columns, rows]);
        let source = Picture::of_slice(source, columns, rows).expect("its size");
        let input = Input {
            state: &self.state,
            references: &references,
            source: &source,
        };
        let mut motion = std::mem::take(&mut self.scratch.motion);
        let kernels = self.kernels;
        let tables = &mut self.scratch.tables;
        let analysed = analyse(kernels, &input, settings, tables, &mut motion);
        let mut segments = self.segments.clone();
        if settings.key_frame.is_some() {
            segments.clear();
        }
        segments.resize(columns * rows, 0);
        let size = [columns, rows];
        let (mut memory, mut fit_memory) = self.scratch.memory(size, self.with_trial);
        let mut picture = vec![0; Picture::len(columns, rows)];
        let planes = &mut PictureMut::of_slice(&mut picture, columns, rows).expect("its size");
        let mut frame = vec![0; room];
        let encoded = analysed.and_then(|()| {
            let first = encode(
                kernels,
                &input,
                &motion,
                settings,
                &mut memory,
                planes,
                &mut frame,
            )?;
            let Some(most) = most else {
                return Ok(first);
            };
            let to_fit = Fit {
                most,
                first: &first,
                segments: &segments,
            };
            fit(
                kernels,
                &input,
                &motion,
                settings,
                &to_fit,
                (&mut memory, &mut fit_memory),
                planes,
                &mut frame,
            )
        });
        self.scratch.motion = motion;
        let encoded = encoded?;
        frame.truncate(encoded.len);
        if most.is_some() {
            segments.clone_from(&self.scratch.segments);
        }
        self.segments = segments;
        Ok(self.after(&encoded, frame, picture))
    }

    /// Encodes a frame again, so that it follows this encoder. `old` is a decoder that is before the frame; after it what
    /// the frame's modes leave is in there, but no pictures.
    ///
    /// # Errors
    ///
    /// As the core's. The encoder and the decoder are as before then.
    ///
    /// # Panics
    ///
    /// If the source does not have the frame's size, or the frame has no bytes.
    pub fn rebase<D>(
        &mut self,
        old: &mut Decoder<D>,
        data: &[u8],
        source: &[u8],
        effort: &Effort,
        room: usize,
    ) -> Result<Encoded, RebaseError> {
        let size = [self.state.width, self.state.height];
        let [columns, rows] = size.map(|side| usize::from(side).div_ceil(16));
        let frame = Frame::begin(&old.state, data, &Limits::NONE).map_err(RebaseError::Frame)?;
        let frame = frame.expect("some bytes");
        self.scratch.resize(columns, rows);
        let references = of_vectors(&self.references, [columns, rows]);
        let source = Picture::of_slice(source, columns, rows).expect("its size");
        let from = Rebase {
            onto: Input {
                state: &self.state,
                references: &references,
                source: &source,
            },
            segments: &self.segments,
            frame: &frame,
            frame_segments: &old.segments,
        };
        let mut maps = [vec![0; columns * rows], vec![0; columns * rows]];
        let [rebased, of_frame] = &mut maps;
        let (mut memory, _) = self.scratch.memory([columns, rows], self.with_trial);
        let mut picture = vec![0; Picture::len(columns, rows)];
        let mut bytes = vec![0; room];
        let encoded = rebase(
            self.kernels,
            &from,
            effort,
            &mut memory,
            &mut SegmentMaps {
                rebased,
                frame: of_frame,
            },
            &mut PictureMut::of_slice(&mut picture, columns, rows).unwrap_or_default(),
            &mut bytes,
        )
        .map_err(RebaseError::Rebase)?;
        bytes.truncate(encoded.len);
        [self.segments, old.segments] = maps;
        old.state = frame.state;
        Ok(self.after(&encoded, bytes, picture))
    }

    fn after(&mut self, encoded: &encode::Encoded, frame: Vec<u8>, picture: Vec<u8>) -> Encoded {
        let picture = Rc::new(picture);
        self.references = references_after(&self.references, &encoded.header, &picture);
        self.state = encoded.state;
        Encoded {
            header: encoded.header,
            frame,
            picture,
        }
    }
}

/// Why a frame was not rebased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebaseError {
    /// Its header cannot be read.
    Frame(lentil_core::vp8::Error),
    /// It was read, but not rebased.
    Rebase(Error),
}

/// What the references are after a frame.
pub(crate) fn references_after(
    before: &[Rc<Vec<u8>>; 3],
    header: &FrameHeader,
    picture: &Rc<Vec<u8>>,
) -> [Rc<Vec<u8>>; 3] {
    let updates = header.references;
    [updates.last, updates.golden, updates.altref].map(|source| match source {
        Source::Frame => picture.clone(),
        Source::Last => before[0].clone(),
        Source::Golden => before[1].clone(),
        Source::Altref => before[2].clone(),
    })
}

pub(crate) fn of_vectors(all: &[Rc<Vec<u8>>; 3], [columns, rows]: [usize; 2]) -> References<'_> {
    let of = |data| Picture::of_slice(data, columns, rows).unwrap_or_default();
    let [last, golden, altref] = all;
    References {
        last: of(last),
        golden: of(golden),
        altref: of(altref),
    }
}

impl Scratch {
    fn resize(&mut self, columns: usize, rows: usize) {
        self.above.resize(columns, Above::NEW);
        self.contexts.resize(columns, Contexts::NEW);
        self.lines.resize(lines_len(columns), 0);
        self.macroblocks.resize(columns * rows, Macroblock::NEW);
        self.levels.resize(columns * rows, [[0; 16]; 25]);
        self.trial.resize(Picture::len(columns, rows), 0);
        self.motion.resize(columns * rows, MotionAnalysis::NEW);
        self.curves.resize(columns * rows, Curve::default());
        self.segments.resize(columns * rows, 0);
        self.halt.1.resize(columns, Above::NEW);
        self.halt.2.resize(columns, Contexts::NEW);
        self.halt.3.resize(lines_len(columns), 0);
    }

    fn memory(
        &mut self,
        [columns, rows]: [usize; 2],
        with_trial: bool,
    ) -> (Memory<'_>, FitMemory<'_>) {
        let trial = PictureMut::of_slice(&mut self.trial, columns, rows);
        let memory = Memory {
            tables: &mut self.tables,
            above: &mut self.above,
            contexts: &mut self.contexts,
            lines: &mut self.lines,
            macroblocks: &mut self.macroblocks,
            levels: &mut self.levels,
            trial: trial.filter(|_| with_trial),
        };
        let fit_memory = FitMemory {
            curves: &mut self.curves,
            segments: &mut self.segments,
            halt: Halt {
                tally: &mut self.halt.0,
                above: &mut self.halt.1,
                contexts: &mut self.halt.2,
                lines: &mut self.halt.3,
            },
        };
        (memory, fit_memory)
    }
}

/// A scene's picture of that number as planes of whole macroblocks.
#[must_use]
pub fn source(scene: Scene, [width, height]: [u16; 2], frame: u32) -> Vec<u8> {
    whole_macroblocks(&scene.i420(width, height, frame), width, height)
}

/// I420 bytes as planes of whole macroblocks, which go on with the outermost pixels.
///
/// # Panics
///
/// If there are not as many bytes as the picture has.
#[must_use]
pub fn whole_macroblocks(i420: &[u8], width: u16, height: u16) -> Vec<u8> {
    let [width, height] = [width, height].map(usize::from);
    let [columns, rows] = [width.div_ceil(16), height.div_ceil(16)];
    let half = [width.div_ceil(2), height.div_ceil(2)];
    let planes = [([width, height], 16), (half, 8), (half, 8)];
    let (mut rest, mut whole) = (i420, vec![]);
    for ([width, height], side) in planes {
        let (plane, after) = rest.split_at(width * height);
        for y in 0..rows * side {
            let line = &plane[y.min(height - 1) * width..][..width];
            whole.extend_from_slice(line);
            whole.resize(whole.len() + columns * side - width, line[width - 1]);
        }
        rest = after;
    }
    whole
}

/// Any settings: some of them are out of range, if `wild`.
#[must_use]
pub fn any_settings(
    choices: &mut impl crate::vp8_maker::Draw,
    key_frame: Option<[u16; 2]>,
    wild: bool,
) -> Settings {
    let effort = [Effort::REALTIME, Effort::GOOD, Effort::BEST][choices.draw(3)];
    let most = if wild { 140 } else { 128 };
    let mut settings = Settings::inter_frame(choices.draw(most) as u8, effort);
    settings.key_frame = key_frame;
    settings.shown = !choices.once_in(8);
    let reach = if wild { 17 } else { 15 };
    let mut delta = || match choices.draw(4) {
        0 => choices.draw(2 * reach + 1) as i8 - reach as i8,
        _ => 0,
    };
    let q = &mut settings.quantizers;
    (q.y_dc, q.y2_dc, q.y2_ac, q.uv_dc, q.uv_ac) = (delta(), delta(), delta(), delta(), delta());
    settings.partitions = if wild && choices.once_in(8) {
        choices.draw(10)
    } else {
        1 << choices.draw(4)
    };
    let sources = [Source::Frame, Source::Last, Source::Golden, Source::Altref];
    settings.references.altref = sources[choices.draw(4)];
    settings.references.golden = sources[choices.draw(4)];
    let crossed = settings.references.golden == Source::Altref
        && settings.references.altref != Source::Altref;
    if crossed && !wild {
        settings.references.golden = Source::Golden;
    }
    if choices.once_in(4) {
        settings.references.last = sources[choices.draw(if wild { 4 } else { 2 })];
    }
    settings.usable = [(); 3].map(|()| !choices.once_in(3));
    settings.refresh_entropy = !choices.once_in(3);
    let expected = &mut settings.expected;
    for chance in [
        &mut expected.coded,
        &mut expected.intra,
        &mut expected.last,
        &mut expected.golden,
    ] {
        if choices.once_in(2) {
            *chance = choices.draw(256) as u8;
        }
    }
    if choices.once_in(2) {
        expected.filter_level = Some(choices.draw(if wild { 70 } else { 64 }) as u8);
    }
    settings
}

/// Bytes that a frame is fitted to, if it is: none, few, or more than any has.
#[must_use]
pub fn any_most(choices: &mut impl crate::vp8_maker::Draw) -> Option<usize> {
    choices.once_in(2).then(|| match choices.draw(18) {
        17 => usize::MAX,
        scale => choices.draw(1 << scale),
    })
}
