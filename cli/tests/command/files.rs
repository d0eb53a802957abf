//! Files and folders, there and back.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use crate::folder::{Folder, json, sample, status};

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
