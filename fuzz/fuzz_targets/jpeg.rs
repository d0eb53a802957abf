//! A survey must find the same in a JPEG, however it is cut into slices.
#![no_main]

use lentil_core::jpeg::{Block, Error};
use lentil_core::lepton::survey::{Lent, Survey, Want};
use lentil_core::lepton::transcode::RowStart;
use libfuzzer_sys::fuzz_target;

/// Most header bytes, rows and blocks lent.
const MOST: usize = 1 << 14;
/// Most runs that are cut short.
const MOST_BREAKS: usize = 64;

/// All that a survey finds.
#[derive(Debug, PartialEq)]
struct Found {
    header: Vec<u8>,
    rows: Vec<RowStart>,
    image: Vec<Block>,
    breaks: Vec<u32>,
    scans: u32,
    units: u32,
    pad: Option<bool>,
    restarts: Option<u32>,
    early_end: Option<[u32; 4]>,
    own_version: bool,
    cut: u64,
    bytes: u64,
    hash: u64,
}

/// What is found by looking at so many bytes more at a time; none if more is wanted than is lent.
fn look(jpeg: &[u8], slice: usize) -> Option<Result<Found, Error>> {
    let mut survey = Survey::new(0);
    let (mut header, mut rows, mut image) = (vec![], vec![], vec![]);
    let mut breaks = [0; MOST_BREAKS];
    let (mut from, mut shown) = (0, slice.min(jpeg.len()));
    loop {
        let mut lent = Lent {
            header: &mut header,
            rows: &mut rows,
            image: &mut image,
            breaks: &mut breaks,
        };
        let last = shown == jpeg.len();
        let (consumed, want) = match survey.look(&jpeg[from..shown], last, &mut lent) {
            Ok(looked) => looked,
            Err(error) => return Some(Err(error)),
        };
        from += consumed;
        assert!(from <= shown, "more is consumed than was shown");
        match want {
            Want::Nothing => break,
            Want::Input => {
                assert!(!last, "more input is wanted than there is");
                shown = shown.saturating_add(slice).min(jpeg.len());
            }
            Want::Header(n) if n <= MOST => header.resize(n, 0),
            Want::Rows(n) if n <= MOST => rows.resize(n, RowStart::default()),
            Want::Image(n) if n <= MOST => image.resize(n, Block::ZERO),
            _ => return None,
        }
    }
    let found = survey.findings().expect("the file is complete");
    Some(Ok(Found {
        scans: found.scans,
        units: found.units,
        pad: found.pad,
        restarts: found.restarts,
        early_end: found.early_end(),
        own_version: found.own_version,
        cut: found.cut,
        bytes: found.bytes,
        hash: found.hash,
        breaks: breaks[..found.breaks].to_vec(),
        header,
        rows,
        image,
    }))
}

fuzz_target!(|data: &[u8]| {
    let whole = look(data, usize::MAX);
    for slice in [1, 100, 5000] {
        assert_eq!(look(data, slice), whole, "slices of {slice}");
    }
});
