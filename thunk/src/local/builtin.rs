//! Built-in functions, within this process.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{keep_failed, lay_out};
use crate::engine::{Failure, Job, command_line};
use crate::functions::{Failed, Files, find};
use crate::store::{Output, Store, StoreError, Value};
use crate::thunk::{Function, Source, Thunk};

pub(super) async fn run(store: &Arc<Store>, job: &Arc<Job>) -> Result<Value, Failure> {
    let (store, job) = (Arc::clone(store), Arc::clone(job));
    let done = tokio::task::spawn_blocking(move || call(&store, &job)).await;
    done.unwrap_or_else(|error| {
        Err(Failure::Unreachable {
            engine: "local".into(),
            why: error.to_string(),
        })
    })
}

fn call(store: &Store, job: &Job) -> Result<Value, Failure> {
    let Function::Builtin { name, version } = &job.thunk.function else {
        unreachable!("an executable is run by another function");
    };
    let unknown = || Failure::Unknown {
        name: name.clone(),
        version: *version,
    };
    let builtin = find(name, *version).ok_or_else(unknown)?;
    let files = StoreFiles {
        store,
        thunk: &job.thunk,
        outputs: RefCell::default(),
        error: RefCell::default(),
    };
    let called = catch_unwind(AssertUnwindSafe(|| {
        (builtin.body)(&job.thunk.arguments, &files)
    }));
    if let Some(error) = files.error.into_inner() {
        return Err(error.into());
    }
    match called {
        Ok(Ok(())) => {}
        Ok(Err(Failed(why))) => return Err(failed(store, job, "an error".into(), why)),
        Err(panic) => return Err(failed(store, job, "a panic".into(), message(&*panic))),
    }
    let outputs = files.outputs.into_inner();
    match job
        .thunk
        .outputs
        .iter()
        .find(|&path| !outputs.contains_key(path))
    {
        None => Ok(Value {
            outputs,
            seconds: 0.0,
        }),
        Some(path) => Err(Failure::Output {
            command: command_line(&job.thunk),
            what: format!("{path} is missing"),
        }),
    }
}

fn failed(store: &Store, job: &Job, status: String, stderr: String) -> Failure {
    let folder = store.temporary();
    let kept = lay_out(store, &job.thunk, &folder).ok();
    Failure::Function {
        command: command_line(&job.thunk),
        status,
        stderr,
        inputs: kept.and_then(|()| keep_failed(store, job, &folder).ok()),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it says nothing").to_owned()
}

/// Files of a store, by the paths of a thunk.
struct StoreFiles<'a> {
    store: &'a Store,
    thunk: &'a Thunk,
    outputs: RefCell<BTreeMap<String, Output>>,
    /// The store's, for which the function is not to blame.
    error: RefCell<Option<StoreError>>,
}

impl StoreFiles<'_> {
    fn keep_error(&self, error: StoreError) -> io::Error {
        let text = io::Error::other(error.to_string());
        self.error.borrow_mut().get_or_insert(error);
        text
    }
}

impl Files for StoreFiles<'_> {
    fn open(&self, path: &str) -> io::Result<File> {
        let input = self.thunk.inputs.get(path);
        let Some(Source::Value(digest)) = input.map(|input| &input.source) else {
            let text = format!("{path} is no input");
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        };
        self.store
            .get(digest)
            .map_err(|error| self.keep_error(error))
    }

    fn create(
        &self,
        path: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.thunk.outputs.contains(path) {
            // As in a folder, it is forgotten.
            return write(&mut io::sink());
        }
        let file = self
            .store
            .create()
            .map_err(|error| self.keep_error(error))?;
        let mut file = BufWriter::with_capacity(1 << 16, file);
        write(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let digest = file.keep().map_err(|error| self.keep_error(error))?;
        let output = Output {
            digest,
            executable: false,
        };
        self.outputs.borrow_mut().insert(path.to_owned(), output);
        Ok(())
    }
}
