//! Which files there are to do, and where their outputs go.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::output::folder_of;

/// Where bytes come from or go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Standard input or output.
    Standard,
    File(PathBuf),
}

/// One file to do.
#[derive(Debug)]
pub struct Job {
    pub input: Place,
    pub output: Place,
    /// Whether the input was found in a folder rather than named.
    pub found: bool,
    /// Whether an earlier job has the same output.
    pub taken: bool,
    /// Bytes of the input; 0 if they are not known.
    pub bytes: u64,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Plan {
    pub jobs: Vec<Job>,
    /// Folders that cannot be walked, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// A file that was named or found.
#[derive(Debug)]
pub struct Found {
    pub path: PathBuf,
    /// The folder of the command line in which it was found.
    root: Option<PathBuf>,
}

/// The files of some inputs.
#[derive(Debug, Default)]
pub struct Files {
    pub found: Vec<Found>,
    /// Folders that cannot be walked, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Which way files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Compress,
    Decompress,
}

const JPEG: [&str; 4] = ["jpg", "jpeg", "jpe", "jfif"];

impl Way {
    /// Whether a file found in a folder is one to take.
    fn takes(self, path: &Path) -> bool {
        match self {
            Way::Compress => is_jpeg(path),
            Way::Decompress => is_lepton(path),
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Way::Compress => "lep",
            Way::Decompress => "jpg",
        }
    }
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(wanted))
}

/// Whether a file is named like a `.lep` file.
pub fn is_lepton(path: &Path) -> bool {
    has_extension(path, "lep")
}

/// Whether a file is named like a JPEG.
fn is_jpeg(path: &Path) -> bool {
    JPEG.iter().any(|e| has_extension(path, e))
}

/// The files of some inputs, each once; folders need `recursive`.
pub fn files(
    inputs: &[PathBuf],
    recursive: bool,
    takes: impl Fn(&Path) -> bool,
) -> Result<Files, String> {
    let mut files = Files::default();
    for input in inputs {
        if !input.is_dir() {
            files.found.push(Found {
                path: input.clone(),
                root: None,
            });
            continue;
        }
        if !recursive {
            return Err(format!("{} is a folder: use -r", input.display()));
        }
        for entry in WalkDir::new(input).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() && takes(entry.path()) => {
                    files.found.push(Found {
                        path: entry.into_path(),
                        root: Some(input.clone()),
                    });
                }
                Ok(_) => {}
                Err(error) => files.unreadable.push(unreadable(input, error)),
            }
        }
    }
    if inputs.len() > 1 {
        let mut seen = HashSet::new();
        files
            .found
            .retain(|file| seen.insert(file.path.canonicalize().unwrap_or(file.path.clone())));
    }
    Ok(files)
}

fn unreadable(input: &Path, error: walkdir::Error) -> (PathBuf, String) {
    let path = error.path().unwrap_or(input).to_path_buf();
    let reason = match error.io_error() {
        Some(error) => format!("cannot walk it: {error}"),
        None => format!("cannot walk it: {error}"),
    };
    (path, reason)
}

/// The jobs of a run. `suffix` goes before the extension of outputs.
pub fn plan(
    way: Way,
    inputs: &[PathBuf],
    output: Option<&Path>,
    recursive: bool,
    suffix: &str,
) -> Result<Plan, String> {
    if inputs.iter().any(|i| i == Path::new("-")) {
        return Ok(Plan {
            jobs: vec![from_standard(inputs, output)?],
            ..Plan::default()
        });
    }
    let files = files(inputs, recursive, |path| way.takes(path))?;
    let several = files.found.len() != 1 || inputs.iter().any(|i| i.is_dir());
    match output {
        Some(path) if several && path == Path::new("-") => {
            return Err("standard output (-) takes one input".into());
        }
        Some(path) if several && path.exists() && !path.is_dir() => {
            return Err(format!("{} is not a folder", path.display()));
        }
        _ => {}
    }
    let mut outputs = Outputs::default();
    let job = |file: Found| {
        let place = match output {
            Some(path) if path == Path::new("-") => Place::Standard,
            Some(path) if several || path.is_dir() => {
                Place::File(renamed(&path.join(file.below_root()), way, suffix))
            }
            Some(path) => Place::File(path.into()),
            None => Place::File(renamed(&file.path, way, suffix)),
        };
        Job {
            taken: matches!(&place, Place::File(path) if !outputs.take(path)),
            output: place,
            found: file.root.is_some(),
            bytes: fs::metadata(&file.path).map_or(0, |m| m.len()),
            input: Place::File(file.path),
        }
    };
    Ok(Plan {
        jobs: files.found.into_iter().map(job).collect(),
        unreadable: files.unreadable,
    })
}

