//! Getting from a server what an action left.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::bytestream::{ReadRequest, ReadResponse};
use reapi::batch_read_blobs_response::Response;
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use super::Reapi;
use super::cas::{Trouble, batches, blocking, checked, is_small};
use super::channel::patiently;
use crate::digest::Digest;
use crate::store::{Store, StoreError};

impl Reapi {
    /// Puts contents that the server has into the store, unless they are there.
    pub(super) async fn download(
        &self,
        store: &Arc<Store>,
        wanted: BTreeSet<Digest>,
    ) -> Result<(), Trouble> {
        let mut absent = Vec::new();
        for digest in wanted {
            if !store.holds(&digest)? {
                absent.push(digest);
            }
        }
        let small = |digest: &Digest| is_small(digest, self.largest_batch);
        let (small, large): (Vec<_>, Vec<_>) = absent.iter().copied().partition(small);
        for batch in batches(&small, self.largest_batch) {
            self.read_batch(store, batch).await?;
        }
        for digest in large {
            self.read(store, digest).await?;
        }
        self.known.add(absent);
        Ok(())
    }

    /// Gets contents that fit into one message.
    async fn read_batch(&self, store: &Arc<Store>, batch: &[Digest]) -> Result<(), Trouble> {
        let request = reapi::BatchReadBlobsRequest {
            instance_name: self.server.instance.clone(),
            digests: batch.iter().map(|digest| (*digest).into()).collect(),
            ..Default::default()
        };
        let read = || async {
            let mut client = self.server.contents();
            let answer = client.batch_read_blobs(request.clone()).await?;
            for response in &answer.get_ref().responses {
                // Contents that are gone are noticed below, where their name is known.
                match checked(response.status.as_ref()) {
                    Err(status) if status.code() != Code::NotFound => return Err(status),
                    _ => {}
                }
            }
            Ok(answer)
        };
        let answer = self.server.call(read).await?;
        let mut found = by_digest(answer.responses);
        for digest in batch {
            let response = found.remove(digest).ok_or(Trouble::Gone(*digest))?;
            keep(store, *digest, response).await?;
        }
        Ok(())
    }

    /// Gets contents of any size, of which little is in memory at a time.
    async fn read(&self, store: &Arc<Store>, digest: Digest) -> Result<(), Trouble> {
        let (sender, receiver) = mpsc::channel(4);
        let store = Arc::clone(store);
        let fetching = async move {
            let fetched = self.fetch(&digest, &sender).await;
            drop(sender);
            fetched
        };
        let writing = blocking(move || write(&store, &digest, receiver));
        let (kept, fetched) = tokio::join!(writing, fetching);
        let kept = kept?;
        fetched?;
        if kept { Ok(()) } else { Err(wrong(&digest)) }
    }

    /// Passes on all of the contents, in as many attempts as it takes: each goes on where the last one ended.
    async fn fetch(&self, digest: &Digest, sender: &mpsc::Sender<Vec<u8>>) -> Result<(), Trouble> {
        let mut retry = self.server.retry();
        let mut received = 0;
        loop {
            match self.fetch_from(digest, &mut received, sender).await {
                Ok(()) => return Ok(()),
                Err(Trouble::Status(status)) if status.code() == Code::NotFound => {
                    return Err(Trouble::Gone(*digest));
                }
                Err(Trouble::Status(status)) => retry.wait(status).await?,
                Err(trouble) => return Err(trouble),
            }
        }
    }

    async fn fetch_from(
        &self,
        digest: &Digest,
        received: &mut u64,
        sender: &mpsc::Sender<Vec<u8>>,
    ) -> Result<(), Trouble> {
        let mut parts = self.open(digest, *received).await?;
        while let Some(part) = patiently(parts.message()).await? {
            *received += part.data.len() as u64;
            if *received > digest.size {
                return Err(wrong(digest));
            }
            if sender.send(part.data).await.is_err() {
                // The store's error says why.
                return Ok(());
            }
        }
        if *received < digest.size {
            let what = format!("it gave only {received} bytes of {digest}");
            return Err(Status::unavailable(what).into());
        }
        Ok(())
    }

    /// The last bytes of contents, which nobody compares with their name.
    pub(super) async fn tail(&self, digest: &Digest, length: u64) -> Result<Vec<u8>, Status> {
        let mut retry = self.server.retry();
        loop {
            match self.tail_once(digest, length).await {
                Ok(bytes) => return Ok(bytes),
                Err(status) => retry.wait(status).await?,
            }
        }
    }

    async fn tail_once(&self, digest: &Digest, length: u64) -> Result<Vec<u8>, Status> {
        let mut parts = self
            .open(digest, digest.size.saturating_sub(length))
            .await?;
        let mut bytes = Vec::new();
        while let Some(part) = patiently(parts.message()).await? {
            bytes.extend(part.data);
            if bytes.len() as u64 >= length {
                bytes.truncate(length as usize);
                break;
            }
        }
        Ok(bytes)
    }

    /// Contents from an offset on, in parts.
    async fn open(&self, digest: &Digest, offset: u64) -> Result<Streaming<ReadResponse>, Status> {
        let request = ReadRequest {
            resource_name: self.resource(&format!("blobs/{digest}")),
            read_offset: offset as i64,
            read_limit: 0,
        };
        let mut client = self.server.bytes();
        Ok(patiently(client.read(request)).await?.into_inner())
    }
}

fn wrong(digest: &Digest) -> Trouble {
    Trouble::Wrong(format!(
        "what the server gives for {digest} are other bytes"
    ))
}

/// What was found, by name; the rest is of no use.
fn by_digest(responses: Vec<Response>) -> BTreeMap<Digest, Response> {
    let found = |response: Response| {
        checked(response.status.as_ref()).ok()?;
        let digest = Digest::try_from(response.digest.as_ref()?).ok()?;
        Some((digest, response))
    };
    responses.into_iter().filter_map(found).collect()
}

/// Puts contents into the store if they are those of the name.
async fn keep(store: &Arc<Store>, digest: Digest, response: Response) -> Result<(), Trouble> {
    let store = Arc::clone(store);
    let put = move || {
        let mut blob = store.create()?;
        blob.write_all(&response.data)
            .map_err(StoreError::io(store.root()))?;
        blob.keep_only(&digest)
    };
    // Nobody asked for another form, so compressed bytes are wrong bytes too.
    if blocking(put).await? {
        Ok(())
    } else {
        Err(wrong(&digest))
    }
}

/// Puts what comes into the store. If it does not come to its end it has another name, and is not kept.
fn write(
    store: &Store,
    digest: &Digest,
    mut parts: mpsc::Receiver<Vec<u8>>,
) -> Result<bool, StoreError> {
    let mut blob = store.create()?;
    while let Some(part) = parts.blocking_recv() {
        blob.write_all(&part)
            .map_err(StoreError::io(store.root()))?;
    }
    blob.keep_only(digest)
}
