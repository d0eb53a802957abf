//! A camera's pictures to VP8: strips of a sensor in, bytes out, in memory that is known when the program is linked.

use lentil_core::vp8::encode::{
    Effort, Encoded, Settings, Statistics, StripDraft, StripEncoding, StripInput, StripMemory,
    StripTables,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, Macroblock, Picture, PictureMut, References, State, lines_len,
};
use lentil_simd::BUILT_FOR;

use crate::Error;
use crate::video::{COLUMNS, MACROBLOCKS};

/// Most bytes of a compressed frame.
pub const RECORDED: usize = 48 << 10;

const PICTURE: usize = Picture::len(MACROBLOCKS, 1);
const STRIP: usize = Picture::len(COLUMNS, 1);

/// Where pictures come from.
pub trait Camera {
    /// Fills the lines of the next row of macroblocks: luma, then both chroma planes, without gaps. What is beyond the
    /// picture repeats its outermost pixels.
    fn strip(&mut self, strip: &mut [u8]) -> Result<(), Error>;
}

/// Numbers, and nothing that not every bit pattern is good for: memory that other work may share.
#[derive(Debug)]
pub struct Film {
    /// The last frame, and the one at hand.
    pictures: [[u8; PICTURE]; 2],
    strip: [u8; STRIP],
    levels: [Blocks; COLUMNS],
    lines: [u8; lines_len(COLUMNS)],
    frame: [u8; RECORDED],
    tables: StripTables,
    statistics: Statistics,
}

/// The rest of what encoding a frame works with.
#[derive(Debug)]
pub struct Desk {
    draft: StripDraft,
    above: [Above; 2 * COLUMNS],
    contexts: [Contexts; 2 * COLUMNS],
    macroblocks: [Macroblock; COLUMNS],
}

impl Desk {
    /// For the first frame.
    pub const NEW: Desk = Desk {
        draft: StripDraft::NEW,
        above: [Above::NEW; 2 * COLUMNS],
        contexts: [Contexts::NEW; 2 * COLUMNS],
        macroblocks: [Macroblock::NEW; COLUMNS],
    };
}

/// A film that is being recorded: a key frame, then frames that refer to the last one. No picture is kept for longer, so golden
/// and alternate reference frames are left alone.
#[derive(Debug)]
pub struct Recorder<'a> {
    film: &'a mut Film,
    desk: &'a mut Desk,
    state: State,
    /// Which picture is the last frame.
    last: usize,
}

impl<'a> Recorder<'a> {
    /// Before the first frame.
    pub fn new(film: &'a mut Film, desk: &'a mut Desk) -> Self {
        Recorder {
            film,
            desk,
            state: State::NEW,
            last: 0,
        }
    }

    /// Encodes a frame; a key frame of some size, or one that follows. Gives its bytes.
    pub fn encode(
        &mut self,
        camera: &mut impl Camera,
        key_frame: Option<[u16; 2]>,
        quantizer: u8,
    ) -> Result<&[u8], Error> {
        let settings = match key_frame {
            Some(size) => Settings::key_frame(size, quantizer, Effort::REALTIME),
            None => Settings {
                usable: [true, false, false],
                ..Settings::inter_frame(quantizer, Effort::REALTIME)
            },
        };
        let [width, height] = key_frame.unwrap_or([self.state.width, self.state.height]);
        let [columns, rows] = [width, height].map(|side| usize::from(side).div_ceil(16));
        let encoded = self.frame(camera, &settings, [columns, rows])?;
        self.state = encoded.state;
        self.last ^= 1;
        self.film.frame.get(..encoded.len).ok_or(Error::Memory)
    }

    #[inline(never)]
    fn frame(
        &mut self,
        camera: &mut impl Camera,
        settings: &Settings,
        [columns, rows]: [usize; 2],
    ) -> Result<Encoded, Error> {
        let Film {
            pictures: [one, two],
            strip,
            levels,
            lines,
            frame,
            tables,
            statistics,
        } = &mut *self.film;
        let desk = &mut *self.desk;
        let (last, target) = if self.last == 0 {
            (one, two)
        } else {
            (two, one)
        };
        let strip = strip
            .get_mut(..Picture::len(columns, 1))
            .ok_or(Error::Memory)?;
        let input = StripInput {
            state: &self.state,
            references: References {
                last: Picture::of_slice(last, columns, rows).ok_or(Error::Memory)?,
                ..References::default()
            },
            statistics: &*statistics,
        };
        let memory = StripMemory {
            draft: &mut desk.draft,
            tables,
            above: &mut desk.above,
            contexts: &mut desk.contexts,
            lines,
            macroblocks: &mut desk.macroblocks,
            levels,
            analyses: &mut [],
        };
        let target = PictureMut::of_slice(target, columns, rows).ok_or(Error::Memory)?;
        let begun = StripEncoding::begin(BUILT_FOR, &input, settings, memory, target, frame);
        let mut encoding = begun?;
        for _ in 0..rows {
            camera.strip(strip)?;
            encoding.lean_strip(&Picture::of_slice(strip, columns, 1).ok_or(Error::Memory)?)?;
        }
        Ok(encoding.finish(statistics)?)
    }

    /// Gives the lines of the last frame as decoders show it, plane by plane.
    pub fn show(&self, line: impl FnMut(&[u8])) {
        let (columns, rows) = (self.state.columns(), self.state.rows());
        let last = self.film.pictures.get(self.last);
        if let Some(picture) = last.and_then(|last| Picture::of_slice(last, columns, rows)) {
            crate::video::show(&picture, [self.state.width, self.state.height], line);
        }
    }

    /// Bytes of memory that all this takes.
    pub const fn memory() -> usize {
        size_of::<Film>() + size_of::<Desk>() + size_of::<Self>()
    }
}
