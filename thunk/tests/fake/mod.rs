//! A server in this process that says what a test wants it to say.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::bytestream::byte_stream_server::{ByteStream, ByteStreamServer};
use bazel_remote_apis::google::bytestream::{
    QueryWriteStatusRequest, QueryWriteStatusResponse, ReadRequest, ReadResponse, WriteRequest,
    WriteResponse,
};
use bazel_remote_apis::google::longrunning::Operation;
use bazel_remote_apis::google::rpc;
use lentil_thunk::Digest;
use reapi::action_cache_server::{ActionCache, ActionCacheServer};
use reapi::capabilities_server::{Capabilities, CapabilitiesServer};
use reapi::content_addressable_storage_server::{
    ContentAddressableStorage, ContentAddressableStorageServer,
};
use reapi::execution_server::{Execution, ExecutionServer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, iter};
use tonic::{Code, Request, Response, Status, Streaming, async_trait};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a server has, and what it will say.
#[derive(Default)]
pub struct State {
    /// By the text of their digests; the bytes may be others.
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// Errors that calls get before others get answers.
    pub errors: VecDeque<Status>,
    /// What the cache says; nothing is remembered when it is at its end.
    pub cache: VecDeque<reapi::ActionResult>,
    /// What streams of executions say before they end.
    pub executions: VecDeque<Vec<Result<Operation, Status>>>,
    /// Whether each execution had to be a new one, and which waited for one.
    pub executed: Vec<String>,
    /// Who says to call.
    pub caller: Option<String>,
    /// The most that a batch has.
    pub largest_batch: i64,
}

/// A server that runs as long as the test.
#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<State>>);

impl Fake {
    /// Has it listen, and says where.
    pub async fn listen(&self) -> String {
        let server = tonic::transport::Server::builder();
        let port = self.listen_as(server).await;
        format!("reapi://127.0.0.1:{port}")
    }

    /// Has it listen as such a server, and says at which port.
    pub async fn listen_as(&self, mut server: tonic::transport::Server) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server
            .add_service(CapabilitiesServer::new(self.clone()))
            .add_service(ActionCacheServer::new(self.clone()))
            .add_service(ContentAddressableStorageServer::new(self.clone()))
            .add_service(ByteStreamServer::new(self.clone()))
            .add_service(ExecutionServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        address.port()
    }

    /// The next error that it has to say.
    fn error(&self) -> Result<(), Status> {
        let error = self.0.lock().unwrap().errors.pop_front();
        error.map_or(Ok(()), Err)
    }

    fn execution(&self, how: String) -> Response<Answers<Operation>> {
        let mut state = self.0.lock().unwrap();
        state.executed.push(how);
        let operations = state.executions.pop_front().unwrap_or_default();
        Response::new(Box::pin(iter(operations)))
    }
}

fn name(digest: Option<&reapi::Digest>) -> String {
    Digest::try_from(digest.unwrap()).unwrap().to_string()
}

fn status(code: Code) -> Option<rpc::Status> {
    Some(rpc::Status {
        code: code.into(),
        ..Default::default()
    })
}

#[async_trait]
impl Capabilities for Fake {
    async fn get_capabilities(
        &self,
        request: Request<reapi::GetCapabilitiesRequest>,
    ) -> Result<Response<reapi::ServerCapabilities>, Status> {
        let caller = request.metadata().get("authorization");
        self.0.lock().unwrap().caller = caller.map(|caller| caller.to_str().unwrap().to_owned());
        self.error()?;
        let sha256 = reapi::digest_function::Value::Sha256.into();
        Ok(Response::new(reapi::ServerCapabilities {
            cache_capabilities: Some(reapi::CacheCapabilities {
                digest_functions: vec![sha256],
                max_batch_total_size_bytes: self.0.lock().unwrap().largest_batch,
                ..Default::default()
            }),
            execution_capabilities: Some(reapi::ExecutionCapabilities {
                digest_function: sha256,
                exec_enabled: true,
                ..Default::default()
            }),
            ..Default::default()
        }))
    }
}

#[async_trait]
impl ActionCache for Fake {
    async fn get_action_result(
        &self,
        _: Request<reapi::GetActionResultRequest>,
    ) -> Result<Response<reapi::ActionResult>, Status> {
        self.error()?;
        let result = self.0.lock().unwrap().cache.pop_front();
        result
            .map(Response::new)
            .ok_or(Status::not_found("no result"))
    }

