//! What the command line says.

mod jpeg;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use lentil::Options;

pub use jpeg::{Bytes, Compress, Decompress};

use crate::thunk::args as thunk;

/// Makes JPEG files some 23 % smaller, and gives every byte back; decodes and encodes VP8 video.
#[derive(Debug, Parser)]
#[command(name = "lentil", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// JPEG to .lep: photo.jpg becomes photo.lep beside it.
    ///
    /// Every output is verified by restoring it before it is put in place. Exit status: 0 all done,
    /// 1 something failed, 2 usage, 3 nothing failed but some inputs are not supported.
    ///
    /// With --engine each file is a thunk: contents and results are kept in a store, and what was compressed
    /// before, under whatever name, is not compressed again.
    Compress(Compress),
    /// .lep to JPEG: photo.lep becomes photo.jpg beside it.
    ///
    /// Files that Lentil wrote carry a hash of their original, which the result must match before it
    /// is put in place. Files of other encoders carry but its size, which is all that can be checked.
    /// Exit status as for compress.
    ///
    /// A sequential JPEG with one scan takes at most 10 MB of memory and 1 MB for each partition. All
    /// coefficients of progressive ones and those of several scans are held, 2 bytes each: info says how much.
    Decompress(Decompress),
    /// Restores .lep files in memory, and compares the result with the JPEG beside each, or, where
    /// there is none, with the hash of what was compressed, if the file carries it.
    Verify(Verify),
    /// Decodes VP8 video: an IVF, WebM or Matroska file to Y4M or raw I420.
    ///
    /// Without an output or an MD5 it only decodes, and says how many frames at what rate.
    Decode(Decode),
    /// Encodes pictures as VP8 video: a Y4M file to IVF.
    ///
    /// All frames have one quantizer. Exit status: 0 done, 1 failed, 2 usage, 3 the input is of a kind that is not
    /// supported.
    Encode(Encode),
    /// Makes video follow other video than that it was made for: most modes and motion vectors stay, its residue is new.
    ///
    /// With --old-state the first frame is an inter frame that was made after that state, best by encode --to-rebase. Without, the
    /// video begins with a key frame: it was encoded by itself. A key frame is encoded anew as an inter frame with its quantizers.
    /// Exit status as for encode.
    Rebase(Rebase),
    /// Says what JPEG, .lep or VP8 video files hold.
    Info(Info),
    /// Closures that name their function and their files by digest: nothing is computed twice.
    #[command(subcommand)]
    Thunk(thunk::Command),
}

/// What compress and decompress have in common.
#[derive(Debug, Args)]
pub struct Run {
    /// Files; with -r, folders too; - for standard input
    #[arg(value_name = "IN", required = true)]
    pub inputs: Vec<PathBuf>,
    /// A file for one input, a folder for several, - for standard output
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Walk folders; files whose output is complete already are passed over
    #[arg(short, long)]
    pub recursive: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Remove each input once its verified output is safely on disk. Permissions and times are kept,
    /// and the owner where that is allowed. Not with --no-verify nor --range
    #[arg(long)]
    pub replace: bool,
    /// Overwrite outputs that exist
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub limit: Limit,
    /// Print a report for programs instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Print no progress and no summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// What one file may ask for.
#[derive(Debug, Args)]
pub struct Limit {
    /// Mebibytes of memory that one file may ask for
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    memory: u64,
}

impl Limit {
    /// Options with this limit, and nothing verified by the library.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        options.verify = false;
        options.limits.memory = self.bytes();
        options
    }

    /// The limit in bytes.
    pub fn bytes(&self) -> u64 {
        self.memory.saturating_mul(1 << 20)
    }

