//! Video to pictures.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lentil::video::{self, Codec, Format, Picture, Stream, Writer};
use md5::{Digest, Md5};

use crate::args;
use crate::failure::{Failure, Stopped};
use crate::output::Output;
use crate::run::real_place;
use crate::{say, tell};

/// Counts of what was decoded.
#[derive(Debug, Default)]
struct Counts {
    frames: u64,
    shown: u64,
    lacking: u64,
    failed: u64,
    size: (u16, u16),
}

/// Decodes the file that the command line names; gives the exit status.
pub fn decode(args: &args::Decode) -> u8 {
    let start = Instant::now();
    match run(args) {
        Ok(counts) => {
            if !args.quiet {
                summarise(&counts, start.elapsed().as_secs_f64());
            }
            u8::from(counts.failed > 0)
        }
        Err(stopped) => {
            tell(format_args!("{}: {stopped}", args.input.display()));
            stopped.exit_status()
        }
    }
}

fn summarise(counts: &Counts, seconds: f64) {
    let (width, height) = counts.size;
    tell(format_args!(
        "{} frames of {width} x {height} ({} shown), {:.1} a second",
        counts.frames,
        counts.shown,
        counts.frames as f64 / seconds.max(1e-9)
    ));
    if counts.lacking > 0 {
        tell(format_args!(
            "{} frames lacked data: zeros stood in for it",
            counts.lacking
        ));
    }
    if counts.failed > 0 {
        tell(format_args!(
            "{} frames could not be decoded: the picture before stood in for them",
            counts.failed
        ));
    }
}

/// Pictures that are held at a time: three references, the one that is decoded, and one that is shown.
const PICTURES: u64 = 5;

fn options(args: &args::Decode) -> video::Options {
    let mut options = video::Options::default();
    options.threads = args.threads.unwrap_or(NonZeroUsize::MIN);
    let most = args.limit.bytes() / (PICTURES * video::MACROBLOCK_BYTES);
    options.limits.macroblocks = u32::try_from(most).unwrap_or(u32::MAX);
    options
}

fn run(args: &args::Decode) -> Result<Counts, Stopped> {
    let mut stream = Stream::open(open(&args.input)?, args.limit.bytes())?;
    let mut codec = match &args.start_state {
        None => Codec::new(options(args)),
        Some(path) => load(path, options(args))?,
    };
    let mut sink = Sink::begin(args, stream.info().rate)?;
    let first = args.start_frame.unwrap_or(0);
    let save = args.save_state.as_deref().and_then(SaveState::of);
    let mut counts = Counts::default();
    let mut data = Vec::new();
    let mut shown = None;
    let mut saved = false;
    for frame in 0.. {
        if let Some(save) = save.as_ref().filter(|save| save.frame == frame) {
            write_state(&codec, &save.path, args.force)?;
            saved = true;
        }
        if stream.next_frame(&mut data)?.is_none() {
            break;
        }
        if frame < first {
            continue;
        }
        counts.frames += 1;
        match codec.decode(&data) {
            Ok(decoded) => {
                counts.lacking += u64::from(decoded.report.lacks_data);
                codec = decoded.codec;
                if !decoded.shown {
                    continue;
                }
                shown = Some(decoded.picture);
            }
            Err(error) if args.keep_going => {
                counts.failed += 1;
                tell(format_args!(
                    "{}: frame {frame}: {error}",
                    args.input.display()
                ));
            }
            Err(error) => return Err(Stopped::at(frame, error)),
        }
        if let Some(picture) = &shown {
            counts.shown += 1;
            counts.size = (picture.width(), picture.height());
            sink.show(picture)?;
        }
    }
    if save.is_some() && !saved {
        return Err(Failure::NoFrame.into());
    }
    sink.finish()?;
    Ok(counts)
}

/// Opens an input; - is standard input.
pub fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(Failure::Read)?;
    Ok(Box::new(file))
}

/// Where to write the state before a frame.
struct SaveState {
    frame: u64,
    path: PathBuf,
}

impl SaveState {
    /// Of the argument's two values, the first of which was found to be a number.
    fn of(values: &[String]) -> Option<Self> {
        let [frame, path] = values else {
            return None;
        };
        Some(SaveState {
            frame: frame.parse().ok()?,
            path: PathBuf::from(path),
        })
    }
}

/// The codec of a state file.
pub fn load(path: &Path, options: video::Options) -> Result<Codec, Failure> {
    let file = File::open(path).map_err(Failure::Read)?;
    let codec = Codec::load(io::BufReader::new(file), options);
    codec.map_err(|e| Failure::State(path.into(), e))
}

fn write_state(codec: &Codec, path: &Path, force: bool) -> Result<(), Failure> {
    let mut output = begin(path, force)?;
    codec.save(BufWriter::new(output.file()))?;
    output.put_in_place()
}

/// Begins an output, unless it exists and is not to be overwritten.
pub fn begin(path: &Path, force: bool) -> Result<Output, Failure> {
    let place = real_place(path)?;
    if !force && place.exists() {
        return Err(Failure::Exists);
    }
    Output::begin(&place, None, force).map_err(Failure::Write)
}

/// What is done with pictures.
struct Sink {
    writer: Option<Writer<Box<dyn Write>>>,
    /// A file on its way to its place, which `writer` writes to.
    output: Option<Output>,
    all: Option<Md5>,
    each: bool,
}

impl Sink {
    fn begin(args: &args::Decode, rate: (u32, u32)) -> Result<Self, Failure> {
        let mut sink = Sink {
            writer: None,
            output: None,
            all: args.md5.then(Md5::new),
            each: args.frame_md5,
        };
        let Some(path) = &args.output else {
            return Ok(sink);
        };
        let standard = path == Path::new("-");
        let named_y4m = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("y4m"));
        let format = match args.format {
            Some(format) => format.into(),
            None if standard || named_y4m => Format::Y4m,
            None => Format::I420,
        };
        let to: Box<dyn Write> = if standard {
            Box::new(BufWriter::with_capacity(1 << 18, io::stdout().lock()))
        } else {
            let output = sink.output.insert(begin(path, args.force)?);
            let file = output.file().try_clone().map_err(Failure::Write)?;
            Box::new(BufWriter::with_capacity(1 << 18, file))
        };
        sink.writer = Some(Writer::new(to, format, rate));
        Ok(sink)
    }

    fn show(&mut self, picture: &Picture) -> Result<(), Failure> {
        if let Some(writer) = &mut self.writer {
            writer.write(picture)?;
        }
        if let Some(all) = &mut self.all {
            picture.lines().for_each(|line| all.update(line));
        }
        if self.each {
            let mut md5 = Md5::new();
            picture.lines().for_each(|line| md5.update(line));
            say(hex(&md5.finalize()));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        if let Some(writer) = self.writer {
            writer.finish()?;
        }
        if let Some(output) = self.output {
            output.put_in_place()?;
        }
        if let Some(all) = self.all {
            say(hex(&all.finalize()));
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
