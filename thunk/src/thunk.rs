//! A thunk: a function and its data, by name.
//!
//! Its canonical bytes are a line that says what they are, and a protocol buffer with the Remote Execution API's `Command` and the
//! inputs in the order of their paths. Nothing else goes into a thunk's digest: no time, user, host or absolute path.

use std::collections::{BTreeMap, BTreeSet};

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use prost::Message;

use crate::digest::Digest;

/// A closure over named data. Paths are relative to a folder that has the inputs and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thunk {
    /// What is called.
    pub function: Function,
    /// With which arguments.
    pub arguments: Vec<String>,
    /// Variables that it sees; there are no others.
    pub environment: BTreeMap<String, String>,
    /// Files that it finds.
    pub inputs: BTreeMap<String, Input>,
    /// Files that it must leave; others are forgotten.
    pub outputs: BTreeSet<String>,
}

/// What a thunk calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Function {
    /// One that comes with Lentil. Its version changes when its results do.
    Builtin {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
    },
    /// The executable input with this path.
    Executable(String),
}

/// A file that a thunk finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its contents.
    pub source: Source,
    /// Whether it can be run.
    pub executable: bool,
}

/// Where contents come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Bytes with this name.
    Value(Digest),
    /// What a thunk leaves at a path.
    Output {
        /// The thunk's name.
        thunk: Digest,
        /// One of its outputs.
        path: String,
    },
}

impl Input {
    /// A file of these contents.
    #[must_use]
    pub fn value(digest: Digest) -> Self {
        Input {
            source: Source::Value(digest),
            executable: false,
        }
    }

    /// What a thunk leaves at a path.
    #[must_use]
    pub fn output(thunk: Digest, path: &str) -> Self {
        let path = path.to_owned();
        Input {
            source: Source::Output { thunk, path },
            executable: false,
        }
    }
}

/// Why something is no thunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoThunk {
    /// Bytes of another kind.
    #[error("these bytes are no thunk")]
    Form,
    /// A path that is absolute, has empty parts, "." or "..", or is too long.
    #[error(
        "{0:?} is no path inside the folder of a thunk: use parts separated by single slashes, without . and .."
    )]
    Path(String),
    /// Two files, of which one would lie in the other.
    #[error("{0:?} and {1:?} cannot both be files")]
    Inside(String, String),
    /// The executable is not among the inputs.
    #[error("{0:?}, which is to be called, is no executable input")]
    Executable(String),
    /// A variable's name that is empty or has "=", or text with a zero byte.
    #[error("{0:?} can be neither variable nor argument")]
    Text(String),
    /// Nothing to be had.
    #[error("a thunk without outputs has no value")]
    NoOutput,
}

/// The first line of a thunk's bytes.
const MAGIC: &[u8] = b"lentil thunk 1\n";

/// Paths are no longer.
const LONGEST_PATH: usize = 1024;

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(string, tag = "1")]
    builtin: String,
    #[prost(uint32, tag = "2")]
    version: u32,
    #[prost(string, tag = "3")]
    executable: String,
    #[prost(message, optional, tag = "4")]
    command: Option<reapi::Command>,
    #[prost(message, repeated, tag = "5")]
    inputs: Vec<WireInput>,
}

#[derive(Clone, PartialEq, Message)]
struct WireInput {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(message, optional, tag = "2")]
    digest: Option<reapi::Digest>,
    #[prost(bool, tag = "3")]
    executable: bool,
    /// If this is not empty the digest is a thunk's.
    #[prost(string, tag = "4")]
    output: String,
}

