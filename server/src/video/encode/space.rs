//! Memory that encoding works with, of no meaning between frames, and so used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lentil_core::vp8::encode::{
    Effort, EncodeKernels, Encoded, Error as CoreError, Input, Memory, MotionAnalysis, Rebase,
    SegmentMaps, Settings, Tables, analyse, encode, rebase,
};
use lentil_core::vp8::{Above, Blocks, Contexts, Macroblock, PictureMut, lines_len};

use crate::video::Error;
use crate::video::picture::{MACROBLOCK_BYTES, Pixels};

/// Bytes of memory that encoding takes for each macroblock of a picture, about: the three references, the source, the
/// reconstruction, a picture to try the loop filter on, room for the frame and the frame itself, and what is known of each
/// macroblock.
pub const ENCODE_MACROBLOCK_BYTES: u64 = 8 * MACROBLOCK_BYTES
    + (size_of::<Blocks>() + size_of::<Macroblock>() + size_of::<MotionAnalysis>()) as u64;

/// Room for a macroblock to begin with, half a byte a sample: few frames are longer.
const ROOM: usize = MACROBLOCK_BYTES as usize / 2;

/// Room for a macroblock that no frame needs more of: 400 coefficients of the longest token, and its modes.
const MOST_ROOM: usize = 4096;

/// Room for a header.
const HEADER: usize = 4096;

/// What one encoding works with.
#[derive(Debug)]
pub(in crate::video) struct Space {
    tables: Box<Tables>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    lines: Vec<u8>,
    macroblocks: Vec<Macroblock>,
    levels: Vec<Blocks>,
    trial: Vec<u8>,
    frame: Vec<u8>,
}

impl Default for Space {
    fn default() -> Self {
        Space {
            tables: Box::new(Tables::NEW),
            above: Vec::new(),
            contexts: Vec::new(),
            lines: Vec::new(),
            macroblocks: Vec::new(),
            levels: Vec::new(),
            trial: Vec::new(),
            frame: Vec::new(),
        }
    }
}

impl Space {
    /// Makes room for a picture as large as `pixels`.
    fn resize(&mut self, pixels: &Pixels) {
        let (columns, rows) = (pixels.columns(), pixels.rows());
        let count = columns * rows;
        self.above.resize(columns, Above::NEW);
        self.contexts.resize(columns, Contexts::NEW);
        self.lines.resize(lines_len(columns), 0);
        self.macroblocks.resize(count, Macroblock::NEW);
        self.levels.resize(count, [[0; 16]; 25]);
        self.trial.resize(pixels.data.len(), 0);
        let room = HEADER + count * ROOM;
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
    }

    /// Searches the motion of a picture.
    pub fn analyse(
        &mut self,
        kernels: impl EncodeKernels,
        input: &Input<'_>,
        settings: &Settings,
        motion: &mut [MotionAnalysis],
    ) -> Result<(), Error> {
        Ok(analyse(kernels, input, settings, &mut self.tables, motion)?)
    }

    /// Encodes a picture; `pixels` becomes what decoders make of it. The frame is in [`frame`](Self::frame) then.
    pub fn encode(
        &mut self,
        kernels: impl EncodeKernels,
        input: &Input<'_>,
        motion: &[MotionAnalysis],
        settings: &Settings,
        pixels: &mut Pixels,
    ) -> Result<Encoded, Error> {
        self.with_room(pixels, |memory, picture, frame| {
            encode(kernels, input, motion, settings, memory, picture, frame)
        })
    }

    /// Encodes a frame again, after another state; else as [`encode`](Self::encode).
    pub fn rebase(
        &mut self,
        kernels: impl EncodeKernels,
        from: &Rebase<'_>,
        effort: &Effort,
        maps: &mut SegmentMaps<'_>,
        pixels: &mut Pixels,
    ) -> Result<Encoded, Error> {
        self.with_room(pixels, |memory, picture, frame| {
            rebase(kernels, from, effort, memory, maps, picture, frame)
        })
    }

    /// Gives an attempt more and more room for the frame, until it fits.
    fn with_room(
        &mut self,
        pixels: &mut Pixels,
        mut attempt: impl FnMut(
            &mut Memory<'_>,
            &mut PictureMut<'_>,
            &mut [u8],
        ) -> Result<Encoded, CoreError>,
    ) -> Result<Encoded, Error> {
        self.resize(pixels);
        let (columns, rows) = (pixels.columns(), pixels.rows());
        let most = HEADER + columns * rows * MOST_ROOM;
        loop {
            let mut memory = Memory {
                tables: &mut self.tables,
                above: &mut self.above,
                contexts: &mut self.contexts,
                lines: &mut self.lines,
                macroblocks: &mut self.macroblocks,
                levels: &mut self.levels,
                trial: PictureMut::of_slice(&mut self.trial, columns, rows),
            };
            let mut picture = pixels.planes_mut().ok_or(CoreError::Memory)?;
            match attempt(&mut memory, &mut picture, &mut self.frame) {
                Err(CoreError::Room) if self.frame.len() < most => {
                    self.frame.resize((2 * self.frame.len()).min(most), 0);
                }
                Err(CoreError::Room) => return Err(Error::FrameLength),
                encoded => return Ok(encoded?),
            }
        }
    }

    /// The frame that was encoded last, of so many bytes.
    pub fn frame(&self, len: usize) -> &[u8] {
        self.frame.get(..len).unwrap_or_default()
    }
}

/// Spaces and analyses that nobody uses, for all codecs that come of one.
#[derive(Debug, Default)]
pub(in crate::video) struct Spaces {
    spaces: Mutex<Vec<Space>>,
    motion: Mutex<Vec<Vec<MotionAnalysis>>>,
}

/// Analyses that are kept: who holds more at a time gives them back one after the other.
const SPARE: usize = 4;

impl Spaces {
    /// Lends a space.
    pub fn lend<T>(&self, work: impl FnOnce(&mut Space) -> T) -> T {
        let mut space = lock(&self.spaces).pop().unwrap_or_default();
        let result = work(&mut space);
        lock(&self.spaces).push(space);
        result
    }

    /// Room for an analysis, of any content.
    pub fn motion(&self) -> Vec<MotionAnalysis> {
        lock(&self.motion).pop().unwrap_or_default()
    }

    /// Takes back what [`motion`](Self::motion) gave.
    pub fn give_back(&self, motion: Vec<MotionAnalysis>) {
        let mut list = lock(&self.motion);
        if list.len() < SPARE {
            list.push(motion);
        }
    }
}

fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
