//! Video: decoding, and what files hold.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use crate::folder::{Folder, json, status};

/// A stream of the tests' data, and the MD5 of each of its pictures.
fn sample(name: &str) -> (PathBuf, Vec<String>) {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/vp8");
    let sums = fs::read_to_string(data.join(format!("{name}.md5"))).unwrap();
    let sums = sums.lines().map(|line| line.split(' ').next().unwrap());
    (data.join(name), sums.map(str::to_owned).collect())
}

fn lines(run: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&run.stdout);
    text.lines().map(str::to_owned).collect()
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

#[test]
fn pictures_are_those_of_libvpx() {
    let folder = Folder::new();
    for name in ["qcif.ivf", "profile1.ivf", "profile2.ivf", "profile3.ivf"] {
        let (path, sums) = sample(name);
        for threads in ["1", "3"] {
            let path = path.to_str().unwrap();
            let run = folder.run(&["decode", path, "--frame-md5", "--threads", threads]);
            status(&run, 0);
            assert_eq!(lines(&run), sums, "{name}");
        }
    }
}

#[test]
fn outputs_are_written() {
    let folder = Folder::new();
    let (path, sums) = sample("qcif.ivf");
    fs::copy(path, folder.path("film.ivf")).unwrap();
    let only = folder.run(&["decode", "film.ivf"]);
    status(&only, 0);
    assert!(said(&only).contains(&format!("frames of 176 x 144 ({} shown)", sums.len())));

    status(&folder.run(&["decode", "film.ivf", "-o", "film.y4m"]), 0);
    status(
        &folder.run(&["decode", "film.ivf", "-o", "film.i420", "-q"]),
        0,
    );
    let y4m = fs::read(folder.path("film.y4m")).unwrap();
    let i420 = fs::read(folder.path("film.i420")).unwrap();
    assert!(y4m.starts_with(b"YUV4MPEG2 W176 H144 F"));
    assert_eq!(i420.len(), sums.len() * 176 * 144 * 3 / 2);
    let header = y4m.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let frames = y4m[header..].chunks(6 + 176 * 144 * 3 / 2);
    assert!(frames.flat_map(|frame| &frame[6..]).eq(&i420));

    let standard = folder.run(&["decode", "film.ivf", "-o", "-", "--format", "i420", "-q"]);
    assert!(standard.stdout == i420);
    let again = folder.run(&["decode", "film.ivf", "-o", "film.y4m"]);
    status(&again, 1);
    assert!(said(&again).contains("--force"));
    status(
        &folder.run(&["decode", "film.ivf", "-o", "film.y4m", "--force"]),
        0,
    );
}

#[test]
fn decoding_goes_on_from_a_state() {
    let folder = Folder::new();
    let (path, sums) = sample("qcif.ivf");
    fs::copy(path, folder.path("film.ivf")).unwrap();
    let half = sums.len() / 2;
    let at = half.to_string();
    let save = [
        "decode",
        "film.ivf",
        "--save-state",
        &at,
        "half.state",
        "-q",
    ];
    status(&folder.run(&save), 0);
    let rest = [
        "decode",
        "film.ivf",
        "--start-state",
        "half.state",
        "--start-frame",
        &at,
    ];
    let run = folder.run(&[&rest[..], &["--frame-md5"]].concat());
    status(&run, 0);
    // One of the frames before is hidden.
    assert_eq!(lines(&run), sums[half - 1..]);

    let end = (sums.len() + 1).to_string();
    status(
        &folder.run(&["decode", "film.ivf", "--save-state", &end, "end.state"]),
        0,
    );
    let beyond = folder.run(&["decode", "film.ivf", "--save-state", "9999", "x.state"]);
    status(&beyond, 1);
    assert!(!folder.path("x.state").exists());
    status(
        &folder.run(&["decode", "film.ivf", "--save-state", "x", "x.state"]),
        2,
    );
    status(
        &folder.run(&["decode", "film.ivf", "--start-state", "half.state"]),
        2,
    );

    let mut damaged = fs::read(folder.path("half.state")).unwrap();
    damaged[2000] ^= 1;
    fs::write(folder.path("half.state"), damaged).unwrap();
    let run = folder.run(&rest);
    status(&run, 1);
    assert!(said(&run).contains("half.state"));
}

#[test]
fn damage_is_said_and_leaves_no_output() {
    let folder = Folder::new();
    let (path, sums) = sample("moving.ivf");
    let mut film = fs::read(path).unwrap();
    // The fourth frame: not even a header.
    let mut at = 32;
    for _ in 0..3 {
        at += 12 + u32::from_le_bytes(film[at..at + 4].try_into().unwrap()) as usize;
    }
    let length = u32::from_le_bytes(film[at..at + 4].try_into().unwrap()) as usize;
    film.drain(at + 12 + 2..at + 12 + length);
    film[at..at + 4].copy_from_slice(&[2, 0, 0, 0]);
    fs::write(folder.path("film.ivf"), &film).unwrap();
    let run = folder.run(&["decode", "film.ivf", "-o", "film.y4m"]);
    status(&run, 1);
    assert!(said(&run).contains("frame 3"), "{}", said(&run));
    assert!(!folder.path("film.y4m").exists());
    let run = folder.run(&["decode", "film.ivf", "--keep-going", "--frame-md5"]);
    status(&run, 1);
    assert_eq!(lines(&run).len(), sums.len());
    assert_eq!(lines(&run)[..3], sums[..3]);
    assert_eq!(lines(&run)[3], sums[2]);

    film.truncate(at + 5);
    fs::write(folder.path("short.ivf"), &film).unwrap();
    status(&folder.run(&["decode", "short.ivf"]), 1);
    status(&folder.run(&["decode", "one.jpg"]), 3);
    status(&folder.run(&["decode", "nothing.ivf"]), 1);
}

#[test]
fn large_claims_take_no_memory() {
    let folder = Folder::new();
    let (path, _) = sample("tiny.ivf");
    let mut film = fs::read(path).unwrap();
    // The first frame's size: 16383 x 16383.
    film[32 + 12 + 6..][..4].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    fs::write(folder.path("film.ivf"), &film).unwrap();
    let run = folder.run(&["decode", "film.ivf"]);
    status(&run, 1);
    assert!(said(&run).contains("16383"), "{}", said(&run));
}

#[test]
fn what_videos_hold() {
    let folder = Folder::new();
    let (path, sums) = sample("qcif.ivf");
    fs::copy(path, folder.path("film.ivf")).unwrap();
    let run = folder.run(&["info", "--json", "film.ivf", "one.jpg"]);
    status(&run, 0);
    let files = &json(&run)["files"];
    let film = &files[0];
    assert_eq!(film["kind"], "video");
    assert_eq!(film["width"], 176);
    let frames = film["frames"].as_array().unwrap();
    let shown = frames.iter().filter(|frame| frame["shown"] == true);
    assert_eq!(shown.count(), sums.len());
    assert_eq!(frames[0]["key"], true);
    assert_eq!(frames[0]["macroblocks"]["intra"], 99);
    assert_eq!(files[1]["kind"], "jpeg");
    let text = folder.run(&["info", "film.ivf"]);
    assert!(lines(&text).iter().any(|line| line.contains("176 x 144")));

    let film = fs::read(folder.path("film.ivf")).unwrap();
    fs::write(folder.path("film.ivf"), &film[..film.len() / 2]).unwrap();
    let run = folder.run(&["info", "--json", "film.ivf"]);
    status(&run, 1);
    assert!(json(&run)["files"][0]["damage"].is_string());
}
