//! What the command line says of thunks.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use lentil_thunk::Digest;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a thunk and prints its digest: what is called, on which files, and which files it leaves.
    Create(Create),
    /// Says what a thunk is.
    Show(Show),
    /// Finds what thunks give, computing what is not known yet.
    Force(Force),
    /// Draws what thunks wait for, and when the last force of them computed what.
    Graph(Graph),
    /// Removes what was not used for longest from the store. What running forces need stays.
    Gc(Gc),
}

/// Where contents and results are kept.
#[derive(Debug, Args)]
pub struct StorePlace {
    /// The folder of the store [default: $LENTIL_STORE, or lentil in the user's folder for caches]
    #[arg(long, value_name = "FOLDER")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    pub place: StorePlace,
    /// The program to call; it becomes an input by the name of its file
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "builtin",
        conflicts_with = "builtin"
    )]
    pub program: Option<PathBuf>,
    /// The built-in function to call
    #[arg(long, value_name = "NAME@VERSION", value_parser = parse_builtin)]
    pub builtin: Option<(String, u32)>,
    /// A file that it finds at PATH
    #[arg(short, long, value_name = "PATH=FILE", value_parser = parse_pair)]
    pub input: Vec<(String, String)>,
    /// It finds at PATH what another thunk leaves
    #[arg(long, value_name = "PATH=DIGEST:OUTPUT", value_parser = parse_reference)]
    pub from: Vec<(String, Digest, String)>,
    /// A file that it leaves
    #[arg(short, long, value_name = "PATH", required = true)]
    pub output: Vec<String>,
    /// A variable that it sees; there are no others
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub env: Vec<(String, String)>,
    /// Arguments
    #[arg(last = true)]
    pub arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub place: StorePlace,
    #[arg(value_name = "DIGEST")]
    pub thunk: Digest,
}

/// Who computes.
#[derive(Debug, Args)]
pub struct EngineChoice {
    /// Who computes: local, or a server of the Remote Execution API, reapi://HOST:PORT[/INSTANCE], or reapis:// with TLS
    /// [default: local]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<String>,
    /// How many thunks are computed at a time [default: one for each core, 64 on a server]
    #[arg(long, value_name = "J")]
    pub jobs: Option<NonZeroUsize>,
    /// Seconds that a thunk may take; then it is tried again
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub deadline: Option<Duration>,
    /// Seconds after which a thunk is begun a second time, if there is nothing else to do
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    pub race_after: Option<Duration>,
    /// How often a thunk is tried if an engine does not answer or takes too long [default: 3]
    #[arg(long, value_name = "N")]
    pub attempts: Option<NonZeroU32>,
    /// Programs see their inputs, /usr and nothing else, by bwrap; built-in functions see nothing else anyway
    #[arg(long)]
    pub isolate: bool,
    /// Compute on this machine when the server does not answer any more
    #[arg(long)]
    pub fall_back: bool,
    /// The program that has the built-in functions, for the server's machines [default: lentil-worker beside this program]
    #[arg(long, value_name = "FILE")]
    pub worker: Option<PathBuf>,
    /// A file with the token that tells the server who calls
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A file with certificates, in PEM form, that are trusted instead of the system's
    #[arg(long, value_name = "FILE")]
    pub certificates: Option<PathBuf>,
}

impl EngineChoice {
    /// Whether anything was chosen.
    pub fn is_given(&self) -> bool {
        let times = [self.deadline, self.race_after];
        let files = [&self.worker, &self.token_file, &self.certificates];
        self.engine.is_some()
            || self.jobs.is_some()
            || self.attempts.is_some()
            || self.isolate
            || self.fall_back
            || times.iter().any(Option::is_some)
            || files.iter().any(|file| file.is_some())
    }
}

#[derive(Debug, Args)]
pub struct Force {
    #[command(flatten)]
    pub place: StorePlace,
    #[command(flatten)]
    pub engine: EngineChoice,
    #[arg(value_name = "DIGEST", required = true)]
    pub thunks: Vec<Digest>,
    /// Write an output of the only thunk to FILE
    #[arg(short, long, value_name = "PATH=FILE", value_parser = parse_pair)]
    pub output: Vec<(String, String)>,
    /// Overwrite files that exist
    #[arg(long)]
    pub force: bool,
    /// Print a report for programs
    #[arg(long)]
    pub json: bool,
    /// Print no progress and no summary
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Graph {
    #[command(flatten)]
    pub place: StorePlace,
    #[arg(value_name = "DIGEST")]
    pub thunk: Digest,
    /// Where the graph goes, for Graphviz; - for standard output
    #[arg(long, value_name = "FILE", required_unless_present = "timeline")]
    pub dot: Option<PathBuf>,
    /// Where the timeline of the last force of this thunk goes, as a web page
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct Gc {
    #[command(flatten)]
    pub place: StorePlace,
    /// Mebibytes that may stay
    #[arg(long, value_name = "MIB")]
    pub keep: u64,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("must be NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn parse_builtin(text: &str) -> Result<(String, u32), String> {
    let parse = || {
        let (name, version) = text.split_once('@')?;
        Some((name.to_owned(), version.parse().ok()?))
    };
    parse().ok_or_else(|| "must be a name, @ and a number".into())
}

fn parse_reference(text: &str) -> Result<(String, Digest, String), String> {
    let (path, rest) = parse_pair(text)?;
    let (digest, output) = rest.split_once(':').ok_or("must be PATH=DIGEST:OUTPUT")?;
    let digest = digest
        .parse::<Digest>()
        .map_err(|error| error.to_string())?;
    Ok((path, digest, output.into()))
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let seconds = seconds.filter(|&seconds| seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "must be a number of seconds above 0".into())
}
