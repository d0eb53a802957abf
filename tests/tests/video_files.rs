//! Files around encoding: Y4M is read, IVF is written, pictures are compared.

use std::io::Cursor;

use lentil::video::{Distortion, Error, IvfWriter, Limits, Picture, Stream, Y4m, ssim};
use lentil_tests::pictures::{Scene, y4m};

const SIZE: (u16, u16) = (17, 5);

fn pictures() -> Vec<Vec<u8>> {
    let picture = |frame| Scene::Text.i420(SIZE.0, SIZE.1, frame);
    (0..3).map(picture).collect()
}

fn read(file: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut input = Y4m::open(file, &Limits::NONE)?;
    let mut all = vec![];
    while let Some(picture) = input.next_picture()? {
        let mut bytes = vec![];
        picture.write_i420(&mut bytes).unwrap();
        all.push(bytes);
    }
    Ok(all)
}

#[test]
fn y4m_is_read_in_all_its_spellings() {
    let pictures = pictures();
    for parameters in [
        "",
        " F30000:1001 Ip A0:0 C420",
        " C420jpeg F25:1",
        " C420mpeg2 I? XYSCSS=420MPEG2",
        " C420paldv XCOLORRANGE=FULL  A1:1",
    ] {
        let file = y4m(SIZE, parameters, &pictures);
        assert!(read(&file).unwrap() == pictures, "{parameters}");
    }
    let mut file = y4m(SIZE, " F30000:1001", &pictures);
    let info = *Y4m::open(&file[..], &Limits::NONE).unwrap().info();
    assert_eq!(
        (info.width, info.height, info.rate),
        (17, 5, (30_000, 1001))
    );
    let length = info.header_bytes + 3 * info.frame_bytes;
    assert_eq!(length, file.len() as u64);
    // Frames have parameters, too.
    let at = info.header_bytes as usize + 5;
    file.splice(at..at, *b" Ippp XA=B");
    assert!(read(&file).unwrap() == pictures);
    // No picture is a film, too.
    assert!(read(&y4m(SIZE, "", &[])).unwrap().is_empty());
}

#[test]
fn pictures_of_other_kinds_are_refused_by_name() {
    for kind in [
        "422", "444", "411", "mono", "420p10", "420p12", "444alpha", "410", "nonsense",
    ] {
        let error = read(&y4m(SIZE, &format!(" C{kind}"), &[])).unwrap_err();
        assert!(matches!(error, Error::Chroma(_)));
        let text = error.to_string();
        assert!(
            text.contains(&format!("C{kind};")) && text.contains("yuv420p"),
            "{text}"
        );
    }
    for interlacing in ["t", "b", "m"] {
        let error = read(&y4m(SIZE, &format!(" I{interlacing}"), &[])).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)));
    }
    for file in [
        &b""[..],
        b"RIFF....",
        b"YUV4MPEG3 W1 H1\n",
        b"YUV4MPEG2W1 H1\n",
    ] {
        assert!(matches!(read(file), Err(Error::Unsupported(_))));
    }
}

#[test]
fn sizes_are_looked_at_before_memory_is_taken() {
    for size in ["W0 H5", "W5", "", "W16384 H1", "W1 H99999999999"] {
        let file = format!("YUV4MPEG2 {size}\n");
        let error = read(file.as_bytes()).unwrap_err();
        assert!(
            matches!(error, Error::PictureSize { .. }),
            "{size}: {error}"
        );
    }
    for wrong in [
        "W-1 H5",
        "Wx H5",
        "W5 H5 F30",
        "W5 H5 Fa:b",
        "W99999999999999999999 H5",
    ] {
        let file = format!("YUV4MPEG2 {wrong}\n");
        assert!(
            matches!(read(file.as_bytes()), Err(Error::Corrupt(_))),
            "{wrong}"
        );
    }
    let limits = Limits {
        macroblocks: 3,
        ..Limits::NONE
    };
    let open = |file: &str| Y4m::open(file.as_bytes(), &limits).map(|y4m| *y4m.info());
    assert!(open("YUV4MPEG2 W48 H16\n").is_ok());
    let refused = open("YUV4MPEG2 W49 H16\n");
    assert!(matches!(
        refused,
        Err(Error::TooLarge {
            width: 49,
            height: 16
        })
    ));
}

/// Wherever a file ends but between frames is an error that says which frame it is.
#[test]
fn y4m_files_cut_short_are_errors() {
    let file = y4m(SIZE, " F30:1 C420", &pictures());
    let info = *Y4m::open(&file[..], &Limits::NONE).unwrap().info();
    let (header, frame) = (info.header_bytes as usize, info.frame_bytes as usize);
    for end in 0..file.len() {
        match read(&file[..end]) {
            Ok(_) => assert!(end >= header && (end - header) % frame == 0, "{end}"),
            Err(Error::Unsupported(_)) => assert_eq!(end, 0),
            Err(error) if end < header => assert!(matches!(error, Error::Corrupt(_))),
            Err(error) => {
                let wanted = format!("frame {} is cut short", (end - header) / frame);
                assert!(error.to_string().contains(&wanted), "{end}: {error}");
            }
        }
    }
    let mut other = file.clone();
    other[header + frame] = b'X';
    let error = read(&other).unwrap_err();
    assert!(error.to_string().contains("frame 1 "), "{error}");
    let endless = [&b"YUV4MPEG2 W5 H5 X"[..], &[b'x'; 5000]].concat();
    assert!(matches!(read(&endless), Err(Error::Corrupt(_))));
    let mut endless = file[..header].to_vec();
    endless.extend(b"FRAME ");
    endless.extend([b'x'; 5000]);
    assert!(matches!(read(&endless), Err(Error::Corrupt(_))));
}

