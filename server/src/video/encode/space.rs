//! Memory that encoding works with, of no meaning between frames, and so used again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lentil_core::vp8::encode::{
    Curve, Effort, EncodeKernels, Encoded, Encoding, Error as CoreError, Fit, FitMemory, Halt,
    Input, Memory, MotionAnalysis, MotionSearch, Rebase, SegmentMaps, Settings, Tables, Tally,
    analyse, encode, fit, rebase,
};
use lentil_core::vp8::{Above, Blocks, Contexts, Macroblock, PictureMut, lines_len};
use rayon::ThreadPool;

use super::team::{Team, TeamMemory};
use super::wavefront::Lent;
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

/// Token partitions at most.
const PARTITIONS: usize = 8;

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
    /// For several threads: counts by slot, and what a row's analysis leaves to the next.
    tallies: Vec<Tally>,
    found: Vec<MotionAnalysis>,
    /// For frames that are to fit.
    fitting: Fitting,
}

/// What fitting works with beside.
#[derive(Debug)]
struct Fitting {
    curves: Vec<Curve>,
    /// The segment map after the frame.
    segments: Vec<u8>,
    tally: Box<Tally>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    lines: Vec<u8>,
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
            tallies: Vec::new(),
            found: Vec::new(),
            fitting: Fitting {
                curves: Vec::new(),
                segments: Vec::new(),
                tally: Box::new(Tally::NEW),
                above: Vec::new(),
                contexts: Vec::new(),
                lines: Vec::new(),
            },
        }
    }
}

impl Space {
    /// Makes room for a picture as large as `pixels`, and for those who encode it.
    fn resize(&mut self, pixels: &Pixels, team: Option<&Team<'_>>) {
        let (columns, rows) = (pixels.columns(), pixels.rows());
        let count = columns * rows;
        self.above.resize(columns, Above::NEW);
        let each = if team.is_some() { PARTITIONS } else { 1 };
        self.contexts.resize(columns * each, Contexts::NEW);
        self.lines.resize(lines_len(columns), 0);
        self.macroblocks.resize(count, Macroblock::NEW);
        self.levels.resize(count, [[0; 16]; 25]);
        let trial = team.map_or(pixels.data.len(), Team::trial_len);
        self.trial.resize(trial, 0);
        let slots = team.map_or(0, Team::slots);
        self.tallies.resize(slots, Tally::NEW);
        let room = HEADER + count * ROOM;
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
    }

    /// Searches the motion of a picture, with the help of others.
    pub fn analyse(
        &mut self,
        kernels: impl EncodeKernels,
        others: Option<&ThreadPool>,
        input: &Input<'_>,
        settings: &Settings,
        motion: &mut [MotionAnalysis],
    ) -> Result<(), Error> {
        let source = &input.source.y;
        let [columns, rows] = [source.width, source.height].map(|side| side / 16);
        let Some(team) = Team::of(others, [columns, rows]) else {
            return Ok(analyse(kernels, input, settings, &mut self.tables, motion)?);
        };
        let Some(search) = MotionSearch::begin(input, settings, &mut self.tables)? else {
            return Ok(());
        };
        self.found.resize(columns, MotionAnalysis::NEW);
        Ok(team.analyse(kernels, &search, &mut self.found, motion)?)
    }

    /// Encodes a picture, with the help of others; `pixels` becomes what decoders make of it. The frame is in
    /// [`frame`](Self::frame) then.
    pub fn encode(
        &mut self,
        kernels: impl EncodeKernels,
        others: Option<&ThreadPool>,
        input: &Input<'_>,
        motion: &[MotionAnalysis],
        settings: &Settings,
        pixels: &mut Pixels,
    ) -> Result<Encoded, Error> {
        let size = [pixels.columns(), pixels.rows()];
        let team = Team::of(others, size);
        let motion = if settings.key_frame.is_some() {
            &[]
        } else {
            motion
        };
        self.with_room(pixels, team.as_ref(), |space, picture| {
            let Some(team) = &team else {
                let (mut memory, frame) = space.memory(size);
                return encode(
                    kernels,
                    input,
                    motion,
                    settings,
                    &mut memory,
                    picture,
                    frame,
                );
            };
            let (tables, mut memory) = space.team_memory();
            let begun = Encoding::begin(input, settings, tables)?;
            team.encode(kernels, begun, motion, &mut memory, picture)
        })
    }

