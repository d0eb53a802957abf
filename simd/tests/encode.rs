//! Every kernel of the encoder equals the reference, on pixels and numbers of all kinds and wherever slices end.

use lentil_core::kernels::{Scalar, Work};
use lentil_core::vp8::encode::EncodeKernels;
use lentil_core::vp8::encode::kernels::BlockQuantizer;
use lentil_core::vp8::kernels::Src;
use lentil_simd::{Detected, detect};
use lentil_tests::rng::Rng;

const PIXELS: usize = 64 * 16;

/// Blocks to compare, and numbers.
struct Case {
    a: Vec<u8>,
    b: Vec<u8>,
    strides: [usize; 2],
    places: [usize; 5],
    numbers: [[i16; 16]; 2],
    quantizer: BlockQuantizer,
}

impl Case {
    fn a(&self) -> Src<'_> {
        Src::new(&self.a, self.strides[0], self.places[4])
    }

    fn b(&self, i: usize) -> Src<'_> {
        Src::new(&self.b, self.strides[1], self.places[i])
    }
}

/// Pixels that differ a lot or a little, or are extreme: like each other, or not, in a pattern.
fn pixels(rng: &mut Rng, kind: usize, other: bool) -> Vec<u8> {
    let base = rng.below(256) as u8;
    let shift = rng.below(5);
    let mut pixel = |i: usize| match kind {
        0 => rng.below(256) as u8,
        1 => base.wrapping_add(rng.below(6) as u8),
        2 => [0, 255][rng.below(2)],
        _ => [0, 255][(i >> shift & 1) ^ usize::from(other)],
    };
    (0..PIXELS).map(&mut pixel).collect()
}

fn numbers(rng: &mut Rng) -> [i16; 16] {
    let largest = [3, 200, 2047, 32767][rng.below(4)];
    let extremes = rng.one_in(4);
    std::array::from_fn(|_| match extremes {
        true => [i16::MIN, i16::MAX, 0, -1][rng.below(4)],
        false => rng.range(-largest, largest) as i16,
    })
}

fn quantizer(rng: &mut Rng) -> BlockQuantizer {
    if rng.one_in(3) {
        // Nothing that divides by anything.
        let mut any = || std::array::from_fn(|_| rng.next_u64() as u16);
        let (reciprocal, rounding) = (any(), any());
        let step = [1; 16];
        return BlockQuantizer {
            step,
            reciprocal,
            rounding,
        };
    }
    let steps = [rng.range(1, 157), rng.range(1, 157)];
    let bias = [rng.below(257) as u16, rng.below(257) as u16];
    BlockQuantizer::new(steps, bias)
}

fn case(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let kind = rng.below(4);
    let mut case = Case {
        a: pixels(&mut rng, kind, false),
        b: pixels(&mut rng, kind, true),
        strides: std::array::from_fn(|_| rng.range(16, 40) as usize),
        places: std::array::from_fn(|_| rng.below(300)),
        numbers: [numbers(&mut rng), numbers(&mut rng)],
        quantizer: quantizer(&mut rng),
    };
    match rng.below(16) {
        // Slices that end where a block does, or just before that.
        0 => {
            case.a.truncate(case.places[4] + 15 * case.strides[0] + 16);
            case.b.truncate(case.places[0] + 15 * case.strides[1] + 16);
        }
        1 => case.a.truncate(case.places[4] + 15 * case.strides[0] + 15),
        2 => case.b.truncate(case.places[1] + 3 * case.strides[1] + 15),
        3 => case.b.truncate(case.places[2] + 3 * case.strides[1] + 3),
        4 => case.a.clear(),
        // Lines that share pixels, or all of them.
        5 => case.strides = [rng.below(16), rng.below(16)],
        // Fifteen times such a stride is 14 once it has wrapped around, three times it is 2.
        6 => case.strides[rng.below(2)] = usize::MAX / 15 + 1,
        7 => case.strides[rng.below(2)] = usize::MAX / 3 + 1,
        _ => {}
    }
    case
}

/// Something to find out about a case.
trait Kernel: Copy {
    fn apply(self, kernels: impl EncodeKernels, case: &Case, results: &mut Vec<u32>);
}

struct Apply<'a, K, F> {
    kernels: K,
    kernel: F,
    case: &'a Case,
    results: &'a mut Vec<u32>,
}

impl<K: EncodeKernels, F: Kernel> Work for Apply<'_, K, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.kernel.apply(self.kernels, self.case, self.results);
    }
}

fn found<K: EncodeKernels>(kernels: K, kernel: impl Kernel, case: &Case) -> Vec<u32> {
    let mut results = Vec::new();
    kernels.run(Apply {
        kernels,
        kernel,
        case,
        results: &mut results,
    });
    results
}

#[track_caller]
fn agrees(name: &str, kernel: impl Kernel) {
    for seed in 0..1500 {
        let case = case(seed);
        let expected = found(Scalar, kernel, &case);
        let found = match detect() {
            Detected::Scalar(kernels) => found(kernels, kernel, &case),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(kernels) => found(kernels, kernel, &case),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx512(kernels) => found(kernels.avx2(), kernel, &case),
            #[cfg(target_arch = "aarch64")]
            Detected::Neon(kernels) => found(kernels, kernel, &case),
        };
        assert_eq!(expected, found, "{name}, case {seed}");
    }
}