impl Thunk {
    /// The canonical bytes: equal if and only if the thunks are.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (builtin, version, executable) = match &self.function {
            Function::Builtin { name, version } => (name.clone(), *version, String::new()),
            Function::Executable(path) => (String::new(), 0, path.clone()),
        };
        let wire = Wire {
            builtin,
            version,
            executable,
            command: Some(self.command(self.arguments.clone())),
            inputs: self.inputs.iter().map(wire_input).collect(),
        };
        let mut bytes = MAGIC.to_vec();
        bytes.reserve(wire.encoded_len());
        wire.encode_raw(&mut bytes);
        bytes
    }

    /// The thunk that has these bytes.
    ///
    /// # Errors
    ///
    /// If they are not the canonical bytes of a thunk, or it is not [sound](Self::check).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoThunk> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(NoThunk::Form)?;
        let wire = Wire::decode(rest).map_err(|_| NoThunk::Form)?;
        let thunk = Self::from_wire(wire).ok_or(NoThunk::Form)?;
        if thunk.to_bytes() != bytes {
            return Err(NoThunk::Form);
        }
        thunk.check()?;
        Ok(thunk)
    }

    fn from_wire(wire: Wire) -> Option<Self> {
        let command = wire.command?;
        let function = if wire.executable.is_empty() {
            Function::Builtin {
                name: wire.builtin,
                version: wire.version,
            }
        } else {
            Function::Executable(wire.executable)
        };
        let inputs = wire.inputs.into_iter().map(|input| {
            let digest = Digest::try_from(&input.digest?).ok()?;
            let source = if input.output.is_empty() {
                Source::Value(digest)
            } else {
                Source::Output {
                    thunk: digest,
                    path: input.output,
                }
            };
            let executable = input.executable;
            Some((input.path, Input { source, executable }))
        });
        let environment = command.environment_variables.into_iter();
        Some(Thunk {
            function,
            arguments: command.arguments,
            environment: environment.map(|one| (one.name, one.value)).collect(),
            inputs: inputs.collect::<Option<_>>()?,
            outputs: command.output_paths.into_iter().collect(),
        })
    }

    /// The name of the canonical bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// What the Remote Execution API calls a command, with these words.
    pub(crate) fn command(&self, arguments: Vec<String>) -> reapi::Command {
        let variable = |(name, value): (&String, &String)| reapi::command::EnvironmentVariable {
            name: name.clone(),
            value: value.clone(),
        };
        reapi::Command {
            arguments,
            environment_variables: self.environment.iter().map(variable).collect(),
            output_paths: self.outputs.iter().cloned().collect(),
            ..Default::default()
        }
    }

    /// Looks whether the thunk can be forced at all.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), NoThunk> {
        if self.outputs.is_empty() {
            return Err(NoThunk::NoOutput);
        }
        let paths = || self.inputs.keys().chain(&self.outputs);
        if let Some(path) = paths().find(|path| !is_inside(path)) {
            return Err(NoThunk::Path(path.clone()));
        }
        let mut sorted: Vec<&String> = paths().collect();
        sorted.sort_unstable_by(|a, b| a.split('/').cmp(b.split('/')));
        if let Some(pair) = sorted.windows(2).find(|pair| is_below(pair[1], pair[0])) {
            return Err(NoThunk::Inside(pair[1].clone(), pair[0].clone()));
        }
        if let Function::Executable(path) = &self.function
            && !self.inputs.get(path).is_some_and(|input| input.executable)
        {
            return Err(NoThunk::Executable(path.clone()));
        }
        let names = self.environment.keys();
        let mut bad = names.filter(|name| name.is_empty() || name.contains('='));
        let texts = self.arguments.iter().chain(self.environment.values());
        let mut zeros = texts
            .chain(self.environment.keys())
            .filter(|text| text.contains('\0'));
        match bad.next().or_else(|| zeros.next()) {
            Some(text) => Err(NoThunk::Text(text.clone())),
            None => Ok(()),
        }
    }

    /// The thunks that it waits for, each once.
    #[must_use]
    pub fn waits_for(&self) -> BTreeSet<Digest> {
        let thunk = |input: &Input| match &input.source {
            Source::Value(_) => None,
            Source::Output { thunk, .. } => Some(*thunk),
        };
        self.inputs.values().filter_map(thunk).collect()
    }

    /// The same with values instead of other thunks' outputs, which `value` says: none if one is not known.
    #[must_use]
    pub fn reduced(&self, value: impl Fn(&Digest, &str) -> Option<Digest>) -> Option<Self> {
        let mut reduced = self.clone();
        for input in reduced.inputs.values_mut() {
            if let Source::Output { thunk, path } = &input.source {
                input.source = Source::Value(value(thunk, path)?);
            }
        }
        Some(reduced)
    }

    /// What it calls, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.function {
            Function::Builtin { name, .. } => name,
            Function::Executable(path) => path,
        }
    }
}

fn wire_input((path, input): (&String, &Input)) -> WireInput {
    let (digest, output) = match &input.source {
        Source::Value(digest) => (*digest, String::new()),
        Source::Output { thunk, path } => (*thunk, path.clone()),
    };
    WireInput {
        path: path.clone(),
        digest: Some(digest.into()),
        executable: input.executable,
        output,
    }
}

