//! The rows of a picture that is being made, for threads that each have their own.

use lentil_core::vp8::{ChromaStrip, LumaStrip, PictureMut, Strip};

/// The strips of a picture, from the first row down.
pub(super) struct Strips<'a> {
    y: std::slice::ChunksMut<'a, u8>,
    u: std::slice::ChunksMut<'a, u8>,
    v: std::slice::ChunksMut<'a, u8>,
    y_stride: usize,
    uv_stride: usize,
}

impl<'a> Strips<'a> {
    pub fn new(picture: &'a mut PictureMut<'_>) -> Self {
        let (y_stride, uv_stride) = (picture.y.stride, picture.u.stride);
        Strips {
            y: picture.y.data.chunks_mut((16 * y_stride).max(1)),
            u: picture.u.data.chunks_mut((8 * uv_stride).max(1)),
            v: picture.v.data.chunks_mut((8 * uv_stride).max(1)),
            y_stride,
            uv_stride,
        }
    }
}

impl<'a> Iterator for Strips<'a> {
    type Item = Strip<'a>;

    fn next(&mut self) -> Option<Strip<'a>> {
        Some(Strip {
            luma: LumaStrip {
                y: self.y.next()?,
                stride: self.y_stride,
            },
            chroma: ChromaStrip {
                u: self.u.next()?,
                v: self.v.next()?,
                stride: self.uv_stride,
            },
        })
    }
}
