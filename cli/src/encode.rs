//! Pictures to video.

use std::fs::File;
use std::io::{self, BufWriter, Read, StdoutLock};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use lentil::video::{
    self, Bitrate, Codec, ENCODE_MACROBLOCK_BYTES, EncodeOptions, Encoded, Encoder, Error,
    IvfWriter, Picture, Preset, Y4m, Y4mInfo,
};

use crate::args;
use crate::decode::{begin, load, open};
use crate::encode_report::{Progress, Report};
use crate::failure::{Failure, Stopped};
use crate::output::Output;
use crate::run::same_file;
use crate::{say, tell};

/// Encodes the file that the command line names; gives the exit status.
pub fn encode(args: &args::Encode) -> u8 {
    match run(args) {
        Ok(report) => {
            if args.json {
                say(report.json(&args.input, &args.output));
            } else if !args.quiet {
                tell(report);
            }
            0
        }
        Err(stopped) => {
            tell(format_args!("{}: {stopped}", args.input.display()));
            stopped.exit_status()
        }
    }
}

fn encode_options(args: &args::Encode, info: &Y4mInfo) -> Result<EncodeOptions, Failure> {
    let mut options = EncodeOptions::default();
    options.effort = Preset::from(args.preset).effort();
    options.quantizer = args.quantizer;
    if let Some(kilobits) = args.bitrate {
        let (rate, per) = info.rate;
        // What does not say how fast it is has 30 frames a second.
        let frames = if rate == 0 || per == 0 {
            [30, 1]
        } else {
            [rate, per]
        };
        let bitrate = Bitrate::new(kilobits.saturating_mul(1000), frames).map_err(Error::from)?;
        options.bitrate = Some(bitrate);
    }
    options.key_interval = Some(args.keyint);
    options.partitions = args.token_partitions;
    options.error_resilient = args.error_resilient;
    options.to_rebase = args.to_rebase;
    Ok(options)
}

/// Options of a codec that encodes.
pub fn codec_options(threads: Option<NonZeroUsize>, limit: &args::Limit) -> video::Options {
    let mut options = video::Options::default();
    options.threads = threads.unwrap_or(NonZeroUsize::MIN);
    let most = limit.bytes() / ENCODE_MACROBLOCK_BYTES;
    options.limits.macroblocks = u32::try_from(most).unwrap_or(u32::MAX);
    options
}

fn run(args: &args::Encode) -> Result<Report, Stopped> {
    let start = Instant::now();
    let options = codec_options(args.threads, &args.limit);
    let mut input = Y4m::open(open(&args.input)?, &options.limits)?;
    let info = *input.info();
    let codec = first_codec(args, options, &info)?;
    let mut encoder = Encoder::new(codec, encode_options(args, &info)?);
    let state = match &args.save_state {
        Some(path) => Some(begin(path, args.force)?),
        None => None,
    };
    let mut making = Making {
        sink: Sink::begin(&[&args.input], &args.output, args.force, &info)?,
        state,
        report: Report::new(&info).measuring(args),
        progress: Progress::new(length(&args.input, &info), args.quiet || args.json),
        start,
    };
    let done = encode_all(&mut input, &mut encoder, &mut making);
    making.finish(done, encoder.codec())
}

fn encode_all(
    input: &mut Y4m<impl Read>,
    encoder: &mut Encoder,
    making: &mut Making,
) -> Result<(), Stopped> {
    for frame in 0.. {
        // The picture before is let go of here, so its memory is used again.
        let Some(picture) = input.next_picture()? else {
            break;
        };
        making.add(frame, &picture, encoder.encode(&picture))?;
    }
    Ok(())
}

/// The codec before the first frame.
fn first_codec(
    args: &args::Encode,
    options: video::Options,
    info: &Y4mInfo,
) -> Result<Codec, Failure> {
    let Some(path) = &args.start_state else {
        return Ok(Codec::new(options));
    };
    let codec = load(path, options)?;
    check_size(&codec, path, info)?;
    Ok(codec)
}

