//! Whether .lep files restore to what was compressed.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use lentil::{Error, Options};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::args;
use crate::compare::Compare;
use crate::report::Failure;
use crate::run::on_threads;
use crate::say;
use crate::walk;

/// What a file was compared with.
enum Verdict {
    Jpeg(PathBuf),
    Hash,
    /// It restores, but there is nothing to compare with.
    Nothing,
}

/// Verifies the files that the command line names; gives the exit status.
pub fn verify(args: &args::Verify) -> Result<u8, String> {
    let takes = |path: &Path| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("lep"))
    };
    let files = walk::files(&args.inputs, args.recursive, takes)?;
    let results: Vec<_> = on_threads(args.threads, || {
        files
            .par_iter()
            .map(|(path, _)| (path, verify_file(path)))
            .collect()
    })?;
    if args.json {
        let values: Vec<Value> = results.iter().map(|(p, r)| describe(p, r)).collect();
        say(json!({ "files": values }));
    } else {
        for (path, result) in &results {
            let path = path.display();
            match result {
                Ok(Verdict::Jpeg(jpeg)) => {
                    say(format_args!("{path}: restores to {}", jpeg.display()))
                }
                Ok(Verdict::Hash) => say(format_args!("{path}: restores to what was compressed")),
                Ok(Verdict::Nothing) => {
                    say(format_args!("{path}: restores; nothing to compare with"))
                }
                Err(failure) => say(format_args!("{path}: {failure}")),
            }
        }
    }
    Ok(u8::from(results.iter().any(|(_, result)| result.is_err())))
}

fn describe(path: &Path, result: &Result<Verdict, Failure>) -> Value {
    let mut value = json!({ "input": path.display().to_string(), "restores": result.is_ok() });
    match result {
        Ok(Verdict::Jpeg(jpeg)) => value["equals"] = json!(jpeg.display().to_string()),
        Ok(Verdict::Hash) => value["equals"] = json!("hash"),
        Ok(Verdict::Nothing) => {}
        Err(failure) => value["reason"] = json!(failure.to_string()),
    }
    value
}

fn verify_file(path: &Path) -> Result<Verdict, Failure> {
    let options = Options::default();
    let file = File::open(path).map_err(Failure::Read)?;
    if let Some(jpeg) = walk::jpeg_beside(path) {
        let original = File::open(&jpeg).map_err(Failure::Read)?;
        let mut compare = Compare::new(BufReader::new(original));
        let restored = lentil::decompress_file(&file, &mut compare, &options);
        if let Some(offset) = compare.finish().map_err(Failure::Read)? {
            restored?;
            return Err(Error::Mismatch { offset }.into());
        }
        restored?;
        return Ok(Verdict::Jpeg(jpeg));
    }
    lentil::decompress_file(&file, io::sink(), &options)?;
    let lepton = lentil::info(&file, &options)?.lepton;
    Ok(match lepton.and_then(|l| l.hash) {
        Some(_) => Verdict::Hash,
        None => Verdict::Nothing,
    })
}
