//! Several `.lep` files restored to one file.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use lentil::{Error, Options};

use crate::args;
use crate::failure::Failure;
use crate::input::Original;
use crate::output::Output;
use crate::pieces;
use crate::report::{FileReport, Outcome, Report};
use crate::run::{real_place, same_file, threads_of_one};
use crate::walk::{Place, Way};

/// Restores all inputs, one after the other, to one output.
pub fn join(run: &args::Run, output: &Path) -> Result<Report, String> {
    let standard = Path::new("-");
    if run.inputs.iter().any(|input| input == standard) {
        return Err("--join is for files, not for standard input (-)".into());
    }
    if run.json && output == standard {
        return Err("--json and the output cannot both go to standard output".into());
    }
    if let Some(folder) = run.inputs.iter().find(|input| input.is_dir()) {
        return Err(format!(
            "{} is a folder: --join takes files",
            folder.display()
        ));
    }
    pieces::check(&run.inputs)?;
    let start = Instant::now();
    let mut options = run.limit.options();
    options.threads = threads_of_one(run.threads);
    let place = if output == standard {
        Place::Standard
    } else {
        Place::File(output.into())
    };
    let report = |(input, outcome): (&Path, Outcome)| FileReport {
        input: Place::File(input.into()),
        output: Some(place.clone()),
        outcome,
    };
    let joined = match &place {
        Place::Standard => {
            let mut out = BufWriter::new(io::stdout().lock());
            restore_all(run, &options, &mut out)
        }
        Place::File(path) => to_file(run, &options, path),
    };
    let files = match joined {
        Ok(outcomes) => {
            let inputs = run.inputs.iter().map(|input| input.as_path());
            inputs.zip(outcomes).map(report).collect()
        }
        // There is no output, so none of the others is done.
        Err((input, failure)) => vec![report((input, Outcome::of(Err(failure))))],
    };
    Ok(Report::new(Way::Decompress, files, Vec::new(), start))
}

/// Whose failure it is.
type Failed<'a> = (&'a Path, Failure);

fn to_file<'a>(
    run: &'a args::Run,
    options: &Options,
    path: &Path,
) -> Result<Vec<Outcome>, Failed<'a>> {
    let first = run.inputs[0].as_path();
    let of_first = |failure| (first, failure);
    let place = real_place(path).map_err(of_first)?;
    if let Some(input) = run.inputs.iter().find(|input| same_file(input, &place)) {
        return Err((input, Failure::Itself));
    }
    if !run.force && place.exists() {
        return Err((first, Failure::Exists));
    }
    let attributes = Original::open(first, "--join").map_err(of_first)?.metadata;
    let begun = Output::begin(&place, Some(&attributes), run.force);
    let mut output = begun.map_err(|error| (first, Failure::Write(error)))?;
    let outcomes = restore_all(run, options, &mut BufWriter::new(output.file()))?;
    // A stick may know no permissions.
    let _ = output.take_attributes(&attributes);
    output.put_in_place().map_err(of_first)?;
    Ok(outcomes)
}

fn restore_all<'a>(
    run: &'a args::Run,
    options: &Options,
    out: &mut dyn Write,
) -> Result<Vec<Outcome>, Failed<'a>> {
    let restore = |input: &'a std::path::PathBuf| {
        let restored = restore(input, options, out);
        restored.map_err(|failure| (input.as_path(), failure))
    };
    run.inputs.iter().map(restore).collect()
}

fn restore(input: &Path, options: &Options, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let original = Original::open(input, "--join")?;
    match lentil::decompress_file(&original.file, out, options) {
        // Nobody reads any more, which is nobody's mistake.
        Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            std::process::exit(1)
        }
        restored => original
            .settle(restored.map_err(Failure::from), false)
            .map(Outcome::done),
    }
}
