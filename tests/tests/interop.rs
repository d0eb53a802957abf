//! Files cross over to and from the other two implementations.

use std::io::Cursor;
use std::num::NonZero;
use std::panic;

use lentil::Options;
use lentil_tests::corpus::data_files;
use lentil_tests::jpeg_maker::{JpegSpec, catalogue, make, one_each};
use lepton_jpeg::{DEFAULT_THREAD_POOL, EnabledFeatures};

fn options() -> Options {
    let mut options = Options::default();
    options.verify = false;
    options
}

/// What lepton_jpeg makes of a JPEG, if it takes it and restores it. It panics on some files.
fn peer_compresses(jpeg: &[u8], partitions: u32) -> Option<Vec<u8>> {
    let mut features = EnabledFeatures::compat_lepton_vector_write();
    features.max_partitions = partitions;
    let work = || lepton_jpeg::encode_lepton_verify(jpeg, &features, &DEFAULT_THREAD_POOL);
    let (lep, _) = panic::catch_unwind(work).ok()?.ok()?;
    Some(lep)
}

fn peer_restores(lep: &[u8]) -> Result<Vec<u8>, String> {
    let features = EnabledFeatures::compat_lepton_vector_read();
    let mut jpeg = Vec::new();
    let work = lepton_jpeg::decode_lepton(
        &mut Cursor::new(lep),
        &mut jpeg,
        &features,
        &DEFAULT_THREAD_POOL,
    );
    work.map(|_| jpeg).map_err(|e| e.to_string())
}

/// Compares both ways; says whether the peer took the JPEG at all.
fn cross(name: &str, jpeg: &[u8]) -> bool {
    let mut options = options();
    for partitions in [1, 4] {
        options.partitions = NonZero::new(partitions);
        let mut ours = Vec::new();
        if lentil::compress_slice(jpeg, &mut ours, &options).is_ok()
            && ours[2] == 1
            && ours[3] != b'Y'
        {
            let restored = peer_restores(&ours).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(
                restored == jpeg,
                "{name}: lepton_jpeg restores something else"
            );
        }
    }
    let Some(theirs) = peer_compresses(jpeg, 1) else {
        return false;
    };
    for lep in [theirs, peer_compresses(jpeg, 8).unwrap()] {
        let mut restored = Vec::new();
        lentil::decompress(&lep[..], &mut restored, &options)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(restored == jpeg, "{name}: we restore something else");
        // What the peer can say in version 1, we can, too.
        let mut ours = Vec::new();
        lentil::compress_slice(jpeg, &mut ours, &options).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(ours[2], 1, "{name}");
    }
    true
}

#[test]
fn lepton_jpeg_and_made_jpegs() {
    let all = catalogue();
    let taken = all
        .iter()
        .filter(|(name, spec)| cross(name, &make(spec)))
        .count();
    assert!(taken > 60, "{taken} of {}", all.len());
}

#[test]
fn lepton_jpeg_restores_what_is_cut_short() {
    for (name, spec) in catalogue() {
        let jpeg = make(&spec);
        let usual = name.starts_with("420_progressive") && spec.suits_lepton_jpeg();
        if !usual || jpeg.len() > 20_000 {
            continue;
        }
        let scan = jpeg.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
        // Not in the very first blocks, without which there is nothing to code.
        for end in (scan + 100..jpeg.len()).step_by(29) {
            let mut ours = Vec::new();
            lentil::compress_slice(&jpeg[..end], &mut ours, &options()).unwrap();
            assert_eq!(ours[2], 1, "{name} up to {end}");
            let restored = peer_restores(&ours).unwrap_or_else(|e| panic!("{name} to {end}: {e}"));
            assert!(restored == jpeg[..end], "{name} up to {end}");
        }
    }
}

/// Not even one unit of what is cut inside of its first is left, and still others can say it.
#[test]
fn lepton_jpeg_restores_what_holds_no_unit() {
    for (name, spec) in catalogue() {
        let jpeg = make(&spec);
        let sos = jpeg.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
        if !spec.suits_lepton_jpeg() || jpeg.len() > 20_000 {
            continue;
        }
        let data = sos + 2 + usize::from(jpeg[sos + 3]);
        for end in data..(data + 3).min(jpeg.len()) {
            let mut ours = Vec::new();
            lentil::compress_slice(&jpeg[..end], &mut ours, &options()).unwrap();
            assert_eq!(ours[2], 1, "{name} up to {end}");
            let restored = peer_restores(&ours).unwrap_or_else(|e| panic!("{name} to {end}: {e}"));
            assert!(restored == jpeg[..end], "{name} up to {end}");
        }
    }
}

