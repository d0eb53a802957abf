//! JPEGs that are compressed by an engine.

use std::fs;
use std::path::Path;

use lentil_thunk::jpeg::Compress;
use lentil_thunk::{Digest, Output, Store, Value};

use crate::folder::{Folder, json, sample, status};

/// Runs `lentil compress --engine local --store store` with more arguments.
fn compress(folder: &Folder, more: &[&str]) -> std::process::Output {
    let fixed = ["compress", "--engine", "local", "--store", "store"];
    folder.run(&[&fixed[..], more].concat())
}

fn said(run: &std::process::Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// The bytes of the two outputs, which are removed.
fn taken(folder: &Folder, below: &str) -> [Vec<u8>; 2] {
    ["one.lep", "deep/two.lep"].map(|name| {
        let path = folder.path(below).join(name);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        bytes
    })
}

/// The blob of these contents in the store.
fn blob(folder: &Folder, digest: &Digest) -> std::path::PathBuf {
    let hex = digest.hex();
    folder.path("store/blobs").join(&hex[..2]).join(&hex[2..])
}

#[test]
fn the_bytes_are_those_that_are_made_right_here() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "-r", "."]), 0);
    let wanted = taken(&folder, ".");
    for jobs in ["1", "3"] {
        let store = format!("store-{jobs}");
        let engine = ["--engine", "local", "--jobs", jobs, "--store", &store];
        let run = folder.run(&[&["compress", "-r", ".", "--json"], &engine[..]].concat());
        status(&run, 0);
        let report = json(&run);
        assert_eq!((&report["done"], &report["cached"]), (&2.into(), &0.into()));
        assert_eq!(report["files"][0]["cached"], false);
        status(&folder.run(&["verify", "-r", "."]), 0);
        assert!(taken(&folder, ".") == wanted, "{jobs} jobs");
    }
    folder.is_clean();
}

#[test]
fn choices_are_those_of_compressing_right_here() {
    let folder = Folder::new();
    for (number, choices) in [
        &["--partitions", "3"][..],
        &["--range", "100.."],
        &["--range", "100..900", "--no-verify"],
    ]
    .iter()
    .enumerate()
    {
        let out = format!("{number}.lep");
        let arguments = [&["one.jpg", "-o", &out, "--force"][..], choices].concat();
        status(&folder.run(&[&["compress"], &arguments[..]].concat()), 0);
        let wanted = fs::read(folder.path(&out)).unwrap();
        status(&compress(&folder, &arguments), 0);
        assert!(
            fs::read(folder.path(&out)).unwrap() == wanted,
            "{choices:?}"
        );
    }
    let run = compress(&folder, &["one.jpg", "--range", "9999999.."]);
    status(&run, 1);
    assert!(
        said(&run).contains("does not lie in the input"),
        "{}",
        said(&run)
    );
}

#[test]
fn a_second_run_computes_what_is_new() {
    let folder = Folder::new();
    status(&compress(&folder, &["-r", "."]), 0);
    let wanted = taken(&folder, ".");
    // The same contents by another name are known, too.
    fs::write(folder.path("new.jpg"), sample("422")).unwrap();
    fs::copy(folder.path("one.jpg"), folder.path("same.jpg")).unwrap();
    let run = compress(&folder, &["-r", ".", "--json"]);
    status(&run, 0);
    let report = json(&run);
    assert_eq!((&report["done"], &report["cached"]), (&4.into(), &3.into()));
    for file in report["files"].as_array().unwrap() {
        let is_new = file["input"] == "./new.jpg";
        assert_eq!(file["cached"], !is_new, "{file}");
    }
    assert!(taken(&folder, ".") == wanted);
    let run = compress(&folder, &["-r", "."]);
    status(&run, 0);
    assert!(
        said(&run).starts_with("2 done, 2 of them cached, 2 done before: "),
        "{}",
        said(&run)
    );
}

#[test]
fn what_a_store_lost_is_computed_again() {
    let folder = Folder::new();
    status(&compress(&folder, &["one.jpg"]), 0);
    let lep = fs::read(folder.path("one.lep")).unwrap();
    for (contents, jpeg_too) in [(Some("x"), false), (None, false), (Some("x"), true)] {
        fs::remove_file(folder.path("one.lep")).unwrap();
        let mut lost = vec![Digest::of(&lep)];
        lost.extend(jpeg_too.then(|| Digest::of(&folder.photos[0].1)));
        for digest in &lost {
            let path = blob(&folder, digest);
            fs::remove_file(&path).unwrap();
            if let Some(contents) = contents {
                let length = usize::try_from(digest.size).unwrap();
                fs::write(&path, contents.repeat(length)).unwrap();
            }
        }
        let run = compress(&folder, &["one.jpg", "--json"]);
        status(&run, 0);
        assert_eq!(json(&run)["cached"], 0);
        assert!(fs::read(folder.path("one.lep")).unwrap() == lep);
    }
}

