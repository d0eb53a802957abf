//! Checks and measures both codecs on images, in turns.

use std::num::NonZeroU8;
use std::time::Instant;

use crate::args::Args;
use crate::codec::Codec;
use crate::cpu::user_seconds;
use crate::input::Image;

/// What one codec made of one image.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Bytes of the `.lep` file.
    pub lep_bytes: usize,
    /// User CPU seconds of one compression, round by round.
    pub compress: Vec<f64>,
    /// User CPU seconds of one restoration, round by round.
    pub restore: Vec<f64>,
}

/// Both codecs on one image. `Err` says why there is nothing to measure.
#[derive(Clone, Debug)]
pub struct Row {
    /// The image's name.
    pub name: String,
    /// Bytes of the JPEG.
    pub jpeg_bytes: usize,
    /// By codec, in the order of [`Codec::BOTH`].
    pub outcomes: [Result<Outcome, String>; 2],
    /// Files that were not restored as they must be.
    pub faults: Vec<String>,
}

/// A codec that is ready to be measured on an image.
struct Subject {
    codec: Codec,
    lep: Vec<u8>,
    /// Operations in one measurement.
    repeats: [u32; 2],
}

/// Checks and warms up, then measures all images round by round.
#[must_use]
pub fn compare(images: &[Image], args: &Args) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut subjects = Vec::new();
    eprintln!("checking and warming up");
    for image in images {
        let (row, ready) = prepare(image, args);
        rows.push(row);
        subjects.push(ready);
    }
    // One buffer for all, so that no codec pays for fresh pages that the other finds mapped.
    let mut buffer = Vec::with_capacity(images.iter().map(|i| i.bytes.len()).max().unwrap_or(0));
    for round in 1..=args.rounds.get() {
        eprintln!("round {round} of {}", args.rounds);
        for ((image, row), ready) in images.iter().zip(&mut rows).zip(&mut subjects) {
            // Who comes first changes from round to round.
            ready.reverse();
            for subject in ready {
                let outcome = &mut row.outcomes[subject.codec as usize];
                let measured = outcome.as_mut().map_err(|e| e.clone()).and_then(|outcome| {
                    subject.measure(&image.bytes, outcome, &mut buffer, args.partitions)
                });
                if let Err(error) = measured {
                    *outcome = Err(error);
                }
            }
        }
    }
    rows
}

impl Subject {
    fn measure(
        &self,
        jpeg: &[u8],
        outcome: &mut Outcome,
        buffer: &mut Vec<u8>,
        partitions: NonZeroU8,
    ) -> Result<(), String> {
        let compress = sample(self.repeats[0], || {
            self.codec.compress(jpeg, buffer, partitions)
        })?;
        let restore = sample(self.repeats[1], || self.codec.restore(&self.lep, buffer))?;
        outcome.compress.push(compress);
        outcome.restore.push(restore);
        Ok(())
    }
}

/// User CPU seconds of one of so many operations.
fn sample(repeats: u32, mut work: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    let start = user_seconds();
    for _ in 0..repeats {
        work()?;
    }
    Ok((user_seconds() - start) / f64::from(repeats))
}

fn prepare(image: &Image, args: &Args) -> (Row, Vec<Subject>) {
    let mut row = Row {
        name: image.name.clone(),
        jpeg_bytes: image.bytes.len(),
        outcomes: Codec::BOTH.map(|_| Err(String::new())),
        faults: Vec::new(),
    };
    let mut ready = Vec::new();
    for codec in Codec::BOTH {
        row.outcomes[codec as usize] = match warm_up(codec, image, args) {
            Ok(subject) => {
                row.faults.extend(faults(&subject, image));
                let lep_bytes = subject.lep.len();
                ready.push(subject);
                Ok(Outcome {
                    lep_bytes,
                    compress: Vec::new(),
                    restore: Vec::new(),
                })
            }
            Err(error) => Err(error),
        };
    }
    (row, ready)
}

/// Runs both ways once, and counts how many such runs one measurement takes.
fn warm_up(codec: Codec, image: &Image, args: &Args) -> Result<Subject, String> {
    let repeats = |start: Instant| {
        let once = start.elapsed().as_secs_f64().max(1e-6);
        (f64::from(args.sample_ms) / 1000.0 / once).ceil().max(1.0) as u32
    };
    let mut lep = Vec::with_capacity(image.bytes.len());
    let start = Instant::now();
    codec.compress(&image.bytes, &mut lep, args.partitions)?;
    let compress = repeats(start);
    let mut jpeg = Vec::with_capacity(image.bytes.len());
    let start = Instant::now();
    let restored = codec.restore(&lep, &mut jpeg);
    if codec == Codec::Peer {
        restored?;
    }
    // Unverified, the peer writes such files for JPEGs that it would refuse. Ours are faults, found later.
    if codec == Codec::Peer && jpeg != image.bytes {
        return Err("restores other bytes than the original from its own file".into());
    }
    Ok(Subject {
        codec,
        lep,
        repeats: [compress, repeats(start)],
    })
}

/// Both codecs must restore the file exactly; a file that the other does not know is left to its maker.
fn faults(subject: &Subject, image: &Image) -> Vec<String> {
    let maker = subject.codec;
    let mut found = Vec::new();
    for reader in [maker, maker.other()] {
        if !reader.knows(&subject.lep) {
            continue;
        }
        let mut jpeg = Vec::with_capacity(image.bytes.len());
        let wrong = match reader.restore(&subject.lep, &mut jpeg) {
            Ok(()) if jpeg == image.bytes => continue,
            Ok(()) => "other bytes than the original".into(),
            Err(error) => error,
        };
        found.push(format!(
            "{}: made by {}, restored by {}: {wrong}",
            image.name,
            maker.name(),
            reader.name()
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::input::made;

    #[test]
    fn made_images_suit_both_codecs() {
        let images = made();
        let args = Args::parse_from(["lepton", "--rounds", "1", "--sample-ms", "0"]);
        for row in compare(&images, &args) {
            assert_eq!(row.faults, Vec::<String>::new());
            for outcome in row.outcomes {
                let outcome = outcome.expect("a codec refuses a made image");
                assert!(outcome.lep_bytes < row.jpeg_bytes);
                assert_eq!((outcome.compress.len(), outcome.restore.len()), (1, 1));
            }
        }
    }

    #[test]
    fn wrong_bytes_are_found() {
        let images = made();
        let args = Args::parse_from(["lepton", "--sample-ms", "0"]);
        for codec in Codec::BOTH {
            let subject = warm_up(codec, &images[3], &args).expect("a codec refuses a made image");
            assert_eq!(faults(&subject, &images[3]), Vec::<String>::new());
            assert_eq!(faults(&subject, &images[2]).len(), 2);
        }
    }
}