/// Whether the state of a file is that of a video of this size, or of none.
pub fn check_size(codec: &Codec, path: &Path, info: &Y4mInfo) -> Result<(), Failure> {
    let state = codec.state();
    let (size, wanted) = ((info.width, info.height), (state.width, state.height));
    if state.has_key_frame() && size != wanted {
        let (width, height) = size;
        let error = Error::SourceSize {
            width,
            height,
            wanted,
        };
        return Err(Failure::State(path.into(), error));
    }
    Ok(())
}

/// How many pictures a file holds, if it is one whose length is known.
pub fn length(path: &Path, info: &Y4mInfo) -> Option<u64> {
    if path == Path::new("-") {
        return None;
    }
    let metadata = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
    let pictures = metadata.len().saturating_sub(info.header_bytes);
    Some(pictures / info.frame_bytes.max(1))
}

/// A video that is being made.
pub struct Making {
    pub sink: Sink,
    /// Where the state after the last frame goes.
    pub state: Option<Output>,
    pub report: Report,
    pub progress: Progress,
    pub start: Instant,
}

impl Making {
    /// What came of encoding a picture goes out.
    pub fn add(
        &mut self,
        frame: u64,
        picture: &Picture,
        encoded: Result<Encoded, Error>,
    ) -> Result<(), Stopped> {
        let encoded = encoded.map_err(|error| Stopped::at(frame, error))?;
        self.sink.write(&encoded.frame, frame)?;
        self.report.add(picture, &encoded);
        self.progress.advance(&self.report);
        Ok(())
    }

    /// Ends it, with the codec after the last frame, if all frames are done and there are any: only then are its files in
    /// their places.
    pub fn finish(mut self, done: Result<(), Stopped>, codec: &Codec) -> Result<Report, Stopped> {
        self.progress.finish();
        done?;
        if self.report.is_empty() {
            return Err(Failure::NoPictures.into());
        }
        self.sink.finish()?;
        if let Some(mut state) = self.state {
            codec.save(BufWriter::new(state.file()))?;
            state.put_in_place()?;
        }
        self.report.seconds = self.start.elapsed().as_secs_f64();
        Ok(self.report)
    }
}

/// Where frames go.
pub enum Sink {
    Standard(IvfWriter<BufWriter<StdoutLock<'static>>>),
    /// A file on its way to its place, which the writer writes to.
    File(IvfWriter<BufWriter<File>>, Output),
}

impl Sink {
    /// Begins an output that is none of the inputs.
    pub fn begin(
        inputs: &[&Path],
        place: &Path,
        force: bool,
        info: &Y4mInfo,
    ) -> Result<Self, Failure> {
        let size = (info.width, info.height);
        if place == Path::new("-") {
            let output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            return Ok(Sink::Standard(IvfWriter::begin(output, size, info.rate)?));
        }
        if inputs.iter().any(|input| same_file(input, place)) {
            return Err(Failure::Itself);
        }
        let mut output = begin(place, force)?;
        let file = output.file().try_clone().map_err(Failure::Write)?;
        let file = BufWriter::with_capacity(1 << 16, file);
        let writer = IvfWriter::begin(file, size, info.rate)?;
        Ok(Sink::File(writer, output))
    }

    /// Writes a frame.
    fn write(&mut self, frame: &[u8], time: u64) -> Result<(), Failure> {
        match self {
            Sink::Standard(writer) => writer.write(frame, time)?,
            Sink::File(writer, _) => writer.write(frame, time)?,
        }
        Ok(())
    }

    /// Ends the file, and puts it in its place.
    fn finish(self) -> Result<(), Failure> {
        match self {
            Sink::Standard(writer) => writer.finish().map(drop)?,
            Sink::File(writer, output) => {
                writer.finish_counted()?;
                output.put_in_place()?;
            }
        }
        Ok(())
    }
}
