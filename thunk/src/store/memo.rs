//! What thunks gave: a table from their digests to their outputs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use bazel_remote_apis::google::protobuf;
use prost::Message;

use super::{Store, StoreError};
use crate::digest::Digest;

/// A file that a thunk left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its contents.
    pub digest: Digest,
    /// Whether it can be run.
    pub executable: bool,
}

/// What a thunk gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Its outputs, by path.
    pub outputs: BTreeMap<String, Output>,
    /// How long it took whoever computed it.
    pub seconds: f64,
}

impl Value {
    /// The message that the Remote Execution API has for it.
    #[must_use]
    pub fn to_action_result(&self) -> reapi::ActionResult {
        let file = |(path, output): (&String, &Output)| reapi::OutputFile {
            path: path.clone(),
            digest: Some(output.digest.into()),
            is_executable: output.executable,
            ..Default::default()
        };
        // As precise as a message can be, so that a value is the same before and after.
        let taken = Duration::try_from_secs_f64(self.seconds).unwrap_or_default();
        let metadata = reapi::ExecutedActionMetadata {
            virtual_execution_duration: Some(protobuf::Duration {
                seconds: taken.as_secs().cast_signed(),
                nanos: taken.subsec_nanos().cast_signed(),
            }),
            ..Default::default()
        };
        reapi::ActionResult {
            output_files: self.outputs.iter().map(file).collect(),
            execution_metadata: Some(metadata),
            ..Default::default()
        }
    }

    /// The value of such a message: none if a digest or a duration is none.
    #[must_use]
    pub fn from_action_result(result: &reapi::ActionResult) -> Option<Self> {
        let output = |file: &reapi::OutputFile| {
            let output = Output {
                digest: Digest::try_from(file.digest.as_ref()?).ok()?,
                executable: file.is_executable,
            };
            Some((file.path.clone(), output))
        };
        Some(Value {
            outputs: result
                .output_files
                .iter()
                .map(output)
                .collect::<Option<_>>()?,
            seconds: seconds(result.execution_metadata.as_ref()),
        })
    }
}

/// How long it took, by whichever field says it.
fn seconds(metadata: Option<&reapi::ExecutedActionMetadata>) -> f64 {
    let duration = |seconds: i64, nanoseconds: i32| {
        let nanoseconds = u32::try_from(nanoseconds).ok()?;
        Some(Duration::new(seconds.try_into().ok()?, nanoseconds))
    };
    let stamp = |time: &protobuf::Timestamp| duration(time.seconds, time.nanos);
    let measured = |metadata: &reapi::ExecutedActionMetadata| {
        let between = || {
            let start = metadata
                .execution_start_timestamp
                .as_ref()
                .and_then(stamp)?;
            let end = metadata
                .execution_completed_timestamp
                .as_ref()
                .and_then(stamp)?;
            end.checked_sub(start)
        };
        let said = metadata.virtual_execution_duration.as_ref();
        let said = said.and_then(|time| duration(time.seconds, time.nanos));
        said.or_else(between)
    };
    metadata
        .and_then(measured)
        .map_or(0.0, |taken| taken.as_secs_f64())
}

impl Store {
    /// What a thunk gave, if that is known and all of it is still there; then it stays.
    ///
    /// # Errors
    ///
    /// Those of reading. An entry that is damaged is as good as none.
    pub fn remembered(&self, thunk: &Digest) -> Result<Option<Value>, StoreError> {
        let path = self.place("memo", thunk);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let Some(value) = parse(&bytes) else {
            return Ok(None);
        };
        for output in value.outputs.values() {
            if !self.holds(&output.digest)? {
                return Ok(None);
            }
        }
        self.touch(&path, None).map_err(StoreError::io(&path))?;
        Ok(Some(value))
    }

    /// Keeps what a thunk gave.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn remember(&self, thunk: &Digest, value: &Value) -> Result<(), StoreError> {
        let path = self.temporary();
        let written = fs::write(&path, entry(value)).map_err(StoreError::io(&path));
        written
            .and_then(|()| self.enter(thunk, &path))
            .inspect_err(|_| {
                let _ = fs::remove_file(&path);
            })
    }

    /// Makes a file, which nobody must write to any more, what is remembered of a thunk.
    pub(super) fn enter(&self, thunk: &Digest, path: &Path) -> Result<(), StoreError> {
        Self::rename(path, &self.place("memo", thunk))
    }

    /// Forgets what a thunk gave.
    ///
    /// # Errors
    ///
    /// Those of removing a file that is there.
    pub fn forget(&self, thunk: &Digest) -> Result<(), StoreError> {
        let path = self.place("memo", thunk);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io(&path)(error))
            }
            _ => Ok(()),
        }
    }
}

/// An entry: the hash of a message, and the message.
pub(super) fn entry(value: &Value) -> Vec<u8> {
    let message = value.to_action_result().encode_to_vec();
    [&Digest::of(&message).hash[..], &message].concat()
}

/// The value of an entry that is not damaged.
fn parse(bytes: &[u8]) -> Option<Value> {
    let (hash, message) = bytes.split_at_checked(32)?;
    if Digest::of(message).hash != hash {
        return None;
    }
    Value::from_action_result(&reapi::ActionResult::decode(message).ok()?)
}
