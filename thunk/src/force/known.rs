//! What the store knows of thunks, and what it is to know.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ForceError;
use super::graph::Known;
use crate::digest::Digest;
use crate::engine::{Done, Failure, Job, command_line};
use crate::store::Store;
use crate::thunk::{Source, Thunk};

/// What is known of a thunk: its value if that was ever computed, or itself, if all of its inputs are there.
pub(super) fn known(store: &Store, digest: &Digest) -> Result<Known, ForceError> {
    if let Some(value) = store.remembered(digest)? {
        return Ok(Known::Value(value));
    }
    let thunk = read(store, digest)?;
    for input in thunk.inputs.values() {
        if let Source::Value(value) = &input.source
            && !store.holds(value)?
        {
            return Err(missing(digest, &thunk, *value));
        }
    }
    Ok(Known::Thunk(thunk))
}

pub(super) fn missing(digest: &Digest, thunk: &Thunk, value: Digest) -> ForceError {
    let mut inputs = thunk.inputs.iter();
    let path = inputs.find(|(_, input)| input.source == Source::Value(value));
    ForceError::MissingInput {
        thunk: *digest,
        path: path.map_or(String::new(), |(path, _)| path.clone()),
        digest: value,
    }
}

pub(super) fn read(store: &Store, digest: &Digest) -> Result<Arc<Thunk>, ForceError> {
    if !store.holds(digest)? {
        return Err(ForceError::NoThunkThere(*digest));
    }
    let thunk = Thunk::from_bytes(&store.read(digest)?);
    let digest = *digest;
    Ok(Arc::new(
        thunk.map_err(|why| ForceError::NoThunk { digest, why })?,
    ))
}

impl Store {
    /// Looks whether a value is just what its thunk declares, and all of it is in the store.
    pub(super) fn check(&self, job: &Job, done: Done) -> Result<Done, Failure> {
        let wrong = |what| Failure::Output {
            command: command_line(&job.thunk),
            what,
        };
        let outputs: &BTreeMap<_, _> = &done.value.outputs;
        if !outputs.keys().eq(&job.thunk.outputs) {
            let found: Vec<&String> = outputs.keys().collect();
            return Err(wrong(format!(
                "{found:?} instead of {:?}",
                job.thunk.outputs
            )));
        }
        for (path, output) in outputs {
            if !self.holds(&output.digest)? {
                return Err(wrong(format!("{path} did not come into the store")));
            }
        }
        Ok(done)
    }
}
