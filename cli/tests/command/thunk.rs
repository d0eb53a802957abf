//! Thunks by hand.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Output;

use crate::folder::{Folder, json, lentil, status};

fn said(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

fn printed(run: &Output) -> String {
    status(run, 0);
    String::from_utf8(run.stdout.clone())
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Runs `lentil thunk NAME --store store` with more arguments.
fn thunk(folder: &Folder, name: &str, more: &[&str]) -> Output {
    folder.run(&[&["thunk", name, "--store", "store"], more].concat())
}

fn program(folder: &Folder, name: &str, script: &str) {
    let path = folder.path(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A folder with two thunks, of which the second waits for the first.
fn two() -> (Folder, [String; 2]) {
    let folder = Folder::new();
    fs::write(folder.path("text"), "text ").unwrap();
    program(&folder, "add", "cat \"$1\" > out; echo \"$WORD\" >> out");
    let common = ["--program", "add", "-o", "out", "-e"];
    let first = [&common[..], &["WORD=one", "-i", "in=text", "--", "in"]].concat();
    let first = printed(&thunk(&folder, "create", &first));
    let from = format!("in={first}:out");
    let second = [&common[..], &["WORD=two", "--from", &from, "--", "in"]].concat();
    let second = printed(&thunk(&folder, "create", &second));
    (folder, [first, second])
}

#[test]
fn thunks_are_made_shown_and_forced() {
    let (folder, [first, second]) = two();
    let shown = printed(&thunk(&folder, "show", &[&second]));
    for line in [
        "calls add",
        "argument in",
        "variable WORD=two",
        "output out, not known yet",
    ] {
        assert!(shown.lines().any(|found| found == line), "{shown}");
    }
    assert!(
        shown.contains(&format!("input in = out of {first}")),
        "{shown}"
    );
    let run = thunk(&folder, "force", &[&second, "-o", "out=result"]);
    assert!(printed(&run).starts_with(&format!("out of {second} = ")));
    assert!(
        said(&run).contains("2 thunks computed, 0 cached"),
        "{}",
        said(&run)
    );
    assert_eq!(fs::read(folder.path("result")).unwrap(), b"text one\ntwo\n");
    let run = thunk(&folder, "force", &[&first, &second, "--json"]);
    let report = json(&run);
    assert_eq!(report["thunks"].as_array().unwrap().len(), 2);
    assert_eq!(report["thunks"][1]["origin"], "cached");
    assert_eq!(
        report["values"][0]["out"]
            .as_str()
            .unwrap()
            .rsplit_once('/')
            .unwrap()
            .1,
        "9"
    );
    let shown = printed(&thunk(&folder, "show", &[&second]));
    assert!(!shown.contains("not known yet"), "{shown}");
    // An output that exists is left alone.
    status(&thunk(&folder, "force", &[&second, "-o", "out=result"]), 1);
    status(&thunk(&folder, "force", &[&second, "-o", "other=x"]), 1);
}

/// Another folder, another user, other variables, another time.
#[test]
fn digests_depend_on_nothing_else() {
    let (_folder, [here, _]) = two();
    let folder = Folder::new();
    fs::write(folder.path("text"), "text ").unwrap();
    program(&folder, "add", "cat \"$1\" > out; echo \"$WORD\" >> out");
    let arguments = [
        "thunk",
        "create",
        "--store",
        "store",
        "--program",
        "add",
        "-o",
        "out",
        "-e",
        "WORD=one",
        "-i",
        "in=text",
        "--",
        "in",
    ];
    let run = |other_user: bool| {
        let mut command = lentil();
        command
            .args(arguments)
            .current_dir(folder.path("."))
            .env_clear()
            .env("TZ", "Asia/Tokyo");
        if other_user {
            let nobody = 65_534;
            std::os::unix::fs::chown(folder.path("."), Some(nobody), Some(nobody)).unwrap();
            command.uid(nobody).gid(nobody);
        }
        command.output()
    };
    // SAFETY: it asks for a number.
    let is_root = unsafe { libc::geteuid() } == 0;
    let run = run(is_root).or_else(|error| {
        eprintln!("by the same user alone, as others may not run the program: {error}");
        run(false)
    });
    let run = run.unwrap();
    assert_eq!(printed(&run), here);
}

#[test]
fn built_in_functions_are_called_by_name() {
    let folder = Folder::new();
    fs::write(folder.path("text"), "text").unwrap();
    let create = ["--builtin", "copy@1", "-i", "in=text", "-o", "out"];
    let copy = printed(&thunk(&folder, "create", &create));
    printed(&thunk(&folder, "force", &[&copy, "-o", "out=copied", "-q"]));
    assert_eq!(fs::read(folder.path("copied")).unwrap(), b"text");
}

#[test]
fn graphs_and_timelines_are_drawn() {
    let (folder, [first, second]) = two();
    let run = thunk(&folder, "graph", &[&second, "--timeline", "run.html"]);
    status(&run, 1);
    assert!(said(&run).contains("never forced"));
    status(&thunk(&folder, "force", &[&first, "-q"]), 0);
    status(&thunk(&folder, "force", &[&second, "-q"]), 0);
    let dot = printed(&thunk(&folder, "graph", &[&second, "--dot", "-"]));
    assert!(dot.starts_with("digraph") && dot.ends_with('}'));
    let arrow = format!("t{} -> t{};", &first[..12], &second[..12]);
    assert!(dot.contains(&arrow), "{dot}");
    assert_eq!(dot.matches("style=filled").count(), 2);
    status(
        &thunk(&folder, "graph", &[&second, "--timeline", "run.html"]),
        0,
    );
    let page = fs::read_to_string(folder.path("run.html")).unwrap();
    assert!(
        page.contains("1 thunks in") && page.contains(&second),
        "{page}"
    );
}

#[test]
fn failures_say_what_and_where() {
    let folder = Folder::new();
    program(&folder, "fail", "echo reason >&2; cat undeclared; exit 4");
    let fail = printed(&thunk(
        &folder,
        "create",
        &["--program", "fail", "-o", "out", "--", "a b"],
    ));
    let run = thunk(&folder, "force", &[&fail]);
    status(&run, 1);
    let text = said(&run);
    for part in [
        "fail 'a b'",
        "exit status: 4",
        "| reason",
        "undeclared: No such file",
        "store/failed/",
    ] {
        assert!(text.contains(part), "{text}");
    }
    for (arguments, part) in [
        (&["--program", "fail", "-o", "../out"][..], "no path inside"),
        (&["--program", "fail", "-o", "/out"], "no path inside"),
        (&["--program", "fail", "-o", "fail"], "cannot both be files"),
        (
            &["--program", "fail", "-o", "out", "-i", "fail=fail"],
            "named twice",
        ),
        (&["--program", "absent", "-o", "out"], "absent"),
        (
            &["--program", "fail", "-o", "out", "-e", "=x"],
            "NAME=VALUE",
        ),
    ] {
        let run = thunk(&folder, "create", arguments);
        assert_ne!(run.status.code(), Some(0));
        assert!(said(&run).contains(part), "{}", said(&run));
    }
    let none = format!("{}/5", "0".repeat(64));
    for name in ["show", "force"] {
        let run = thunk(&folder, name, &[&none]);
        status(&run, 1);
        assert!(said(&run).contains("not in the store"), "{}", said(&run));
    }
    status(&thunk(&folder, "show", &["digest"]), 2);
}

#[test]
fn the_store_is_collected() {
    let (folder, [_, second]) = two();
    status(&thunk(&folder, "force", &[&second, "-q"]), 0);
    std::thread::sleep(std::time::Duration::from_millis(20));
    let said = printed(&thunk(&folder, "gc", &["--keep", "100"]));
    assert!(said.starts_with("0 files removed"), "{said}");
    let said = printed(&thunk(&folder, "gc", &["--keep", "0"]));
    assert!(said.ends_with("0 files left, 0 bytes"), "{said}");
    status(&thunk(&folder, "force", &[&second, "-q"]), 1);
}