    /// The limit as it is said.
    pub fn mebibytes(&self) -> u64 {
        self.memory
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    /// .lep files; with -r, folders too
    #[arg(value_name = "IN", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Walk folders
    #[arg(short, long)]
    pub recursive: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub limit: Limit,
    /// Print a report for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Decode {
    /// An IVF, WebM or Matroska file, - for standard input
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Where pictures go: Y4M if the name ends so and for -, which is standard output, else raw I420
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Write this format, whatever the name
    #[arg(long, value_name = "FORMAT", requires = "output")]
    pub format: Option<PictureFormat>,
    /// Print the MD5 of all pictures, of their I420 bytes as they are shown
    #[arg(long)]
    pub md5: bool,
    /// Print the MD5 of each picture, a line each
    #[arg(long)]
    pub frame_md5: bool,
    /// Threads to use for a frame; more than four for each token partition are left alone [default: 1]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Go on from this state, which --save-state wrote
    #[arg(long, value_name = "FILE", requires = "start_frame")]
    pub start_state: Option<PathBuf>,
    /// The frame that the state is for, counted from 0
    #[arg(long, value_name = "N", requires = "start_state")]
    pub start_frame: Option<u64>,
    /// Write to FILE all that decoding frame N needs; N may be the number of frames
    #[arg(long, num_args = 2, value_names = ["N", "FILE"])]
    pub save_state: Option<Vec<String>>,
    /// Pass over frames that cannot be decoded, showing the picture before once more; the exit status is 1 all
    /// the same
    #[arg(long)]
    pub keep_going: bool,
    /// Overwrite outputs that exist
    #[arg(long)]
    pub force: bool,
    /// Print no summary
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub limit: Limit,
}

impl Decode {
    /// Whether the values make sense together.
    pub fn check(&self) -> Result<(), String> {
        match self.save_state.as_deref() {
            Some([frame, _]) if frame.parse::<u64>().is_err() => Err(format!(
                "--save-state: {frame:?} is not the number of a frame"
            )),
            _ => Ok(()),
        }
    }
}

/// How pictures are written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum PictureFormat {
    Y4m,
    I420,
}

impl From<PictureFormat> for lentil::video::Format {
    fn from(format: PictureFormat) -> Self {
        match format {
            PictureFormat::Y4m => Self::Y4m,
            PictureFormat::I420 => Self::I420,
        }
    }
}

#[derive(Debug, Args)]
pub struct Encode {
    /// A Y4M file whose pictures are 4:2:0 with eight bits, - for standard input
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Where the IVF file goes, - for standard output
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// How much time a frame is given
    #[arg(long, value_name = "PRESET", default_value = "good")]
    pub preset: EncodePreset,
    /// Quantizer of all frames, 0 to 127: the higher, the fewer bytes
    #[arg(long, value_name = "Q", default_value_t = 30, value_parser = clap::value_parser!(u8).range(..128))]
    pub quantizer: u8,
    /// Thousands of bits a second that the video is to take, 1 to 4000000, instead of one quantizer for all
    #[arg(long, value_name = "KBPS", conflicts_with = "quantizer", value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    pub bitrate: Option<u32>,
    /// Frames from a key frame to the next
    #[arg(long, value_name = "N", default_value_t = lentil::video::KEY_INTERVAL)]
    pub keyint: NonZeroU32,
    /// Partitions of a frame's coefficients, 1, 2, 4 or 8: so many threads can read them side by side
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_token_partitions)]
    pub token_partitions: usize,
    /// Threads to use for a frame; small ones are left to one, and the bytes do not depend on it [default: 1]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Let frames depend on the one before by its pixels alone, so that those after one that is lost can be read
    #[arg(long)]
    pub error_resilient: bool,
    /// Go on from this state, which --save-state or decode --save-state wrote: the first frame is no key frame
    #[arg(long, value_name = "FILE")]
    pub start_state: Option<PathBuf>,
    /// The state is only a guess of what the video will follow, once it is rebased: the first frame refers to the one
    /// before it alone, and later ones to none before that
    #[arg(long, requires = "start_state")]
    pub to_rebase: bool,
    /// Write to FILE all that going on after the last frame needs
    #[arg(long, value_name = "FILE")]
    pub save_state: Option<PathBuf>,
    /// Encode chunks of N pictures side by side, and have them follow each other in chains of X chunks, which begin with key
    /// frames. If the run is interrupted the next one goes on with what was done; OUT.part has the frames so far
    #[arg(long, value_name = "N,X", value_parser = parse_parallel, conflicts_with_all = ["bitrate", "keyint", "threads",
        "error_resilient", "start_state", "save_state", "psnr", "ssim"])]
    pub parallel: Option<Chunks>,
    /// Pictures before a chunk that are encoded in haste, so that the chunk can follow them [default: 3, or those of a
    /// chunk if they are fewer]
    #[arg(long, value_name = "N", requires = "parallel")]
    pub warm_up: Option<NonZeroU32>,
    /// Quantizer of the first frame of each chunk, to which all of the chunk refers [default: 5/8 of --quantizer]
    #[arg(long, value_name = "Q", requires = "parallel", value_parser = clap::value_parser!(u8).range(..128))]
    pub first_quantizer: Option<u8>,
    /// Encode nothing but what tells how long it would take, and say that
    #[arg(long, requires = "parallel")]
    pub plan: bool,
    #[command(flatten)]
    pub engine: thunk::EngineChoice,
    #[command(flatten)]
    pub place: thunk::StorePlace,
    /// Say how much the pictures differ from the input: PSNR of Y, U, V and all
    #[arg(long)]
    pub psnr: bool,
    /// Say how similar the pictures are to the input: SSIM of Y
    #[arg(long)]
    pub ssim: bool,
    /// Print a report for programs instead of the summary
    #[arg(long)]
    pub json: bool,
    /// Overwrite outputs that exist
    #[arg(long)]
    pub force: bool,
    /// Print no progress and no summary
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub limit: Limit,
}

