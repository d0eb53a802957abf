//! Video files that C reads.

use std::ffi::{c_char, c_void};
use std::io::{self, Read};
use std::{mem, ptr};

use lentil::video::Stream;

use crate::arguments;
use crate::status::{Failure, guarded, lentil_status};
use crate::stream::{self, Input, lentil_read};
use crate::versioned::{self, Versioned};
use crate::video_options::{self, lentil_video_options};

/// An IVF, WebM or Matroska file of VP8 that is read frame by frame, by one call at a time.
pub struct lentil_video {
    stream: Stream<Source>,
    /// The frame that was read last.
    data: Vec<u8>,
}

/// Where the file is.
enum Source {
    Callback(Input),
    Memory(&'static [u8]),
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Callback(input) => input.read(buffer),
            Source::Memory(bytes) => bytes.read(buffer),
        }
    }
}

const NO_VIDEO: &str = "the video is null";

/// What a file says of its stream. `lentil_video_info_init` makes it ready for `lentil_video_get_info`.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_video_info {
    /// Bytes of this struct; `lentil_video_info_init` sets it.
    pub size: usize,
    /// The kind of file, "IVF" or "Matroska", which is WebM, too. It is there as long as the library.
    pub container: *const c_char,
    /// Width that the file claims; frames say what holds.
    pub width: u32,
    /// Height that it claims.
    pub height: u32,
    /// Frames in so many seconds as `rate_seconds` says; 0 if the file does not say.
    pub rate_frames: u32,
    /// The seconds; 0 if the file does not say.
    pub rate_seconds: u32,
}

// SAFETY: `repr(C)`, the size is first, and all fields are integers and a pointer that is not read.
unsafe impl Versioned for lentil_video_info {
    const FIRST_SIZE: usize = mem::offset_of!(Self, rate_seconds) + size_of::<u32>();
    const WRONG_SIZE: &'static str = "info: call lentil_video_info_init first";

    fn defaults() -> Self {
        lentil_video_info {
            size: size_of::<Self>(),
            container: ptr::null(),
            width: 0,
            height: 0,
            rate_frames: 0,
            rate_seconds: 0,
        }
    }
}

/// Sets all fields to 0 but the size, which is `sizeof(lentil_video_info)`.
///
/// # Safety
/// `info` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_info_init(info: *mut lentil_video_info, size: usize) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(info, size) };
}

/// Opens the file that `read` gives: IVF, or WebM and Matroska, whose first VP8 track is taken. `*video` is set to
/// the reader, to be freed with `lentil_video_free`; to null on failure. Null options are the defaults.
///
/// # Safety
/// `options` is null or was initialised by `lentil_video_options_init`, and `video` is null or may be written to.
/// The callback may be called with `user` until the reader is freed; it comes back, and leaves the reader alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_open(
    read: lentil_read,
    user: *mut c_void,
    options: *const lentil_video_options,
    video: *mut *mut lentil_video,
) -> lentil_status {
    // SAFETY: the caller vouches for the callback.
    let source = || unsafe { stream::input(read, user) }.map(Source::Callback);
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { open(source, options, video) }
}

/// Opens the file of `length` bytes at `bytes`; as `lentil_video_open` else.
///
/// # Safety
/// As for `lentil_video_open`, and `bytes` is null or points to `length` bytes, which stay as they are until the
/// reader is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_open_memory(
    bytes: *const u8,
    length: usize,
    options: *const lentil_video_options,
    video: *mut *mut lentil_video,
) -> lentil_status {
    // SAFETY: the caller says that there are as many bytes, for as long as the reader has them.
    let source = || unsafe { arguments::input(bytes, length) }.map(Source::Memory);
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { open(source, options, video) }
}

/// # Safety
/// As for [`lentil_video_open`].
unsafe fn open(
    source: impl FnOnce() -> Result<Source, Failure>,
    options: *const lentil_video_options,
    video: *mut *mut lentil_video,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the place and the options.
        let (place, (_, memory)) = unsafe {
            let place = arguments::handle(video, "video is null")?;
            (place, video_options::read(options)?)
        };
        place.give(lentil_video {
            stream: Stream::open(source()?, memory)?,
            data: Vec::new(),
        });
        Ok(())
    })
}

/// Tells what the file says of its stream.
///
/// # Safety
/// `video` is null or a reader that no other call uses, and `info` is null or was initialised by
/// `lentil_video_info_init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_get_info(
    video: *const lentil_video,
    info: *mut lentil_video_info,
) -> lentil_status {
    guarded(|| {
        if info.is_null() {
            return Err(Failure::Argument("info is null"));
        }
        // SAFETY: the caller vouches for the reader and the struct.
        let (video, given) = unsafe {
            let video = arguments::shared(video, NO_VIDEO)?;
            (video, versioned::result(info)?)
        };
        let told = video.stream.info();
        let container = match told.container {
            "IVF" => c"IVF",
            _ => c"Matroska",
        };
        given.put(lentil_video_info {
            container: container.as_ptr(),
            width: told.width.into(),
            height: told.height.into(),
            rate_frames: told.rate.0,
            rate_seconds: told.rate.1,
            ..Versioned::defaults()
        });
        Ok(())
    })
}

/// Reads the next frame. `*data` and `*length` are set to its bytes, which are there until the next call with the
/// reader; `*time` to when it is shown, in the file's units. `LENTIL_END` if there is none. The length can be 0:
/// such a frame goes to `lentil_codec_decode` like any other.
///
/// # Safety
/// `video` is null or a reader that no other call uses; `data` and `length` are null or may be written to, and so
/// is `time`, which may be null if it is of no interest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_next_frame(
    video: *mut lentil_video,
    data: *mut *const u8,
    length: *mut usize,
    time: *mut u64,
) -> lentil_status {
    guarded(|| {
        // SAFETY: the caller vouches for the places.
        let (data, length, time) = unsafe {
            let data = arguments::place(data, ptr::null(), "data is null");
            let length = arguments::place(length, 0, "length is null");
            (data, length, arguments::place(time, 0, "time is null"))
        };
        let (data, length) = (data?, length?);
        // SAFETY: the caller vouches for the reader, which nobody else uses.
        let video = unsafe { arguments::exclusive(video, NO_VIDEO)? };
        let frame = video.stream.next_frame(&mut video.data)?;
        let frame = frame.ok_or(Failure::End)?;
        data.put(video.data.as_ptr());
        length.put(video.data.len());
        if let Ok(time) = time {
            time.put(frame.time);
        }
        Ok(())
    })
}

/// Frees a reader, and the frame that it read last. Null is taken, too.
///
/// # Safety
/// `video` is null, or a reader that is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_free(video: *mut lentil_video) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { arguments::free(video) };
}
