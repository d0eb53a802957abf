//! What C is told of a frame.

use std::mem;

use lentil::core::vp8::State;
use lentil::video::{Decoded, Encoded, FrameHeader, Picture, Source};

use crate::status::Failure;
use crate::versioned::{self, Versioned};

/// Where a reference comes from. References are those before the frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum lentil_source {
    /// The frame itself.
    LENTIL_FRAME = 0,
    /// The last frame.
    LENTIL_LAST = 1,
    /// The golden frame.
    LENTIL_GOLDEN = 2,
    /// The alternate reference frame.
    LENTIL_ALTREF = 3,
}

impl From<Source> for lentil_source {
    fn from(source: Source) -> Self {
        match source {
            Source::Frame => lentil_source::LENTIL_FRAME,
            Source::Last => lentil_source::LENTIL_LAST,
            Source::Golden => lentil_source::LENTIL_GOLDEN,
            Source::Altref => lentil_source::LENTIL_ALTREF,
        }
    }
}

/// What C means by a number, which may be any; `what` says that it is none of these.
pub(crate) fn source(number: u32, what: &'static str) -> Result<Source, Failure> {
    match number {
        0 => Ok(Source::Frame),
        1 => Ok(Source::Last),
        2 => Ok(Source::Golden),
        3 => Ok(Source::Altref),
        _ => Err(Failure::Argument(what)),
    }
}

/// What a frame is. `lentil_frame_info_init` makes it ready for `lentil_codec_decode`,
/// `lentil_encoded_info` and `lentil_past_after`.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_frame_info {
    /// Bytes of this struct; `lentil_frame_info_init` sets it.
    pub size: usize,
    /// Not zero: there is a picture, and it is to be shown, not only referred to.
    pub shown: u32,
    /// Not zero: the frame has no bytes. The last picture stays; nothing below but the size is known.
    pub empty: u32,
    /// Not zero: data are missing, and were taken to be zeros.
    pub lacks_data: u32,
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
    /// How much wider to show the picture: 0 to 3 for 1, 5/4, 5/3, 2. It is not done.
    pub horizontal_scale: u32,
    /// How much higher, likewise.
    pub vertical_scale: u32,
    /// Not zero: it depends on no frame before it.
    pub key_frame: u32,
    /// Which filters predict, 0 to 3.
    pub profile: u32,
    /// The quantizer's index, 0 to 127.
    pub quantizer: u32,
    /// Token partitions: 1, 2, 4 or 8.
    pub partitions: u32,
    /// What the last frame will be.
    pub last: lentil_source,
    /// What the golden frame will be.
    pub golden: lentil_source,
    /// What the alternate reference frame will be.
    pub altref: lentil_source,
}

// SAFETY: `repr(C)`, the size is first, and nothing but the size is read.
unsafe impl Versioned for lentil_frame_info {
    const FIRST_SIZE: usize = mem::offset_of!(Self, altref) + size_of::<lentil_source>();
    const WRONG_SIZE: &'static str = "info: call lentil_frame_info_init first";

    fn defaults() -> Self {
        lentil_frame_info {
            size: size_of::<Self>(),
            shown: 0,
            empty: 0,
            lacks_data: 0,
            width: 0,
            height: 0,
            horizontal_scale: 0,
            vertical_scale: 0,
            key_frame: 0,
            profile: 0,
            quantizer: 0,
            partitions: 0,
            last: lentil_source::LENTIL_LAST,
            golden: lentil_source::LENTIL_GOLDEN,
            altref: lentil_source::LENTIL_ALTREF,
        }
    }
}

impl lentil_frame_info {
    /// Of a frame that was decoded.
    pub(crate) fn of(decoded: &Decoded) -> Self {
        let picture = &decoded.picture;
        lentil_frame_info {
            shown: (decoded.shown && has_pixels(picture)).into(),
            lacks_data: decoded.report.lacks_data.into(),
            ..Self::of_header(decoded.codec.state(), decoded.header.as_ref())
        }
    }

    /// Of a frame that was encoded.
    pub(crate) fn of_encoded(encoded: &Encoded) -> Self {
        Self::of_header(encoded.codec.state(), Some(&encoded.header))
    }

    /// Of a frame of which no more is known than its header, with the state after it.
    pub(crate) fn of_header(state: &State, header: Option<&FrameHeader>) -> Self {
        let mut info = lentil_frame_info {
            empty: header.is_none().into(),
            width: state.width.into(),
            height: state.height.into(),
            horizontal_scale: state.horizontal_scale.into(),
            vertical_scale: state.vertical_scale.into(),
            ..Self::defaults()
        };
        if let Some(header) = header {
            info.shown = header.shown.into();
            info.key_frame = header.key_frame.into();
            info.profile = header.version.into();
            info.quantizer = header.quantizers.base.into();
            info.partitions = header.partitions as u32;
            info.last = header.references.last.into();
            info.golden = header.references.golden.into();
            info.altref = header.references.altref.into();
        }
        info
    }
}

/// Before the first key frame there are none.
pub(crate) fn has_pixels(picture: &Picture) -> bool {
    picture.width() > 0
}

/// Sets all fields to what an empty frame has, and the size, which is `sizeof(lentil_frame_info)`.
///
/// # Safety
/// `info` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_frame_info_init(info: *mut lentil_frame_info, size: usize) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(info, size) };
}
