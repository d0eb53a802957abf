//! What the tests work on.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use lentil_tests::jpeg_maker::{catalogue, make};
use tempfile::TempDir;

pub fn sample(name: &str) -> Vec<u8> {
    let (_, spec) = catalogue().into_iter().find(|(n, _)| n == name).unwrap();
    make(&spec)
}

pub fn lentil() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lentil"))
}

/// A folder with two photos, one of them deeper, and a file that is none.
pub struct Folder {
    root: TempDir,
    pub photos: [(PathBuf, Vec<u8>); 2],
}

impl Folder {
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("deep")).unwrap();
        let photos = [
            (root.path().join("one.jpg"), sample("420_100x75")),
            (root.path().join("deep/two.JPEG"), sample("444_progressive")),
        ];
        for (path, bytes) in &photos {
            fs::write(path, bytes).unwrap();
        }
        fs::write(root.path().join("notes.txt"), "no photo").unwrap();
        Folder { root, photos }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs the command, the arguments after the folder's path being taken as they are.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = lentil();
        command.current_dir(self.root.path()).args(arguments);
        command.output().unwrap()
    }

    /// No temporary file may be left.
    pub fn is_clean(&self) {
        for folder in [self.root.path().to_path_buf(), self.path("deep")] {
            for entry in fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name();
                assert!(!name.to_string_lossy().starts_with(".lentil"), "{name:?}");
            }
        }
    }
}

#[track_caller]
pub fn status(output: &Output, wanted: i32) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(wanted), "{errors}");
}

pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the command with this as its standard input.
pub fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = lentil()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || {
        // The command may end before it has read everything.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}
