//! Functions that come with Lentil: they read files by path, and write others. The same code runs within a process and as a program
//! of its own.

mod jpeg;
mod video;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use jpeg::{COMPRESS, RESTORE, Refusal};
pub use video::{ENCODE, ENCODE_AFTER, JOIN, REBASE};

/// Files that a function finds and leaves, by their paths.
pub trait Files {
    /// Opens an input.
    ///
    /// # Errors
    ///
    /// If there is no such input, or it cannot be read.
    fn open(&self, path: &str) -> io::Result<File>;

    /// Leaves an output, of which `write` says the contents.
    ///
    /// # Errors
    ///
    /// Those of `write`, and of what it writes to.
    fn create(
        &self,
        path: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// Why a function gave nothing, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(pub String);

impl<E: fmt::Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed(error.to_string())
    }
}

/// A function with its arguments, on files. It is pure: the same arguments and inputs give the same outputs.
pub type Body = fn(arguments: &[String], files: &dyn Files) -> Result<(), Failed>;

/// A function that comes with Lentil.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Changes when its results do.
    pub version: u32,
    /// What it does.
    pub body: Body,
}

/// All of them.
pub const BUILTINS: &[Builtin] = &[COPY, ENCODE, ENCODE_AFTER, REBASE, JOIN, COMPRESS, RESTORE];

/// Copies `in` to `out`.
pub const COPY: Builtin = Builtin {
    name: "copy",
    version: 1,
    body: |_, files| {
        let mut input = files.open("in")?;
        files.create("out", &mut |out| io::copy(&mut input, out).map(|_| ()))?;
        Ok(())
    },
};

/// The function of this name and version.
#[must_use]
pub fn find(name: &str, version: u32) -> Option<&'static Builtin> {
    let wanted = |one: &&Builtin| one.name == name && one.version == version;
    BUILTINS.iter().find(wanted)
}

/// The files of a folder.
#[derive(Clone, Copy, Debug)]
pub struct FolderFiles<'a>(pub &'a Path);

impl Files for FolderFiles<'_> {
    fn open(&self, path: &str) -> io::Result<File> {
        File::open(self.0.join(path))
    }

    fn create(
        &self,
        path: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.0.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = BufWriter::new(File::create(path)?);
        write(&mut file)?;
        file.flush()
    }
}
