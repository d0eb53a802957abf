//! Every pixel kernel equals the reference, on pixels of all kinds and wherever slices end.

use lentil_core::kernels::{Scalar, Work};
use lentil_core::vp8::kernels::{Dst, EdgeLimits, Src};
use lentil_core::vp8::{PixelKernels, SubMode};
use lentil_simd::{Detected, detect};
use lentil_tests::rng::Rng;

const STRIDE: usize = 40;
const LINES: usize = 32;
const PIXELS: usize = STRIDE * LINES;

/// Pixels around which something is to be done, and numbers to do it with.
#[derive(Clone)]
struct Case {
    pixels: [Vec<u8>; 2],
    source: Vec<u8>,
    blocks: [[i16; 16]; 16],
    dc: [i16; 16],
    ends: [u8; 16],
    limits: EdgeLimits,
    x: usize,
    y: usize,
}

/// Pixels that differ a lot, a little, or are extreme.
fn pixels(rng: &mut Rng, kind: u64) -> Vec<u8> {
    let base = rng.below(256) as u8;
    let range = [256, 4, 24][kind as usize % 3];
    let mut pixel = |_| match kind {
        3 => [0, 255][rng.below(2)],
        _ => base.wrapping_add(rng.below(range) as u8),
    };
    (0..PIXELS).map(&mut pixel).collect()
}

fn case(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let kind = seed % 4;
    let largest = [40, 300, 2047, 32767][rng.below(4)];
    let mut coefficient = || rng.below(2 * largest + 1) as i64 - largest as i64;
    let blocks = std::array::from_fn(|_| std::array::from_fn(|_| coefficient() as i16));
    let dc = std::array::from_fn(|_| coefficient() as i16);
    let mut ends = std::array::from_fn(|_| [0, 1, 2, 16][rng.below(4)]);
    if rng.below(3) == 0 {
        ends = ends.map(|end: u8| end.min(1));
    }
    Case {
        pixels: [pixels(&mut rng, kind), pixels(&mut rng, kind)],
        source: pixels(&mut rng, kind),
        blocks,
        dc,
        ends,
        limits: EdgeLimits {
            edge: rng.below(150) as u8,
            interior: rng.below(64) as u8,
            variance: rng.below(4) as u8,
        },
        x: rng.below(8),
        y: rng.below(8),
    }
}

/// Something done to both planes of pixels.
trait Kernel: Copy {
    fn apply(self, kernels: impl PixelKernels, case: &Case, planes: [&mut [u8]; 2]);
}

struct Apply<'a, K, F> {
    kernels: K,
    kernel: F,
    case: &'a Case,
    planes: [&'a mut [u8]; 2],
}

impl<K: PixelKernels, F: Kernel> Work for Apply<'_, K, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.kernel.apply(self.kernels, self.case, self.planes);
    }
}

fn applied<K: PixelKernels>(kernels: K, kernel: impl Kernel, case: &Case) -> [Vec<u8>; 2] {
    let [mut first, mut second] = case.pixels.clone();
    kernels.run(Apply {
        kernels,
        kernel,
        case,
        planes: [&mut first, &mut second],
    });
    [first, second]
}

#[track_caller]
fn agrees(name: &str, kernel: impl Kernel) {
    for seed in 0..400 {
        let case = case(seed);
        let expected = applied(Scalar, kernel, &case);
        let same = |found| assert!(expected == found, "{name}, case {seed}");
        match detect() {
            Detected::Scalar(kernels) => same(applied(kernels, kernel, &case)),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(kernels) => same(applied(kernels, kernel, &case)),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx512(kernels) => {
                same(applied(kernels.avx2(), kernel, &case));
                same(applied(kernels, kernel, &case));
            }
            #[cfg(target_arch = "aarch64")]
            Detected::Neon(kernels) => same(applied(kernels, kernel, &case)),
        }
    }
}

/// Defines a kernel and tests it: the token, the case and the planes' names, then what to do.
macro_rules! agree {
    ($($test:ident: |$kernels:ident, $case:ident, $first:ident, $second:ident| $work:expr;)*) => {$(
        #[test]
        fn $test() {
            #[derive(Clone, Copy)]
            struct This;
            impl Kernel for This {
                #[inline(always)]
                #[allow(unused_variables)]
                fn apply(
                    self,
                    $kernels: impl PixelKernels,
                    $case: &Case,
                    [$first, $second]: [&mut [u8]; 2],
                ) {
                    $work
                }
            }
            agrees(stringify!($test), This);
        }
    )*};
}

/// Where kernels that look around begin.
const MIDDLE: usize = 8 * STRIDE + 8;

/// All of them.
const SUB_MODES: [SubMode; 10] = [
    SubMode::Dc,
    SubMode::TrueMotion,
    SubMode::Vertical,
    SubMode::Horizontal,
    SubMode::LeftDown,
    SubMode::RightDown,
    SubMode::VerticalRight,
    SubMode::VerticalLeft,
    SubMode::HorizontalDown,
    SubMode::HorizontalUp,
];

fn at(plane: &mut [u8], at: usize) -> Dst<'_> {
    Dst::new(plane, STRIDE, at)
}

fn source(case: &Case) -> Src<'_> {
    Src::new(&case.source, STRIDE, case.x + STRIDE * case.y)
}

/// A source that ends with the last pixel that counts.
fn tight<const W: usize, const H: usize>(case: &Case) -> Src<'_> {
    Src::new(&case.source[..STRIDE * (H + 4) + W + 5], STRIDE, 0)
}

/// The same for the bilinear filters.
fn tight_bilinear<const W: usize, const H: usize>(case: &Case) -> Src<'_> {
    Src::new(&case.source[..STRIDE * (H + 2) + W + 3], STRIDE, 0)
}

