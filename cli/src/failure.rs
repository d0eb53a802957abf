//! Why a file could not be done.

use std::io;
use std::path::PathBuf;

use lentil_thunk::excamera::CutError;
use lentil_thunk::jpeg::NoOutcome;
use lentil_thunk::{ForceError, StoreError};

/// Why a file could not be done.
#[derive(Debug)]
pub enum Failure {
    Lentil(lentil::Error),
    Video(lentil::video::Error),
    /// A state file cannot be used.
    State(PathBuf, lentil::video::Error),
    /// The state before a frame is wanted that there is not.
    NoFrame,
    /// There is nothing to encode.
    NoPictures,
    /// Frames that are to be rebased are not as many as their pictures.
    Counts,
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
    /// A pipe or a device, which this option is not for.
    InputKind(&'static str),
    /// The output would take the place of a folder, a pipe or a device.
    OutputKind,
    /// Nobody says where contents are to be kept.
    NoStore,
    Store(StoreError),
    Force(Box<ForceError>),
    /// What an engine made of a JPEG.
    Compressed(NoOutcome),
    /// An engine is given standard input, or is to write to standard output.
    Streams,
    /// A file is to be cut into more pieces than it has bytes.
    TooManyPieces,
    Cut(CutError),
    /// What is wrong with a thunk that was asked for.
    Thunk(String),
}

impl Failure {
    /// 3 for kinds of input that are not supported, 1 for all else.
    pub fn exit_status(&self) -> u8 {
        use lentil::video::Error;
        match self {
            Failure::Video(Error::Unsupported(_) | Error::Chroma(_)) => 3,
            _ => 1,
        }
    }

    /// What putting a file in place fails with.
    pub fn in_place(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Exists,
            _ => Failure::Write(error),
        }
    }
}

/// What went wrong with a video, and at which frame, if at any.
#[derive(Debug)]
pub struct Stopped {
    pub frame: Option<u64>,
    pub failure: Failure,
}

impl Stopped {
    /// At this frame.
    pub fn at(frame: u64, failure: impl Into<Failure>) -> Self {
        Stopped {
            frame: Some(frame),
            failure: failure.into(),
        }
    }

    /// As of the failure.
    pub fn exit_status(&self) -> u8 {
        self.failure.exit_status()
    }
}

impl<T: Into<Failure>> From<T> for Stopped {
    fn from(failure: T) -> Self {
        Stopped {
            frame: None,
            failure: failure.into(),
        }
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.frame {
            Some(frame) => write!(f, "frame {frame}: {}", self.failure),
            None => self.failure.fmt(f),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Store(error)
    }
}

impl From<ForceError> for Failure {
    fn from(error: ForceError) -> Self {
        Failure::Force(error.into())
    }
}

impl From<NoOutcome> for Failure {
    fn from(error: NoOutcome) -> Self {
        Failure::Compressed(error)
    }
}

impl From<CutError> for Failure {
    fn from(error: CutError) -> Self {
        match error {
            CutError::Pictures(error) => Failure::Video(error),
            CutError::Store(error) => Failure::Store(error),
            CutError::Empty => Failure::NoPictures,
            error => Failure::Cut(error),
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
            Failure::Video(error @ lentil::video::Error::TooLarge { .. }) => {
                write!(f, "{error}: use --memory to allow more")
            }
            Failure::Video(error) => error.fmt(f),
            Failure::State(path, error) => write!(f, "{}: {error}", path.display()),
            Failure::NoFrame => f.write_str("it has no frame whose state could be saved"),
            Failure::NoPictures => f.write_str("it has no pictures"),
            Failure::Counts => f.write_str(
                "there are not as many frames as pictures: give the pictures that the frames were made of",
            ),
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
            Failure::NoStore => f.write_str("there is no place for the store: name one by --store"),
            Failure::Store(error) => error.fmt(f),
            Failure::Force(error) => error.fmt(f),
            Failure::Compressed(error) => error.fmt(f),
            Failure::Streams => f.write_str("--engine is for files"),
            Failure::TooManyPieces => f.write_str("it has fewer bytes than pieces"),
            Failure::Cut(error) => error.fmt(f),
            Failure::Thunk(why) => f.write_str(why),
            Failure::InputKind(option) => {
                write!(f, "it is not a regular file: leave out {option}")
            }
            Failure::OutputKind => {
                f.write_str("what is in its output's place is not a regular file")
            }
        }
    }
}
