//! Borrowed planes and pictures, without borders: whole macroblocks, whatever size is shown.

/// A plane to read from: `height` lines of `width` pixels, `stride` bytes apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plane<'a> {
    /// From the first pixel on; the last line may end with its last pixel.
    pub data: &'a [u8],
    /// Bytes from a line to the next.
    pub stride: usize,
    /// Pixels of a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// A plane to write to, laid out as [`Plane`].
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PlaneMut<'a> {
    /// From the first pixel on.
    pub data: &'a mut [u8],
    /// Bytes from a line to the next.
    pub stride: usize,
    /// Pixels of a line.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// Bytes that a plane needs.
const fn plane_len(stride: usize, width: usize, height: usize) -> usize {
    match height {
        0 => 0,
        _ => stride.saturating_mul(height - 1).saturating_add(width),
    }
}

impl Plane<'_> {
    fn fits(&self, width: usize, height: usize) -> bool {
        self.width == width
            && self.height == height
            && self.stride >= width
            && self.data.len() >= plane_len(self.stride, width, height)
    }
}

impl Plane<'_> {
    /// Whether all pixels are the same, wherever they lie.
    fn shows_the_same(&self, other: &Plane<'_>) -> bool {
        let size = |plane: &Plane<'_>| (plane.width, plane.height);
        if size(self) != size(other) {
            return false;
        }
        if core::ptr::eq(self.data, other.data) && self.stride == other.stride {
            return true;
        }
        (0..self.height).all(|y| self.line(y) == other.line(y))
    }

    fn line(&self, y: usize) -> Option<&[u8]> {
        self.data.get(y * self.stride..)?.get(..self.width)
    }
}

impl PlaneMut<'_> {
    /// The plane, to read from.
    pub fn as_plane(&self) -> Plane<'_> {
        Plane {
            data: self.data,
            stride: self.stride,
            width: self.width,
            height: self.height,
        }
    }
}

/// A picture to read from. Its luma plane has whole macroblocks, its chroma planes half of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Picture<'a> {
    /// Luma.
    pub y: Plane<'a>,
    /// Chroma, blue difference.
    pub u: Plane<'a>,
    /// Chroma, red difference.
    pub v: Plane<'a>,
}

/// A picture to write to, laid out as [`Picture`].
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PictureMut<'a> {
    /// Luma.
    pub y: PlaneMut<'a>,
    /// Chroma, blue difference.
    pub u: PlaneMut<'a>,
    /// Chroma, red difference.
    pub v: PlaneMut<'a>,
}

impl<'a> Picture<'a> {
    /// Whether the picture has `columns` by `rows` macroblocks and its slices hold them.
    pub fn fits(&self, columns: usize, rows: usize) -> bool {
        self.y.fits(columns * 16, rows * 16)
            && self.u.fits(columns * 8, rows * 8)
            && self.v.fits(columns * 8, rows * 8)
            && self.u.stride == self.v.stride
    }

    /// Whether all pixels are the same, wherever they lie.
    pub(super) fn shows_the_same(&self, other: &Picture<'_>) -> bool {
        let planes = [
            (&self.y, &other.y),
            (&self.u, &other.u),
            (&self.v, &other.v),
        ];
        planes.iter().all(|(a, b)| a.shows_the_same(b))
    }

    /// Bytes of a picture whose planes follow each other without gaps.
    pub const fn len(columns: usize, rows: usize) -> usize {
        columns * rows * 384
    }

    /// A picture whose planes follow each other without gaps in the slice.
    pub fn of_slice(data: &'a [u8], columns: usize, rows: usize) -> Option<Self> {
        let (y, rest) = data.split_at_checked(columns * rows * 256)?;
        let (u, v) = rest.split_at_checked(columns * rows * 64)?;
        let plane = |data, size: usize| Plane {
            data,
            stride: columns * size,
            width: columns * size,
            height: rows * size,
        };
        let picture = Picture {
            y: plane(y, 16),
            u: plane(u, 8),
            v: plane(v, 8),
        };
        picture.fits(columns, rows).then_some(picture)
    }
}