/// Whether a path cannot leave the folder that it is relative to.
pub(crate) fn is_inside(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.len() <= LONGEST_PATH && !path.contains(['\0', '\\']) && path.split('/').all(part)
}

/// Whether a file at `path` would make a folder of `other`, or is the same.
fn is_below(path: &str, other: &str) -> bool {
    let rest = path.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A thunk that calls an executable on one file.
    pub(crate) fn example() -> Thunk {
        let executable = Input {
            executable: true,
            ..Input::value(Digest::of(b"program"))
        };
        Thunk {
            function: Function::Executable("bin/f".into()),
            arguments: vec!["a".into(), String::new()],
            environment: [("LANG".into(), "C".into())].into(),
            inputs: [
                ("bin/f".into(), executable),
                ("x".into(), Input::value(Digest::of(b"x"))),
                ("y".into(), Input::output(Digest::of(b"other"), "out/y")),
            ]
            .into(),
            outputs: ["out".into()].into(),
        }
    }

    #[test]
    fn bytes_and_back() {
        let thunk = example();
        assert_eq!(Thunk::from_bytes(&thunk.to_bytes()), Ok(thunk.clone()));
        let builtin = Thunk {
            function: Function::Builtin {
                name: "copy".into(),
                version: 1,
            },
            ..thunk
        };
        assert_eq!(Thunk::from_bytes(&builtin.to_bytes()), Ok(builtin));
    }

    /// A digest that was written down, so a change of form does not come unnoticed.
    #[test]
    fn digests_stay() {
        let digest = "1d9a8e8381e1ce14a36c32697153d5610b2d49ce20eb2920baa5a21d403152d5/283";
        assert_eq!(example().digest().to_string(), digest);
    }

    #[test]
    fn other_bytes_are_refused() {
        let bytes = example().to_bytes();
        for end in 0..bytes.len() {
            // What ends between two fields is another thunk, with that name.
            if let Ok(thunk) = Thunk::from_bytes(&bytes[..end]) {
                assert_eq!(thunk.to_bytes(), bytes[..end]);
            }
        }
        // A field that nobody knows: the same thunk with another name.
        let longer = [&bytes[..], &[0x30, 1]].concat();
        assert_eq!(Thunk::from_bytes(&longer), Err(NoThunk::Form));
    }

    #[test]
    fn paths_stay_inside() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\0",
            "a\\b",
        ] {
            let mut thunk = example();
            thunk
                .inputs
                .insert(path.into(), Input::value(Digest::of(b"")));
            assert_eq!(thunk.check(), Err(NoThunk::Path(path.into())));
            let mut thunk = example();
            thunk.outputs.insert(path.into());
            assert_eq!(thunk.check(), Err(NoThunk::Path(path.into())));
        }
    }

    #[test]
    fn files_are_no_folders() {
        for path in ["x", "x/y", "out/y", "bin"] {
            let mut thunk = example();
            thunk.outputs.insert(path.into());
            assert!(matches!(thunk.check(), Err(NoThunk::Inside(..))), "{path}");
        }
        let mut thunk = example();
        // Sorted by bytes "x-" lies between "x" and "x/y".
        thunk
            .inputs
            .insert("x-".into(), Input::value(Digest::of(b"")));
        assert_eq!(thunk.check(), Ok(()));
        thunk
            .inputs
            .insert("x/y".into(), Input::value(Digest::of(b"")));
        assert!(matches!(thunk.check(), Err(NoThunk::Inside(..))));
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        let mut thunk = example();
        thunk.function = Function::Executable("x".into());
        assert_eq!(thunk.check(), Err(NoThunk::Executable("x".into())));
        let mut thunk = example();
        thunk.outputs.clear();
        assert_eq!(thunk.check(), Err(NoThunk::NoOutput));
        for name in ["", "A=B", "A\0"] {
            let mut thunk = example();
            thunk.environment.insert(name.into(), String::new());
            assert_eq!(thunk.check(), Err(NoThunk::Text(name.into())));
        }
    }

    #[test]
    fn reducing_replaces_outputs() {
        let thunk = example();
        assert_eq!(thunk.waits_for(), [Digest::of(b"other")].into());
        assert_eq!(thunk.reduced(|_, _| None), None);
        let reduced = thunk
            .reduced(|_, path| Some(Digest::of(path.as_bytes())))
            .unwrap();
        assert_eq!(reduced.inputs["y"], Input::value(Digest::of(b"out/y")));
        assert_eq!(reduced.reduced(|_, _| None), Some(reduced));
    }
}
