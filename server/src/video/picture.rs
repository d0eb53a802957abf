//! Pictures that are shared.

use std::io::{self, Write};
use std::sync::Arc;

use lentil_core::vp8;
use sha2::{Digest, Sha256};

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

    /// Makes room for a picture of this size, of any content.
    pub fn resize(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, height);
        self.data
            .resize(vp8::Picture::len(self.columns(), self.rows()), 0);
    }

    pub fn planes_mut(&mut self) -> Option<vp8::PictureMut<'_>> {
        let (columns, rows) = (self.columns(), self.rows());
        vp8::PictureMut::of_slice(&mut self.data, columns, rows)
    }
}

impl Picture {
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
        let (width, height) = (usize::from(self.0.width), usize::from(self.0.height));
        width * height + 2 * width.div_ceil(2) * height.div_ceil(2)
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
