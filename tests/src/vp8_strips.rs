//! The core's encoder of strips with memory of its own.

use std::rc::Rc;

use lentil_core::vp8::encode::{
    EncodeKernels, Error, MotionAnalysis, Settings, Statistics, StripDraft, StripEncoding,
    StripInput, StripMemory, StripTables,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, Macroblock, Picture, PictureMut, Plane, State, lines_len,
};

use crate::vp8_encoder::{Encoded, of_vectors, references_after};

/// An encoder of strips that owns what the core's functions are lent.
#[derive(Clone, Debug)]
pub struct StripEncoder<K> {
    kernels: K,
    /// Rows are encoded without much thought.
    pub lean: bool,
    /// What it holds between frames.
    pub state: State,
    /// The same, but of no meaning to decoders.
    pub statistics: Box<Statistics>,
    /// Last, golden, altref: planes of whole macroblocks.
    pub references: [Rc<Vec<u8>>; 3],
    draft: StripDraft,
    tables: Box<StripTables>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    lines: Vec<u8>,
    macroblocks: Vec<Macroblock>,
    levels: Vec<Blocks>,
    analyses: Vec<MotionAnalysis>,
}

impl<K: EncodeKernels> StripEncoder<K> {
    /// An encoder before the first frame.
    pub fn new(kernels: K) -> Self {
        StripEncoder {
            kernels,
            lean: false,
            state: State::NEW,
            statistics: Box::new(Statistics::NEW),
            references: Default::default(),
            draft: StripDraft::NEW,
            tables: Box::new(StripTables::NEW),
            above: vec![],
            contexts: vec![],
            lines: vec![],
            macroblocks: vec![],
            levels: vec![],
            analyses: vec![],
        }
    }

    /// Fills scratch memory with what a generator gives; what holds enumerations is moved around.
    pub fn spoil(&mut self, mut byte: impl FnMut() -> u8) {
        self.lines.fill_with(&mut byte);
        for level in self.levels.as_flattened_mut().as_flattened_mut() {
            *level = i16::from_be_bytes([byte(), byte()]);
        }
        for i in 0..self.above.len() {
            let j = usize::from(byte()) % self.above.len();
            self.above.swap(i, j);
            self.contexts.swap(i, j);
            self.macroblocks.swap(i / 2, j / 2);
        }
        for i in 0..self.analyses.len() {
            let j = usize::from(byte()) % self.analyses.len();
            self.analyses.swap(i, j);
        }
    }

    /// Encodes a picture, planes of whole macroblocks, into at most `room` bytes; `misuse` may do with the encoding
    /// what it likes before a row.
    ///
    /// # Errors
    ///
    /// As the core's. The encoder is as before then.
    ///
    /// # Panics
    ///
    /// If the source does not have the frame's size.
    pub fn encode_with(
        &mut self,
        source: &[u8],
        settings: &Settings,
        room: usize,
        mut misuse: impl FnMut(&mut StripEncoding<'_, K>, usize),
    ) -> Result<Encoded, Error> {
        let size = settings
            .key_frame
            .unwrap_or([self.state.width, self.state.height]);
        let [columns, rows] = size.map(|side| usize::from(side).div_ceil(16));
        self.resize(columns);
        let mut picture = vec![0; Picture::len(columns, rows)];
        let mut frame = vec![0; room];
        let input = StripInput {
            state: &self.state,
            references: of_vectors(&self.references, [columns, rows]),
            statistics: &self.statistics,
        };
        let memory = StripMemory {
            draft: &mut self.draft,
            tables: &mut self.tables,
            above: &mut self.above,
            contexts: &mut self.contexts,
            lines: &mut self.lines,
            macroblocks: &mut self.macroblocks,
            levels: &mut self.levels,
            analyses: &mut self.analyses,
        };
        let target = PictureMut::of_slice(&mut picture, columns, rows).expect("its size");
        let begun =
            StripEncoding::begin(self.kernels, &input, settings, memory, target, &mut frame);
        let mut encoding = begun?;
        let source = Picture::of_slice(source, columns, rows).expect("its size");
        for row in 0..rows {
            misuse(&mut encoding, row);
            assert_eq!(encoding.rows_left(), rows - row);
            let strip = strip(&source, row);
            match self.lean {
                true => encoding.lean_strip(&strip)?,
                false => encoding.strip(&strip)?,
            }
        }
        misuse(&mut encoding, rows);
        let encoded = encoding.finish(&mut self.statistics)?;
        frame.truncate(encoded.len);
        let picture = Rc::new(picture);
        self.references = references_after(&self.references, &encoded.header, &picture);
        self.state = encoded.state;
        Ok(Encoded {
            header: encoded.header,
            frame,
            picture,
        })
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
        self.encode_with(source, settings, room, |_, _| {})
    }

    fn resize(&mut self, columns: usize) {
        self.above.resize(2 * columns, Above::NEW);
        self.contexts.resize(2 * columns, Contexts::NEW);
        self.lines.resize(lines_len(columns), 0);
        self.macroblocks.resize(columns, Macroblock::NEW);
        self.levels.resize(columns, [[0; 16]; 25]);
        let analyses = if self.lean { 0 } else { 2 * columns };
        self.analyses.resize(analyses, MotionAnalysis::NEW);
    }
}

/// A row of macroblocks as a picture of its own.
#[must_use]
pub fn strip<'a>(picture: &Picture<'a>, row: usize) -> Picture<'a> {
    let of = |plane: Plane<'a>, height: usize| Plane {
        data: &plane.data[row * height * plane.stride..],
        height,
        ..plane
    };
    Picture {
        y: of(picture.y, 16),
        u: of(picture.u, 8),
        v: of(picture.v, 8),
    }
}
