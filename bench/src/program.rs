//! What programs that measure have in common.

use std::fmt::Display;
use std::process::ExitCode;

use clap::ValueEnum;
use lentil::video::Preset;

/// Runs what measures, unless this is `cargo test`: then there is nothing to measure with.
pub fn main<E: Display>(run: impl FnOnce() -> Result<(), E>) -> ExitCode {
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing is measured: run it by `cargo bench`, or with --bench");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A preset, by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Effort {
    /// [`Preset::Realtime`].
    Realtime,
    /// [`Preset::Good`].
    Good,
    /// [`Preset::Best`].
    Best,
}

impl From<Effort> for Preset {
    fn from(effort: Effort) -> Self {
        match effort {
            Effort::Realtime => Preset::Realtime,
            Effort::Good => Preset::Good,
            Effort::Best => Preset::Best,
        }
    }
}
