//! Structs that older and newer programs may share with one library: their first field is their size.

use std::ptr;

use crate::status::Failure;

/// A struct to which later versions of the library add fields at the end.
///
/// # Safety
/// It is `repr(C)`, and its first field is a `usize`, its size in bytes. If it is read, not only written, all bits are
/// good for its fields.
pub(crate) unsafe trait Versioned: Copy {
    /// Bytes of the first version.
    const FIRST_SIZE: usize;
    /// What is said of a struct without a size that can be.
    const WRONG_SIZE: &'static str;
    /// What the fields are at first.
    fn defaults() -> Self;
}

/// Sets as many bytes as the caller knows of, and notes how many these are.
///
/// # Safety
/// `to` is null or points to `size` bytes that may be written to.
pub(crate) unsafe fn init<T: Versioned>(to: *mut T, size: usize) {
    if !to.is_null() {
        // SAFETY: not null; the caller says that `size` bytes may be written to, and no more are.
        unsafe { put(to, T::defaults(), size.min(size_of::<T>())) };
    }
}

/// The caller's struct; fields that it does not know have their defaults, as all have if there is none.
///
/// # Safety
/// `given` is null or points to a struct that was initialised.
pub(crate) unsafe fn read<T: Versioned>(given: *const T) -> Result<T, Failure> {
    let mut read = T::defaults();
    if !given.is_null() {
        // SAFETY: the caller vouches for the struct.
        let size = unsafe { size_of_given(given)? };
        // SAFETY: the caller's struct has so many bytes, and ours has not less. Its fields take all bits.
        unsafe { ptr::copy_nonoverlapping(given.cast::<u8>(), (&raw mut read).cast(), size) };
    }
    Ok(read)
}

/// A struct of the caller that a result goes to, if there is one.
///
/// # Safety
/// `to` is null or points to a struct that was initialised and may be written to as long as this is there.
pub(crate) unsafe fn result<T: Versioned>(to: *mut T) -> Result<Given<T>, Failure> {
    let mut size = 0;
    if !to.is_null() {
        // SAFETY: the caller vouches for the struct.
        size = unsafe { size_of_given(to)? };
    }
    Ok(Given { to, size })
}

/// Where a result goes, or null.
pub(crate) struct Given<T> {
    to: *mut T,
    size: usize,
}

impl<T: Versioned> Given<T> {
    pub fn put(self, value: T) {
        if !self.to.is_null() {
            // SAFETY: `result` was promised that the struct may be written to; it has so many bytes.
            unsafe { put(self.to, value, self.size) };
        }
    }
}

/// # Safety
/// `given` is not null, and begins with its size.
unsafe fn size_of_given<T: Versioned>(given: *const T) -> Result<usize, Failure> {
    // SAFETY: every version has the size in the first place; it may lie askew.
    let size = unsafe { given.cast::<usize>().read_unaligned() };
    match size {
        size if (T::FIRST_SIZE..=size_of::<T>()).contains(&size) => Ok(size),
        _ => Err(Failure::Argument(T::WRONG_SIZE)),
    }
}

/// # Safety
/// `size` bytes can be written at `to`; they are no more than `T` has.
unsafe fn put<T: Versioned>(to: *mut T, mut value: T, size: usize) {
    // SAFETY: the size is the first field; the caller vouches for the rest.
    unsafe {
        (&raw mut value).cast::<usize>().write(size);
        ptr::copy_nonoverlapping((&raw const value).cast::<u8>(), to.cast(), size);
    }
}
