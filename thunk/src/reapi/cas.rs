//! What uploading and downloading have in common.

use std::collections::{BTreeSet, HashSet};
use std::panic;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bazel_remote_apis::google::rpc;
use tonic::{Code, Status};

use crate::digest::Digest;
use crate::engine::Failure;
use crate::store::StoreError;

/// How many contents a server is remembered to have.
const KNOWN: usize = 1 << 18;

/// What a message has besides contents: digests, tags and lengths.
const AROUND: u64 = 256;

/// Why contents did not come where they should.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What the server answered to the last attempt.
    Status(Status),
    /// Contents that the server does not have.
    Gone(Digest),
    /// Something that an action needs and the server does not have, by its own words.
    Missing(Status),
    /// Contents that are not those of their name.
    Wrong(String),
    /// What nothing here can help.
    Failure(Failure),
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Self {
        Trouble::Status(status)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Trouble::Failure(error.into())
    }
}

/// Does what would keep a thread from others' work.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => match error.try_into_panic() {
            Ok(panicked) => panic::resume_unwind(panicked),
            Err(error) => Err(Status::cancelled(error.to_string()).into()),
        },
    }
}

/// A status that came inside of an answer, as if it were the answer.
pub(super) fn checked(status: Option<&rpc::Status>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => Err(as_answer(status)),
        _ => Ok(()),
    }
}

/// The same status in the words of calls.
pub(super) fn as_answer(status: &rpc::Status) -> Status {
    Status::new(Code::from_i32(status.code), status.message.clone())
}

/// Whether contents go with others in one message.
pub(super) fn is_small(digest: &Digest, limit: u64) -> bool {
    digest
        .size
        .checked_add(AROUND)
        .is_some_and(|size| size <= limit)
}

/// Contents that each [are small](is_small), as many in a batch as the limit allows.
pub(super) fn batches(digests: &[Digest], limit: u64) -> Vec<&[Digest]> {
    let mut batches = Vec::new();
    let (mut start, mut total) = (0, 0);
    for (index, digest) in digests.iter().enumerate() {
        let size = digest.size + AROUND;
        if index > start && total + size > limit {
            batches.push(&digests[start..index]);
            (start, total) = (index, 0);
        }
        total += size;
    }
    if start < digests.len() {
        batches.push(&digests[start..]);
    }
    batches
}

/// What the server said that it has, or was given. It may lose it without a word.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashSet<Digest>>);

impl Known {
    fn set(&self) -> MutexGuard<'_, HashSet<Digest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn contains(&self, digest: &Digest) -> bool {
        self.set().contains(digest)
    }

    /// Those that are not known to be there.
    pub(super) fn others<'a>(&self, digests: impl Iterator<Item = &'a Digest>) -> BTreeSet<Digest> {
        let set = self.set();
        digests.filter(|one| !set.contains(one)).copied().collect()
    }

    pub(super) fn add(&self, digests: impl IntoIterator<Item = Digest>) {
        let mut set = self.set();
        for digest in digests {
            // Asking again costs little, and this happens rarely.
            if set.len() >= KNOWN {
                set.clear();
            }
            set.insert(digest);
        }
    }

    pub(super) fn forget<'a>(&self, digests: impl Iterator<Item = &'a Digest>) {
        let mut set = self.set();
        for digest in digests {
            set.remove(digest);
        }
    }

    pub(super) fn clear(&self) {
        self.set().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(size: u64) -> Digest {
        Digest {
            size,
            ..Digest::of(b"")
        }
    }

    #[test]
    fn batches_are_full_and_no_more() {
        let digests: Vec<_> = [0, 744, 1, 743, 10].map(digest).into();
        let sizes = |batch: &&[Digest]| batch.iter().map(|one| one.size).collect::<Vec<_>>();
        let batches: Vec<_> = batches(&digests, 1256).iter().map(sizes).collect();
        assert_eq!(batches, [vec![0, 744], vec![1, 743], vec![10]]);
        assert!(super::batches(&[], 1000).is_empty());
        assert!(is_small(&digest(744), 1000) && !is_small(&digest(745), 1000));
        assert!(!is_small(&digest(u64::MAX), u64::MAX));
    }

    #[test]
    fn knowledge_is_bounded_and_can_be_lost() {
        let known = Known::default();
        known.add((0..KNOWN as u64 + 1).map(digest));
        assert!(known.contains(&digest(KNOWN as u64)) && !known.contains(&digest(0)));
        let asked = [digest(0), digest(KNOWN as u64)];
        assert_eq!(known.others(asked.iter()), [digest(0)].into());
        known.add(asked);
        known.forget(asked[..1].iter());
        assert!(known.contains(&asked[1]) && !known.contains(&asked[0]));
        known.clear();
        assert_eq!(known.others(asked.iter()).len(), 2);
    }
}