#[test]
fn memory_of_pictures_that_nobody_has_is_used_again() {
    let file = y4m(SIZE, "", &pictures());
    let mut input = Y4m::open(&file[..], &Limits::NONE).unwrap();
    let first = input.next_picture().unwrap().unwrap();
    let kept = first.planes().y.data.to_vec();
    let second = input.next_picture().unwrap().unwrap();
    assert!(first.planes().y.data == kept && second.planes().y.data != kept);
}

#[test]
fn ivf_is_written_as_it_is_read() {
    let write = |rate| {
        let mut writer = IvfWriter::begin(Cursor::new(vec![]), SIZE, rate).unwrap();
        writer.write(b"one", 0).unwrap();
        writer.write(b"", 5).unwrap();
        writer
    };
    let counted = write((24, 1)).finish_counted().unwrap().into_inner();
    let not = write((24, 1)).finish().unwrap().into_inner();
    assert_eq!(counted[24..28], [2, 0, 0, 0]);
    assert_eq!(not[24..28], [0; 4]);
    assert!(counted[..24] == not[..24] && counted[28..] == not[28..]);
    for (rate, read) in [((24, 1), (24, 1)), ((0, 1), (30, 1)), ((25, 0), (30, 1))] {
        let file = write(rate).finish_counted().unwrap().into_inner();
        let mut stream = Stream::open(&file[..], 0).unwrap();
        let info = *stream.info();
        assert_eq!((info.container, info.width, info.height), ("IVF", 17, 5));
        assert_eq!(info.rate, read);
        let mut data = vec![];
        let mut next = || {
            let frame = stream.next_frame(&mut data).unwrap();
            frame.map(|frame| (frame.time, data.clone()))
        };
        assert_eq!(next(), Some((0, b"one".to_vec())));
        assert_eq!(next(), Some((5, vec![])));
        assert_eq!(next(), None);
    }
}

#[test]
fn pictures_are_compared() {
    let of = |scene: Scene, size: (u16, u16), frame| {
        Picture::from_i420(size.0, size.1, &scene.i420(size.0, size.1, frame)).unwrap()
    };
    let size = (36, 20);
    let (a, b) = (of(Scene::Text, size, 0), of(Scene::Text, size, 1));
    assert_eq!(ssim(&a, &a), Some(1.0));
    let between = ssim(&a, &b).unwrap();
    assert!(between < 0.9 && ssim(&b, &a) == Some(between));
    let mut distortion = Distortion::default();
    distortion.add(&a, &a);
    assert_eq!(distortion.samples, [720, 180, 180]);
    assert_eq!(distortion.psnr().all, f64::INFINITY);

    // One sample of 36 * 20 differs by 10.
    let mut bytes = Scene::Flat.i420(36, 20, 0);
    let flat = Picture::from_i420(36, 20, &bytes).unwrap();
    bytes[100] += 10;
    let other = Picture::from_i420(36, 20, &bytes).unwrap();
    let mut distortion = Distortion::default();
    distortion.add(&flat, &other);
    assert_eq!(distortion.squares, [100, 0, 0]);
    let psnr = distortion.psnr();
    let wanted = |samples: f64| 10.0 * (255.0 * 255.0 * samples / 100.0).log10();
    assert!((psnr.planes[0] - wanted(720.0)).abs() < 1e-9);
    assert!((psnr.all - wanted(1080.0)).abs() < 1e-9);
    assert_eq!(psnr.planes[1], f64::INFINITY);

    // What has another size, or no window, is not compared.
    let small = of(Scene::Text, (7, 50), 0);
    assert_eq!(ssim(&small, &small), None);
    assert_eq!(ssim(&small, &a), None);
    let before = distortion;
    distortion.add(&small, &a);
    assert_eq!(distortion, before);
}

/// Figures of ffmpeg 5.1 and its filters `psnr` and `ssim`, with `-cpuflags 0`: its code for newer processors says something
/// else of pictures as narrow as these.
#[test]
fn differences_are_those_of_ffmpeg() {
    let (width, height) = (40, 26);
    let of = |luma: fn(u32, u32) -> u32| {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let mut bytes: Vec<u8> = places.map(|(x, y)| luma(x, y) as u8).collect();
        bytes.resize(bytes.len() * 3 / 2, 128);
        Picture::from_i420(40, 26, &bytes).unwrap()
    };
    let a = of(|x, y| x * 5 + y * 3);
    let b = of(|x, y| x * 5 + y * 3 + (x * y) % 17);
    let mut distortion = Distortion::default();
    distortion.add(&a, &b);
    let psnr = distortion.psnr();
    assert!((psnr.planes[0] - 19.658_412).abs() < 1e-6);
    assert!((psnr.all - 21.419_324).abs() < 1e-6);
    let similarity = ssim(&a, &b).unwrap();
    assert!((similarity - 0.910_734).abs() < 1e-6, "{similarity}");
}
