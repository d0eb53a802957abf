//! Pictures to video by many tasks at a time.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use lentil::video::{IvfWriter, Preset, Stream, Y4mInfo};
use lentil_thunk::excamera::{self, Cut, FILM, Film, Graph};
use lentil_thunk::plan::{Task, Workers, simulate, work_and_span};
use lentil_thunk::{Digest, Event, Source, Store, Thunk, Value};
use serde_json::json;

use crate::args::{self, Chunks};
use crate::decode::{begin, open};
use crate::encode::codec_options;
use crate::failure::Failure;
use crate::run::same_file;
use crate::thunk::{Forcing, copy_output, open_store, options, summary};
use crate::{say, tell};

/// Encodes the file that the command line names; gives the exit status.
pub fn encode(args: &args::Encode, chunks: Chunks) -> u8 {
    match run(args, chunks) {
        Ok(()) => 0,
        Err(failure) => {
            tell(format_args!("{}: {failure}", args.input.display()));
            failure.exit_status()
        }
    }
}

fn run(args: &args::Encode, chunks: Chunks) -> Result<(), Failure> {
    let start = Instant::now();
    let cut = Cut {
        pictures: chunks.pictures.get(),
        chain: chunks.chain.get(),
        warm_up: match args.warm_up {
            Some(pictures) => pictures.get(),
            None => excamera::WARM_UP.min(chunks.pictures.get()),
        },
        preset: Preset::from(args.preset),
        quantizer: args.quantizer,
        first_quantizer: args
            .first_quantizer
            .unwrap_or_else(|| excamera::first_quantizer(args.quantizer)),
        partitions: args.token_partitions,
    };
    if args.output != Path::new("-") {
        if same_file(&args.input, &args.output) {
            return Err(Failure::Itself);
        }
        // Nobody wants to hear at the end that the output exists.
        drop(begin(&args.output, args.force)?);
    }
    let store = open_store(&args.place)?;
    let limits = codec_options(None, &args.limit).limits;
    let film = Film::cut(&store, open(&args.input)?, cut.pictures, &limits)?;
    let graph = excamera::graph(&store, &film, &cut)?;
    let mut options = options(&args.engine)?;
    options.cost = excamera::cost;
    let forcing = Forcing {
        store,
        options,
        quiet: args.quiet || args.json,
    };
    if args.plan {
        return plan(args, &forcing, &film, &graph);
    }
    let mut part = Part::begin(args, &forcing.store, &film.info, &graph);
    let forced = forcing.force(&[graph.film], &mut |event| {
        if let Event::Finished(entry) = event {
            part.add(&entry.thunk, &entry.value);
        }
    })?;
    copy_output(
        &forcing.store,
        &forced.values[0],
        FILM,
        &args.output,
        args.force,
    )?;
    part.remove();
    let bytes = forced.values[0].outputs[FILM].digest.size;
    if args.json {
        say(json!({
            "input": args.input.display().to_string(),
            "output": args.output.display().to_string(),
            "width": film.info.width,
            "height": film.info.height,
            "frames": film.pictures,
            "chunks": film.chunks.len(),
            "file_bytes": bytes,
            "seconds": start.elapsed().as_secs_f64(),
            "run": crate::thunk::record(&forced),
        }));
    } else if !args.quiet {
        tell(format_args!(
            "{} frames of {} x {} in {} chunks, {bytes} bytes; {}",
            film.pictures,
            film.info.width,
            film.info.height,
            film.chunks.len(),
            summary(&forced)
        ));
    }
    Ok(())
}

/// The frames so far, as a film that can be watched already. It is there for people: if it cannot be written nothing is lost.
struct Part {
    store: Arc<Store>,
    place: PathBuf,
    writer: Option<IvfWriter<BufWriter<File>>>,
    /// Chunks in their order, and the numbers of each thunk's.
    chunks: Vec<(Digest, &'static str)>,
    wanted: HashMap<Digest, Vec<usize>>,
    /// Contents of chunks that came before those in front of them.
    done: Vec<Option<Digest>>,
    next: usize,
    frames: u64,
}

impl Part {
    fn begin(args: &args::Encode, store: &Arc<Store>, info: &Y4mInfo, graph: &Graph) -> Self {
        let mut name = args.output.clone().into_os_string();
        name.push(".part");
        let place = PathBuf::from(name);
        let begin = || {
            let file = BufWriter::new(File::create(&place).ok()?);
            IvfWriter::begin(file, (info.width, info.height), info.rate).ok()
        };
        let is_file = args.output != Path::new("-");
        let writer = is_file.then(begin).flatten();
        let mut wanted: HashMap<Digest, Vec<usize>> = HashMap::new();
        for (number, (thunk, _)) in graph.chunks.iter().enumerate() {
            wanted.entry(*thunk).or_default().push(number);
        }
        Part {
            store: Arc::clone(store),
            place,
            writer,
            chunks: graph.chunks.clone(),
            wanted,
            done: vec![None; graph.chunks.len()],
            next: 0,
            frames: 0,
        }
    }

