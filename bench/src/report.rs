//! Tables on stdout.

use crate::codec::Codec;
use crate::compare::{Outcome, Row};

/// The middle one of some numbers; the mean of the two in the middle if their count is even.
///
/// # Panics
///
/// If there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

/// By how many percent the `.lep` file is smaller.
#[must_use]
pub fn saving(jpeg_bytes: usize, lep_bytes: usize) -> f64 {
    100.0 * (1.0 - lep_bytes as f64 / jpeg_bytes as f64)
}

/// Bytes and seconds of one codec, of one image or of all.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    jpeg_bytes: usize,
    lep_bytes: usize,
    compress: f64,
    restore: f64,
}

impl Sum {
    fn of(row: &Row, outcome: &Outcome, seconds: impl Fn(&[f64]) -> f64) -> Sum {
        Sum {
            jpeg_bytes: row.jpeg_bytes,
            lep_bytes: outcome.lep_bytes,
            compress: seconds(&outcome.compress),
            restore: seconds(&outcome.restore),
        }
    }

    fn add(&mut self, other: Sum) {
        self.jpeg_bytes += other.jpeg_bytes;
        self.lep_bytes += other.lep_bytes;
        self.compress += other.compress;
        self.restore += other.restore;
    }
}

/// Prints one line for each image, the totals, and what is to be known about them.
pub fn print(rows: &[Row]) {
    let width = rows.iter().map(|r| r.name.len()).max().unwrap_or(0).max(5);
    println!(
        "{:width$} {:>10} | {:^15} | {:^21} | {:^21}",
        "", "", "saving %", "compress MB/s", "restore MB/s"
    );
    println!(
        "{:width$} {:>10} | {:>7} {:>7} | {:>7} {:>7} {:>5} | {:>7} {:>7} {:>5}",
        "file", "bytes", "peer", "ours", "peer", "ours", "o/p", "peer", "ours", "o/p"
    );
    for row in rows {
        let sums = Codec::BOTH.map(|codec| {
            let outcome = row.outcomes[codec as usize].as_ref().ok();
            outcome.map(|outcome| Sum::of(row, outcome, median))
        });
        print_line(&row.name, width, row.jpeg_bytes, sums);
    }
    print_totals(rows, width);
    for row in rows {
        for codec in Codec::BOTH {
            if let Err(error) = &row.outcomes[codec as usize] {
                // The peer appends its call stack.
                let reason = error.lines().next().unwrap_or_default();
                println!("n/a: {} on {}: {reason}", codec.name(), row.name);
            }
        }
    }
}

fn print_line(name: &str, width: usize, bytes: usize, [peer, ours]: [Option<Sum>; 2]) {
    let saved = |sum: Option<Sum>| cell(sum.map(|s| saving(s.jpeg_bytes, s.lep_bytes)), 7);
    let speeds = |seconds: fn(&Sum) -> f64| {
        let speed = |sum: Option<Sum>| sum.map(|s| s.jpeg_bytes as f64 / 1e6 / seconds(&s));
        let ratio = peer.zip(ours).map(|(p, o)| seconds(&p) / seconds(&o));
        let (peer, ours) = (cell(speed(peer), 7), cell(speed(ours), 7));
        format!("{peer} {ours} {}", cell(ratio, 5))
    };
    println!(
        "{name:width$} {bytes:>10} | {} {} | {} | {}",
        saved(peer),
        saved(ours),
        speeds(|s| s.compress),
        speeds(|s| s.restore)
    );
}

fn cell(value: Option<f64>, width: usize) -> String {
    value.map_or_else(|| format!("{:>width$}", "n/a"), |v| format!("{v:width$.2}"))
}

/// Totals over the images that both codecs took, so that both are measured on the same bytes.
fn print_totals(rows: &[Row], width: usize) {
    let both: Vec<(&Row, [&Outcome; 2])> = rows
        .iter()
        .filter_map(|row| match &row.outcomes {
            [Ok(peer), Ok(ours)] => Some((row, [peer, ours])),
            _ => None,
        })
        .collect();
    if both.is_empty() {
        println!("no totals: there is no image that both codecs took");
        // One codec alone still has figures worth seeing.
        let alone = Codec::BOTH.map(|codec| total_alone(rows, codec));
        let bytes = alone.iter().flatten().map(|s| s.jpeg_bytes).max();
        print_line("alone", width, bytes.unwrap_or(0), alone);
        return;
    }
    let sums = |seconds: &dyn Fn(&[f64]) -> f64| {
        [0, 1].map(|codec| {
            let mut sum = Sum::default();
            for (row, outcomes) in &both {
                sum.add(Sum::of(row, outcomes[codec], seconds));
            }
            sum
        })
    };
    let [peer, ours] = sums(&median);
    print_line("total", width, peer.jpeg_bytes, [Some(peer), Some(ours)]);
    if both.len() < rows.len() {
        println!("total of the {} images that both took", both.len());
    }
    let rounds = both[0].1[0].compress.len();
    let by_round: Vec<[f64; 2]> = (0..rounds)
        .map(|round| {
            let [peer, ours] = sums(&|seconds: &[f64]| seconds[round]);
            [peer.compress / ours.compress, peer.restore / ours.restore]
        })
        .collect();
    println!(
        "o/p: speed of ours over the peer's, more is better; total by round: compress {}, restore {}",
        spread(by_round.iter().map(|r| r[0])),
        spread(by_round.iter().map(|r| r[1]))
    );
}

fn total_alone(rows: &[Row], codec: Codec) -> Option<Sum> {
    let mut sum = Sum::default();
    for row in rows {
        if let Ok(outcome) = &row.outcomes[codec as usize] {
            sum.add(Sum::of(row, outcome, median));
        }
    }
    (sum.jpeg_bytes > 0).then_some(sum)
}

fn spread(ratios: impl Iterator<Item = f64> + Clone) -> String {
    let least = ratios.clone().fold(f64::INFINITY, f64::min);
    let most = ratios.fold(0.0, f64::max);
    format!("{least:.2} to {most:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
    }

    #[test]
    fn savings() {
        assert_eq!(saving(200, 150), 25.0);
        assert_eq!(saving(100, 110).round(), -10.0);
    }
}
