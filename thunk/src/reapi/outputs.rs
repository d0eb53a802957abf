//! What an action left, as a thunk's value.

use bazel_remote_apis::build::bazel::remote::execution::v2::{ActionResult, OutputFile};

use crate::store::Value;
use crate::thunk::Thunk;

/// The value with just the declared outputs; or what is wrong with them.
pub(super) fn value(thunk: &Thunk, result: ActionResult) -> Result<Value, String> {
    let mut files = Vec::new();
    for path in &thunk.outputs {
        files.push(declared(path, &result)?.clone());
    }
    let reduced = ActionResult {
        output_files: files,
        execution_metadata: result.execution_metadata,
        ..Default::default()
    };
    Value::from_action_result(&reduced)
        .ok_or_else(|| "the server gives an output's digest in another form".into())
}

/// The file that has to be at a path.
fn declared<'a>(path: &str, result: &'a ActionResult) -> Result<&'a OutputFile, String> {
    let mut files = result.output_files.iter().filter(|file| file.path == path);
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        (Some(_), Some(_)) => Err(format!("the server gives {path} more than once")),
        (None, _) => Err(instead(path, result)),
    }
}

/// What there is instead of a file.
fn instead(path: &str, result: &ActionResult) -> String {
    // The fields that are deprecated are those of servers that know no others.
    #[allow(deprecated)]
    let mut links = (result.output_symlinks.iter())
        .chain(&result.output_file_symlinks)
        .chain(&result.output_directory_symlinks);
    if links.any(|link| link.path == path) {
        format!("{path} is a symbolic link, not a file")
    } else if result.output_directories.iter().any(|one| one.path == path) {
        format!("{path} is a folder, not a file")
    } else {
        format!("{path} is missing")
    }
}

#[cfg(test)]
mod tests {
    use bazel_remote_apis::build::bazel::remote::execution::v2::{OutputDirectory, OutputSymlink};

    use super::*;
    use crate::digest::Digest;
    use crate::thunk::tests::example;

    fn file(path: &str) -> OutputFile {
        OutputFile {
            path: path.into(),
            digest: Some(Digest::of(path.as_bytes()).into()),
            ..Default::default()
        }
    }

    fn with(output_files: Vec<OutputFile>) -> ActionResult {
        ActionResult {
            output_files,
            ..Default::default()
        }
    }

    #[test]
    fn only_declared_files_are_outputs() {
        let result = with(vec![file("other"), file("out"), file("/etc/passwd")]);
        let value = value(&example(), result).unwrap();
        assert_eq!(value.outputs.len(), 1);
        assert_eq!(value.outputs["out"].digest, Digest::of(b"out"));
    }

    #[test]
    fn what_is_no_file_is_named() {
        let wrong = |result, what: &str| {
            let said = value(&example(), result).unwrap_err();
            assert!(said.contains(what), "{said}");
        };
        wrong(with(vec![]), "out is missing");
        wrong(with(vec![file("/out"), file("./out")]), "out is missing");
        wrong(with(vec![file("out"), file("out")]), "more than once");
        let mut nameless = file("out");
        nameless.digest = None;
        wrong(with(vec![nameless]), "digest");
        let link = OutputSymlink {
            path: "out".into(),
            ..Default::default()
        };
        let folder = OutputDirectory {
            path: "out".into(),
            ..Default::default()
        };
        let linked = ActionResult {
            output_symlinks: vec![link],
            ..Default::default()
        };
        wrong(linked, "symbolic link");
        let folders = ActionResult {
            output_directories: vec![folder],
            ..Default::default()
        };
        wrong(folders, "folder");
    }
}
