//! What must not be lost, and what must not be overwritten.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::time::Duration;

use crate::folder::{Folder, json, sample, status};

#[test]
fn two_photos_with_one_output_are_both_kept() {
    let folder = Folder::new();
    fs::write(folder.path("one.jpeg"), sample("422")).unwrap();
    // The second input's output is the first one's, by another spelling.
    let both = ["one.jpg", "deep/../one.jpeg"];
    let run = folder.run(&[&["compress", "--force", "--replace"][..], &both].concat());
    status(&run, 1);
    assert!(String::from_utf8_lossy(&run.stderr).contains("another input has the same output"));
    assert_eq!(fs::read(folder.path("one.jpeg")).unwrap(), sample("422"));
    status(&folder.run(&["decompress", "one.lep", "-o", "back"]), 0);
    assert_eq!(fs::read(folder.path("back")).unwrap(), folder.photos[0].1);

    // Now that the first is gone, the second must not pass for done, nor be removed.
    status(&folder.run(&["compress", "-r", "."]), 1);
    status(&folder.run(&["compress", "-r", "--replace", "."]), 1);
    assert_eq!(fs::read(folder.path("one.jpeg")).unwrap(), sample("422"));
}

#[test]
fn a_file_named_twice_is_done_once() {
    let folder = Folder::new();
    let run = folder.run(&["compress", "--json", "-r", ".", "one.jpg", "./one.jpg"]);
    status(&run, 0);
    assert_eq!(json(&run)["done"], 2);
}

#[test]
fn a_file_is_no_folder() {
    let folder = Folder::new();
    let run = folder.run(&["compress", "one.jpg", "deep/two.JPEG", "-o", "notes.txt"]);
    status(&run, 2);
    status(
        &folder.run(&["compress", "--replace", "--range", "0..", "one.jpg"]),
        2,
    );
    assert_eq!(fs::read(folder.path("notes.txt")).unwrap(), b"no photo");
}

#[test]
fn new_folders_are_made() {
    let folder = Folder::new();
    status(
        &folder.run(&["compress", "-r", "--replace", ".", "-o", "new/er"]),
        0,
    );
    assert!(
        folder.path("new/er/one.lep").is_file() && folder.path("new/er/deep/two.lep").is_file()
    );
    assert!(!folder.photos[0].0.exists() && !folder.photos[1].0.exists());
    status(&folder.run(&["verify", "-r", "new"]), 0);
}

#[test]
fn without_verification_the_bytes_are_the_same() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "one.jpg"]), 0);
    status(
        &folder.run(&["compress", "--no-verify", "one.jpg", "-o", "un"]),
        0,
    );
    assert_eq!(
        fs::read(folder.path("un")).unwrap(),
        fs::read(folder.path("one.lep")).unwrap()
    );
}

#[test]
fn an_output_of_another_size_is_not_taken_for_done() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "one.jpg"]), 0);
    let lep = folder.path("one.lep");
    let compressed = fs::read(&lep).unwrap();
    for wrong in [&b"no .lep"[..], &folder.photos[0].1] {
        fs::write(&lep, wrong).unwrap();
        let run = folder.run(&["compress", "-r", "."]);
        status(&run, 1);
        assert!(String::from_utf8_lossy(&run.stderr).contains("--force"));
        assert_eq!(fs::read(&lep).unwrap(), wrong);
    }
    status(&folder.run(&["compress", "-r", "--force", "."]), 0);
    assert_eq!(fs::read(&lep).unwrap(), compressed);
}

#[test]
fn an_older_output_is_not_taken_for_done() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "-r", "."]), 0);
    let photo = fs::File::options()
        .write(true)
        .open(&folder.photos[0].0)
        .unwrap();
    let before = photo.metadata().unwrap().modified().unwrap();
    // Coarse clocks of file systems are let pass.
    for (seconds, wanted) in [(1, 0), (60, 1)] {
        photo
            .set_modified(before + Duration::from_secs(seconds))
            .unwrap();
        let run = folder.run(&["compress", "-r", ".", "--json"]);
        status(&run, wanted);
        assert_eq!(json(&run)["done_before"], 2 - wanted);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    let folder = Folder::new();
    fs::write(folder.path("target"), "old").unwrap();
    symlink("target", folder.path("link.lep")).unwrap();
    let to_link = ["compress", "one.jpg", "-o", "link.lep"];
    status(&folder.run(&to_link), 1);
    status(&folder.run(&[&to_link[..], &["--force"]].concat()), 0);
    assert!(folder.path("link.lep").is_symlink());
    status(&folder.run(&["decompress", "target", "-o", "back"]), 0);
    assert_eq!(fs::read(folder.path("back")).unwrap(), folder.photos[0].1);
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_does_not_end_the_run() {
    let folder = Folder::new();
    let locked = folder.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&locked).is_ok() {
        eprintln!("skipped: this user may read every folder");
        return;
    }
    let run = folder.run(&["compress", "-r", ".", "--json"]);
    status(&run, 1);
    assert_eq!(json(&run)["done"], 2);
    assert_eq!(json(&run)["failed"], 1);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn owners_are_kept() {
    let folder = Folder::new();
    let (photo, _) = &folder.photos[0];
    if std::os::unix::fs::chown(photo, Some(4321), Some(4322)).is_err() {
        eprintln!("skipped: this user may not give files away");
        return;
    }
    fs::set_permissions(photo, fs::Permissions::from_mode(0o640)).unwrap();
    status(&folder.run(&["compress", "--replace", "one.jpg"]), 0);
    let lep = fs::metadata(folder.path("one.lep")).unwrap();
    assert_eq!(
        (lep.uid(), lep.gid(), lep.mode() & 0o777),
        (4321, 4322, 0o640)
    );
}

#[cfg(unix)]
#[test]
fn streams_obey_the_umask() {
    let folder = Folder::new();
    let script = format!(
        "umask 027; exec '{}' compress - -o piped.lep < one.jpg",
        env!("CARGO_BIN_EXE_lentil")
    );
    let mut shell = std::process::Command::new("sh");
    let run = shell
        .arg("-c")
        .arg(script)
        .current_dir(folder.path(""))
        .output();
    status(&run.unwrap(), 0);
    let mode = fs::metadata(folder.path("piped.lep")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o640);
}
