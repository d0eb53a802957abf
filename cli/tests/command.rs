//! The command as its users meet it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use lentil_tests::jpeg_maker::{catalogue, make};
use tempfile::TempDir;

fn sample(name: &str) -> Vec<u8> {
    let (_, spec) = catalogue().into_iter().find(|(n, _)| n == name).unwrap();
    make(&spec)
}

fn lentil() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lentil"))
}

/// A folder with two photos, one of them deeper, and a file that is none.
struct Folder {
    root: TempDir,
    photos: [(PathBuf, Vec<u8>); 2],
}

impl Folder {
    fn new() -> Self {
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

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Runs the command, the arguments after the folder's path being taken as they are.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = lentil();
        command.current_dir(self.root.path()).args(arguments);
        command.output().unwrap()
    }

    /// No temporary file may be left.
    fn is_clean(&self) {
        for folder in [self.root.path().to_path_buf(), self.path("deep")] {
            for entry in fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name();
                assert!(!name.to_string_lossy().starts_with(".lentil"), "{name:?}");
            }
        }
    }
}

#[track_caller]
fn status(output: &Output, wanted: i32) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(wanted), "{errors}");
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_folder_there_and_back() {
    let folder = Folder::new();
    let run = folder.run(&["compress", "-r", ".", "--json"]);
    status(&run, 0);
    let report = json(&run);
    assert_eq!(report["done"], 2);
    assert_eq!(report["files"].as_array().unwrap().len(), 2);
    assert!(report["saving_percent"].as_f64().unwrap() > 1.0);
    assert!(folder.path("one.lep").is_file() && folder.path("deep/two.lep").is_file());
    status(&folder.run(&["verify", "-r", "."]), 0);

    // A second run finds everything done.
    let again = folder.run(&["compress", "-r", ".", "--json"]);
    status(&again, 0);
    assert_eq!(json(&again)["done_before"], 2);

    let back = folder.run(&["decompress", "-r", "-o", "out", "."]);
    status(&back, 0);
    assert_eq!(
        fs::read(folder.path("out/one.jpg")).unwrap(),
        folder.photos[0].1
    );
    assert_eq!(
        fs::read(folder.path("out/deep/two.jpg")).unwrap(),
        folder.photos[1].1
    );
    folder.is_clean();
}

#[test]
fn replacing_keeps_times_and_permissions() {
    let folder = Folder::new();
    let (photo, bytes) = &folder.photos[0];
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options()
        .write(true)
        .open(photo)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(photo, fs::Permissions::from_mode(0o640)).unwrap();
    }
    status(&folder.run(&["compress", "--replace", "one.jpg"]), 0);
    assert!(!photo.exists());
    status(&folder.run(&["decompress", "--replace", "one.lep"]), 0);
    assert!(!folder.path("one.lep").exists());
    assert_eq!(&fs::read(photo).unwrap(), bytes);
    let metadata = fs::metadata(photo).unwrap();
    assert_eq!(metadata.modified().unwrap(), long_ago);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    }
    folder.is_clean();
}

#[test]
fn an_interrupted_replacement_is_completed() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "-r", "."]), 0);
    let run = folder.run(&["compress", "-r", "--replace", "."]);
    status(&run, 0);
    assert!(folder.photos.iter().all(|(path, _)| !path.exists()));

    // But not if what is there is something else.
    fs::write(&folder.photos[0].0, sample("422")).unwrap();
    let newer = SystemTime::now() + Duration::from_secs(5);
    File::options()
        .write(true)
        .open(folder.path("one.lep"))
        .unwrap()
        .set_modified(newer)
        .unwrap();
    status(&folder.run(&["compress", "-r", "--replace", "."]), 1);
    assert!(folder.photos[0].0.exists());
}

