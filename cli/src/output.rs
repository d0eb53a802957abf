//! Outputs that appear under their name only when they are complete.

use std::collections::HashSet;
use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use tempfile::NamedTempFile;

/// Temporary files that are there now, to be removed if the run is interrupted.
static PENDING: LazyLock<Mutex<HashSet<PathBuf>>> = LazyLock::new(Mutex::default);

/// Removes all temporary files.
pub fn remove_pending() {
    let pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    for path in pending.iter() {
        // It may have been put in place just now.
        let _ = fs::remove_file(path);
    }
}

/// A file on its way to its place.
pub struct Output {
    file: NamedTempFile,
    place: PathBuf,
    force: bool,
}

impl Output {
    /// Begins a file in the folder of `place`, which is made if it is not there.
    pub fn begin(place: &Path, force: bool) -> io::Result<Self> {
        let folder = match place.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let file = tempfile::Builder::new()
            .prefix(".lentil-")
            .suffix(".tmp")
            .tempfile_in(folder)?;
        let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(file.path().into());
        Ok(Output {
            file,
            place: place.into(),
            force,
        })
    }

    /// The file, to be written to and read from.
    pub fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Puts the file in its place, with the times and permissions of its original, when all of it
    /// is on disk.
    pub fn put_in_place(self, original: Option<&Metadata>) -> io::Result<()> {
        let path = self.file.path().to_path_buf();
        let folder = path.parent().unwrap_or(Path::new(".")).to_path_buf();
        let file = self.file.as_file();
        match original {
            Some(original) => {
                file.set_permissions(original.permissions())?;
                let mut times = FileTimes::new().set_modified(original.modified()?);
                if let Ok(accessed) = original.accessed() {
                    times = times.set_accessed(accessed);
                }
                file.set_times(times)?;
            }
            None => widen_permissions(file)?,
        }
        file.sync_all()?;
        let put = if self.force {
            self.file.persist(&self.place)
        } else {
            self.file.persist_noclobber(&self.place)
        };
        let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
        pending.remove(&path);
        put.map_err(|e| e.error)?;
        sync_folder(&folder)
    }
}

/// Throws an output away.
pub fn abandon(output: Output) {
    let path = output.file.path().to_path_buf();
    drop(output);
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    pending.remove(&path);
}

/// Temporary files are for their owner alone; what came by a stream is for whom all new files are.
#[cfg(unix)]
fn widen_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn widen_permissions(_: &File) -> io::Result<()> {
    Ok(())
}

/// A new name is safe when its folder is.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
