//! C callbacks as Rust streams.

use std::ffi::c_void;
use std::io::{self, Read, Write};

use crate::status::Failure;

/// Reads up to `length` bytes into `buffer`. Gives how many, 0 at the end, or less than 0 on failure.
pub type lentil_read =
    Option<unsafe extern "C" fn(user: *mut c_void, buffer: *mut u8, length: usize) -> isize>;

/// Takes `length` bytes. Gives 0, or anything else on failure.
pub type lentil_write =
    Option<unsafe extern "C" fn(user: *mut c_void, bytes: *const u8, length: usize) -> i32>;

/// What is read from a callback.
pub(crate) struct Input {
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> isize,
    user: *mut c_void,
}

/// What is written to a callback.
pub(crate) struct Output {
    write: unsafe extern "C" fn(*mut c_void, *const u8, usize) -> i32,
    user: *mut c_void,
}

/// Both streams, if both callbacks are there.
///
/// # Safety
/// As for [`input`] and [`output`].
pub(crate) unsafe fn pair(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
) -> Result<(Input, Output), Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { Ok((input(read, user)?, output(write, user)?)) }
}

/// What `read` gives, if it is there.
///
/// # Safety
/// The callback may be called with `user`, as long as the stream is there.
pub(crate) unsafe fn input(read: lentil_read, user: *mut c_void) -> Result<Input, Failure> {
    let read = read.ok_or(Failure::Argument("read is null"))?;
    Ok(Input { read, user })
}

/// What goes to `write`, if it is there.
///
/// # Safety
/// The callback may be called with `user`, as long as the stream is there.
pub(crate) unsafe fn output(write: lentil_write, user: *mut c_void) -> Result<Output, Failure> {
    let write = write.ok_or(Failure::Argument("write is null"))?;
    Ok(Output { write, user })
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: `input` was promised that this may be called; the buffer is as long as is said.
        let count = unsafe { (self.read)(self.user, buffer.as_mut_ptr(), buffer.len()) };
        match usize::try_from(count) {
            Ok(count) if count <= buffer.len() => Ok(count),
            Ok(_) => Err(io::Error::other(
                "the read callback gave more than was asked for",
            )),
            Err(_) => Err(failed("read", count as i64)),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nothing is no news, and has no address that C may look at.
        if bytes.is_empty() {
            return Ok(0);
        }
        // SAFETY: `output` was promised that this may be called; the bytes are as many as is said.
        match unsafe { (self.write)(self.user, bytes.as_ptr(), bytes.len()) } {
            0 => Ok(bytes.len()),
            code => Err(failed("write", code.into())),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(which: &str, code: i64) -> io::Error {
    io::Error::other(format!("the {which} callback failed with {code}"))
}