#[test]
fn outputs_are_not_overwritten() {
    let folder = Folder::new();
    fs::write(folder.path("one.lep"), "precious").unwrap();
    let run = folder.run(&["compress", "one.jpg"]);
    status(&run, 1);
    assert!(String::from_utf8_lossy(&run.stderr).contains("--force"));
    assert_eq!(fs::read(folder.path("one.lep")).unwrap(), b"precious");
    status(&folder.run(&["compress", "--force", "one.jpg"]), 0);
    status(&folder.run(&["verify", "one.lep"]), 0);
    status(
        &folder.run(&["compress", "--force", "one.jpg", "-o", "one.jpg"]),
        1,
    );
    assert_eq!(fs::read(&folder.photos[0].0).unwrap(), folder.photos[0].1);
}

#[test]
fn exit_statuses() {
    let folder = Folder::new();
    fs::write(folder.path("fake.jpg"), "no JPEG at all").unwrap();
    let unsupported = folder.run(&["compress", "-r", "."]);
    status(&unsupported, 3);
    let errors = String::from_utf8_lossy(&unsupported.stderr).into_owned();
    assert!(
        errors.contains("fake.jpg") && errors.contains("FF D8"),
        "{errors}"
    );
    assert_eq!(
        fs::read(folder.path("fake.jpg")).unwrap(),
        b"no JPEG at all"
    );
    assert!(!folder.path("fake.lep").exists());
    status(&folder.run(&["compress", "missing.jpg"]), 1);
    status(&folder.run(&["compress", "missing.jpg", "fake.jpg"]), 1);
    status(&folder.run(&["decompress", "one.jpg"]), 1);
    status(&folder.run(&["info", "fake.jpg"]), 3);
    for usage in [
        &["compress"][..],
        &["compress", "."],
        &["compress", "one.jpg", "--range", "5..2"],
        &["compress", "one.jpg", "--partitions", "17"],
        &["compress", "one.jpg", "--replace", "--no-verify"],
        &["compress", "one.jpg", "-o", "-", "--json"],
        &["frobnicate"],
    ] {
        status(&folder.run(usage), 2);
    }
    folder.is_clean();
}

#[test]
fn damaged_files_leave_nothing() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "one.jpg"]), 0);
    let mut lep = fs::read(folder.path("one.lep")).unwrap();
    let middle = lep.len() / 2;
    lep[middle] ^= 0x55;
    fs::write(folder.path("bad.lep"), &lep).unwrap();
    status(&folder.run(&["decompress", "--replace", "bad.lep"]), 1);
    assert!(folder.path("bad.lep").exists() && !folder.path("bad.jpg").exists());
    status(&folder.run(&["verify", "bad.lep"]), 1);
    folder.is_clean();
}

