//! The core's fitting of frames, in memory of any size and content: what is wrong is an error, and nothing panics.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::encode::{
    Curve, Effort, Encoded, Error, Fit, FitMemory, Halt, Input, Memory, MotionAnalysis, Settings,
    Tables, Tally, analyse, encode, fit,
};
use lentil_core::vp8::{
    Above, Blocks, Contexts, LumaMode, Macroblock, Picture, PictureMut, Reference, References,
    Source, State, Vector, lines_len,
};
use lentil_tests::pictures::Scene;
use lentil_tests::rng::Rng;
use lentil_tests::vp8::Decoder;
use lentil_tests::vp8_encoder::{Encoder, source};
use lentil_tests::vp8_rebase::rebase_any;

/// More than any of these pictures needs.
const ROOM: usize = 1 << 18;

/// What fitting is lent, for a frame that follows an encoder.
#[derive(Clone)]
struct Lent {
    state: State,
    references: [Vec<u8>; 3],
    source: (Vec<u8>, [usize; 2]),
    settings: Settings,
    motion: Vec<MotionAnalysis>,
    tables: Box<Tables>,
    above: Vec<Above>,
    contexts: Vec<Contexts>,
    lines: Vec<u8>,
    macroblocks: Vec<Macroblock>,
    levels: Vec<Blocks>,
    trial: (Vec<u8>, [usize; 2]),
    curves: Vec<Curve>,
    before: Vec<u8>,
    segments: Vec<u8>,
    halt: (Box<Tally>, Vec<Above>, Vec<Contexts>, Vec<u8>),
    picture: (Vec<u8>, [usize; 2]),
    bytes: Vec<u8>,
    most: usize,
}

impl Lent {
    /// Of the right size for this picture.
    fn new(encoder: &Encoder<Scalar>, settings: &Settings, source: &[u8]) -> Self {
        let state = &encoder.state;
        let size = settings.key_frame.unwrap_or([state.width, state.height]);
        let size = size.map(|side| usize::from(side).div_ceil(16));
        let ([columns, rows], len) = (size, Picture::len(size[0], size[1]));
        let count = columns * rows;
        Lent {
            state: *state,
            references: encoder.references.each_ref().map(|data| data.to_vec()),
            source: (source.to_vec(), size),
            settings: *settings,
            motion: vec![MotionAnalysis::NEW; count],
            tables: Box::new(Tables::NEW),
            above: vec![Above::NEW; columns],
            contexts: vec![Contexts::NEW; columns],
            lines: vec![0; lines_len(columns)],
            macroblocks: vec![Macroblock::NEW; count],
            levels: vec![[[0; 16]; 25]; count],
            trial: (vec![0; len], size),
            curves: vec![Curve::default(); count],
            before: vec![0; count],
            segments: vec![0; count],
            halt: (
                Box::new(Tally::NEW),
                vec![Above::NEW; columns],
                vec![Contexts::NEW; columns],
                vec![0; lines_len(columns)],
            ),
            picture: (vec![0; len], size),
            bytes: vec![0; ROOM],
            most: 100,
        }
    }

    /// Encodes the frame, then has `change` change anything, then fits it.
    fn fit(&mut self, change: impl FnOnce(&mut Self)) -> Result<Encoded, Error> {
        let first = self.run(None).unwrap();
        change(self);
        self.run(Some(&first))
    }

