//! Compressing and restoring files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lentil::{Error, Options, Summary};
use rayon::prelude::*;

use crate::args;
use crate::compare::restores_to_range;
use crate::failure::Failure;
use crate::input::{Input, Original};
use crate::output::{Output, folder_of, remove_stale};
use crate::report::{FileReport, Outcome, Progress, Report};
use crate::walk::{self, Job, Place, Plan, Way};

/// File systems of cameras and sticks keep times to 2 seconds.
const TIMES_DIFFER: Duration = Duration::from_secs(2);

/// What holds for all files of a run.
pub struct Settings<'a> {
    way: Way,
    run: &'a args::Run,
    range: Option<&'a args::Bytes>,
    verify: bool,
    options: Options,
}

/// What there is to do for a file.
pub enum Step {
    /// Nothing any more.
    Settled(Outcome),
    ToStandard,
    ToFile(PathBuf),
}

/// Compresses the files that the command line names.
pub fn compress(args: &args::Compress) -> Result<Report, String> {
    Settings::to_compress(args).run_all()
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
    settings.run_all()
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

impl<'a> Settings<'a> {
    /// Those of compressing.
    pub fn to_compress(args: &'a args::Compress) -> Self {
        let mut options = args.run.limit.options();
        options.partitions = args.partitions;
        Settings {
            way: Way::Compress,
            run: &args.run,
            range: args.range.as_ref(),
            verify: !args.no_verify,
            options,
        }
    }
}

impl Settings<'_> {
    /// What there is to do, if it makes sense. What killed runs left where outputs go is removed.
    pub fn plan(&self) -> Result<Plan, String> {
        let run = self.run;
        let suffix = self.range.map_or(String::new(), |range| {
            let end = range.end.map(|e| e.to_string()).unwrap_or_default();
            format!("{}-{end}.", range.start)
        });
        let plan = walk::plan(
            self.way,
            &run.inputs,
            run.output.as_deref(),
            run.recursive,
            &suffix,
        )?;
        let jobs = &plan.jobs[..];
        let standard = |job: &Job| job.input == Place::Standard || job.output == Place::Standard;
        if run.replace && jobs.iter().any(standard) {
            return Err("--replace is for files".into());
        }
        if run.json && jobs.iter().any(|job| job.output == Place::Standard) {
            return Err("--json and the output cannot both go to standard output".into());
        }
        // Looking through a folder for each of its files would take long.
        if run.recursive || jobs.len() > 1 {
            output_folders(jobs).into_iter().for_each(remove_stale);
        }
        Ok(plan)
    }

    fn run_all(mut self) -> Result<Report, String> {
        let start = Instant::now();
        let (run, plan) = (self.run, self.plan()?);
        if plan.jobs.len() == 1 {
            self.options.threads = threads_of_one(run.threads);
        }
        let progress = Progress::new(&plan.jobs, run.quiet || run.json);
        let files = match &plan.jobs[..] {
            // One file needs no pool, unless it has partitions to share.
            [job] if self.options.threads == NonZeroUsize::MIN => vec![self.file(job, &progress)],
            jobs => on_threads(run.threads, || {
                jobs.par_iter()
                    .map(|job| self.file(job, &progress))
                    .collect()
            })?,
        };
        progress.finish();
        Ok(Report::new(self.way, files, plan.unreadable, start))
    }

    fn file(&self, job: &Job, progress: &Progress) -> FileReport {
        let report = FileReport::new(job, self.attempt(job));
        progress.advance(job.bytes);
        report
    }

    fn attempt(&self, job: &Job) -> Result<Outcome, Failure> {
        match self.step(job)? {
            Step::Settled(outcome) => Ok(outcome),
            Step::ToStandard => self.to_standard(Input::open(&job.input)?),
            Step::ToFile(place) => match Input::open(&job.input)? {
                Input::File(original) => self.file_to_file(original, &place, |original, output| {
                    self.write_file(original, output)
                }),
                Input::Stream(_) if self.run.replace => Err(Failure::InputKind("--replace")),
                Input::Stream(stream) => self.stream_to_file(stream, &place),
            },
        }
    }

    /// What there is to do for a file, which nothing speaks against.
    pub fn step(&self, job: &Job) -> Result<Step, Failure> {
        if job.taken {
            return Err(Failure::Taken);
        }
        let Place::File(output) = &job.output else {
            return Ok(Step::ToStandard);
        };
        let place = real_place(output)?;
        if let Place::File(input) = &job.input {
            if same_file(input, &place) {
                return Err(Failure::Itself);
            }
            if job.found && !self.run.force && place.exists() {
                let outcome = self.existing(Original::open(input, "--replace")?, &place)?;
                return Ok(Step::Settled(outcome));
            }
        }
        if !self.run.force && place.exists() {
            return Err(Failure::Exists);
        }
        Ok(Step::ToFile(place))
    }

    /// An output that is there already: in a folder that is the sign that an earlier run did it.
    fn existing(&self, input: Original, place: &Path) -> Result<Outcome, Failure> {
        let output = Original::open(place, "--replace")?;
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
        let range = self.range_of(length).unwrap_or(0..length);
        let info = lentil::info(&output.file, &self.options);
        info.is_ok_and(|i| {
            i.lepton.is_some() && i.jpeg_bytes == range.end.saturating_sub(range.start)
        })
    }

    /// The bytes of a file of this length that are to be compressed, if not all.
    pub fn range_of(&self, length: u64) -> Option<Range<u64>> {
        self.range.map(|range| range.within(length))
    }

    fn options_for(&self, length: u64) -> Options {
        let mut options = self.options.clone();
        options.range = self.range_of(length);
        options
    }

    /// Has `write` make the output of a file, and puts it in place.
    pub fn file_to_file(
        &self,
        original: Original,
        place: &Path,
        write: impl FnOnce(&Original, &mut Output) -> Result<Outcome, Failure>,
    ) -> Result<Outcome, Failure> {
        let begun = Output::begin(place, Some(&original.metadata), self.run.force);
        let mut output = begun.map_err(Failure::Write)?;
        let written = write(&original, &mut output);
        let outcome = original.settle(written, self.verify)?;
        match output.take_attributes(&original.metadata) {
            // A stick may know no permissions: no harm, as the original stays.
            Err(error) if self.run.replace => return Err(Failure::Attributes(error)),
            _ => {}
        }
        output.put_in_place()?;
        if self.run.replace {
            original.remove()?;
        }
        Ok(outcome)
    }

    fn write_file(&self, original: &Original, output: &mut Output) -> Result<Outcome, Failure> {
        let mut options = self.options_for(original.metadata.len());
        let input = &original.file;
        if self.way == Way::Decompress {
            let out = BufWriter::new(output.file());
            let sizes = lentil::decompress_file(input, out, &options)?;
            return Ok(Outcome::done(sizes));
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
        Ok(Outcome::done(sizes))
    }

    /// Restores a `.lep` file and compares the result with its original.
    fn compare(&self, lep: &fs::File, jpeg: &fs::File) -> Result<(), Failure> {
        let length = jpeg.metadata().map_err(Failure::Read)?.len();
        let range = self.range_of(length).unwrap_or(0..length);
        restores_to_range(lep, jpeg, range, &self.options)
    }

    /// Puts a copy of a `.lep` file in place, if it restores to its original.
    pub fn place_copy(
        &self,
        original: Original,
        lep: &mut fs::File,
        place: &Path,
        cached: bool,
    ) -> Result<Outcome, Failure> {
        self.file_to_file(original, place, |original, output| {
            let lepton_bytes = io::copy(lep, output.file()).map_err(Failure::Write)?;
            if self.verify {
                self.compare(output.file(), &original.file)?;
            }
            let length = original.metadata.len();
            let range = self.range_of(length).unwrap_or(0..length);
            Ok(Outcome::Done {
                jpeg_bytes: range.end.saturating_sub(range.start),
                lepton_bytes,
                cached,
            })
        })
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
