//! How many partitions an image gets, where they begin, and how they are worked on.

use std::num::NonZeroU8;
use std::ops::Range;

use lentil_core::lepton::container::MAX_PARTITIONS;
use rayon::prelude::*;

use crate::Options;

/// Scan data for which one more partition is worth its while.
const BYTES_PER_PARTITION: u64 = 4 << 20;
/// Most partitions that are chosen without being asked for.
const MOST_BY_SIZE: u64 = 8;

/// How many partitions an image of so many coded rows of MCUs and bytes of scan data gets.
pub(crate) fn count(asked: Option<NonZeroU8>, rows: u32, bytes: u64) -> usize {
    let wanted = match asked {
        Some(n) => usize::from(n.get()).min(MAX_PARTITIONS),
        None => (bytes / BYTES_PER_PARTITION).clamp(1, MOST_BY_SIZE) as usize,
    };
    wanted.min(rows.max(1) as usize)
}

/// Cuts `rows` into `count` parts (at most as many as there are rows) of about the same weight;
/// `weight_before` says how much lies before a row.
pub(crate) fn cut(
    rows: Range<u32>,
    count: usize,
    weight_before: impl Fn(u32) -> u64,
) -> Vec<Range<u32>> {
    let count = (count as u32).clamp(1, (rows.end - rows.start).max(1));
    let (first, last) = (weight_before(rows.start), weight_before(rows.end));
    let mut parts = Vec::new();
    let mut start = rows.start;
    for part in 1..=count {
        let target = first + (last - first) * u64::from(part) / u64::from(count);
        // Each part, and each one still to come, gets a row at least.
        let (least, most) = (start + 1, rows.end - (count - part));
        let mut end = least;
        while end < most && weight_before(end) < target {
            end += 1;
        }
        let end = if part == count { rows.end } else { end };
        parts.push(start..end);
        start = end;
    }
    parts
}

/// Runs `code` on all parts, as many at a time as there may be threads.
pub(crate) fn in_parallel<P: Send, T: Send, E: Send>(
    parts: Vec<P>,
    options: &Options,
    code: impl Fn(P) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let mut all = Vec::new();
    for some in chunks(parts, options.threads.get()) {
        let coded: Result<Vec<T>, E> = match some.len() {
            1 => some.into_iter().map(&code).collect(),
            _ => some.into_par_iter().map(&code).collect(),
        };
        all.extend(coded?);
    }
    Ok(all)
}

fn chunks<T>(items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut chunks: Vec<Vec<T>> = Vec::new();
    for item in items {
        match chunks.last_mut() {
            Some(last) if last.len() < size => last.push(item),
            _ => chunks.push(vec![item]),
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_rows() {
        for rows in 1..40u32 {
            for count in 1..17 {
                for weight in [|row: u32| u64::from(row), |row| u64::from(row * row), |_| 7] {
                    let parts = cut(5..5 + rows, count, weight);
                    assert_eq!(parts.len(), count.min(rows as usize));
                    assert_eq!(parts[0].start, 5);
                    assert_eq!(parts.last().unwrap().end, 5 + rows);
                    assert!(parts.windows(2).all(|p| p[0].end == p[1].start));
                    assert!(parts.iter().all(|p| p.start < p.end));
                }
            }
        }
    }

    #[test]
    fn the_size_decides_unless_asked() {
        assert_eq!(count(None, 100, 100_000), 1);
        assert_eq!(count(None, 100, 1 << 40), 8);
        assert_eq!(count(NonZeroU8::new(5), 100, 0), 5);
        assert_eq!(count(NonZeroU8::new(200), 100, 0), 16);
        assert_eq!(count(NonZeroU8::new(5), 3, 0), 3);
    }
}
