//! An engine that has servers of the Remote Execution API compute.
//!
//! A job becomes an action. If the server remembers what it left, that is all; else the server is given what it does not have of the
//! action's contents, and executes it. Outputs are compared with their names while they come.

mod address;
mod capabilities;
mod cas;
mod channel;
mod download;
mod execute;
mod outputs;
mod upload;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bazel_remote_apis::build::bazel::remote::execution::v2::{
    ActionResult, GetCapabilitiesRequest,
};
use tokio::sync::Mutex;

use crate::action::Action;
use crate::digest::Digest;
use crate::engine::{Done, Engine, Failure, Job, Running, command_line};
use crate::store::Store;
use crate::thunk::{Function, Thunk};
use cas::{Known, Trouble, blocking};
use channel::{Server, explain};
use execute::Executed;

/// How often an action is tried whose contents the server loses.
const ROUNDS: u32 = 3;

/// How much of what a command says is passed on.
const LONGEST_STDERR: u64 = 64 << 10;

/// How large contents are uploaded at a time.
const LANES: usize = 8;

/// How to work with a server.
#[derive(Clone)]
pub struct ReapiOptions {
    /// An executable that has the built-in functions and runs on the server.
    pub worker: Option<PathBuf>,
    /// How many actions are in flight.
    pub slots: usize,
    /// How long the server may take to execute an action, with the time that it waits there.
    pub deadline: Duration,
    /// How often something is tried when the server has a problem.
    pub attempts: u32,
    /// The pause before the second attempt; each other one is twice as long, up to 10 s.
    pub pause: Duration,
    /// A token that says who calls. It is sent over TLS, or within this machine.
    pub token: Option<String>,
    /// A file with certificates, in PEM form, that are trusted instead of the system's.
    pub certificates: Option<PathBuf>,
}

impl Default for ReapiOptions {
    fn default() -> Self {
        ReapiOptions {
            worker: None,
            slots: 64,
            deadline: Duration::from_secs(3600),
            attempts: 5,
            pause: Duration::from_millis(250),
            token: None,
            certificates: None,
        }
    }
}

impl fmt::Debug for ReapiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReapiOptions")
            .field("worker", &self.worker)
            .field("slots", &self.slots)
            .field("deadline", &self.deadline)
            .field("attempts", &self.attempts)
            .field("pause", &self.pause)
            // A token is nobody's business.
            .field("token", &self.token.as_ref().map(|_| "..."))
            .field("certificates", &self.certificates)
            .finish()
    }
}

/// A server that computes.
#[derive(Debug)]
pub struct Reapi {
    server: Server,
    options: ReapiOptions,
    /// How many bytes of contents a message may have.
    largest_batch: u64,
    /// What the server has.
    known: Known,
    /// Each for some of the large contents that are uploaded.
    lanes: [Mutex<()>; LANES],
    /// The name of the worker, once it was read.
    worker: Mutex<Option<Digest>>,
}

impl Reapi {
    /// Finds out whether the server at `reapi://host:port[/instance]`, or `reapis://` for TLS, can be used.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`] if it does not answer, and [`Failure::Refused`] if the address, the options, or what it can do
    /// are not of use.
    pub async fn connect(address: &str, options: ReapiOptions) -> Result<Arc<Self>, Failure> {
        let server = Server::new(address, &options)?;
        let request = GetCapabilitiesRequest {
            instance_name: server.instance.clone(),
        };
        let get = || async {
            server
                .capabilities()
                .get_capabilities(request.clone())
                .await
        };
        let answer = server.call(get).await;
        let answer = answer.map_err(|status| server.failure(&status))?;
        let largest_batch =
            capabilities::largest_batch(&answer).map_err(|why| Failure::Refused {
                engine: server.name.clone(),
                why,
            })?;
        Ok(Arc::new(Reapi {
            server,
            options,
            largest_batch,
            known: Known::default(),
            lanes: std::array::from_fn(|_| Mutex::default()),
            worker: Mutex::default(),
        }))
    }

    async fn compute(&self, store: &Arc<Store>, thunk: &Thunk) -> Result<Done, Trouble> {
        let action = self.action(store, thunk).await?;
        let mut again = false;
        if let Some(result) = self.remembered(action.digest).await? {
            match self.outcome(store, thunk, result, true).await {
                Err(Trouble::Gone(_)) => again = true,
                outcome => return outcome,
            }
        }
        for _ in 1..ROUNDS {
            match self.round(store, thunk, &action, again).await {
                Err(Trouble::Gone(_)) => again = true,
                Err(Trouble::Missing(_)) => {}
                outcome => return outcome,
            }
            // What was lost is hardly the only thing.
            self.known.clear();
        }
        self.round(store, thunk, &action, again).await
    }

