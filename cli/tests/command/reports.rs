//! What the command says.

use std::fs;

use lentil_tests::corpus::data_files;

use crate::folder::{Folder, json, sample, status};

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
fn what_restoring_needs() {
    let folder = Folder::new();
    fs::write(folder.path("scans.jpg"), sample("420_luma_then_chroma")).unwrap();
    let mut inputs = vec![];
    for name in ["one", "deep/two", "scans"] {
        let jpeg = format!("{name}.{}", if name == "deep/two" { "JPEG" } else { "jpg" });
        status(&folder.run(&["compress", &jpeg]), 0);
        inputs.extend([jpeg, format!("{name}.lep")]);
    }
    for (i, input) in inputs.iter().enumerate() {
        let info = json(&folder.run(&["info", "--json", input]))["files"][0].clone();
        let whole = i >= 2;
        assert_eq!(info["held_whole"], whole, "{input}");
        let needed = info["restore_memory"].as_u64().unwrap();
        let least = 500_000 + if whole { 2 * 100 * 75 * 3 / 2 } else { 0 };
        assert!((least..700_000).contains(&needed), "{input}: {needed}");
        let text = folder.run(&["info", input]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        let held = if whole {
            "the whole image"
        } else {
            "a row of MCUs"
        };
        assert!(
            text.contains(&needed.to_string()) && text.contains(held),
            "{text}"
        );
    }
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

#[test]
fn any_jpeg_beside_may_be_the_original() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "one.jpg"]), 0);
    fs::rename(folder.path("one.jpg"), folder.path("one.jpeg")).unwrap();
    fs::write(folder.path("one.jpg"), sample("422")).unwrap();
    let run = folder.run(&["verify", "--json", "one.lep"]);
    status(&run, 0);
    assert_eq!(json(&run)["files"][0]["equals"], "one.jpeg");
    assert_eq!(json(&run)["equal"], 1);

    fs::remove_file(folder.path("one.jpeg")).unwrap();
    let run = folder.run(&["verify", "one.lep"]);
    status(&run, 1);
    let line = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(line.contains("differs from one.jpg at byte"), "{line}");
}

#[test]
fn files_of_other_encoders_may_have_nothing_to_compare_with() {
    let Some(files) = data_files("lep", "lep") else {
        return;
    };
    let folder = Folder::new();
    fs::copy(&files[0], folder.path("other.lep")).unwrap();
    let run = folder.run(&["verify", "--json", "other.lep"]);
    status(&run, 0);
    assert_eq!(json(&run)["not_compared"], 1);
    assert_eq!(json(&run)["files"][0].get("equals"), None);
}

#[test]
fn reports_for_programs_give_reasons() {
    let folder = Folder::new();
    fs::write(folder.path("fake.jpg"), "no JPEG at all").unwrap();
    fs::create_dir(folder.path("deep/two.lep")).unwrap();
    let run = folder.run(&["compress", "-r", ".", "--json"]);
    status(&run, 1);
    let report = json(&run);
    for (count, wanted) in [
        ("done", 1),
        ("not_supported", 1),
        ("failed", 1),
        ("done_before", 0),
    ] {
        assert_eq!(report[count], wanted, "{count}");
    }
    let one = folder.photos[0].1.len() as u64;
    assert_eq!(report["jpeg_bytes"], one);
    let outcome = |name: &str| {
        let files = report["files"].as_array().unwrap();
        let input = |f: &serde_json::Value| f["input"].as_str().unwrap().ends_with(name);
        files.iter().find(|f| input(f)).unwrap().clone()
    };
    assert_eq!(outcome("one.jpg")["outcome"], "done");
    assert!(outcome("one.jpg")["lepton_bytes"].as_u64().unwrap() < one);
    assert_eq!(outcome("fake.jpg")["outcome"], "not supported");
    assert_eq!(outcome("two.JPEG")["outcome"], "failed");
    assert!(
        outcome("two.JPEG")["reason"]
            .as_str()
            .unwrap()
            .contains("not a regular file")
    );
    assert!(
        outcome("fake.jpg")["reason"]
            .as_str()
            .unwrap()
            .contains("FF D8")
    );
}

#[test]
fn summaries_go_to_standard_error() {
    let folder = Folder::new();
    let run = folder.run(&["compress", "-r", "."]);
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.stdout.is_empty());
    for part in ["2 done", "bytes", "% saved", "MB/s"] {
        assert!(errors.contains(part), "{errors}");
    }
    let again = folder.run(&["compress", "-r", "."]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("2 done before"));
    let quiet = folder.run(&["decompress", "-q", "one.lep", "-o", "out"]);
    status(&quiet, 0);
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn limits_hold() {
    let folder = Folder::new();
    status(&folder.run(&["compress", "-r", "."]), 0);
    for arguments in [
        &["compress", "--force", "deep/two.JPEG", "--memory", "0"][..],
        &["verify", "deep/two.lep", "--memory", "0"],
    ] {
        let run = folder.run(arguments);
        status(&run, 1);
        let said = [run.stdout, run.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("over the limit of 0"), "{said}");
    }
    assert!(folder.path("deep/two.lep").is_file());
    folder.is_clean();
}

/// What is no Unicode in a name is replaced, so that reports stay reports.
#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff\"\n\x01.jpg");
    let Ok(()) = fs::write(folder.path("").join(name), sample("422")) else {
        eprintln!("skipped: this file system takes no such names");
        return;
    };
    let run = folder.run(&["compress", "-r", "--json", "."]);
    status(&run, 0);
    assert_eq!(json(&run)["done"], 3);
    let files = json(&run)["files"].clone();
    let inputs = files
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["input"].as_str());
    assert!(
        inputs.flatten().any(|i| i == "./\u{fffd}\"\n\u{1}.jpg"),
        "{files}"
    );
    let verdicts = json(&folder.run(&["verify", "-r", "--json", "."]));
    assert_eq!(verdicts["equal"], 3, "{verdicts}");
}
