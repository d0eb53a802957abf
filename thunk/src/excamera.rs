//! One video encoded as many short tasks (ExCamera, NSDI 2017): chunks are encoded side by side, each after a guess of what comes before
//! it, and then made to follow each other, chain by chain.
//!
//! A chain begins with a key frame. The first chunk of a chain is encoded as it will stay. Each of the others is encoded after some
//! pictures before it, which are encoded in haste and thrown away, so it has no key frame; then it is rebased onto the state after the
//! chunk before it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use lentil::video::{Error, Format, Limits, Preset, Writer, Y4m, Y4mInfo};

use crate::digest::Digest;
use crate::functions::{self, Builtin};
use crate::store::{Store, StoreError};
use crate::thunk::{Function, Input, Thunk};

/// How a film is cut and encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Pictures of a chunk.
    pub pictures: u32,
    /// Chunks of a chain.
    pub chain: u32,
    /// Pictures before a chunk that it is encoded after, at most those of a chunk.
    pub warm_up: u32,
    /// What is searched.
    pub preset: Preset,
    /// The quantizer of frames, 0 to 127.
    pub quantizer: u8,
    /// That of the first frame of each chunk, which all of the chunk refers to: finer ones pay, see [`first_quantizer`].
    pub first_quantizer: u8,
    /// Token partitions: 1, 2, 4 or 8.
    pub partitions: usize,
}

/// A quantizer for the first frames of chunks whose others have this one. They become all references, so what they cost more the others
/// save: measured by `bench/vp8-parallel.py`.
#[must_use]
pub fn first_quantizer(quantizer: u8) -> u8 {
    (u32::from(quantizer) * 5 / 8) as u8
}

/// The pictures that a chunk is warmed up on: more change little.
pub const WARM_UP: u32 = 3;

