//! One picture, encoded by several threads: by the same stages as by one, so the bytes are the same.

use lentil_core::vp8::encode::{
    EncodeKernels, Encoded, Encoding, Error, MotionAnalysis, MotionSearch, PartLens, Tally,
};
use lentil_core::vp8::{Above, Blocks, Contexts, Macroblock, PictureMut};
use rayon::ThreadPool;

use super::wavefront::{Analysing, Coding, Lent};
use crate::video::crew;
use crate::video::schedule::Plan;

/// Threads for a picture that is worth several.
#[derive(Clone, Copy)]
pub(super) struct Team<'a> {
    /// All but the caller's.
    others: &'a ThreadPool,
    plan: Plan,
}

/// Memory that several threads encode a picture with.
pub(super) struct TeamMemory<'a> {
    pub rows: Lent<'a>,
    /// [`Team::trial_len`] bytes.
    pub trial: &'a mut [u8],
    /// For the frame.
    pub frame: &'a mut [u8],
}

/// A part of what is left once rows are encoded and the filter's level is known.
enum Part<'a, 'p> {
    Filter(&'a mut PictureMut<'p>),
    Tokens(usize, &'a mut [u8], &'a mut [Contexts]),
    Modes(&'a mut [u8], &'a mut [Above]),
}

/// What comes of a part.
#[derive(Clone, Copy)]
enum Wrote {
    Nothing,
    /// A partition, and its bytes.
    Tokens(usize, usize),
    /// The first partition's bytes.
    Modes(usize),
}

/// Their number at most: eight partitions of tokens.
const PARTS: usize = 10;

/// Levels of the loop filter that are tried at a time.
const TRIES: usize = 3;

impl<'a> Team<'a> {
    /// The threads for a picture of this size, if there are others and they are worth waking.
    pub fn of(others: Option<&'a ThreadPool>, size: [usize; 2]) -> Option<Self> {
        let others = others?;
        let [columns, rows] = size;
        let plan = Plan::of_encoders(rows, columns, others.current_num_threads() + 1)?;
        Some(Team { others, plan })
    }

    /// Rows under way at a time.
    pub fn slots(&self) -> usize {
        self.plan.slots
    }

    /// Bytes of what levels of the loop filter are tried on: strips for each.
    pub fn trial_len(&self) -> usize {
        TRIES * self.strips_len()
    }

    fn strips_len(&self) -> usize {
        2 * 256 * self.plan.columns
    }

    /// Searches the motion of a picture. `above` is one for each column, of any content, `motion` one for each macroblock.
    pub fn analyse(
        &self,
        kernels: impl EncodeKernels,
        search: &MotionSearch<'_>,
        above: &mut [MotionAnalysis],
        motion: &mut [MotionAnalysis],
    ) -> Result<(), Error> {
        let plan = Plan {
            filters: false,
            ..self.plan
        };
        let job = Analysing::new(kernels, search, plan, above, motion);
        crew::run(self.others, &plan, |task| job.run(task))
    }