#[test]
fn what_is_not_supported_is_left_and_named() {
    let folder = Folder::new();
    fs::write(folder.path("fake.jpg"), "no JPEG at all").unwrap();
    for _ in 0..2 {
        let run = compress(&folder, &["-r", "."]);
        status(&run, 3);
        let line = "./fake.jpg: left as it is: not a JPEG file: it does not begin with FF D8";
        assert!(said(&run).contains(line), "{}", said(&run));
        assert!(!folder.path("fake.lep").exists());
    }
    assert!(folder.path("one.lep").is_file() && folder.path("deep/two.lep").is_file());
    folder.is_clean();
}

#[test]
fn what_fails_keeps_nothing_else_from_being_done() {
    let folder = Folder::new();
    let run = compress(
        &folder,
        &["one.jpg", "missing.jpg", "deep/two.JPEG", "--json"],
    );
    status(&run, 1);
    let report = json(&run);
    assert_eq!((&report["done"], &report["failed"]), (&2.into(), &1.into()));
    let reason = report["files"][1]["reason"].as_str().unwrap();
    assert!(reason.starts_with("cannot read it"), "{reason}");

    // Of one the whole image is held.
    let run = compress(&folder, &["-r", ".", "--force", "--memory", "0", "--json"]);
    status(&run, 1);
    let report = json(&run);
    assert_eq!((&report["done"], &report["failed"]), (&1.into(), &1.into()));
    let reason = report["files"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("over the limit of 0"), "{reason}");
    status(&folder.run(&["verify", "-r", "."]), 0);
}

#[test]
fn a_deadline_is_for_each_file() {
    let folder = Folder::new();
    fs::write(folder.path("one.jpg"), sample("large_420")).unwrap();
    let mut other = sample("large_420");
    other.push(0);
    fs::write(folder.path("other.jpg"), other).unwrap();
    let hurry = ["--deadline", "0.000001", "--attempts", "1", "--json"];
    let run = compress(&folder, &[&["one.jpg", "other.jpg"], &hurry[..]].concat());
    status(&run, 1);
    for file in json(&run)["files"].as_array().unwrap() {
        let reason = file["reason"].as_str().unwrap();
        assert!(reason.contains("took longer"), "{file}");
    }
    status(&compress(&folder, &["-r", "."]), 0);
}

#[test]
fn originals_go_when_their_outputs_are_there() {
    let folder = Folder::new();
    fs::write(folder.path("fake.jpg"), "no JPEG at all").unwrap();
    status(&compress(&folder, &["-r", "--replace", "."]), 3);
    assert!(folder.photos.iter().all(|(path, _)| !path.exists()));
    assert!(folder.path("fake.jpg").exists());
    let back = folder.run(&["decompress", "-r", "--replace", "."]);
    status(&back, 0);
    assert_eq!(
        fs::read(folder.path("one.jpg")).unwrap(),
        folder.photos[0].1
    );
    assert_eq!(
        fs::read(folder.path("deep/two.jpg")).unwrap(),
        folder.photos[1].1
    );
    folder.is_clean();
}

/// Says that compressing a file gave what another gave.
fn poison(folder: &Folder, jpeg: &[u8], lep: &Path) {
    let compress = Compress {
        partitions: None,
        memory: 1024,
        range: None,
    };
    let store = Store::open(folder.path("store")).unwrap();
    let output = |digest| Output {
        digest,
        executable: false,
    };
    let outputs = [
        ("out.lep", store.put_file(lep).unwrap()),
        ("refused", store.put(b"").unwrap()),
    ];
    let value = Value {
        outputs: outputs
            .map(|(path, digest)| (path.to_owned(), output(digest)))
            .into(),
        seconds: 1.0,
    };
    let thunk = compress.thunk(Digest::of(jpeg)).digest();
    store.remember(&thunk, &value).unwrap();
}

#[test]
fn a_wrong_result_replaces_nothing_and_is_forgotten() {
    let folder = Folder::new();
    let (one, bytes) = &folder.photos[0];
    status(&folder.run(&["compress", "deep/two.JPEG"]), 0);
    poison(&folder, bytes, &folder.path("deep/two.lep"));
    let run = compress(&folder, &["--replace", "one.jpg"]);
    status(&run, 1);
    assert!(
        said(&run).contains("differ from the original"),
        "{}",
        said(&run)
    );
    assert_eq!(&fs::read(one).unwrap(), bytes);
    assert!(!folder.path("one.lep").exists());
    status(&compress(&folder, &["--replace", "one.jpg"]), 0);
    status(&folder.run(&["decompress", "one.lep"]), 0);
    assert_eq!(&fs::read(one).unwrap(), bytes);
}

