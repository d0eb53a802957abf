//! Calls a built-in function on the files of the current folder: what other machines run.
//!
//!     lentil-worker NAME VERSION ARGUMENT...

use std::path::Path;
use std::process::ExitCode;

use lentil_thunk::functions::{Failed, FolderFiles, find};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, version, arguments @ ..] = &arguments[..] else {
        eprintln!("usage: lentil-worker NAME VERSION ARGUMENT...");
        return ExitCode::from(2);
    };
    let found = version.parse().ok().and_then(|version| find(name, version));
    let Some(builtin) = found else {
        eprintln!("there is no function {name} of version {version}");
        return ExitCode::from(2);
    };
    match (builtin.body)(arguments, &FolderFiles(Path::new(""))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
