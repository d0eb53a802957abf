//! The C interface of Lentil. `lentil.h` is made of this file.
//!
//! Every function can be called from any thread. Nothing unwinds into the caller: a panic, which would
//! be a fault of the library, comes back as `LENTIL_INTERNAL`.

#![allow(non_camel_case_types)]

mod stream;

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::num::{NonZeroU8, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

use lentil::{Error, Options, Summary};

/// Everything is done.
pub const LENTIL_OK: i32 = 0;
/// The input is of a kind that cannot be compressed; leave it as it is.
pub const LENTIL_UNSUPPORTED: i32 = 1;
/// The input is damaged, or is no .lep file.
pub const LENTIL_CORRUPT: i32 = 2;
/// The input asks for more than the options allow.
pub const LENTIL_LIMIT: i32 = 3;
/// Reading or writing failed: a callback said so.
pub const LENTIL_IO: i32 = 4;
/// An argument is null or out of range.
pub const LENTIL_ARGUMENT: i32 = 5;
/// What was compressed does not restore to the input. Nothing was written.
pub const LENTIL_MISMATCH: i32 = 6;
/// The library failed.
pub const LENTIL_INTERNAL: i32 = 7;

/// Choices. `lentil_options_init` sets what is right for most callers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lentil_options {
    /// Size of this struct, set by `lentil_options_init`: later versions of the library may know more.
    pub size: usize,
    /// Partitions of an image, 1 to 16; 0 chooses by size.
    pub partitions: u32,
    /// Threads that may work on one file, at least 1. The bytes produced do not depend on it.
    pub threads: u32,
    /// Not zero: restore what was compressed, and compare, before it is given out.
    pub verify: u32,
    /// Largest width of an image in pixels.
    pub max_width: u32,
    /// Largest height of an image in pixels.
    pub max_height: u32,
    /// Bytes of memory that one file may ask for.
    pub memory_limit: u64,
    /// Compress only the bytes from this one on.
    pub range_start: u64,
    /// Compress only the bytes before this one; 0 for all.
    pub range_end: u64,
}

/// Reads up to `length` bytes into `buffer`. Gives how many, 0 at the end, or less than 0 on failure.
pub type lentil_read =
    Option<unsafe extern "C" fn(user: *mut c_void, buffer: *mut u8, length: usize) -> isize>;

/// Takes `length` bytes. Gives 0, or anything else on failure.
pub type lentil_write =
    Option<unsafe extern "C" fn(user: *mut c_void, bytes: *const u8, length: usize) -> i32>;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The version of the library, as text.
#[unsafe(no_mangle)]
pub extern "C" fn lentil_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Sets all options to what is right for most callers.
///
/// # Safety
/// `options` is null or points to a struct that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_options_init(options: *mut lentil_options) {
    let limits = Options::default().limits;
    let defaults = lentil_options {
        size: size_of::<lentil_options>(),
        partitions: 0,
        threads: 1,
        verify: 1,
        max_width: limits.width,
        max_height: limits.height,
        memory_limit: limits.memory,
        range_start: 0,
        range_end: 0,
    };
    if !options.is_null() {
        // SAFETY: not null, and the caller says that it may be written to.
        unsafe { options.write(defaults) };
    }
}

/// Copies why the last call on this thread failed to `buffer`, cut to `length` bytes with a zero at the
/// end. Gives the length of the whole text without the zero.
///
/// # Safety
/// `buffer` is null or points to `length` bytes that may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_last_error(buffer: *mut c_char, length: usize) -> usize {
    LAST_ERROR.with_borrow(|text| {
        if !buffer.is_null() && length > 0 {
            let count = text.len().min(length - 1);
            // SAFETY: the caller says that `length` bytes may be written to; `count` is less.
            unsafe {
                ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), count);
                buffer.add(count).write(0);
            }
        }
        text.len()
    })
}

/// Compresses the JPEG of `length` bytes at `jpeg`. `*out` is set to the .lep file, to be freed with
/// `lentil_free`, and `*out_length` to its length; to null and 0 on failure. Null options are the defaults.
///
/// # Safety
/// `jpeg` points to `length` bytes (or is null with `length` 0), `options` is null or was initialised by
/// `lentil_options_init`, and `out` and `out_length` may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_compress(
    jpeg: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> i32 {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe {
        in_memory(
            jpeg,
            length,
            options,
            out,
            out_length,
            |jpeg, lep, options| lentil::compress_slice(jpeg, lep, options),
        )
    }
}

/// Restores the JPEG from the .lep file of `length` bytes at `lep`; as `lentil_compress` else.
///
/// # Safety
/// As for `lentil_compress`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_decompress(
    lep: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
) -> i32 {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe {
        in_memory(
            lep,
            length,
            options,
            out,
            out_length,
            |lep, jpeg, options| lentil::decompress(lep, jpeg, options),
        )
    }
}

/// Frees what `lentil_compress` or `lentil_decompress` gave. Null is taken, too.
///
/// # Safety
/// `bytes` and `length` are as they were given, and are not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_free(bytes: *mut u8, length: usize) {
    if !bytes.is_null() {
        // SAFETY: the bytes came from a boxed slice of this length in `in_memory`.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes, length)) });
    }
}

