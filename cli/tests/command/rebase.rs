//! Making video follow other video.

use std::fs;
use std::process::Output;

use lentil_tests::pictures::{Scene, y4m};

use crate::folder::{Folder, status};

const SIZE: (u16, u16) = (50, 38);

fn film(size: (u16, u16), frames: std::ops::Range<u32>) -> Vec<u8> {
    let pictures: Vec<_> = frames
        .map(|frame| Scene::Gradient.i420(size.0, size.1, frame))
        .collect();
    y4m(size, " F24:1 Ip C420jpeg", &pictures)
}

/// Two chunks, each encoded by itself, and the state after the first.
fn folder() -> Folder {
    folder_of(SIZE, 4)
}

/// The same of pictures of this size, so many a chunk.
fn folder_of(size: (u16, u16), count: u32) -> Folder {
    let folder = Folder::new();
    fs::write(folder.path("a.y4m"), film(size, 0..count)).unwrap();
    fs::write(folder.path("b.y4m"), film(size, count..2 * count)).unwrap();
    let encode = |arguments: &[&str]| status(&folder.run(arguments), 0);
    encode(&["encode", "a.y4m", "-o", "a.ivf", "--save-state", "a.state"]);
    encode(&["encode", "b.y4m", "-o", "b.ivf", "--save-state", "b.state"]);
    folder
}

fn rebase(folder: &Folder, more: &[&str]) -> Output {
    let inputs = [
        "rebase", "--state", "a.state", "--image", "b.y4m", "--frames", "b.ivf",
    ];
    folder.run(&[&inputs, more].concat())
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

#[test]
fn a_chunk_follows_another() {
    let folder = folder();
    let run = rebase(&folder, &["-o", "new.ivf", "--save-state", "new.state"]);
    status(&run, 0);
    assert!(said(&run).contains("4 frames of 50 x 38 (0 key)"));
    let decode = [
        "decode",
        "new.ivf",
        "--start-state",
        "a.state",
        "--start-frame",
        "0",
    ];
    let more = ["-o", "new.y4m", "--save-state", "4", "decoded.state"];
    status(&folder.run(&[&decode[..], &more].concat()), 0);
    let read = |name: &str| fs::read(folder.path(name)).unwrap();
    assert!(read("new.state") == read("decoded.state"));
    assert!(read("new.ivf").len() < read("b.ivf").len());
    folder.is_clean();

    // What has been rebased is rebased again: there and back it is about the same.
    let again = [
        "rebase",
        "--state",
        "a.state",
        "--image",
        "b.y4m",
        "--frames",
        "new.ivf",
        "--old-state",
        "a.state",
    ];
    status(&folder.run(&[&again[..], &["-o", "again.ivf"]].concat()), 0);
    let piped = folder.run(&[&again[..], &["-q", "-o", "-"]].concat());
    status(&piped, 0);
    let (new, again) = (read("new.ivf").len(), read("again.ivf").len());
    assert!(new.abs_diff(again) < 20 + new / 20, "{new} to {again}");
    assert_eq!(piped.stdout.len(), again);

    let run = rebase(&folder, &["-o", "new.ivf"]);
    status(&run, 1);
    assert!(said(&run).contains("--force"));
    status(&rebase(&folder, &["-o", "new.ivf", "--force", "-q"]), 0);
    folder.is_clean();
}

/// Of pictures that are not left to one thread.
#[test]
fn threads_change_nothing() {
    let folder = folder_of((352, 288), 2);
    status(&rebase(&folder, &["-o", "one.ivf", "-q"]), 0);
    for threads in ["2", "5"] {
        let more = ["-o", "x.ivf", "--force", "-q", "--threads", threads];
        status(&rebase(&folder, &more), 0);
        let [one, many] = ["one.ivf", "x.ivf"].map(|name| fs::read(folder.path(name)).unwrap());
        assert!(one == many, "{threads} threads");
    }
}

/// A chunk that was encoded after a guess of what it follows has no key frame.
#[test]
fn a_chunk_that_was_warmed_up_follows_another() {
    let folder = folder();
    fs::write(folder.path("warm.y4m"), film(SIZE, 3..4)).unwrap();
    let warm = ["encode", "warm.y4m", "-o", "warm.ivf"];
    status(
        &folder.run(&[&warm[..], &["--save-state", "warm"]].concat()),
        0,
    );
    let encode = ["encode", "b.y4m", "--force", "-o", "b.ivf", "--to-rebase"];
    let run = folder.run(&[&encode[..], &["--start-state", "warm"]].concat());
    status(&run, 0);
    assert!(said(&run).contains("(0 key)"));
    let more = ["-o", "new.ivf", "--save-state", "new.state"];
    let run = rebase(&folder, &[&["--old-state", "warm"][..], &more].concat());
    status(&run, 0);
    let decode = ["decode", "new.ivf", "--start-state", "a.state"];
    let more = ["--start-frame", "0", "--save-state", "4", "decoded.state"];
    status(&folder.run(&[&decode[..], &more].concat()), 0);
    let read = |name: &str| fs::read(folder.path(name)).unwrap();
    assert!(read("new.state") == read("decoded.state"));

    // Without a state to begin with there is nothing to guess.
    let run = folder.run(&encode);
    status(&run, 2);
    assert!(said(&run).contains("--start-state"));
    folder.is_clean();
}

#[test]
fn what_does_not_belong_together_is_told() {
    let folder = folder();
    fs::write(folder.path("short.y4m"), film(SIZE, 4..6)).unwrap();
    fs::write(folder.path("wide.y4m"), film((66, 38), 4..8)).unwrap();
    for (arguments, wanted) in [
        (
            ["a.state", "short.y4m", "b.ivf"],
            "frame 2: there are not as many frames",
        ),
        (["a.state", "wide.y4m", "b.ivf"], "66 x 38"),
        (["a.ivf", "b.y4m", "b.ivf"], "not a state file"),
    ] {
        let [state, image, frames] = arguments;
        let inputs = [
            "rebase", "--state", state, "--image", image, "--frames", frames,
        ];
        let more = ["-o", "new.ivf", "--save-state", "new.state"];
        let run = folder.run(&[&inputs[..], &more].concat());
        status(&run, 1);
        assert!(said(&run).contains(wanted), "{}", said(&run));
    }
    let run = rebase(&folder, &["-o", "b.ivf", "--force"]);
    status(&run, 1);
    assert!(said(&run).contains("its own place"));
    for wrong in [
        &["--save-state", "new.ivf"][..],
        &["--save-state", "-"],
        &["--threads", "0"],
    ] {
        status(
            &rebase(&folder, &[&["-o", "new.ivf"][..], wrong].concat()),
            2,
        );
    }
    assert!(!folder.path("new.ivf").exists() && !folder.path("new.state").exists());
    folder.is_clean();
}
