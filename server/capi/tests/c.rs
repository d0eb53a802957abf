//! The header is that of the functions, and a C program can use them.

use std::path::{Path, PathBuf};
use std::process::Command;

use lentil_tests::jpeg_maker::{catalogue, make};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    let config = cbindgen::Config::from_file(here().join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_src(here().join("src/lib.rs"))
        .with_config(config)
        .generate()
        .unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).unwrap()
}

/// `LENTIL_WRITE_HEADER=1 cargo test -p lentil-capi` writes it anew.
#[test]
fn the_header_is_current() {
    let path = here().join("lentil.h");
    if std::env::var_os("LENTIL_WRITE_HEADER").is_some() {
        std::fs::write(&path, header()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == header(),
        "lentil.h is out of date: LENTIL_WRITE_HEADER=1 cargo test -p lentil-capi"
    );
}

/// The static library that cargo has built beside this test.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    let mut found: Vec<PathBuf> = std::fs::read_dir(deps)
        .unwrap()
        .chain(std::fs::read_dir(deps.parent().unwrap()).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("liblentil_capi") && name.ends_with(".a")
        })
        .collect();
    found.sort_by_key(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok());
    found
        .pop()
        .expect("cargo builds the static library with the test")
}

#[test]
fn a_c_program_round_trips() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("roundtrip");
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(here().join("tests/roundtrip.c"))
        .arg("-I")
        .arg(here())
        .arg(library())
        .args(["-lpthread", "-ldl", "-lm"])
        .status();
    // Rust itself links with cc.
    assert!(compiled.expect("a C compiler").success());
    let mut run = Command::new(&program);
    for (name, spec) in catalogue() {
        if ["420_100x75", "444_progressive", "cmyk_11", "large_420"].contains(&name.as_str()) {
            let path = folder.path().join(name);
            std::fs::write(&path, make(&spec)).unwrap();
            run.arg(path);
        }
    }
    let output = run.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "4 files\n");
}
