//! C callbacks as Rust streams.

use std::ffi::c_void;
use std::io::{self, Read, Write};

use crate::{Failure, lentil_read, lentil_write};

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
/// The callbacks may be called with `user`, as long as the streams are there.
pub(crate) unsafe fn pair(
    read: lentil_read,
    write: lentil_write,
    user: *mut c_void,
) -> Result<(Input, Output), Failure> {
    let read = read.ok_or(Failure::Argument("read is null"))?;
    let write = write.ok_or(Failure::Argument("write is null"))?;
    Ok((Input { read, user }, Output { write, user }))
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // SAFETY: `pair` was promised that this may be called; the buffer is as long as is said.
        let count = unsafe { (self.read)(self.user, buffer.as_mut_ptr(), buffer.len()) };
        match usize::try_from(count) {
            Ok(count) if count <= buffer.len() => Ok(count),
            Ok(_) => Err(io::Error::other(
                "the read callback gave more than was asked for",
            )),
            Err(_) => Err(io::Error::other("the read callback failed")),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: `pair` was promised that this may be called; the bytes are as many as is said.
        let failed = unsafe { (self.write)(self.user, bytes.as_ptr(), bytes.len()) };
        match failed {
            0 => Ok(bytes.len()),
            _ => Err(io::Error::other("the write callback failed")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