    fn run(&mut self, first: Option<&Encoded>) -> Result<Encoded, Error> {
        fn of<'a>((data, [columns, rows]): (&'a [u8], [usize; 2])) -> Picture<'a> {
            Picture::of_slice(data, columns, rows).unwrap_or_default()
        }
        let size = self.source.1;
        let [last, golden, altref] = self.references.each_ref().map(|data| of((data, size)));
        let input = Input {
            state: &self.state,
            references: &References {
                last,
                golden,
                altref,
            },
            source: &of((&self.source.0, size)),
        };
        let (data, [columns, rows]) = &mut self.picture;
        let mut picture = PictureMut::of_slice(data, *columns, *rows).unwrap();
        let (data, [columns, rows]) = &mut self.trial;
        let (kernels, settings) = (Scalar, &self.settings);
        if first.is_none() {
            analyse(
                kernels,
                &input,
                settings,
                &mut self.tables,
                &mut self.motion,
            )?;
        }
        let mut memory = Memory {
            tables: &mut self.tables,
            above: &mut self.above,
            contexts: &mut self.contexts,
            lines: &mut self.lines,
            macroblocks: &mut self.macroblocks,
            levels: &mut self.levels,
            trial: PictureMut::of_slice(data, *columns, *rows),
        };
        let (motion, bytes) = (&self.motion, &mut self.bytes);
        let Some(first) = first else {
            let (memory, picture) = (&mut memory, &mut picture);
            return encode(kernels, &input, motion, settings, memory, picture, bytes);
        };
        let to_fit = Fit {
            most: self.most,
            first,
            segments: &self.before,
        };
        let mut of_fit = FitMemory {
            curves: &mut self.curves,
            segments: &mut self.segments,
            halt: Halt {
                tally: &mut self.halt.0,
                above: &mut self.halt.1,
                contexts: &mut self.halt.2,
                lines: &mut self.halt.3,
            },
        };
        let memory = (&mut memory, &mut of_fit);
        let picture = &mut picture;
        fit(
            kernels, &input, motion, settings, &to_fit, memory, picture, bytes,
        )
    }
}

/// A key frame, or one after it, of 45 x 40 pixels.
fn frame(key_frame: bool, effort: Effort) -> Lent {
    let size = [45, 40];
    let of_key_frame = Settings::key_frame(size, 30, effort);
    let mut encoder = Encoder::new(Scalar);
    if key_frame {
        return Lent::new(&encoder, &of_key_frame, &source(Scene::Mixed, size, 0));
    }
    let first = source(Scene::Mixed, size, 0);
    encoder.encode(&first, &of_key_frame, ROOM).unwrap();
    let settings = Settings::inter_frame(20, effort);
    Lent::new(&encoder, &settings, &source(Scene::Mixed, size, 1))
}

#[test]
fn memory_of_another_size_is_an_error() {
    let shorter: [fn(&mut Lent); 16] = [
        |lent| _ = lent.above.pop(),
        |lent| _ = lent.contexts.pop(),
        |lent| _ = lent.lines.pop(),
        |lent| _ = lent.macroblocks.pop(),
        |lent| _ = lent.levels.pop(),
        |lent| _ = lent.curves.pop(),
        |lent| _ = lent.segments.pop(),
        |lent| _ = lent.halt.1.pop(),
        |lent| _ = lent.halt.2.pop(),
        |lent| _ = lent.halt.3.pop(),
        |lent| lent.source = (vec![0; Picture::len(3, 2)], [3, 2]),
        |lent| lent.picture = (vec![0; Picture::len(2, 3)], [2, 3]),
        |lent| lent.picture = (vec![0; Picture::len(4, 3)], [4, 3]),
        |lent| lent.trial = (vec![0; Picture::len(1, 1)], [1, 1]),
        |lent| _ = lent.motion.pop(),
        |lent| _ = lent.before.pop(),
    ];
    for key_frame in [true, false] {
        // Of a key frame nobody looks at motion, nor at the map before it.
        let shorter = if key_frame { &shorter[..14] } else { &shorter };
        for (which, change) in shorter.iter().enumerate() {
            let refused = frame(key_frame, Effort::GOOD).fit(change);
            assert_eq!(refused.err(), Some(Error::Memory), "{which}");
        }
        // What is longer does, whatever is there.
        let mut fitting = frame(key_frame, Effort::GOOD);
        let fitted = fitting.fit(|_| ()).unwrap();
        let mut longer = frame(key_frame, Effort::GOOD);
        let of_longer = longer.fit(|lent| {
            lent.above.push(Above::NEW);
            lent.contexts.push(Contexts::NEW);
            lent.lines.extend([1; 40]);
            lent.macroblocks.push(Macroblock::NEW);
            lent.levels.push([[7; 16]; 25]);
            lent.curves.push(Curve::default());
            lent.segments.push(9);
            lent.halt.1.push(Above::NEW);
            lent.halt.2.push(Contexts::NEW);
            lent.halt.3.extend([1; 40]);
            lent.motion.push(MotionAnalysis::NEW);
            lent.before.push(3);
        });
        assert_eq!(of_longer.unwrap().len, fitted.len);
        assert!(longer.bytes[..fitted.len] == fitting.bytes[..fitted.len]);
        assert_eq!(longer.segments.pop(), Some(9));
        assert!(longer.segments == fitting.segments);
    }
}

