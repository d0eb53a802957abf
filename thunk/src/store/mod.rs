//! Contents by name, and what thunks gave, on disk.
//!
//! ```text
//! STORE/blobs/ab/cdef...    contents, by the digits of their hash
//! STORE/memo/ab/cdef...     results, by the digits of the thunk's hash
//! STORE/exec/ab/cdef...     contents that were run, with the permission to
//! STORE/claims/DIGITS        a locked file for each thunk that some process computes
//! STORE/failed/DIGITS/       where a thunk failed, for people
//! STORE/leases/NAME         a locked file for each process that works with the store
//! STORE/tmp/NAME/           what such a process has not finished
//! STORE/lock                held together by who relies on contents, and alone by who removes some
//! ```
//!
//! Files are written elsewhere and renamed, so they are there as a whole or not at all; a process can be killed at any moment.
//! Nothing is synced: what a crash of the machine leaves is compared with its name when it is read, like everything else.
//! Whoever relies on contents sets their time of modification; [`gc`] removes nothing that is younger than the oldest lease.

mod claim;
mod gc;
mod memo;
mod shared_lock;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{FlockOperation, flock};

pub use claim::Claim;
pub use gc::Collected;
pub use memo::{Output, Value};
use shared_lock::SharedLock;

use crate::digest::{Digest, Hashing};

/// What goes wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// Of the store, or what is to be put into it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Contents that are not there.
    #[error("{0} is not in the store")]
    Missing(Digest),
    /// Contents that were not those of their name; they were removed.
    #[error("{0} was damaged in the store, and is removed now")]
    Corrupt(Digest),
}

impl StoreError {
    /// Of a file.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    }

    /// Contents that have to come from somewhere else.
    #[must_use]
    pub fn lost(&self) -> Option<Digest> {
        match self {
            StoreError::Io { .. } => None,
            StoreError::Missing(digest) | StoreError::Corrupt(digest) => Some(*digest),
        }
    }
}

/// A folder of contents and results, which many processes can use at a time.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// This process's unfinished files.
    temporary: PathBuf,
    /// Locked as long as the store is in use.
    lease: File,
    lease_path: PathBuf,
    lock: SharedLock,
    /// When the lease was made: files that were used since then are safe.
    since: SystemTime,
    names: AtomicU64,
    /// Files that were compared with their names already, by inode.
    compared: Mutex<HashMap<u64, Compared>>,
}

/// A file as it was when it had the right contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Compared {
    hash: [u8; 32],
    size: u64,
    modified: SystemTime,
}

/// How many files are remembered as compared.
const COMPARED: usize = 1 << 16;

