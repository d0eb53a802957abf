//! VP8: test vectors, and that decoding is a function of its arguments and nothing else.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{Error, Frame, Limits, Picture, PixelKernels, References, Report, State};
use lentil_simd::Detected;
use lentil_tests::corpus::data_files;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{Decoder, decode_twice, grey_key_frame, ivf_frames};
use lentil_tests::vp8_maker::long_frame;
use lentil_tests::vp8_spans::decode_in_spans;
use md5::{Digest, Md5};

fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn test_vectors() {
    vectors_with(Scalar);
}

/// The same with the best kernels of the processor.
#[test]
fn test_vectors_with_detected_kernels() {
    match lentil_simd::detect() {
        // That is the test above.
        Detected::Scalar(_) => {}
        #[cfg(target_arch = "x86_64")]
        Detected::Avx2(kernels) => vectors_with(kernels),
        #[cfg(target_arch = "x86_64")]
        Detected::Avx512(kernels) => {
            vectors_with(kernels.avx2());
            vectors_with(kernels);
        }
        #[cfg(target_arch = "aarch64")]
        Detected::Neon(kernels) => vectors_with(kernels),
    }
}

fn vectors_with(kernels: impl PixelKernels) {
    let Some(files) = data_files("vp8", "ivf") else {
        return;
    };
    for path in files {
        let sums = std::fs::read_to_string(path.with_extension("ivf.md5")).expect("checksums");
        let sums: Vec<&str> = sums.split_whitespace().step_by(2).collect();
        let file = std::fs::read(&path).expect("a vector");
        let mut decoder = Decoder::new(kernels);
        let mut shown = vec![];
        for frame in ivf_frames(&file) {
            let decoded = decoder.decode(frame, &Limits::NONE).expect("a sound frame");
            let decoded = decoded.expect("a frame of some bytes");
            if decoded.header.shown {
                shown.push(md5(&decoder.shown(&decoded.picture)));
            }
        }
        assert_eq!(shown, sums, "{}", path.display());
    }
}

/// Some frames of some vectors.
fn some_streams() -> Option<Vec<Vec<u8>>> {
    let files = data_files("vp8", "ivf")?;
    let read = |path| std::fs::read(path).expect("a vector");
    Some(files.into_iter().step_by(3).map(read).collect())
}

/// Every frame is decoded once as it is, and once by a decoder that was written and read, and whose scratch memory is
/// full of garbage; streams take turns.
#[test]
fn states_are_all_there_is() {
    let Some(streams) = some_streams() else {
        return;
    };
    let mut random = Rng::new(8);
    let mut decoders = vec![Decoder::default(); streams.len()];
    let mut spoiled = Decoder::default();
    for at in 0..12 {
        for (stream, decoder) in streams.iter().zip(&mut decoders) {
            let Some(&frame) = ivf_frames(stream).get(at) else {
                continue;
            };
            let byte = || random.next_u64() as u8;
            let decoded = decode_twice(decoder, &mut spoiled, frame, &Limits::NONE, byte);
            assert!(decoded.is_ok_and(|decoded| decoded.is_some()));
        }
    }
}

/// How a frame is cut into spans, and in which order they go through the stages, changes nothing.
#[test]
fn spans_change_nothing() {
    let mut random = Rng::new(80);
    let mut partitions = [0; 9];
    for round in 0..60 {
        let mut decoder = Decoder::default();
        let size = (1 + random.below(200) as u16, 1 + random.below(200) as u16);
        for at in 0..6 {
            let most = 1 + 500 * (round % 4);
            let frame = match at {
                // The first one must be complete.
                0 => grey_key_frame(size.0, size.1),
                1 => long_frame(&mut random, Some(size), most),
                _ => long_frame(&mut random, None, most),
            };
            let spans = in_spans(&decoder, &frame, &mut random);
            let (before, references) = (decoder.state, decoder.references.clone());
            match (decoder.decode(&frame, &Limits::NONE), spans) {
                (Ok(Some(whole)), Ok((picture, segments, report))) => {
                    assert!(*whole.picture == picture, "pictures differ");
                    assert_eq!((whole.report, &decoder.segments), (report, &segments));
                    partitions[whole.header.partitions] += 1;
                }
                (whole, spans) => {
                    assert_eq!(whole.err(), spans.err());
                    assert_eq!(
                        (before, references),
                        (decoder.state, decoder.references.clone())
                    );
                }
            }
        }
    }
    assert!([1, 2, 4, 8].iter().all(|&count| partitions[count] > 10));
}

