//! What a call gives back, and why it failed.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use lentil::core::vp8;
use lentil::{Error, video};

/// How a call ended.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum lentil_status {
    /// Everything is done.
    LENTIL_OK = 0,
    /// The input is of a kind that cannot be compressed, or holds no VP8; leave it as it is.
    LENTIL_UNSUPPORTED = 1,
    /// The input is damaged, or is no .lep file, no frame, or no codec that was saved.
    LENTIL_CORRUPT = 2,
    /// The input asks for more than the options allow, or than there is memory for, or a frame is longer than it may be.
    LENTIL_LIMIT = 3,
    /// A callback failed.
    LENTIL_IO = 4,
    /// An argument is null, out of range, or does not fit the others.
    LENTIL_ARGUMENT = 5,
    /// What was compressed does not restore to the input. It was not given out.
    LENTIL_MISMATCH = 6,
    /// The library failed.
    LENTIL_INTERNAL = 7,
    /// There are no more frames. Nothing is wrong.
    LENTIL_END = 8,
}

use lentil_status::*;

/// Why a call fails.
pub(crate) enum Failure {
    Lentil(Error),
    Video(video::Error),
    Argument(&'static str),
    Memory,
    /// Not why it fails, but why it gives nothing.
    End,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Lentil(error)
    }
}

impl From<video::Error> for Failure {
    fn from(error: video::Error) -> Self {
        Failure::Video(error)
    }
}

impl Failure {
    fn status(&self) -> lentil_status {
        match self {
            Failure::Argument(_) => LENTIL_ARGUMENT,
            Failure::Memory => LENTIL_LIMIT,
            Failure::End => LENTIL_END,
            Failure::Lentil(error) => match error {
                Error::Range { .. } => LENTIL_ARGUMENT,
                // Only where neither `verify` nor `own_version` is asked for.
                Error::Unsupported(_) | Error::Extreme => LENTIL_UNSUPPORTED,
                Error::Corrupt(_) => LENTIL_CORRUPT,
                Error::Limit { .. } => LENTIL_LIMIT,
                Error::Read(_) | Error::Write(_) => LENTIL_IO,
                Error::Mismatch { .. } => LENTIL_MISMATCH,
                _ => LENTIL_INTERNAL,
            },
            Failure::Video(error) => of_video(error),
        }
    }

    fn text(&self) -> String {
        match self {
            Failure::Lentil(error) => error.to_string(),
            Failure::Video(error) => error.to_string(),
            Failure::Argument(what) => (*what).into(),
            Failure::Memory => "there is no memory for the result".into(),
            Failure::End => "there are no more frames".into(),
        }
    }
}

fn of_video(error: &video::Error) -> lentil_status {
    use video::Error as E;
    match error {
        E::Unsupported(_) => LENTIL_UNSUPPORTED,
        E::Frame(vp8::Error::TooLarge { .. }) => LENTIL_LIMIT,
        // What is lent to the core is made to fit.
        E::Frame(vp8::Error::Memory) => LENTIL_INTERNAL,
        E::Corrupt(_) | E::Frame(_) | E::State(_) => LENTIL_CORRUPT,
        E::Limit { .. } | E::TooLarge { .. } | E::FrameLength | E::Fit { .. } => LENTIL_LIMIT,
        E::Read(_) | E::Write(_) => LENTIL_IO,
        E::Encode(error) => of_encoding(error),
        E::NoBytes | E::Analysis | E::SourceSize { .. } => LENTIL_ARGUMENT,
        E::PictureSize { .. } | E::PictureLength { .. } => LENTIL_ARGUMENT,
        _ => LENTIL_INTERNAL,
    }
}

fn of_encoding(error: &vp8::encode::Error) -> lentil_status {
    use vp8::encode::Error as E;
    match error {
        E::Setting(_) | E::NoKeyFrame | E::KeyFrame | E::Size { .. } => LENTIL_ARGUMENT,
        E::LacksModes => LENTIL_CORRUPT,
        E::PartitionLength(_) => LENTIL_LIMIT,
        _ => LENTIL_INTERNAL,
    }
}

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Copies why the last call that failed on this thread did so to `buffer`, cut to `length` bytes with
/// a zero at the end. Gives the length of the whole text without the zero; 0 if no call failed.
///
/// # Safety
/// `buffer` is null or points to `length` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_last_error(buffer: *mut c_char, length: usize) -> usize {
    let copy = |text: &str| {
        if !buffer.is_null() && length > 0 {
            let count = text.len().min(length - 1);
            // SAFETY: the caller says that `length` bytes may be written to; `count` is less.
            unsafe {
                ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), count);
                buffer.add(count).write(0);
            }
        }
        text.len()
    };
    // The text is gone while the thread ends.
    LAST_ERROR
        .try_with(|text| copy(&text.borrow()))
        .unwrap_or_else(|_| copy(""))
}

/// Runs `work`, notes why it failed, and lets no panic out.
pub(crate) fn guarded(work: impl FnOnce() -> Result<(), Failure>) -> lentil_status {
    let (status, text) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return LENTIL_OK,
        Ok(Err(failure)) => (failure.status(), failure.text()),
        Err(panic) => (LENTIL_INTERNAL, panic_text(&*panic)),
    };
    // The text has no place while the thread ends.
    let _ = LAST_ERROR.try_with(|last| last.replace(text));
    status
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("fault of the library: {}", text.unwrap_or("it panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stops_here() {
        assert_eq!(guarded(|| panic!("number {}", 7)), LENTIL_INTERNAL);
        let mut text = [0u8; 64];
        // SAFETY: the buffer is as long as is said.
        let length = unsafe { lentil_last_error(text.as_mut_ptr().cast(), text.len()) };
        assert_eq!(&text[..length], b"fault of the library: number 7");
        assert_eq!(text[length], 0);
    }

    #[test]
    fn what_no_one_asked_for_is_no_fault_of_the_library() {
        let extreme = Failure::Lentil(Error::Extreme);
        assert_eq!(extreme.status(), LENTIL_UNSUPPORTED);
        let range = Failure::Lentil(Error::Range {
            start: 2,
            end: 1,
            length: 0,
        });
        assert_eq!(range.status(), LENTIL_ARGUMENT);
        // A partition that no room is enough for.
        let long = vp8::encode::Error::PartitionLength(1);
        assert_eq!(Failure::Video(long.into()).status(), LENTIL_LIMIT);
    }
}
