//! Calls to one server, which are tried more than once.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::bytestream::byte_stream_client::ByteStreamClient;
use bazel_remote_apis::google::longrunning::operations_client::OperationsClient;
use reapi::action_cache_client::ActionCacheClient;
use reapi::capabilities_client::CapabilitiesClient;
use reapi::content_addressable_storage_client::ContentAddressableStorageClient;
use reapi::execution_client::ExecutionClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use super::ReapiOptions;
use super::address::Address;
use crate::engine::Failure;

/// How long a server may say nothing when its answer needs no work.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pause between attempts is no longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How many bytes may be under way to us: for one answer, and for all.
const WINDOWS: (u32, u32) = (4 << 20, 16 << 20);

/// Answers are no longer. Those with contents are much shorter, but an action may have many outputs.
const LARGEST_ANSWER: usize = 32 << 20;

/// A channel that says who calls.
type Service = InterceptedService<Channel, Bearer>;

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    /// Its address, for people.
    pub(super) name: String,
    /// The storage there that is used.
    pub(super) instance: String,
    service: Service,
    attempts: u32,
    pause: Duration,
}

/// Adds the token to calls.
#[derive(Clone, Debug)]
pub(super) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let metadata = request.metadata_mut();
            metadata.insert("authorization", token.clone());
        }
        Ok(request)
    }
}

impl Server {
    /// Looks at everything that can be known without a connection. There is none until the first call.
    pub(super) fn new(address: &str, options: &ReapiOptions) -> Result<Self, Failure> {
        let refused = |why| Failure::Refused {
            engine: address.to_owned(),
            why,
        };
        let parsed: Address = address
            .parse()
            .map_err(|error| refused(format!("{error}")))?;
        let bearer = bearer(&parsed, options.token.as_deref()).map_err(refused)?;
        let endpoint = endpoint(&parsed, options).map_err(refused)?;
        Ok(Server {
            name: parsed.to_string(),
            instance: parsed.instance,
            service: InterceptedService::new(endpoint.connect_lazy(), bearer),
            attempts: options.attempts.max(1),
            pause: options.pause,
        })
    }

    pub(super) fn capabilities(&self) -> CapabilitiesClient<Service> {
        CapabilitiesClient::new(self.service.clone())
    }

    pub(super) fn cache(&self) -> ActionCacheClient<Service> {
        ActionCacheClient::new(self.service.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn contents(&self) -> ContentAddressableStorageClient<Service> {
        ContentAddressableStorageClient::new(self.service.clone())
            .max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn bytes(&self) -> ByteStreamClient<Service> {
        ByteStreamClient::new(self.service.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn execution(&self) -> ExecutionClient<Service> {
        ExecutionClient::new(self.service.clone()).max_decoding_message_size(LARGEST_ANSWER)
    }

    pub(super) fn operations(&self) -> OperationsClient<Service> {
        OperationsClient::new(self.service.clone())
    }

    /// The attempts that one thing has.
    pub(super) fn retry(&self) -> Retry {
        Retry {
            left: self.attempts - 1,
            pause: self.pause,
        }
    }

    /// Calls until there is an answer that another attempt would not change, or there are no attempts left.
    pub(super) async fn call<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut retry = self.retry();
        loop {
            match patiently(attempt()).await {
                Ok(response) => return Ok(response.into_inner()),
                Err(status) => retry.wait(status).await?,
            }
        }
    }

    /// What the last attempt's answer means to who waits for a value.
    pub(super) fn failure(&self, status: &Status) -> Failure {
        let engine = self.name.clone();
        let why = explain(status);
        if is_passing(status.code()) {
            let attempts = self.attempts;
            let why = format!("{why} (attempt {attempts} of {attempts})");
            Failure::Unreachable { engine, why }
        } else {
            Failure::Refused { engine, why }
        }
    }
}

/// The attempts that are left, and how long to wait before the next.
#[derive(Debug)]
pub(super) struct Retry {
    left: u32,
    pause: Duration,
}

impl Retry {
    /// Waits before another attempt. If none is left or would help, what the last one gave is an error.
    pub(super) async fn wait(&mut self, status: Status) -> Result<(), Status> {
        if self.left == 0 || !is_passing(status.code()) {
            return Err(status);
        }
        self.left -= 1;
        tokio::time::sleep(self.pause).await;
        self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Whether another attempt may have another answer.
pub(super) fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Internal
            | Code::Unknown
            // What servers that stop say of the calls under way.
            | Code::Cancelled
    )
}

/// An answer, or an error if there is none for too long.
pub(super) async fn patiently<T>(
    answer: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    let late = |_| {
        let seconds = PATIENCE.as_secs();
        Status::deadline_exceeded(format!("it said nothing for {seconds} s"))
    };
    tokio::time::timeout(PATIENCE, answer)
        .await
        .map_err(late)
        .flatten()
}

/// A status in words, with what caused it here.
pub(super) fn explain(status: &Status) -> String {
    let mut text = format!("{:?}", status.code());
    if !status.message().is_empty() {
        text += &format!(": {}", status.message());
    }
    let mut source = status.source();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.contains(&words) {
            text += &format!(": {words}");
        }
        source = error.source();
    }
    text
}

fn bearer(address: &Address, token: Option<&str>) -> Result<Bearer, String> {
    let Some(token) = token else {
        return Ok(Bearer(None));
    };
    if !address.tls && !address.is_here() {
        return Err("the token would be seen by everybody on the way: use reapis://".into());
    }
    let mut value = MetadataValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "the token has characters that no token has")?;
    value.set_sensitive(true);
    Ok(Bearer(Some(value)))
}

fn endpoint(address: &Address, options: &ReapiOptions) -> Result<Endpoint, String> {
    let endpoint = Endpoint::from_shared(address.uri()).map_err(|error| error.to_string())?;
    let endpoint = endpoint
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        // Not pings of HTTP/2: servers hang up on those who send them often.
        .tcp_keepalive(Some(Duration::from_secs(30)))
        .tcp_keepalive_interval(Some(Duration::from_secs(10)))
        .tcp_keepalive_retries(Some(3))
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1);
    if address.tls {
        encrypted(endpoint, options)
    } else if options.certificates.is_some() {
        Err("certificates are for reapis://".into())
    } else {
        Ok(endpoint)
    }
}

#[cfg(feature = "tls")]
fn encrypted(endpoint: Endpoint, options: &ReapiOptions) -> Result<Endpoint, String> {
    use tonic::transport::{Certificate, ClientTlsConfig};

    let tls = match &options.certificates {
        None => ClientTlsConfig::new().with_native_roots(),
        Some(path) => {
            let bad = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
            let pem = std::fs::read(path).map_err(|error| bad(&error))?;
            if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
                return Err(bad(&"there is no certificate in PEM form in it"));
            }
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
        }
    };
    endpoint.tls_config(tls).map_err(|error| {
        let source = error.source().map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default())
    })
}

#[cfg(not(feature = "tls"))]
fn encrypted(_: Endpoint, _: &ReapiOptions) -> Result<Endpoint, String> {
    Err("reapis:// needs a Lentil that was built with the feature \"tls\"".into())
}
