//! Runs that are ended in their middle.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::folder::{lentil, sample, status};

/// The command, with signals as a terminal's user has them: whoever runs the tests may have them ignored.
fn heeding() -> Command {
    let mut command = lentil();
    let heed = || {
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
            // SAFETY: the default action of a signal can be set anywhere.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: between fork and exec it does but what is allowed there.
    unsafe { command.pre_exec(heed) };
    command
}

/// Whatever the moment, no original is lost and nothing half is under a final name.
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
        let mut child = heeding()
            .args(["compress", "-r", "--replace", "--quiet"])
            .arg(root.path())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        send(signal, &child);
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
        check_folder(root.path(), &jpeg, true);
    }
}

/// A file over the limit of its size fails by itself, and leaves nothing.
#[test]
fn a_limit_of_sizes_ends_no_run() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.jpg"), sample("large_420")).unwrap();
    fs::write(root.path().join("b.jpg"), sample("420_100x75")).unwrap();
    let run = Command::new("sh")
        .args([
            "-c",
            "ulimit -f 100 && exec \"$0\" compress -r --quiet \"$1\"",
        ])
        .arg(lentil().get_program())
        .arg(root.path())
        .output()
        .unwrap();
    status(&run, 1);
    let mut names: Vec<_> = fs::read_dir(root.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.jpg", "b.jpg", "b.lep"]);
}

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

/// Starts a run that waits for more of its input, its output having begun.
fn waiting(root: &Path) -> Child {
    let mut command = heeding();
    command.args(["compress", "-", "-o", "photo.lep"]);
    begun(command, root)
}

fn begun(mut command: Command, root: &Path) -> Child {
    let before = names(root).len();
    let mut child = command
        .current_dir(root)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(&sample("422")[..100]).unwrap();
    let start = Instant::now();
    while names(root).len() == before {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing begun");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root).unwrap();
    let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
    entries.map(name).collect()
}

fn send(signal: &str, child: &Child) {
    let mut kill = Command::new("kill");
    let sent = kill.arg(format!("-{signal}")).arg(child.id().to_string());
    assert!(sent.status().unwrap().success());
}

#[test]
fn signals_leave_nothing_behind() {
    for (signal, wanted) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let root = TempDir::new().unwrap();
        let mut child = waiting(root.path());
        // Waiting would close it, and so end the input.
        let stdin = child.stdin.take();
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(wanted));
        assert_eq!(names(root.path()), Vec::<String>::new());
        drop(stdin);
    }
}

#[test]
fn signals_that_are_ignored_stay_so() {
    let root = TempDir::new().unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$0\" compress - -o photo.lep"])
        .arg(lentil().get_program());
    let mut child = begun(shell, root.path());
    send("HUP", &child);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&sample("422")[100..]).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(names(root.path()), ["photo.lep"]);
}

#[test]
fn killed_runs_leave_a_temporary_file_until_the_next() {
    let root = TempDir::new().unwrap();
    let mut killed = waiting(root.path());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = names(root.path());
    assert!(left.len() == 1 && left[0].starts_with(".lentil-") && left[0].ends_with(".tmp"));

    let mut running = waiting(root.path());
    fs::write(root.path().join("one.jpg"), sample("420_100x75")).unwrap();
    let later = lentil()
        .args(["compress", "-r", "."])
        .current_dir(root.path())
        .output();
    status(&later.unwrap(), 0);
    let now = names(root.path());
    assert!(!now.contains(&left[0]), "{now:?}");
    // Those of the run that is under way are not removed.
    assert_eq!(now.len(), 3, "{now:?}");
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(&sample("422")[100..]).unwrap();
    drop(stdin);
    assert_eq!(running.wait().unwrap().code(), Some(0));
    let mut names = names(root.path());
    names.sort();
    assert_eq!(names, ["one.jpg", "one.lep", "photo.lep"]);
}
