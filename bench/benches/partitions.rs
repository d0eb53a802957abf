//! What partitions cost in bytes and gain in wall time, to choose how many an image gets.

use std::num::{NonZeroU8, NonZeroUsize};
use std::process::ExitCode;
use std::time::Instant;

use lentil_bench::args::Args;
use lentil_bench::codec::{Codec, lentil_compress, lentil_restore};
use lentil_bench::input::{Image, images};
use lentil_bench::machine::{cores, describe};
use lentil_bench::report::{median, saving};

/// Partitions of each case; `None` is what the library chooses by size.
const CASES: [Option<NonZeroU8>; 6] = [
    NonZeroU8::new(1),
    NonZeroU8::new(2),
    NonZeroU8::new(3),
    NonZeroU8::new(4),
    NonZeroU8::new(8),
    None,
];

/// Results of one case, by image.
#[derive(Default)]
struct Case {
    ours_bytes: Vec<usize>,
    peer_bytes: Vec<usize>,
    /// Wall seconds, by image and round.
    compress: Vec<Vec<f64>>,
    restore: Vec<Vec<f64>>,
}

fn main() -> ExitCode {
    let Some(args) = Args::of_bench() else {
        return ExitCode::SUCCESS;
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let all = images(args)?;
    println!("{}", describe());
    let images = both_take(all);
    if images.is_empty() {
        return Err("there is no image that both codecs take".into());
    }
    let mut cases: [Case; CASES.len()] = Default::default();
    for (case, partitions) in cases.iter_mut().zip(CASES) {
        case.sizes(&images, partitions)?;
    }
    for round in 1..=args.rounds.get() {
        eprintln!("round {round} of {}", args.rounds);
        for (index, image) in images.iter().enumerate() {
            for (case, partitions) in cases.iter_mut().zip(CASES) {
                case.time(index, image, partitions, threads(args, partitions))?;
            }
        }
    }
    print_images(&images, &cases);
    print_totals(&images, &cases, args);
    Ok(())
}

/// The images that both codecs compress, so that totals are of the same bytes.
fn both_take(images: Vec<Image>) -> Vec<Image> {
    let taken = |image: &Image| {
        Codec::BOTH.iter().all(|codec| {
            let result = codec.compress(&image.bytes, &mut Vec::new(), NonZeroU8::MIN);
            if let Err(error) = &result {
                println!("left out: {}: {}: {error}", image.name, codec.name());
            }
            result.is_ok()
        })
    };
    images.into_iter().filter(taken).collect()
}

fn threads(args: &Args, partitions: Option<NonZeroU8>) -> NonZeroUsize {
    let useful = partitions.map_or(cores(), |n| NonZeroUsize::from(n).min(cores()));
    args.threads.unwrap_or(useful)
}

impl Case {
    fn sizes(&mut self, images: &[Image], partitions: Option<NonZeroU8>) -> Result<(), String> {
        let mut lep = Vec::new();
        for image in images {
            lentil_compress(&image.bytes, &mut lep, partitions, NonZeroUsize::MIN)?;
            self.ours_bytes.push(lep.len());
            if let Some(partitions) = partitions {
                Codec::Peer.compress(&image.bytes, &mut lep, partitions)?;
                self.peer_bytes.push(lep.len());
            }
            self.compress.push(Vec::new());
            self.restore.push(Vec::new());
        }
        Ok(())
    }

    fn time(
        &mut self,
        index: usize,
        image: &Image,
        partitions: Option<NonZeroU8>,
        threads: NonZeroUsize,
    ) -> Result<(), String> {
        let mut lep = Vec::with_capacity(image.bytes.len());
        let start = Instant::now();
        lentil_compress(&image.bytes, &mut lep, partitions, threads)?;
        self.compress[index].push(start.elapsed().as_secs_f64());
        let mut jpeg = Vec::with_capacity(image.bytes.len());
        let start = Instant::now();
        lentil_restore(&lep, &mut jpeg, threads)?;
        self.restore[index].push(start.elapsed().as_secs_f64());
        if jpeg != image.bytes {
            return Err(format!("{}: restored wrongly", image.name));
        }
        Ok(())
    }
}

fn label(partitions: Option<NonZeroU8>) -> String {
    partitions.map_or("by size".into(), |n| n.to_string())
}

fn print_images(images: &[Image], cases: &[Case]) {
    let width = images
        .iter()
        .map(|i| i.name.len())
        .max()
        .unwrap_or(0)
        .max(5);
    println!("saving of lentil in %, by partitions");
    print!("{:width$} {:>10} |", "file", "bytes");
    CASES.iter().for_each(|&p| print!(" {:>7}", label(p)));
    println!();
    for (index, image) in images.iter().enumerate() {
        let jpeg = image.bytes.len();
        print!("{:width$} {jpeg:>10} |", image.name);
        for case in cases {
            print!(" {:7.2}", saving(jpeg, case.ours_bytes[index]));
        }
        println!();
    }
}

fn print_totals(images: &[Image], cases: &[Case], args: &Args) {
    let jpeg: usize = images.iter().map(|i| i.bytes.len()).sum();
    println!(
        "totals; wall seconds are sums of medians of {} rounds",
        args.rounds
    );
    println!(
        "{:>10} {:>7} | {:>8} {:>8} | {:>10} {:>9} | {:>14}",
        "partitions", "threads", "ours %", "peer %", "compress s", "restore s", "bytes per more"
    );
    let one: usize = cases[0].ours_bytes.iter().sum();
    for (case, partitions) in cases.iter().zip(CASES) {
        let ours: usize = case.ours_bytes.iter().sum();
        let peer: usize = case.peer_bytes.iter().sum();
        let seconds = |times: &[Vec<f64>]| times.iter().map(|t| median(t)).sum::<f64>();
        let peer = partitions.map_or("".into(), |_| format!("{:.2}", saving(jpeg, peer)));
        let more = partitions
            .map(|n| usize::from(n.get()) - 1)
            .filter(|&n| n > 0);
        let cost = more.map_or("".into(), |more| {
            let bytes = ours as f64 - one as f64;
            format!("{:.0}", bytes / (more * images.len()) as f64)
        });
        println!(
            "{:>10} {:>7} | {:>8.2} {peer:>8} | {:>10.3} {:>9.3} | {cost:>14}",
            label(partitions),
            threads(args, partitions),
            saving(jpeg, ours),
            seconds(&case.compress),
            seconds(&case.restore)
        );
    }
    println!("bytes per more: what each partition more costs one image, on average");
}
