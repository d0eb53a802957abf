//! A file in ranges of bytes, each of which is compressed for itself.

use std::io;
use std::num::NonZeroU16;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lentil::Options;
use lentil_thunk::{Digest, jpeg};
use rayon::prelude::*;

use super::forcing::Engine;
use super::refused;
use crate::args;
use crate::compare::restores_to_range;
use crate::failure::Failure;
use crate::input::Original;
use crate::output::{Output, folder_of, remove_stale};
use crate::pieces;
use crate::report::{FileReport, Outcome, Progress, Report};
use crate::run::{on_threads, real_place};
use crate::walk::{Job, Place, Way};

/// Cuts the file that the command line names into so many pieces. It fails if there is no engine.
pub fn compress(
    args: &args::Compress,
    count: NonZeroU16,
) -> Result<Result<Report, Failure>, String> {
    let start = Instant::now();
    let input = args.run.inputs[0].as_path();
    if input.is_dir() {
        return Err(format!(
            "{} is a folder: --pieces takes one file",
            input.display()
        ));
    }
    let folder = args.run.output.as_deref().unwrap_or(folder_of(input));
    if folder.exists() && !folder.is_dir() {
        return Err(format!("{} is not a folder", folder.display()));
    }
    let engine = match Engine::open(args) {
        Ok(engine) => engine,
        Err(failure) => return Ok(Err(failure)),
    };
    remove_stale(folder);
    let cut = Cut {
        args,
        input,
        folder,
        options: args.run.limit.options(),
        engine,
    };
    let done = on_threads(cut.engine.threads, || cut.run(count.get().into()))?;
    let files = done.unwrap_or_else(|failure| {
        vec![FileReport {
            input: Place::File(input.into()),
            output: None,
            outcome: Outcome::of(Err(failure)),
        }]
    });
    Ok(Ok(Report::new(Way::Compress, files, Vec::new(), start)))
}

struct Cut<'a> {
    args: &'a args::Compress,
    input: &'a Path,
    folder: &'a Path,
    options: Options,
    engine: Engine,
}

struct Piece {
    range: Range<u64>,
    place: PathBuf,
    thunk: Digest,
}

impl Cut<'_> {
    /// Nothing is put in place before all pieces are known to be right.
    fn run(&self, count: usize) -> Result<Vec<FileReport>, Failure> {
        let original = Original::open(self.input, "--engine")?;
        let pieces = self.pieces(&original, count)?;
        let job = Job {
            input: Place::File(self.input.into()),
            output: Place::File(self.folder.into()),
            found: false,
            taken: false,
            bytes: original.metadata.len(),
        };
        let quiet = self.args.run.quiet || self.args.run.json;
        let progress = Progress::new(std::slice::from_ref(&job), quiet);
        let thunks: Vec<Digest> = pieces.iter().map(|piece| piece.thunk).collect();
        let share = job.bytes / count as u64;
        let found = self
            .engine
            .force(&thunks, &progress, &|_| progress.advance(share));
        progress.finish();
        let mut leps = Vec::new();
        for piece in &pieces {
            match found.of(&piece.thunk)? {
                (jpeg::Outcome::Compressed(lep), cached) => leps.push((*lep, cached)),
                (jpeg::Outcome::Refused(refusal), _) => {
                    return Ok(vec![FileReport::new(&job, Ok(refused(refusal)))]);
                }
            }
        }
        if !self.args.no_verify {
            let verified = pieces.par_iter().zip(&leps);
            verified.try_for_each(|(piece, (lep, _))| self.verify(&original, piece, lep))?;
        }
        original.settle(Ok(()), !self.args.no_verify)?;
        let placed = pieces.iter().zip(&leps);
        let placed = placed.map(|(piece, (lep, cached))| self.put(&original, piece, lep, *cached));
        placed.collect()
    }

    /// Ranges of one length, but for a byte.
    fn pieces(&self, original: &Original, count: usize) -> Result<Vec<Piece>, Failure> {
        let length = original.metadata.len();
        if length < count as u64 {
            return Err(Failure::TooManyPieces);
        }
        let at = |number: usize| (u128::from(length) * number as u128 / count as u128) as u64;
        let ranges: Vec<_> = (0..count).map(|n| Some(at(n)..at(n + 1))).collect();
        let places = self.places(count)?;
        let thunks = self.engine.thunks(original, &ranges)?;
        let ranges = ranges.into_iter().flatten();
        let pieces = ranges.zip(places).zip(thunks);
        let pieces = pieces.map(|((range, place), thunk)| Piece {
            range,
            place,
            thunk,
        });
        Ok(pieces.collect())
    }

    fn places(&self, count: usize) -> Result<Vec<PathBuf>, Failure> {
        let file = self.input.file_name().unwrap_or_default();
        let place = |number| {
            let place = real_place(&self.folder.join(pieces::name(file, number, count)))?;
            if !self.args.run.force && place.exists() {
                return Err(Failure::Exists);
            }
            Ok(place)
        };
        (0..count).map(place).collect()
    }

    fn verify(&self, original: &Original, piece: &Piece, lep: &Digest) -> Result<(), Failure> {
        // A file has one cursor.
        let mine = Original::reopen(self.input, &original.metadata, "--engine")?;
        let lep = self.engine.store.get(lep)?;
        let range = piece.range.clone();
        let restores = restores_to_range(&lep, &mine.file, range, &self.options);
        self.engine
            .unless_wrong(&piece.thunk, mine.settle(restores, true))
    }

    fn put(
        &self,
        original: &Original,
        piece: &Piece,
        lep: &Digest,
        cached: bool,
    ) -> Result<FileReport, Failure> {
        let begun = Output::begin(&piece.place, Some(&original.metadata), self.args.run.force);
        let mut output = begun.map_err(Failure::Write)?;
        let mut lep = self.engine.store.get(lep)?;
        let lepton_bytes = io::copy(&mut lep, output.file()).map_err(Failure::Write)?;
        // A stick may know no permissions: no harm, as the original stays.
        let _ = output.take_attributes(&original.metadata);
        output.put_in_place()?;
        Ok(FileReport {
            input: Place::File(self.input.into()),
            output: Some(Place::File(piece.place.clone())),
            outcome: Outcome::Done {
                jpeg_bytes: piece.range.end - piece.range.start,
                lepton_bytes,
                cached,
            },
        })
    }
}
