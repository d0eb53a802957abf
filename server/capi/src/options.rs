//! The options of compressing and restoring.

use std::mem;
use std::num::{NonZeroU8, NonZeroUsize};

use lentil::Options;

use crate::status::Failure;
use crate::versioned::{self, Versioned};

/// Choices. `lentil_options_init` sets what is right for most callers.
///
/// Later versions of the library may add fields at the end. `size` tells which ones a program knows;
/// the others keep their defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct lentil_options {
    /// Bytes of this struct; `lentil_options_init` sets it.
    pub size: usize,
    /// Partitions of an image, 1 to 16; 0 chooses by size.
    pub partitions: u32,
    /// Threads that may work on one file, at least 1. The bytes produced do not depend on it.
    pub threads: u32,
    /// Not zero: restore what was compressed, and compare, before it is given out.
    pub verify: u32,
    /// Not zero: write the format version that only Lentil reads, even where the common one would do.
    pub own_version: u32,
    /// Largest width of an image in pixels.
    pub max_width: u32,
    /// Largest height of an image in pixels.
    pub max_height: u32,
    /// Bytes of memory that one file may ask for. What is given out in memory may have as many, too.
    pub memory_limit: u64,
    /// Compress only the bytes from this one on.
    pub range_start: u64,
    /// Compress only the bytes before this one. 0 together with a start of 0 means all.
    pub range_end: u64,
}

/// Most partitions of a file.
const MOST_PARTITIONS: u8 = 16;

// SAFETY: `repr(C)`, the size is first, and all fields are integers.
unsafe impl Versioned for lentil_options {
    const FIRST_SIZE: usize = mem::offset_of!(Self, range_end) + size_of::<u64>();
    const WRONG_SIZE: &'static str = "options: call lentil_options_init first";

    fn defaults() -> Self {
        let Options {
            threads, limits, ..
        } = Options::default();
        lentil_options {
            size: size_of::<Self>(),
            partitions: 0,
            threads: u32::try_from(threads.get()).unwrap_or(1),
            verify: 1,
            own_version: 0,
            max_width: limits.width,
            max_height: limits.height,
            memory_limit: limits.memory,
            range_start: 0,
            range_end: 0,
        }
    }
}

impl lentil_options {
    fn check(&self) -> Result<Options, Failure> {
        let mut options = Options::default();
        options.partitions = match u8::try_from(self.partitions) {
            Ok(count @ 0..=MOST_PARTITIONS) => NonZeroU8::new(count),
            _ => return Err(Failure::Argument("partitions: 0 to 16 can be asked for")),
        };
        options.threads = NonZeroUsize::new(self.threads as usize)
            .ok_or(Failure::Argument("threads: at least 1 is needed"))?;
        options.verify = self.verify != 0;
        options.own_version = self.own_version != 0;
        options.limits.width = self.max_width;
        options.limits.height = self.max_height;
        options.limits.memory = self.memory_limit;
        if self.range_end < self.range_start {
            return Err(Failure::Argument("range: its end lies before its start"));
        }
        if self.range_end > 0 {
            options.range = Some(self.range_start..self.range_end);
        }
        Ok(options)
    }
}

/// Sets all options to what is right for most callers. `size` is `sizeof(lentil_options)`.
///
/// # Safety
/// `options` is null or points to `size` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_options_init(options: *mut lentil_options, size: usize) {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::init(options, size) };
}

/// The caller's options, checked; the defaults if there are none.
///
/// # Safety
/// `given` is null or points to a struct that was initialised.
pub(crate) unsafe fn read(given: *const lentil_options) -> Result<Options, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { versioned::read(given) }?.check()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_written_than_the_caller_has() {
        let mut options = lentil_options::defaults();
        (options.range_start, options.range_end) = (5, 7);
        let known = mem::offset_of!(lentil_options, range_start);
        // SAFETY: the struct has more bytes than said.
        unsafe { lentil_options_init(&mut options, known) };
        assert_eq!((options.range_start, options.range_end), (5, 7));
        assert_eq!(options.size, known);
        // SAFETY: as above, and a larger size is that of a later version, whose struct is larger.
        unsafe {
            assert!(read(&options).is_err());
            lentil_options_init(&mut options, usize::MAX);
            assert!(read(&options).is_ok());
        }
        assert_eq!(options, lentil_options::defaults());
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let refused = |change: fn(&mut lentil_options)| {
            let mut options = lentil_options::defaults();
            change(&mut options);
            matches!(options.check(), Err(Failure::Argument(_)))
        };
        assert!(!refused(|_| ()));
        assert!(!refused(|o| o.partitions = 16));
        assert!(refused(|o| o.partitions = 17));
        assert!(refused(|o| o.partitions = 256 + 1));
        assert!(refused(|o| o.threads = 0));
        assert!(refused(|o| o.range_start = 1));
        assert!(!refused(|o| (o.range_start, o.range_end) = (3, 3)));
    }
}