/// Defines a kernel and tests it: the token, the case and the results' names, then what to do.
macro_rules! agree {
    ($($test:ident: |$kernels:ident, $case:ident, $results:ident| $work:expr;)*) => {$(
        #[test]
        fn $test() {
            #[derive(Clone, Copy)]
            struct This;
            impl Kernel for This {
                #[inline(always)]
                fn apply(
                    self,
                    $kernels: impl EncodeKernels,
                    $case: &Case,
                    $results: &mut Vec<u32>,
                ) {
                    $work
                }
            }
            agrees(stringify!($test), This);
        }
    )*};
}

/// A method for blocks of all sizes.
macro_rules! all_sizes {
    ($kernels:ident.$method:ident($a:expr, $b:expr)) => {
        [
            $kernels.$method::<16, 16>($a, $b),
            $kernels.$method::<16, 8>($a, $b),
            $kernels.$method::<16, 4>($a, $b),
            $kernels.$method::<8, 16>($a, $b),
            $kernels.$method::<8, 8>($a, $b),
            $kernels.$method::<8, 4>($a, $b),
            $kernels.$method::<4, 16>($a, $b),
            $kernels.$method::<4, 8>($a, $b),
            $kernels.$method::<4, 4>($a, $b),
        ]
    };
}

fn words(numbers: &[i16]) -> impl Iterator<Item = u32> {
    numbers.iter().map(|&x| i32::from(x) as u32)
}

agree! {
    sad: |k, c, results| {
        results.extend(all_sizes!(k.sad(c.a(), c.b(0))));
        results.extend(all_sizes!(k.sad(c.b(1), c.a())));
    };
    sad_four: |k, c, results| {
        let all = all_sizes!(k.sad_four(c.a(), [c.b(0), c.b(1), c.b(2), c.b(3)]));
        results.extend(all.as_flattened());
    };
    sse: |k, c, results| {
        results.extend(all_sizes!(k.sse(c.a(), c.b(0))));
        results.extend(all_sizes!(k.sse(c.b(1), c.a())));
    };
    satd: |k, c, results| {
        results.extend(all_sizes!(k.satd(c.a(), c.b(0))));
        results.extend(all_sizes!(k.satd(c.b(1), c.a())));
    };
    forward_dct: |k, c, results| {
        let mut blocks = [[-1; 16]; 4];
        k.forward_dct(c.a(), c.b(0), &mut blocks);
        results.extend(words(blocks.as_flattened()));
    };
    forward_dct_of_busy: |k, c, results| {
        for quiet in [0, 60, 600, 4081] {
            let mut blocks = [[-1; 16]; 4];
            let busy = k.forward_dct_of_busy(c.a(), c.b(0), quiet, &mut blocks);
            results.extend(words(blocks.as_flattened()));
            results.extend(busy.map(u32::from));
        }
    };
    forward_wht: |k, c, results| {
        results.extend(words(&k.forward_wht(&c.numbers[0])));
    };
    quantize: |k, c, results| {
        for numbers in &c.numbers {
            let mut levels = [-1; 16];
            results.push(k.quantize(numbers, &c.quantizer, &mut levels).into());
            results.extend(words(&levels));
            // A single level: every place where they may end.
            let mut one = [0; 16];
            let place = c.places[0] % 16;
            one[place] = numbers[place];
            results.push(k.quantize(&one, &c.quantizer, &mut levels).into());
            results.extend(words(&levels));
        }
    };
    error: |k, c, results| {
        let [a, b] = &c.numbers;
        results.extend([k.error(a, b), k.error(b, a), k.error(a, &[0; 16])]);
    };
}

/// Blocks of which every difference has the largest magnitude, in patterns that single coefficients are made of.
#[test]
fn sums_have_room() {
    #[derive(Clone, Copy)]
    struct Satd;
    impl Kernel for Satd {
        #[inline(always)]
        fn apply(self, kernels: impl EncodeKernels, case: &Case, results: &mut Vec<u32>) {
            results.extend(all_sizes!(kernels.satd(case.a(), case.b(0))));
        }
    }
    for pattern in 0..16 {
        let pixels = |other: bool| {
            let pixel = |i: usize| {
                let (x, y) = ((i % 4) & (pattern % 4), (i / 16 % 4) & (pattern / 4));
                let odd = (x.count_ones() + y.count_ones()) % 2 == 1;
                [0, 255][usize::from(odd ^ other)]
            };
            (0..256).map(pixel).collect::<Vec<u8>>()
        };
        let case = Case {
            a: pixels(false),
            b: pixels(true),
            strides: [16; 2],
            places: [0; 5],
            numbers: [[0; 16]; 2],
            quantizer: BlockQuantizer::new([4, 4], [0, 0]),
        };
        let expected = [256, 128, 64, 128, 64, 32, 64, 32, 16].map(|area: u32| area * 255 / 2);
        assert_eq!(found(Scalar, Satd, &case), expected);
        let fast = match detect() {
            Detected::Scalar(kernels) => found(kernels, Satd, &case),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx2(kernels) => found(kernels, Satd, &case),
            #[cfg(target_arch = "x86_64")]
            Detected::Avx512(kernels) => found(kernels.avx2(), Satd, &case),
            #[cfg(target_arch = "aarch64")]
            Detected::Neon(kernels) => found(kernels, Satd, &case),
        };
        assert_eq!(fast, expected);
    }
}
