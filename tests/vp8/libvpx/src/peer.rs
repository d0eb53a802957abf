//! libvpx's decoder.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{NonNull, null};

#[repr(C)]
struct Picture {
    planes: [*const u8; 3],
    strides: [c_int; 3],
    width: c_uint,
    height: c_uint,
}

unsafe extern "C" {
    fn peer_new() -> *mut c_void;
    fn peer_free(codec: *mut c_void);
    fn peer_decode(
        codec: *mut c_void,
        data: *const u8,
        len: c_uint,
        detail: *mut *const c_char,
    ) -> c_int;
    fn peer_picture(codec: *mut c_void, picture: *mut Picture) -> c_int;
}

/// A decoder.
pub struct Peer(NonNull<c_void>);

impl Peer {
    /// A decoder before its first frame.
    pub fn new() -> Self {
        // SAFETY: has no conditions.
        Peer(NonNull::new(unsafe { peer_new() }).expect("libvpx starts"))
    }

    /// Decodes a frame of some bytes; gives the picture to be shown, if there is one, as I420.
    pub fn decode(&mut self, frame: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let mut detail = null();
        // SAFETY: the decoder lives, and the slice is as long as said.
        let error = unsafe {
            peer_decode(
                self.0.as_ptr(),
                frame.as_ptr(),
                frame.len() as c_uint,
                &mut detail,
            )
        };
        if error != 0 {
            // SAFETY: libvpx's words end with a zero and last until the next call.
            let words = unsafe { CStr::from_ptr(detail) };
            return Err(format!("{error} {}", words.to_string_lossy()));
        }
        let mut picture = Picture {
            planes: [null(); 3],
            strides: [0; 3],
            width: 0,
            height: 0,
        };
        // SAFETY: the decoder lives.
        if unsafe { peer_picture(self.0.as_ptr(), &mut picture) } == 0 {
            return Ok(None);
        }
        let (width, height) = (picture.width as usize, picture.height as usize);
        let half = (width.div_ceil(2), height.div_ceil(2));
        let mut pixels = Vec::with_capacity(width * height * 3 / 2 + width + height);
        for (plane, (width, height)) in [(width, height), half, half].into_iter().enumerate() {
            for line in 0..height {
                // SAFETY: libvpx's plane has `height` lines of `width` pixels, a stride apart.
                let line = unsafe {
                    let start = picture.planes[plane]
                        .offset(line as isize * picture.strides[plane] as isize);
                    std::slice::from_raw_parts(start, width)
                };
                pixels.extend_from_slice(line);
            }
        }
        Ok(Some(pixels))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SAFETY: the decoder lives, and this is its end.
        unsafe { peer_free(self.0.as_ptr()) }
    }
}
