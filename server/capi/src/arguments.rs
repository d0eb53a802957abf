//! What C hands over, checked as far as it can be.

use std::{ptr, slice};

use crate::status::Failure;

/// The caller's bytes.
///
/// # Safety
/// `bytes` is null or points to `length` bytes that stay as they are for `'a`.
pub(crate) unsafe fn input<'a>(bytes: *const u8, length: usize) -> Result<&'a [u8], Failure> {
    match (bytes.is_null(), length) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(Failure::Argument("the input is null")),
        (_, length) if isize::try_from(length).is_err() => {
            Err(Failure::Argument("the input is longer than memory can be"))
        }
        // SAFETY: not null, not too long, and the caller says that there are as many bytes.
        _ => Ok(unsafe { slice::from_raw_parts(bytes, length) }),
    }
}

/// What a handle or another pointer refers to; `what` says that it is wrong.
///
/// # Safety
/// `pointer` is null or points to a `T` that stays as it is for `'a`.
pub(crate) unsafe fn shared<'a, T>(
    pointer: *const T,
    what: &'static str,
) -> Result<&'a T, Failure> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(Failure::Argument(what));
    }
    // SAFETY: neither null nor askew, and the caller vouches for the rest.
    Ok(unsafe { &*pointer })
}

/// As [`shared`], to be changed.
///
/// # Safety
/// `pointer` is null or points to a `T` that nobody else uses for `'a`.
pub(crate) unsafe fn exclusive<'a, T>(
    pointer: *mut T,
    what: &'static str,
) -> Result<&'a mut T, Failure> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(Failure::Argument(what));
    }
    // SAFETY: neither null nor askew, and the caller vouches for the rest.
    Ok(unsafe { &mut *pointer })
}

/// A place for a result, set to `nothing` until there is one; `what` says that it is missing.
///
/// # Safety
/// `out` is null or may be written to for as long as the result is used.
pub(crate) unsafe fn place<T>(
    out: *mut T,
    nothing: T,
    what: &'static str,
) -> Result<Place<T>, Failure> {
    if out.is_null() || !out.is_aligned() {
        return Err(Failure::Argument(what));
    }
    // SAFETY: neither null nor askew, and the caller says that it may be written to.
    unsafe { out.write(nothing) };
    Ok(Place(out))
}

/// Where a result goes.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    pub fn put(self, value: T) {
        // SAFETY: `place` checked it, and was promised that it may be written to.
        unsafe { self.0.write(value) };
    }
}

impl<T> Place<*mut T> {
    /// Gives a value away; `free` takes it back.
    pub fn give(self, value: T) {
        self.put(Box::into_raw(Box::new(value)));
    }
}

/// A place for a handle, null until there is one.
///
/// # Safety
/// As for [`place`].
pub(crate) unsafe fn handle<T>(
    out: *mut *mut T,
    what: &'static str,
) -> Result<Place<*mut T>, Failure> {
    // SAFETY: what this function asks of its caller is what is asked here.
    unsafe { place(out, ptr::null_mut(), what) }
}

/// Frees what [`Place::give`] gave. Null is taken, too.
///
/// # Safety
/// `pointer` is null, or as it was given and not used any more.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() && pointer.is_aligned() {
        // SAFETY: it came from a box in `give`.
        drop(unsafe { Box::from_raw(pointer) });
    }
}

/// Where bytes go that `lentil_free` frees.
pub(crate) struct BytesPlace {
    bytes: Place<*mut u8>,
    length: Place<usize>,
}

impl BytesPlace {
    /// Both are set, to null and 0, even if one of them is missing.
    ///
    /// # Safety
    /// `out` and `out_length` are null or may be written to as long as this is there.
    pub unsafe fn new(out: *mut *mut u8, out_length: *mut usize) -> Result<Self, Failure> {
        const MISSING: &str = "out or out_length is null";
        // SAFETY: what this function asks of its caller is what is asked here.
        let (bytes, length) = unsafe {
            let bytes = handle(out, MISSING);
            (bytes, place(out_length, 0, MISSING))
        };
        let (bytes, length) = (bytes?, length?);
        Ok(BytesPlace { bytes, length })
    }

    pub fn give(self, bytes: Box<[u8]>) {
        self.length.put(bytes.len());
        self.bytes.put(Box::into_raw(bytes).cast());
    }
}
