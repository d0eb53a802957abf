//! Pictures that are shared.

use std::io::{self, Write};
use std::sync::Arc;

use lentil_core::vp8;
use sha2::{Digest, Sha256};

use super::Error;

/// Bytes of a macroblock's pixels.
pub const MACROBLOCK_BYTES: u64 = vp8::Picture::len(1, 1) as u64;

/// A decoded picture: 4:2:0, eight bits. Cheap to clone; it never changes.
#[derive(Clone, Debug, Default)]
pub struct Picture(pub(super) Arc<Pixels>);

/// The pixels of a picture: three planes of whole macroblocks.
#[derive(Debug, Default)]
pub(super) struct Pixels {
    pub data: Vec<u8>,
    pub width: u16,
    pub height: u16,
}

impl Pixels {
    pub fn columns(&self) -> usize {
        usize::from(self.width).div_ceil(16)
    }

    pub fn rows(&self) -> usize {
        usize::from(self.height).div_ceil(16)
    }

    /// Bytes of what is shown.
    pub fn i420_len(&self) -> usize {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        width * height + 2 * width.div_ceil(2) * height.div_ceil(2)
    }

    /// Makes room for a picture of this size, of any content.
    pub fn resize(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, height);
        self.data
            .resize(vp8::Picture::len(self.columns(), self.rows()), 0);
    }

    /// Asks `fill` for the lines that are shown, Y, then U, then V, and repeats the outermost pixels as far as whole
    /// macroblocks go.
    pub fn fill<E>(&mut self, mut fill: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<(), E> {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let Some(picture) = self.planes_mut() else {
            return Ok(());
        };
        let half = (width.div_ceil(2), height.div_ceil(2));
        let planes = [
            (picture.y, (width, height)),
            (picture.u, half),
            (picture.v, half),
        ];
        for (plane, (width, height)) in planes {
            for line in plane.data.chunks_mut(plane.stride.max(1)).take(height) {
                let (shown, beyond) = line.split_at_mut(width);
                fill(shown)?;
                beyond.fill(shown.last().copied().unwrap_or(0));
            }
            let (shown, beyond) = plane.data.split_at_mut(plane.stride * height);
            let last = &shown[shown.len().saturating_sub(plane.stride)..];
            for line in beyond.chunks_mut(plane.stride.max(1)) {
                line.copy_from_slice(last);
            }
        }
        Ok(())
    }

    pub fn planes_mut(&mut self) -> Option<vp8::PictureMut<'_>> {
        let (columns, rows) = (self.columns(), self.rows());
        vp8::PictureMut::of_slice(&mut self.data, columns, rows)
    }
}

/// The largest width and height of a picture.
const LONGEST: u16 = 16383;

/// Whether VP8 has pictures of this size.
pub(super) fn check_size(width: u64, height: u64) -> Result<[u16; 2], Error> {
    let side = |side: u64| {
        u16::try_from(side)
            .ok()
            .filter(|n| (1..=LONGEST).contains(n))
    };
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok([width, height]),
        _ => Err(Error::PictureSize { width, height }),
    }
}

impl Picture {
    /// A picture of I420 bytes: Y, then U and V of half the size, rounded up, without gaps. Beyond its edges it goes on with
    /// its outermost pixels.
    ///
    /// # Errors
    ///
    /// [`Error::PictureSize`] if VP8 has no such size, [`Error::PictureLength`] if there are fewer or more bytes.
    pub fn from_i420(width: u16, height: u16, bytes: &[u8]) -> Result<Self, Error> {
        check_size(width.into(), height.into())?;
        let mut pixels = Pixels {
            width,
            height,
            data: Vec::new(),
        };
        let needed = pixels.i420_len();
        if bytes.len() != needed {
            return Err(Error::PictureLength {
                width,
                height,
                needed,
                got: bytes.len(),
            });
        }
        pixels.resize(width, height);
        let mut rest = bytes;
        pixels.fill(|line| {
            let (bytes, after) = rest.split_at(line.len());
            line.copy_from_slice(bytes);
            rest = after;
            Ok::<_, Error>(())
        })?;
        Ok(Picture(Arc::new(pixels)))
    }

