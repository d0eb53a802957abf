//! What is read: files that lie still, and streams.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::{folder_of, sync_folder};
use crate::walk::Place;

/// What a job reads.
pub enum Input {
    File(Original),
    /// Standard input, a pipe or a device.
    Stream(Box<dyn Read>),
}

/// A regular file, as it was when it was opened.
pub struct Original {
    pub file: File,
    pub metadata: Metadata,
    path: PathBuf,
}

impl Input {
    pub fn open(place: &Place) -> Result<Self, Failure> {
        let Place::File(path) = place else {
            return Ok(Input::Stream(Box::new(io::stdin().lock())));
        };
        let file = File::open(path).map_err(Failure::Read)?;
        let metadata = file.metadata().map_err(Failure::Read)?;
        if metadata.is_dir() {
            return Err(Failure::Read(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Ok(Input::Stream(Box::new(file)));
        }
        Ok(Input::File(Original {
            file,
            metadata,
            path: path.clone(),
        }))
    }
}

impl Original {
    /// Opens what must be a regular file for this option.
    pub fn open(path: &Path, option: &'static str) -> Result<Self, Failure> {
        match Input::open(&Place::File(path.into()))? {
            Input::File(original) => Ok(original),
            Input::Stream(_) => Err(Failure::InputKind(option)),
        }
    }

    /// Opens it once more, unless another has taken its place or it changed.
    pub fn reopen(path: &Path, before: &Metadata, option: &'static str) -> Result<Self, Failure> {
        let now = Original::open(path, option)?;
        if unchanged(before, &now.metadata) {
            Ok(now)
        } else {
            Err(Failure::InputChanged)
        }
    }

    /// Says of a failure, or of a result that nobody `verified`, whether it is but that the file was written to
    /// meanwhile.
    pub fn settle<T>(&self, result: Result<T, Failure>, verified: bool) -> Result<T, Failure> {
        let now = self.file.metadata().map_err(Failure::Read)?;
        if (result.is_err() || !verified) && !unchanged(&self.metadata, &now) {
            return Err(Failure::InputChanged);
        }
        result
    }

    /// Removes the file, whose output is safe, unless another has taken its place or it changed.
    pub fn remove(self) -> Result<(), Failure> {
        let now = fs::metadata(&self.path).map_err(Failure::Remove)?;
        if !unchanged(&self.metadata, &now) {
            return Err(Failure::Changed);
        }
        fs::remove_file(&self.path).map_err(Failure::Remove)?;
        sync_folder(folder_of(&self.path)).map_err(Failure::Remove)
    }
}

fn unchanged(before: &Metadata, now: &Metadata) -> bool {
    before.len() == now.len()
        && before.modified().ok() == now.modified().ok()
        && same_inode(before, now)
}

#[cfg(unix)]
fn same_inode(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn same_inode(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_not_removed() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.jpg");
        fs::write(&path, "first").unwrap();
        let original = Original::open(&path, "--replace").unwrap();
        fs::write(&path, "another").unwrap();
        assert!(matches!(original.remove(), Err(Failure::Changed)));
        assert!(path.exists());
        Original::open(&path, "--replace")
            .unwrap()
            .remove()
            .unwrap();
        assert!(!path.exists());
    }
    #[test]
    fn what_is_written_to_is_told() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.jpg");
        fs::write(&path, "first").unwrap();
        let original = Original::open(&path, "--replace").unwrap();
        let settled = |result, verified| original.settle(result, verified);
        assert!(matches!(settled(Ok(()), false), Ok(())));
        assert!(matches!(
            settled(Err(Failure::Exists), true),
            Err(Failure::Exists)
        ));
        fs::write(&path, "and more").unwrap();
        assert!(matches!(settled(Ok(()), true), Ok(())));
        for (result, verified) in [(Ok(()), false), (Err(Failure::Exists), true)] {
            assert!(matches!(
                settled(result, verified),
                Err(Failure::InputChanged)
            ));
        }
    }
}
