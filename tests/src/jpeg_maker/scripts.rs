//! Scan scripts for frames of `n` components.

use super::spec::Scan;

fn scan(components: &[usize], ss: u8, se: u8, ah: u8, al: u8) -> Scan {
    Scan {
        components: components.to_vec(),
        ss,
        se,
        ah,
        al,
        restart: None,
    }
}

/// Sequential: one scan of all components.
#[must_use]
pub fn interleaved(n: usize) -> Vec<Scan> {
    vec![scan(&all(n), 0, 63, 0, 0)]
}

/// Sequential: a scan for each component.
#[must_use]
pub fn one_each(n: usize) -> Vec<Scan> {
    (0..n).map(|c| scan(&[c], 0, 63, 0, 0)).collect()
}

/// Sequential: the first component alone, then all others interleaved.
#[must_use]
pub fn luma_then_chroma(n: usize) -> Vec<Scan> {
    vec![scan(&[0], 0, 63, 0, 0), scan(&all(n)[1..], 0, 63, 0, 0)]
}

/// Progressive: for three components the ten scans that libjpeg writes by default, else its six-scans-a-component kin.
#[must_use]
pub fn progressive_default(n: usize) -> Vec<Scan> {
    if n == 3 {
        return vec![
            scan(&[0, 1, 2], 0, 0, 0, 1),
            scan(&[0], 1, 5, 0, 2),
            scan(&[2], 1, 63, 0, 1),
            scan(&[1], 1, 63, 0, 1),
            scan(&[0], 6, 63, 0, 2),
            scan(&[0], 1, 63, 2, 1),
            scan(&[0, 1, 2], 0, 0, 1, 0),
            scan(&[2], 1, 63, 1, 0),
            scan(&[1], 1, 63, 1, 0),
            scan(&[0], 1, 63, 1, 0),
        ];
    }
    let mut scans = vec![scan(&all(n), 0, 0, 0, 1)];
    scans.extend((0..n).map(|c| scan(&[c], 1, 5, 0, 2)));
    scans.extend((0..n).map(|c| scan(&[c], 6, 63, 0, 2)));
    scans.extend((0..n).map(|c| scan(&[c], 1, 63, 2, 1)));
    scans.push(scan(&all(n), 0, 0, 1, 0));
    scans.extend((0..n).map(|c| scan(&[c], 1, 63, 1, 0)));
    scans
}

/// Progressive: spectral selection only.
#[must_use]
pub fn progressive_spectral(n: usize) -> Vec<Scan> {
    let mut scans = vec![scan(&all(n), 0, 0, 0, 0)];
    for (ss, se) in [(1, 1), (2, 9), (10, 63)] {
        scans.extend((0..n).map(|c| scan(&[c], ss, se, 0, 0)));
    }
    scans
}

/// Progressive: the full band in bit planes, from bit 3 down to 0.
#[must_use]
pub fn progressive_successive(n: usize) -> Vec<Scan> {
    let mut scans = vec![scan(&all(n), 0, 0, 0, 3)];
    scans.extend((0..n).map(|c| scan(&[c], 1, 63, 0, 3)));
    for al in (0..3).rev() {
        scans.push(scan(&all(n), 0, 0, al + 1, al));
        scans.extend((0..n).map(|c| scan(&[c], 1, 63, al + 1, al)));
    }
    scans
}

/// Progressive: DC scans for each component on its own, before that component's AC scans.
#[must_use]
pub fn progressive_dc_separate(n: usize) -> Vec<Scan> {
    let of_one = |c| {
        [
            scan(&[c], 0, 0, 0, 1),
            scan(&[c], 1, 63, 0, 1),
            scan(&[c], 0, 0, 1, 0),
            scan(&[c], 1, 63, 1, 0),
        ]
    };
    (0..n).flat_map(of_one).collect()
}

fn all(n: usize) -> Vec<usize> {
    (0..n).collect()
}