    /// A picture of its lines, as [`lines`](Self::lines) gives them: those of Y, then of U, then of V, of half the size, rounded
    /// up. Lines beyond the last are left.
    ///
    /// # Errors
    ///
    /// [`Error::PictureSize`] if VP8 has no such size, [`Error::PictureLength`] if a line is missing, or has another length.
    pub fn from_lines<'a>(
        width: u16,
        height: u16,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Error> {
        check_size(width.into(), height.into())?;
        let mut pixels = Pixels::default();
        pixels.resize(width, height);
        let (needed, mut got) = (pixels.i420_len(), 0);
        let mut lines = lines.into_iter();
        pixels.fill(|line| {
            let given = lines.next().unwrap_or_default();
            got += given.len();
            if given.len() != line.len() {
                return Err(Error::PictureLength {
                    width,
                    height,
                    needed,
                    got,
                });
            }
            line.copy_from_slice(given);
            Ok(())
        })?;
        Ok(Picture(Arc::new(pixels)))
    }

    /// Width in pixels, as shown.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.0.width
    }

    /// Height in pixels, as shown.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.0.height
    }

    /// The planes as they are predicted from: whole macroblocks.
    #[must_use]
    pub fn planes(&self) -> vp8::Picture<'_> {
        vp8::Picture::of_slice(&self.0.data, self.0.columns(), self.0.rows()).unwrap_or_default()
    }

    /// The lines of Y, then of U, then of V, as far as they are shown. Chroma has half the size, rounded up.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let vp8::Picture { y, u, v } = self.planes();
        let (width, height) = (usize::from(self.0.width), usize::from(self.0.height));
        let half = (width.div_ceil(2), height.div_ceil(2));
        [(y, (width, height)), (u, half), (v, half)]
            .into_iter()
            .flat_map(|(plane, (width, height))| {
                let lines = plane.data.chunks(plane.stride.max(1)).take(height);
                lines.map(move |line| &line[..width])
            })
    }

    /// Bytes of the picture as I420.
    #[must_use]
    pub fn i420_len(&self) -> usize {
        self.0.i420_len()
    }

    /// Writes the picture as I420: what is shown of Y, U and V, without gaps.
    ///
    /// # Errors
    ///
    /// What `output` says.
    pub fn write_i420(&self, output: &mut impl Write) -> io::Result<()> {
        self.lines().try_for_each(|line| output.write_all(line))
    }

    /// The SHA-256 of all pixels that can be predicted from, a name for the picture by its content.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0.data).into()
    }

    /// Whether both are one and the same picture in memory.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_its_lines_is_the_same() {
        let bytes: Vec<u8> = (0..5 * 3 + 2 * 3 * 2).collect();
        let picture = Picture::from_i420(5, 3, &bytes).unwrap();
        let same = Picture::from_lines(5, 3, picture.lines()).unwrap();
        assert_eq!(picture.digest(), same.digest());
        let wrong = |width, lines: &[&[u8]]| Picture::from_lines(width, 1, lines.iter().copied());
        let got = |lines| match wrong(2, lines) {
            Err(Error::PictureLength { needed: 4, got, .. }) => got,
            other => panic!("{other:?}"),
        };
        assert_eq!(got(&[&[1, 2], &[3]]), 3);
        assert_eq!(got(&[&[1], &[3], &[4]]), 1);
        assert_eq!(got(&[&[1, 2], &[3], &[4, 5]]), 5);
        assert!(wrong(2, &[&[1, 2], &[3], &[4], &[5]]).is_ok());
        assert!(matches!(wrong(0, &[]), Err(Error::PictureSize { .. })));
    }
}
