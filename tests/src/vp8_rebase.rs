//! Frames of every kind that are made to follow other frames, and what must hold of them.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::{Effort, EncodeKernels, Settings};
use lentil_core::vp8::{
    Above, Frame, FrameHeader, Limits, LumaMode, Macroblock, ModeParser, Reference, State,
};

use crate::pictures::Scene;
use crate::rng::Rng;
use crate::vp8::Decoder;
use crate::vp8_encoder::{Encoder, RebaseError, any_settings, source};
use crate::vp8_maker::{Draw, damaged_frame, made_frame};

/// Larger pictures only take longer.
const LIMITS: Limits = Limits {
    width: 1000,
    height: 1000,
    macroblocks: 100,
};

/// More than any of these frames needs.
const ROOM: usize = 1 << 19;

/// What a frame's first partition says of each macroblock, with zeros for what plays no part; the segment map after it.
///
/// # Panics
///
/// If its header cannot be read.
#[must_use]
pub fn modes(state: &State, segments: &[u8], data: &[u8]) -> (Vec<Macroblock>, Vec<u8>) {
    let frame = Frame::begin(state, data, &Limits::NONE).unwrap().unwrap();
    let (columns, rows) = (frame.state.columns(), frame.state.rows());
    let mut above = vec![Above::NEW; columns];
    let mut all = vec![Macroblock::NEW; columns * rows];
    let mut next = vec![0; columns * rows];
    let mut parser = ModeParser::new(&frame);
    for row in 0..rows {
        let span = row * columns..(row + 1) * columns;
        let old = segments.get(span.clone()).unwrap_or_default();
        let (next, macroblocks) = (&mut next[span.clone()], &mut all[span]);
        let parsed = parser.span(Scalar, &mut above, old, next, macroblocks);
        parsed.unwrap();
    }
    if !frame.header.segmentation.enabled {
        next.fill(0);
    }
    (all.iter().map(bare).collect(), next)
}

fn bare(mb: &Macroblock) -> Macroblock {
    let mut bare = Macroblock::NEW;
    (bare.mode, bare.reference) = (mb.mode, mb.reference);
    match (mb.reference, mb.mode) {
        (Reference::None, mode) => {
            bare.uv_mode = mb.uv_mode;
            if mode == LumaMode::Sub {
                bare.sub_modes = mb.sub_modes;
            }
        }
        (_, LumaMode::Split) => {
            (bare.vectors, bare.sixteenths) = (mb.vectors, mb.sixteenths);
        }
        _ => bare.vectors[0] = mb.vectors[0],
    }
    bare
}

/// What stays of a header.
///
/// # Panics
///
/// If it does not.
pub fn assert_same_choices(old: &FrameHeader, new: &FrameHeader) {
    let choices = |header: &FrameHeader| {
        (
            [header.key_frame, header.shown, header.refresh_entropy],
            (header.version, header.filter, header.partitions),
            (header.quantizers, header.references, header.sign_bias),
            header.segmentation.enabled,
        )
    };
    assert_eq!(choices(old), choices(new));
}

fn any_source(choices: &mut impl Draw, state: &State, frame: u32) -> Vec<u8> {
    let scene = Scene::ALL[choices.draw(Scene::ALL.len())];
    source(scene, [state.width, state.height], frame)
}

/// A frame of a stream; or a damaged one, or one that is made with a header of any kind.
fn any_frame(choices: &mut impl Draw, frame: &[u8]) -> Vec<u8> {
    match choices.draw(8) {
        0..4 => frame.to_vec(),
        4..7 => made_frame(choices, None),
        _ => damaged_frame(choices, frame),
    }
}

