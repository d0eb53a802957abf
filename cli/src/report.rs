//! What came of the files, for people and for programs.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use lentil::Error;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::tell;
use crate::walk::{Job, Place, Way};

/// What came of a file.
#[derive(Debug)]
pub enum Outcome {
    Done {
        jpeg_bytes: u64,
        lepton_bytes: u64,
        /// It was compressed at another time.
        cached: bool,
    },
    /// An earlier run did it.
    Skipped,
    Unsupported(String),
    Failed(String),
}

impl Outcome {
    /// That of an attempt.
    pub fn of(attempt: Result<Self, Failure>) -> Self {
        attempt.unwrap_or_else(|failure| match failure {
            Failure::Lentil(Error::Unsupported(reason)) => Outcome::Unsupported(reason.to_string()),
            failure => Outcome::Failed(failure.to_string()),
        })
    }

    pub fn done(sizes: lentil::Summary) -> Self {
        Outcome::Done {
            jpeg_bytes: sizes.jpeg_bytes,
            lepton_bytes: sizes.lepton_bytes,
            cached: false,
        }
    }
}

#[derive(Debug)]
pub struct FileReport {
    pub input: Place,
    /// Where the output is or would be; a folder that cannot be walked has none.
    pub output: Option<Place>,
    pub outcome: Outcome,
}

impl FileReport {
    /// What came of a job.
    pub fn new(job: &Job, attempt: Result<Outcome, Failure>) -> Self {
        FileReport {
            input: job.input.clone(),
            output: Some(job.output.clone()),
            outcome: Outcome::of(attempt),
        }
    }
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
    cached: usize,
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
    /// Of files that were done, and of folders that cannot be walked.
    pub fn new(
        way: Way,
        mut files: Vec<FileReport>,
        unreadable: Vec<(PathBuf, String)>,
        start: Instant,
    ) -> Self {
        let unreadable = unreadable.into_iter();
        files.extend(unreadable.map(|(path, reason)| FileReport {
            input: Place::File(path),
            output: None,
            outcome: Outcome::Failed(reason),
        }));
        Report {
            way,
            files,
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for file in &self.files {
            match &file.outcome {
                Outcome::Done {
                    jpeg_bytes,
                    lepton_bytes,
                    cached,
                } => {
                    totals.done += 1;
                    totals.cached += usize::from(*cached);
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
                    tell(format_args!(
                        "{}: left as it is: {reason}",
                        name(&file.input)
                    ));
                }
                Outcome::Failed(reason) => tell(format_args!("{}: {reason}", name(&file.input))),
                _ => {}
            }
        }
        let to_standard = |f: &FileReport| f.output == Some(Place::Standard);
        if !quiet && !self.files.iter().any(to_standard) {
            tell(self.summary());
        }
    }

    fn summary(&self) -> String {
        let totals = self.totals();
        let mut parts = vec![format!("{} done", totals.done)];
        for (count, what) in [
            (totals.cached, "of them cached"),
            (totals.skipped, "done before"),
            (totals.unsupported, "not supported"),
            (totals.failed, "failed"),
        ] {
            if count != 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let counts = parts.join(", ");
        if totals.done == 0 {
            return counts;
        }
        let (from, to) = match self.way {
            Way::Compress => (totals.jpeg_bytes, totals.lepton_bytes),
            Way::Decompress => (totals.lepton_bytes, totals.jpeg_bytes),
        };
        format!(
            "{counts}: {from} -> {to} bytes, {:.2} % saved, {:.1} MB/s",
            totals.saving(),
            totals.jpeg_bytes as f64 / 1e6 / self.seconds.max(1e-9),
        )
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let totals = self.totals();
        let files = self.files.iter().map(|file| {
            let mut value = json!({"input": name(&file.input)});
            if let Some(output) = &file.output {
                value["output"] = json!(name(output));
            }
            let (outcome, reason) = match &file.outcome {
                Outcome::Done {
                    jpeg_bytes,
                    lepton_bytes,
                    cached,
                } => {
                    value["cached"] = json!(cached);
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
            "cached": totals.cached,
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
        let bar = ProgressBar::new(jobs.iter().map(|job| job.bytes).sum());
        let template = "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        // The first file may take long.
        bar.tick();
        Progress { bar }
    }

    /// Files of so many bytes more are done.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Says something beside the bar.
    pub fn say(&self, line: impl std::fmt::Display) {
        self.bar.suspend(|| tell(line));
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