/// Makes a thunk of a built-in function that leaves a file, and writes that to `left`.
fn call(folder: &Folder, function: &str, input: &str, output: &str, arguments: &[&str]) -> i32 {
    let create = ["thunk", "create", "--store", "store", "--builtin", function];
    let files = ["-i", input, "-o", output, "--"];
    let created = folder.run(&[&create[..], &files, arguments].concat());
    status(&created, 0);
    let thunk = String::from_utf8(created.stdout).unwrap();
    let out = format!("{output}=left");
    let force = ["thunk", "force", "--store", "store", "--force", "-q"];
    let forced = folder.run(&[&force[..], &["-o", &out, thunk.trim()]].concat());
    forced.status.code().unwrap()
}

#[test]
fn the_functions_can_be_called() {
    let folder = Folder::new();
    status(&compress(&folder, &["one.jpg"]), 0);
    let restore = "lepton-restore@1";
    assert_eq!(
        call(&folder, restore, "in.lep=one.lep", "out.jpg", &["1024"]),
        0
    );
    assert_eq!(fs::read(folder.path("left")).unwrap(), folder.photos[0].1);
    for (input, arguments) in [
        ("in.lep=one.lep", &[][..]),
        ("in.lep=one.lep", &["much"]),
        ("in.lep=one.jpg", &["1024"]),
        ("in.jpg=one.lep", &["1024"]),
    ] {
        assert_eq!(call(&folder, restore, input, "out.jpg", arguments), 1);
    }
    let compress = "lepton-compress@1";
    let arguments = ["auto", "1024", "all"];
    assert_eq!(
        call(&folder, compress, "in.jpg=one.jpg", "out.lep", &arguments),
        0
    );
    assert_eq!(
        fs::read(folder.path("left")).unwrap(),
        fs::read(folder.path("one.lep")).unwrap()
    );
    for wrong in [
        &["17", "1024", "all"][..],
        &["auto", "much", "all"],
        &["auto", "1024", "5.."],
        &["auto", "1024"],
    ] {
        assert_eq!(
            call(&folder, compress, "in.jpg=one.jpg", "out.lep", wrong),
            1
        );
    }
}

