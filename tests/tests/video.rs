//! Video: a codec is a value, whatever threads and memory it has.

use std::num::NonZero;

use lentil::video::{Codec, Decoded, Error, Format, Limits, Options, Picture, Stream, Writer};
use lentil_tests::corpus::data_files;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::{STREAMS, grey_key_frame, ivf_frames};
use lentil_tests::vp8_maker::long_frame;

fn options(threads: usize) -> Options {
    let mut options = Options::default();
    options.threads = NonZero::new(threads).unwrap();
    options
}

fn vectors() -> Vec<Vec<u8>> {
    let files = data_files("vp8", "ivf").unwrap_or_default();
    files
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn i420(picture: &Picture) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_i420(&mut bytes).unwrap();
    assert_eq!(bytes.len(), picture.i420_len());
    bytes
}

#[test]
fn threads_and_clones_change_nothing() {
    for file in vectors() {
        let mut codec = Codec::new(options(1));
        let mut threaded = Codec::new(options(3));
        for (i, frame) in ivf_frames(&file).into_iter().enumerate().take(20) {
            let kept = codec.clone();
            let one = codec.decode(frame).unwrap();
            let many = threaded.decode(frame).unwrap();
            assert!(i420(&one.picture) == i420(&many.picture), "frame {i}");
            assert_eq!(one.codec.digest(), many.codec.digest());
            if i % 5 == 0 {
                let again = kept.decode(frame).unwrap();
                assert_eq!(one.codec.digest(), again.codec.digest());
            }
            (codec, threaded) = (one.codec, many.codec);
        }
    }
}

/// Streams side by side, with memory that they share.
#[test]
fn streams_go_side_by_side() {
    let first = Codec::new(options(1));
    let streams: Vec<Vec<&[u8]>> = STREAMS.iter().map(|file| ivf_frames(file)).collect();
    let decode = |frames: &[&[u8]], codec: &Codec| {
        let next = |codec: Codec, frame: &&[u8]| codec.decode(frame).unwrap().codec;
        frames.iter().fold(codec.clone(), next).digest()
    };
    let alone: Vec<_> = streams
        .iter()
        .map(|frames| decode(frames, &Codec::new(options(1))))
        .collect();
    let (first, decode) = (&first, &decode);
    let together: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = streams
            .iter()
            .map(|frames| scope.spawn(move || decode(frames, first)))
            .collect();
        started.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
}

#[test]
fn large_pictures_go_through_threads() {
    let frame = grey_key_frame(1000, 600);
    let one = Codec::new(options(1)).decode(&frame).unwrap();
    for threads in [2, 3, 4, 8] {
        let many = Codec::new(options(threads)).decode(&frame).unwrap();
        assert_eq!(one.codec.digest(), many.codec.digest());
        // An inter frame of zeros, too.
        let next = [0x11, 0x10, 0]
            .into_iter()
            .chain([0; 600])
            .collect::<Vec<u8>>();
        let (a, b) = (one.codec.decode(&next), many.codec.decode(&next));
        assert_eq!(a.unwrap().codec.digest(), b.unwrap().codec.digest());
    }
}

/// Random frames, large enough for threads, of all numbers of partitions; their rows are cut unevenly.
#[test]
fn wavefronts_give_the_same_pictures() {
    let counts = [1, 2, 3, 4, 8];
    let first = counts.map(|threads| Codec::new(options(threads)));
    let mut random = Rng::new(5);
    let mut partitions = [0; 9];
    let sizes = [
        (1000, 500),
        (330, 1000),
        (4000, 70),
        (100, 3000),
        (16, 16016),
    ];
    for size in sizes.into_iter().cycle().take(20) {
        let mut codecs = first.clone();
        for at in 0..5 {
            let frame = match at {
                // The first one must be complete.
                0 => grey_key_frame(size.0, size.1),
                1 => long_frame(&mut random, Some(size), 3000),
                _ => long_frame(&mut random, None, 3000),
            };
            let decoded = codecs.each_ref().map(|codec| codec.decode(&frame));
            let digests = decoded.each_ref().map(|decoded| {
                let decoded = decoded.as_ref().map_err(Error::to_string)?;
                Ok::<_, String>((decoded.codec.digest(), decoded.report))
            });
            assert!(
                digests.iter().all(|digest| *digest == digests[0]),
                "{digests:?}"
            );
            if let Some(header) = decoded[0].as_ref().ok().and_then(|decoded| decoded.header) {
                partitions[header.partitions] += 1;
            }
            let mut decoded = decoded.into_iter();
            codecs = codecs.map(|before| match decoded.next() {
                Some(Ok(decoded)) => decoded.codec,
                _ => before,
            });
        }
    }
    assert!(
        [1, 2, 4, 8].iter().all(|&count| partitions[count] > 5),
        "{partitions:?}"
    );
}

