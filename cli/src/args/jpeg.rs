//! What the command line says of compressing and restoring JPEGs.

use std::num::{NonZeroU8, NonZeroU16};
use std::ops::Range;
use std::path::Path;

use clap::Args;

use super::Run;
use crate::thunk::args as thunk;

#[derive(Debug, Args)]
pub struct Compress {
    #[command(flatten)]
    pub run: Run,
    /// Partitions of an image, 1 to 16: each lets one more thread restore it, and costs a kilobyte or
    /// two [default: by size]
    #[arg(long, value_name = "N", value_parser = parse_partitions)]
    pub partitions: Option<NonZeroU8>,
    /// Compress only these bytes; the result restores exactly them. END may be left out
    #[arg(long, value_name = "START..END", value_parser = parse_range)]
    pub range: Option<Bytes>,
    /// Do not restore what was compressed before it is put in place
    #[arg(long, conflicts_with = "replace")]
    pub no_verify: bool,
    /// Cut one file into N ranges of bytes, each compressed for itself: photo.jpg becomes photo.jpg.000-of-008.lep
    /// and so on, in the folder OUT or beside it, which decompress --join restores. N is at most 999
    #[arg(long, value_name = "N", value_parser = parse_pieces, requires = "engine", conflicts_with_all = ["range",
        "replace", "recursive"])]
    pub pieces: Option<NonZeroU16>,
    #[command(flatten)]
    pub engine: thunk::EngineChoice,
    #[command(flatten)]
    pub place: thunk::StorePlace,
}

impl Compress {
    /// Whether the values make sense together.
    pub fn check(&self) -> Result<(), String> {
        if self.range.is_some() && self.run.replace {
            return Err("--replace would lose what is outside of --range".into());
        }
        let by_engine = self.engine.engine.is_some();
        if !by_engine && (self.engine.is_given() || self.place.store.is_some()) {
            return Err("what is said of engines and stores goes with --engine".into());
        }
        if by_engine && self.run.threads.is_some() {
            return Err("--threads: an engine has --jobs".into());
        }
        let standard = Path::new("-");
        let mut places = self.run.inputs.iter().chain(&self.run.output);
        if by_engine && places.any(|place| place == standard) {
            return Err("--engine is for files, not for standard input or output (-)".into());
        }
        if self.pieces.is_some() && self.run.inputs.len() > 1 {
            return Err("--pieces takes one file".into());
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Decompress {
    #[command(flatten)]
    pub run: Run,
    /// Restore all inputs, one after the other, to the one output: what compress --pieces cut becomes whole again
    #[arg(long, requires = "output", conflicts_with_all = ["replace", "recursive"])]
    pub join: bool,
}

impl Decompress {
    /// Where the inputs go, one after the other.
    pub fn joined(&self) -> Option<&Path> {
        self.run.output.as_deref().filter(|_| self.join)
    }
}

/// A range of bytes; no end is the end of the file.
#[derive(Clone, Debug)]
pub struct Bytes {
    pub start: u64,
    pub end: Option<u64>,
}

impl Bytes {
    /// The range in a file of so many bytes.
    pub fn within(&self, length: u64) -> Range<u64> {
        self.start..self.end.unwrap_or(length)
    }
}

fn parse_range(text: &str) -> Result<Bytes, String> {
    let (start, end) = text.split_once("..").ok_or("must be START..END")?;
    let number = |text: &str| {
        text.parse()
            .map_err(|_| format!("{text:?} is not a number"))
    };
    let start = number(start)?;
    let end = if end.is_empty() {
        None
    } else {
        Some(number(end)?)
    };
    if end.is_some_and(|end| end <= start) {
        return Err("must not be empty".into());
    }
    Ok(Bytes { start, end })
}

fn parse_partitions(text: &str) -> Result<NonZeroU8, String> {
    let number = text.parse().ok().filter(|n: &NonZeroU8| n.get() <= 16);
    number.ok_or_else(|| "must be 1 to 16".into())
}

fn parse_pieces(text: &str) -> Result<NonZeroU16, String> {
    let number = text.parse().ok().filter(|n: &NonZeroU16| n.get() <= 999);
    number.ok_or_else(|| "must be 1 to 999".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(parse_range("5..9").unwrap().within(100), 5..9);
        assert_eq!(parse_range("5..").unwrap().within(100), 5..100);
        for wrong in ["5", "..", "9..5", "5..5", "a..b", "-1..4"] {
            assert!(parse_range(wrong).is_err(), "{wrong}");
        }
    }
}
