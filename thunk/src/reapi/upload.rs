//! Giving a server what an action needs.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::bytestream::WriteRequest;
use reapi::batch_update_blobs_request::Request;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::Reapi;
use super::cas::{Trouble, batches, blocking, checked, is_small};
use super::channel::patiently;
use crate::action::Action;
use crate::digest::Digest;
use crate::store::{Store, StoreError};

/// How many contents one question is about.
const ASKED: usize = 10_000;

/// How long a part of large contents is.
const CHUNK: u64 = 512 << 10;

/// How long a server may take none of them.
const STALLED: Duration = Duration::from_secs(60);

impl Reapi {
    /// Sees to it that the server has an action, and everything that it needs.
    pub(super) async fn upload(&self, store: &Arc<Store>, action: &Action) -> Result<(), Trouble> {
        let missing = self.missing(self.known.others(action.needed())).await?;
        let small = |digest: &Digest| is_small(digest, self.largest_batch);
        let (small, large): (Vec<_>, Vec<_>) = missing.into_iter().partition(small);
        for batch in batches(&small, self.largest_batch) {
            self.update(store, action, batch).await?;
        }
        for digest in large {
            if let Some(message) = action.messages.get(&digest) {
                store.put(message)?;
            }
            self.write(store, digest).await?;
        }
        Ok(())
    }

    /// Those of these contents that the server does not have.
    async fn missing(&self, asked: BTreeSet<Digest>) -> Result<BTreeSet<Digest>, Status> {
        let all: Vec<_> = asked.iter().copied().collect();
        let mut missing = BTreeSet::new();
        for part in all.chunks(ASKED) {
            let request = reapi::FindMissingBlobsRequest {
                instance_name: self.server.instance.clone(),
                blob_digests: part.iter().map(|digest| (*digest).into()).collect(),
                ..Default::default()
            };
            let find = || async {
                self.server
                    .contents()
                    .find_missing_blobs(request.clone())
                    .await
            };
            let answer = self.server.call(find).await?;
            let digests = answer.missing_blob_digests.iter();
            missing.extend(digests.filter_map(|digest| Digest::try_from(digest).ok()));
        }
        missing.retain(|digest| asked.contains(digest));
        self.known.add(asked.difference(&missing).copied());
        Ok(missing)
    }

    /// Gives the server contents that fit into one message.
    async fn update(
        &self,
        store: &Arc<Store>,
        action: &Action,
        batch: &[Digest],
    ) -> Result<(), Trouble> {
        let mut requests = Vec::new();
        for digest in batch {
            let data = match action.messages.get(digest) {
                Some(message) => message.clone(),
                None => {
                    let (store, digest) = (Arc::clone(store), *digest);
                    blocking(move || store.read(&digest)).await?
                }
            };
            requests.push(Request {
                digest: Some((*digest).into()),
                data,
                ..Default::default()
            });
        }
        let request = reapi::BatchUpdateBlobsRequest {
            instance_name: self.server.instance.clone(),
            requests,
            ..Default::default()
        };
        let update = || async {
            let mut client = self.server.contents();
            let answer = client.batch_update_blobs(request.clone()).await?;
            for response in &answer.get_ref().responses {
                checked(response.status.as_ref())?;
            }
            Ok(answer)
        };
        self.server.call(update).await?;
        self.known.add(batch.iter().copied());
        Ok(())
    }

    /// Gives the server contents of any size.
    async fn write(&self, store: &Arc<Store>, digest: Digest) -> Result<(), Trouble> {
        // Many actions may need the same contents at the same time: one brings them, the others find them there.
        let lane = usize::from(digest.hash[0]) % self.lanes.len();
        let _alone = self.lanes[lane].lock().await;
        if self.known.contains(&digest) {
            return Ok(());
        }
        let from = Arc::clone(store);
        let file = Arc::new(blocking(move || from.get(&digest)).await?);
        let mut retry = self.server.retry();
        loop {
            match self.write_once(store.root(), &file, &digest).await {
                Ok(()) => break,
                Err(Trouble::Status(status)) => retry.wait(status).await?,
                Err(trouble) => return Err(trouble),
            }
        }
        self.known.add([digest]);
        Ok(())
    }

    async fn write_once(
        &self,
        root: &Path,
        file: &Arc<File>,
        digest: &Digest,
    ) -> Result<(), Trouble> {
        let name = self.resource(&format!("uploads/{}/blobs/{digest}", unique()));
        let (sender, receiver) = mpsc::channel(2);
        let mut client = self.server.bytes();
        let mut answer = std::pin::pin!(client.write(ReceiverStream::new(receiver)));
        let feeding = std::pin::pin!(feed(root, file, digest, name, sender));
        let response = tokio::select! {
            // Somebody else was faster: the server does not wait for the rest.
            answer = &mut answer => answer?,
            fed = feeding => {
                fed?;
                patiently(answer).await?
            }
        };
        let committed = response.into_inner().committed_size;
        if u64::try_from(committed) == Ok(digest.size) {
            Ok(())
        } else {
            let what = format!("it took {committed} bytes of {digest}");
            Err(Status::internal(what).into())
        }
    }

    /// The name of a resource of the instance.
    pub(super) fn resource(&self, name: &str) -> String {
        match &self.server.instance[..] {
            "" => name.to_owned(),
            instance => format!("{instance}/{name}"),
        }
    }
}

/// Sends a file in parts, each of which is read when the one before it was taken.
async fn feed(
    root: &Path,
    file: &Arc<File>,
    digest: &Digest,
    name: String,
    sender: mpsc::Sender<WriteRequest>,
) -> Result<(), Trouble> {
    let mut offset = 0;
    loop {
        let length = CHUNK.min(digest.size - offset);
        let data = part(root, file, offset, length).await?;
        let request = WriteRequest {
            resource_name: name.clone(),
            write_offset: offset as i64,
            finish_write: offset + length == digest.size,
            data,
        };
        offset += length;
        match tokio::time::timeout(STALLED, sender.send(request)).await {
            Ok(Ok(())) if offset < digest.size => {}
            // All is sent, or nobody listens any more: then there is an answer.
            Ok(_) => return Ok(()),
            Err(_) => {
                let seconds = STALLED.as_secs();
                let what = format!("it took nothing of {digest} for {seconds} s");
                return Err(Status::deadline_exceeded(what).into());
            }
        }
    }
}

async fn part(root: &Path, file: &Arc<File>, offset: u64, length: u64) -> Result<Vec<u8>, Trouble> {
    let file = Arc::clone(file);
    let root = root.to_owned();
    let read = move || {
        let mut data = vec![0; length as usize];
        file.read_exact_at(&mut data, offset)
            .map_err(StoreError::io(&root))?;
        Ok(data)
    };
    blocking(read).await
}

/// A UUID of version 4: two uploads with the same would be taken for one.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // The standard library's only random numbers are the keys of its hash tables.
    let bits = || RandomState::new().hash_one((count, std::process::id()));
    let (high, low) = (bits(), bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::unique;

    #[test]
    fn uuids_have_their_form_and_are_not_the_same() {
        let all: BTreeSet<String> = (0..1000).map(|_| unique()).collect();
        assert_eq!(all.len(), 1000);
        for one in all {
            let lengths: Vec<_> = one.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{one}");
            assert_eq!(&one[14..15], "4");
            assert!("89ab".contains(&one[19..20]), "{one}");
        }
    }
}
