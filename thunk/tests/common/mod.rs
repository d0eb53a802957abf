//! A store in a temporary folder, and thunks to force.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lentil_thunk::{
    Digest, Event, ForceError, ForceOptions, Forced, Function, Input, Isolation, Local, Origin,
    Store, Thunk, force,
};

pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: Arc<Store>,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path().join("store")).unwrap());
        Place { folder, store }
    }

    /// The same store, as another process has it.
    pub fn other(&self) -> Arc<Store> {
        Arc::new(Store::open(self.store.root()).unwrap())
    }

    pub fn put(&self, bytes: &[u8]) -> Input {
        Input::value(self.store.put(bytes).unwrap())
    }

    pub fn keep(&self, thunk: &Thunk) -> Digest {
        thunk.check().unwrap();
        self.store.put(&thunk.to_bytes()).unwrap()
    }

    /// A thunk that runs a shell script, which leaves `out`.
    pub fn script(&self, script: &str, inputs: &[(&str, Input)]) -> Thunk {
        let program = Input {
            executable: true,
            ..self.put(format!("#!/bin/sh\n{script}\n").as_bytes())
        };
        let inputs = inputs
            .iter()
            .map(|(path, input)| ((*path).to_owned(), input.clone()));
        Thunk {
            function: Function::Executable("script".into()),
            arguments: Vec::new(),
            environment: [("LC_ALL".into(), "C".into())].into(),
            inputs: inputs.chain([("script".into(), program)]).collect(),
            outputs: ["out".into()].into(),
        }
    }

    /// A thunk that copies its input within the process.
    pub fn copy(&self, input: Input) -> Thunk {
        copy(input)
    }

    /// The path of contents.
    pub fn blob(&self, digest: &Digest) -> std::path::PathBuf {
        let hex = digest.hex();
        self.store
            .root()
            .join("blobs")
            .join(&hex[..2])
            .join(&hex[2..])
    }

    pub fn force(&self, thunk: &Thunk) -> Result<Forced, ForceError> {
        self.force_with(thunk, &local(2))
    }

    pub fn force_with(&self, thunk: &Thunk, options: &ForceOptions) -> Result<Forced, ForceError> {
        let digest = self.keep(thunk);
        force(&self.store, &[digest], options, &mut |_| {})
    }

    /// The contents of the output `out` of the first thunk.
    pub fn out(&self, forced: &Forced) -> Vec<u8> {
        self.store
            .read(&forced.values[0].outputs["out"].digest)
            .unwrap()
    }
}

pub fn copy(input: Input) -> Thunk {
    Thunk {
        function: Function::Builtin {
            name: "copy".into(),
            version: 1,
        },
        arguments: Vec::new(),
        environment: [].into(),
        inputs: [("in".into(), input)].into(),
        outputs: ["out".into()].into(),
    }
}

/// This machine, with so many slots.
pub fn local(slots: usize) -> ForceOptions {
    limited(slots, None)
}

pub fn limited(slots: usize, deadline: Option<Duration>) -> ForceOptions {
    let slots = NonZeroUsize::new(slots).unwrap();
    let mut options = ForceOptions::new(Local::new(slots, deadline, Isolation::Folder));
    options.pause = Duration::from_millis(1);
    options
}

/// How many values came from there.
pub fn count(forced: &Forced, origin: Origin) -> usize {
    forced
        .entries
        .iter()
        .filter(|entry| entry.origin == origin)
        .count()
}

pub fn ignore(_: Event<'_>) {}
