//! Lentil and lepton_jpeg side by side: savings, user CPU time of one thread, and whether each
//! restores what the other made.

use std::process::ExitCode;

use lentil_bench::args::Args;
use lentil_bench::{compare, input, machine, report};

fn main() -> ExitCode {
    let Some(args) = Args::of_bench() else {
        return ExitCode::SUCCESS;
    };
    let images = match input::images(&args) {
        Ok(images) => images,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", machine::describe());
    println!(
        "peer: lepton_jpeg; ours: lentil; partitions: {}; one thread, unverified, in memory; \
         MB (10^6 bytes) of JPEG per user CPU second, median of {}",
        args.partitions, args.rounds
    );
    let rows = compare::compare(&images, &args);
    report::print(&rows);
    let faults: Vec<_> = rows.iter().flat_map(|row| &row.faults).collect();
    if faults.is_empty() {
        println!(
            "every file was restored exactly, by its maker and by the other where it knows the format"
        );
        return ExitCode::SUCCESS;
    }
    for fault in faults {
        println!("WRONG: {fault}");
    }
    ExitCode::FAILURE
}