    /// Encodes the picture that was just [encoded](Self::encode) again, into at most so many bytes. `segments` is the segment map
    /// before; that after is in [`segments`](Self::segments) then.
    #[allow(clippy::too_many_arguments)]
    pub fn fit(
        &mut self,
        kernels: impl EncodeKernels,
        input: &Input<'_>,
        motion: &[MotionAnalysis],
        settings: &Settings,
        (first, most): (&Encoded, usize),
        segments: &[u8],
        pixels: &mut Pixels,
    ) -> Result<Encoded, Error> {
        let size = [pixels.columns(), pixels.rows()];
        let count = size[0] * size[1];
        // What threads leave is smaller.
        self.trial.resize(pixels.data.len(), 0);
        // It may turn out longer than it may be.
        let room = most.saturating_mul(2).min(HEADER + count * MOST_ROOM);
        if self.frame.len() < room {
            self.frame.resize(room, 0);
        }
        let fitting = &mut self.fitting;
        fitting.curves.resize(count, Curve::default());
        fitting.segments.resize(count, 0);
        fitting.above.resize(size[0], Above::NEW);
        fitting.contexts.resize(size[0], Contexts::NEW);
        fitting.lines.resize(lines_len(size[0]), 0);
        let to_fit = Fit {
            most,
            first,
            segments,
        };
        let fit_memory = &mut FitMemory {
            curves: &mut fitting.curves,
            segments: &mut fitting.segments,
            halt: Halt {
                tally: &mut fitting.tally,
                above: &mut fitting.above,
                contexts: &mut fitting.contexts,
                lines: &mut fitting.lines,
            },
        };
        let mut memory = Memory {
            tables: &mut self.tables,
            above: &mut self.above,
            contexts: &mut self.contexts,
            lines: &mut self.lines,
            macroblocks: &mut self.macroblocks,
            levels: &mut self.levels,
            trial: PictureMut::of_slice(&mut self.trial, size[0], size[1]),
        };
        let frame = &mut self.frame;
        let mut picture = pixels.planes_mut().ok_or(CoreError::Memory)?;
        let memory = (&mut memory, fit_memory);
        Ok(fit(
            kernels,
            input,
            motion,
            settings,
            &to_fit,
            memory,
            &mut picture,
            frame,
        )?)
    }

    /// Encodes a frame again, after another state; else as [`encode`](Self::encode).
    pub fn rebase(
        &mut self,
        kernels: impl EncodeKernels,
        others: Option<&ThreadPool>,
        from: &Rebase<'_>,
        effort: &Effort,
        maps: &mut SegmentMaps<'_>,
        pixels: &mut Pixels,
    ) -> Result<Encoded, Error> {
        let size = [pixels.columns(), pixels.rows()];
        let team = Team::of(others, size);
        self.with_room(pixels, team.as_ref(), |space, picture| {
            let Some(team) = &team else {
                let (mut memory, frame) = space.memory(size);
                return rebase(kernels, from, effort, &mut memory, maps, picture, frame);
            };
            let (tables, mut memory) = space.team_memory();
            let rows = &mut memory.rows;
            let tables = (tables, &mut *rows.above, &mut *rows.macroblocks);
            let begun = Encoding::rebase(kernels, from, effort, tables, maps)?;
            team.encode(kernels, begun, &[], &mut memory, picture)
        })
    }

    /// Gives an attempt more and more room for the frame, until it fits.
    fn with_room(
        &mut self,
        pixels: &mut Pixels,
        team: Option<&Team<'_>>,
        mut attempt: impl FnMut(&mut Self, &mut PictureMut<'_>) -> Result<Encoded, CoreError>,
    ) -> Result<Encoded, Error> {
        self.resize(pixels, team);
        let most = HEADER + pixels.columns() * pixels.rows() * MOST_ROOM;
        loop {
            let mut picture = pixels.planes_mut().ok_or(CoreError::Memory)?;
            match attempt(self, &mut picture) {
                Err(CoreError::Room) if self.frame.len() < most => {
                    self.frame.resize((2 * self.frame.len()).min(most), 0);
                }
                encoded => return Ok(encoded?),
            }
        }
    }

    /// What a thread that is alone encodes with, and room for the frame.
    fn memory(&mut self, [columns, rows]: [usize; 2]) -> (Memory<'_>, &mut [u8]) {
        let memory = Memory {
            tables: &mut self.tables,
            above: &mut self.above,
            contexts: &mut self.contexts,
            lines: &mut self.lines,
            macroblocks: &mut self.macroblocks,
            levels: &mut self.levels,
            trial: PictureMut::of_slice(&mut self.trial, columns, rows),
        };
        (memory, &mut self.frame)
    }

    /// What several threads encode with.
    fn team_memory(&mut self) -> (&mut Tables, TeamMemory<'_>) {
        let memory = TeamMemory {
            rows: Lent {
                above: &mut self.above,
                contexts: &mut self.contexts,
                lines: &mut self.lines,
                macroblocks: &mut self.macroblocks,
                levels: &mut self.levels,
                tallies: &mut self.tallies,
            },
            trial: &mut self.trial,
            frame: &mut self.frame,
        };
        (&mut self.tables, memory)
    }

    /// The segment map after the frame that was fitted last.
    pub fn segments(&self) -> &[u8] {
        &self.fitting.segments
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