/// The job that reads standard input.
fn from_standard(inputs: &[PathBuf], output: Option<&Path>) -> Result<Job, String> {
    if inputs.len() > 1 {
        return Err("standard input (-) must be the only input".into());
    }
    let output = match output {
        None => Place::Standard,
        Some(path) if path == Path::new("-") => Place::Standard,
        Some(path) if path.is_dir() => {
            return Err(format!(
                "{} is a folder: standard input has no name to get there",
                path.display()
            ));
        }
        Some(path) => Place::File(path.into()),
    };
    Ok(Job {
        input: Place::Standard,
        output,
        found: false,
        taken: false,
        bytes: 0,
    })
}

impl Found {
    /// The path below the folder in which it was found; of a named file its name.
    fn below_root(&self) -> &Path {
        let root = self.root.as_deref();
        let below = root.and_then(|root| self.path.strip_prefix(root).ok());
        below.unwrap_or(Path::new(self.path.file_name().unwrap_or(OsStr::new(""))))
    }
}

/// The outputs of a run, by where they really are: two spellings of a folder are one folder.
#[derive(Default)]
struct Outputs {
    folders: HashMap<PathBuf, PathBuf>,
    taken: HashSet<PathBuf>,
}

impl Outputs {
    /// Whether nobody has taken this output before.
    fn take(&mut self, output: &Path) -> bool {
        let folder = folder_of(output);
        let real = self
            .folders
            .entry(folder.into())
            .or_insert_with(|| folder.canonicalize().unwrap_or(folder.into()));
        let name = output.file_name().unwrap_or(OsStr::new(""));
        // Where case is not told apart, A.jpg and a.jpeg have one output.
        let name = if cfg!(any(windows, target_os = "macos")) {
            name.to_ascii_lowercase()
        } else {
            name.into()
        };
        self.taken.insert(real.join(name))
    }
}

fn renamed(path: &Path, way: Way, suffix: &str) -> PathBuf {
    path.with_extension(format!("{suffix}{}", way.extension()))
}

/// The JPEGs beside a `.lep` file, any of which may be its original.
pub fn jpegs_beside(path: &Path) -> Vec<PathBuf> {
    let upper = JPEG.map(str::to_ascii_uppercase);
    let names = JPEG.into_iter().chain(upper.iter().map(String::as_str));
    let paths = names.map(|e| path.with_extension(e));
    paths.filter(|p| p.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_lie_beside_their_inputs() {
        let inputs = [
            "a/photo.JPG".into(),
            "b/photo.jpeg".into(),
            "b/photo.jpg".into(),
        ];
        let jobs = plan(Way::Compress, &inputs, None, false, "").unwrap().jobs;
        assert_eq!(jobs[0].output, Place::File("a/photo.lep".into()));
        assert_eq!(jobs[1].output, Place::File("b/photo.lep".into()));
        assert!(!jobs[1].taken && jobs[2].taken);
    }

    #[test]
    fn one_folder_may_have_two_spellings() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        let inputs = ["a.jpg", "b/../a.jpeg", "b/a.jpg"].map(|n| folder.path().join(n));
        let jobs = plan(Way::Compress, &inputs, None, false, "").unwrap().jobs;
        assert_eq!(
            [false, true, false],
            [0, 1, 2].map(|i: usize| jobs[i].taken)
        );
    }

    #[test]
    fn a_file_is_done_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("a.jpg");
        fs::write(&file, "").unwrap();
        let inputs = [folder.path().into(), file];
        assert_eq!(files(&inputs, true, is_jpeg).unwrap().found.len(), 1);
    }

    #[test]
    fn standard_streams_are_for_one() {
        let one = |inputs: &[PathBuf], output: &str| {
            plan(Way::Decompress, inputs, Some(Path::new(output)), false, "")
        };
        assert!(one(&["-".into(), "x.lep".into()], "y").is_err());
        assert!(one(&["x.lep".into(), "y.lep".into()], "-").is_err());
        let output = |input: &str, output: &str| {
            let mut plan = one(&[input.into()], output).unwrap();
            plan.jobs.remove(0).output
        };
        assert_eq!(output("-", "-"), Place::Standard);
        assert_eq!(output("x.lep", "y"), Place::File("y".into()));
    }
}