impl Store {
    /// Opens a store, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// If its folders cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        for folder in ["blobs", "memo", "exec", "claims", "leases", "tmp"] {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(StoreError::io(&path))?;
        }
        // Processes start in other folders.
        let root = fs::canonicalize(&root).map_err(StoreError::io(&root))?;
        let path = root.join("lock");
        let lock = SharedLock::open(&path).map_err(StoreError::io(&path))?;
        // A lease that nobody has locked yet looks like one that was left: it is made while nobody collects.
        let sharing = lock.share().map_err(StoreError::io(&path))?;
        let (lease_path, lease, temporary) = make_lease(&root)?;
        drop(sharing);
        let since = lease.metadata().and_then(|file| file.modified());
        Ok(Store {
            root,
            temporary,
            since: since.map_err(StoreError::io(&lease_path))?,
            lease,
            lease_path,
            lock,
            names: AtomicU64::new(0),
            compared: Mutex::default(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn place(&self, kind: &str, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let (folder, name) = hex.split_at(2);
        self.root.join(kind).join(folder).join(name)
    }

    /// A path that nobody else uses, for a file or a folder that is to be finished or removed.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        self.temporary.join(number.to_string())
    }

    /// Keeps these bytes.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if !self.holds(&digest)? {
            let mut file = self.create()?;
            file.write_all(bytes).map_err(|error| file.failed(error))?;
            file.keep_as(&digest)?;
        }
        Ok(digest)
    }

    /// Keeps what can be read.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub fn put_reader(&self, mut reader: impl Read) -> Result<Digest, StoreError> {
        let mut file = self.create()?;
        io::copy(&mut reader, &mut file).map_err(|error| file.failed(error))?;
        file.keep()
    }

    /// Keeps a copy of a file.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub fn put_file(&self, path: &Path) -> Result<Digest, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        self.put_reader(file)
    }

    /// Keeps a file of the same file system, and takes it away from where it is. Nobody must write to it any more.
    ///
    /// # Errors
    ///
    /// Those of reading and writing.
    pub fn take_file(&self, path: &Path) -> Result<Digest, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        let digest = Digest::of_reader(&file).map_err(StoreError::io(path))?;
        let mine = || {
            file.set_permissions(Permissions::from_mode(0o444))?;
            file.set_modified(SystemTime::now())
        };
        mine().map_err(StoreError::io(path))?;
        self.take(path, &digest)?;
        Ok(digest)
    }

    /// Renames a file that has these contents.
    fn take(&self, path: &Path, digest: &Digest) -> Result<(), StoreError> {
        Self::rename(path, &self.place("blobs", digest))
    }

    /// Renames a file to a place, whose folder may not be there yet.
    fn rename(path: &Path, place: &Path) -> Result<(), StoreError> {
        let renamed = fs::rename(path, place).or_else(|_| {
            let folder = place.parent().expect("a folder of two digits");
            fs::create_dir_all(folder)?;
            fs::rename(path, place)
        });
        renamed.map_err(StoreError::io(place))
    }

    /// A file that is to be kept, but has no name yet.
    ///
    /// # Errors
    ///
    /// If no file can be made.
    pub fn create(&self) -> Result<NewBlob<'_>, StoreError> {
        let path = self.temporary();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o444);
        let file = options.open(&path).map_err(StoreError::io(&path))?;
        Ok(NewBlob {
            store: self,
            file: Some(Hashing::new(file)),
            path,
        })
    }

    /// Whether these contents are there. If so they stay as long as this process has the store open.
    ///
    /// # Errors
    ///
    /// Those of the file system, other than that there is no such file.
    pub fn holds(&self, digest: &Digest) -> Result<bool, StoreError> {
        let path = self.place("blobs", digest);
        self.touch(&path, Some(digest.size))
            .map_err(StoreError::io(&path))
    }

    /// Says that a file is in use, if there is one of this length.
    fn touch(&self, path: &Path, size: Option<u64>) -> io::Result<bool> {
        let _sharing = self.lock.share()?;
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if size.is_some_and(|size| metadata.len() != size) {
            return Ok(false);
        }
        if metadata.modified()? < self.since {
            file.set_modified(SystemTime::now())?;
        }
        Ok(true)
    }

    /// Opens contents, once they are known to be those of the name.
    ///
    /// # Errors
    ///
    /// If they are missing, damaged, or cannot be read.
    pub fn get(&self, digest: &Digest) -> Result<File, StoreError> {
        let path = self.place("blobs", digest);
        let file = self.open_blob(&path, digest)?;
        if self.compare(&file, digest).map_err(StoreError::io(&path))? {
            Ok(file)
        } else {
            Err(self.corrupt(digest))
        }
    }

    /// Whether a file has the contents of this name: looks no more if it did so and nobody wrote to it since.
    fn compare(&self, mut file: &File, digest: &Digest) -> io::Result<bool> {
        let metadata = file.metadata()?;
        let now = Compared {
            hash: digest.hash,
            size: metadata.len(),
            modified: metadata.modified()?,
        };
        if self.compared().get(&metadata.ino()) == Some(&now) {
            return Ok(true);
        }
        let found = Digest::of_reader(file)?;
        file.rewind()?;
        if found != *digest {
            return Ok(false);
        }
        let mut compared = self.compared();
        if compared.len() >= COMPARED {
            compared.clear();
        }
        compared.insert(metadata.ino(), now);
        Ok(true)
    }

    /// Reads contents that fit into memory.
    ///
    /// # Errors
    ///
    /// If they are missing, damaged, or cannot be read.
    pub fn read(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.place("blobs", digest);
        let mut file = self.open_blob(&path, digest)?;
        let length = file.metadata().map_err(StoreError::io(&path))?.len();
        if length != digest.size {
            return Err(self.corrupt(digest));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.read_to_end(&mut bytes)
            .map_err(StoreError::io(&path))?;
        if Digest::of(&bytes) != *digest {
            return Err(self.corrupt(digest));
        }
        Ok(bytes)
    }

    fn compared(&self) -> MutexGuard<'_, HashMap<u64, Compared>> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_blob(&self, path: &Path, digest: &Digest) -> Result<File, StoreError> {
        match File::open(path) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing(*digest))
            }
            Err(error) => Err(StoreError::io(path)(error)),
        }
    }

    /// Removes damaged contents, so that they can come again.
    fn corrupt(&self, digest: &Digest) -> StoreError {
        let path = self.place("blobs", digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => StoreError::io(&path)(error),
            _ => StoreError::Corrupt(*digest),
        }
    }

    /// Gives contents another name outside of the store: a link where that can be, or else a copy. Who can write to it can
    /// damage what is in the store, which is noticed when it is read.
    ///
    /// # Errors
    ///
    /// If contents are missing or damaged, or the file system refuses.
    pub fn place_at(
        &self,
        digest: &Digest,
        path: &Path,
        executable: bool,
    ) -> Result<(), StoreError> {
        drop(self.get(digest)?);
        let from = if executable {
            self.executable(digest)?
        } else {
            self.place("blobs", digest)
        };
        if fs::hard_link(&from, path).is_err() {
            fs::copy(&from, path).map_err(StoreError::io(path))?;
        }
        Ok(())
    }

    /// The path of a copy that can be run.
    fn executable(&self, digest: &Digest) -> Result<PathBuf, StoreError> {
        let place = self.place("exec", digest);
        let ready = || {
            let there = self.touch(&place, Some(digest.size))?;
            Ok(there && self.compare(&File::open(&place)?, digest)?)
        };
        if ready().map_err(StoreError::io(&place))? {
            return Ok(place);
        }
        let path = self.temporary();
        let mut from = self.get(digest)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o555);
        let mut to = options.open(&path).map_err(StoreError::io(&path))?;
        io::copy(&mut from, &mut to).map_err(StoreError::io(&path))?;
        drop(to);
        Self::rename(&path, &place)?;
        Ok(place)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What cannot be removed now is removed when the store is collected.
        let _ = fs::remove_dir_all(&self.temporary);
        let _ = fs::remove_file(&self.lease_path);
        let _ = flock(&self.lease, FlockOperation::Unlock);
    }
}

