//! Compressing and restoring files.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use lentil::{Error, Options};
use rayon::prelude::*;

use crate::args;
use crate::compare::Compare;
use crate::output::{Output, abandon, sync_folder};
use crate::report::{Failure, FileReport, Outcome, Progress, Report};
use crate::walk::{self, Job, Place, Way};

/// What holds for all files of a run.
struct Settings<'a> {
    way: Way,
    run: &'a args::Run,
    range: Option<&'a args::Bytes>,
    verify: bool,
    options: Options,
}

/// Compresses the files that the command line names.
pub fn compress(args: &args::Compress) -> Result<Report, String> {
    let mut options = options(&args.run);
    options.partitions = args.partitions;
    let suffix = match &args.range {
        Some(args::Bytes { start, end }) => {
            let end = end.map(|e| e.to_string()).unwrap_or_default();
            format!("{start}-{end}.")
        }
        None => String::new(),
    };
    let settings = Settings {
        way: Way::Compress,
        run: &args.run,
        range: args.range.as_ref(),
        verify: !args.no_verify,
        options,
    };
    if args.range.is_some() && args.run.replace {
        return Err("--replace would lose what is outside of --range".into());
    }
    settings.run_all(&suffix)
}

/// Restores the files that the command line names.
pub fn decompress(args: &args::Decompress) -> Result<Report, String> {
    let settings = Settings {
        way: Way::Decompress,
        run: &args.run,
        range: None,
        verify: false,
        options: options(&args.run),
    };
    settings.run_all("")
}

fn options(run: &args::Run) -> Options {
    let mut options = Options::default();
    options.verify = false;
    options.limits.memory = run.memory.saturating_mul(1 << 20);
    options
}

/// Runs `work` on a pool of so many threads.
pub fn on_threads<T: Send>(
    threads: Option<NonZeroUsize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.map_or(0, NonZeroUsize::get));
    let pool = pool
        .build()
        .map_err(|e| format!("cannot start threads: {e}"))?;
    Ok(pool.install(work))
}