    async fn update_action_result(
        &self,
        _: Request<reapi::UpdateActionResultRequest>,
    ) -> Result<Response<reapi::ActionResult>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[async_trait]
impl ContentAddressableStorage for Fake {
    async fn find_missing_blobs(
        &self,
        request: Request<reapi::FindMissingBlobsRequest>,
    ) -> Result<Response<reapi::FindMissingBlobsResponse>, Status> {
        let state = self.0.lock().unwrap();
        let mut missing = request.into_inner().blob_digests;
        missing.retain(|digest| !state.blobs.contains_key(&name(Some(digest))));
        Ok(Response::new(reapi::FindMissingBlobsResponse {
            missing_blob_digests: missing,
        }))
    }

    async fn batch_update_blobs(
        &self,
        request: Request<reapi::BatchUpdateBlobsRequest>,
    ) -> Result<Response<reapi::BatchUpdateBlobsResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        for one in request.into_inner().requests {
            state.blobs.insert(name(one.digest.as_ref()), one.data);
        }
        Ok(Response::new(reapi::BatchUpdateBlobsResponse::default()))
    }

    async fn batch_read_blobs(
        &self,
        request: Request<reapi::BatchReadBlobsRequest>,
    ) -> Result<Response<reapi::BatchReadBlobsResponse>, Status> {
        let state = self.0.lock().unwrap();
        let read = |digest: reapi::Digest| {
            let found = state.blobs.get(&name(Some(&digest)));
            reapi::batch_read_blobs_response::Response {
                status: status(found.map_or(Code::NotFound, |_| Code::Ok)),
                digest: Some(digest),
                data: found.cloned().unwrap_or_default(),
                ..Default::default()
            }
        };
        let digests = request.into_inner().digests.into_iter();
        Ok(Response::new(reapi::BatchReadBlobsResponse {
            responses: digests.map(read).collect(),
        }))
    }

    type GetTreeStream = Answers<reapi::GetTreeResponse>;

    async fn get_tree(
        &self,
        _: Request<reapi::GetTreeRequest>,
    ) -> Result<Response<Self::GetTreeStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn split_blob(
        &self,
        _: Request<reapi::SplitBlobRequest>,
    ) -> Result<Response<reapi::SplitBlobResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type GetChunkMappingStream = Answers<reapi::GetChunkMappingResponse>;

    async fn get_chunk_mapping(
        &self,
        _: Request<reapi::GetChunkMappingRequest>,
    ) -> Result<Response<Self::GetChunkMappingStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn splice_blob(
        &self,
        _: Request<reapi::SpliceBlobRequest>,
    ) -> Result<Response<reapi::SpliceBlobResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn register_chunk_mapping(
        &self,
        _: Request<Streaming<reapi::RegisterChunkMappingRequest>>,
    ) -> Result<Response<reapi::RegisterChunkMappingResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[async_trait]
impl ByteStream for Fake {
    type ReadStream = Answers<ReadResponse>;

    /// Each call gives at most half of what there is, so that contents take more than one.
    async fn read(
        &self,
        request: Request<ReadRequest>,
    ) -> Result<Response<Self::ReadStream>, Status> {
        let request = request.into_inner();
        let digest = request.resource_name.split_once("blobs/").unwrap().1;
        let state = self.0.lock().unwrap();
        let bytes = state.blobs.get(digest);
        let bytes = bytes.ok_or(Status::not_found("no such blob"))?;
        let rest = &bytes[request.read_offset as usize..];
        let data = rest[..rest.len().div_ceil(2).max(rest.len().min(100))].to_vec();
        Ok(Response::new(Box::pin(iter([Ok(ReadResponse { data })]))))
    }

    async fn write(
        &self,
        request: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<WriteResponse>, Status> {
        let mut parts = request.into_inner();
        let (mut bytes, mut name) = (Vec::new(), String::new());
        while let Some(part) = parts.message().await? {
            name = part.resource_name;
            bytes.extend(part.data);
        }
        self.error()?;
        let committed_size = bytes.len() as i64;
        let digest = name.split_once("blobs/").unwrap().1.to_owned();
        self.0.lock().unwrap().blobs.insert(digest, bytes);
        Ok(Response::new(WriteResponse { committed_size }))
    }

    async fn query_write_status(
        &self,
        _: Request<QueryWriteStatusRequest>,
    ) -> Result<Response<QueryWriteStatusResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[async_trait]
impl Execution for Fake {
    type ExecuteStream = Answers<Operation>;

    async fn execute(
        &self,
        request: Request<reapi::ExecuteRequest>,
    ) -> Result<Response<Self::ExecuteStream>, Status> {
        let again = request.into_inner().skip_cache_lookup;
        Ok(self.execution((if again { "again" } else { "execute" }).into()))
    }

    type WaitExecutionStream = Answers<Operation>;

    async fn wait_execution(
        &self,
        request: Request<reapi::WaitExecutionRequest>,
    ) -> Result<Response<Self::WaitExecutionStream>, Status> {
        Ok(self.execution(format!("wait for {}", request.into_inner().name)))
    }
}
