//! Why a file could not be done.

use std::io;
use std::path::PathBuf;

/// Why a file could not be done.
#[derive(Debug)]
pub enum Failure {
    Lentil(lentil::Error),
    Video(lentil::video::Error),
    /// A state file cannot be used.
    State(PathBuf, lentil::video::Error),
    /// The state before a frame is wanted that there is not.
    NoFrame,
    Read(io::Error),
    Write(io::Error),
    /// Times and permissions cannot be kept.
    Attributes(io::Error),
    Remove(io::Error),
    /// The original is no longer what was compressed.
    Changed,
    /// The input was written to while it was read.
    InputChanged,
    Exists,
    /// Another input of the run has the same output.
    Taken,
    Itself,
    /// What is to be removed is a pipe or a device.
    InputKind,
    /// The output would take the place of a folder, a pipe or a device.
    OutputKind,
}

impl Failure {
    /// What putting a file in place fails with.
    pub fn in_place(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Exists,
            _ => Failure::Write(error),
        }
    }
}

impl From<lentil::Error> for Failure {
    fn from(error: lentil::Error) -> Self {
        Failure::Lentil(error)
    }
}

impl From<lentil::video::Error> for Failure {
    fn from(error: lentil::video::Error) -> Self {
        Failure::Video(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // What is verified never fails so.
            Failure::Lentil(error @ lentil::Error::Extreme) => {
                write!(f, "{error}: leave out --no-verify")
            }
            Failure::Lentil(error) => error.fmt(f),
            Failure::Video(error) => error.fmt(f),
            Failure::State(path, error) => write!(f, "{}: {error}", path.display()),
            Failure::NoFrame => f.write_str("it has no frame whose state could be saved"),
            Failure::Read(error) => write!(f, "cannot read it: {error}"),
            Failure::Write(error) => write!(f, "cannot write its output: {error}"),
            Failure::Attributes(error) => write!(
                f,
                "its times and permissions cannot be kept, so it is not replaced: {error}"
            ),
            Failure::Remove(error) => write!(
                f,
                "its output is complete, but it cannot be removed: {error}"
            ),
            Failure::Changed => f.write_str(
                "it changed meanwhile, so it is not removed: use --force to do it again",
            ),
            Failure::InputChanged => f.write_str("it changed while it was read"),
            Failure::Exists => f.write_str("its output exists: use --force to overwrite it"),
            Failure::Taken => f.write_str("another input has the same output"),
            Failure::Itself => f.write_str("its output would be put in its own place"),
            Failure::InputKind => f.write_str("it is not a regular file: leave out --replace"),
            Failure::OutputKind => {
                f.write_str("what is in its output's place is not a regular file")
            }
        }
    }
}
