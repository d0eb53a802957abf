//! The options of codecs and of reading video.

use std::mem;
use std::num::NonZeroUsize;

use lentil::video::Options;

use crate::status::Failure;
use crate::versioned::{self, Versioned};

/// Choices for decoding and encoding. `lentil_video_options_init` sets one thread, and no limits but the format's: who decodes
/// what strangers send sets limits, too.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
/// the others keep their defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_video_options {
    /// Bytes of this struct; `lentil_video_options_init` sets it.
    pub size: usize,
    /// Threads that may work on one frame, 1 to 256. Neither pictures nor bytes depend on it.
    pub threads: u32,
    /// Largest width of a picture in pixels.
    pub max_width: u32,
    /// Largest height of a picture in pixels.
    pub max_height: u32,
    /// Most macroblocks of a picture: squares of 16 pixels.
    pub max_macroblocks: u32,
    /// Bytes of memory that a WebM or Matroska file may take, all of which is held. IVF files are read as they come.
    pub memory_limit: u64,
}

/// All of them are started at once.
const MOST_THREADS: u32 = 256;

// SAFETY: `repr(C)`, the size is first, and all fields are integers.
unsafe impl Versioned for lentil_video_options {
    const FIRST_SIZE: usize = mem::offset_of!(Self, memory_limit) + size_of::<u64>();
    const WRONG_SIZE: &'static str = "options: call lentil_video_options_init first";

    fn defaults() -> Self {
        let Options {
            threads, limits, ..
        } = Options::default();
        lentil_video_options {
            size: size_of::<Self>(),
            threads: u32::try_from(threads.get()).unwrap_or(1),
            max_width: limits.width.into(),
            max_height: limits.height.into(),
            max_macroblocks: limits.macroblocks,
            memory_limit: lentil::Options::default().limits.memory,
        }
    }
}

impl lentil_video_options {
    fn check(&self) -> Result<Options, Failure> {
        if self.threads > MOST_THREADS {
            return Err(Failure::Argument("threads: at most 256 can be asked for"));
        }
        let mut options = Options::default();
        options.threads = NonZeroUsize::new(self.threads as usize)
            .ok_or(Failure::Argument("threads: at least 1 is needed"))?;
        // No picture is wider or higher than these can say.
        options.limits.width = u16::try_from(self.max_width).unwrap_or(u16::MAX);
        options.limits.height = u16::try_from(self.max_height).unwrap_or(u16::MAX);
        options.limits.macroblocks = self.max_macroblocks;
        Ok(options)
    }
}

/// Sets all options to their defaults. `size` is `sizeof(lentil_video_options)`.
///
/// # Safety
/// `options` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_video_options_init(
    options: *mut lentil_video_options,
    size: usize,
) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(options, size) };
}

/// The caller's options, checked, and its memory limit; the defaults if there are none.
///
/// # Safety
/// `given` is null or points to a struct that was initialised.
pub(crate) unsafe fn read(given: *const lentil_video_options) -> Result<(Options, u64), Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    let options = unsafe { versioned::read(given) }?;
    Ok((options.check()?, options.memory_limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_told() {
        let checked = |change: fn(&mut lentil_video_options)| {
            let mut options = lentil_video_options::defaults();
            change(&mut options);
            options.check().ok()
        };
        assert!(checked(|o| o.threads = 0).is_none());
        assert!(checked(|o| o.threads = 257).is_none());
        assert!(checked(|o| o.threads = u32::MAX).is_none());
        let options = checked(|o| (o.threads, o.max_width) = (256, 1 << 16)).unwrap();
        assert_eq!(options.threads.get(), 256);
        assert_eq!(options.limits, Options::default().limits);
        assert_eq!(checked(|o| o.max_height = 9).unwrap().limits.height, 9);
    }
}
