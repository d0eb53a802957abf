//! The arguments of both benchmarks, given after `--`.

use std::num::{NonZeroU8, NonZeroUsize};
use std::path::PathBuf;

use clap::Parser;

/// What to measure, and how often.
#[derive(Debug, Parser)]
#[command(about = "Measures Lentil, side by side with lepton_jpeg")]
pub struct Args {
    /// JPEG files to work on [default: $LENTIL_DATA/jpeg/normal, else ../shared/data/jpeg/normal
    /// beside the repository, else made images]
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// Only files whose name holds this
    #[arg(long, default_value = "")]
    pub filter: String,
    /// How often everything is measured; the median counts
    #[arg(long, value_name = "N", default_value = "5")]
    pub rounds: NonZeroUsize,
    /// Small files are repeated until one measurement takes this long
    #[arg(long, value_name = "MS", default_value_t = 50)]
    pub sample_ms: u32,
    /// Partitions of both codecs, 1 to 16 (bench `lepton` only)
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_partitions)]
    pub partitions: NonZeroU8,
    /// Threads of Lentil (bench `partitions` only) [default: as many as partitions, at most one
    /// for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// `cargo bench` says this; `cargo test --benches` does not
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// The arguments of this process; `None` if it runs as a test, when there is nothing to measure.
    #[must_use]
    pub fn of_bench() -> Option<Self> {
        let args = Self::parse();
        if !args.bench {
            eprintln!("nothing is measured: run it by `cargo bench`, or with --bench");
            return None;
        }
        Some(args)
    }
}

fn parse_partitions(text: &str) -> Result<NonZeroU8, String> {
    let number = text.parse().ok().filter(|n: &NonZeroU8| n.get() <= 16);
    number.ok_or_else(|| "must be 1 to 16".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
        let args = Args::try_parse_from(["lepton", "--bench"]).expect("defaults");
        assert_eq!((args.rounds.get(), args.partitions.get()), (5, 1));
        assert!(Args::try_parse_from(["lepton", "--partitions", "17"]).is_err());
        assert!(Args::try_parse_from(["lepton", "--rounds", "0"]).is_err());
    }
}
