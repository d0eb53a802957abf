//! Whether .lep files restore to what was compressed.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use lentil::{Error, Options};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::args;
use crate::compare::restores_to;
use crate::failure::Failure;
use crate::run::{on_threads, threads_of_one};
use crate::say;
use crate::walk;

/// What a file was compared with.
enum Verdict {
    Jpeg(PathBuf),
    Hash,
    /// It restores, but there is nothing to compare with.
    Nothing,
    /// It does not restore, or to something else.
    Wrong(String),
}

/// Verifies the files that the command line names; gives the exit status.
pub fn verify(args: &args::Verify) -> Result<u8, String> {
    let files = walk::files(&args.inputs, args.recursive, walk::is_lepton)?;
    let mut options = args.limit.options();
    if files.found.len() == 1 {
        options.threads = threads_of_one(args.threads);
    }
    let mut verdicts: Vec<(PathBuf, Verdict)> = on_threads(args.threads, || {
        let verdict = |path: &Path| {
            verify_file(path, &options)
                .unwrap_or_else(|failure| Verdict::Wrong(failure.to_string()))
        };
        let found = files.found.into_par_iter();
        let judged = found.map(|file| {
            let verdict = verdict(&file.path);
            (file.path, verdict)
        });
        judged.collect()
    })?;
    let unreadable = files.unreadable.into_iter();
    verdicts.extend(unreadable.map(|(path, reason)| (path, Verdict::Wrong(reason))));
    if args.json {
        say(to_json(&verdicts));
    } else {
        for (path, verdict) in &verdicts {
            print(path, verdict);
        }
    }
    let wrong = |(_, verdict): &(_, Verdict)| matches!(verdict, Verdict::Wrong(_));
    Ok(u8::from(verdicts.iter().any(wrong)))
}

fn print(path: &Path, verdict: &Verdict) {
    let path = path.display();
    match verdict {
        Verdict::Jpeg(jpeg) => say(format_args!("{path}: restores to {}", jpeg.display())),
        Verdict::Hash => say(format_args!("{path}: restores to what was compressed")),
        Verdict::Nothing => say(format_args!("{path}: restores; nothing to compare with")),
        Verdict::Wrong(reason) => say(format_args!("{path}: {reason}")),
    }
}

fn to_json(verdicts: &[(PathBuf, Verdict)]) -> Value {
    let (mut equal, mut not_compared, mut failed) = (0, 0, 0);
    let mut files = Vec::new();
    for (path, verdict) in verdicts {
        let mut value = json!({ "input": path.display().to_string(), "restores": true });
        match verdict {
            Verdict::Jpeg(jpeg) => {
                equal += 1;
                value["equals"] = json!(jpeg.display().to_string());
            }
            Verdict::Hash => {
                equal += 1;
                value["equals"] = json!("hash");
            }
            Verdict::Nothing => not_compared += 1,
            Verdict::Wrong(reason) => {
                failed += 1;
                value["restores"] = json!(false);
                value["reason"] = json!(reason);
            }
        }
        files.push(value);
    }
    json!({ "files": files, "equal": equal, "not_compared": not_compared, "failed": failed })
}

fn verify_file(path: &Path, options: &Options) -> Result<Verdict, Failure> {
    let file = File::open(path).map_err(Failure::Read)?;
    let mut differs = None;
    for jpeg in walk::jpegs_beside(path) {
        let original = File::open(&jpeg).map_err(Failure::Read)?;
        match restores_to(&file, BufReader::new(original), options) {
            Ok(()) => return Ok(Verdict::Jpeg(jpeg)),
            // There may be a photo.jpeg beside photo.jpg.
            Err(Failure::Lentil(Error::Mismatch { offset })) => {
                let name = jpeg.display();
                differs.get_or_insert(format!("differs from {name} at byte {offset}"));
            }
            Err(failure) => return Err(failure),
        }
    }
    if let Some(differs) = differs {
        return Ok(Verdict::Wrong(differs));
    }
    lentil::decompress_file(&file, io::sink(), options)?;
    let lepton = lentil::info(&file, options)?.lepton;
    Ok(match lepton.and_then(|l| l.hash) {
        Some(_) => Verdict::Hash,
        None => Verdict::Nothing,
    })
}
