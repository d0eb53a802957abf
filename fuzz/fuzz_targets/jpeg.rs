//! A survey must find the same in a JPEG, however it is cut into slices.
#![no_main]

use lentil_core::jpeg::Block;
use lentil_core::lepton::survey::{Lent, Survey, Want};
use lentil_core::lepton::transcode::RowStart;
use libfuzzer_sys::fuzz_target;

/// Most blocks and header bytes lent.
const MOST: usize = 1 << 16;

fn look(jpeg: &[u8], slice: usize) -> Option<String> {
    let mut survey = Survey::new(0);
    let (mut header, mut rows, mut image) = (vec![], vec![], vec![]);
    let mut breaks = [0; 64];
    let (mut from, mut shown) = (0, slice.min(jpeg.len()));
    loop {
        let mut lent = Lent {
            header: &mut header,
            rows: &mut rows,
            image: &mut image,
            breaks: &mut breaks,
        };
        let last = shown == jpeg.len();
        let (consumed, want) = survey.look(&jpeg[from..shown], last, &mut lent).ok()?;
        from += consumed;
        match want {
            Want::Nothing => {
                let found = survey.findings()?;
                let (end, own) = (found.early_end(), found.own_version);
                return Some(format!(
                    "{} {} {} {:?} {:?} {end:?} {own} {} {:x} {:?} {:?}",
                    found.header_bytes, found.scans, found.units, found.pad, found.restarts,
                    found.cut, found.hash, &header[..found.header_bytes], rows,
                ));
            }
            Want::Input => shown = (shown + slice).min(jpeg.len()),
            Want::Header(n) if n <= MOST => header.resize(n, 0),
            Want::Rows(n) if n <= MOST => rows.resize(n, RowStart::default()),
            Want::Image(n) if n <= MOST => image.resize(n, Block::ZERO),
            _ => return None,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let whole = look(data, usize::MAX);
    for slice in [1, 100, 5000] {
        assert_eq!(look(data, slice), whole, "slices of {slice}");
    }
});
