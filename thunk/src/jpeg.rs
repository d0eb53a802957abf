//! JPEG files compressed by thunks.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU8;
use std::ops::Range;

pub use crate::functions::Refusal;

use crate::digest::Digest;
use crate::functions::COMPRESS;
use crate::store::{Store, StoreError, Value};
use crate::thunk::{Function, Input, Source, Thunk};

/// What is to be compressed of a file, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compress {
    /// Partitions, 1 to 16; by size if that is left open.
    pub partitions: Option<NonZeroU8>,
    /// Mebibytes of memory that the file may ask for.
    pub memory: u64,
    /// These bytes alone.
    pub range: Option<Range<u64>>,
}

impl Compress {
    /// The thunk that does so with a file of these contents.
    #[must_use]
    pub fn thunk(&self, jpeg: Digest) -> Thunk {
        let partitions = self.partitions.map(|number| number.to_string());
        let range = self.range.as_ref();
        let range = range.map(|range| format!("{}..{}", range.start, range.end));
        Thunk {
            function: Function::Builtin {
                name: COMPRESS.name.into(),
                version: COMPRESS.version,
            },
            arguments: vec![
                partitions.unwrap_or_else(|| "auto".into()),
                self.memory.to_string(),
                range.unwrap_or_else(|| "all".into()),
            ],
            environment: BTreeMap::new(),
            inputs: BTreeMap::from([("in.jpg".into(), Input::value(jpeg))]),
            outputs: BTreeSet::from(["out.lep".into(), "refused".into()]),
        }
    }
}

/// What such a thunk came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This `.lep` file.
    Compressed(Digest),
    /// None.
    Refused(Refusal),
}

/// Why it is not known what such a thunk came to.
#[derive(Debug, thiserror::Error)]
pub enum NoOutcome {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was computed is not what the function leaves: an engine with a function of its own, say.
    #[error("what was computed is no .lep file, nor a reason why there is none")]
    Malformed,
}

/// What such a thunk came to, by its value.
///
/// # Errors
///
/// If that is none of a thunk that compresses, or contents are not in the store.
pub fn outcome(store: &Store, value: &Value) -> Result<Outcome, NoOutcome> {
    let output = |path: &str| {
        let output = value.outputs.get(path).ok_or(NoOutcome::Malformed)?;
        Ok::<_, NoOutcome>(output.digest)
    };
    let (lep, refused) = (output("out.lep")?, output("refused")?);
    match (lep.size, refused.size) {
        (0, 1..) => {
            let text = store.read(&refused)?;
            let text = String::from_utf8(text).map_err(|_| NoOutcome::Malformed)?;
            let refusal = Refusal::from_text(&text).ok_or(NoOutcome::Malformed)?;
            Ok(Outcome::Refused(refusal))
        }
        (1.., 0) => Ok(Outcome::Compressed(lep)),
        _ => Err(NoOutcome::Malformed),
    }
}

/// What such a thunk costs, about: its file's bytes, for [`ForceOptions::cost`](crate::ForceOptions::cost).
#[must_use]
pub fn cost(thunk: &Thunk) -> f64 {
    match thunk.inputs.get("in.jpg").map(|input| &input.source) {
        Some(Source::Value(jpeg)) => jpeg.size as f64,
        _ => 1.0,
    }
}