impl Encode {
    /// Whether the values make sense together.
    pub fn check(&self) -> Result<(), String> {
        let standard = Path::new("-");
        if self.json && self.output == standard {
            return Err("--json and the output cannot both go to standard output".into());
        }
        if self.parallel.is_none() && (self.engine.is_given() || self.place.store.is_some()) {
            return Err("engines and stores go with --parallel".into());
        }
        if self.save_state.as_deref() == Some(standard) {
            return Err("--save-state: a state goes to a file".into());
        }
        if self.save_state.as_ref() == Some(&self.output) {
            return Err("--save-state: the output has that name".into());
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Rebase {
    /// What the video is to follow: a state that encode, decode or rebase wrote with --save-state
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// The pictures that the video was made of, as a Y4M file, - for standard input
    #[arg(long, value_name = "IN.y4m")]
    pub image: PathBuf,
    /// The video, an IVF, WebM or Matroska file
    #[arg(long, value_name = "OLD.ivf")]
    pub frames: PathBuf,
    /// What the video was made to follow; without, it begins with a key frame
    #[arg(long, value_name = "FILE")]
    pub old_state: Option<PathBuf>,
    /// Where the IVF file goes, - for standard output
    #[arg(short, long, value_name = "NEW.ivf")]
    pub output: PathBuf,
    /// Write to FILE all that going on after the last frame needs
    #[arg(long, value_name = "FILE")]
    pub save_state: Option<PathBuf>,
    /// How much time a frame is given
    #[arg(long, value_name = "PRESET", default_value = "good")]
    pub preset: EncodePreset,
    /// Threads to use for a frame; small ones are left to one, and the bytes do not depend on it [default: 1]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Overwrite outputs that exist
    #[arg(long)]
    pub force: bool,
    /// Print no progress and no summary
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub limit: Limit,
}

impl Rebase {
    /// Whether the values make sense together.
    pub fn check(&self) -> Result<(), String> {
        let standard = Path::new("-");
        if self.image == standard && self.frames == standard {
            return Err("--image and --frames cannot both come from standard input".into());
        }
        if self.save_state.as_deref() == Some(standard) {
            return Err("--save-state: a state goes to a file".into());
        }
        if self.save_state.as_ref() == Some(&self.output) {
            return Err("--save-state: the output has that name".into());
        }
        Ok(())
    }
}

/// How much time a frame is given.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum EncodePreset {
    /// For what is shown while it is encoded
    Realtime,
    /// For streams that are kept
    Good,
    /// For streams that are kept by many
    Best,
}

impl From<EncodePreset> for lentil::video::Preset {
    fn from(preset: EncodePreset) -> Self {
        match preset {
            EncodePreset::Realtime => Self::Realtime,
            EncodePreset::Good => Self::Good,
            EncodePreset::Best => Self::Best,
        }
    }
}

#[derive(Debug, Args)]
pub struct Info {
    /// JPEG, .lep, IVF, WebM or Matroska files
    #[arg(value_name = "IN", required = true)]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub limit: Limit,
    /// Print a report for programs
    #[arg(long)]
    pub json: bool,
}

/// How a film is cut.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    /// Pictures of a chunk.
    pub pictures: NonZeroU32,
    /// Chunks of a chain.
    pub chain: NonZeroU32,
}

fn parse_parallel(text: &str) -> Result<Chunks, String> {
    let parse = || {
        let (pictures, chain) = text.split_once(',')?;
        Some(Chunks {
            pictures: pictures.parse().ok()?,
            chain: chain.parse().ok()?,
        })
    };
    parse().ok_or_else(|| "must be two numbers above 0, with a comma between them".into())
}

fn parse_token_partitions(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|n| [1, 2, 4, 8].contains(n));
    number.ok_or_else(|| "must be 1, 2, 4 or 8".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
