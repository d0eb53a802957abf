//! The core's encoder with memory of its own.

use std::rc::Rc;

use lentil_core::vp8::encode::{
    EncodeKernels, Error, Input, Memory, MotionAnalysis, Settings, Tables, analyse, encode,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, FrameHeader, Macroblock, Picture, PictureMut, References, Source,
    State, lines_len,
};

/// An encoder that owns what the core's functions are lent.
#[derive(Clone, Debug)]
pub struct Encoder<K> {
    kernels: K,
    /// What it holds between frames.
    pub state: State,
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

impl<K: EncodeKernels> Encoder<K> {
    /// An encoder before the first frame.
    pub fn new(kernels: K) -> Self {
        Encoder {
            kernels,
            state: State::NEW,
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
            },
        }
    }

    /// Fills all scratch memory with what a generator gives; what holds enumerations is moved around. Motion is not spoiled, for
    /// it is searched anew.
    pub fn spoil(&mut self, mut byte: impl FnMut() -> u8) {
        let scratch = &mut self.scratch;
        scratch.lines.fill_with(&mut byte);
        scratch.trial.fill_with(&mut byte);
        for level in scratch.levels.as_flattened_mut().as_flattened_mut() {
            *level = i16::from_be_bytes([byte(), byte()]);
        }
        for i in 0..scratch.above.len() {
            let j = usize::from(byte()) % scratch.above.len();
            scratch.above.swap(i, j);
            scratch.contexts.swap(i, j);
        }
        for i in 0..scratch.macroblocks.len() {
            let j = usize::from(byte()) % scratch.macroblocks.len();
            scratch.macroblocks.swap(i, j);
            scratch.motion.swap(i, j);
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
        let [width, height] = settings
            .key_frame
            .unwrap_or([self.state.width, self.state.height]);
        let [columns, rows] = [width, height].map(|side| usize::from(side).div_ceil(16));
        let scratch = &mut self.scratch;
        scratch.above.resize(columns, Above::NEW);
        scratch.contexts.resize(columns, Contexts::NEW);
        scratch.lines.resize(lines_len(columns), 0);
        scratch.macroblocks.resize(columns * rows, Macroblock::NEW);
        scratch.levels.resize(columns * rows, [[0; 16]; 25]);
        scratch.trial.resize(Picture::len(columns, rows), 0);
        scratch.motion.resize(columns * rows, MotionAnalysis::NEW);
        let of = |data| Picture::of_slice(data, columns, rows).unwrap_or_default();
        let [last, golden, altref] = &self.references;
        let references = References {
            last: of(last),
            golden: of(golden),
            altref: of(altref),
        };
        let source = Picture::of_slice(source, columns, rows).expect("its size");
        let input = Input {
            state: &self.state,
            references: &references,
            source: &source,
        };
        analyse(
            self.kernels,
            &input,
            settings,
            &mut scratch.tables,
            &mut scratch.motion,
        )?;
        let trial = PictureMut::of_slice(&mut scratch.trial, columns, rows);
        let mut memory = Memory {
            tables: &mut scratch.tables,
            above: &mut scratch.above,
            contexts: &mut scratch.contexts,
            lines: &mut scratch.lines,
            macroblocks: &mut scratch.macroblocks,
            levels: &mut scratch.levels,
            trial: trial.filter(|_| self.with_trial),
        };
        let mut picture = vec![0; Picture::len(columns, rows)];
        let mut frame = vec![0; room];
        let encoded = encode(
            self.kernels,
            &input,
            &scratch.motion,
            settings,
            &mut memory,
            &mut PictureMut::of_slice(&mut picture, columns, rows).expect("its size"),
            &mut frame,
        )?;
        frame.truncate(encoded.len);
        let picture = Rc::new(picture);
        let updates = encoded.header.references;
        self.references =
            [updates.last, updates.golden, updates.altref].map(|source| match source {
                Source::Frame => picture.clone(),
                Source::Last => self.references[0].clone(),
                Source::Golden => self.references[1].clone(),
                Source::Altref => self.references[2].clone(),
            });
        self.state = encoded.state;
        Ok(Encoded {
            header: encoded.header,
            frame,
            picture,
        })
    }
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
    use lentil_core::vp8::encode::Effort;
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