/// Why there are no chunks.
#[derive(Debug, thiserror::Error)]
pub enum CutError {
    /// The pictures.
    #[error(transparent)]
    Pictures(#[from] Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing to encode.
    #[error("there are no pictures")]
    Empty,
    /// A number out of range.
    #[error("{0} is out of range")]
    Range(&'static str),
}

/// A film in chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    /// What its header says.
    pub info: Y4mInfo,
    /// Each chunk as a Y4M file.
    pub chunks: Vec<Digest>,
    /// Pictures in all.
    pub pictures: u64,
}

impl Film {
    /// Cuts a Y4M file into chunks of so many pictures, of which the last may have fewer.
    ///
    /// # Errors
    ///
    /// If it cannot be read or has no pictures, or chunks cannot be kept.
    pub fn cut(
        store: &Store,
        input: impl Read,
        pictures: u32,
        limits: &Limits,
    ) -> Result<Self, CutError> {
        if pictures == 0 {
            return Err(CutError::Range("the number of pictures of a chunk"));
        }
        let mut input = Y4m::open(input, limits)?;
        let info = *input.info();
        let (mut chunks, mut count) = (Vec::new(), 0);
        let mut next = input.next_picture()?;
        while next.is_some() {
            let mut writer = Writer::new(store.create()?, Format::Y4m, info.rate);
            for _ in 0..pictures {
                let Some(picture) = next else {
                    break;
                };
                writer.write(&picture)?;
                count += 1;
                next = input.next_picture()?;
            }
            chunks.push(writer.finish()?.keep()?);
        }
        if chunks.is_empty() {
            return Err(CutError::Empty);
        }
        Ok(Film {
            info,
            chunks,
            pictures: count,
        })
    }
}

/// The thunks of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// For each chunk, the thunk whose output are its frames as they are in the film, and the output's path.
    pub chunks: Vec<(Digest, &'static str)>,
    /// The thunk that joins them to [`FILM`].
    pub film: Digest,
}

/// The output of the last thunk.
pub const FILM: &str = "film.ivf";

/// Builds the thunks of a film and keeps them in the store.
///
/// # Errors
///
/// If a number is out of range, or they cannot be kept.
pub fn graph(store: &Store, film: &Film, cut: &Cut) -> Result<Graph, CutError> {
    check(cut)?;
    let keep = |thunk: &Thunk| store.put(&thunk.to_bytes());
    let mut chunks: Vec<(Digest, &'static str)> = Vec::new();
    let mut state = None;
    for (number, chunk) in film.chunks.iter().enumerate() {
        let before = if number % cut.chain as usize == 0 {
            None
        } else {
            number.checked_sub(1).map(|before| film.chunks[before])
        };
        let encoded = keep(&encode(cut, *chunk, before))?;
        let Some((giver, path)) = state.filter(|_| before.is_some()) else {
            chunks.push((encoded, "frames.ivf"));
            state = Some((encoded, "state"));
            continue;
        };
        let rebased = rebase(cut, *chunk, encoded, Input::output(giver, path));
        let rebased = keep(&rebased)?;
        chunks.push((rebased, "rebased.ivf"));
        state = Some((rebased, "state-after"));
    }
    let film = keep(&join(&chunks))?;
    Ok(Graph { chunks, film })
}

fn check(cut: &Cut) -> Result<(), CutError> {
    let bad = [
        (cut.pictures == 0, "the number of pictures of a chunk"),
        (cut.chain == 0, "the number of chunks of a chain"),
        (
            cut.warm_up == 0 || cut.warm_up > cut.pictures,
            "the number of pictures to warm up on",
        ),
        (
            cut.quantizer.max(cut.first_quantizer) > 127,
            "the quantizer",
        ),
        (
            !matches!(cut.partitions, 1 | 2 | 4 | 8),
            "the number of token partitions",
        ),
    ];
    match bad.iter().find(|(bad, _)| *bad) {
        Some((_, what)) => Err(CutError::Range(what)),
        None => Ok(()),
    }
}

fn call<const N: usize>(
    builtin: &Builtin,
    arguments: Vec<String>,
    inputs: BTreeMap<String, Input>,
    outputs: [&str; N],
) -> Thunk {
    Thunk {
        function: Function::Builtin {
            name: builtin.name.into(),
            version: builtin.version,
        },
        arguments,
        environment: BTreeMap::new(),
        inputs,
        outputs: BTreeSet::from(outputs.map(str::to_owned)),
    }
}

fn preset(cut: &Cut) -> String {
    match cut.preset {
        Preset::Realtime => "realtime",
        Preset::Good => "good",
        Preset::Best => "best",
    }
    .into()
}

/// Encodes a chunk, after the last pictures of the one before it.
fn encode(cut: &Cut, chunk: Digest, before: Option<Digest>) -> Thunk {
    let mut arguments = vec![
        preset(cut),
        cut.first_quantizer.to_string(),
        cut.quantizer.to_string(),
        cut.partitions.to_string(),
    ];
    let mut inputs = BTreeMap::from([("pictures.y4m".into(), Input::value(chunk))]);
    let Some(before) = before else {
        return call(
            &functions::ENCODE,
            arguments,
            inputs,
            ["frames.ivf", "state"],
        );
    };
    arguments.push(cut.warm_up.to_string());
    inputs.insert("before.y4m".into(), Input::value(before));
    call(
        &functions::ENCODE_AFTER,
        arguments,
        inputs,
        ["frames.ivf", "past"],
    )
}

fn rebase(cut: &Cut, chunk: Digest, encoded: Digest, state: Input) -> Thunk {
    let inputs = [
        ("pictures.y4m", Input::value(chunk)),
        ("frames.ivf", Input::output(encoded, "frames.ivf")),
        ("past", Input::output(encoded, "past")),
        ("state", state),
    ];
    let inputs = inputs.map(|(path, input)| (path.to_owned(), input)).into();
    call(
        &functions::REBASE,
        vec![preset(cut)],
        inputs,
        ["rebased.ivf", "state-after"],
    )
}

fn join(chunks: &[(Digest, &'static str)]) -> Thunk {
    // Of one length, so that their order is that of the numbers.
    let name = |number: usize| format!("{number:08}.ivf");
    let inputs = chunks.iter().enumerate().map(|(number, (thunk, path))| {
        let input = Input::output(*thunk, path);
        (name(number), input)
    });
    let arguments = (0..chunks.len()).map(name).collect();
    call(&functions::JOIN, arguments, inputs.collect(), [FILM])
}

/// What a thunk of a film costs, about, in pictures that are encoded: for [`ForceOptions::cost`](crate::ForceOptions::cost).
#[must_use]
pub fn cost(thunk: &Thunk) -> f64 {
    match thunk.name() {
        name if name == functions::ENCODE.name => 1.0,
        name if name == functions::ENCODE_AFTER.name => 1.2,
        name if name == functions::REBASE.name => 0.25,
        _ => 0.01,
    }
}