/// Rebases the frames of a stream, as the choices say, onto a film of the same size: by the reference kernels and by others, these in
/// memory full of garbage. Each frame must decode to what its encoder says, with the modes that it had. Gives how many were rebased.
///
/// # Panics
///
/// If anything differs.
pub fn rebase_any(
    kernels: impl EncodeKernels,
    choices: &mut impl Draw,
    stream: &[&[u8]],
    seed: u64,
) -> usize {
    let mut rng = Rng::new(seed);
    let mut old = Decoder::default();
    let (mut one, mut other) = (Encoder::new(Scalar), Encoder::new(kernels));
    let mut decoder = Decoder::default();
    let mut count = 0;
    for (at, frame) in (0..).zip(stream) {
        let frame = any_frame(choices, frame);
        if frame.first().is_none_or(|tag| tag & 1 == 0) {
            if old.decode(&frame, &LIMITS).is_ok_and(|some| some.is_some()) {
                let size = [old.state.width, old.state.height];
                let source = any_source(choices, &old.state, at);
                let settings = any_settings(choices, Some(size), false);
                let key_frame = one.encode(&source, &settings, ROOM).unwrap();
                other.encode(&source, &settings, ROOM).unwrap();
                decoder.decode(&key_frame.frame, &LIMITS).unwrap();
            }
            continue;
        }
        if !one.state.has_key_frame() {
            continue;
        }
        if choices.once_in(4) {
            // The film goes on by itself for a while.
            let source = any_source(choices, &one.state, at);
            let settings: Settings = any_settings(choices, None, false);
            let between = one.encode(&source, &settings, ROOM).unwrap();
            other.encode(&source, &settings, ROOM).unwrap();
            decoder.decode(&between.frame, &LIMITS).unwrap();
        }
        count += usize::from(rebase_one(
            choices,
            &frame,
            (&mut old, &mut decoder),
            (&mut one, &mut other),
            || rng.next_u64() as u8,
        ));
    }
    count
}

fn rebase_one<K: EncodeKernels>(
    choices: &mut impl Draw,
    frame: &[u8],
    (old, decoder): (&mut Decoder, &mut Decoder),
    (one, other): (&mut Encoder<Scalar>, &mut Encoder<K>),
    byte: impl FnMut() -> u8,
) -> bool {
    let more = Effort::GOOD.revising_more();
    let effort = [Effort::REALTIME, Effort::GOOD, Effort::BEST, more][choices.draw(4)];
    let frame_number = choices.draw(8) as u32;
    let source = any_source(choices, &one.state, frame_number);
    let room = if choices.once_in(8) {
        choices.draw(2000)
    } else {
        ROOM
    };
    let before = (old.state, old.segments.clone());
    let onto = (one.state, one.segments.clone(), one.references.clone());
    other.spoil(byte);
    let mut spare = old.clone();
    let first = one.rebase(old, frame, &source, &effort, room);
    let second = other.rebase(&mut spare, frame, &source, &effort, room);
    let (first, second) = match (first, second) {
        (Ok(first), Ok(second)) => (first, second),
        (first, second) => {
            let error = first.err();
            assert_eq!(error, second.err());
            assert!(matches!(
                error,
                Some(RebaseError::Frame(_) | RebaseError::Rebase(_))
            ));
            assert!(before == (old.state, old.segments.clone()));
            assert!(onto == (one.state, one.segments.clone(), one.references.clone()));
            return false;
        }
    };
    assert!(first.frame == second.frame && first.picture == second.picture);
    assert_eq!((first.header, one.state), (second.header, other.state));
    let next = Frame::begin(&before.0, frame, &Limits::NONE);
    let next = next.unwrap().unwrap();
    assert_eq!(old.state, next.state);
    assert_same_choices(&next.header, &first.header);
    let (now, segments) = modes(&decoder.state, &decoder.segments, &first.frame);
    let (old, old_segments) = modes(&before.0, &before.1, frame);
    assert!(segments == old_segments && (now == old || effort.revises()));
    let decoded = decoder.decode(&first.frame, &LIMITS).unwrap().unwrap();
    assert!(!decoded.report.lacks_data);
    assert!(decoded.picture == first.picture);
    assert_eq!(decoder.state, one.state);
    assert!(decoder.segments == one.segments && decoder.references == one.references);
    true
}