/// Where it counts restart intervals as we do, the file is of version 1, and else it is not.
#[test]
fn lepton_jpeg_restores_restarts_of_single_components() {
    let mut versions = [0; 2];
    for luma in [(2, 2), (2, 1), (1, 2)] {
        for width in [16, 40, 128, 130] {
            for interval in [1, 2, 3, 8, 20, 200] {
                let jpeg = make(&JpegSpec::colour(width, 40, luma).with(|s| {
                    s.scans = one_each(3);
                    s.restart = interval;
                }));
                let name = format!("{luma:?}, {width} wide, every {interval}");
                let mut ours = Vec::new();
                lentil::compress_slice(&jpeg, &mut ours, &options()).unwrap();
                let common = ours[2] == 1;
                ours[2] = 1;
                let same = peer_restores(&ours).is_ok_and(|restored| restored == jpeg);
                assert_eq!(common, same, "{name}");
                versions[usize::from(common)] += 1;
            }
        }
    }
    assert!(versions.iter().all(|&n| n > 10), "{versions:?}");
}

/// The first encoder takes scan headers without parameters, and a frame header said twice.
#[test]
fn odd_headers_of_the_first_encoder() {
    for (name, spec) in [
        ("one scan", JpegSpec::colour(70, 52, (2, 2))),
        (
            "three scans",
            JpegSpec::colour(70, 52, (2, 2)).with(|s| s.scans = one_each(3)),
        ),
    ] {
        let jpeg = make(&spec);
        let find = |marker| jpeg.windows(2).position(|w| w == [0xFF, marker]).unwrap();
        let (sof, sos) = (find(0xC0), find(0xDA));
        let frame = jpeg[sof..sof + 2 + usize::from(jpeg[sof + 3])].to_vec();
        let mut twice = jpeg.clone();
        twice.splice(sof..sof, frame);
        let mut short = jpeg.clone();
        short.remove(sos + 1 + usize::from(jpeg[sos + 3]));
        short[sos + 3] -= 1;
        for odd in [twice, short] {
            let mut ours = Vec::new();
            lentil::compress_slice(&odd, &mut ours, &options()).unwrap();
            assert_eq!(ours[2], 0x4C, "{name}");
            // Version 1, as that encoder writes it.
            for version in [0x4C, 1] {
                ours[2] = version;
                let mut restored = Vec::new();
                lentil::decompress(&ours[..], &mut restored, &options()).unwrap();
                assert!(restored == odd, "{name}");
            }
            assert!(peer_restores(&ours).is_err(), "{name}");
        }
    }
}

#[test]
fn lepton_jpeg_and_the_corpus() {
    for folder in ["jpeg/normal", "jpeg/progressive", "jpeg/odd"] {
        let files = data_files(folder, "jpg").unwrap_or_default();
        let cross_file = |path: &std::path::PathBuf| {
            cross(&path.to_string_lossy(), &std::fs::read(path).unwrap())
        };
        let taken = files.iter().filter(|path| cross_file(path)).count();
        eprintln!("{folder}: lepton_jpeg takes {taken} of {}", files.len());
    }
}

#[test]
fn files_of_the_first_encoder() {
    let jpegs: Vec<_> = ["jpeg/normal", "jpeg/progressive", "jpeg/odd"]
        .iter()
        .flat_map(|folder| data_files(folder, "jpg").unwrap_or_default())
        .collect();
    for path in data_files("lep", "lep").unwrap_or_default() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let lep = std::fs::read(&path).unwrap();
        let mut restored = Vec::new();
        lentil::decompress(&lep[..], &mut restored, &options())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let stem = name.split('.').next().unwrap_or_default();
        let named = |p: &&std::path::PathBuf| {
            let jpeg = p.file_stem().unwrap().to_string_lossy();
            jpeg == stem || jpeg.strip_prefix("dropbox__") == Some(stem)
        };
        let jpeg = jpegs
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("no JPEG for {name}"));
        let mut expected = std::fs::read(jpeg).unwrap();
        // NAME.bytes-START-END.cpp.lep
        if let Some(range) = name.split(".bytes-").nth(1) {
            let mut ends = range.split(['-', '.']).map(|n| n.parse::<usize>());
            let (start, end) = (ends.next().unwrap().unwrap(), ends.next().unwrap().unwrap());
            expected = expected[start..end].to_vec();
        }
        assert!(restored == expected, "{name}");
    }
}
