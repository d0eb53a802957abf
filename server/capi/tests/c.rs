//! The header is that of the functions, and a C program can use them.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::vp8::sample;
use md5::{Digest, Md5};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    let config = cbindgen::Config::from_file(here().join("cbindgen.toml")).unwrap();
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = builder.with_src(here().join("src/lib.rs"));
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

/// `LENTIL_WRITE_HEADER=1 cargo test -p lentil-capi` writes it anew.
#[test]
fn the_header_is_current() {
    let path = here().join("lentil.h");
    if env::var_os("LENTIL_WRITE_HEADER").is_some() {
        std::fs::write(&path, header()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == header(),
        "lentil.h is out of date: LENTIL_WRITE_HEADER=1 cargo test -p lentil-capi"
    );
}

/// The newest static library beside this test: cargo builds all kinds of the library for it.
fn library() -> PathBuf {
    let test = env::current_exe().unwrap();
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

/// Compiles the C program of that name; false if there is no compiler, which is an error only where all must run.
fn compiled(source: &str, program: &Path) -> bool {
    let compiler = env::var_os("CC").unwrap_or_else(|| OsString::from("cc"));
    let done = Command::new(&compiler)
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(program)
        .arg(here().join("tests").join(source))
        .arg("-I")
        .arg(here())
        .arg(library())
        .args(["-lpthread", "-ldl", "-lm"])
        .output();
    match done {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
            true
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let missing = format!("no C compiler {compiler:?}; install one, or set CC");
            let must_run = env::var_os("CI").or_else(|| env::var_os("LENTIL_DATA"));
            assert!(must_run.is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            false
        }
        Err(error) => panic!("{compiler:?}: {error}"),
    }
}

#[test]
fn a_c_program_round_trips() {
    const FILES: [&str; 4] = ["420_noise", "444_progressive", "cmyk_11", "420_restart_7"];
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("roundtrip");
    if !compiled("roundtrip.c", &program) {
        return;
    }
    let mut run = Command::new(&program);
    for (name, spec) in catalogue() {
        if FILES.contains(&name.as_str()) {
            let path = folder.path().join(name);
            std::fs::write(&path, make(&spec)).unwrap();
            run.arg(path);
        }
    }
    let output = run.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{}: {} files\n", env!("CARGO_PKG_VERSION"), FILES.len())
    );
}

/// The program of that name is run; what it prints, if there is a compiler.
fn printed(name: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join(name);
    if !compiled(&format!("{name}.c"), &program) {
        return None;
    }
    let output = Command::new(&program).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_c_program_encodes_and_rebases_video() {
    if let Some(text) = printed("encode") {
        let begin = concat!(env!("CARGO_PKG_VERSION"), ": ");
        assert!(
            text.starts_with(begin) && text.ends_with(" frames\n"),
            "{text}"
        );
    }
}

#[test]
fn a_c_program_encodes_nothing_that_is_wrong() {
    printed("encode_errors");
}

/// The MD5 of each shown frame.
fn expected_sums(name: &str) -> Vec<String> {
    let text = String::from_utf8(sample(name)).unwrap();
    let sums = text.split_whitespace();
    sums.map(String::from).collect()
}

#[test]
fn a_c_program_decodes_video() {
    const FILES: [(&str, &str); 3] = [
        ("small.ivf", "small.ivf.md5"),
        ("qcif.ivf", "qcif.ivf.md5"),
        ("small.webm", "small.ivf.md5"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("video");
    if !compiled("video.c", &program) {
        return;
    }
    let mut run = Command::new(&program);
    run.arg("-o").arg(folder.path());
    let mut sums = Vec::new();
    for (name, expected) in FILES {
        let path = folder.path().join(name);
        std::fs::write(&path, sample(name)).unwrap();
        run.arg(path);
        sums.extend(expected_sums(expected));
    }
    let output = run.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{}: {} frames\n", env!("CARGO_PKG_VERSION"), sums.len())
    );
    for (number, sum) in sums.iter().enumerate() {
        let i420 = std::fs::read(folder.path().join(format!("{number}.i420"))).unwrap();
        let digest = Md5::digest(&i420);
        let found: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(*sum, found, "shown frame {number}");
    }
}
