//! The `lentil` command.

mod args;
mod compare;
mod decode;
mod encode;
mod encode_report;
mod engine;
mod failure;
mod info;
mod info_video;
mod input;
mod join;
mod output;
mod parallel;
mod pieces;
mod rebase;
mod report;
mod run;
mod thunk;
mod verify;
mod walk;

use std::io::Write;
use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory, Parser, error::ErrorKind};

fn main() -> ExitCode {
    let cli = Cli::parse();
    clean_up_when_interrupted();
    let result = match &cli.command {
        Command::Compress(args) => args.check().and_then(|()| compress(args)),
        Command::Decompress(args) => decompress(args).map(|r| finish(&r, &args.run)),
        Command::Verify(args) => verify::verify(args),
        Command::Decode(args) => args.check().map(|()| decode::decode(args)),
        Command::Encode(args) => args.check().map(|()| match args.parallel {
            Some(chunks) => parallel::encode(args, chunks),
            None => encode::encode(args),
        }),
        Command::Rebase(args) => args.check().map(|()| rebase::rebase(args)),
        Command::Info(args) => Ok(info::info(args)),
        Command::Thunk(command) => Ok(thunk::thunk(command)),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(usage) => Cli::command()
            .error(ErrorKind::ValueValidation, usage)
            .exit(),
    }
}

/// Compresses; gives the exit status.
fn compress(args: &args::Compress) -> Result<u8, String> {
    let report = if args.engine.engine.is_none() {
        run::compress(args)?
    } else {
        match engine::compress(args)? {
            Ok(report) => report,
            Err(failure) => {
                tell(format_args!("{failure}"));
                return Ok(failure.exit_status());
            }
        }
    };
    Ok(finish(&report, &args.run))
}

fn decompress(args: &args::Decompress) -> Result<report::Report, String> {
    match args.joined() {
        Some(output) => join::join(&args.run, output),
        None => run::decompress(args),
    }
}

/// Prints a line to standard output; quietly ends if nobody reads it any more.
fn say(line: impl std::fmt::Display) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(1);
    }
}

/// Prints a line to standard error, if anybody reads it.
fn tell(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn finish(report: &report::Report, run: &args::Run) -> u8 {
    if run.json {
        say(report.json());
    } else {
        report.print(run.quiet);
    }
    report.exit_status()
}

/// When the run is interrupted or its terminal closed, temporary files are removed; what is in place is complete.
/// Signals that whoever started the run wants ignored (`nohup`) stay so. SIGXFSZ is but taken note of, so that a
/// file over the limit of its size fails like one on a full disk.
#[cfg(unix)]
fn clean_up_when_interrupted() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    let _ = signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default());
    let ends = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let Ok(mut signals) = Signals::new(ends.filter(|&signal| !is_ignored(signal))) else {
        return;
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            output::remove_pending_and_exit(128 + signal);
        }
    });
}

#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action nothing changes, and the old one is written where there is room for it; zeros
    // are an action, too.
    let action = unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

#[cfg(not(unix))]
fn clean_up_when_interrupted() {}
