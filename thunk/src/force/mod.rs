//! Forcing: finding what thunks give, by computing what is not known yet.

mod graph;
mod known;
mod run;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::digest::Digest;
use crate::engine::{Engine, Failure};
use crate::store::{Store, StoreError, Value};
use crate::thunk::{NoThunk, Thunk};

/// How to force.
#[derive(Clone)]
pub struct ForceOptions {
    /// Who computes.
    pub engine: Arc<dyn Engine>,
    /// Who computes when that one does not answer any more.
    pub fallback: Option<Arc<dyn Engine>>,
    /// How often a job is tried if an engine does not answer or takes too long.
    pub attempts: u32,
    /// The pause before the second attempt; later ones are twice as long each.
    pub pause: Duration,
    /// A job that takes longer is begun a second time, and the first value counts.
    pub race_after: Option<Duration>,
    /// Where engines were connected, if they were; without, forcing has threads of its own.
    pub runtime: Option<Handle>,
    /// What a thunk costs, in any unit: what is on the costliest way to the end is begun first.
    pub cost: fn(&Thunk) -> f64,
}

impl ForceOptions {
    /// The usual choices for an engine.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        ForceOptions {
            engine,
            fallback: None,
            attempts: 3,
            pause: Duration::from_millis(100),
            race_after: None,
            runtime: None,
            cost: |_| 1.0,
        }
    }
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An engine computed it.
    Computed,
    /// An engine remembered it.
    Engine,
    /// The store remembered it.
    Store,
}

/// What happened to a thunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub thunk: Digest,
    /// What it calls.
    pub name: String,
    /// The thunks that it waited for.
    pub dependencies: Vec<Digest>,
    /// Where its value came from.
    pub origin: Origin,
    /// The engine, if one was asked.
    pub engine: Option<String>,
    /// When that was, in seconds after forcing began.
    pub start: f64,
    /// When it answered.
    pub end: f64,
    /// What it gave.
    pub value: Value,
}

/// What happens on the way.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many thunks more are wanted, of which so many values were known.
    Wanted {
        /// How many.
        thunks: usize,
        /// Of them.
        known: usize,
    },
    /// An engine was asked.
    Started {
        /// What it calls.
        name: &'a str,
        /// Its name.
        thunk: &'a Digest,
    },
    /// There is a value.
    Finished(&'a Entry),
    /// An attempt failed, and another is made.
    Again {
        /// Its name.
        thunk: &'a Digest,
        /// Why.
        why: &'a str,
    },
}

/// What came of forcing.
#[derive(Clone, Debug, PartialEq)]
pub struct Forced {
    /// What the wanted thunks gave, in their order.
    pub values: Vec<Value>,
    /// What was looked at on the way, in the order of time.
    pub entries: Vec<Entry>,
    /// How long it took.
    pub seconds: f64,
}

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
pub enum ForceError {
    /// A name of no thunk that is known here.
    #[error("thunk {0} is not in the store")]
    NoThunkThere(Digest),
    /// Contents that are no thunk.
    #[error("{digest}: {why}")]
    NoThunk {
        /// Their name.
        digest: Digest,
        /// What is wrong.
        why: NoThunk,
    },
    /// A thunk wants what another does not leave.
    #[error("thunk {wanted_by} wants {path:?} of {thunk}, which leaves no such file")]
    NoSuchOutput {
        /// Whose output.
        thunk: Digest,
        /// Which.
        path: String,
        /// Who wants it.
        wanted_by: Digest,
    },
    /// An input that nobody has.
    #[error("thunk {thunk}: its input {path:?}, {digest}, is not in the store")]
    MissingInput {
        /// Whose.
        thunk: Digest,
        /// Where it would lie.
        path: String,
        /// Its contents.
        digest: Digest,
    },
    /// Thunks that wait for each other.
    #[error("thunk {0} waits for itself")]
    Cycle(Digest),
    /// A thunk has no value.
    #[error("thunk {thunk}: {failure}")]
    Failed {
        /// Which.
        thunk: Digest,
        /// Why.
        failure: Box<Failure>,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Threads could not be had.
    #[error("no threads: {0}")]
    Runtime(io::Error),
}

/// Forces thunks: each distinct one once, those first that most others wait for, as many at a time as the engine has slots.
/// `said` hears what happens. It ends with the first thunk that has no value; what was computed until then is remembered.
///
/// # Errors
///
/// If a thunk has no value.
pub fn force(
    store: &Arc<Store>,
    thunks: &[Digest],
    options: &ForceOptions,
    said: &mut dyn FnMut(Event<'_>),
) -> Result<Forced, ForceError> {
    if let Some(runtime) = &options.runtime {
        return runtime.block_on(run::run(store, thunks, options, said));
    }
    // What waits does so in this thread, which is sooner awake than others.
    let slots = options.engine.slots();
    let runtime = build(Builder::new_current_thread(), slots).map_err(ForceError::Runtime)?;
    let forced = runtime.block_on(run::run(store, thunks, options, said));
    // Functions within this process cannot be stopped; nobody waits for them.
    runtime.shutdown_background();
    forced
}

/// Threads to connect engines on, and to force with so many slots.
///
/// # Errors
///
/// If the system has none.
pub fn runtime(slots: usize) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2);
    build(builder, slots)
}

fn build(mut builder: Builder, slots: usize) -> io::Result<Runtime> {
    let blocking = slots.saturating_add(8);
    builder.max_blocking_threads(blocking).enable_all().build()
}
