//! Decodes IVF files with the core. Prints the MD5 of each shown frame (of its cropped I420 bytes), or with `--time` how
//! long decoding alone took.

use lentil_core::vp8::Limits;
use lentil_tests::vp8::{Decoder, ivf_frames};
use md5::{Digest, Md5};
use std::time::Instant;

fn main() {
    let mut time = false;
    for name in std::env::args().skip(1) {
        if name == "--time" {
            time = true;
            continue;
        }
        let file = std::fs::read(&name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let frames = ivf_frames(&file);
        let mut decoder = Decoder::default();
        let start = Instant::now();
        let mut shown = None;
        let mut count = 0;
        for (i, frame) in frames.iter().enumerate() {
            match decoder.decode(frame, &Limits::NONE) {
                Ok(Some(decoded)) => {
                    shown = decoded.header.shown.then_some(decoded.picture);
                    if decoded.report.lacks_data {
                        eprintln!("{name}: frame {i} lacks data");
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    eprintln!("{name}: frame {i}: {error}");
                    continue;
                }
            }
            count += 1;
            if !time && let Some(picture) = &shown {
                let md5 = Md5::digest(decoder.shown(picture));
                println!(
                    "{}",
                    md5.iter().map(|b| format!("{b:02x}")).collect::<String>()
                );
            }
        }
        if time {
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{name}: {count} frames, {:.1} a second",
                f64::from(count) / seconds
            );
        }
    }
}
