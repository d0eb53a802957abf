//! Encoding video.

use std::fs;
use std::process::Output;

use lentil_tests::pictures::{Scene, y4m};

use crate::folder::{Folder, json, piped, status};

const SIZE: (u16, u16) = (50, 38);

/// A Y4M file of so many pictures.
fn film(frames: u32) -> Vec<u8> {
    let pictures: Vec<_> = (0..frames)
        .map(|frame| Scene::Mixed.i420(SIZE.0, SIZE.1, frame))
        .collect();
    y4m(SIZE, " F24:1 Ip C420jpeg", &pictures)
}

fn folder() -> Folder {
    let folder = Folder::new();
    fs::write(folder.path("film.y4m"), film(6)).unwrap();
    folder
}

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// Runs `lentil encode film.y4m -o OUT` with more arguments.
fn encode(folder: &Folder, out: &str, more: &[&str]) -> Output {
    folder.run(&[&["encode", "film.y4m", "-o", out], more].concat())
}

/// What `lentil info` says of a file that is sound.
fn info(folder: &Folder, name: &str) -> serde_json::Value {
    let run = folder.run(&["info", "--json", name]);
    status(&run, 0);
    json(&run)["files"][0].clone()
}

fn frame_md5(folder: &Folder, name: &str) -> Vec<u8> {
    let run = folder.run(&["decode", name, "--frame-md5", "-q"]);
    status(&run, 0);
    run.stdout
}

#[test]
fn films_are_encoded() {
    let folder = folder();
    let run = encode(&folder, "film.ivf", &[]);
    status(&run, 0);
    let text = said(&run);
    assert!(text.contains("6 frames of 50 x 38 (1 key)"), "{text}");
    assert!(!text.contains("PSNR") && !text.contains("SSIM"));
    let file = fs::read(folder.path("film.ivf")).unwrap();
    assert_eq!(file[24..28], [6, 0, 0, 0]);
    let film = info(&folder, "film.ivf");
    assert_eq!(film["rate"], serde_json::json!([24, 1]));
    assert_eq!((&film["width"], &film["height"]), (&50.into(), &38.into()));
    let frames = film["frames"].as_array().unwrap();
    assert_eq!(frames.len(), 6);
    for (at, frame) in frames.iter().enumerate() {
        assert_eq!(frame["key"], at == 0);
        assert_eq!(frame["quantizer"], 30);
        assert_eq!(frame["token_partitions"], 1);
        assert_eq!(frame["lacks_data"], false);
    }
    folder.is_clean();

    let again = encode(&folder, "film.ivf", &[]);
    status(&again, 1);
    assert!(said(&again).contains("--force"));
    status(&encode(&folder, "film.ivf", &["--force", "-q"]), 0);
    assert!(fs::read(folder.path("film.ivf")).unwrap() == file);
}

/// A device is not replaced by a file, and a link stays one.
#[cfg(unix)]
#[test]
fn outputs_are_regular_files() {
    let folder = folder();
    fs::create_dir(folder.path("folder")).unwrap();
    for place in ["/dev/null", "folder"] {
        let run = encode(&folder, place, &["--force"]);
        status(&run, 1);
        assert!(said(&run).contains("regular file"), "{}", said(&run));
        let run = encode(&folder, "x.ivf", &["--force", "--save-state", place]);
        status(&run, 1);
    }
    fs::write(folder.path("real.ivf"), "old").unwrap();
    std::os::unix::fs::symlink("real.ivf", folder.path("link.ivf")).unwrap();
    status(&encode(&folder, "link.ivf", &["--force"]), 0);
    assert!(folder.path("link.ivf").is_symlink());
    assert!(
        fs::read(folder.path("real.ivf"))
            .unwrap()
            .starts_with(b"DKIF")
    );
    assert!(!folder.path("x.ivf").exists());
    folder.is_clean();
}