#[test]
fn outputs_are_not_overwritten() {
    let folder = Folder::new();
    fs::write(folder.path("one.lep"), "precious").unwrap();
    let run = compress(&folder, &["one.jpg"]);
    status(&run, 1);
    assert!(said(&run).contains("--force"));
    assert_eq!(fs::read(folder.path("one.lep")).unwrap(), b"precious");
    // What cannot be put anywhere is not computed.
    assert!(!blob(&folder, &Digest::of(&folder.photos[0].1)).exists());
    status(&compress(&folder, &["--force", "one.jpg"]), 0);
    status(&folder.run(&["verify", "one.lep"]), 0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    for usage in [
        &["one.jpg", "--threads", "2"][..],
        &["-"],
        &["one.jpg", "-o", "-"],
        &["."],
        &["one.jpg", "--range", "5..9", "--replace"],
        &["one.jpg", "--pieces", "0"],
        &["one.jpg", "--pieces", "1000"],
        &["one.jpg", "--pieces", "2", "--range", "5..9"],
        &["one.jpg", "--pieces", "2", "--replace"],
        &["one.jpg", "deep/two.JPEG", "--pieces", "2"],
        &["deep", "--pieces", "2"],
        &["deep", "-r", "--pieces", "2"],
        &["one.jpg", "--pieces", "2", "-o", "notes.txt"],
    ] {
        status(&compress(&folder, usage), 2);
    }
    for usage in [
        &["--jobs", "2"][..],
        &["--store", "store"],
        &["--deadline", "2"],
        &["--pieces", "2"],
    ] {
        status(&folder.run(&[&["compress", "one.jpg"], usage].concat()), 2);
    }
    let run = folder.run(&["compress", "one.jpg", "--engine", "abacus", "--store", "s"]);
    status(&run, 1);
    assert!(said(&run).contains("no engine \"abacus\""));
    assert!(!folder.path("one.lep").exists());
}

/// The names of pieces, as the shell would sort them.
fn pieces(folder: &Folder, below: &str) -> Vec<String> {
    let entries = fs::read_dir(folder.path(below)).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let names = entries.map(|entry| format!("{below}/{}", name(entry.unwrap())));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn pieces_join_to_the_file() {
    let folder = Folder::new();
    let photo = sample("large_420");
    fs::write(folder.path("large.jpg"), &photo).unwrap();
    let run = compress(
        &folder,
        &["large.jpg", "--pieces", "5", "-o", "cut", "--json"],
    );
    status(&run, 0);
    let report = json(&run);
    assert_eq!((&report["done"], &report["cached"]), (&5.into(), &0.into()));
    assert_eq!(report["jpeg_bytes"], photo.len());
    let names = pieces(&folder, "cut");
    assert_eq!(names.len(), 5);
    assert_eq!(names[4], "cut/large.jpg.004-of-005.lep");
    assert_eq!(report["files"][4]["output"], names[4].as_str());
    // They are of one length.
    for file in report["files"].as_array().unwrap() {
        let bytes = file["jpeg_bytes"].as_u64().unwrap() as usize;
        assert!(bytes.abs_diff(photo.len() / 5) <= 1, "{file}");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let join = [&["decompress", "--join"], &names[..]].concat();
    let run = folder.run(&[&join[..], &["-o", "back.jpg", "--json"]].concat());
    status(&run, 0);
    assert_eq!(json(&run)["done"], 5);
    assert!(fs::read(folder.path("back.jpg")).unwrap() == photo);
    let run = folder.run(&[&join[..], &["-o", "-"]].concat());
    status(&run, 0);
    assert!(run.stdout == photo && run.stderr.is_empty());
    status(&folder.run(&[&join[..], &["-o", "back.jpg"]].concat()), 1);

    let again = compress(&folder, &["large.jpg", "--pieces", "5", "-o", "cut"]);
    status(&again, 1);
    let again = compress(
        &folder,
        &["large.jpg", "--pieces", "5", "-o", "other", "--json"],
    );
    status(&again, 0);
    assert_eq!(json(&again)["cached"], 5);
    for (one, other) in names.iter().zip(pieces(&folder, "other")) {
        assert!(fs::read(folder.path(one)).unwrap() == fs::read(folder.path(&other)).unwrap());
    }
    folder.is_clean();
}

#[test]
fn pieces_are_joined_whole_or_not_at_all() {
    let folder = Folder::new();
    status(&compress(&folder, &["one.jpg", "--pieces", "3"]), 0);
    let name = |n: usize| format!("one.jpg.{n:03}-of-003.lep");
    let names = [0, 1, 2].map(name);
    let [first, second, third] = names.each_ref().map(String::as_str);
    let join = |pieces: &[&str], out: &str| {
        folder.run(&[&["decompress", "--join", "-o", out], pieces].concat())
    };
    for wrong in [
        &[first, second][..],
        &[second, first, third],
        &[first, second, third, "one.jpg"],
    ] {
        let run = join(wrong, "back.jpg");
        status(&run, 2);
        assert!(
            said(&run).contains("all of them and nothing else"),
            "{}",
            said(&run)
        );
    }
    status(
        &folder.run(&["decompress", "--join", first, second, third]),
        2,
    );
    let all = [first, second, third];
    status(&join(&[&["--replace"][..], &all].concat(), "back.jpg"), 2);
    status(&join(&["-"], "back.jpg"), 2);
    status(&join(&["deep"], "back.jpg"), 2);
    status(&join(&[&["--json"][..], &all].concat(), "-"), 2);
    status(&join(&[&["--force"][..], &all].concat(), second), 1);

    let mut bytes = fs::read(folder.path(third)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(folder.path(third), bytes).unwrap();
    let run = join(&all, "back.jpg");
    status(&run, 1);
    assert!(said(&run).starts_with(third), "{}", said(&run));
    assert!(!folder.path("back.jpg").exists());
    folder.is_clean();
}

#[test]
fn pieces_appear_together_or_not_at_all() {
    let folder = Folder::new();
    fs::write(folder.path("fake.jpg"), "no JPEG at all").unwrap();
    let run = compress(&folder, &["fake.jpg", "--pieces", "3", "-o", "cut"]);
    status(&run, 3);
    assert!(
        said(&run).contains("fake.jpg: left as it is"),
        "{}",
        said(&run)
    );
    let run = compress(&folder, &["fake.jpg", "--pieces", "99", "-o", "cut"]);
    status(&run, 1);
    assert!(said(&run).contains("fewer bytes than pieces"));
    status(&compress(&folder, &["missing.jpg", "--pieces", "3"]), 1);
    assert!(!folder.path("cut").exists());

    fs::create_dir(folder.path("cut")).unwrap();
    fs::write(folder.path("cut/one.jpg.001-of-002.lep"), "mine").unwrap();
    status(
        &compress(&folder, &["one.jpg", "--pieces", "2", "-o", "cut"]),
        1,
    );
    assert_eq!(pieces(&folder, "cut").len(), 1);
}
