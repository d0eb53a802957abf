//! Thunks: made, shown, forced, drawn, and forgotten.

pub mod args;
mod drawing;
mod force;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lentil_thunk::{Digest, Function, Input, Source, Store, StoreError, Thunk};

pub use force::{Forcing, copy_output, options, record, summary};

use crate::failure::Failure;
use crate::{say, tell};

/// Does what the command line says; gives the exit status.
pub fn thunk(command: &args::Command) -> u8 {
    let done = match command {
        args::Command::Create(args) => create(args),
        args::Command::Show(args) => show(args),
        args::Command::Force(args) => force::force(args),
        args::Command::Graph(args) => drawing::graph(args),
        args::Command::Gc(args) => gc(args),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            tell(format_args!("{failure}"));
            failure.exit_status()
        }
    }
}

/// Opens the store that the command line names, or the user's.
pub fn open_store(place: &args::StorePlace) -> Result<Arc<Store>, Failure> {
    let named = || std::env::var_os("LENTIL_STORE").map(PathBuf::from);
    let of_user = || {
        let caches = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
        let caches = caches.filter(|caches| caches.is_absolute()).or_else(home)?;
        Some(caches.join("lentil"))
    };
    let place = place.store.clone().or_else(named).or_else(of_user);
    let place = place.ok_or(Failure::NoStore)?;
    Ok(Arc::new(Store::open(place)?))
}

fn create(args: &args::Create) -> Result<(), Failure> {
    let store = open_store(&args.place)?;
    let mut inputs = BTreeMap::new();
    let mut add = |path: &str, input: Input| match inputs.insert(path.to_owned(), input) {
        None => Ok(()),
        Some(_) => Err(Failure::Thunk(format!("{path:?} is named twice"))),
    };
    for (path, file) in &args.input {
        add(path, file_input(&store, Path::new(file))?)?;
    }
    for (path, thunk, output) in &args.from {
        add(path, Input::output(*thunk, output))?;
    }
    let function = match (&args.program, &args.builtin) {
        (Some(program), _) => {
            let name = program.file_name().and_then(|name| name.to_str());
            let name =
                name.ok_or_else(|| Failure::Thunk(format!("{}: no name", program.display())))?;
            let input = Input {
                executable: true,
                ..file_input(&store, program)?
            };
            add(name, input)?;
            Function::Executable(name.to_owned())
        }
        (None, Some((name, version))) => Function::Builtin {
            name: name.clone(),
            version: *version,
        },
        (None, None) => return Err(Failure::Thunk("nothing is called".into())),
    };
    let thunk = Thunk {
        function,
        arguments: args.arguments.clone(),
        environment: args.env.iter().cloned().collect(),
        inputs,
        outputs: args.output.iter().cloned().collect(),
    };
    thunk
        .check()
        .map_err(|why| Failure::Thunk(why.to_string()))?;
    say(store.put(&thunk.to_bytes())?);
    Ok(())
}

fn file_input(store: &Store, path: &Path) -> Result<Input, Failure> {
    let digest = store.put_file(path)?;
    Ok(Input {
        executable: is_executable(path),
        ..Input::value(digest)
    })
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map(|file| file.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o111 != 0)
}

/// The thunk with this name.
pub fn read(store: &Store, digest: &Digest) -> Result<Thunk, Failure> {
    if !store.holds(digest)? {
        return Err(StoreError::Missing(*digest).into());
    }
    let thunk = Thunk::from_bytes(&store.read(digest)?);
    thunk.map_err(|why| Failure::Thunk(format!("{digest}: {why}")))
}

fn show(args: &args::Show) -> Result<(), Failure> {
    let store = open_store(&args.place)?;
    let thunk = read(&store, &args.thunk)?;
    match &thunk.function {
        Function::Builtin { name, version } => say(format_args!("calls built-in {name}@{version}")),
        Function::Executable(path) => say(format_args!("calls {path}")),
    }
    for argument in &thunk.arguments {
        say(format_args!("argument {argument}"));
    }
    for (name, value) in &thunk.environment {
        say(format_args!("variable {name}={value}"));
    }
    for (path, input) in &thunk.inputs {
        let kind = if input.executable { "program" } else { "input" };
        match &input.source {
            Source::Value(digest) => say(format_args!("{kind} {path} = {digest}")),
            Source::Output {
                thunk,
                path: output,
            } => {
                say(format_args!("{kind} {path} = {output} of {thunk}"));
            }
        }
    }
    let value = store.remembered(&args.thunk)?;
    for path in &thunk.outputs {
        match value.as_ref().and_then(|value| value.outputs.get(path)) {
            Some(output) => say(format_args!("output {path} = {}", output.digest)),
            None => say(format_args!("output {path}, not known yet")),
        }
    }
    Ok(())
}

fn gc(args: &args::Gc) -> Result<(), Failure> {
    let store = open_store(&args.place)?;
    let done = store.gc(args.keep.saturating_mul(1 << 20))?;
    say(format_args!(
        "{} files removed, {} bytes; {} files left, {} bytes",
        done.removed, done.freed, done.kept, done.left
    ));
    Ok(())
}