    fn add(&mut self, thunk: &Digest, value: &Value) {
        for &number in self.wanted.get(thunk).map_or(&[][..], Vec::as_slice) {
            let output = value.outputs.get(self.chunks[number].1);
            self.done[number] = output.map(|output| output.digest);
        }
        while let Some(Some(digest)) = self.done.get(self.next) {
            let digest = *digest;
            if self.write(&digest).is_none() {
                self.writer = None;
            }
            self.next += 1;
        }
    }

    fn write(&mut self, digest: &Digest) -> Option<()> {
        let writer = self.writer.as_mut()?;
        let file = BufReader::new(self.store.get(digest).ok()?);
        let mut stream = Stream::open(file, digest.size).ok()?;
        let mut data = Vec::new();
        while stream.next_frame(&mut data).ok()?.is_some() {
            writer.write(&data, self.frames).ok()?;
            self.frames += 1;
        }
        writer.flush().ok()
    }

    fn remove(self) {
        if self.next > 0 || self.writer.is_some() {
            let _ = fs::remove_file(self.place);
        }
    }
}

/// Says how large a graph is and how long it would take.
fn plan(args: &args::Encode, forcing: &Forcing, film: &Film, graph: &Graph) -> Result<(), Failure> {
    // One chunk that begins a chain, and one that follows another: what they cost is taken for all.
    let sample = graph.chunks.get(1).unwrap_or(&graph.chunks[0]).0;
    forcing.force(&[sample], &mut |_| {})?;
    let (thunks, tasks) = tasks(&forcing.store, graph)?;
    let jobs = forcing.options.engine.slots();
    let (work, span) = work_and_span(&tasks);
    let seconds = simulate(&tasks, &Workers::ideal(jobs)).seconds;
    if args.json {
        say(json!({
            "chunks": film.chunks.len(),
            "thunks": thunks,
            "work_seconds": work,
            "critical_path_seconds": span,
            "jobs": jobs,
            "seconds": seconds,
        }));
    } else {
        say(format_args!(
            "{} pictures in {} chunks, {thunks} thunks: {work:.2} s of work, {span:.2} s on the critical path, \
             about {seconds:.2} s with {jobs} jobs",
            film.pictures,
            film.chunks.len(),
        ));
    }
    Ok(())
}

/// The tasks of a graph, in an order in which each comes after those that it waits for. What was not computed yet costs as much as
/// others of its function did, for each byte of its pictures.
fn tasks(store: &Store, graph: &Graph) -> Result<(usize, Vec<Task>), Failure> {
    let thunks = sorted(store, &graph.film)?;
    let numbers: HashMap<Digest, usize> = thunks
        .iter()
        .enumerate()
        .map(|(number, (digest, _))| (*digest, number))
        .collect();
    let mut known: HashMap<&str, (f64, f64)> = HashMap::new();
    let mut seconds = Vec::new();
    for (digest, thunk) in &thunks {
        let value = store.remembered(digest)?;
        if let Some(value) = &value {
            let (sum, bytes) = known.entry(thunk.name()).or_default();
            *sum += value.seconds;
            *bytes += pictures(thunk);
        }
        seconds.push(value.map(|value| value.seconds));
    }
    let task = |((_, thunk), seconds): (&(Digest, Thunk), &Option<f64>)| {
        let (sum, bytes) = known.get(thunk.name()).copied().unwrap_or((0.0, 1.0));
        Task {
            seconds: seconds.unwrap_or(sum / bytes.max(1.0) * pictures(thunk)),
            bytes: [0, 0],
            dependencies: thunk
                .waits_for()
                .iter()
                .map(|other| numbers[other])
                .collect(),
        }
    };
    let tasks = thunks.iter().zip(&seconds).map(task).collect();
    Ok((thunks.len(), tasks))
}

/// Bytes of the pictures of a chunk.
fn pictures(thunk: &Thunk) -> f64 {
    match thunk.inputs.get("pictures.y4m").map(|input| &input.source) {
        Some(Source::Value(digest)) => digest.size as f64,
        _ => 0.0,
    }
}

/// All thunks that a thunk waits for, and itself, each after those that it waits for itself.
fn sorted(store: &Store, root: &Digest) -> Result<Vec<(Digest, Thunk)>, Failure> {
    let (mut sorted, mut seen) = (Vec::new(), HashSet::new());
    let mut wanted = vec![(*root, None)];
    while let Some((digest, thunk)) = wanted.pop() {
        match thunk {
            Some(thunk) => sorted.push((digest, thunk)),
            None if seen.insert(digest) => {
                let thunk = crate::thunk::read(store, &digest)?;
                let others = thunk.waits_for();
                wanted.push((digest, Some(thunk)));
                wanted.extend(others.into_iter().map(|other| (other, None)));
            }
            None => {}
        }
    }
    Ok(sorted)
}
