//! Which files there are to do, and where their outputs go.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// Where bytes come from or go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Standard input or output.
    Standard,
    File(PathBuf),
}

/// One file to do.
#[derive(Clone, Debug)]
pub struct Job {
    pub input: Place,
    pub output: Place,
    /// Whether the input was found in a folder rather than named.
    pub found: bool,
    /// Why the job cannot be done, if that is known already.
    pub problem: Option<String>,
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
            Way::Decompress => has_extension(path, "lep"),
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

/// Whether a file is named like a JPEG.
pub fn is_jpeg(path: &Path) -> bool {
    JPEG.iter().any(|e| has_extension(path, e))
}

/// The files of some inputs, each with the folder it was found in; folders need `recursive`.
pub fn files(
    inputs: &[PathBuf],
    recursive: bool,
    takes: impl Fn(&Path) -> bool,
) -> Result<Vec<(PathBuf, Option<PathBuf>)>, String> {
    let mut all = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            all.push((input.clone(), None));
            continue;
        }
        if !recursive {
            return Err(format!("{} is a folder: use -r", input.display()));
        }
        for entry in WalkDir::new(input).sort_by_file_name() {
            let entry = entry.map_err(|e| format!("cannot walk {}: {e}", input.display()))?;
            if entry.file_type().is_file() && takes(entry.path()) {
                all.push((entry.into_path(), Some(input.clone())));
            }
        }
    }
    Ok(all)
}

/// The jobs of a run. `suffix` goes before the extension of outputs.
pub fn jobs(
    way: Way,
    inputs: &[PathBuf],
    output: Option<&Path>,
    recursive: bool,
    suffix: &str,
) -> Result<Vec<Job>, String> {
    if inputs.iter().any(|i| i == Path::new("-")) {
        if inputs.len() > 1 {
            return Err("standard input (-) must be the only input".into());
        }
        let place = match output {
            None => Place::Standard,
            Some(path) if path == Path::new("-") => Place::Standard,
            Some(path) => Place::File(path.into()),
        };
        return Ok(vec![Job {
            input: Place::Standard,
            output: place,
            found: false,
            problem: None,
        }]);
    }
    let files = files(inputs, recursive, |path| way.takes(path))?;
    let several = files.len() != 1 || inputs.iter().any(|i| i.is_dir());
    if output == Some(Path::new("-")) && several {
        return Err("standard output (-) takes one input".into());
    }
    let mut taken = HashSet::new();
    let job = |(input, root): (PathBuf, Option<PathBuf>)| {
        let output = match output {
            Some(path) if path == Path::new("-") => Place::Standard,
            Some(path) if several || path.is_dir() => {
                let inside = root
                    .as_deref()
                    .and_then(|root| input.strip_prefix(root).ok());
                let name = inside.unwrap_or(Path::new(input.file_name().unwrap_or(OsStr::new(""))));
                Place::File(renamed(&path.join(name), way, suffix))
            }
            Some(path) => Place::File(path.into()),
            None => Place::File(renamed(&input, way, suffix)),
        };
        let again = matches!(&output, Place::File(path) if !taken.insert(path.clone()));
        Job {
            input: Place::File(input),
            output,
            found: root.is_some(),
            problem: again.then(|| "another input has the same output".into()),
        }
    };
    Ok(files.into_iter().map(job).collect())
}

fn renamed(path: &Path, way: Way, suffix: &str) -> PathBuf {
    path.with_extension(format!("{suffix}{}", way.extension()))
}

/// The JPEG beside a `.lep` file.
pub fn jpeg_beside(path: &Path) -> Option<PathBuf> {
    let upper = JPEG.map(str::to_ascii_uppercase);
    let names = JPEG.into_iter().chain(upper.iter().map(String::as_str));
    names.map(|e| path.with_extension(e)).find(|p| p.is_file())
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
        let jobs = jobs(Way::Compress, &inputs, None, false, "").unwrap();
        assert_eq!(jobs[0].output, Place::File("a/photo.lep".into()));
        assert_eq!(jobs[1].output, Place::File("b/photo.lep".into()));
        assert!(jobs[1].problem.is_none() && jobs[2].problem.is_some());
    }

    #[test]
    fn standard_streams_are_for_one() {
        let one = |inputs: &[PathBuf], output: &str| {
            jobs(Way::Decompress, inputs, Some(Path::new(output)), false, "")
        };
        assert!(one(&["-".into(), "x.lep".into()], "y").is_err());
        assert!(one(&["x.lep".into(), "y.lep".into()], "-").is_err());
        assert_eq!(one(&["-".into()], "-").unwrap()[0].output, Place::Standard);
        assert_eq!(
            one(&["x.lep".into()], "y").unwrap()[0].output,
            Place::File("y".into())
        );
    }
}
