//! JPEGs compressed by an engine: each is a thunk, and what came of it is put in place like what was compressed right here.

mod forcing;
mod pieces;

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::PathBuf;
use std::time::Instant;

use lentil_thunk::Digest;
use lentil_thunk::jpeg::{self, Refusal};
use rayon::prelude::*;

use crate::args;
use crate::failure::Failure;
use crate::input::Original;
use crate::report::{FileReport, Outcome, Progress, Report};
use crate::run::{Settings, Step, on_threads};
use crate::walk::{Job, Place, Way};

use forcing::{Engine, Found};

/// Files that are forced together. What they hold lies in the store, so it is only what is known of them that takes memory; more at a
/// time would but let the first outputs wait.
const BATCH: usize = 1024;

/// Compresses the files that the command line names. It fails if there is no engine.
pub fn compress(args: &args::Compress) -> Result<Result<Report, Failure>, String> {
    if let Some(count) = args.pieces {
        return pieces::compress(args, count);
    }
    let start = Instant::now();
    let settings = Settings::to_compress(args);
    let plan = settings.plan()?;
    let engine = match Engine::open(args) {
        Ok(engine) => engine,
        Err(failure) => return Ok(Err(failure)),
    };
    let progress = Progress::new(&plan.jobs, args.run.quiet || args.run.json);
    let run = Run {
        settings,
        engine,
        progress,
    };
    let files = on_threads(run.engine.threads, || {
        plan.jobs
            .chunks(BATCH)
            .flat_map(|jobs| run.batch(jobs))
            .collect()
    })?;
    run.progress.finish();
    let report = Report::new(Way::Compress, files, plan.unreadable, start);
    Ok(Ok(report))
}

struct Run<'a> {
    settings: Settings<'a>,
    engine: Engine,
    progress: Progress,
}

/// A file before anything is computed.
enum Begun {
    /// Nothing is to be.
    Settled(Outcome),
    /// A thunk is to be forced.
    Waits(Box<Waiting>),
}

struct Waiting {
    thunk: Digest,
    input: PathBuf,
    place: PathBuf,
    /// The file's when it was read.
    metadata: Metadata,
}

impl Run<'_> {
    fn batch(&self, jobs: &[Job]) -> Vec<FileReport> {
        let begun: Vec<_> = jobs.par_iter().map(|job| self.begin(job)).collect();
        let mut bytes: HashMap<Digest, u64> = HashMap::new();
        let mut thunks = Vec::new();
        for (job, begun) in jobs.iter().zip(&begun) {
            let Ok(Begun::Waits(waiting)) = begun else {
                self.progress.advance(job.bytes);
                continue;
            };
            // Files may be alike.
            let sum = bytes.entry(waiting.thunk).or_insert_with(|| {
                thunks.push(waiting.thunk);
                0
            });
            *sum += job.bytes;
        }
        let found = self.engine.force(&thunks, &self.progress, &|thunk| {
            self.progress
                .advance(bytes.get(thunk).copied().unwrap_or(0));
        });
        let ended = jobs.par_iter().zip(begun);
        let ended = ended.map(|(job, begun)| {
            let outcome = begun.and_then(|begun| match begun {
                Begun::Settled(outcome) => Ok(outcome),
                Begun::Waits(waiting) => self.end(&waiting, &found),
            });
            FileReport::new(job, outcome)
        });
        ended.collect()
    }

    fn begin(&self, job: &Job) -> Result<Begun, Failure> {
        let (place, input) = match (self.settings.step(job)?, &job.input) {
            (Step::Settled(outcome), _) => return Ok(Begun::Settled(outcome)),
            (Step::ToFile(place), Place::File(input)) => (place, input),
            (Step::ToStandard, _) | (_, Place::Standard) => return Err(Failure::Streams),
        };
        let original = Original::open(input, "--engine")?;
        let range = self.settings.range_of(original.metadata.len());
        let thunks = self.engine.thunks(&original, &[range])?;
        Ok(Begun::Waits(Box::new(Waiting {
            thunk: thunks[0],
            input: input.clone(),
            place,
            metadata: original.metadata,
        })))
    }

    /// Puts what came of a file in place.
    fn end(&self, waiting: &Waiting, found: &Found) -> Result<Outcome, Failure> {
        let (outcome, cached) = found.of(&waiting.thunk)?;
        let lep = match outcome {
            jpeg::Outcome::Refused(refusal) => return Ok(refused(refusal)),
            jpeg::Outcome::Compressed(lep) => lep,
        };
        let original = Original::reopen(&waiting.input, &waiting.metadata, "--engine")?;
        let mut lep = self.engine.store.get(lep)?;
        let placed = self
            .settings
            .place_copy(original, &mut lep, &waiting.place, cached);
        self.engine.unless_wrong(&waiting.thunk, placed)
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::Unsupported(reason) => Outcome::Unsupported(reason.clone()),
        Refusal::OutOfBounds(reason) => Outcome::Failed(reason.clone()),
    }
}