type Spans = (Vec<u8>, Vec<u8>, Report);

/// The picture, the segments and the report of a decoder's next frame.
fn in_spans(decoder: &Decoder, data: &[u8], random: &mut Rng) -> Result<Spans, Error> {
    let frame = Frame::begin(&decoder.state, data, &Limits::NONE)?.expect("a frame of some bytes");
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    let [last, golden, altref] = decoder.references.each_ref().map(|data| {
        let picture = Picture::of_slice(data, columns, rows);
        picture.unwrap_or_default()
    });
    let references = References {
        last,
        golden,
        altref,
    };
    let mut picture = random.bytes(Picture::len(columns, rows));
    let mut segments = random.bytes(columns * rows);
    let maps = (&decoder.segments[..], &mut segments[..]);
    let report = decode_in_spans(Scalar, &frame, &references, maps, &mut picture, random)?;
    Ok((picture, segments, report))
}

/// Damaged frames give a picture or an error; after an error the decoder is as it was.
#[test]
fn damage_is_survived() {
    let Some(streams) = some_streams() else {
        return;
    };
    let rounds = std::env::var("LENTIL_MUTATIONS").map_or(60, |n| n.parse().expect("a number"));
    let mut random = Rng::new(88);
    let limits = Limits {
        macroblocks: 4000,
        ..Limits::NONE
    };
    let (mut decoded, mut refused) = (0, 0);
    for stream in &streams {
        let frames = ivf_frames(stream);
        for _ in 0..rounds {
            let mut decoder = Decoder::default();
            for &frame in frames.iter().take(1 + random.below(4)) {
                let mut frame = frame.to_vec();
                if !random.one_in(3) {
                    damage(&mut frame, &mut random);
                }
                let before = (decoder.state, decoder.segments.clone());
                match decoder.decode(&frame, &limits) {
                    Ok(_) => decoded += 1,
                    Err(_) => {
                        refused += 1;
                        assert!(before == (decoder.state, decoder.segments.clone()));
                    }
                }
            }
        }
    }
    assert!(decoded > refused && refused > 0, "{decoded} {refused}");
}

/// Changes some bytes, mostly near the start, or cuts the frame short.
fn damage(frame: &mut Vec<u8>, random: &mut Rng) {
    let len = frame.len();
    if len == 0 {
        return;
    }
    if random.one_in(4) {
        frame.truncate(random.below(len));
    }
    for _ in 0..random.below(6) {
        let reach = if random.below(2) == 0 {
            len
        } else {
            len.min(40)
        };
        let at = random.below(reach);
        if let Some(byte) = frame.get_mut(at) {
            *byte = random.next_u64() as u8;
        }
    }
}

#[test]
fn what_cannot_be_decoded_is_told_apart() {
    let begin = |data: &[u8], limits: &Limits| Frame::begin(&State::NEW, data, limits).err();
    let key = [
        0x10, 0x02, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f, 0, 0, 0, 0,
    ];
    let with = |at: usize, byte: u8| {
        let mut frame = [0; 100];
        frame[..14].copy_from_slice(&key);
        frame[at] = byte;
        begin(&frame, &Limits::NONE)
    };
    assert!(
        Frame::begin(&State::NEW, &[], &Limits::NONE)
            .unwrap()
            .is_none()
    );
    assert_eq!(
        begin(&key[..2], &Limits::NONE),
        Some(Error::TruncatedHeader)
    );
    assert_eq!(
        begin(&key[..9], &Limits::NONE),
        Some(Error::TruncatedHeader)
    );
    assert_eq!(begin(&key, &Limits::NONE), Some(Error::FirstPartition));
    assert_eq!(with(3, 0), Some(Error::StartCode));
    assert_eq!(with(0, 0x11), Some(Error::NoKeyFrame));
    // A first partition of no bytes goes on into what follows, as in libvpx.
    assert_eq!(with(1, 0), None);
    assert_eq!(with(12, 0), None);
    let limits = Limits {
        width: 4096,
        ..Limits::NONE
    };
    let (width, height) = (16383, 16383);
    assert_eq!(
        begin(&key, &limits),
        Some(Error::TooLarge { width, height })
    );
}
