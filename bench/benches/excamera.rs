//! How long a film would take as many workers: a simulation, from what tasks cost here.
//!
//!     cargo bench -p lentil-bench --bench excamera -- CLIP.y4m [OPTION...]
//!
//! Chunks of the clip are encoded and rebased, and timed; a film of another size costs as much for each pixel. Prints times and speed-ups,
//! and draws them to an SVG.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use lentil::video::{Codec, EncodeOptions, Encoder, Options, Preset, Y4m};
use lentil_bench::machine::describe;
use lentil_bench::program::{self, Effort};
use lentil_thunk::excamera::{self, Cut, Film};
use lentil_thunk::plan::{Task, Workers, simulate, work_and_span};
use lentil_thunk::{ForceOptions, Isolation, Local, Store, force};

/// Simulates the encoding of a film by many workers.
#[derive(Debug, Parser)]
struct Args {
    /// A clip in Y4M
    clip: PathBuf,
    /// Pictures of a chunk
    #[arg(long, default_value_t = 6)]
    chunk: u32,
    /// Chunks of a chain
    #[arg(long, default_value_t = 16)]
    chain: u32,
    /// Pictures before a chunk
    #[arg(long, default_value_t = excamera::WARM_UP)]
    warm_up: u32,
    #[arg(long, value_enum, default_value_t = Effort::Good)]
    preset: Effort,
    #[arg(long, default_value_t = 40)]
    quantizer: u8,
    /// The film's width, height and pictures: 15 minutes of 4K at 24 a second
    #[arg(long, num_args = 3, default_values_t = [3840, 2160, 21_600])]
    film: Vec<u64>,
    /// Workers are there after at most so many seconds
    #[arg(long, default_value_t = 5.0)]
    start: f64,
    /// Megabits a second between a worker and the store
    #[arg(long, default_value_t = 600.0)]
    bandwidth: f64,
    /// Seconds for each task beyond its own
    #[arg(long, default_value_t = 0.1)]
    overhead: f64,
    /// The part of tasks that take five times as long
    #[arg(long, default_value_t = 0.01)]
    stragglers: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the drawing goes
    #[arg(long, default_value = "target/excamera.svg")]
    svg: PathBuf,
    /// `cargo bench` says this; `cargo test --benches` does not
    #[arg(long, hide = true)]
    bench: bool,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    program::main(|| run(&Args::parse()))
}

/// Seconds and bytes of a picture, for each pixel.
#[derive(Clone, Copy, Debug, Default)]
struct Costs {
    serial: f64,
    encode: f64,
    encode_after: f64,
    rebase: f64,
    /// Bytes of frames.
    frames: f64,
    /// Bytes of a state.
    state: f64,
}

fn run(args: &Args) -> Result<()> {
    println!("{}", describe());
    let costs = measure(args)?;
    let [width, height, pictures] = args.film[..] else {
        return Err("a film has a width, a height and a number of pictures".into());
    };
    let pixels = (width * height) as f64;
    let serial = costs.serial * pixels * pictures as f64;
    let tasks = film(args, &costs, pixels, pictures);
    let (work, span) = work_and_span(&tasks);
    println!(
        "{width} x {height}, {pictures} pictures in {} chunks: {serial:.0} s serial; as tasks {work:.0} s ({:.2} times), {span:.1} s on the critical path",
        pictures.div_ceil(args.chunk.into()),
        work / serial
    );
    println!("workers   seconds   speed-up   busy");
    let mut points = Vec::new();
    for count in [1, 4, 16, 64, 250, 500, 1000, 2000, 3600, 4000] {
        let workers = Workers {
            start: [0.0, args.start],
            bandwidth: args.bandwidth * 1e6 / 8.0,
            overhead: args.overhead,
            stragglers: (args.stragglers, 5.0),
            race_after: 2.0,
            seed: args.seed,
            ..Workers::ideal(count)
        };
        let simulated = simulate(&tasks, &workers);
        let speed_up = serial / simulated.seconds;
        let busy = simulated.busy / (simulated.seconds * count as f64);
        println!(
            "{count:7} {:9.1} {speed_up:10.1} {:5.0}%",
            simulated.seconds,
            100.0 * busy
        );
        points.push((count as f64, speed_up));
    }
    draw(&args.svg, &points)?;
    println!("drawn to {}", args.svg.display());
    Ok(())
}