impl Settings<'_> {
    fn run_all(mut self, suffix: &str) -> Result<Report, String> {
        let (run, way) = (self.run, self.way);
        let jobs = walk::jobs(
            way,
            &run.inputs,
            run.output.as_deref(),
            run.recursive,
            suffix,
        )?;
        let standard = |job: &Job| job.input == Place::Standard || job.output == Place::Standard;
        if run.replace && jobs.iter().any(standard) {
            return Err("--replace is for files".into());
        }
        if run.json && jobs.iter().any(|job| job.output == Place::Standard) {
            return Err("--json and the output cannot both go to standard output".into());
        }
        if let [_] = jobs[..] {
            let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            self.options.threads = run.threads.unwrap_or(cores);
        }
        let start = Instant::now();
        let progress = Progress::new(&jobs, run.quiet || run.json);
        let files = match &jobs[..] {
            // One file needs no pool, unless it has partitions to share.
            [job] if self.options.threads == NonZeroUsize::MIN => vec![self.file(job, &progress)],
            jobs => on_threads(run.threads, || {
                jobs.par_iter()
                    .map(|job| self.file(job, &progress))
                    .collect()
            })?,
        };
        progress.finish();
        Ok(Report {
            way,
            files,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    fn file(&self, job: &Job, progress: &Progress) -> FileReport {
        let outcome = match &job.problem {
            Some(problem) => Outcome::Failed(problem.clone()),
            None => self.attempt(job).unwrap_or_else(|failure| match failure {
                Failure::Lentil(Error::Unsupported(reason)) => {
                    Outcome::Unsupported(reason.to_string())
                }
                failure => Outcome::Failed(failure.to_string()),
            }),
        };
        progress.advance(job);
        FileReport {
            input: job.input.clone(),
            output: job.output.clone(),
            outcome,
        }
    }

    fn attempt(&self, job: &Job) -> Result<Outcome, Failure> {
        match (&job.input, &job.output) {
            (Place::File(input), Place::File(output)) => {
                if same_file(input, output) {
                    return Err(Failure::Itself);
                }
                if output.exists() && !self.run.force {
                    return self.existing(job, input, output);
                }
                self.file_to_file(input, output)
            }
            (Place::File(input), Place::Standard) => {
                let file = open(input)?;
                self.to_standard(|options, out| match self.way {
                    Way::Compress => lentil::compress_file(&file, out, options),
                    Way::Decompress => lentil::decompress_file(&file, out, options),
                })
            }
            (Place::Standard, Place::Standard) => self.to_standard(|options, out| {
                let input = io::stdin().lock();
                match self.way {
                    Way::Compress => lentil::compress(input, out, options),
                    Way::Decompress => lentil::decompress(input, out, options),
                }
            }),
            (Place::Standard, Place::File(output)) => self.standard_to_file(output),
        }
    }

    /// An output that is there already: in a folder that is the sign that an earlier run did it.
    fn existing(&self, job: &Job, input: &Path, output: &Path) -> Result<Outcome, Failure> {
        let modified = |path: &Path| fs::metadata(path).and_then(|m| m.modified());
        let current = || Ok::<_, io::Error>(modified(output)? >= modified(input)?);
        if !job.found || !current().map_err(Failure::Read)? {
            return Err(Failure::Exists);
        }
        if self.run.replace {
            let (jpeg, lep) = match self.way {
                Way::Compress => (input, output),
                Way::Decompress => (output, input),
            };
            self.compare(&open(lep)?, &open(jpeg)?)?;
            remove(input)?;
        }
        Ok(Outcome::Skipped)
    }

    fn options_for(&self, length: u64) -> Options {
        let mut options = self.options.clone();
        options.range = self.range.map(|range| range.within(length));
        options
    }

    fn file_to_file(&self, input: &Path, place: &Path) -> Result<Outcome, Failure> {
        let file = open(input)?;
        let original = file.metadata().map_err(Failure::Read)?;
        let options = self.options_for(original.len());
        let mut output = Output::begin(place, self.run.force).map_err(Failure::Write)?;
        let written = self.write_file(&file, &mut output, &options);
        let sizes = match written {
            Ok(sizes) => sizes,
            Err(failure) => {
                abandon(output);
                return Err(failure);
            }
        };
        output
            .put_in_place(Some(&original))
            .map_err(Failure::in_place)?;
        if self.run.replace {
            remove(input)?;
        }
        Ok(Outcome::done(sizes))
    }

    fn write_file(
        &self,
        file: &File,
        output: &mut Output,
        options: &Options,
    ) -> Result<lentil::Summary, Failure> {
        if self.way == Way::Decompress {
            return Ok(lentil::decompress_file(
                file,
                io::BufWriter::new(output.file()),
                options,
            )?);
        }
        let sizes = match lentil::compress_file(file, io::BufWriter::new(output.file()), options) {
            Err(Error::Extreme) => {
                let mut options = options.clone();
                options.own_version = true;
                let file_out = output.file();
                file_out.set_len(0).map_err(Failure::Write)?;
                file_out.seek(SeekFrom::Start(0)).map_err(Failure::Write)?;
                lentil::compress_file(file, io::BufWriter::new(file_out), &options)?
            }
            other => other?,
        };
        if self.verify {
            self.compare(output.file(), file)?;
        }
        Ok(sizes)
    }

    /// Restores a `.lep` file and compares the result with its original.
    fn compare(&self, lep: &File, jpeg: &File) -> Result<(), Failure> {
        let mut original = jpeg;
        let start = self.range.map_or(0, |range| range.start);
        original
            .seek(SeekFrom::Start(start))
            .map_err(Failure::Read)?;
        let length = jpeg.metadata().map_err(Failure::Read)?.len();
        let end = self.range.map_or(length, |range| range.within(length).end);
        let original = io::Read::take(io::BufReader::new(original), end.saturating_sub(start));
        let mut compare = Compare::new(original);
        let restored = lentil::decompress_file(lep, &mut compare, &self.options);
        if let Some(offset) = compare.finish().map_err(Failure::Read)? {
            return Err(Error::Mismatch { offset }.into());
        }
        restored?;
        Ok(())
    }

    fn to_standard(
        &self,
        work: impl FnOnce(&Options, &mut dyn Write) -> Result<lentil::Summary, Error>,
    ) -> Result<Outcome, Failure> {
        let mut options = self.options_for(u64::MAX);
        options.verify = self.verify;
        let mut out = io::BufWriter::new(io::stdout().lock());
        Ok(Outcome::done(work(&options, &mut out)?))
    }

    fn standard_to_file(&self, place: &Path) -> Result<Outcome, Failure> {
        if place.exists() && !self.run.force {
            return Err(Failure::Exists);
        }
        let mut options = self.options_for(u64::MAX);
        options.verify = self.verify;
        let mut output = Output::begin(place, self.run.force).map_err(Failure::Write)?;
        let input = io::stdin().lock();
        let out = io::BufWriter::new(output.file());
        let written = match self.way {
            Way::Compress => lentil::compress(input, out, &options),
            Way::Decompress => lentil::decompress(input, out, &options),
        };
        match written {
            Ok(sizes) => {
                output.put_in_place(None).map_err(Failure::in_place)?;
                Ok(Outcome::done(sizes))
            }
            Err(error) => {
                abandon(output);
                Err(error.into())
            }
        }
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let file = File::open(path).map_err(Failure::Read)?;
    let kind = file.metadata().map_err(Failure::Read)?.file_type();
    if kind.is_dir() {
        return Err(Failure::Read(io::ErrorKind::IsADirectory.into()));
    }
    Ok(file)
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Removes an input whose output is safe.
fn remove(input: &Path) -> Result<(), Failure> {
    fs::remove_file(input).map_err(Failure::Remove)?;
    let folder = input
        .parent()
        .filter(|f| *f != Path::new(""))
        .unwrap_or(Path::new("."));
    sync_folder(folder).map_err(Failure::Remove)
}
