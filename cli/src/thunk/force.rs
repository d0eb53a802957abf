//! Forcing, with a report of what happens.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use indicatif::{ProgressBar, ProgressStyle};
use lentil_thunk::Failure::Unreachable;
use lentil_thunk::{
    Digest, Engine, Event, ForceError, ForceOptions, Forced, Isolation, Local, Origin, Reapi,
    ReapiOptions, Store, StoreError, Value, runtime,
};
use serde_json::json;

use super::{args, open_store};
use crate::decode::begin;
use crate::failure::Failure;
use crate::{say, tell};

/// Forces what the command line names.
pub fn force(args: &args::Force) -> Result<(), Failure> {
    if args.thunks.len() > 1 && !args.output.is_empty() {
        return Err(Failure::Thunk(
            "outputs can be written of one thunk alone".into(),
        ));
    }
    let store = open_store(&args.place)?;
    let forcing = Forcing {
        store: Arc::clone(&store),
        options: options(&args.engine)?,
        quiet: args.quiet || args.json,
    };
    let forced = forcing.force(&args.thunks, &mut |_| {})?;
    for (path, file) in &args.output {
        copy_output(&store, &forced.values[0], path, Path::new(file), args.force)?;
    }
    if args.json {
        say(record(&forced));
    } else if !args.quiet {
        for (thunk, value) in args.thunks.iter().zip(&forced.values) {
            for (path, output) in &value.outputs {
                say(format_args!("{path} of {thunk} = {}", output.digest));
            }
        }
        tell(summary(&forced));
    }
    Ok(())
}

/// Writes an output to a file, or to standard output if that is `-`.
pub fn copy_output(
    store: &Store,
    value: &Value,
    path: &str,
    place: &Path,
    force: bool,
) -> Result<(), Failure> {
    let output = value.outputs.get(path);
    let output = output.ok_or_else(|| Failure::Thunk(format!("there is no output {path:?}")))?;
    let mut file = store.get(&output.digest)?;
    if place == Path::new("-") {
        let copied = io::copy(&mut file, &mut io::stdout().lock());
        return copied.map(drop).map_err(Failure::Write);
    }
    let mut to = begin(place, force)?;
    io::copy(&mut file, to.file()).map_err(Failure::Write)?;
    to.put_in_place()
}

/// The choices of the command line.
pub fn options(choice: &args::EngineChoice) -> Result<ForceOptions, Failure> {
    let jobs = choice.jobs.map(NonZeroUsize::get);
    let mut options = match choice.engine.as_deref().unwrap_or("local") {
        "local" => ForceOptions::new(local(choice)),
        address if address.starts_with("reapi") => {
            let slots = jobs.unwrap_or(ReapiOptions::default().slots);
            // It lasts as long as the program: nobody waits for what hangs.
            let runtime = Box::leak(Box::new(runtime(slots).map_err(ForceError::Runtime)?));
            let connecting = Reapi::connect(address, reapi(choice, slots)?);
            match runtime.block_on(connecting) {
                Ok(engine) => {
                    let mut options = ForceOptions::new(engine);
                    options.runtime = Some(runtime.handle().clone());
                    options.fallback = choice.fall_back.then(|| local(choice));
                    options
                }
                Err(failure @ Unreachable { .. }) if choice.fall_back => {
                    tell(failure);
                    ForceOptions::new(local(choice))
                }
                Err(failure) => return Err(Failure::Thunk(failure.to_string())),
            }
        }
        other => return Err(Failure::Thunk(format!("there is no engine {other:?}"))),
    };
    options.attempts = choice.attempts.map_or(options.attempts, NonZeroU32::get);
    options.race_after = choice.race_after;
    Ok(options)
}

fn local(choice: &args::EngineChoice) -> Arc<dyn Engine> {
    let cores = || available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let isolation = if choice.isolate {
        Isolation::Bubblewrap
    } else {
        Isolation::Folder
    };
    Local::new(
        choice.jobs.unwrap_or_else(cores),
        choice.deadline,
        isolation,
    )
}

fn reapi(choice: &args::EngineChoice, slots: usize) -> Result<ReapiOptions, Failure> {
    let token = choice.token_file.as_deref().map(|path| {
        let token = std::fs::read_to_string(path).map_err(StoreError::io(path))?;
        Ok::<_, StoreError>(token.trim().to_owned())
    });
    let beside = || {
        let worker = std::env::current_exe()
            .ok()?
            .with_file_name("lentil-worker");
        worker.exists().then_some(worker)
    };
    let mut options = ReapiOptions {
        worker: choice.worker.clone().or_else(beside),
        slots,
        token: token.transpose()?,
        certificates: choice.certificates.clone(),
        ..ReapiOptions::default()
    };
    if let Some(attempts) = choice.attempts {
        options.attempts = attempts.get();
    }
    if let Some(deadline) = choice.deadline {
        options.deadline = deadline;
    }
    Ok(options)
}

