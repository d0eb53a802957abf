//! How much a picture differs from another.

use lentil_core::vp8::Plane;

use super::Picture;

/// Squared differences of pictures, added up by planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distortion {
    /// Sums of squared differences in Y, U and V.
    pub squares: [u64; 3],
    /// How many samples these are.
    pub samples: [u64; 3],
}

/// Peak signal to noise ratios in decibels; infinite where nothing differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Psnr {
    /// Y, U and V.
    pub planes: [f64; 3],
    /// Of all samples.
    pub all: f64,
}

/// The planes of a picture, each with what is shown of it: width and height.
fn planes(picture: &Picture) -> [(Plane<'_>, [usize; 2]); 3] {
    let all = picture.planes();
    let size = [picture.width(), picture.height()].map(usize::from);
    let half = size.map(|side| side.div_ceil(2));
    [(all.y, size), (all.u, half), (all.v, half)]
}

impl Distortion {
    /// Adds what is between two pictures, as they are shown; pictures of different sizes are not compared.
    pub fn add(&mut self, a: &Picture, b: &Picture) {
        if (a.width(), a.height()) != (b.width(), b.height()) {
            return;
        }
        let pairs = planes(a).into_iter().zip(planes(b));
        for (at, ((a, [width, height]), (b, _))) in pairs.enumerate() {
            let lines = a
                .data
                .chunks(a.stride.max(1))
                .zip(b.data.chunks(b.stride.max(1)));
            for (a, b) in lines.take(height) {
                self.squares[at] += squares(&a[..width], &b[..width]);
            }
            self.samples[at] += (width * height) as u64;
        }
    }

    /// The ratios; infinite where there are no samples.
    #[must_use]
    pub fn psnr(&self) -> Psnr {
        let of = |squares: u64, samples: u64| match squares {
            0 => f64::INFINITY,
            _ => 10.0 * (255.0 * 255.0 * samples as f64 / squares as f64).log10(),
        };
        Psnr {
            planes: [0, 1, 2].map(|at| of(self.squares[at], self.samples[at])),
            all: of(self.squares.iter().sum(), self.samples.iter().sum()),
        }
    }
}

fn squares(a: &[u8], b: &[u8]) -> u64 {
    let square = |(&a, &b): (&u8, &u8)| u64::from(a.abs_diff(b)).pow(2);
    a.iter().zip(b).map(square).sum()
}

/// Sums over 4 by 4 pixels of two pictures: of one, of the other, of both squared, of their product.
type Sums = [i64; 4];

/// The structural similarity of the luma of two pictures, 1 if they are the same: over windows of 8 by 8 pixels, 4 apart, as
/// ffmpeg's filter `ssim` has it. `None` if their sizes differ, or they have no such window.
#[must_use]
pub fn ssim(a: &Picture, b: &Picture) -> Option<f64> {
    let [(plane_a, size), ..] = planes(a);
    let [(plane_b, other), ..] = planes(b);
    let [columns, rows] = size.map(|side| side / 4);
    if size != other || columns < 2 || rows < 2 {
        return None;
    }
    let mut above = line_sums(plane_a, plane_b, 0, columns);
    let mut sum = 0.0;
    for row in 1..rows {
        let line = line_sums(plane_a, plane_b, row, columns);
        for (above, line) in above.windows(2).zip(line.windows(2)) {
            let four = [above[0], above[1], line[0], line[1]];
            sum += similarity([0, 1, 2, 3].map(|at| four.iter().map(|s| s[at]).sum()));
        }
        above = line;
    }
    Some(sum / ((columns - 1) * (rows - 1)) as f64)
}

/// Of a line of blocks.
fn line_sums(a: Plane<'_>, b: Plane<'_>, row: usize, columns: usize) -> Vec<Sums> {
    let mut all = vec![[0; 4]; columns];
    for y in 4 * row..4 * row + 4 {
        let (Some(a), Some(b)) = (a.data.get(y * a.stride..), b.data.get(y * b.stride..)) else {
            return all;
        };
        let fours = a.chunks_exact(4).zip(b.chunks_exact(4));
        for (sums, (a, b)) in all.iter_mut().zip(fours) {
            for (&a, &b) in a.iter().zip(b) {
                let (a, b) = (i64::from(a), i64::from(b));
                let new = [a, b, a * a + b * b, a * b];
                sums.iter_mut().zip(new).for_each(|(sum, new)| *sum += new);
            }
        }
    }
    all
}

/// Of a window of 64 pixels.
fn similarity([a, b, squares, products]: Sums) -> f64 {
    const C1: i64 = (0.01 * 0.01 * 255.0 * 255.0 * 64.0 + 0.5) as i64;
    const C2: i64 = (0.03 * 0.03 * 255.0 * 255.0 * 64.0 * 63.0 + 0.5) as i64;
    let variances = squares * 64 - a * a - b * b;
    let covariance = products * 64 - a * b;
    (2 * a * b + C1) as f64 * (2 * covariance + C2) as f64
        / ((a * a + b * b + C1) as f64 * (variances + C2) as f64)
}