/// What encoding the clip takes, by one encoder, and as thunks.
fn measure(args: &Args) -> Result<Costs> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Store::open(folder.path())?);
    let cut = Cut {
        pictures: args.chunk,
        chain: args.chain,
        warm_up: args.warm_up,
        preset: args.preset.into(),
        quantizer: args.quantizer,
        first_quantizer: excamera::first_quantizer(args.quantizer),
        partitions: 1,
    };
    let limits = Options::default().limits;
    let film = Film::cut(&store, File::open(&args.clip)?, cut.pictures, &limits)?;
    let graph = excamera::graph(&store, &film, &cut)?;
    let options = ForceOptions::new(Local::new(NonZeroUsize::MIN, None, Isolation::Folder));
    let forced = force(&store, &[graph.film], &options, &mut |_| {})?;
    let pixels = f64::from(film.info.width) * f64::from(film.info.height);
    // The last chunk may be short.
    let mean = |name: &str, of: &dyn Fn(&lentil_thunk::Value) -> f64| {
        let values = forced.entries.iter().filter(|entry| entry.name == name);
        let values: Vec<f64> = values.map(|entry| of(&entry.value)).collect();
        let whole = values.iter().sum::<f64>() / values.len().max(1) as f64;
        whole / (pixels * film.pictures as f64 / film.chunks.len() as f64)
    };
    let seconds = |value: &lentil_thunk::Value| value.seconds;
    let size = |path: &'static str| {
        move |value: &lentil_thunk::Value| value.outputs[path].digest.size as f64
    };
    Ok(Costs {
        serial: serial(args)? / (pixels * film.pictures as f64),
        encode: mean("vp8-encode", &seconds),
        encode_after: mean("vp8-encode-after", &seconds),
        rebase: mean("vp8-rebase", &seconds),
        frames: mean("vp8-rebase", &size("rebased.ivf")),
        state: mean("vp8-rebase", &size("state-after")) * f64::from(args.chunk),
    })
}

fn serial(args: &Args) -> Result<f64> {
    let mut options = Options::default();
    options.threads = NonZeroUsize::MIN;
    let mut pictures = Y4m::open(BufReader::new(File::open(&args.clip)?), &options.limits)?;
    let mut encode = EncodeOptions::default();
    encode.effort = Preset::from(args.preset).effort();
    encode.quantizer = args.quantizer;
    encode.key_interval = std::num::NonZeroU32::new(args.chunk * args.chain);
    let mut encoder = Encoder::new(Codec::new(options), encode);
    let start = Instant::now();
    while let Some(picture) = pictures.next_picture()? {
        encoder.encode(&picture)?;
    }
    Ok(start.elapsed().as_secs_f64())
}

/// The tasks of a film: those of [`excamera::graph`], with their costs.
fn film(args: &Args, costs: &Costs, pixels: f64, pictures: u64) -> Vec<Task> {
    let mut tasks: Vec<Task> = Vec::new();
    let mut before = None;
    let chunks = pictures.div_ceil(args.chunk.into());
    let mut last = Vec::new();
    let of_chunk = pixels * f64::from(args.chunk);
    let [raw, frames, state] = [
        1.5 * of_chunk,
        costs.frames * of_chunk,
        costs.state * pixels,
    ]
    .map(|bytes| bytes as u64);
    for chunk in 0..chunks {
        let begins = chunk % u64::from(args.chain) == 0;
        let warm_up = if begins {
            0.0
        } else {
            f64::from(args.warm_up) / f64::from(args.chunk)
        };
        tasks.push(Task {
            seconds: of_chunk
                * if begins {
                    costs.encode
                } else {
                    costs.encode_after
                },
            bytes: [
                raw + (raw as f64 * warm_up) as u64,
                frames + if begins { state } else { 0 },
            ],
            dependencies: Vec::new(),
        });
        let mut end = tasks.len() - 1;
        if let Some(before) = before.filter(|_| !begins) {
            tasks.push(Task {
                seconds: of_chunk * costs.rebase,
                bytes: [raw + frames + state, frames + state],
                dependencies: vec![end, before],
            });
            end += 1;
        }
        before = Some(end);
        last.push(end);
    }
    let all = frames * chunks;
    tasks.push(Task {
        seconds: 0.0,
        bytes: [all, all],
        dependencies: last,
    });
    tasks
}

/// Speed-ups over workers, both as logarithms.
fn draw(path: &Path, points: &[(f64, f64)]) -> Result<()> {
    let (width, height, margin) = (640.0, 420.0, 50.0);
    let most = points
        .iter()
        .map(|&(x, y)| x.max(y))
        .fold(1.0, f64::max)
        .log10();
    let place = |(x, y): (f64, f64)| {
        let x = margin + x.log10() / most * (width - 2.0 * margin);
        let y = height - margin - y.max(0.1).log10().max(-0.5) / most * (height - 2.0 * margin);
        (x, y)
    };
    let line: Vec<String> = points
        .iter()
        .map(|&point| {
            let (x, y) = place(point);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let ((x0, y0), (x1, y1)) = (
        place((1.0, 1.0)),
        place((10_f64.powf(most), 10_f64.powf(most))),
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <line x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x1:.1}\" y2=\"{y1:.1}\" stroke=\"#bbb\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n",
        line.join(" ")
    );
    for &(workers, speed_up) in points {
        let (x, y) = place((workers, speed_up));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#06c\"/>"
        );
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{workers}</text>",
            height - margin + 18.0
        );
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{speed_up:.0}</text>",
            x + 6.0,
            y + 14.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"20\" text-anchor=\"middle\">speed-up over one encoder, by workers</text>\n</svg>",
        width / 2.0
    );
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, svg)?)
}