/// A file that is not in the store yet; dropping it removes it.
#[derive(Debug)]
pub struct NewBlob<'a> {
    store: &'a Store,
    file: Option<Hashing<File>>,
    path: PathBuf,
}

impl NewBlob<'_> {
    /// Keeps what was written.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed.
    pub fn keep(mut self) -> Result<Digest, StoreError> {
        let hashing = self.file.take().expect("a file until it is kept");
        let (file, digest) = hashing.finish();
        drop(file);
        self.store.take(&self.path, &digest)?;
        Ok(digest)
    }

    /// Keeps what was written if this is its name, and says whether it is.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed.
    pub fn keep_only(mut self, digest: &Digest) -> Result<bool, StoreError> {
        let hashing = self.file.take().expect("a file until it is kept");
        let (file, found) = hashing.finish();
        drop(file);
        if found != *digest {
            return Ok(false);
        }
        self.store.take(&self.path, digest)?;
        Ok(true)
    }

    /// Keeps what was written, of which the name is known.
    fn keep_as(mut self, digest: &Digest) -> Result<(), StoreError> {
        self.file = None;
        self.store.take(&self.path, digest)
    }

    fn failed(&self, error: io::Error) -> StoreError {
        StoreError::io(&self.path)(error)
    }
}

impl Write for NewBlob<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file
            .as_mut()
            .expect("a file until it is kept")
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for NewBlob<'_> {
    fn drop(&mut self) {
        // After keeping there is no such file.
        let _ = fs::remove_file(&self.path);
    }
}

/// A locked file and a folder of a name that nobody has.
fn make_lease(root: &Path) -> Result<(PathBuf, File, PathBuf), StoreError> {
    let process = std::process::id();
    for number in 0_u64.. {
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let name = format!(
            "{process}-{:x}-{number}",
            time.map_or(0, |time| time.as_nanos())
        );
        let path = root.join("leases").join(&name);
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        flock(&file, FlockOperation::LockExclusive)
            .map_err(|error| StoreError::io(&path)(error.into()))?;
        let temporary = root.join("tmp").join(&name);
        fs::create_dir(&temporary).map_err(StoreError::io(&temporary))?;
        return Ok((path, file, temporary));
    }
    unreachable!("some number is free")
}
