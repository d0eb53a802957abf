//! Outputs that appear under their name only when they are complete.

use std::collections::HashSet;
use std::fs::{self, File, FileTimes, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Temporary files are named by these, with so many letters and digits between them.
const PREFIX: &str = ".lentil-";
const SUFFIX: &str = ".tmp";
const RANDOM: usize = 6;

/// Temporary files that are there now, to be removed if the run is interrupted.
static PENDING: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

fn pending() -> MutexGuard<'static, HashSet<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all temporary files and ends the program. The lock is held to the end, so that no other
/// thread makes one more.
#[cfg(unix)]
pub fn remove_pending_and_exit(status: i32) -> ! {
    let pending = pending();
    for path in pending.iter() {
        // It may have been put in place just now.
        let _ = fs::remove_file(path);
    }
    std::process::exit(status)
}

/// Keeps a temporary file known while it is there.
struct Pending(PathBuf);

impl Drop for Pending {
    fn drop(&mut self) {
        pending().remove(&self.0);
    }
}

/// A file on its way to its place. If it is dropped before, nothing is left of it.
pub struct Output {
    // Declared first, so that it is removed before it is forgotten.
    file: NamedTempFile,
    pending: Pending,
    place: PathBuf,
    force: bool,
}

impl Output {
    /// Begins a file in the folder of `place`, which is made if it is not there. What has an
    /// original is for its owner alone until it is in place.
    pub fn begin(place: &Path, original: Option<&Metadata>, force: bool) -> io::Result<Self> {
        let folder = folder_of(place);
        make_folder(folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
        let everyone = for_everyone();
        if let (None, Some(permissions)) = (original, everyone) {
            builder.permissions(permissions);
        }
        let mut all = pending();
        let file = loop {
            let file = builder.tempfile_in(folder)?;
            if is_held(&file) {
                break file;
            }
        };
        all.insert(file.path().into());
        drop(all);
        Ok(Output {
            pending: Pending(file.path().into()),
            file,
            place: place.into(),
            force,
        })
    }

    /// The file, to be written to and read from.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Gives the file the owner, the permissions and the times of its original.
    pub fn take_attributes(&self, original: &Metadata) -> io::Result<()> {
        let file = self.file.as_file();
        take_owner(file, original);
        file.set_permissions(original.permissions())?;
        let mut times = FileTimes::new().set_modified(original.modified()?);
        if let Ok(accessed) = original.accessed() {
            times = times.set_accessed(accessed);
        }
        file.set_times(times)
    }

    /// Puts the file in its place when all of it is on disk.
    pub fn put_in_place(self) -> Result<(), Failure> {
        self.file.as_file().sync_all().map_err(Failure::Write)?;
        let put = if self.force {
            self.file.persist(&self.place)
        } else {
            self.file.persist_noclobber(&self.place)
        };
        put.map_err(|e| Failure::in_place(e.error))?;
        drop(self.pending);
        sync_folder(folder_of(&self.place)).map_err(Failure::Write)
    }
}

/// Whether a new temporary file is locked, which tells other runs that it is in use; where files cannot be locked
/// nobody removes them. Another run may have taken it for left behind before.
fn is_held(file: &NamedTempFile) -> bool {
    !matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock)) && file.path().exists()
}

/// Removes temporary files from a folder that runs which were killed left there: those that nobody has locked.
pub fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !is_temporary(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let Ok(file) = File::options().write(true).open(entry.path()) else {
            continue;
        };
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    let random = random.and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|r| r.len() == RANDOM && r.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The folder that a path lies in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder and those above it, all of them safe on disk.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        // Another thread may have made it just now.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    sync_folder(above)
}

/// Permissions of new files, before the umask: what came by a stream is like any new file.
#[cfg(unix)]
fn for_everyone() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn for_everyone() -> Option<fs::Permissions> {
    None
}

/// Gives a file its original's owner and group, as far as the user may.
#[cfg(unix)]
fn take_owner(file: &File, original: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (user, group) = (original.uid(), original.gid());
    if fchown(file, Some(user), Some(group)).is_err() {
        let _ = fchown(file, None, Some(group));
    }
}

#[cfg(not(unix))]
fn take_owner(_: &File, _: &Metadata) {}

/// A new name is safe when its folder is.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn outputs_appear_when_they_are_complete() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = folder.path().join("new/deep/a.lep");
        let entries = || fs::read_dir(place.parent().unwrap()).unwrap().count();

        let mut dropped = Output::begin(&place, None, false).unwrap();
        dropped.file().write_all(b"half").unwrap();
        assert!(!place.exists() && entries() == 1);
        drop(dropped);
        assert_eq!(entries(), 0);

        let mut first = Output::begin(&place, None, false).unwrap();
        let mut second = Output::begin(&place, None, false).unwrap();
        first.file().write_all(b"first").unwrap();
        second.file().write_all(b"second").unwrap();
        first.put_in_place().unwrap();
        assert!(matches!(second.put_in_place(), Err(Failure::Exists)));
        assert_eq!(fs::read(&place).unwrap(), b"first");
        assert_eq!(entries(), 1);
        let known = pending();
        assert!(!known.iter().any(|path| path.starts_with(folder.path())));
    }

    #[test]
    fn only_what_nobody_writes_is_stale() {
        let folder = tempfile::TempDir::new().unwrap();
        let others = [
            ".lentil-note.tmp",
            ".lentil-abc123",
            "a.tmp",
            ".lentil-äbc1.tmp",
        ];
        for name in others {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join(".lentil-folder.tmp")).unwrap();
        let stale = folder.path().join(".lentil-abC123.tmp");
        fs::write(&stale, "half").unwrap();
        let output = Output::begin(&folder.path().join("a.lep"), None, false).unwrap();
        remove_stale(folder.path());
        assert!(!stale.exists());
        assert!(output.file.path().exists());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            others.len() + 2
        );
        output.put_in_place().unwrap();
    }
}
