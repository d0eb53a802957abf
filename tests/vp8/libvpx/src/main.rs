//! Damaged and made frames through libvpx and through Lentil, until so many were decoded:
//!
//!     against-libvpx [FRAMES [FIRST SEED [FOLDER FOR DIFFERENCES [SECONDS]]]]
//!
//! Where both decode a frame they must show the same pixels; where only one does, both errors are counted. Both begin
//! anew after an error, for libvpx's state is then undefined.

mod left_alone;
mod peer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use left_alone::leaves_chroma_alone;
use lentil_core::vp8::Limits;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{Decoder, STREAMS, ivf_frames};
use lentil_tests::vp8_maker::{damaged_frame, made_frame};
use peer::Peer;

/// Frames until both begin anew at the latest.
const RUN: usize = 48;
const LIMITS: Limits = Limits {
    width: 200,
    height: 200,
    macroblocks: 60,
};

#[derive(Default)]
struct Totals {
    frames: u64,
    mutated: u64,
    both: u64,
    pixels: u64,
    outcomes: BTreeMap<String, u64>,
}

/// One frame, and whether it is as an encoder made it.
fn next_frame(rng: &mut Rng, stream: &[&[u8]], at: usize) -> (Vec<u8>, bool) {
    let frame = stream[at % stream.len()];
    let choice = rng.below(20);
    match choice {
        _ if at == 0 && choice < 14 => (frame.to_vec(), true),
        0..4 => (frame.to_vec(), true),
        4 => {
            let size = (1 + rng.below(80) as u16, 1 + rng.below(80) as u16);
            (made_frame(rng, Some(size)), false)
        }
        5..11 => (made_frame(rng, None), false),
        11 => {
            let other = ivf_frames(STREAMS[rng.below(STREAMS.len())]);
            let other = other[rng.below(other.len())];
            (damaged_frame(rng, other), false)
        }
        12 => {
            let made = made_frame(rng, None);
            (damaged_frame(rng, &made), false)
        }
        _ => (damaged_frame(rng, frame), false),
    }
}

/// Decodes a run of frames by both; says what differs, if anything does.
fn run(seed: u64, totals: &mut Totals, kept: &mut Vec<Vec<u8>>) -> Option<String> {
    let mut rng = Rng::new(seed);
    let stream = ivf_frames(STREAMS[rng.below(STREAMS.len())]);
    let (mut ours, mut peer) = (Decoder::default(), Peer::new());
    kept.clear();
    for at in 0..RUN {
        let (frame, sound) = next_frame(&mut rng, &stream, at);
        // libvpx takes no frame of no bytes.
        if frame.is_empty() {
            continue;
        }
        let before = (ours.state, ours.segments.clone());
        let one = ours.decode(&frame, &LIMITS);
        if matches!(one, Err(lentil_core::vp8::Error::TooLarge { .. })) {
            *totals
                .outcomes
                .entry("beyond the limit: not compared".into())
                .or_default() += 1;
            continue;
        }
        let other = peer.decode(&frame);
        totals.frames += 1;
        totals.mutated += u64::from(!sound);
        kept.push(frame);
        match (one, other) {
            (Ok(decoded), Ok(shown)) => {
                totals.both += 1;
                let decoded = decoded?;
                let frame = kept.last()?;
                if leaves_chroma_alone(&before.0, &before.1, frame) {
                    let what = "libvpx leaves chroma alone".to_owned();
                    *totals.outcomes.entry(what).or_default() += 1;
                    return None;
                }
                if decoded.report.lacks_data {
                    *totals.outcomes.entry("lacks data".into()).or_default() += 1;
                }
                let picture = decoded.header.shown.then(|| ours.shown(&decoded.picture));
                if picture != shown {
                    totals.pixels += 1;
                    let place = place(
                        ours.state.width.into(),
                        ours.state.height.into(),
                        picture,
                        shown,
                    );
                    return Some(format!("frame {at}: pixels; {place}, {:?}", decoded.header));
                }
            }
            (one, other) => {
                // Without numbers: kinds are counted.
                let other = other.map_err(|words| words.replace(|c: char| c.is_ascii_digit(), ""));
                let (one, other) = (one.map(|_| "decoded"), other.map(|_| "decoded"));
                let what = format!("ours {one:?}, libvpx {other:?}");
                *totals.outcomes.entry(what.clone()).or_default() += 1;
                return (one.is_ok() || other.is_ok()).then(|| format!("frame {at}: {what}"));
            }
        }
    }
    None
}

/// Where pictures of this size differ first.
fn place(width: usize, height: usize, one: Option<Vec<u8>>, other: Option<Vec<u8>>) -> String {
    let (Some(one), Some(other)) = (one, other) else {
        return "only one is shown".into();
    };
    let pairs = one.iter().zip(&other);
    let Some(at) = pairs.clone().position(|(a, b)| a != b) else {
        return "sizes".into();
    };
    let differing = pairs.filter(|(a, b)| a != b).count();
    let (plane, width, height) = match at.checked_sub(width * height) {
        None => ((0, at), width, height),
        Some(rest) => {
            let (width, height) = (width.div_ceil(2), height.div_ceil(2));
            let plane = rest / (width * height);
            ((plane + 1, rest % (width * height)), width, height)
        }
    };
    let (plane, offset) = plane;
    let (x, y) = (offset % width, offset / width);
    format!(
        "{differing} differ, first {} and {} in plane {plane} of {width}x{height} at {x}, {y}",
        one[at], other[at]
    )
}

fn ivf(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"DKIF\0\0\x20\0VP80".to_vec();
    file.resize(32, 0);
    for (at, frame) in frames.iter().enumerate() {
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend((at as u64).to_le_bytes());
        file.extend(frame);
    }
    file
}

fn report(totals: &Totals, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let Totals {
        frames,
        mutated,
        both,
        pixels,
        ..
    } = totals;
    println!(
        "{seconds:.0} s: {frames} frames, {mutated} of them mutated, {both} decoded by both, {pixels} with different pixels; {:.0} a second",
        *frames as f64 / seconds
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |n| n.parse().expect("a number"))
    };
    let (frames, first_seed) = (number(1_000_000), number(0));
    let folder = arguments.next().map(PathBuf::from);
    let seconds = arguments
        .next()
        .map_or(u64::MAX, |n| n.parse().expect("a number"));
    let start = Instant::now();
    let mut totals = Totals::default();
    let (mut kept, mut said, mut seed) = (vec![], BTreeMap::<String, u32>::new(), first_seed);
    while totals.mutated < frames && start.elapsed().as_secs() < seconds {
        if let Some(what) = run(seed, &mut totals, &mut kept) {
            let kind = what
                .split_once(": ")
                .map_or("", |(_, kind)| kind.split(';').next().unwrap_or(""));
            let count = said.entry(kind.to_owned()).or_default();
            *count += 1;
            if *count <= 3 {
                println!("seed {seed}, {what}");
                if let Some(folder) = &folder {
                    std::fs::write(folder.join(format!("seed{seed}.ivf")), ivf(&kept))
                        .expect("a folder");
                }
            }
        }
        seed += 1;
        if (seed - first_seed).is_multiple_of(20_000) {
            report(&totals, start);
        }
    }
    report(&totals, start);
    println!("seeds {first_seed} to {}", seed - 1);
    for (what, count) in &totals.outcomes {
        println!("{count:>9} {what}");
    }
    std::process::exit(i32::from(totals.pixels > 0));
}