#[test]
fn options_are_heard() {
    let folder = folder();
    let more = [
        "--quantizer",
        "90",
        "--keyint",
        "2",
        "--token-partitions",
        "4",
    ];
    let run = encode(
        &folder,
        "film.ivf",
        &[&more[..], &["--preset", "realtime", "-q"]].concat(),
    );
    status(&run, 0);
    assert!(run.stderr.is_empty() && run.stdout.is_empty());
    let film = info(&folder, "film.ivf");
    for (at, frame) in film["frames"].as_array().unwrap().iter().enumerate() {
        assert_eq!(frame["key"], at % 2 == 0);
        assert_eq!(frame["quantizer"], 90);
        assert_eq!(frame["token_partitions"], 4);
    }
    let bytes = |preset: &str, more: &[&str]| {
        let run = encode(
            &folder,
            "x.ivf",
            &[&["--force", "--json", "--preset", preset], more].concat(),
        );
        status(&run, 0);
        json(&run)["bytes"].as_u64().unwrap()
    };
    let lengths = ["realtime", "good", "best"].map(|preset| bytes(preset, &[]));
    assert!(
        lengths[0] != lengths[1] && lengths[1] != lengths[2],
        "{lengths:?}"
    );
    assert!(bytes("good", &["--quantizer", "0"]) > bytes("good", &["--quantizer", "127"]));

    status(&encode(&folder, "lossy.ivf", &["--error-resilient"]), 0);
    let film = info(&folder, "lossy.ivf");
    for frame in &film["frames"].as_array().unwrap()[1..] {
        assert_eq!(frame["macroblocks"]["golden"], 0);
        assert_eq!(frame["macroblocks"]["altref"], 0);
        assert_eq!(frame["updates"], serde_json::json!({"last": "frame"}));
    }
}

#[test]
fn threads_change_nothing() {
    let folder = Folder::new();
    let size = (352, 288);
    let pictures = [0, 1, 2].map(|frame| Scene::Mixed.i420(size.0, size.1, frame));
    fs::write(
        folder.path("film.y4m"),
        y4m(size, " F24:1 Ip C420jpeg", &pictures),
    )
    .unwrap();
    status(&encode(&folder, "one.ivf", &["-q"]), 0);
    for threads in ["2", "5"] {
        status(
            &encode(&folder, "x.ivf", &["--force", "--threads", threads]),
            0,
        );
        let [one, many] = ["one.ivf", "x.ivf"].map(|name| fs::read(folder.path(name)).unwrap());
        assert!(one == many, "{threads} threads");
    }
}

#[test]
fn standard_streams_are_used() {
    let folder = folder();
    status(&encode(&folder, "film.ivf", &[]), 0);
    let mut file = fs::read(folder.path("film.ivf")).unwrap();
    let run = piped(&["encode", "-", "-o", "-"], &film(6));
    status(&run, 0);
    // How many frames there are is not known when the header is written.
    file[24..28].fill(0);
    assert!(run.stdout == file);
    let run = piped(&["encode", "-", "-o", "-", "--json"], &film(1));
    status(&run, 2);
}