fn piped(arguments: &[&str], input: &[u8]) -> Output {
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

#[test]
fn pipes() {
    let jpeg = sample("large_420");
    let lep = piped(&["compress", "-"], &jpeg);
    status(&lep, 0);
    assert!(lep.stdout.len() < jpeg.len());
    let back = piped(&["decompress", "-", "-o", "-"], &lep.stdout);
    status(&back, 0);
    assert!(back.stdout == jpeg);
    status(&piped(&["compress", "-"], b"no JPEG"), 3);

    let folder = Folder::new();
    let file = folder.path("piped.lep");
    status(
        &piped(&["compress", "-", "-o", file.to_str().unwrap()], &jpeg),
        0,
    );
    assert_eq!(fs::read(&file).unwrap(), lep.stdout);
    let out = folder.run(&["decompress", "piped.lep", "-o", "-"]);
    assert!(out.stdout == jpeg);
    folder.is_clean();
}

#[test]
fn ranges() {
    let folder = Folder::new();
    let jpeg = sample("large_420");
    fs::write(folder.path("large.jpg"), &jpeg).unwrap();
    status(
        &folder.run(&["compress", "--range", "300000..700000", "large.jpg"]),
        0,
    );
    status(
        &folder.run(&["compress", "--range", "700000..", "large.jpg"]),
        0,
    );
    status(
        &folder.run(&["decompress", "large.300000-700000.lep", "-o", "middle"]),
        0,
    );
    status(
        &folder.run(&["decompress", "large.700000-.lep", "-o", "end"]),
        0,
    );
    assert!(fs::read(folder.path("middle")).unwrap() == jpeg[300_000..700_000]);
    assert!(fs::read(folder.path("end")).unwrap() == jpeg[700_000..]);
    status(
        &folder.run(&["compress", "--range", "0..99999999", "large.jpg"]),
        1,
    );
}

#[test]
fn what_files_hold() {
    let folder = Folder::new();
    status(
        &folder.run(&["compress", "one.jpg", "--partitions", "2"]),
        0,
    );
    let run = folder.run(&["info", "--json", "one.jpg", "one.lep"]);
    status(&run, 0);
    let files = &json(&run)["files"];
    for i in 0..2 {
        assert_eq!(files[i]["width"], 100);
        assert_eq!(files[i]["height"], 75);
        assert_eq!(files[i]["jpeg_bytes"], folder.photos[0].1.len());
        assert_eq!(files[i]["components"][0]["horizontal"], 2);
    }
    assert_eq!(files[1]["kind"], "lepton");
    assert_eq!(files[1]["partitions"].as_array().unwrap().len(), 2);
    assert_eq!(files[1]["form"], "Z");
    let text = folder.run(&["info", "one.lep"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("100 x 75"));
}

#[test]
fn verdicts() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "one.jpg"]), 0);
    let verdict =
        |folder: &Folder| json(&folder.run(&["verify", "--json", "one.lep"]))["files"][0].clone();
    assert_eq!(verdict(&folder)["equals"], "one.jpg");
    fs::remove_file(folder.path("one.jpg")).unwrap();
    assert_eq!(verdict(&folder)["equals"], "hash");
    fs::write(folder.path("one.jpg"), sample("422")).unwrap();
    assert_eq!(verdict(&folder)["restores"], false);
}

/// Whatever the moment, no original is lost and nothing half is under a final name.
#[cfg(unix)]
#[test]
fn interrupted_runs_lose_nothing() {
    let jpeg = sample("large_420");
    for (signal, delay) in [
        ("INT", 30),
        ("INT", 150),
        ("KILL", 30),
        ("KILL", 150),
        ("TERM", 80),
    ] {
        let root = TempDir::new().unwrap();
        for i in 0..8 {
            fs::write(root.path().join(format!("{i}.jpg")), &jpeg).unwrap();
        }
        let mut child = lentil()
            .args(["compress", "-r", "--replace", "--quiet"])
            .arg(root.path())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        let kill = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(child.id().to_string())
            .status();
        assert!(kill.unwrap().success());
        child.wait().unwrap();
        check_folder(root.path(), &jpeg, signal != "KILL");

        let second = lentil()
            .args(["compress", "-r", "--replace"])
            .arg(root.path())
            .output()
            .unwrap();
        status(&second, 0);
        for i in 0..8 {
            assert!(!root.path().join(format!("{i}.jpg")).exists());
        }
        check_folder(root.path(), &jpeg, signal != "KILL");
    }
}

#[cfg(unix)]
fn check_folder(root: &Path, jpeg: &[u8], clean: bool) {
    for i in 0..8 {
        let original = root.join(format!("{i}.jpg"));
        let lep = root.join(format!("{i}.lep"));
        assert!(original.exists() || lep.exists());
        if original.exists() {
            assert!(fs::read(&original).unwrap() == jpeg);
        }
        if lep.exists() {
            let restored = lentil()
                .args(["decompress", "-o", "-"])
                .arg(&lep)
                .output()
                .unwrap();
            assert!(restored.stdout == jpeg);
        }
    }
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            name.ends_with(".jpg") || name.ends_with(".lep") || !clean,
            "{name}"
        );
    }
}
