//! The engine of this machine: built-in functions within this process, executables in a folder that has their inputs and nothing else.

mod builtin;
mod process;

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::digest::Digest;
use crate::engine::{Done, Engine, Failure, Job, Running, command_line};
use crate::store::{Store, StoreError};
use crate::thunk::{Function, Source, Thunk};

/// What processes are kept away from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// They start in a folder of their own, with no variables but theirs. Who wants to can still name other files from the root.
    #[default]
    Folder,
    /// They see that folder, `/usr` and nothing else, and no network, by the program `bwrap`.
    Bubblewrap,
}

/// Computes on this machine.
#[derive(Debug)]
pub struct Local {
    slots: NonZeroUsize,
    /// What a job may take.
    deadline: Option<Duration>,
    isolation: Isolation,
}

impl Local {
    /// An engine for so many jobs at a time, each of which may take so long.
    #[must_use]
    pub fn new(slots: NonZeroUsize, deadline: Option<Duration>, isolation: Isolation) -> Arc<Self> {
        Arc::new(Local {
            slots,
            deadline,
            isolation,
        })
    }
}

impl Engine for Local {
    fn name(&self) -> &str {
        "local"
    }

    fn slots(&self) -> usize {
        self.slots.get()
    }

    fn run(self: Arc<Self>, store: Arc<Store>, job: Arc<Job>) -> Running {
        Box::pin(async move {
            let start = Instant::now();
            let work = async {
                match &job.thunk.function {
                    Function::Builtin { .. } => builtin::run(&store, &job).await,
                    Function::Executable(_) => process::run(&store, &job, self.isolation).await,
                }
            };
            let mut value = match self.deadline {
                None => work.await?,
                Some(deadline) => match tokio::time::timeout(deadline, work).await {
                    Ok(done) => done?,
                    Err(_) => {
                        return Err(Failure::TooLong {
                            command: command_line(&job.thunk),
                            seconds: deadline.as_secs_f64(),
                        });
                    }
                },
            };
            value.seconds = start.elapsed().as_secs_f64();
            Ok(Done {
                value,
                cached: false,
            })
        })
    }
}

/// Makes a folder of a thunk's inputs, and of the folders of its outputs.
fn lay_out(store: &Store, thunk: &Thunk, folder: &Path) -> Result<(), StoreError> {
    fs::create_dir(folder).map_err(StoreError::io(folder))?;
    for path in thunk.inputs.keys().chain(&thunk.outputs) {
        if let Some((folders, _)) = path.rsplit_once('/') {
            let path = folder.join(folders);
            fs::create_dir_all(&path).map_err(StoreError::io(&path))?;
        }
    }
    for (path, digest, executable) in values(thunk) {
        store.place_at(&digest, &folder.join(path), executable)?;
    }
    Ok(())
}

fn values(thunk: &Thunk) -> impl Iterator<Item = (&String, Digest, bool)> {
    thunk
        .inputs
        .iter()
        .filter_map(|(path, input)| match input.source {
            Source::Value(digest) => Some((path, digest, input.executable)),
            Source::Output { .. } => None,
        })
}

/// Keeps a folder for who looks into why a job failed: the last one of each thunk.
fn keep_failed(store: &Store, job: &Job, folder: &Path) -> io::Result<PathBuf> {
    let failed = store.root().join("failed");
    fs::create_dir_all(&failed)?;
    let kept = failed.join(job.digest.hex());
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::rename(folder, &kept)?;
    Ok(kept)
}