/// A store, who computes, and whether people watch.
pub struct Forcing {
    pub store: Arc<Store>,
    pub options: ForceOptions,
    pub quiet: bool,
}

impl Forcing {
    /// Forces thunks, shows how far that is, and keeps a record of it.
    pub fn force(
        &self,
        thunks: &[Digest],
        said: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Forced, Failure> {
        let mut progress = Progress::new(self.quiet);
        let forced = lentil_thunk::force(&self.store, thunks, &self.options, &mut |event| {
            progress.say(&event);
            said(&event);
        });
        progress.bar.finish_and_clear();
        let forced = forced?;
        for thunk in thunks {
            keep_record(&self.store, thunk, &forced).map_err(Failure::Write)?;
        }
        Ok(forced)
    }
}

/// Where the record of the last force of a thunk is.
pub fn record_place(store: &Store, thunk: &Digest) -> std::path::PathBuf {
    store
        .root()
        .join("runs")
        .join(format!("{}.json", thunk.hex()))
}

fn keep_record(store: &Store, thunk: &Digest, forced: &Forced) -> io::Result<()> {
    // What was known from the start says nothing of time.
    if forced.entries.iter().all(|entry| entry.engine.is_none()) {
        return Ok(());
    }
    let place = record_place(store, thunk);
    std::fs::create_dir_all(crate::output::folder_of(&place))?;
    let path = store.temporary();
    serde_json::to_writer(BufWriter::new(File::create(&path)?), &record(forced))?;
    std::fs::rename(path, place)
}

/// What happened, for programs.
pub fn record(forced: &Forced) -> serde_json::Value {
    let outputs = |value: &Value| {
        let output = value
            .outputs
            .iter()
            .map(|(path, output)| (path.clone(), output.digest.to_string().into()));
        serde_json::Value::Object(output.collect())
    };
    let entries = forced.entries.iter().map(|entry| {
        let dependencies = entry.dependencies.iter().map(Digest::to_string);
        json!({
            "thunk": entry.thunk.to_string(),
            "name": entry.name,
            "waits_for": dependencies.collect::<Vec<_>>(),
            "origin": origin(entry.origin),
            "engine": entry.engine,
            "start": entry.start,
            "end": entry.end,
            "outputs": outputs(&entry.value),
        })
    });
    json!({
        "seconds": forced.seconds,
        "values": forced.values.iter().map(outputs).collect::<Vec<_>>(),
        "thunks": entries.collect::<Vec<_>>(),
    })
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Computed => "computed",
        Origin::Engine => "cached by the engine",
        Origin::Store => "cached",
    }
}

/// What happened, for people.
pub fn summary(forced: &Forced) -> String {
    let count = |origin| {
        forced
            .entries
            .iter()
            .filter(|entry| entry.origin == origin)
            .count()
    };
    format!(
        "{} thunks computed, {} cached by the engine, {} cached; {:.2} s",
        count(Origin::Computed),
        count(Origin::Engine),
        count(Origin::Store),
        forced.seconds
    )
}

/// A line on a terminal.
struct Progress {
    bar: ProgressBar,
    running: u64,
    cached: u64,
    again: HashMap<Digest, u32>,
}

impl Progress {
    fn new(quiet: bool) -> Self {
        let bar = if quiet || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(0)
        };
        let template = "{bar:30} {pos}/{len} thunks, {msg}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress {
            bar,
            running: 0,
            cached: 0,
            again: HashMap::new(),
        }
    }

    fn say(&mut self, event: &Event<'_>) {
        match event {
            Event::Wanted { thunks, .. } => self.bar.inc_length(*thunks as u64),
            Event::Started { .. } => self.running += 1,
            Event::Finished(entry) => {
                if entry.engine.is_some() {
                    self.running = self.running.saturating_sub(1);
                }
                self.cached += u64::from(entry.origin != Origin::Computed);
                self.bar.inc(1);
            }
            Event::Again { thunk, why } => {
                let times = self.again.entry(**thunk).or_default();
                *times += 1;
                let again = format!("thunk {thunk}, again: {why}");
                self.bar.suspend(|| tell(again));
            }
        }
        let failed: u32 = self.again.values().sum();
        self.bar.set_message(format!(
            "{} running, {} cached, {failed} failed",
            self.running, self.cached
        ));
    }
}
