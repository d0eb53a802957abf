//! Streams, limits and damaged files.

use std::io::{self, Read, Write};
use std::num::NonZero;

use lentil::{Error, Options};
use lentil_tests::jpeg_maker::{catalogue, make};
use lentil_tests::mutate::mutate;

fn sample(name: &str) -> Vec<u8> {
    let (_, spec) = catalogue().into_iter().find(|(n, _)| n == name).unwrap();
    make(&spec)
}

fn compressed(jpeg: &[u8], partitions: u8) -> Vec<u8> {
    let mut options = Options::default();
    options.partitions = NonZero::new(partitions);
    let mut lep = Vec::new();
    lentil::compress_slice(jpeg, &mut lep, &options).unwrap();
    lep
}

/// Gives a few bytes at a time, and notes how many were given when the first output came.
struct Slow<'a> {
    bytes: &'a [u8],
    given: &'a std::cell::Cell<usize>,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(1000).min(self.bytes.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        self.given.set(self.given.get() + count);
        Ok(count)
    }
}

struct First<'a> {
    bytes: Vec<u8>,
    given: &'a std::cell::Cell<usize>,
    /// Input that was read when so many bytes had been written.
    at_20k: Option<usize>,
}

impl Write for First<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 20_000 {
            self.at_20k.get_or_insert(self.given.get());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_first_bytes_come_early() {
    let jpeg = sample("large_420");
    for partitions in [1, 4] {
        let lep = compressed(&jpeg, partitions);
        let given = std::cell::Cell::new(0);
        let input = Slow {
            bytes: &lep,
            given: &given,
        };
        let mut output = First {
            bytes: Vec::new(),
            given: &given,
            at_20k: None,
        };
        lentil::decompress(input, &mut output, &Options::default()).unwrap();
        assert!(output.bytes == jpeg);
        let read = output.at_20k.unwrap();
        assert!(read < lep.len() / 3, "{read} of {} bytes read", lep.len());
    }
}

#[test]
fn limits_hold() {
    let jpeg = sample("large_420");
    let lep = compressed(&jpeg, 1);
    let mut options = Options::default();
    options.limits.width = 64;
    let refused =
        |result: Result<lentil::Summary, Error>| matches!(result, Err(Error::Limit { .. }));
    assert!(refused(lentil::compress_slice(&jpeg, io::sink(), &options)));
    assert!(refused(lentil::decompress(&lep[..], io::sink(), &options)));
    let mut options = Options::default();
    options.limits.memory = 1000;
    assert!(refused(lentil::compress(&jpeg[..], io::sink(), &options)));
    let jpeg = sample("420_progressive_100x75");
    let lep = compressed(&jpeg, 1);
    assert!(refused(lentil::compress_slice(&jpeg, io::sink(), &options)));
    assert!(refused(lentil::decompress(&lep[..], io::sink(), &options)));
}

#[test]
fn a_huge_claim_costs_nothing() {
    // 65535 x 65535 pixels, sequential and progressive, in a few hundred bytes.
    for name in ["420_100x75", "420_progressive_100x75"] {
        let mut jpeg = sample(name);
        let sof = jpeg
            .windows(2)
            .position(|w| w == [0xff, 0xc0] || w == [0xff, 0xc2])
            .unwrap();
        jpeg[sof + 5..sof + 9].fill(0xff);
        jpeg.truncate(1200);
        match lentil::compress_slice(&jpeg, io::sink(), &Options::default()) {
            Ok(sizes) => assert_eq!(sizes.jpeg_bytes, 1200),
            Err(Error::Unsupported(_) | Error::Limit { .. }) => {}
            Err(e) => panic!("{e}"),
        }
    }
    let mut lep = compressed(&sample("420_100x75"), 1);
    lep[20..24].fill(0xff);
    let claimed = lentil::decompress(&lep[..], io::sink(), &Options::default());
    assert!(matches!(claimed, Err(Error::Corrupt(_))), "{claimed:?}");
    lep[24..28].fill(0xff);
    let claimed = lentil::decompress(&lep[..200], io::sink(), &Options::default());
    assert!(matches!(claimed, Err(Error::Corrupt(_))), "{claimed:?}");
}

#[test]
fn every_cut_is_an_error() {
    let lep = compressed(&sample("420_restart_7"), 2);
    for end in 0..lep.len() {
        let result = lentil::decompress(&lep[..end], io::sink(), &Options::default());
        assert!(
            matches!(result, Err(Error::Corrupt(_))),
            "{end}: {result:?}"
        );
    }
}

#[test]
fn damage_is_announced() {
    for name in [
        "420_100x75",
        "420_progressive_100x75",
        "420_one_each",
        "cmyk_11",
    ] {
        let jpeg = sample(name);
        let lep = compressed(&jpeg, 2);
        let mut errors = 0;
        for seed in 0..500 {
            let damaged = mutate(&lep, seed);
            let mut restored = Vec::new();
            match lentil::decompress(&damaged[..], &mut restored, &Options::default()) {
                // The mutation may have left the file as it was, or changed what carries nothing.
                Ok(_) => assert!(restored == jpeg, "{name} {seed}"),
                Err(_) => errors += 1,
            }
        }
        assert!(errors > 400, "{name}: {errors}");
    }
}

#[test]
fn failing_streams_are_told_apart() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no"))
        }
    }
    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let options = Options::default();
    let jpeg = sample("420_100x75");
    let lep = compressed(&jpeg, 1);
    assert!(matches!(
        lentil::compress(Fails, io::sink(), &options),
        Err(Error::Read(_))
    ));
    assert!(matches!(
        lentil::decompress(Fails, io::sink(), &options),
        Err(Error::Read(_))
    ));
    assert!(matches!(
        lentil::compress(&jpeg[..], Fails, &options),
        Err(Error::Write(_))
    ));
    assert!(matches!(
        lentil::decompress(&lep[..], Fails, &options),
        Err(Error::Write(_))
    ));
}