    /// The action of a thunk, with the worker if it needs that.
    async fn action(&self, store: &Arc<Store>, thunk: &Thunk) -> Result<Action, Trouble> {
        let worker = match (&thunk.function, &self.options.worker) {
            (Function::Builtin { .. }, Some(path)) => Some(self.worker(store, path).await?),
            _ => None,
        };
        Action::new(thunk, worker).map_err(|error| {
            Trouble::Failure(Failure::Refused {
                engine: self.server.name.clone(),
                why: error.to_string(),
            })
        })
    }

    /// The name of the worker, which is in the store then. It is read once.
    async fn worker(&self, store: &Arc<Store>, path: &Path) -> Result<Digest, Trouble> {
        let mut worker = self.worker.lock().await;
        if let Some(digest) = *worker
            && store.holds(&digest)?
        {
            return Ok(digest);
        }
        let (store, path) = (Arc::clone(store), path.to_owned());
        let digest = blocking(move || store.put_file(&path)).await?;
        *worker = Some(digest);
        Ok(digest)
    }

    /// Executes an action once. What it needs, or what it left, may turn out to be gone.
    async fn round(
        &self,
        store: &Arc<Store>,
        thunk: &Thunk,
        action: &Action,
        again: bool,
    ) -> Result<Done, Trouble> {
        self.upload(store, action).await?;
        let begun = Instant::now();
        let too_long = || {
            Trouble::Failure(Failure::TooLong {
                command: command_line(thunk),
                seconds: begun.elapsed().as_secs_f64(),
            })
        };
        let execution = self.execute(store, action, again);
        let executed = tokio::time::timeout(self.options.deadline, execution).await;
        match executed.map_err(|_| too_long())?? {
            Executed::Result { result, cached } => {
                self.outcome(store, thunk, *result, cached).await
            }
            Executed::Missing(status) => Err(Trouble::Missing(status)),
            Executed::TimedOut => Err(too_long()),
        }
    }

    /// The value that a result stands for, with its contents in the store.
    async fn outcome(
        &self,
        store: &Arc<Store>,
        thunk: &Thunk,
        result: ActionResult,
        cached: bool,
    ) -> Result<Done, Trouble> {
        if result.exit_code != 0 {
            return Err(Trouble::Failure(Failure::Function {
                command: command_line(thunk),
                status: format!("exit status: {}", result.exit_code),
                stderr: self.stderr(&result).await,
                inputs: None,
            }));
        }
        let value = outputs::value(thunk, result).map_err(Trouble::Wrong)?;
        let wanted = value.outputs.values().map(|output| output.digest);
        self.download(store, wanted.collect()).await?;
        Ok(Done { value, cached })
    }

    /// What a command said, or the end of it. That it failed is known even if this is not.
    async fn stderr(&self, result: &ActionResult) -> String {
        let digest = result.stderr_digest.as_ref();
        let bytes = match digest.map(Digest::try_from) {
            Some(Ok(digest)) if result.stderr_raw.is_empty() && digest.size > 0 => {
                match self.tail(&digest, LONGEST_STDERR).await {
                    Ok(bytes) => bytes,
                    Err(status) => return format!("(what it said is lost: {})", status.message()),
                }
            }
            _ => {
                let raw = &result.stderr_raw;
                let start = raw.len().saturating_sub(LONGEST_STDERR as usize);
                raw[start..].to_vec()
            }
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What trouble means to who waits for a value.
    fn failure(&self, thunk: &Thunk, trouble: Trouble) -> Failure {
        let engine = self.server.name.clone();
        match trouble {
            Trouble::Failure(failure) => failure,
            Trouble::Status(status) => self.server.failure(&status),
            Trouble::Wrong(what) => Failure::Output {
                command: command_line(thunk),
                what,
            },
            Trouble::Gone(digest) => Failure::Unreachable {
                engine,
                why: format!("it loses {digest} as often as an action leaves it"),
            },
            Trouble::Missing(status) => Failure::Refused {
                engine,
                why: format!(
                    "it was given all that the action needs, and says {}",
                    explain(&status)
                ),
            },
        }
    }
}

impl Engine for Reapi {
    fn name(&self) -> &str {
        &self.server.name
    }

    fn slots(&self) -> usize {
        self.options.slots.max(1)
    }

    fn run(self: Arc<Self>, store: Arc<Store>, job: Arc<Job>) -> Running {
        Box::pin(async move {
            let done = self.compute(&store, &job.thunk).await;
            done.map_err(|trouble| self.failure(&job.thunk, trouble))
        })
    }
}
