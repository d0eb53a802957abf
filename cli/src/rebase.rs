//! Video that follows other video than that it was made for.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use lentil::video::{Past, Preset, Rebaser, Stream, Y4m};

use crate::args;
use crate::decode::{begin, load, open};
use crate::encode::{Making, Sink, check_size, codec_options, length};
use crate::encode_report::{Progress, Report};
use crate::failure::{Failure, Stopped};
use crate::tell;

/// Rebases the file that the command line names; gives the exit status.
pub fn rebase(args: &args::Rebase) -> u8 {
    match run(args) {
        Ok(report) => {
            if !args.quiet {
                tell(report);
            }
            0
        }
        Err(stopped) => {
            tell(format_args!("{}: {stopped}", args.frames.display()));
            stopped.exit_status()
        }
    }
}

fn run(args: &args::Rebase) -> Result<Report, Stopped> {
    let start = Instant::now();
    let options = codec_options(args.threads, &args.limit);
    let mut frames = Stream::open(open(&args.frames)?, args.limit.bytes())?;
    let mut images = Y4m::open(open(&args.image)?, &options.limits)?;
    let info = *images.info();
    let codec = load(&args.state, options.clone())?;
    check_size(&codec, &args.state, &info)?;
    let past = match &args.old_state {
        Some(path) => Past::of(&load(path, options)?),
        None => Past::default(),
    };
    let mut rebaser = Rebaser::new(codec, past, Preset::from(args.preset).effort());
    let state = match &args.save_state {
        Some(path) => Some(begin(path, args.force)?),
        None => None,
    };
    let inputs: [&Path; 2] = [&args.image, &args.frames];
    let mut making = Making {
        sink: Sink::begin(&inputs, &args.output, args.force, &info)?,
        state,
        report: Report::new(&info),
        progress: Progress::new(length(&args.image, &info), args.quiet),
        start,
    };
    let done = rebase_all((&mut frames, &mut images), &mut rebaser, &mut making);
    making.finish(done, rebaser.codec())
}

fn rebase_all(
    (frames, images): (&mut Stream<impl Read>, &mut Y4m<impl Read>),
    rebaser: &mut Rebaser,
    making: &mut Making,
) -> Result<(), Stopped> {
    let mut data = Vec::new();
    for frame in 0.. {
        let there = frames.next_frame(&mut data)?.is_some();
        let picture = match (there, images.next_picture()?) {
            (true, Some(picture)) => picture,
            (false, None) => break,
            _ => return Err(Stopped::at(frame, Failure::Counts)),
        };
        making.add(frame, &picture, rebaser.rebase(&data, &picture))?;
    }
    Ok(())
}
