//! The reference of the loop filters (RFC 6386, section 15).
//!
//! A filter looks at eight pixels across an edge, four on each side. Here these are eight arrays with a place for each
//! line or column along the edge, so that compilers make vector code of the arithmetic.

use super::kernels::Dst;

/// When pixels along an edge are filtered (section 15.2 to 15.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeLimits {
    /// Of the difference across the edge.
    pub edge: u8,
    /// Of differences beside it.
    pub interior: u8,
    /// A difference above it is high edge variance.
    pub variance: u8,
}

/// Pixels across an edge at 16 places, of luma or of both chroma planes: 0 to 3 before it, and 4 to 7 after it.
type Across = [[u8; 16]; 8];

/// A filter of the pixels across an edge.
trait Filter {
    fn apply(&self, across: &mut Across);
}

/// Pixels as signed numbers, and back.
#[inline(always)]
fn signed(x: u8) -> i8 {
    (x ^ 0x80) as i8
}

#[inline(always)]
fn pixel(x: i8) -> u8 {
    x as u8 ^ 0x80
}

/// All ones where a condition holds: without branches there is one instruction for many pixels.
#[inline(always)]
fn mask(condition: bool) -> i8 {
    if condition { -1 } else { 0 }
}

/// Whether the difference across the edge is within its limit (section 15.2). Limits are below 255, so that
/// a sum that is cut off there is above them.
#[inline(always)]
fn within_edge(p1: u8, p0: u8, q0: u8, q1: u8, limit: u8) -> bool {
    let (near, far) = (p0.abs_diff(q0), p1.abs_diff(q1));
    near.saturating_add(near).saturating_add(far >> 1) <= limit
}

/// How far to go towards each other (section 15.2): outer taps and three times the difference, each sum cut off;
/// as they all go the same way it does not matter where.
#[inline(always)]
fn common(outer: i8, p0: i8, q0: i8) -> i8 {
    let difference = q0.saturating_sub(p0);
    let twice = outer.saturating_add(difference).saturating_add(difference);
    twice.saturating_add(difference)
}

/// How much is taken from the pixel after the edge, and how much is added to that before it.
#[inline(always)]
fn rounded(filter: i8) -> (i8, i8) {
    (filter.saturating_add(4) >> 3, filter.saturating_add(3) >> 3)
}

/// Whether pixels at `i` are filtered at all, and whether they have high variance.
#[inline(always)]
fn masks(a: &Across, i: usize, limits: &EdgeLimits) -> (i8, i8) {
    let (p1, p0, q0, q1) = (a[2][i], a[3][i], a[4][i], a[5][i]);
    let inner = p1.abs_diff(p0).max(q1.abs_diff(q0));
    let before = a[0][i].abs_diff(a[1][i]).max(a[1][i].abs_diff(p1));
    let after = a[7][i].abs_diff(a[6][i]).max(a[6][i].abs_diff(q1));
    let largest = before.max(after).max(inner);
    let within = mask(within_edge(p1, p0, q0, q1, limits.edge));
    (
        within & mask(largest <= limits.interior),
        mask(inner > limits.variance),
    )
}

/// The normal filter at edges of macroblocks (section 15.3).
struct Outer<'a>(&'a EdgeLimits);

impl Filter for Outer<'_> {
    #[inline(always)]
    fn apply(&self, a: &mut Across) {
        for i in 0..16 {
            let (within, high) = masks(a, i, self.0);
            let (p2, p1, p0) = (signed(a[1][i]), signed(a[2][i]), signed(a[3][i]));
            let (q0, q1, q2) = (signed(a[4][i]), signed(a[5][i]), signed(a[6][i]));
            let filter = common(p1.saturating_sub(q1), p0, q0) & within;
            let (take, give) = rounded(filter & high);
            let (p0, q0) = (p0.saturating_add(give), q0.saturating_sub(take));
            let wide = i16::from(filter & !high);
            let part = |weight: i16| ((63 + wide * weight) >> 7) as i8;
            let (far, mid, near) = (part(9), part(18), part(27));
            a[1][i] = pixel(p2.saturating_add(far));
            a[2][i] = pixel(p1.saturating_add(mid));
            a[3][i] = pixel(p0.saturating_add(near));
            a[4][i] = pixel(q0.saturating_sub(near));
            a[5][i] = pixel(q1.saturating_sub(mid));
            a[6][i] = pixel(q2.saturating_sub(far));
        }
    }
}

/// The normal filter at edges of subblocks (section 15.3).
struct Inner<'a>(&'a EdgeLimits);

