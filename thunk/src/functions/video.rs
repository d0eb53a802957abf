//! Chunks of video: encoded apart from each other, made to follow each other, and joined.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};
use std::num::{NonZeroU32, NonZeroUsize};
use std::str::FromStr;

use lentil::video::{
    Codec, EncodeOptions, Encoder, Error, IvfWriter, Options, Past, Picture, Preset, Rebaser,
    Stream, Y4m, Y4mInfo,
};

use super::{Builtin, Failed, Files};

/// Encodes the pictures of a chunk.
///
/// Arguments: a preset, the quantizers of the first frame and of the others, token partitions. It finds `pictures.y4m`, and leaves `frames.ivf` and `state`.
pub const ENCODE: Builtin = Builtin {
    name: "vp8-encode",
    version: 1,
    body: encode,
};

/// Encodes the pictures of a chunk so that it can follow others: after the pictures before it, encoded in haste and thrown away.
///
/// Arguments: as those of [`ENCODE`], and how many pictures before it. It finds `pictures.y4m`, and `before.y4m`, of which it
/// takes the last ones; it leaves `frames.ivf`, and `past`, after which they were encoded.
pub const ENCODE_AFTER: Builtin = Builtin {
    name: "vp8-encode-after",
    version: 1,
    body: encode_after,
};

/// Has the frames of a chunk follow another state.
///
/// Argument: a preset. It finds `pictures.y4m`, `state`, `frames.ivf` and `past`, and leaves `rebased.ivf` and `state-after`.
pub const REBASE: Builtin = Builtin {
    name: "vp8-rebase",
    version: 2,
    body: rebase,
};

/// Joins chunks in the order of the arguments, which are paths of IVF files, to `film.ivf`.
pub const JOIN: Builtin = Builtin {
    name: "vp8-join",
    version: 1,
    body: join,
};

/// The macroblocks that a picture may have: those of 16384 by 16384 pixels.
const MACROBLOCKS: u32 = 1 << 20;

/// The memory that a stream's packets may take.
const STREAM_BYTES: u64 = 1 << 30;

fn argument<T: FromStr>(arguments: &[String], at: usize, what: &str) -> Result<T, Failed> {
    let value = arguments.get(at).and_then(|argument| argument.parse().ok());
    value.ok_or_else(|| Failed(format!("argument {at} is no {what}")))
}

fn preset(arguments: &[String]) -> Result<Preset, Failed> {
    match arguments.first().map(String::as_str) {
        Some("realtime") => Ok(Preset::Realtime),
        Some("good") => Ok(Preset::Good),
        Some("best") => Ok(Preset::Best),
        _ => Err(Failed("argument 0 is no preset".into())),
    }
}

/// One thread: there are others for other chunks.
fn options() -> Options {
    let mut options = Options::default();
    options.threads = NonZeroUsize::MIN;
    options.limits.macroblocks = MACROBLOCKS;
    options
}

fn encode_options(arguments: &[String]) -> Result<EncodeOptions, Failed> {
    let mut options = EncodeOptions::default();
    options.effort = preset(arguments)?.effort();
    options.quantizer = argument(arguments, 2, "quantizer")?;
    options.partitions = argument(arguments, 3, "number of partitions")?;
    options.key_interval = None;
    Ok(options)
}

fn pictures(files: &dyn Files, path: &str) -> Result<Y4m<File>, Failed> {
    Ok(Y4m::open(files.open(path)?, &options().limits)?)
}

fn encode(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let mut pictures = pictures(files, "pictures.y4m")?;
    let encoder = Encoder::new(Codec::new(options()), encode_options(arguments)?);
    let (frames, codec) = encode_all(&mut pictures, encoder, arguments)?;
    write_frames(files, "frames.ivf", pictures.info(), &frames)?;
    save(files, "state", &codec)
}

fn encode_after(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let mut pictures = pictures(files, "pictures.y4m")?;
    let mut options = encode_options(arguments)?;
    let count = argument::<NonZeroU32>(arguments, 4, "number of pictures")?.get();
    let codec = warm_up(&options, last_pictures(files, count)?)?;
    let past = Past::of(&codec).to_bytes();
    files.create("past", &mut |out| out.write_all(&past))?;
    options.to_rebase = true;
    let encoder = Encoder::new(codec, options);
    let (frames, _) = encode_all(&mut pictures, encoder, arguments)?;
    write_frames(files, "frames.ivf", pictures.info(), &frames)
}

/// The last pictures of the chunk before.
fn last_pictures(files: &dyn Files, count: u32) -> Result<Vec<Picture>, Failed> {
    let mut before = pictures(files, "before.y4m")?;
    let mut last = VecDeque::new();
    while let Some(picture) = before.next_picture()? {
        last.push_back(picture);
        if last.len() > count as usize {
            last.pop_front();
        }
    }
    Ok(last.into())
}

