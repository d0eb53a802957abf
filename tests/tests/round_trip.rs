//! Every JPEG comes back byte for byte: those that we make, and those of the corpus.

use std::num::NonZero;
use std::path::Path;

use lentil::{Error, Options};
use lentil_tests::corpus::data_files;
use lentil_tests::jpeg_maker::{catalogue, make, refused};

/// Options that do not verify: here the tests do.
fn options() -> Options {
    let mut options = Options::default();
    options.verify = false;
    options
}

fn compress(jpeg: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let mut lep = Vec::new();
    lentil::compress_slice(jpeg, &mut lep, options)?;
    Ok(lep)
}

fn restore(lep: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    let mut jpeg = Vec::new();
    lentil::decompress(lep, &mut jpeg, options)?;
    Ok(jpeg)
}

/// Extreme coefficients want our own version, which is what callers who verify get unasked.
fn compress_any(jpeg: &[u8], options: &Options) -> Result<Vec<u8>, Error> {
    match compress(jpeg, options) {
        Err(Error::Extreme) => {
            let mut own = options.clone();
            own.own_version = true;
            compress(jpeg, &own)
        }
        other => other,
    }
}

#[track_caller]
fn round_trip(name: &str, jpeg: &[u8], options: &Options) -> Vec<u8> {
    let lep = compress_any(jpeg, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    let restored = restore(&lep, options).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(restored == jpeg, "{name}: restored bytes differ");
    lep
}

#[test]
fn made_jpegs() {
    for (name, spec) in catalogue() {
        round_trip(&name, &make(&spec), &options());
    }
}

#[test]
fn partitions_and_threads() {
    for (name, spec) in catalogue() {
        let jpeg = make(&spec);
        let mut options = options();
        options.partitions = NonZero::new(3);
        let one_thread = round_trip(&name, &jpeg, &options);
        options.threads = NonZero::new(3).unwrap();
        let three_threads = round_trip(&name, &jpeg, &options);
        assert!(
            one_thread == three_threads,
            "{name}: threads change the bytes"
        );
    }
}

#[test]
fn our_own_version_takes_all() {
    for (name, spec) in catalogue() {
        let mut options = options();
        options.own_version = true;
        let lep = round_trip(&name, &make(&spec), &options);
        assert_eq!(lep[2], 0x4c, "{name}");
    }
}

#[test]
fn verifying_changes_nothing() {
    for (name, spec) in catalogue().into_iter().step_by(7) {
        let jpeg = make(&spec);
        let plain = compress_any(&jpeg, &options()).unwrap();
        assert!(
            compress(&jpeg, &Options::default()).unwrap() == plain,
            "{name}"
        );
    }
}

#[test]
fn files_need_no_streams() {
    for (name, spec) in catalogue().into_iter().step_by(5) {
        let jpeg = make(&spec);
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &jpeg).unwrap();
        let mut options = Options::default();
        options.partitions = NonZero::new(2);
        let mut compressed = tempfile::tempfile().unwrap();
        lentil::compress_file(&file, &mut compressed, &options).unwrap();
        let mut restored = Vec::new();
        lentil::decompress_file(&compressed, &mut restored, &options).unwrap();
        assert!(restored == jpeg, "{name}");
    }
}

#[test]
fn cut_short_anywhere() {
    for name in [
        "420_100x75",
        "420_restart_7",
        "420_progressive_100x75",
        "cmyk_11",
        "420_one_each",
    ] {
        let Some((_, spec)) = catalogue().into_iter().find(|(n, _)| n == name) else {
            panic!("no {name} in the catalogue");
        };
        let jpeg = make(&spec);
        let scan = jpeg.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
        let step = (jpeg.len() - scan) / 200 + 1;
        for end in (scan + 16..scan + 100).chain((scan + 100..jpeg.len()).step_by(step)) {
            let lep = compress_any(&jpeg[..end], &options());
            let lep = lep.unwrap_or_else(|e| panic!("{name} cut at {end}: {e}"));
            let restored = restore(&lep, &options());
            let restored = restored.unwrap_or_else(|e| panic!("{name} {end}: {e}"));
            assert!(restored == jpeg[..end], "{name} {end}");
        }
    }
}

#[test]
fn any_range() {
    for name in ["420_restart_7", "large_420", "420_progressive_100x75"] {
        let (_, spec) = catalogue().into_iter().find(|(n, _)| n == name).unwrap();
        let jpeg = make(&spec);
        let length = jpeg.len() as u64;
        let ends = [1, 2, 100, length / 3, length / 2, length - 1, length];
        for start in [0, 1, 2, 50, length / 4, length / 2, length - 1] {
            for end in ends.into_iter().filter(|&end| end > start) {
                let mut options = options();
                options.range = Some(start..end);
                options.partitions = NonZero::new(2);
                let lep = match compress(&jpeg, &options) {
                    Ok(lep) => lep,
                    // Less than SOI is no JPEG yet.
                    Err(Error::Unsupported(_)) if end < 2 => continue,
                    Err(e) => panic!("{name} {start}..{end}: {e}"),
                };
                let restored = restore(&lep, &options).unwrap();
                let wanted = &jpeg[start as usize..end as usize];
                assert!(restored == wanted, "{name} {start}..{end}");
            }
        }
        let mut options = options();
        for range in [5..5, 0..length + 1, length..length + 1] {
            options.range = Some(range);
            assert!(matches!(
                compress(&jpeg, &options),
                Err(Error::Range { .. })
            ));
        }
    }
}

#[test]
fn what_is_no_jpeg_of_ours_is_refused() {
    for (name, bytes) in refused() {
        let result = compress(&bytes, &options());
        assert!(
            matches!(result, Err(Error::Unsupported(_))),
            "{name}: {:?}",
            result.err()
        );
    }
}

/// Files in `odd` of kinds that nobody takes.
const REFUSED: [&str; 3] = ["syn_arith", "syn_tail_only", "syn_trunc3000"];

#[test]
fn the_corpus() {
    for folder in ["jpeg/normal", "jpeg/progressive", "jpeg/odd"] {
        for path in data_files(folder, "jpg").unwrap_or_default() {
            corpus_file(&path);
        }
    }
}

fn corpus_file(path: &Path) {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let jpeg = std::fs::read(path).unwrap();
    if REFUSED.contains(&name.as_str()) {
        let result = compress(&jpeg, &options());
        assert!(
            matches!(result, Err(Error::Unsupported(_))),
            "{name}: {:?}",
            result.err()
        );
        return;
    }
    let one = round_trip(&name, &jpeg, &options());
    assert!(one.len() < jpeg.len() + 400, "{name} grows");
    let mut options = options();
    options.partitions = NonZero::new(8);
    options.threads = NonZero::new(2).unwrap();
    round_trip(&name, &jpeg, &options);
}
