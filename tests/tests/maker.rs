//! The made JPEGs are what they claim to be: an independent decoder shows the right picture, and the peer takes its kinds.

use std::collections::HashSet;

use jpeg_decoder::{Decoder, Error};
use lentil_tests::jpeg_maker::{JpegSpec, catalogue, make, refused};
use lepton_jpeg::{DEFAULT_THREAD_POOL, EnabledFeatures, encode_lepton_verify};

/// Legal files that the independent decoder cannot show: it overflows on the highest, and knows neither two components,
/// nor the rarest segments, nor components of one name.
fn decoder_takes(spec: &JpegSpec) -> bool {
    let known = spec
        .segments
        .iter()
        .all(|s| matches!(s.marker, 0xE0..=0xEF | 0xFE));
    spec.height < 65528
        && spec.components.len() != 2
        && known
        && spec.ids_differ()
        && spec.keep_rst.is_none()
        && spec.eoi
}

/// Files whose scans hold all bits of all coefficients.
fn is_complete(name: &str) -> bool {
    !["420_progressive_dc_only", "420_progressive_first_scans"].contains(&name)
}

/// Width, height and samples.
fn picture(jpeg: &[u8]) -> Result<(u16, u16, Vec<u8>), Error> {
    let mut decoder = Decoder::new(jpeg);
    let samples = decoder.decode()?;
    let info = decoder.info().expect("a decoded image has dimensions");
    Ok((info.width, info.height, samples))
}

#[test]
fn every_file_shows_the_picture_of_its_plainest_form() {
    for (name, spec) in catalogue() {
        if !decoder_takes(&spec) {
            continue;
        }
        let made = picture(&make(&spec)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let plain = picture(&make(&spec.plain())).unwrap_or_else(|e| panic!("{name}, plain: {e}"));
        assert_eq!(
            (made.0, made.1),
            (spec.width, spec.height),
            "{name}: dimensions"
        );
        if is_complete(&name) {
            assert!(made == plain, "{name}: the samples differ");
        }
    }
}

#[test]
fn lepton_jpeg_restores_every_file_of_its_kinds() {
    let features = EnabledFeatures::compat_lepton_vector_write();
    let mut taken = 0;
    for (name, spec) in catalogue() {
        if spec.suits_lepton_jpeg() {
            let result = encode_lepton_verify(&make(&spec), &features, &DEFAULT_THREAD_POOL);
            assert!(result.is_ok(), "{name}: {:?}", result.err());
            taken += 1;
        }
    }
    assert!(taken >= 60, "only {taken} files are of its kinds");
}

#[test]
fn left_out_rst_markers_change_nothing_else() {
    for (name, spec) in catalogue() {
        let Some(kept) = spec.keep_rst else { continue };
        let full = make(&spec.clone().with(|s| s.keep_rst = None));
        assert_eq!(without_rst(&full, kept), make(&spec), "{name}");
    }
}

/// The file without the RST markers that come after the first `kept` of each scan.
fn without_rst(jpeg: &[u8], kept: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut seen = 0;
    let mut at = 0;
    while at < jpeg.len() {
        match jpeg[at..] {
            [0xFF, 0xD0..=0xD7, ..] => {
                if seen < kept {
                    out.extend(&jpeg[at..at + 2]);
                }
                seen += 1;
                at += 2;
                continue;
            }
            [0xFF, 0xDA, ..] => seen = 0,
            _ => {}
        }
        out.push(jpeg[at]);
        at += 1;
    }
    out
}

#[test]
fn policies_for_eob_runs_differ() {
    let files: Vec<_> = catalogue()
        .into_iter()
        .filter(|(name, _)| name.starts_with("eob_"))
        .collect();
    let file = |name: &str| make(&files.iter().find(|f| f.0 == name).expect("such a file").1);
    assert_ne!(file("eob_maximal"), file("eob_limit_5"));
    assert_ne!(file("eob_maximal"), file("eob_random"));
    assert_ne!(
        file("eob_corrections_maximal"),
        file("eob_corrections_like_libjpeg")
    );
}

#[test]
fn names_are_unique_and_files_are_small_and_equal_each_time() {
    let mut names = HashSet::new();
    for (name, spec) in catalogue() {
        let file = make(&spec);
        let range = if name == "large_420" {
            1_000_000..2_000_000
        } else {
            100..70_000
        };
        assert!(
            range.contains(&file.len()),
            "{name} has {} bytes",
            file.len()
        );
        assert!(file == make(&spec), "{name} differs when made again");
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
    for (name, _) in refused() {
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
}
