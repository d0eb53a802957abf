//! Films that are encoded by many tasks.

use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use lentil_tests::pictures::{Scene, y4m};

use crate::casd::Casd;
use crate::folder::{Folder, json, lentil, status};

const SIZE: (u16, u16) = (66, 50);

/// Bytes before an IVF file's first frame.
const IVF_HEADER: usize = 32;

/// A folder with a film of 17 pictures.
fn folder() -> Folder {
    let folder = Folder::new();
    let pictures: Vec<_> = (0..17)
        .map(|frame| Scene::Mixed.i420(SIZE.0, SIZE.1, frame))
        .collect();
    fs::write(
        folder.path("film.y4m"),
        y4m(SIZE, " F24:1 Ip C420jpeg", &pictures),
    )
    .unwrap();
    folder
}

/// `lentil encode film.y4m -o OUT --parallel 4,3`, with a store and more arguments.
fn arguments<'a>(out: &'a str, store: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "encode",
        "film.y4m",
        "--parallel",
        "4,3",
        "--quantizer",
        "40",
    ];
    [&fixed[..], &["-o", out, "--store", store], more].concat()
}

fn encode(folder: &Folder, out: &str, more: &[&str]) -> Output {
    folder.run(&arguments(out, "store", more))
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

#[test]
fn chunks_follow_each_other() {
    let folder = folder();
    let run = encode(&folder, "film.ivf", &[]);
    status(&run, 0);
    // Five chunks, of which two begin chains: five encodings, three rebased, one joined.
    assert!(
        said(&run).contains("17 frames of 66 x 50 in 5 chunks"),
        "{}",
        said(&run)
    );
    assert!(said(&run).contains("9 thunks computed"), "{}", said(&run));
    let info = json(&folder.run(&["info", "--json", "film.ivf"]))["files"][0].clone();
    let frames = info["frames"].as_array().unwrap();
    let keys: Vec<bool> = frames.iter().map(|frame| frame["key"] == true).collect();
    let expected: Vec<bool> = (0..17).map(|at| at % 12 == 0).collect();
    assert_eq!(keys, expected);
    for (at, frame) in frames.iter().enumerate() {
        // Those that begin chunks have finer ones.
        assert_eq!(frame["quantizer"], if at % 4 == 0 { 25 } else { 40 });
        assert_eq!(frame["lacks_data"], false);
    }
    let equal = encode(&folder, "equal.ivf", &["--first-quantizer", "40"]);
    status(&equal, 0);
    let equal = json(&folder.run(&["info", "--json", "equal.ivf"]))["files"][0].clone();
    let frames = equal["frames"].as_array().unwrap();
    assert!(frames.iter().all(|frame| frame["quantizer"] == 40));
    assert_eq!(info["rate"], serde_json::json!([24, 1]));
    assert!(!folder.path("film.ivf.part").exists());
    // What decoders make of it is like the film, up to its end, where errors of all chunks would be.
    status(
        &folder.run(&["decode", "film.ivf", "-o", "back.y4m", "-q"]),
        0,
    );
    let [film, back] = ["film.y4m", "back.y4m"].map(|name| fs::read(folder.path(name)).unwrap());
    let picture = usize::from(SIZE.0) * usize::from(SIZE.1);
    let error = |at: usize| {
        let start = |file: &[u8]| file.len() - (17 - at) * (picture * 3 / 2 + 6) + 6;
        let [film, back] = [
            &film[start(&film)..][..picture],
            &back[start(&back)..][..picture],
        ];
        let squares = film
            .iter()
            .zip(back)
            .map(|(&a, &b)| f64::from(a.abs_diff(b)).powi(2));
        squares.sum::<f64>() / picture as f64
    };
    let first: f64 = (0..4).map(error).sum();
    let last: f64 = (8..12).map(error).sum();
    assert!(last < 2.0 * first, "{first} {last}");
}

#[test]
fn the_bytes_do_not_depend_on_jobs_nor_on_what_was_known() {
    let folder = folder();
    status(&encode(&folder, "one.ivf", &["--jobs", "1"]), 0);
    let again = encode(&folder, "again.ivf", &["--json"]);
    status(&again, 0);
    let report = json(&again);
    assert_eq!(report["run"]["thunks"][0]["origin"], "cached");
    status(
        &folder.run(&arguments("many.ivf", "elsewhere", &["--jobs", "4"])),
        0,
    );
    let one = fs::read(folder.path("one.ivf")).unwrap();
    for other in ["again.ivf", "many.ivf"] {
        assert!(fs::read(folder.path(other)).unwrap() == one, "{other}");
    }
    let piped = encode(&folder, "-", &["-q"]);
    status(&piped, 0);
    assert!(piped.stdout == one);
}

#[test]
fn a_killed_run_goes_on() {
    let folder = folder();
    status(&encode(&folder, "whole.ivf", &["-q"]), 0);
    let whole = fs::read(folder.path("whole.ivf")).unwrap();
    for delay in [5, 20, 40, 80, 160] {
        let store = format!("store{delay}");
        let arguments = arguments("killed.ivf", &store, &["--force", "--jobs", "2"]);
        let mut child = lentil()
            .args(&arguments)
            .current_dir(folder.path("."))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        status(&folder.run(&arguments), 0);
        assert!(
            fs::read(folder.path("killed.ivf")).unwrap() == whole,
            "after {delay} ms"
        );
    }
}

/// What is written while the film is not yet whole is its beginning.
#[test]
fn a_killed_run_leaves_the_frames_so_far() {
    let folder = folder();
    status(&encode(&folder, "whole.ivf", &["-q"]), 0);
    let whole = fs::read(folder.path("whole.ivf")).unwrap();
    let part = folder.path("film.ivf.part");
    // The run may have ended before anybody looks.
    let film = (0..20).find_map(|attempt| {
        let store = format!("store{attempt}");
        let mut child = lentil()
            .args(arguments("film.ivf", &store, &["--force", "--jobs", "1"]))
            .current_dir(folder.path("."))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while child.try_wait().unwrap().is_none() {
            if fs::metadata(&part).is_ok_and(|part| part.len() > IVF_HEADER as u64) {
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
        fs::read(&part).ok()
    });
    let film = film.expect("a run that could be killed");
    assert!(whole[IVF_HEADER..].starts_with(&film[IVF_HEADER..]));
    let info = json(&folder.run(&["info", "--json", "film.ivf.part"]))["files"][0].clone();
    let frames = info["frames"].as_array().unwrap().len();
    assert!((4..17).contains(&frames), "{frames}");
    status(&folder.run(&["decode", "film.ivf.part", "-o", "-"]), 0);
}

/// Another machine, as far as the command can tell; with another build of the worker if `LENTIL_WORKER` names one.
#[test]
fn servers_give_the_same_bytes() {
    let Some(casd) = Casd::start() else {
        return;
    };
    let folder = folder();
    status(&encode(&folder, "here.ivf", &["-q"]), 0);
    let address = casd.address();
    let worker = std::env::var("LENTIL_WORKER").ok();
    let there = |store: &str| {
        let mut more = vec!["--force", "--engine", &address, "--jobs", "4"];
        if let Some(worker) = &worker {
            more.extend(["--worker", worker]);
        }
        let run = folder.run(&arguments("there.ivf", store, &more));
        status(&run, 0);
        let files = ["here.ivf", "there.ivf"].map(|name| fs::read(folder.path(name)).unwrap());
        assert!(files[0] == files[1]);
        said(&run)
    };
    assert!(there("first").contains("9 thunks computed, 0 cached by the engine"));
    // Who has computed nothing gets what others had computed.
    assert!(there("second").contains("0 thunks computed, 9 cached by the engine"));
}

#[test]
fn a_server_that_dies_is_done_without() {
    let Some(mut casd) = Casd::start() else {
        return;
    };
    let folder = folder();
    status(&encode(&folder, "here.ivf", &["-q"]), 0);
    let address = casd.address();
    let more = ["--force", "--attempts", "1", "--engine", &address];
    let engine = |store| arguments("there.ivf", store, &more);
    let mut child = lentil()
        .args(engine("killed"))
        .arg("--fall-back")
        .current_dir(folder.path("."))
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    casd.stop();
    assert!(child.wait().unwrap().success());
    let files = ["here.ivf", "there.ivf"].map(|name| fs::read(folder.path(name)).unwrap());
    assert!(files[0] == files[1]);
    // Without leave to compute here it is an error, and what was there stays.
    let run = folder.run(&engine("none"));
    status(&run, 1);
    assert!(said(&run).contains("does not answer"), "{}", said(&run));
    casd.restart();
    status(&folder.run(&engine("none")), 0);
}

#[test]
fn a_plan_says_how_long_it_takes() {
    let folder = folder();
    let run = encode(&folder, "film.ivf", &["--plan", "--jobs", "3", "--json"]);
    status(&run, 0);
    let plan = json(&run);
    assert_eq!(
        (&plan["chunks"], &plan["thunks"], &plan["jobs"]),
        (&5.into(), &9.into(), &3.into())
    );
    let number = |name: &str| plan[name].as_f64().unwrap();
    let (work, span, seconds) = (
        number("work_seconds"),
        number("critical_path_seconds"),
        number("seconds"),
    );
    assert!(0.0 < span && span <= seconds && seconds <= work, "{plan}");
    assert!(!folder.path("film.ivf").exists());
    // What it measured is not done again: a chunk that begins a chain, and one that was rebased.
    let run = encode(&folder, "film.ivf", &[]);
    assert!(said(&run).contains("2 cached"), "{}", said(&run));
    let text = String::from_utf8(encode(&folder, "x.ivf", &["--plan"]).stdout).unwrap();
    assert!(text.contains("17 pictures in 5 chunks, 9 thunks"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = folder();
    for more in [
        &["--bitrate", "100"][..],
        &["--keyint", "4"],
        &["--threads", "2"],
        &["--psnr"],
    ] {
        let fixed = ["encode", "film.y4m", "-o", "x.ivf", "--parallel", "4,3"];
        status(&folder.run(&[&fixed[..], more].concat()), 2);
    }
    for parallel in ["4", "0,3", "4,0", "a,b", "4,3,2"] {
        status(
            &folder.run(&["encode", "film.y4m", "-o", "x.ivf", "--parallel", parallel]),
            2,
        );
    }
    for more in [
        &["--jobs", "2"][..],
        &["--store", "s"],
        &["--warm-up", "2"],
        &["--first-quantizer", "2"],
        &["--plan"],
    ] {
        status(
            &folder.run(&[&["encode", "film.y4m", "-o", "x.ivf"], more].concat()),
            2,
        );
    }
    let run = encode(&folder, "x.ivf", &["--warm-up", "5"]);
    status(&run, 1);
    assert!(said(&run).contains("the number of pictures to warm up on is out of range"));
    let run = encode(&folder, "x.ivf", &["--engine", "abacus"]);
    status(&run, 1);
    assert!(said(&run).contains("no engine \"abacus\""));
    fs::write(folder.path("x.ivf"), "mine").unwrap();
    status(&encode(&folder, "x.ivf", &[]), 1);
    assert_eq!(fs::read(folder.path("x.ivf")).unwrap(), b"mine");
    fs::write(folder.path("film.y4m"), "YUV4MPEG2 W16 H16 C444\n").unwrap();
    status(&encode(&folder, "y.ivf", &[]), 3);
    fs::write(folder.path("film.y4m"), "YUV4MPEG2 W16 H16\n").unwrap();
    let run = encode(&folder, "y.ivf", &[]);
    assert!(said(&run).contains("no pictures"), "{}", said(&run));
}
