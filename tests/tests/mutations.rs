//! Thousands of damaged files, the same in every run: whatever they are, nothing panics, what is
//! accepted as a JPEG comes back, and damage to a .lep file of ours is announced.

use std::num::NonZero;

use lentil::{Error, Options};
use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::mutate::mutate;
use lentil_tests::rng::Rng;

/// Larger files take longer, and show no more.
const MOST_BYTES: usize = 16_000;
/// Damaged copies of each file.
const COPIES: u64 = 60;

/// Options of all kinds, by number.
fn options(number: u64) -> Options {
    let mut options = Options::default();
    options.limits.memory = 32 << 20;
    options.partitions = NonZero::new(1 + (number % 4) as u8);
    options.threads = NonZero::new(1 + number as usize % 7 / 6).unwrap();
    options.own_version = number.is_multiple_of(5);
    options
}

/// The small files of the catalogue.
fn small_files() -> impl Iterator<Item = (String, Vec<u8>)> {
    let made = catalogue()
        .into_iter()
        .map(|(name, spec)| (name, make(&spec)));
    made.filter(|(_, jpeg)| jpeg.len() <= MOST_BYTES)
}

/// How damaged files ended.
#[derive(Debug, Default)]
struct Count {
    taken: u32,
    refused: u32,
}

#[test]
fn damaged_lep_files() {
    let mut count = Count::default();
    for (number, (name, jpeg)) in (0..).zip(small_files()) {
        let mut lep = Vec::new();
        lentil::compress_slice(&jpeg, &mut lep, &options(number)).unwrap();
        for seed in number * COPIES..(number + 1) * COPIES {
            let damaged = mutate(&lep, seed);
            let mut restored = Vec::new();
            match lentil::decompress(&damaged[..], &mut restored, &options(seed)) {
                // Damage may lie where nothing is carried. What lost the mark of our files is as
                // good as one of another encoder, which carries no hash.
                Ok(_) if damaged.get(8..12) == Some(b"LNTL") => {
                    assert!(restored == jpeg, "{name}, seed {seed}: not announced");
                    count.taken += 1;
                }
                Ok(_) => count.taken += 1,
                Err(Error::Corrupt(_) | Error::Limit { .. }) => count.refused += 1,
                Err(error) => panic!("{name}, seed {seed}: {error}"),
            }
        }
    }
    println!("damaged .lep files: {count:?}");
    assert!(count.taken + count.refused > 5000, "{count:?}");
    assert!(count.refused > 10 * count.taken, "{count:?}");
}

#[test]
fn damaged_jpeg_files() {
    let mut count = Count::default();
    for (number, (name, jpeg)) in (0..).zip(small_files()) {
        for seed in number * COPIES..(number + 1) * COPIES {
            let damaged = mutate(&jpeg, seed);
            let mut options = options(seed);
            options.verify = false;
            if seed % 8 == 7 && !damaged.is_empty() {
                let mut rng = Rng::new(seed);
                let (a, b) = (rng.below(damaged.len()), rng.below(damaged.len()));
                options.range = Some(a.min(b) as u64..a.max(b) as u64 + 1);
            }
            let mut lep = Vec::new();
            let mut compressed = lentil::compress_slice(&damaged, &mut lep, &options);
            if let Err(Error::Extreme) = compressed {
                options.own_version = true;
                lep.clear();
                compressed = lentil::compress_slice(&damaged, &mut lep, &options);
            }
            match compressed {
                Ok(_) => count.taken += 1,
                Err(Error::Unsupported(_) | Error::Limit { .. }) => {
                    count.refused += 1;
                    continue;
                }
                Err(error) => panic!("{name}, seed {seed}: {error}"),
            }
            let mut restored = Vec::new();
            lentil::decompress(&lep[..], &mut restored, &options)
                .unwrap_or_else(|error| panic!("{name}, seed {seed}: {error}"));
            let all = 0..damaged.len() as u64;
            let wanted = options.range.unwrap_or(all);
            let wanted = &damaged[wanted.start as usize..wanted.end as usize];
            assert!(restored == wanted, "{name}, seed {seed}: bytes differ");
        }
    }
    println!("damaged JPEG files: {count:?}");
    assert!(count.taken + count.refused > 5000, "{count:?}");
    assert!(count.taken > 3000, "{count:?}");
}
