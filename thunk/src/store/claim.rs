//! Who computes a thunk, among processes that share a store.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustix::fs::{FlockOperation, flock};

use super::{Store, StoreError};
use crate::digest::Digest;

/// The right to compute a thunk, until it is dropped or its process ends, however that comes.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
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
                    let path = path.clone();
                    return Ok(Some(Claim { path, file }));
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        };
        claim().map_err(StoreError::io(&path))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A file that stays is claimed by the next one who wants it.
        let _ = fs::remove_file(&self.path);
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}
