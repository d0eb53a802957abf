//! JPEG files, or ranges of them, to `.lep` files and back.

use std::io;
use std::num::NonZeroU8;
use std::ops::Range;

use lentil::{Error, Options};

use super::{Builtin, Failed, Files};

/// Compresses a JPEG, and restores what came of it before any of it is left.
///
/// Arguments: partitions, 1 to 16 or `auto`; mebibytes of memory that the file may ask for; which bytes, `START..END` or `all`.
/// It finds `in.jpg`, and leaves `out.lep`, and `refused`, which is empty. If the file cannot be compressed it is the other way round:
/// `refused` is a [`Refusal`]. That is a result like any other: it holds for these bytes, on every machine.
pub const COMPRESS: Builtin = Builtin {
    name: "lepton-compress",
    version: 1,
    body: compress,
};

/// Restores the JPEG, or the range of one, of a `.lep` file.
///
/// Argument: mebibytes of memory that the file may ask for. It finds `in.lep`, and leaves `out.jpg`.
pub const RESTORE: Builtin = Builtin {
    name: "lepton-restore",
    version: 1,
    body: restore,
};

/// Why a file is not compressed, though nothing went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is of a kind that is not supported.
    Unsupported(String),
    /// It asks for more than it may, or has no such bytes.
    OutOfBounds(String),
}

/// The first lines of refusals.
const UNSUPPORTED: &str = "not supported";
const OUT_OF_BOUNDS: &str = "out of bounds";

impl Refusal {
    /// The refusal that an error is, if it is one: what says something of the input, and nothing of the machine.
    fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Unsupported(reason) => Some(Refusal::Unsupported(reason.to_string())),
            Error::Limit { .. } | Error::Range { .. } => {
                Some(Refusal::OutOfBounds(error.to_string()))
            }
            _ => None,
        }
    }

    /// As it is written: a line that says which, and the reason.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Refusal::Unsupported(reason) => format!("{UNSUPPORTED}\n{reason}"),
            Refusal::OutOfBounds(reason) => format!("{OUT_OF_BOUNDS}\n{reason}"),
        }
    }

    /// The refusal that was written so.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text.split_once('\n')? {
            (UNSUPPORTED, reason) => Some(Refusal::Unsupported(reason.to_owned())),
            (OUT_OF_BOUNDS, reason) => Some(Refusal::OutOfBounds(reason.to_owned())),
            _ => None,
        }
    }
}

/// One thread: there are other files for others.
fn options(memory: Option<&String>) -> Result<Options, Failed> {
    let memory: Option<u64> = memory.and_then(|mebibytes| mebibytes.parse().ok());
    let memory = memory.ok_or(Failed("there is no limit of memory".into()))?;
    let mut options = Options::default();
    options.limits.memory = memory.saturating_mul(1 << 20);
    Ok(options)
}

fn partitions(text: &str) -> Option<Option<NonZeroU8>> {
    if text == "auto" {
        return Some(None);
    }
    let number = text.parse().ok().filter(|n: &NonZeroU8| n.get() <= 16);
    number.map(Some)
}

fn range(text: &str) -> Option<Option<Range<u64>>> {
    if text == "all" {
        return Some(None);
    }
    let (start, end) = text.split_once("..")?;
    Some(Some(start.parse().ok()?..end.parse().ok()?))
}

fn compress(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let [cut, memory, bytes] = arguments else {
        return Err(Failed("it takes partitions, a limit and a range".into()));
    };
    let mut options = options(Some(memory))?;
    let wrong = |what: &str| Failed(format!("{what:?} makes no sense"));
    options.partitions = partitions(cut).ok_or_else(|| wrong(cut))?;
    options.range = range(bytes).ok_or_else(|| wrong(bytes))?;
    // Then the library writes nothing before it is known to be right.
    options.verify = true;
    let input = files.open("in.jpg")?;
    let mut refused = String::new();
    files.create("out.lep", &mut |out| {
        let Err(error) = lentil::compress_file(&input, out, &options) else {
            return Ok(());
        };
        refused = Refusal::of(&error).ok_or_else(|| io(error))?.to_text();
        Ok(())
    })?;
    files.create("refused", &mut |out| out.write_all(refused.as_bytes()))?;
    Ok(())
}

fn restore(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let options = options(arguments.first())?;
    let input = files.open("in.lep")?;
    files.create("out.jpg", &mut |out| {
        let restored = lentil::decompress_file(&input, out, &options);
        restored.map(drop).map_err(io)
    })?;
    Ok(())
}

fn io(error: Error) -> io::Error {
    match error {
        Error::Write(error) | Error::Read(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_as_they_are_written() {
        for refusal in [
            Refusal::Unsupported("no JPEG".into()),
            Refusal::OutOfBounds("two\nlines".into()),
        ] {
            assert_eq!(Refusal::from_text(&refusal.to_text()), Some(refusal));
        }
        for text in ["", "not supported", "else\nreason"] {
            assert_eq!(Refusal::from_text(text), None);
        }
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(partitions("auto"), Some(None));
        assert_eq!(partitions("16"), Some(NonZeroU8::new(16)));
        assert_eq!(range("all"), Some(None));
        assert_eq!(range("5..9"), Some(Some(5..9)));
        for wrong in ["0", "17", "", "many"] {
            assert_eq!(partitions(wrong), None, "{wrong}");
        }
        for wrong in ["", "5", "5..", "..9", "a..b"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