impl Filter for Inner<'_> {
    #[inline(always)]
    fn apply(&self, a: &mut Across) {
        for i in 0..16 {
            let (within, high) = masks(a, i, self.0);
            let (p1, p0) = (signed(a[2][i]), signed(a[3][i]));
            let (q0, q1) = (signed(a[4][i]), signed(a[5][i]));
            let outer = p1.saturating_sub(q1) & high;
            let (take, give) = rounded(common(outer, p0, q0) & within);
            let rest = ((take + 1) >> 1) & !high;
            a[2][i] = pixel(p1.saturating_add(rest));
            a[3][i] = pixel(p0.saturating_add(give));
            a[4][i] = pixel(q0.saturating_sub(take));
            a[5][i] = pixel(q1.saturating_sub(rest));
        }
    }
}

/// The simple filter, of two pixels (section 15.2).
struct Simple(u8);

impl Filter for Simple {
    #[inline(always)]
    fn apply(&self, a: &mut Across) {
        let [_, _, p1, p0, q0, q1, ..] = a;
        for ((&mut p1, p0), (q0, &mut q1)) in p1.iter_mut().zip(p0).zip(q0.iter_mut().zip(q1)) {
            let within = mask(within_edge(p1, *p0, *q0, q1, self.0));
            let outer = signed(p1).saturating_sub(signed(q1));
            let (before, after) = (signed(*p0), signed(*q0));
            let (take, give) = rounded(common(outer, before, after) & within);
            *p0 = pixel(before.saturating_add(give));
            *q0 = pixel(after.saturating_sub(take));
        }
    }
}

/// Eight lines of eight pixels to eight columns of them, and back: quarters change places, then quarters of these.
#[inline(always)]
fn transposed(mut lines: [u64; 8]) -> [u64; 8] {
    let steps = [
        (4, 0x0000_0000_ffff_ffff_u64),
        (2, 0x0000_ffff_0000_ffff),
        (1, 0x00ff_00ff_00ff_00ff),
    ];
    for (distance, mask) in steps {
        for i in (0..8).filter(|i| i & distance == 0) {
            let (a, b) = (lines[i], lines[i + distance]);
            let moved = ((a >> (8 * distance)) ^ b) & mask;
            lines[i] = a ^ (moved << (8 * distance));
            lines[i + distance] = b ^ moved;
        }
    }
    lines
}

/// Eight lines of eight pixels, as eight places from `first` on.
#[inline(always)]
fn read_columns(src: &[u8], stride: usize, first: usize, across: &mut Across) {
    let lines = core::array::from_fn(|i| u64::from_le_bytes(line(src, i * stride)));
    for (to, column) in across.iter_mut().zip(transposed(lines)) {
        to[first..first + 8].copy_from_slice(&column.to_le_bytes());
    }
}

#[inline(always)]
fn write_columns(dst: &mut [u8], stride: usize, first: usize, across: &Across) {
    let columns = across.map(|pixels| u64::from_le_bytes(line(&pixels, first)));
    for (i, pixels) in transposed(columns).into_iter().enumerate() {
        dst[i * stride..][..8].copy_from_slice(&pixels.to_le_bytes());
    }
}

/// Filters an edge that runs down two blocks of eight lines of eight pixels.
#[inline(always)]
fn along_columns(blocks: [(&mut [u8], usize); 2], filter: impl Filter) {
    let mut across = [[0; 16]; 8];
    let [(one, stride), (other, other_stride)] = blocks;
    read_columns(one, stride, 0, &mut across);
    read_columns(other, other_stride, 8, &mut across);
    filter.apply(&mut across);
    write_columns(one, stride, 0, &across);
    write_columns(other, other_stride, 8, &across);
}

/// Filters an edge that runs down 16 lines.
#[inline(always)]
fn along_column(dst: Dst<'_>, filter: impl Filter) {
    let stride = dst.stride;
    let halves = dst
        .exactly(8, 16)
        .and_then(|dst| dst.split_at_mut_checked(8 * stride));
    if let Some((upper, lower)) = halves {
        along_columns([(upper, stride), (lower, stride)], filter);
    }
}

/// Filters edges that run down 8 lines in both chroma planes.
#[inline(always)]
fn along_column_chroma(u: Dst<'_>, v: Dst<'_>, filter: impl Filter) {
    let strides = (u.stride, v.stride);
    if let (Some(u), Some(v)) = (u.exactly(8, 8), v.exactly(8, 8)) {
        along_columns([(u, strides.0), (v, strides.1)], filter);
    }
}

/// `N` pixels of a line.
#[inline(always)]
fn line<const N: usize>(data: &[u8], at: usize) -> [u8; N] {
    let part = data.get(at..).and_then(<[u8]>::first_chunk);
    part.copied().unwrap_or([0; N])
}

/// Four lines of `N` pixels, at places from `first` on; `side` is 0 before the edge, and 4 after it.
#[inline(always)]
fn read_lines<const N: usize>(src: &[u8], stride: usize, to: (usize, usize), across: &mut Across) {
    let (side, first) = to;
    for (i, pixels) in across[side..side + 4].iter_mut().enumerate() {
        pixels[first..first + N].copy_from_slice(&line::<N>(src, i * stride));
    }
}