/// What is above, and what is below.
fn halves(plane: &mut [u8]) -> [Dst<'_>; 2] {
    let (above, below) = plane.split_at_mut(MIDDLE);
    [
        Dst::new(above, STRIDE, MIDDLE - 4 * STRIDE),
        Dst::new(below, STRIDE, 0),
    ]
}

agree! {
    six_tap_16: |k, c, a, b| if c.x + c.y > 0 { k.six_tap::<16, 16>(at(a, 3), source(c), c.x, c.y) };
    six_tap_8: |k, c, a, b| if c.x + c.y > 0 { k.six_tap::<8, 8>(at(a, 3), source(c), c.x, c.y) };
    six_tap_8_by_4: |k, c, a, b| if c.x + c.y > 0 { k.six_tap::<8, 4>(at(a, 3), source(c), c.x, c.y) };
    six_tap_4: |k, c, a, b| if c.x + c.y > 0 { k.six_tap::<4, 4>(at(a, 3), source(c), c.x, c.y) };
    six_tap_at_the_end: |k, c, a, b| if c.x + c.y > 0 {
        k.six_tap::<16, 16>(at(a, 3), tight::<16, 16>(c), c.x, c.y);
        k.six_tap::<4, 4>(at(b, 3), tight::<4, 4>(c), c.x, c.y);
    };
    bilinear_at_the_end: |k, c, a, b| if c.x + c.y > 0 {
        k.bilinear::<8, 8>(at(a, 3), tight_bilinear::<8, 8>(c), c.x, c.y);
        k.bilinear::<4, 4>(at(b, 3), tight_bilinear::<4, 4>(c), c.x, c.y);
    };
    bilinear_16: |k, c, a, b| if c.x + c.y > 0 { k.bilinear::<16, 16>(at(a, 3), source(c), c.x, c.y) };
    bilinear_8: |k, c, a, b| if c.x + c.y > 0 { k.bilinear::<8, 8>(at(a, 3), source(c), c.x, c.y) };
    bilinear_4: |k, c, a, b| if c.x + c.y > 0 { k.bilinear::<4, 4>(at(a, 3), source(c), c.x, c.y) };
    copies: |k, c, a, b| {
        k.copy::<16, 16>(at(a, 3), source(c));
        k.copy::<8, 8>(at(b, 3), source(c));
        k.copy::<4, 4>(at(b, 300), source(c));
    };
    add_block: |k, c, a, b| {
        k.add_block(at(a, 3), &c.blocks[0], c.ends[0]);
        k.add_block(at(b, 3), &c.blocks[0], c.ends[1]);
    };
    add_luma: |k, c, a, b| k.add_luma(at(a, 5), &c.blocks, &c.dc, &c.ends);
    add_chroma: |k, c, a, b| {
        k.add_chroma(at(a, 5), c.blocks.first_chunk().unwrap(), c.ends.first_chunk().unwrap());
        k.add_chroma(at(b, 5), c.blocks.last_chunk().unwrap(), c.ends.last_chunk().unwrap());
    };
    filter_left: |k, c, a, b| k.filter_left(at(a, 4), &c.limits);
    // Fifteen times such a stride is 14 once it has wrapped around.
    no_line_is_that_far: |k, c, a, b| k.filter_left(Dst::new(a, usize::MAX / 15 + 1, 0), &c.limits);
    filter_left_chroma: |k, c, a, b| k.filter_left_chroma(at(a, 4), at(b, 44), &c.limits);
    filter_top: |k, c, a, b| {
        let [above, below] = halves(a);
        k.filter_top(above, below, &c.limits);
    };
    filter_top_chroma: |k, c, a, b| k.filter_top_chroma(halves(a), halves(b), &c.limits);
    filter_columns: |k, c, a, b| k.filter_columns(at(a, 4), &c.limits);
    filter_columns_chroma: |k, c, a, b| k.filter_columns_chroma(at(a, 4), at(b, 44), &c.limits);
    filter_rows: |k, c, a, b| k.filter_rows(at(a, 4), &c.limits);
    filter_rows_chroma: |k, c, a, b| k.filter_rows_chroma(at(a, 4), at(b, 44), &c.limits);
    simple_left: |k, c, a, b| k.simple_left(at(a, 4), c.limits.edge);
    simple_top: |k, c, a, b| {
        let [above, below] = halves(a);
        k.simple_top(above, below, c.limits.edge);
    };
    simple_columns: |k, c, a, b| k.simple_columns(at(a, 4), c.limits.edge);
    simple_rows: |k, c, a, b| k.simple_rows(at(a, 4), c.limits.edge);
    true_motion: |k, c, a, b| {
        let line = *c.source.first_chunk::<16>().unwrap();
        k.true_motion(at(a, 4), &line, c.source.last_chunk().unwrap(), c.source[99]);
        let line = *c.source.first_chunk::<8>().unwrap();
        k.true_motion(at(b, 4), &line, c.source.last_chunk().unwrap(), c.source[99]);
    };
    predict_sub: |k, c, a, b| {
        let edges = c.source.as_chunks::<16>().0;
        for (i, (&mode, edge)) in SUB_MODES.iter().zip(edges).enumerate() {
            k.predict_sub(at(a, 4 * i), edge, mode);
            k.predict_sub(at(b, 3 + STRIDE * 3 * i), &edge.map(|p| p ^ 0x5a), mode);
        }
    };
    inverse_wht: |k, c, a, b| {
        for (i, block) in c.blocks.iter().enumerate() {
            let bytes = k.inverse_wht(block).map(i16::to_ne_bytes);
            a[32 * i..][..32].copy_from_slice(bytes.as_flattened());
        }
    };
}