#[test]
fn what_cannot_be_fitted_is_an_error() {
    for key_frame in [true, false] {
        for partitions in [1, 8] {
            let with_partitions = || {
                let mut lent = frame(key_frame, Effort::REALTIME);
                lent.settings.partitions = partitions;
                lent
            };
            let len = with_partitions().fit(|_| ()).unwrap().len;
            for room in (0..len).step_by(7).chain([len - 1]) {
                let refused = with_partitions().fit(|lent| lent.bytes.truncate(room));
                assert_eq!(refused.err(), Some(Error::Room), "{room}");
            }
            let room = with_partitions().fit(|lent| lent.bytes.truncate(len));
            assert_eq!(room.unwrap().len, len);
        }
        let refused = frame(key_frame, Effort::REALTIME).fit(|lent| lent.settings.partitions = 3);
        assert!(matches!(refused, Err(Error::Setting(_))));
    }
    let refused = frame(false, Effort::REALTIME).fit(|lent| lent.state = State::NEW);
    assert_eq!(refused.err(), Some(Error::NoKeyFrame));
}

/// Decoders forget the map at a key frame, so the one before plays no part.
#[test]
fn key_frames_begin_with_no_segments() {
    let mut random = Rng::new(51);
    let size = [176, 144];
    let settings = Settings::key_frame(size, 10, Effort::REALTIME);
    let source = source(Scene::Mixed, size, 0);
    let mut with_segments = 0;
    for most in [1, 300, 500, 800, 1200, 2000, 3000, 100_000] {
        let fitted = |before: &dyn Fn(&mut Lent)| {
            let mut lent = Lent::new(&Encoder::new(Scalar), &settings, &source);
            lent.most = most;
            let encoded = lent.fit(|lent| before(lent)).unwrap();
            lent.bytes.truncate(encoded.len);
            (lent.bytes, lent.segments, encoded.header)
        };
        let (frame, segments, header) = fitted(&|_| ());
        with_segments += u32::from(header.segmentation.enabled);
        let own = segments.clone();
        let any = [(); 99].map(|()| random.below(4) as u8).to_vec();
        for before in [own, any, vec![2; 99], vec![]] {
            let with = fitted(&|lent| lent.before.clone_from(&before));
            assert!(with == (frame.clone(), segments.clone(), header));
        }
        let mut decoder = Decoder::default();
        decoder.segments = vec![1; 99];
        let decoded = decoder.decode(&frame, &lentil_core::vp8::Limits::NONE);
        assert!(!decoded.unwrap().unwrap().report.lacks_data);
        assert!(decoder.segments == segments);
    }
    assert!(with_segments > 2, "{with_segments}");
}

/// What was encoded before is looked at, but it need not be sound.
#[test]
fn memory_of_any_content_gives_some_frame() {
    let mut random = Rng::new(52);
    let modes = [
        LumaMode::Dc,
        LumaMode::Sub,
        LumaMode::New,
        LumaMode::Split,
        LumaMode::Zero,
    ];
    let references = [
        Reference::None,
        Reference::Last,
        Reference::Golden,
        Reference::Altref,
    ];
    for round in 0..60 {
        let effort = [Effort::REALTIME, Effort::BEST][round % 2];
        let mut lent = frame(round % 3 == 0, effort);
        let scale = random.below(12);
        lent.most = random.below(1 << scale);
        let fitted = lent.fit(|lent| {
            for mb in &mut lent.macroblocks {
                mb.mode = modes[random.below(5)];
                mb.reference = references[random.below(4)];
                mb.coded = random.one_in(2);
                mb.sixteenths = random.one_in(2);
                let mut any = || random.next_u64() as i16;
                mb.vectors = [(); 16].map(|()| Vector { y: any(), x: any() });
                mb.ends = [(); 25].map(|()| random.next_u64() as u8);
            }
            for level in lent.levels.as_flattened_mut().as_flattened_mut() {
                *level = random.next_u64() as i16;
            }
            lent.before.fill_with(|| random.next_u64() as u8);
            *lent.tables = Tables::NEW;
        });
        assert!(fitted.is_ok());
    }
}