#[test]
fn states_are_saved_and_loaded() {
    let save = |codec: &Codec| {
        let mut bytes = Vec::new();
        codec.save(&mut bytes).unwrap();
        bytes
    };
    let fresh = Codec::new(options(1));
    let loaded = Codec::load(&save(&fresh)[..], options(1)).unwrap();
    assert_eq!(loaded.digest(), fresh.digest());

    let key = fresh.decode(&grey_key_frame(100, 60)).unwrap();
    let bytes = save(&key.codec);
    // The three references are one picture.
    assert!(bytes.len() < 2 * 112 * 64 * 3 / 2, "{}", bytes.len());
    let loaded = Codec::load(&bytes[..], options(1)).unwrap();
    assert_eq!(loaded.digest(), key.codec.digest());
    assert_eq!(save(&loaded), bytes);

    for at in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        assert!(Codec::load(&damaged[..], options(1)).is_err(), "{at}");
        assert!(Codec::load(&bytes[..at], options(1)).is_err(), "{at}");
    }
    let mut small = options(1);
    small.limits = Limits {
        width: 99,
        ..Limits::NONE
    };
    assert!(matches!(
        Codec::load(&bytes[..], small),
        Err(Error::Frame(_))
    ));
}

#[test]
fn decoding_goes_on_from_a_state_file() {
    for file in vectors().into_iter().step_by(4) {
        let mut codec = Codec::new(options(1));
        let frames = ivf_frames(&file);
        let half = frames.len() / 2;
        for frame in &frames[..half] {
            codec = codec.decode(frame).unwrap().codec;
        }
        let mut bytes = Vec::new();
        codec.save(&mut bytes).unwrap();
        let mut loaded = Codec::load(&bytes[..], options(2)).unwrap();
        for frame in &frames[half..] {
            let (a, b): (Decoded, Decoded) =
                (codec.decode(frame).unwrap(), loaded.decode(frame).unwrap());
            assert!(i420(&a.picture) == i420(&b.picture));
            (codec, loaded) = (a.codec, b.codec);
        }
        assert_eq!(codec.digest(), loaded.digest());
    }
}

#[test]
fn large_claims_are_refused_before_memory_is_taken() {
    let mut frame = grey_key_frame(16, 16);
    frame.truncate(100);
    frame[0] &= 0x1f;
    frame[1..3].fill(0);
    frame[6..10].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let mut small = options(1);
    small.limits.macroblocks = 1 << 16;
    let refused = Codec::new(small).decode(&frame);
    assert!(matches!(refused, Err(Error::Frame(_))), "{refused:?}");
}

#[test]
fn an_error_leaves_the_codec() {
    let codec = Codec::new(options(1));
    assert!(codec.decode(&[0x11, 0, 0, 1]).is_err());
    assert!(!codec.decode(&[]).unwrap().shown);
    let key = codec.decode(&grey_key_frame(32, 32)).unwrap().codec;
    let digest = key.digest();
    assert!(key.decode(&[0x11]).is_err());
    assert_eq!(key.digest(), digest);
    let repeated = key.decode(&[]).unwrap();
    assert!(repeated.shown && repeated.header.is_none());
    assert_eq!(repeated.codec.digest(), digest);
}

/// An IVF file of these frames.
fn ivf(frames: &[&[u8]]) -> Vec<u8> {
    let mut file = b"DKIF\0\0\x20\0VP80".to_vec();
    file.extend([16, 0, 16, 0, 30, 0, 0, 0, 1, 0, 0, 0]);
    file.extend((frames.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    for (i, frame) in frames.iter().enumerate() {
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend((i as u64).to_le_bytes());
        file.extend(*frame);
    }
    file
}

#[test]
fn ivf_files_are_read_and_their_damage_found() {
    let file = ivf(&[b"one", b"", b"three"]);
    let all = |file: &[u8]| -> Result<Vec<Vec<u8>>, Error> {
        let mut stream = Stream::open(file, 1 << 20)?;
        assert_eq!(stream.info().rate, (30, 1));
        let (mut frames, mut data) = (Vec::new(), Vec::new());
        while stream.next_frame(&mut data)?.is_some() {
            frames.push(data.clone());
        }
        Ok(frames)
    };
    assert_eq!(all(&file).unwrap(), [&b"one"[..], b"", b"three"]);
    for end in 0..file.len() {
        let whole = [32, 32 + 15, 32 + 27].contains(&end);
        assert_eq!(all(&file[..end]).is_ok(), whole, "{end}");
    }
    let mut other = file.clone();
    other[8..12].copy_from_slice(b"AV01");
    assert!(matches!(all(&other), Err(Error::Unsupported(_))));
    assert!(matches!(all(b"RIFF"), Err(Error::Unsupported(_))));
    let mut long = file;
    long[32..36].fill(0xff);
    assert!(matches!(all(&long), Err(Error::Corrupt(_))));
}

#[test]
fn y4m_has_one_size() {
    let codec = Codec::new(options(1));
    let small = codec.decode(&grey_key_frame(17, 5)).unwrap().picture;
    let large = codec.decode(&grey_key_frame(33, 5)).unwrap().picture;
    let mut writer = Writer::new(Vec::new(), Format::Y4m, (24_000, 1001));
    writer.write(&small).unwrap();
    writer.write(&small).unwrap();
    assert!(matches!(
        writer.write(&large),
        Err(Error::Size { width: 33, .. })
    ));
    let bytes = writer.finish().unwrap();
    let header = b"YUV4MPEG2 W17 H5 F24000:1001 Ip A0:0 C420jpeg\n";
    assert!(bytes.starts_with(header));
    assert_eq!(bytes.len(), header.len() + 2 * (6 + 17 * 5 + 2 * 9 * 3));
    let mut writer = Writer::new(Vec::new(), Format::I420, (0, 0));
    writer.write(&small).unwrap();
    writer.write(&large).unwrap();
    assert_eq!(
        writer.finish().unwrap().len(),
        small.i420_len() + large.i420_len()
    );
}