#[test]
fn differences_are_measured() {
    let folder = folder();
    let run = encode(&folder, "film.ivf", &["--psnr", "--ssim"]);
    status(&run, 0);
    let text = said(&run);
    assert!(
        text.contains("PSNR Y ") && text.contains("SSIM Y 0."),
        "{text}"
    );
    let run = encode(
        &folder,
        "film.ivf",
        &["--psnr", "--ssim", "--json", "--force"],
    );
    status(&run, 0);
    assert!(said(&run).is_empty());
    let report = json(&run);
    assert_eq!(report["frames"], 6);
    assert_eq!(report["key_frames"], 1);
    let file = fs::metadata(folder.path("film.ivf")).unwrap().len();
    let bytes = report["bytes"].as_u64().unwrap();
    assert_eq!(bytes, file - 32 - 6 * 12);
    let kilobits = bytes as f64 * 8.0 * 24.0 / 6.0 / 1000.0;
    assert!((report["kilobits_per_second"].as_f64().unwrap() - kilobits).abs() < 1e-6);
    for plane in ["y", "u", "v", "all"] {
        let psnr = report["psnr"][plane].as_f64().unwrap();
        assert!((20.0..60.0).contains(&psnr), "{plane}: {psnr}");
    }
    assert!((0.5..1.0).contains(&report["ssim_y"].as_f64().unwrap()));

    let pictures = [Scene::Text.i420(3, 3, 0)];
    fs::write(folder.path("film.y4m"), y4m((3, 3), "", &pictures)).unwrap();
    let run = encode(&folder, "tiny.ivf", &["--ssim", "--json"]);
    status(&run, 0);
    assert!(json(&run)["ssim_y"].is_null());
    assert!(json(&run)["psnr"].is_null());
}

