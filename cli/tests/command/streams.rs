//! Standard input and output, pipes, and ranges of bytes.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::folder::{Folder, lentil, piped, sample, status};

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
fn a_range_of_a_stream_may_be_open() {
    let jpeg = sample("large_420");
    let lep = piped(&["compress", "--range", "500000..", "-"], &jpeg);
    status(&lep, 0);
    let back = piped(&["decompress", "-"], &lep.stdout);
    assert!(back.stdout == jpeg[500_000..]);
    status(
        &piped(&["compress", "--range", "99999999..", "-"], &jpeg),
        1,
    );
    let limit = piped(&["compress", "--range", "5..", "--memory", "0", "-"], &jpeg);
    status(&limit, 1);
    assert!(String::from_utf8_lossy(&limit.stderr).contains("memory"));
}

#[test]
fn a_folder_takes_no_stream() {
    let folder = Folder::new();
    let deep = folder.path("deep");
    let output = ["compress", "-", "-o", deep.to_str().unwrap()];
    status(&piped(&output, &sample("422")), 2);
    status(&piped(&["compress", "-", "one.jpg"], b""), 2);
    status(&piped(&["compress", "--replace", "-"], b""), 2);
    folder.is_clean();
}

#[test]
fn a_reader_may_have_enough() {
    let folder = Folder::new();
    let large = folder.path("large.jpg");
    fs::write(&large, sample("large_420")).unwrap();
    let mut child = lentil()
        .args(["compress", "-o", "-"])
        .arg(&large)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    // The pipe is closed right after these.
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    status(&output, 1);
    assert!(output.stderr.is_empty(), "it ends quietly");
}

#[test]
fn nobody_need_read_the_errors() {
    let mut child = lentil()
        .args(["compress", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(3), "empty is no JPEG");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_a_stream() {
    let folder = Folder::new();
    let (photo, bytes) = &folder.photos[0];
    let pipe = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for (arguments, wanted) in [
        (&["compress", "pipe", "-o", "one.lep"][..], 0),
        // What was read from a pipe cannot be removed.
        (&["compress", "pipe", "-o", "two.lep", "--replace"], 1),
    ] {
        let (from, to) = (photo.clone(), pipe.clone());
        let writer = std::thread::spawn(move || {
            // The command may close the pipe before it has read everything.
            let _ = fs::copy(from, to);
        });
        status(&folder.run(arguments), wanted);
        writer.join().unwrap();
    }
    // A pipe in the place of an output stays.
    status(
        &folder.run(&["compress", "--force", "one.jpg", "-o", "pipe"]),
        1,
    );
    assert!(!fs::metadata(&pipe).unwrap().is_file() && !folder.path("two.lep").exists());
    status(&folder.run(&["decompress", "one.lep", "-o", "back"]), 0);
    assert_eq!(&fs::read(folder.path("back")).unwrap(), bytes);
    folder.is_clean();
}