/// Lean pictures, and the least and the most bytes; quantizers whose differences take them out of their range.
#[test]
fn extremes_are_fitted() {
    let wide = 16383;
    let sizes = [[1, 1], [wide, 1], [1, wide], [17, 33]];
    let mosts = [0, 1, 500, 20_000, usize::MAX];
    let mut random = Rng::new(53);
    for size in sizes {
        let rounds = if size.contains(&wide) { 1 } else { 3 };
        for quantizer in [0, 60, 127] {
            for scene in [Scene::Mixed, Scene::Noise].into_iter().take(rounds) {
                let mut encoder = Encoder::new(Scalar);
                let mut decoder = Decoder::default();
                for frame in 0..2 {
                    let effort = Effort::REALTIME;
                    let mut settings = match frame {
                        0 => Settings::key_frame(size, quantizer, effort),
                        _ => Settings::inter_frame(quantizer, effort),
                    };
                    let q = &mut settings.quantizers;
                    (q.y_dc, q.y2_dc, q.uv_ac) = (-15, 15, -15);
                    settings.partitions = 1 << random.below(4);
                    settings.refresh_entropy = random.one_in(2);
                    let source = source(scene, size, frame);
                    let most = mosts[random.below(mosts.len())];
                    let fitted = encoder.fit(&source, &settings, most, 1 << 22).unwrap();
                    let after = (&encoder.state, &encoder.references);
                    fitted.assert_decoded(&mut decoder, after, (size, quantizer, most));
                    assert!(decoder.segments == encoder.segments);
                }
            }
        }
    }
}

/// A picture that stays as it is has no coefficients to tell how much there will be.
#[test]
fn frames_without_coefficients_are_fitted() {
    let size = [80, 64];
    let grey = vec![128; Picture::len(5, 4)];
    for most in [0, 20, 1000, usize::MAX] {
        let mut encoder = Encoder::new(Scalar);
        let mut decoder = Decoder::default();
        for frame in 0..4 {
            let settings = match frame {
                0 => Settings::key_frame(size, 127, Effort::GOOD),
                _ => Settings::inter_frame(127, Effort::GOOD),
            };
            let noise = source(Scene::Mixed, size, 0);
            let source = if frame < 2 { &grey } else { &noise };
            let fitted = encoder.fit(source, &settings, most, ROOM).unwrap();
            let after = (&encoder.state, &encoder.references);
            fitted.assert_decoded(&mut decoder, after, (frame, most));
        }
    }
}

/// A film whose frames were fitted, some with segments.
#[test]
fn fitted_frames_are_rebased() {
    let size = [90, 70];
    let mut encoder = Encoder::new(Scalar);
    let (mut film, mut with_segments) = (vec![], 0);
    let mut random = Rng::new(54);
    for frame in 0..10 {
        let mut settings = match frame {
            0 => Settings::key_frame(size, 60, Effort::REALTIME),
            _ => Settings::inter_frame(60, Effort::REALTIME),
        };
        settings.references.golden = [Source::Golden, Source::Frame][random.below(2)];
        let source = source(Scene::Mixed, size, frame);
        let most = 50 + random.below(1500);
        let fitted = encoder.fit(&source, &settings, most, ROOM).unwrap();
        with_segments += u32::from(frame > 0 && fitted.header.segmentation.enabled);
        film.push(fitted.frame);
    }
    assert!(with_segments > 3, "{with_segments}");
    let film: Vec<_> = film.iter().map(Vec::as_slice).collect();
    let mut count = 0;
    for seed in 0..10 {
        count += rebase_any(Scalar, &mut Rng::new(100 + seed), &film, seed);
    }
    assert!(count > 20, "{count}");
}