impl<'a> PictureMut<'a> {
    /// The picture, to read from.
    pub fn as_picture(&self) -> Picture<'_> {
        Picture {
            y: self.y.as_plane(),
            u: self.u.as_plane(),
            v: self.v.as_plane(),
        }
    }

    /// A picture whose planes follow each other without gaps in the slice.
    pub fn of_slice(data: &'a mut [u8], columns: usize, rows: usize) -> Option<Self> {
        let (y, rest) = data.split_at_mut_checked(columns * rows * 256)?;
        let (u, v) = rest.split_at_mut_checked(columns * rows * 64)?;
        let plane = |data, size: usize| PlaneMut {
            data,
            stride: columns * size,
            width: columns * size,
            height: rows * size,
        };
        let picture = PictureMut {
            y: plane(y, 16),
            u: plane(u, 8),
            v: plane(v, 8),
        };
        picture.as_picture().fits(columns, rows).then_some(picture)
    }

    /// The strip of a row of macroblocks, and the one above it.
    pub fn strips(&mut self, row: usize) -> (Option<Strip<'_>>, Strip<'_>) {
        let strides = (self.y.stride, self.u.stride);
        let (y_above, y) = split(&mut self.y, row, 16);
        let (u_above, u) = split(&mut self.u, row, 8);
        let (v_above, v) = split(&mut self.v, row, 8);
        let strip = |y, u, v| Strip {
            luma: LumaStrip {
                y,
                stride: strides.0,
            },
            chroma: ChromaStrip {
                u,
                v,
                stride: strides.1,
            },
        };
        let above = (row > 0).then_some(strip(y_above, u_above, v_above));
        (above, strip(y, u, v))
    }
}

/// Lines of a row of macroblocks and those of the row above.
fn split<'a>(
    plane: &'a mut PlaneMut<'_>,
    row: usize,
    lines: usize,
) -> (&'a mut [u8], &'a mut [u8]) {
    let bytes = plane.stride.saturating_mul(lines);
    let start = row.saturating_mul(bytes).min(plane.data.len());
    let (above, from) = plane.data.split_at_mut(start);
    let end = bytes.min(from.len());
    let above_start = above.len().saturating_sub(bytes);
    (&mut above[above_start..], &mut from[..end])
}

/// One row of macroblocks. Threads can each have their own, and luma apart from chroma.
#[derive(Debug)]
pub struct Strip<'a> {
    /// Luma.
    pub luma: LumaStrip<'a>,
    /// Chroma.
    pub chroma: ChromaStrip<'a>,
}

/// 16 lines of luma.
#[derive(Debug)]
pub struct LumaStrip<'a> {
    /// The pixels.
    pub y: &'a mut [u8],
    /// Bytes from a line to the next.
    pub stride: usize,
}

/// 8 lines of both chroma planes.
#[derive(Debug)]
pub struct ChromaStrip<'a> {
    /// Blue difference.
    pub u: &'a mut [u8],
    /// Red difference.
    pub v: &'a mut [u8],
    /// Bytes from a line to the next, in both planes.
    pub stride: usize,
}

impl Strip<'_> {
    /// Whether the slices hold so many macroblocks.
    pub fn fits(&self, columns: usize) -> bool {
        self.luma.fits(columns) && self.chroma.fits(columns)
    }
}

impl LumaStrip<'_> {
    /// Whether the slice holds so many macroblocks.
    pub fn fits(&self, columns: usize) -> bool {
        let width = columns * 16;
        self.stride >= width && self.y.len() >= plane_len(self.stride, width, 16)
    }
}

impl ChromaStrip<'_> {
    /// Whether the slices hold so many macroblocks.
    pub fn fits(&self, columns: usize) -> bool {
        let width = columns * 8;
        let len = plane_len(self.stride, width, 8);
        self.stride >= width && self.u.len() >= len && self.v.len() >= len
    }
}

/// The three pictures that inter frames predict from. A key frame needs none: the default will do.
#[derive(Clone, Copy, Debug, Default)]
pub struct References<'a> {
    /// The last frame.
    pub last: Picture<'a>,
    /// The golden frame.
    pub golden: Picture<'a>,
    /// The alternate reference frame.
    pub altref: Picture<'a>,
}
