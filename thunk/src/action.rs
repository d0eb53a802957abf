//! A thunk that waits for no other as the Remote Execution API's `Action`: a command, and a tree of folders.

use std::collections::BTreeMap;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use prost::Message;

use crate::digest::Digest;
use crate::thunk::{Function, Source, Thunk};

/// Where the executable with the built-in functions lies among the inputs.
const WORKER: &str = ".lentil/worker";

/// An action, and what has to be where it is executed.
#[derive(Clone, Debug)]
pub struct Action {
    /// The name of the `Action` message.
    pub digest: Digest,
    /// Messages, by name: the action, its command, its folders.
    pub messages: BTreeMap<Digest, Vec<u8>>,
    /// Files, by name.
    pub files: Vec<Digest>,
}

/// Why there is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAction {
    /// An input is another thunk's output.
    #[error("the thunk waits for others")]
    Waits,
    /// A built-in function, and nobody says which executable has it.
    #[error("built-in functions need a worker: an executable that has them")]
    NoWorker,
}

#[derive(Default)]
struct Folder<'a> {
    files: BTreeMap<&'a str, reapi::FileNode>,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

impl<'a> Folder<'a> {
    fn add(&mut self, path: &'a str, digest: Digest, executable: bool) {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folder = self;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            folder = folder.folders.entry(part).or_default();
        }
        let node = reapi::FileNode {
            name: name.to_owned(),
            digest: Some(digest.into()),
            is_executable: executable,
            ..Default::default()
        };
        folder.files.insert(name, node);
    }

    /// The message's name; it and those of folders in it are added to `messages`. Paths have at most 512 parts.
    fn encode(self, messages: &mut BTreeMap<Digest, Vec<u8>>) -> Digest {
        let directories = self
            .folders
            .into_iter()
            .map(|(name, folder)| reapi::DirectoryNode {
                name: name.to_owned(),
                digest: Some(folder.encode(messages).into()),
            });
        let directory = reapi::Directory {
            directories: directories.collect(),
            files: self.files.into_values().collect(),
            ..Default::default()
        };
        add(messages, &directory)
    }
}

fn add(messages: &mut BTreeMap<Digest, Vec<u8>>, message: &impl Message) -> Digest {
    let bytes = message.encode_to_vec();
    let digest = Digest::of(&bytes);
    messages.insert(digest, bytes);
    digest
}

impl Action {
    /// The action of a thunk that waits for no other. `worker` is the executable that has the built-in functions: it is called
    /// with a function's name, its version, and the thunk's arguments.
    ///
    /// # Errors
    ///
    /// If it waits, or its function is built in and there is no worker.
    pub fn new(thunk: &Thunk, worker: Option<Digest>) -> Result<Self, NoAction> {
        let mut root = Folder::default();
        let mut files = Vec::new();
        let mut file = |path, digest, executable| {
            root.add(path, digest, executable);
            files.push(digest);
        };
        for (path, input) in &thunk.inputs {
            let Source::Value(digest) = input.source else {
                return Err(NoAction::Waits);
            };
            file(path, digest, input.executable);
        }
        // A name without a slash would be looked for elsewhere.
        let mut words = match &thunk.function {
            Function::Executable(path) => vec![format!("./{path}")],
            Function::Builtin { name, version } => {
                file(WORKER, worker.ok_or(NoAction::NoWorker)?, true);
                vec![format!("./{WORKER}"), name.clone(), version.to_string()]
            }
        };
        words.extend(thunk.arguments.iter().cloned());
        let mut messages = BTreeMap::new();
        let action = reapi::Action {
            command_digest: Some(add(&mut messages, &thunk.command(words)).into()),
            input_root_digest: Some(root.encode(&mut messages).into()),
            ..Default::default()
        };
        let digest = add(&mut messages, &action);
        Ok(Action {
            digest,
            messages,
            files,
        })
    }

    /// The names of all messages and files.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &Digest> {
        self.messages.keys().chain(&self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thunk::Input;
    use crate::thunk::tests::example;

    fn reduced() -> Thunk {
        let value = |_: &Digest, path: &str| Some(Digest::of(path.as_bytes()));
        example().reduced(value).unwrap()
    }

    fn message<M: Message + Default>(action: &Action, digest: Option<&reapi::Digest>) -> M {
        let digest = Digest::try_from(digest.unwrap()).unwrap();
        M::decode(&action.messages[&digest][..]).unwrap()
    }

    #[test]
    fn folders_are_a_tree() {
        let action = Action::new(&reduced(), None).unwrap();
        let top: reapi::Action = message(&action, Some(&action.digest.into()));
        let command: reapi::Command = message(&action, top.command_digest.as_ref());
        assert_eq!(command.arguments, ["./bin/f", "a", ""]);
        assert_eq!(command.output_paths, ["out"]);
        let root: reapi::Directory = message(&action, top.input_root_digest.as_ref());
        let names: Vec<_> = root.files.iter().map(|file| &file.name[..]).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(root.directories[0].name, "bin");
        let bin: reapi::Directory = message(&action, root.directories[0].digest.as_ref());
        assert!(bin.files[0].is_executable);
        assert_eq!(action.files.len(), 3);
    }

    #[test]
    fn built_in_functions_bring_their_worker() {
        let thunk = Thunk {
            function: Function::Builtin {
                name: "copy".into(),
                version: 2,
            },
            ..reduced()
        };
        assert_eq!(Action::new(&thunk, None).unwrap_err(), NoAction::NoWorker);
        let worker = Digest::of(b"worker");
        let action = Action::new(&thunk, Some(worker)).unwrap();
        assert!(action.files.contains(&worker));
        let top: reapi::Action = message(&action, Some(&action.digest.into()));
        let command: reapi::Command = message(&action, top.command_digest.as_ref());
        assert_eq!(
            command.arguments,
            ["./.lentil/worker", "copy", "2", "a", ""]
        );
    }

    #[test]
    fn who_waits_has_no_action() {
        assert_eq!(Action::new(&example(), None).unwrap_err(), NoAction::Waits);
        let mut thunk = example();
        thunk
            .inputs
            .insert("y".into(), Input::value(Digest::of(b"")));
        assert!(Action::new(&thunk, None).is_ok());
    }
}