#[inline(always)]
fn write_lines<const N: usize>(dst: &mut [u8], stride: usize, to: (usize, usize), across: &Across) {
    let (side, first) = to;
    for (i, pixels) in across[side..side + 4].iter().enumerate() {
        dst[i * stride..][..N].copy_from_slice(&pixels[first..first + N]);
    }
}

/// Filters an edge that runs across 16 columns, between four lines above and four below.
#[inline(always)]
fn along_row(above: Dst<'_>, below: Dst<'_>, filter: impl Filter) {
    let (up, down) = (above.stride, below.stride);
    let (Some(above), Some(below)) = (above.exactly(16, 4), below.exactly(16, 4)) else {
        return;
    };
    let mut across = [[0; 16]; 8];
    read_lines::<16>(above, up, (0, 0), &mut across);
    read_lines::<16>(below, down, (4, 0), &mut across);
    filter.apply(&mut across);
    write_lines::<16>(above, up, (0, 0), &across);
    write_lines::<16>(below, down, (4, 0), &across);
}

/// Filters edges that run across 8 columns in both chroma planes.
#[inline(always)]
fn along_row_chroma(u: [Dst<'_>; 2], v: [Dst<'_>; 2], filter: impl Filter) {
    let mut across = [[0; 16]; 8];
    let places = [(0, 0), (4, 0), (0, 8), (4, 8)];
    let strides = [u[0].stride, u[1].stride, v[0].stride, v[1].stride];
    let [[a, b], [c, d]] = [u, v];
    let [Some(a), Some(b), Some(c), Some(d)] = [a, b, c, d].map(|part| part.exactly(8, 4)) else {
        return;
    };
    let mut parts = [a, b, c, d];
    for (i, part) in parts.iter().enumerate() {
        read_lines::<8>(part, strides[i], places[i], &mut across);
    }
    filter.apply(&mut across);
    for (i, part) in parts.iter_mut().enumerate() {
        write_lines::<8>(part, strides[i], places[i], &across);
    }
}

/// Four lines and what follows them.
#[inline(always)]
fn halves(dst: Dst<'_>) -> [Dst<'_>; 2] {
    let stride = dst.stride;
    let at = (4 * stride).min(dst.data.len());
    let (above, below) = dst.data.split_at_mut(at);
    [above, below].map(|data| Dst { data, stride })
}

#[inline(always)]
pub(super) fn left(y: Dst<'_>, limits: &EdgeLimits) {
    along_column(y, Outer(limits));
}

#[inline(always)]
pub(super) fn left_chroma(u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
    along_column_chroma(u, v, Outer(limits));
}

#[inline(always)]
pub(super) fn top(above: Dst<'_>, below: Dst<'_>, limits: &EdgeLimits) {
    along_row(above, below, Outer(limits));
}

#[inline(always)]
pub(super) fn top_chroma(u: [Dst<'_>; 2], v: [Dst<'_>; 2], limits: &EdgeLimits) {
    along_row_chroma(u, v, Outer(limits));
}

/// Column 4.
#[inline(always)]
pub(super) fn inner_column(y: Dst<'_>, limits: &EdgeLimits) {
    along_column(y, Inner(limits));
}

#[inline(always)]
pub(super) fn columns(mut y: Dst<'_>, limits: &EdgeLimits) {
    for x in [0, 4, 8] {
        inner_column(y.at(x), limits);
    }
}

#[inline(always)]
pub(super) fn columns_chroma(u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
    along_column_chroma(u, v, Inner(limits));
}

/// Line 4.
#[inline(always)]
pub(super) fn inner_row(y: Dst<'_>, limits: &EdgeLimits) {
    let [above, below] = halves(y);
    along_row(above, below, Inner(limits));
}

#[inline(always)]
pub(super) fn rows(mut y: Dst<'_>, limits: &EdgeLimits) {
    for line in [0, 4, 8] {
        let at = line * y.stride;
        inner_row(y.at(at), limits);
    }
}

#[inline(always)]
pub(super) fn rows_chroma(u: Dst<'_>, v: Dst<'_>, limits: &EdgeLimits) {
    along_row_chroma(halves(u), halves(v), Inner(limits));
}

#[inline(always)]
pub(super) fn simple_left(dst: Dst<'_>, edge: u8) {
    along_column(dst, Simple(edge));
}

#[inline(always)]
pub(super) fn simple_top(above: Dst<'_>, below: Dst<'_>, edge: u8) {
    along_row(above, below, Simple(edge));
}

#[inline(always)]
pub(super) fn simple_columns(mut dst: Dst<'_>, edge: u8) {
    for x in [0, 4, 8] {
        simple_left(dst.at(x), edge);
    }
}

#[inline(always)]
pub(super) fn simple_rows(mut dst: Dst<'_>, edge: u8) {
    for y in [0, 4, 8] {
        let at = y * dst.stride;
        let [above, below] = halves(dst.at(at));
        along_row(above, below, Simple(edge));
    }
}