    /// Encodes a frame that is begun, and its tally empty. `motion` is nothing for a key frame and in rebasing.
    pub fn encode(
        &self,
        kernels: impl EncodeKernels,
        (mut encoding, tally): (Encoding<'_>, &mut Tally),
        motion: &[MotionAnalysis],
        memory: &mut TeamMemory<'_>,
        picture: &mut PictureMut<'_>,
    ) -> Result<Encoded, Error> {
        let tries = encoding.tries_levels();
        let plan = Plan {
            filters: !tries,
            ..self.plan
        };
        memory.rows.tallies.fill(Tally::NEW);
        {
            let lent = memory.rows.again();
            let job = Coding::new(kernels, &encoding, plan, motion, lent, picture);
            crew::run(self.others, &plan, |task| job.run(task))?;
        }
        for counted in &*memory.rows.tallies {
            tally.merge(counted);
        }
        if tries {
            let macroblocks = &*memory.rows.macroblocks;
            self.search_level(kernels, &mut encoding, macroblocks, picture, memory.trial)?;
        }
        encoding.adapt(tally);
        self.finish(kernels, encoding, tries.then_some(picture), memory)
    }

    /// Tries levels of the loop filter, some at a time.
    fn search_level(
        &self,
        kernels: impl EncodeKernels,
        encoding: &mut Encoding<'_>,
        macroblocks: &[Macroblock],
        picture: &PictureMut<'_>,
        trial: &mut [u8],
    ) -> Result<(), Error> {
        let mut search = encoding.level_search();
        let picture = picture.as_picture();
        while search.levels() != [None; 3] {
            let mut errors = [Ok(0); TRIES];
            let tries = search.levels().into_iter().zip(&mut errors);
            let strips = trial.chunks_exact_mut(self.strips_len());
            let tries = tries.zip(strips).filter_map(|((level, error), strips)| {
                let level = level?;
                Some((level, error, strips))
            });
            crew::each(self.others, self.plan.threads.min(TRIES), tries, |job| {
                let (level, error, strips) = job;
                *error = encoding.try_level(kernels, level, macroblocks, &picture, strips);
            });
            let [a, b, c] = errors;
            search = search.after([a?, b?, c?]);
        }
        encoding.set_level(&search);
        Ok(())
    }

    /// Writes the partitions of a frame, and filters its picture, if it is not.
    fn finish(
        &self,
        kernels: impl EncodeKernels,
        mut encoding: Encoding<'_>,
        picture: Option<&mut PictureMut<'_>>,
        memory: &mut TeamMemory<'_>,
    ) -> Result<Encoded, Error> {
        match lens(self.write(kernels, &encoding, picture, memory)?) {
            Ok(lens) => encoding.join(&lens, memory.frame),
            Err(Error::Room) => {
                // Without gaps it may fit.
                let rows = &mut memory.rows;
                let blocks = (&*rows.macroblocks, &*rows.levels);
                let above = (&mut *rows.above, &mut *rows.contexts);
                encoding.finish(kernels, blocks, above, memory.frame)
            }
            Err(error) => Err(error),
        }
    }

    /// Has the parts done side by side.
    fn write(
        &self,
        kernels: impl EncodeKernels,
        encoding: &Encoding<'_>,
        picture: Option<&mut PictureMut<'_>>,
        memory: &mut TeamMemory<'_>,
    ) -> Result<[Result<Wrote, Error>; PARTS], Error> {
        let rows = &mut memory.rows;
        let blocks = (&*rows.macroblocks, &*rows.levels);
        let parts = encoding.parts(memory.frame).ok_or(Error::Room)?;
        let tokens = parts.tokens.into_iter().take(encoding.header().partitions);
        let tokens = tokens.zip(rows.contexts.chunks_mut(self.plan.columns));
        let tokens = tokens.enumerate();
        let tokens = tokens.map(|(at, (bytes, contexts))| Part::Tokens(at, bytes, contexts));
        let modes = Part::Modes(parts.first, rows.above);
        // What takes longest goes first.
        let filter = picture.map(Part::Filter).into_iter();
        let all = filter.chain(tokens).chain([modes]);
        let mut results = [Ok(Wrote::Nothing); PARTS];
        let jobs = all.zip(&mut results);
        crew::each(self.others, self.plan.threads, jobs, |(part, result)| {
            *result = part.run(kernels, encoding, blocks);
        });
        Ok(results)
    }
}

impl Part<'_, '_> {
    fn run(
        self,
        kernels: impl EncodeKernels,
        encoding: &Encoding<'_>,
        blocks: (&[Macroblock], &[Blocks]),
    ) -> Result<Wrote, Error> {
        Ok(match self {
            Part::Filter(picture) => {
                encoding.filter_picture(kernels, blocks.0, picture)?;
                Wrote::Nothing
            }
            Part::Tokens(at, bytes, contexts) => {
                let len = encoding.token_partition(kernels, at, blocks, contexts, bytes)?;
                Wrote::Tokens(at, len)
            }
            Part::Modes(bytes, above) => {
                let len = encoding.first_partition(kernels, blocks.0, above, bytes)?;
                Wrote::Modes(len)
            }
        })
    }
}

/// The bytes of all parts, or why one failed.
fn lens(results: [Result<Wrote, Error>; PARTS]) -> Result<PartLens, Error> {
    let mut lens = PartLens::default();
    for result in results {
        match result? {
            Wrote::Nothing => {}
            Wrote::Tokens(at, len) => lens.tokens[at % 8] = len,
            Wrote::Modes(len) => lens.first = len,
        }
    }
    Ok(lens)
}
