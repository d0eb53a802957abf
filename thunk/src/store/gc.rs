//! Removing what nobody needs.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

use super::{Store, StoreError};

/// What collecting did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Files that were removed.
    pub removed: u64,
    /// Their bytes.
    pub freed: u64,
    /// Files that are left.
    pub kept: u64,
    /// Their bytes.
    pub left: u64,
}

/// So many files are looked at while all others wait.
const BATCH: usize = 64;

struct Entry {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

impl Store {
    /// Removes what was not used for longest until at most so many bytes are left; and what killed processes and failed thunks left
    /// behind, whose folders have links to contents. What any
    /// process has relied on since it opened the store is not removed, so more may be left.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn gc(&self, most: u64) -> Result<Collected, StoreError> {
        self.remove_leftovers()?;
        let mut entries = Vec::new();
        for kind in ["blobs", "memo", "exec"] {
            list(&self.root.join(kind), &mut entries)?;
        }
        entries.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        let mut collected = Collected {
            kept: entries.len() as u64,
            left: entries.iter().map(|entry| entry.size).sum(),
            ..Collected::default()
        };
        for batch in entries.chunks(BATCH) {
            if collected.left <= most {
                break;
            }
            self.remove(batch, most, &mut collected)?;
        }
        Ok(collected)
    }

    fn remove(
        &self,
        batch: &[Entry],
        most: u64,
        collected: &mut Collected,
    ) -> Result<(), StoreError> {
        let _alone = self.alone()?;
        let oldest = self.oldest_lease()?;
        for entry in batch {
            if collected.left <= most {
                break;
            }
            let unused = |file: fs::Metadata| {
                let used = file.modified()?;
                io::Result::Ok(used == entry.used && used < oldest)
            };
            match fs::symlink_metadata(&entry.path).and_then(unused) {
                Ok(true) => {
                    fs::remove_file(&entry.path).map_err(StoreError::io(&entry.path))?;
                    collected.removed += 1;
                    collected.freed += entry.size;
                }
                Ok(false) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io(&entry.path)(error)),
            }
            collected.kept -= 1;
            collected.left -= entry.size;
        }
        Ok(())
    }

    fn alone(&self) -> Result<super::shared_lock::Alone<'_>, StoreError> {
        let path = self.root.join("lock");
        self.lock.alone().map_err(StoreError::io(&path))
    }

    /// When the first of those who have the store open opened it.
    fn oldest_lease(&self) -> Result<SystemTime, StoreError> {
        let mut oldest = self.since;
        for path in files(&self.root.join("leases"))? {
            let Some(file) = held(&path)? else {
                continue;
            };
            let time = file.metadata().and_then(|file| file.modified());
            oldest = oldest.min(time.map_err(StoreError::io(&path))?);
        }
        Ok(oldest)
    }

    /// Removes leases that nobody holds, temporary files without a lease, and folders of thunks that failed.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        let _alone = self.alone()?;
        let leases = self.root.join("leases");
        for path in files(&leases)? {
            if held(&path)?.is_none() {
                remove_if_there(fs::remove_file(&path), &path)?;
            }
        }
        let failed = self.root.join("failed");
        remove_if_there(fs::remove_dir_all(&failed), &failed)?;
        for path in files(&self.root.join("tmp"))? {
            let lease = path.file_name().map(|name| leases.join(name));
            if !lease.is_some_and(|lease| lease.exists()) {
                remove_if_there(fs::remove_dir_all(&path), &path)?;
            }
        }
        Ok(())
    }
}

fn remove_if_there(removed: io::Result<()>, path: &Path) -> Result<(), StoreError> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path)(error)),
        _ => Ok(()),
    }
}

/// The file, if somebody has it locked.
fn held(path: &Path) -> Result<Option<File>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io(path)(error)),
    };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(None),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(Some(file)),
        Err(error) => Err(StoreError::io(path)(error.into())),
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let paths = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    paths().map_err(StoreError::io(folder))
}

/// Files in the folders of this folder.
fn list(folder: &Path, entries: &mut Vec<Entry>) -> Result<(), StoreError> {
    for folder in files(folder)? {
        for path in files(&folder)? {
            let metadata = match fs::symlink_metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(StoreError::io(&path)(error)),
            };
            entries.push(Entry {
                used: metadata.modified().map_err(StoreError::io(&path))?,
                size: metadata.len(),
                path,
            });
        }
    }
    Ok(())
}
