//! What thunks cost beyond the functions that they call.
//!
//!     cargo bench -p lentil-bench --bench thunks -- [COUNT]

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use lentil_bench::machine::describe;
use lentil_bench::program;
use lentil_thunk::functions::{COPY, FolderFiles};
use lentil_thunk::{
    Digest, ForceError, ForceOptions, Function, Input, Isolation, Local, Origin, Store, Thunk,
    force,
};

fn main() -> ExitCode {
    program::main(|| {
        let count = std::env::args().find_map(|argument| argument.parse().ok());
        run(count.unwrap_or(1000))
    })
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn run(count: u32) -> Result<()> {
    println!(
        "{}; {count} thunks one after the other, microseconds each",
        describe()
    );
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Store::open(folder.path().join("store"))?);
    let alone = copies(folder.path(), count)?;
    let thunks = keep(&store, count, &copy)?;
    let forced = time(&store, &thunks, Origin::Computed)?;
    println!(
        "built-in function   {alone:8.1} by itself, {:8.1} more as a thunk",
        forced - alone
    );
    println!(
        "known from before   {:8.1}",
        time(&store, &thunks, Origin::Store)?
    );

    let script = Input {
        executable: true,
        ..Input::value(store.put(b"#!/bin/sh\n: > out\n")?)
    };
    let alone = processes(folder.path(), count / 10)?;
    let thunks = keep(&store, count / 10, &|input| process(input, &script))?;
    let forced = time(&store, &thunks, Origin::Computed)?;
    println!(
        "process             {alone:8.1} by itself, {:8.1} more as a thunk",
        forced - alone
    );
    Ok(())
}

fn copy(input: Input) -> Thunk {
    Thunk {
        function: Function::Builtin {
            name: COPY.name.into(),
            version: COPY.version,
        },
        arguments: Vec::new(),
        environment: [].into(),
        inputs: [("in".into(), input)].into(),
        outputs: ["out".into()].into(),
    }
}

fn process(input: Input, script: &Input) -> Thunk {
    Thunk {
        function: Function::Executable("script".into()),
        arguments: Vec::new(),
        environment: [].into(),
        inputs: [("in".into(), input), ("script".into(), script.clone())].into(),
        outputs: ["out".into()].into(),
    }
}

fn keep(store: &Store, count: u32, thunk: &dyn Fn(Input) -> Thunk) -> Result<Vec<Digest>> {
    let one = |number: u32| {
        let input = Input::value(store.put(&number.to_le_bytes())?);
        Ok(store.put(&thunk(input).to_bytes())?)
    };
    (0..count).map(one).collect()
}

/// Microseconds a thunk.
fn time(
    store: &Arc<Store>,
    thunks: &[Digest],
    origin: Origin,
) -> std::result::Result<f64, ForceError> {
    let options = ForceOptions::new(Local::new(NonZeroUsize::MIN, None, Isolation::Folder));
    let forced = force(store, thunks, &options, &mut |_| {})?;
    assert!(forced.entries.iter().all(|entry| entry.origin == origin));
    Ok(forced.seconds * 1e6 / thunks.len() as f64)
}

/// Microseconds a copy of a file.
fn copies(folder: &Path, count: u32) -> Result<f64> {
    let files = FolderFiles(folder);
    std::fs::write(folder.join("in"), 0_u32.to_le_bytes())?;
    let start = Instant::now();
    for _ in 0..count {
        (COPY.body)(&[], &files).map_err(|failed| failed.0)?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}

/// Microseconds a process.
fn processes(folder: &Path, count: u32) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..count {
        let status = Command::new("/bin/sh")
            .args(["-c", ": > out"])
            .current_dir(folder)
            .status()?;
        assert!(status.success());
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(count))
}
