//! What came of the files, for people and for programs.

use std::fs;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::walk::{Job, Place, Way};

/// Why a file could not be done.
#[derive(Debug)]
pub enum Failure {
    Lentil(lentil::Error),
    Read(io::Error),
    Write(io::Error),
    Remove(io::Error),
    Exists,
    Itself,
}

impl Failure {
    /// What putting a file in place fails with.
    pub fn in_place(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Exists,
            _ => Failure::Write(error),
        }
    }
}

impl From<lentil::Error> for Failure {
    fn from(error: lentil::Error) -> Self {
        Failure::Lentil(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Lentil(error) => error.fmt(f),
            Failure::Read(error) => write!(f, "cannot read it: {error}"),
            Failure::Write(error) => write!(f, "cannot write its output: {error}"),
            Failure::Remove(error) => write!(
                f,
                "its output is complete, but it cannot be removed: {error}"
            ),
            Failure::Itself => f.write_str("its output would be put in its own place"),
            Failure::Exists => f.write_str("its output exists: use --force to overwrite it"),
        }
    }
}

/// What came of a file.
#[derive(Debug)]
pub enum Outcome {
    Done {
        jpeg_bytes: u64,
        lepton_bytes: u64,
    },
    /// An earlier run did it.
    Skipped,
    Unsupported(String),
    Failed(String),
}

impl Outcome {
    pub fn done(sizes: lentil::Summary) -> Self {
        Outcome::Done {
            jpeg_bytes: sizes.jpeg_bytes,
            lepton_bytes: sizes.lepton_bytes,
        }
    }
}

#[derive(Debug)]
pub struct FileReport {
    pub input: Place,
    pub output: Place,
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    pub way: Way,
    pub files: Vec<FileReport>,
    pub seconds: f64,
}

/// Counts and sizes of a report.
#[derive(Debug, Default)]
struct Totals {
    done: usize,
    skipped: usize,
    unsupported: usize,
    failed: usize,
    jpeg_bytes: u64,
    lepton_bytes: u64,
}

impl Totals {
    /// How much smaller the .lep files are, in percent.
    fn saving(&self) -> f64 {
        saving(self.jpeg_bytes, self.lepton_bytes)
    }
}

/// How much smaller a .lep file is, in percent.
pub fn saving(jpeg_bytes: u64, lepton_bytes: u64) -> f64 {
    if jpeg_bytes == 0 {
        return 0.0;
    }
    100.0 * (1.0 - lepton_bytes as f64 / jpeg_bytes as f64)
}

fn name(place: &Place) -> String {
    match place {
        Place::Standard => "-".into(),
        Place::File(path) => path.display().to_string(),
    }
}

impl Report {
    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for file in &self.files {
            match &file.outcome {
                Outcome::Done {
                    jpeg_bytes,
                    lepton_bytes,
                } => {
                    totals.done += 1;
                    totals.jpeg_bytes += jpeg_bytes;
                    totals.lepton_bytes += lepton_bytes;
                }
                Outcome::Skipped => totals.skipped += 1,
                Outcome::Unsupported(_) => totals.unsupported += 1,
                Outcome::Failed(_) => totals.failed += 1,
            }
        }
        totals
    }

    /// 0 all done, 1 something failed, 3 nothing failed but some inputs are not supported.
    pub fn exit_status(&self) -> u8 {
        let totals = self.totals();
        match (totals.failed, totals.unsupported) {
            (0, 0) => 0,
            (0, _) => 3,
            _ => 1,
        }
    }

    /// Prints what a person wants to know; with `quiet` only what went wrong.
    pub fn print(&self, quiet: bool) {
        for file in &self.files {
            match &file.outcome {
                Outcome::Unsupported(reason) => {
                    eprintln!("{}: left as it is: {reason}", name(&file.input));
                }
                Outcome::Failed(reason) => eprintln!("{}: {reason}", name(&file.input)),
                _ => {}
            }
        }
        if quiet || self.files.iter().any(|f| f.output == Place::Standard) {
            return;
        }
        let totals = self.totals();
        let (from, to) = match self.way {
            Way::Compress => (totals.jpeg_bytes, totals.lepton_bytes),
            Way::Decompress => (totals.lepton_bytes, totals.jpeg_bytes),
        };
        let count = |n: usize, what: &str| match n {
            0 => String::new(),
            n => format!(", {n} {what}"),
        };
        eprintln!(
            "{} done{}{}{}: {from} -> {to} bytes, {:.2} % saved, {:.1} MB/s",
            totals.done,
            count(totals.skipped, "done before"),
            count(totals.unsupported, "not supported"),
            count(totals.failed, "failed"),
            totals.saving(),
            totals.jpeg_bytes as f64 / 1e6 / self.seconds.max(1e-9),
        );
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let totals = self.totals();
        let files = self.files.iter().map(|file| {
            let mut value = json!({"input": name(&file.input), "output": name(&file.output)});
            let (outcome, reason) = match &file.outcome {
                Outcome::Done {
                    jpeg_bytes,
                    lepton_bytes,
                } => {
                    value["jpeg_bytes"] = json!(jpeg_bytes);
                    value["lepton_bytes"] = json!(lepton_bytes);
                    ("done", None)
                }
                Outcome::Skipped => ("done before", None),
                Outcome::Unsupported(reason) => ("not supported", Some(reason)),
                Outcome::Failed(reason) => ("failed", Some(reason)),
            };
            value["outcome"] = json!(outcome);
            if let Some(reason) = reason {
                value["reason"] = json!(reason);
            }
            value
        });
        json!({
            "files": files.collect::<Vec<_>>(),
            "done": totals.done,
            "done_before": totals.skipped,
            "not_supported": totals.unsupported,
            "failed": totals.failed,
            "jpeg_bytes": totals.jpeg_bytes,
            "lepton_bytes": totals.lepton_bytes,
            "saving_percent": totals.saving(),
            "seconds": self.seconds,
        })
    }
}

/// A progress bar over the bytes of all inputs, on a terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(jobs: &[Job], quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Progress {
                bar: ProgressBar::hidden(),
            };
        }
        let bar = ProgressBar::new(jobs.iter().map(bytes).sum());
        let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress { bar }
    }

    /// One more file is done.
    pub fn advance(&self, job: &Job) {
        self.bar.inc(bytes(job));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn bytes(job: &Job) -> u64 {
    match &job.input {
        Place::File(path) => fs::metadata(path).map_or(0, |m| m.len()),
        Place::Standard => 0,
    }
}
