//! Frames that fit so many bytes: how well they fill them, how often it takes two encodings, and what it costs in quality.
//!
//!     cargo bench -p lentil-bench --bench fit -- CLIP.y4m...

use std::fs::File;
use std::io::BufReader;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lentil::video::{
    Analysis, Codec, Distortion, EncodeOptions, Encoded, Error, Options, Picture, Preset, Sequence,
    Settings, Y4m,
};
use lentil_bench::machine::describe;
use lentil_bench::program::{self, Effort};
use lentil_tests::rng::Rng;

/// Measures frames that are made to fit.
#[derive(Debug, Parser)]
struct Args {
    /// Clips in Y4M
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// What is searched
    #[arg(long, value_enum, default_value_t = Effort::Realtime)]
    preset: Effort,
    /// Quantizers of the streams whose frames are made to fit; they are the first guesses
    #[arg(long, num_args = 1.., default_values_t = [15, 40, 75], value_parser = clap::value_parser!(u8).range(..128))]
    quantizers: Vec<u8>,
    /// Frames get what the guess gives, times or divided by at most this
    #[arg(long, default_value_t = 2.5)]
    range: f64,
    /// One picture in so many
    #[arg(long, default_value_t = 4)]
    every: usize,
    /// `cargo bench` says this; `cargo test --benches` does not
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    program::main(|| run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), String> {
    println!("{}", describe());
    println!(
        "frames that may have 1/{} to {} times the bytes of the guess; fit: 85 to 100 % of them",
        args.range, args.range
    );
    println!("clip                  q  frames   fit  over under  mean fill  segments  PSNR-Y lost");
    for clip in &args.clips {
        for &quantizer in &args.quantizers {
            let fits = measure(clip, quantizer, args)
                .map_err(|error| format!("{}: {error}", clip.display()))?;
            report(clip, quantizer, &fits);
        }
    }
    Ok(())
}

/// A frame that was made to fit.
struct Fitted {
    /// Of the bytes that it may have.
    fill: f64,
    segments: usize,
    /// Decibels below a frame of its size with one quantizer.
    lost: Option<f64>,
}

fn report(clip: &Path, quantizer: u8, fits: &[Fitted]) {
    let count = fits.len() as f64;
    let part = |what: &dyn Fn(&Fitted) -> bool| {
        let these = fits.iter().filter(|fit| what(fit)).count();
        100.0 * these as f64 / count
    };
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "{:20} {quantizer:3} {:7} {:5.1} {:5.1} {:5.1} {:9.1}% {:9.2} {:9.3} dB",
        clip.file_stem().unwrap_or_default().to_string_lossy(),
        fits.len(),
        part(&|fit| (0.85..=1.0).contains(&fit.fill)),
        part(&|fit| fit.fill > 1.0),
        part(&|fit| fit.fill < 0.85),
        100.0 * mean(fits.iter().map(|fit| fit.fill).collect()),
        mean(fits.iter().map(|fit| fit.segments as f64).collect()),
        mean(fits.iter().filter_map(|fit| fit.lost).collect()),
    );
}

fn measure(
    clip: &Path,
    quantizer: u8,
    args: &Args,
) -> Result<Vec<Fitted>, Box<dyn std::error::Error>> {
    let mut options = Options::default();
    options.threads = NonZeroUsize::MIN;
    let mut input = Y4m::open(BufReader::new(File::open(clip)?), &options.limits)?;
    let mut encode = EncodeOptions::default();
    encode.effort = Preset::from(args.preset).effort();
    encode.quantizer = quantizer;
    encode.key_interval = NonZeroU32::new(13);
    let (mut codec, mut sequence) = (Codec::new(options), Sequence::START);
    let (mut fits, mut random) = (Vec::new(), Rng::new(1));
    for at in 0.. {
        let Some(picture) = input.next_picture()? else {
            break;
        };
        let settings = sequence.settings(&encode, [picture.width(), picture.height()]);
        let analysis = codec.analyse(&picture, &settings)?;
        let guess = codec.encode_with(&analysis, &picture, &settings)?;
        if at % args.every == 0 {
            let part = random.below(2001) as f64 / 1000.0 - 1.0;
            let most = (guess.frame.len() as f64 * args.range.powf(part)) as usize;
            fits.push(fit(&codec, &analysis, &picture, &settings, most)?);
        }
        sequence = sequence.after(&encode, &guess);
        codec = guess.codec;
    }
    Ok(fits)
}

fn fit(
    codec: &Codec,
    analysis: &Analysis,
    picture: &Picture,
    settings: &Settings,
    most: usize,
) -> Result<Fitted, Error> {
    let least = most - most / 20 * 3;
    let fitted = codec.encode_within(analysis, picture, settings, least..=most)?;
    let mut curve = Vec::new();
    for change in [-48, -36, -24, -16, -8, 0, 8, 16, 24, 36, 48_i32] {
        let mut settings = *settings;
        let base = i32::from(settings.quantizers.base) + change;
        settings.quantizers.base = base.clamp(0, 127) as u8;
        let encoded = codec.encode_with(analysis, picture, &settings)?;
        curve.push((encoded.frame.len() as f64, psnr(picture, &encoded)));
    }
    let size = fitted.frame.len() as f64;
    let mut quantizers = fitted.codec.state().segmentation.quantizers.to_vec();
    quantizers.sort_unstable();
    quantizers.dedup();
    Ok(Fitted {
        fill: size / most as f64,
        segments: if fitted.header.segmentation.enabled {
            quantizers.len()
        } else {
            1
        },
        lost: at_size(&curve, size).map(|one| one - psnr(picture, &fitted)),
    })
}

/// Decibels of luma.
fn psnr(source: &Picture, encoded: &Encoded) -> f64 {
    let mut distortion = Distortion::default();
    distortion.add(source, &encoded.picture);
    distortion.psnr().planes[0]
}

/// What a curve of sizes, falling, and decibels has at a size: by the logarithm of sizes.
fn at_size(curve: &[(f64, f64)], size: f64) -> Option<f64> {
    let pair = curve
        .windows(2)
        .find(|pair| pair[0].0 >= size && pair[1].0 <= size)?;
    let [(a, x), (b, y)] = [pair[0], pair[1]];
    if a == b {
        return Some(x);
    }
    let part = (a.ln() - size.ln()) / (a.ln() - b.ln());
    Some(x + (y - x) * part)
}