/// Two halves, the second from the state after the first, decode as one film does.
#[test]
fn encoding_goes_on_from_a_state() {
    let folder = folder();
    let whole = film(6);
    let frame = (whole.len() - film(0).len()) / 6;
    let middle = film(3).len();
    let rest = [&film(0)[..], &whole[middle..]].concat();
    assert_eq!(rest.len(), film(0).len() + 3 * frame);
    fs::write(folder.path("film.y4m"), film(3)).unwrap();
    status(
        &encode(&folder, "first.ivf", &["--save-state", "half.state"]),
        0,
    );
    fs::write(folder.path("film.y4m"), &rest).unwrap();
    let more = ["--start-state", "half.state", "--save-state", "end.state"];
    status(&encode(&folder, "second.ivf", &more), 0);

    let first = fs::read(folder.path("first.ivf")).unwrap();
    let second = fs::read(folder.path("second.ivf")).unwrap();
    fs::write(
        folder.path("both.ivf"),
        [&first[..], &second[32..]].concat(),
    )
    .unwrap();
    let both = info(&folder, "both.ivf");
    let keys = both["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| frame["key"] == true);
    assert!(keys.eq((0..6).map(|at| at == 0)));
    // The decoder comes to the same states.
    for (at, state) in [("3", "half.state"), ("6", "end.state")] {
        let run = folder.run(&[
            "decode",
            "both.ivf",
            "--save-state",
            at,
            "decoded.state",
            "--force",
            "-q",
        ]);
        status(&run, 0);
        let read = |name| fs::read(folder.path(name)).unwrap();
        assert!(read("decoded.state") == read(state), "{state}");
    }
    assert_eq!(frame_md5(&folder, "both.ivf").len(), 6 * 33);

    let again = encode(&folder, "third.ivf", &["--save-state", "half.state"]);
    status(&again, 1);
    assert!(said(&again).contains("--force") && !folder.path("third.ivf").exists());

    // A state is for pictures of its size.
    let other = y4m((16, 16), "", &[Scene::Flat.i420(16, 16, 0)]);
    fs::write(folder.path("film.y4m"), other).unwrap();
    let run = encode(&folder, "third.ivf", &["--start-state", "half.state"]);
    status(&run, 1);
    let text = said(&run);
    assert!(text.contains("half.state") && text.contains("16 x 16") && text.contains("50 x 38"));
    fs::write(folder.path("half.state"), "no state").unwrap();
    let run = encode(&folder, "third.ivf", &["--start-state", "half.state"]);
    status(&run, 1);
    assert!(said(&run).contains("half.state"));
    status(
        &encode(&folder, "third.ivf", &["--start-state", "nothing.state"]),
        1,
    );
    assert!(!folder.path("third.ivf").exists());
    folder.is_clean();
}

#[test]
fn damage_is_said_and_leaves_no_output() {
    let folder = folder();
    let whole = film(6);
    let end = film(2).len() + 100;
    fs::write(folder.path("film.y4m"), &whole[..end]).unwrap();
    let run = encode(&folder, "film.ivf", &["--save-state", "x.state"]);
    status(&run, 1);
    assert!(
        said(&run).contains("frame 2 is cut short"),
        "{}",
        said(&run)
    );
    fs::write(folder.path("film.y4m"), film(0)).unwrap();
    let run = encode(&folder, "film.ivf", &["--save-state", "x.state"]);
    status(&run, 1);
    assert!(said(&run).contains("no pictures"));
    assert!(!folder.path("film.ivf").exists() && !folder.path("x.state").exists());
    folder.is_clean();
}

#[test]
fn inputs_of_other_kinds_are_refused() {
    let folder = folder();
    for (parameters, wanted) in [
        (" C444", "C444"),
        (" C420p10", "C420p10"),
        (" Cmono", "Cmono"),
        (" It", "interlaced"),
    ] {
        fs::write(folder.path("film.y4m"), y4m((16, 16), parameters, &[])).unwrap();
        let run = encode(&folder, "film.ivf", &[]);
        status(&run, 3);
        assert!(
            said(&run).contains(wanted) && said(&run).contains("ffmpeg"),
            "{}",
            said(&run)
        );
    }
    status(&folder.run(&["encode", "one.jpg", "-o", "film.ivf"]), 3);
    status(&folder.run(&["encode", "nothing.y4m", "-o", "film.ivf"]), 1);
    for (size, wanted) in [("W20000 H16", "16383"), ("W16000 H16000", "--memory")] {
        let file = format!("YUV4MPEG2 {size} F30:1\n");
        fs::write(folder.path("film.y4m"), file).unwrap();
        let run = encode(&folder, "film.ivf", &[]);
        status(&run, 1);
        assert!(said(&run).contains(wanted), "{}", said(&run));
    }
    assert!(!folder.path("film.ivf").exists());
    folder.is_clean();
}

#[test]
fn wrong_usage_is_told() {
    let folder = folder();
    for wrong in [
        &["--quantizer", "128"][..],
        &["--quantizer", "-1"],
        &["--keyint", "0"],
        &["--threads", "0"],
        &["--token-partitions", "3"],
        &["--token-partitions", "16"],
        &["--preset", "worst"],
        &["--save-state", "film.ivf"],
        &["--save-state", "-"],
    ] {
        status(&encode(&folder, "film.ivf", wrong), 2);
    }
    status(&encode(&folder, "-", &["--json"]), 2);
    status(&folder.run(&["encode", "film.y4m"]), 2);
    status(&encode(&folder, "film.y4m", &["--force"]), 1);
    assert!(fs::read(folder.path("film.y4m")).unwrap() == film(6));
    assert!(!folder.path("film.ivf").exists());
    folder.is_clean();
}

#[test]
fn bit_rates_are_held() {
    let folder = folder();
    fs::write(folder.path("film.y4m"), film(120)).unwrap();
    let run = encode(&folder, "rate.ivf", &["--bitrate", "150", "--json"]);
    status(&run, 0);
    let report = json(&run);
    assert_eq!(report["target_kilobits_per_second"], 150);
    let kilobits = report["kilobits_per_second"].as_f64().unwrap();
    assert!((142.0..158.0).contains(&kilobits), "{kilobits}");
    let quantizer = &report["quantizer"];
    assert!(quantizer["min"].as_u64() < quantizer["max"].as_u64());
    let run = encode(&folder, "said.ivf", &["--bitrate", "150"]);
    let text = said(&run);
    assert!(text.contains("; of 150 kb/s, quantizers "), "{text}");
    for more in [
        &["--bitrate", "0"][..],
        &["--bitrate", "150", "--quantizer", "30"],
        &["--bitrate", "4000001"],
    ] {
        status(&encode(&folder, "wrong.ivf", more), 2);
    }
}
