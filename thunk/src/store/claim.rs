//! Who computes a thunk, among processes that share a store.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

use super::memo::entry;
use super::{Store, StoreError, Value};
use crate::digest::Digest;

/// The right to compute a thunk, until it is dropped or its process ends, however that comes.
#[derive(Debug)]
pub struct Claim {
    thunk: Digest,
    /// None once the file is the memo's.
    path: Option<PathBuf>,
    file: File,
}

impl Store {
    /// Claims a thunk: none if another process has it.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn claim(&self, thunk: &Digest) -> Result<Option<Claim>, StoreError> {
        let path = self.root.join("claims").join(thunk.hex());
        let claim = || loop {
            let mut options = OpenOptions::new();
            let file = options
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            // Whoever had it may have removed this very file.
            match fs::metadata(&path) {
                Ok(there) if there.ino() == file.metadata()?.ino() => {
                    return Ok(Some(Claim {
                        thunk: *thunk,
                        path: Some(path.clone()),
                        file,
                    }));
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        };
        claim().map_err(StoreError::io(&path))
    }

    /// Keeps what a claimed thunk gave, and gives up the claim: its file becomes the memo's, which saves making another one.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn settle(&self, mut claim: Claim, value: &Value) -> Result<(), StoreError> {
        let Some(path) = claim.path.as_ref() else {
            return Ok(());
        };
        let write = || {
            // Who had the claim before may have died when it wrote.
            claim.file.set_len(0)?;
            (&claim.file).write_all(&entry(value))
        };
        write().map_err(StoreError::io(path))?;
        self.enter(&claim.thunk, path)?;
        claim.path = None;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A file that stays is claimed by the next one who wants it.
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}