/// Compresses what `read` gives, all of which is held in memory, and gives the .lep file to `write`.
///
/// # Safety
/// `options` is null or was initialised by `lentil_options_init`; the callbacks may be called with `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_compress_stream(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
    options: *const lentil_options,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller vouches for the options and the callbacks.
        let (options, streams) =
            unsafe { (read_options(options)?, stream::pair(read, write, user)?) };
        Ok(lentil::compress(streams.0, streams.1, &options).map(|_| ())?)
    })
}

/// Restores the JPEG from the .lep file that `read` gives. Its bytes go to `write` as soon as they are
/// known: if the call fails, what was written is not all, or not right.
///
/// # Safety
/// As for `lentil_compress_stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lentil_decompress_stream(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
    options: *const lentil_options,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller vouches for the options and the callbacks.
        let (options, streams) =
            unsafe { (read_options(options)?, stream::pair(read, write, user)?) };
        Ok(lentil::decompress(streams.0, streams.1, &options).map(|_| ())?)
    })
}

/// Why a call fails.
enum Failure {
    Lentil(Error),
    Argument(&'static str),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Lentil(error)
    }
}

impl Failure {
    fn code(&self) -> i32 {
        match self {
            Failure::Argument(_) | Failure::Lentil(Error::Range { .. }) => LENTIL_ARGUMENT,
            Failure::Lentil(Error::Unsupported(_)) => LENTIL_UNSUPPORTED,
            Failure::Lentil(Error::Corrupt(_)) => LENTIL_CORRUPT,
            Failure::Lentil(Error::Limit { .. }) => LENTIL_LIMIT,
            Failure::Lentil(Error::Read(_) | Error::Write(_)) => LENTIL_IO,
            Failure::Lentil(Error::Mismatch { .. }) => LENTIL_MISMATCH,
            Failure::Lentil(_) => LENTIL_INTERNAL,
        }
    }

    fn text(&self) -> String {
        match self {
            Failure::Lentil(error) => error.to_string(),
            Failure::Argument(what) => (*what).into(),
        }
    }
}

/// Runs `work`, notes why it failed, and lets no panic out.
fn guarded(work: impl FnOnce() -> Result<(), Failure>) -> i32 {
    let (code, text) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return LENTIL_OK,
        Ok(Err(failure)) => (failure.code(), failure.text()),
        Err(_) => (LENTIL_INTERNAL, "the library panicked".into()),
    };
    LAST_ERROR.set(text);
    code
}

/// # Safety
/// As for [`lentil_compress`].
unsafe fn in_memory(
    bytes: *const u8,
    length: usize,
    options: *const lentil_options,
    out: *mut *mut u8,
    out_length: *mut usize,
    work: impl FnOnce(&[u8], &mut Vec<u8>, &Options) -> Result<Summary, Error>,
) -> i32 {
    guarded(|| {
        if out.is_null() || out_length.is_null() {
            return Err(Failure::Argument("out or out_length is null"));
        }
        // SAFETY: not null, and the caller says that they may be written to.
        unsafe {
            out.write(ptr::null_mut());
            out_length.write(0);
        }
        let input = match (bytes.is_null(), length) {
            (true, 0) => &[],
            (true, _) => return Err(Failure::Argument("the input is null")),
            // SAFETY: not null, and the caller says that there are as many bytes.
            (false, _) => unsafe { slice::from_raw_parts(bytes, length) },
        };
        // SAFETY: the caller vouches for the options.
        let options = unsafe { read_options(options)? };
        let mut result = Vec::new();
        work(input, &mut result, &options)?;
        let result = result.into_boxed_slice();
        // SAFETY: as above.
        unsafe {
            out_length.write(result.len());
            out.write(Box::into_raw(result).cast());
        }
        Ok(())
    })
}

/// # Safety
/// `given` is null or points to a struct that was initialised.
unsafe fn read_options(given: *const lentil_options) -> Result<Options, Failure> {
    let mut options = Options::default();
    if given.is_null() {
        return Ok(options);
    }
    // SAFETY: not null, and the caller says that it was initialised.
    let given = unsafe { given.read() };
    if given.size != size_of::<lentil_options>() {
        return Err(Failure::Argument(
            "the options were not initialised by this version",
        ));
    }
    if given.partitions > 16 {
        return Err(Failure::Argument("more than 16 partitions"));
    }
    options.partitions = NonZeroU8::new(given.partitions as u8);
    let threads = NonZeroUsize::new(given.threads as usize);
    options.threads = threads.ok_or(Failure::Argument("no threads"))?;
    options.verify = given.verify != 0;
    options.limits.width = given.max_width;
    options.limits.height = given.max_height;
    options.limits.memory = given.memory_limit;
    match (given.range_start, given.range_end) {
        (0, 0) => {}
        (_, 0) => return Err(Failure::Argument("a range without an end")),
        (start, end) => options.range = Some(start..end),
    }
    Ok(options)
}
