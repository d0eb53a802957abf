//! Damages files as often as the first argument says (a million times, if there is none), and checks that
//! nothing panics or takes long, that what compresses restores, and that damage to `.lep` files is announced.

use std::num::NonZero;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lentil::Options;
use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::mutate::mutate;

struct File {
    name: String,
    jpeg: Vec<u8>,
    lep: Vec<u8>,
}

fn main() {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(1_000_000, |n| n.parse().expect("a number"));
    let files: Vec<File> = catalogue()
        .into_iter()
        .map(|(name, spec)| (name, make(&spec)))
        .filter(|(_, jpeg)| jpeg.len() < 20_000)
        .map(|(name, jpeg)| {
            let mut options = Options::default();
            options.partitions = NonZero::new(2);
            let mut lep = Vec::new();
            lentil::compress_slice(&jpeg, &mut lep, &options).expect("made JPEGs compress");
            File { name, jpeg, lep }
        })
        .collect();
    let next = AtomicU64::new(0);
    let totals: [AtomicU64; 4] = Default::default();
    let longest = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    let file = &files[(seed / 2) as usize % files.len()];
                    let start = Instant::now();
                    let jpeg = seed.is_multiple_of(2);
                    let taken = catch_unwind(|| {
                        if jpeg {
                            damaged_jpeg(file, seed)
                        } else {
                            damaged_lep(file, seed)
                        }
                    });
                    let taken = taken.unwrap_or_else(|_| panic!("{} with seed {seed}", file.name));
                    longest.fetch_max(start.elapsed().as_millis() as u64, Ordering::Relaxed);
                    totals[usize::from(jpeg) * 2 + usize::from(taken)]
                        .fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let [lep_refused, lep_taken, jpeg_refused, jpeg_taken] = totals.map(AtomicU64::into_inner);
    println!(".lep: {lep_refused} refused, {lep_taken} restored as before the damage");
    println!("JPEG: {jpeg_refused} refused, {jpeg_taken} compressed and restored");
    println!("longest: {} ms", longest.into_inner());
}

fn options() -> Options {
    let mut options = Options::default();
    options.verify = false;
    options.limits.memory = 256 << 20;
    options
}

fn damaged_jpeg(file: &File, seed: u64) -> bool {
    let jpeg = mutate(&file.jpeg, seed);
    let mut lep = Vec::new();
    if lentil::compress_slice(&jpeg, &mut lep, &options()).is_err() {
        return false;
    }
    let mut restored = Vec::new();
    let result = lentil::decompress(&lep[..], &mut restored, &options());
    assert!(
        result.is_ok() && restored == jpeg,
        "{} with seed {seed}: {result:?}",
        file.name
    );
    true
}

fn damaged_lep(file: &File, seed: u64) -> bool {
    let lep = mutate(&file.lep, seed);
    let mut restored = Vec::new();
    if lentil::decompress(&lep[..], &mut restored, &options()).is_err() {
        return false;
    }
    // Without our mark the file carries no hash, so that damage cannot be told.
    let marked = lep.get(8..12) == Some(b"LNTL");
    assert!(
        !marked || restored == file.jpeg,
        "{} with seed {seed}",
        file.name
    );
    true
}
