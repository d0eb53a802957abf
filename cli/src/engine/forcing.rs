//! Files as thunks, and what came of them.

use std::collections::HashMap;
use std::io::Seek;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use lentil_thunk::jpeg::{self, Compress};
use lentil_thunk::{
    Digest, Event, Failure as EngineFailure, ForceError, ForceOptions, Origin, Store, StoreError,
    Thunk, force,
};

use crate::args;
use crate::failure::Failure;
use crate::input::Original;
use crate::report::Progress;
use crate::thunk::{open_store, options};

/// Who computes, and what is known already.
pub struct Engine {
    pub store: Arc<Store>,
    /// The threads of this program, which reads, restores and compares: with an engine on this machine no more than that has.
    pub threads: Option<NonZeroUsize>,
    options: ForceOptions,
    /// How files are compressed.
    compress: Compress,
}

/// What came of thunks; of those without a value, why.
pub struct Found(HashMap<Digest, Result<(jpeg::Outcome, bool), String>>);

impl Found {
    /// What came of a thunk, and whether that was known before.
    pub fn of(&self, thunk: &Digest) -> Result<(&jpeg::Outcome, bool), Failure> {
        match self.0.get(thunk) {
            Some(Ok((outcome, cached))) => Ok((outcome, *cached)),
            Some(Err(why)) => Err(Failure::Thunk(why.clone())),
            None => Err(StoreError::Missing(*thunk).into()),
        }
    }
}

impl Engine {
    /// As the command line says.
    pub fn open(args: &args::Compress) -> Result<Self, Failure> {
        let mut options = options(&args.engine)?;
        options.cost = jpeg::cost;
        let is_local = args.engine.engine.as_deref() == Some("local");
        Ok(Engine {
            store: open_store(&args.place)?,
            threads: args.engine.jobs.filter(|_| is_local),
            options,
            compress: Compress {
                partitions: args.partitions,
                memory: args.run.limit.mebibytes(),
                range: None,
            },
        })
    }

    /// The thunks that compress ranges of a file. The store has what forcing them needs: of a file that was compressed before,
    /// nothing.
    pub fn thunks(
        &self,
        original: &Original,
        ranges: &[Option<Range<u64>>],
    ) -> Result<Vec<Digest>, Failure> {
        let mut file = &original.file;
        let jpeg = Digest::of_reader(file).map_err(Failure::Read)?;
        let thunk = |range: &Option<Range<u64>>| {
            let range = range.clone();
            let compress = Compress {
                range,
                ..self.compress.clone()
            };
            compress.thunk(jpeg)
        };
        let thunks: Vec<Thunk> = ranges.iter().map(thunk).collect();
        let digests: Vec<Digest> = thunks.iter().map(Thunk::digest).collect();
        if self.all_known(&digests)? {
            return Ok(digests);
        }
        if !self.has(&jpeg)? {
            file.rewind().map_err(Failure::Read)?;
            if self.store.put_reader(file)? != jpeg {
                return Err(Failure::InputChanged);
            }
        }
        for thunk in &thunks {
            self.store.put(&thunk.to_bytes())?;
        }
        Ok(digests)
    }

    fn all_known(&self, thunks: &[Digest]) -> Result<bool, StoreError> {
        for thunk in thunks {
            let Some(value) = self.store.remembered(thunk)? else {
                return Ok(false);
            };
            for output in value.outputs.values() {
                if !self.has(&output.digest)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether contents are there, and whole: what is damaged is removed.
    fn has(&self, digest: &Digest) -> Result<bool, StoreError> {
        match self.store.holds(digest)?.then(|| self.store.get(digest)) {
            None => Ok(false),
            Some(Err(error)) if error.lost().is_some() => Ok(false),
            Some(got) => got.map(|_| true),
        }
    }

    /// Forces distinct thunks. One that has no value keeps none of the others from theirs, unless the engine is to blame.
    pub fn force(
        &self,
        thunks: &[Digest],
        progress: &Progress,
        finished: &dyn Fn(&Digest),
    ) -> Found {
        let mut found = HashMap::new();
        let mut left = thunks.to_vec();
        while !left.is_empty() {
            let mut said = |event: Event<'_>| match event {
                Event::Finished(entry) => {
                    let outcome = jpeg::outcome(&self.store, &entry.value);
                    let cached = entry.origin != Origin::Computed;
                    let outcome = outcome.map(|outcome| (outcome, cached));
                    found.insert(entry.thunk, outcome.map_err(|error| error.to_string()));
                    finished(&entry.thunk);
                }
                Event::Again { thunk, why } => {
                    progress.say(format_args!("thunk {thunk}, again: {why}"));
                }
                Event::Wanted { .. } | Event::Started { .. } => {}
            };
            let forced = force(&self.store, &left, &self.options, &mut said);
            left.retain(|thunk| !found.contains_key(thunk));
            if let Err(error) = forced {
                let culprit = culprit(&error).filter(|thunk| left.contains(thunk));
                let failed = culprit.map_or_else(|| left.clone(), |thunk| vec![thunk]);
                left.retain(|thunk| !failed.contains(thunk));
                for thunk in failed {
                    found.insert(thunk, Err(reason(&error)));
                    finished(&thunk);
                }
            }
        }
        Found(found)
    }

    /// Forgets what a thunk gave if it does not restore to what it was made of: it is computed again the next time.
    pub fn unless_wrong<T>(
        &self,
        thunk: &Digest,
        placed: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if matches!(placed, Err(Failure::Lentil(_))) {
            self.store.forget(thunk)?;
        }
        placed
    }
}

/// The thunk that an error says something of, while others may do.
fn culprit(error: &ForceError) -> Option<Digest> {
    use EngineFailure::{Function, Output, TooLong};
    match error {
        ForceError::Failed { thunk, failure } => {
            let own = matches!(**failure, Function { .. } | Output { .. } | TooLong { .. });
            own.then_some(*thunk)
        }
        ForceError::MissingInput { thunk, .. } => Some(*thunk),
        _ => None,
    }
}

/// Files are named by their paths, not by their thunks.
fn reason(error: &ForceError) -> String {
    match error {
        ForceError::Failed { failure, .. } => failure.to_string(),
        error => error.to_string(),
    }
}
