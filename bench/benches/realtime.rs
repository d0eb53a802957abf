//! What low-latency video takes: two encodings of every picture from one analysis, one thread. CPU time picture by picture.
//!
//!     cargo bench -p lentil-bench --bench realtime -- CLIP.y4m...

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lentil::video::{Codec, EncodeOptions, Options, Preset, Sequence, Y4m};
use lentil_bench::cpu::thread_seconds;
use lentil_bench::machine::describe;
use lentil_bench::program;

/// Measures how long a picture takes that is encoded twice from one analysis.
#[derive(Debug, Parser)]
struct Args {
    /// Clips in Y4M
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// The quantizers of both encodings; the stream goes on with the first
    #[arg(long, num_args = 2, default_values_t = [30, 50], value_parser = clap::value_parser!(u8).range(..128))]
    quantizers: Vec<u8>,
    /// `cargo bench` says this; `cargo test --benches` does not
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    program::main(|| run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), String> {
    println!("{}", describe());
    println!("CPU milliseconds a picture: analysis and two encodings, preset realtime, one thread");
    for clip in &args.clips {
        let mut frames = measure(clip, &args.quantizers)
            .map_err(|error| format!("{}: {error}", clip.display()))?;
        frames.sort_by(|a, b| a.total().total_cmp(&b.total()));
        let at = |part: f64| frames[((frames.len() - 1) as f64 * part).round() as usize];
        let name = clip.file_stem().unwrap_or_default().to_string_lossy();
        println!("{name}: {} pictures", frames.len());
        for (of, frame) in [("p50", at(0.5)), ("p99", at(0.99)), ("most", at(1.0))] {
            let Frame {
                analysis,
                encodings,
            } = frame;
            let [first, second] = encodings;
            println!(
                "  {of:4} {:6.2} = {analysis:.2} analysis + {first:.2} + {second:.2}",
                frame.total()
            );
        }
    }
    Ok(())
}

/// Milliseconds that a picture took.
#[derive(Clone, Copy)]
struct Frame {
    analysis: f64,
    encodings: [f64; 2],
}

impl Frame {
    fn total(&self) -> f64 {
        self.analysis + self.encodings.iter().sum::<f64>()
    }
}

/// Milliseconds of CPU time that `work` takes.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = thread_seconds();
    let result = work();
    (result, 1000.0 * (thread_seconds() - start))
}

fn measure(clip: &Path, quantizers: &[u8]) -> Result<Vec<Frame>, Box<dyn std::error::Error>> {
    let mut options = Options::default();
    options.threads = std::num::NonZeroUsize::MIN;
    let mut input = Y4m::open(BufReader::new(File::open(clip)?), &options.limits)?;
    let mut encode = EncodeOptions::default();
    encode.effort = Preset::Realtime.effort();
    let (mut codec, mut sequence) = (Codec::new(options), Sequence::START);
    let mut frames = Vec::new();
    while let Some(picture) = input.next_picture()? {
        let size = [picture.width(), picture.height()];
        let mut settings = sequence.settings(&encode, size);
        let (analysis, time) = timed(|| codec.analyse(&picture, &settings));
        let analysis = analysis?;
        let mut frame = Frame {
            analysis: time,
            encodings: [0.0; 2],
        };
        let mut first = None;
        for (quantizer, time) in quantizers.iter().zip(&mut frame.encodings) {
            settings.quantizers.base = *quantizer;
            let encoded = timed(|| codec.encode_with(&analysis, &picture, &settings));
            *time = encoded.1;
            let encoded = encoded.0?;
            first.get_or_insert(encoded);
        }
        if let Some(encoded) = first {
            sequence = sequence.after(&encode, &encoded);
            codec = encoded.codec;
        }
        frames.push(frame);
    }
    if frames.is_empty() {
        return Err("no pictures".into());
    }
    Ok(frames)
}
