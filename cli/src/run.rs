//! Compressing and restoring files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lentil::{Error, Options, Summary};
use rayon::prelude::*;

use crate::args;
use crate::compare::restores_to;
use crate::failure::Failure;
use crate::input::{Input, Original};
use crate::output::{Output, folder_of, remove_stale};
use crate::report::{FileReport, Outcome, Progress, Report};
use crate::walk::{self, Job, Place, Way};

/// File systems of cameras and sticks keep times to 2 seconds.
const TIMES_DIFFER: Duration = Duration::from_secs(2);

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
    if args.range.is_some() && args.run.replace {
        return Err("--replace would lose what is outside of --range".into());
    }
    let mut options = args.run.limit.options();
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
    settings.run_all(&suffix)
}

/// Restores the files that the command line names.
pub fn decompress(args: &args::Decompress) -> Result<Report, String> {
    let settings = Settings {
        way: Way::Decompress,
        run: &args.run,
        range: None,
        verify: false,
        options: args.run.limit.options(),
    };
    settings.run_all("")
}

/// The threads that a file gets if it is the only one.
pub fn threads_of_one(threads: Option<NonZeroUsize>) -> NonZeroUsize {
    threads.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
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
        let plan = walk::plan(
            way,
            &run.inputs,
            run.output.as_deref(),
            run.recursive,
            suffix,
        )?;
        let jobs = &plan.jobs[..];
        let standard = |job: &Job| job.input == Place::Standard || job.output == Place::Standard;
        if run.replace && jobs.iter().any(standard) {
            return Err("--replace is for files".into());
        }
        if run.json && jobs.iter().any(|job| job.output == Place::Standard) {
            return Err("--json and the output cannot both go to standard output".into());
        }
        if jobs.len() == 1 {
            self.options.threads = threads_of_one(run.threads);
        }
        // Looking through a folder for each of its files would take long.
        if run.recursive || jobs.len() > 1 {
            output_folders(jobs).into_iter().for_each(remove_stale);
        }
        let start = Instant::now();
        let progress = Progress::new(jobs, run.quiet || run.json);
        let mut files = match jobs {
            // One file needs no pool, unless it has partitions to share.
            [job] if self.options.threads == NonZeroUsize::MIN => vec![self.file(job, &progress)],
            jobs => on_threads(run.threads, || {
                jobs.par_iter()
                    .map(|job| self.file(job, &progress))
                    .collect()
            })?,
        };
        progress.finish();
        let unreadable = plan.unreadable.into_iter();
        files.extend(unreadable.map(|(path, reason)| FileReport {
            input: Place::File(path),
            output: None,
            outcome: Outcome::Failed(reason),
        }));
        Ok(Report {
            way,
            files,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    fn file(&self, job: &Job, progress: &Progress) -> FileReport {
        let outcome = self.attempt(job).unwrap_or_else(|failure| match failure {
            Failure::Lentil(Error::Unsupported(reason)) => Outcome::Unsupported(reason.to_string()),
            failure => Outcome::Failed(failure.to_string()),
        });
        progress.advance(job);
        FileReport {
            input: job.input.clone(),
            output: Some(job.output.clone()),
            outcome,
        }
    }

    fn attempt(&self, job: &Job) -> Result<Outcome, Failure> {
        if job.taken {
            return Err(Failure::Taken);
        }
        match (&job.output, &job.input) {
            (Place::Standard, _) => self.to_standard(Input::open(&job.input)?),
            (Place::File(output), input) => {
                let place = real_place(output)?;
                if let Place::File(input) = input {
                    if same_file(input, &place) {
                        return Err(Failure::Itself);
                    }
                    if job.found && !self.run.force && place.exists() {
                        return self.existing(Original::open(input)?, &place);
                    }
                }
                if !self.run.force && place.exists() {
                    return Err(Failure::Exists);
                }
                match Input::open(input)? {
                    Input::File(original) => self.file_to_file(original, &place),
                    Input::Stream(_) if self.run.replace => Err(Failure::InputKind),
                    Input::Stream(stream) => self.stream_to_file(stream, &place),
                }
            }
        }
    }

    /// An output that is there already: in a folder that is the sign that an earlier run did it.
    fn existing(&self, input: Original, place: &Path) -> Result<Outcome, Failure> {
        let output = Original::open(place)?;
        let modified = |file: &Original| file.metadata.modified().map_err(Failure::Read);
        if modified(&output)? + TIMES_DIFFER < modified(&input)? || !self.sizes_fit(&input, &output)
        {
            return Err(Failure::Exists);
        }
        if self.run.replace {
            match self.way {
                Way::Compress => self.compare(&output.file, &input.file)?,
                Way::Decompress => self.compare(&input.file, &output.file)?,
            }
            input.remove()?;
        }
        Ok(Outcome::Skipped)
    }

    /// Whether a `.lep` file that is there already says the size of its original.
    fn sizes_fit(&self, input: &Original, output: &Original) -> bool {
        // Restored files may be wrapped, so their size says nothing.
        if self.way == Way::Decompress {
            return true;
        }
        let length = input.metadata.len();
        let range = self.range.map_or(0..length, |range| range.within(length));
        let info = lentil::info(&output.file, &self.options);
        info.is_ok_and(|i| {
            i.lepton.is_some() && i.jpeg_bytes == range.end.saturating_sub(range.start)
        })
    }

    fn options_for(&self, length: u64) -> Options {
        let mut options = self.options.clone();
        options.range = self.range.map(|range| range.within(length));
        options
    }

    fn file_to_file(&self, original: Original, place: &Path) -> Result<Outcome, Failure> {
        let begun = Output::begin(place, Some(&original.metadata), self.run.force);
        let mut output = begun.map_err(Failure::Write)?;
        let written = self.write_file(&original, &mut output);
        let sizes = original.settle(written, self.verify)?;
        match output.take_attributes(&original.metadata) {
            // A stick may know no permissions: no harm, as the original stays.
            Err(error) if self.run.replace => return Err(Failure::Attributes(error)),
            _ => {}
        }
        output.put_in_place()?;
        if self.run.replace {
            original.remove()?;
        }
        Ok(Outcome::done(sizes))
    }

    fn write_file(&self, original: &Original, output: &mut Output) -> Result<Summary, Failure> {
        let mut options = self.options_for(original.metadata.len());
        let input = &original.file;
        if self.way == Way::Decompress {
            let out = BufWriter::new(output.file());
            return Ok(lentil::decompress_file(input, out, &options)?);
        }
        let sizes = match lentil::compress_file(input, BufWriter::new(output.file()), &options) {
            Err(Error::Extreme) => {
                options.own_version = true;
                let out = output.file();
                out.set_len(0).map_err(Failure::Write)?;
                out.seek(SeekFrom::Start(0)).map_err(Failure::Write)?;
                lentil::compress_file(input, BufWriter::new(out), &options)?
            }
            other => other?,
        };
        if self.verify {
            self.compare(output.file(), input)?;
        }
        Ok(sizes)
    }

    /// Restores a `.lep` file and compares the result with its original.
    fn compare(&self, lep: &fs::File, jpeg: &fs::File) -> Result<(), Failure> {
        let length = jpeg.metadata().map_err(Failure::Read)?.len();
        let range = self.range.map_or(0..length, |range| range.within(length));
        let mut jpeg = jpeg;
        jpeg.seek(SeekFrom::Start(range.start))
            .map_err(Failure::Read)?;
        let expected = BufReader::new(jpeg).take(range.end.saturating_sub(range.start));
        restores_to(lep, expected, &self.options)
    }

    fn to_standard(&self, input: Input) -> Result<Outcome, Failure> {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = match input {
            Input::Stream(stream) => self.stream(stream, &mut out),
            Input::File(Original { file, metadata, .. }) => {
                let mut options = self.options_for(metadata.len());
                options.verify = self.verify;
                match self.way {
                    Way::Compress => lentil::compress_file(&file, &mut out, &options),
                    Way::Decompress => lentil::decompress_file(&file, &mut out, &options),
                }
            }
        };
        match written {
            // Nobody reads any more, which is nobody's mistake.
            Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                std::process::exit(1)
            }
            written => Ok(Outcome::done(written?)),
        }
    }

    fn stream_to_file(&self, stream: Box<dyn Read>, place: &Path) -> Result<Outcome, Failure> {
        let begun = Output::begin(place, None, self.run.force);
        let mut output = begun.map_err(Failure::Write)?;
        let sizes = self.stream(stream, &mut BufWriter::new(output.file()))?;
        output.put_in_place()?;
        Ok(Outcome::done(sizes))
    }

    /// Compresses or restores a stream. It is read but once, so it is the library that verifies.
    fn stream(&self, input: Box<dyn Read>, out: &mut dyn Write) -> Result<Summary, Error> {
        if self.way == Way::Decompress {
            return lentil::decompress(input, out, &self.options);
        }
        let mut options = self.options.clone();
        options.verify = self.verify;
        let Some(range) = self.range else {
            return lentil::compress(input, out, &options);
        };
        // Where an open range ends is known when all is read.
        let (mut bytes, limit) = (Vec::new(), options.limits.memory);
        let mut all = input.take(limit.saturating_add(1));
        let read = all.read_to_end(&mut bytes).map_err(Error::Read)? as u64;
        if read > limit {
            return Err(Error::Limit {
                what: "bytes of memory",
                needed: read,
                limit,
            });
        }
        options.range = Some(range.within(read));
        lentil::compress_slice(&bytes, out, &options)
    }
}

/// The folders that outputs go to.
fn output_folders(jobs: &[Job]) -> HashSet<&Path> {
    let outputs = jobs.iter().filter_map(|job| match &job.output {
        Place::File(path) => Some(folder_of(path)),
        Place::Standard => None,
    });
    outputs.collect()
}

/// Where an output goes: links are followed, and only files are overwritten.
pub fn real_place(output: &Path) -> Result<PathBuf, Failure> {
    if fs::metadata(output).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Failure::OutputKind);
    }
    if output.is_symlink() {
        return output.canonicalize().map_err(Failure::Write);
    }
    Ok(output.into())
}

/// Whether both are one file that is there.
pub fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
