//! What computes: one trait, whoever does it.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use crate::digest::Digest;
use crate::store::{Store, StoreError, Value};
use crate::thunk::Thunk;

/// A thunk that waits for no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub digest: Digest,
    /// All of its inputs are values.
    pub thunk: Thunk,
}

/// What an engine made of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The outputs are in the store.
    pub value: Value,
    /// It was not computed, but remembered by the engine.
    pub cached: bool,
}

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The function says no. It would say so again.
    #[error("{command}\n  failed with {status}{}{}", text(.stderr), kept(.inputs))]
    Function {
        /// What was called.
        command: String,
        /// How it ended.
        status: String,
        /// What it said, or the end of it.
        stderr: String,
        /// Where it ran, if that was kept.
        inputs: Option<PathBuf>,
    },
    /// It did not leave what it should have.
    #[error("{command}\n  left a wrong output: {what}")]
    Output {
        /// What was called.
        command: String,
        /// What is wrong.
        what: String,
    },
    /// It took longer than it may.
    #[error("{command}\n  took longer than {seconds} s")]
    TooLong {
        /// What was called.
        command: String,
        /// The time that it had.
        seconds: f64,
    },
    /// There is no such function.
    #[error("there is no built-in function {name} of version {version}")]
    Unknown {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
    },
    /// Something that will not be better the next time: a refusal, say.
    #[error("{engine} refuses: {why}")]
    Refused {
        /// Who.
        engine: String,
        /// Why.
        why: String,
    },
    /// The engine, not the function, has a problem: another attempt may succeed.
    #[error("{engine} does not answer: {why}")]
    Unreachable {
        /// Who.
        engine: String,
        /// Why.
        why: String,
    },
    /// Of the store of this machine.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn text(stderr: &str) -> String {
    let indented = |line| format!("\n  | {line}");
    stderr.trim_end().lines().map(indented).collect()
}

fn kept(inputs: &Option<PathBuf>) -> String {
    let said = |path: &PathBuf| format!("\n  its files are in {}", path.display());
    inputs.as_ref().map_or(String::new(), said)
}

/// A computation under way. Dropping it gives it up.
pub type Running = Pin<Box<dyn Future<Output = Result<Done, Failure>> + Send>>;

/// Computes jobs: on this machine, or on others.
pub trait Engine: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// How many jobs it takes at a time.
    fn slots(&self) -> usize;

    /// Computes a job. Inputs are read from the store; outputs are put there, and those of the value are just those that the thunk
    /// declares.
    fn run(self: Arc<Self>, store: Arc<Store>, job: Arc<Job>) -> Running;
}

/// The words of a call, for people.
#[must_use]
pub fn command_line(thunk: &Thunk) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    let word = |word: &String| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let words = thunk.arguments.iter().map(word);
    std::iter::once(thunk.name().to_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