/// A guess of the codec after these pictures, made in little time.
fn warm_up(options: &EncodeOptions, pictures: Vec<Picture>) -> Result<Codec, Failed> {
    let mut options = *options;
    options.effort = Preset::Realtime.effort();
    let mut encoder = Encoder::new(Codec::new(self::options()), options);
    for picture in &pictures {
        encoder.encode(picture)?;
    }
    Ok(encoder.codec().clone())
}

/// The frames of a chunk and the codec after them. The first frame, which becomes all references, has a quantizer of its own.
fn encode_all(
    pictures: &mut Y4m<File>,
    encoder: Encoder,
    arguments: &[String],
) -> Result<(Vec<Vec<u8>>, Codec), Failed> {
    let (first, quantizer) = (
        argument(arguments, 1, "quantizer")?,
        argument(arguments, 2, "quantizer")?,
    );
    let picture = pictures.next_picture()?;
    let picture = picture.ok_or(Failed("there are no pictures".into()))?;
    let mut encoder = encoder.with_quantizer(first);
    let mut frames = vec![encoder.encode(&picture)?.frame];
    encoder = encoder.with_quantizer(quantizer);
    while let Some(picture) = pictures.next_picture()? {
        frames.push(encoder.encode(&picture)?.frame);
    }
    Ok((frames, encoder.codec().clone()))
}

fn write_frames(
    files: &dyn Files,
    path: &str,
    info: &Y4mInfo,
    frames: &[Vec<u8>],
) -> Result<(), Failed> {
    files.create(path, &mut |out| {
        let mut writer = IvfWriter::begin(out, (info.width, info.height), info.rate).map_err(io)?;
        for (time, frame) in frames.iter().enumerate() {
            writer.write(frame, time as u64).map_err(io)?;
        }
        writer.finish().map_err(io).map(drop)
    })?;
    Ok(())
}

fn io(error: Error) -> io::Error {
    match error {
        Error::Write(error) | Error::Read(error) => error,
        error => io::Error::other(error.to_string()),
    }
}

/// What follows needs the last picture alone.
fn save(files: &dyn Files, path: &str, codec: &Codec) -> Result<(), Failed> {
    let codec = codec.with_last_alone();
    files.create(path, &mut |out| codec.save(out).map_err(io))?;
    Ok(())
}

fn rebase(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let effort = preset(arguments)?.effort().revising_more();
    let mut pictures = pictures(files, "pictures.y4m")?;
    let mut stream = stream(files, "frames.ivf")?;
    let mut past = Vec::new();
    io::copy(&mut files.open("past")?, &mut past)?;
    let state = BufReader::with_capacity(1 << 18, files.open("state")?);
    let codec = Codec::load(state, options())?;
    let mut rebaser = Rebaser::new(codec, Past::from_bytes(&past)?, effort);
    let (mut data, mut frames) = (Vec::new(), Vec::new());
    while stream.next_frame(&mut data)?.is_some() {
        let picture = pictures.next_picture()?;
        let picture = picture.ok_or(Failed("there are more frames than pictures".into()))?;
        frames.push(rebaser.rebase(&data, &picture)?.frame);
    }
    if pictures.next_picture()?.is_some() {
        return Err(Failed("there are more pictures than frames".into()));
    }
    write_frames(files, "rebased.ivf", pictures.info(), &frames)?;
    save(files, "state-after", rebaser.codec())
}

fn stream(files: &dyn Files, path: &str) -> Result<Stream<BufReader<File>>, Failed> {
    let file = BufReader::with_capacity(1 << 16, files.open(path)?);
    Ok(Stream::open(file, STREAM_BYTES)?)
}

fn join(arguments: &[String], files: &dyn Files) -> Result<(), Failed> {
    let first = arguments
        .first()
        .ok_or(Failed("there is nothing to join".into()))?;
    let info = *stream(files, first)?.info();
    files.create("film.ivf", &mut |out| {
        let mut writer = IvfWriter::begin(out, (info.width, info.height), info.rate).map_err(io)?;
        let (mut data, mut time) = (Vec::new(), 0);
        for path in arguments {
            let chunk = stream(files, path);
            let mut chunk =
                chunk.map_err(|Failed(why)| io::Error::other(format!("{path}: {why}")))?;
            while chunk.next_frame(&mut data).map_err(io)?.is_some() {
                writer.write(&data, time).map_err(io)?;
                time += 1;
            }
        }
        writer.finish().map_err(io).map(drop)
    })?;
    Ok(())
}
