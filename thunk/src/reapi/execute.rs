//! Having a server execute an action, or remember what it left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::longrunning::{CancelOperationRequest, Operation, operation};
use prost::Message;
use tokio::runtime::Handle;
use tonic::{Code, Status};

use super::Reapi;
use super::cas::{Trouble, as_answer, checked};
use super::channel::{is_passing, patiently};
use crate::action::Action;
use crate::digest::Digest;
use crate::store::Store;

/// Who followed an execution for this long has all attempts again.
const STEADY: Duration = Duration::from_secs(10);

/// How an execution ended.
#[derive(Debug)]
pub(super) enum Executed {
    /// The command ran, now or before.
    Result {
        /// What it left.
        result: Box<reapi::ActionResult>,
        /// Whether it ran before.
        cached: bool,
    },
    /// Something that the action needs is not there.
    Missing(Status),
    /// The server gave up on it.
    TimedOut,
}

/// How one attempt to follow an execution ended.
enum Followed {
    /// There is nothing more to come.
    End(Result<Box<reapi::ExecuteResponse>, Status>),
    /// It may still be under way.
    Broken(Status),
}

impl Reapi {
    /// What the server remembers that an action left.
    pub(super) async fn remembered(
        &self,
        action: Digest,
    ) -> Result<Option<reapi::ActionResult>, Status> {
        let request = reapi::GetActionResultRequest {
            instance_name: self.server.instance.clone(),
            action_digest: Some(action.into()),
            ..Default::default()
        };
        let get = || async { self.server.cache().get_action_result(request.clone()).await };
        match self.server.call(get).await {
            Ok(result) => Ok(Some(result)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Executes an action, and follows that to its end over as many streams as it takes.
    pub(super) async fn execute(
        &self,
        store: &Arc<Store>,
        action: &Action,
        again: bool,
    ) -> Result<Executed, Trouble> {
        let request = reapi::ExecuteRequest {
            instance_name: self.server.instance.clone(),
            action_digest: Some(action.digest.into()),
            skip_cache_lookup: again,
            ..Default::default()
        };
        let mut retry = self.server.retry();
        let mut watch = Watch {
            engine: self,
            operation: None,
        };
        loop {
            let begun = Instant::now();
            let status = match watch.follow(&request).await {
                Followed::End(answer) => match ended(answer) {
                    Ok(executed) => return Ok(executed),
                    Err(status) => status,
                },
                Followed::Broken(status) => status,
            };
            if begun.elapsed() >= STEADY {
                retry = self.server.retry();
            }
            let vague = matches!(status.code(), Code::Internal | Code::Unknown);
            retry.wait(status).await?;
            if vague {
                // It is what some servers say when they have lost what the action needs.
                self.known.forget(action.needed());
                self.upload(store, action).await?;
            }
        }
    }
}

/// What the end of an execution means; what remains is the server's trouble.
fn ended(answer: Result<Box<reapi::ExecuteResponse>, Status>) -> Result<Executed, Status> {
    let response = match answer {
        Ok(response) => response,
        Err(status) if is_missing(status.code()) => return Ok(Executed::Missing(status)),
        Err(status) => return Err(status),
    };
    match checked(response.status.as_ref()) {
        Err(status) if is_missing(status.code()) => Ok(Executed::Missing(status)),
        Err(status) if status.code() == Code::DeadlineExceeded => Ok(Executed::TimedOut),
        Err(status) => Err(status),
        Ok(()) => match response.result {
            Some(result) => Ok(Executed::Result {
                result: Box::new(result),
                cached: response.cached_result,
            }),
            None => Err(Status::internal(
                "it executed the action, and has no result",
            )),
        },
    }
}

fn is_missing(code: Code) -> bool {
    matches!(code, Code::FailedPrecondition | Code::NotFound)
}

/// An execution that somebody waits for.
struct Watch<'a> {
    engine: &'a Reapi,
    /// Its name, once the server has said it and as long as it is not done.
    operation: Option<String>,
}

impl Watch<'_> {
    /// Opens a stream, and reads it to its end.
    async fn follow(&mut self, request: &reapi::ExecuteRequest) -> Followed {
        let mut client = self.engine.server.execution();
        let waited = self.operation.clone();
        let opened = match &waited {
            // Some servers say nothing until there is a result; there is a deadline for that.
            None => client.execute(request.clone()).await,
            Some(name) => {
                let request = reapi::WaitExecutionRequest { name: name.clone() };
                client.wait_execution(request).await
            }
        };
        let mut operations = match opened {
            Ok(response) => response.into_inner(),
            Err(status) => return self.broken(status, waited.is_some()),
        };
        loop {
            match operations.message().await {
                Ok(Some(operation)) if operation.done => {
                    self.operation = None;
                    return Followed::End(answer_of(operation));
                }
                Ok(Some(operation)) => {
                    self.operation = Some(operation.name).filter(|name| !name.is_empty());
                }
                Ok(None) => {
                    let what = "its stream ended before the execution did";
                    return Followed::Broken(Status::unavailable(what));
                }
                Err(status) => return self.broken(status, waited.is_some()),
            }
        }
    }

    /// A stream that could not be had, or broke.
    fn broken(&mut self, status: Status, waited: bool) -> Followed {
        if is_passing(status.code()) {
            return Followed::Broken(status);
        }
        self.operation = None;
        if waited {
            // The server has forgotten the execution, or cannot be asked for it: there will be another.
            let what = format!("it lost the execution: {}", status.message());
            Followed::Broken(Status::aborted(what))
        } else {
            Followed::End(Err(status))
        }
    }
}

impl Drop for Watch<'_> {
    /// Nobody waits any more: closing a stream tells the server so, but only this ends what it executes.
    fn drop(&mut self) {
        if let (Some(name), Ok(runtime)) = (self.operation.take(), Handle::try_current()) {
            let mut client = self.engine.server.operations();
            runtime.spawn(async move {
                // A server that cannot do it finishes what it executes.
                let request = CancelOperationRequest { name };
                let _ = patiently(client.cancel_operation(request)).await;
            });
        }
    }
}

/// What an operation that is done gave.
fn answer_of(operation: Operation) -> Result<Box<reapi::ExecuteResponse>, Status> {
    match operation.result {
        Some(operation::Result::Error(status)) => Err(as_answer(&status)),
        Some(operation::Result::Response(any)) if any.type_url.ends_with(".ExecuteResponse") => {
            let decoded = reapi::ExecuteResponse::decode(&any.value[..]);
            decoded
                .map(Box::new)
                .map_err(|error| Status::internal(format!("a bad ExecuteResponse: {error}")))
        }
        Some(operation::Result::Response(any)) => {
            let what = format!("{:?} instead of an ExecuteResponse", any.type_url);
            Err(Status::internal(what))
        }
        None => Err(Status::internal("an operation is done without a result")),
    }
}
