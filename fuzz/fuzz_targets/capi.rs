//! The C functions on arbitrary bytes, in memory and by streams.
#![no_main]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use lentil_capi::lentil_status::{LENTIL_INTERNAL, LENTIL_IO, LENTIL_MISMATCH, LENTIL_OK};
use lentil_capi::{
    lentil_compress, lentil_compress_stream, lentil_decompress, lentil_decompress_stream,
    lentil_free, lentil_options, lentil_options_init, lentil_status,
};
use libfuzzer_sys::fuzz_target;

/// The user's end of the streams.
struct Streams<'a> {
    input: &'a [u8],
    /// Most bytes that one read gives.
    step: usize,
    output: Vec<u8>,
}

/// # Safety
/// As the header says; `user` is a [`Streams`].
unsafe extern "C" fn read(user: *mut c_void, buffer: *mut u8, length: usize) -> isize {
    // SAFETY: the library passes on what it was given, and a buffer of that length.
    let (streams, buffer) = unsafe {
        let buffer = std::slice::from_raw_parts_mut(buffer, length);
        (&mut *user.cast::<Streams<'_>>(), buffer)
    };
    let count = length.min(streams.step).min(streams.input.len());
    let (now, later) = streams.input.split_at(count);
    buffer[..count].copy_from_slice(now);
    streams.input = later;
    count as isize
}

/// # Safety
/// As the header says; `user` is a [`Streams`].
unsafe extern "C" fn write(user: *mut c_void, bytes: *const u8, length: usize) -> i32 {
    // SAFETY: the library passes on what it was given, and as many bytes as it says.
    unsafe {
        let bytes = std::slice::from_raw_parts(bytes, length);
        (*user.cast::<Streams<'_>>())
            .output
            .extend_from_slice(bytes);
    }
    0
}

type InMemory = unsafe extern "C" fn(
    *const u8,
    usize,
    *const lentil_options,
    *mut *mut u8,
    *mut usize,
) -> lentil_status;
type ByStreams = unsafe extern "C" fn(
    lentil_capi::lentil_read,
    lentil_capi::lentil_write,
    *mut c_void,
    *const lentil_options,
) -> lentil_status;

fn call(
    function: InMemory,
    input: &[u8],
    options: &lentil_options,
) -> Result<Vec<u8>, lentil_status> {
    let (mut out, mut length) = (ptr::dangling_mut(), 1);
    // SAFETY: all pointers are to memory of the sizes given; what is given out is freed once.
    unsafe {
        let status = function(input.as_ptr(), input.len(), options, &mut out, &mut length);
        if status != LENTIL_OK {
            assert!(out.is_null() && length == 0);
            return Err(status);
        }
        let bytes = std::slice::from_raw_parts(out, length).to_vec();
        lentil_free(out, length);
        Ok(bytes)
    }
}

fn stream(
    function: ByStreams,
    input: &[u8],
    step: usize,
    options: &lentil_options,
) -> Result<Vec<u8>, lentil_status> {
    let mut streams = Streams {
        input,
        step,
        output: Vec::new(),
    };
    // SAFETY: the callbacks take the streams, which live on.
    match unsafe { function(Some(read), Some(write), (&raw mut streams).cast(), options) } {
        LENTIL_OK => Ok(streams.output),
        status => Err(status),
    }
}

fuzz_target!(|data: &[u8]| {
    let mut options = MaybeUninit::<lentil_options>::uninit();
    // SAFETY: the struct has as many bytes, and all fields are set.
    let mut options = unsafe {
        lentil_options_init(options.as_mut_ptr(), size_of::<lentil_options>());
        options.assume_init()
    };
    options.memory_limit = 32 << 20;
    let step = 1 + usize::from(data.last().copied().unwrap_or(0)) * 4;

    let lep = call(lentil_compress, data, &options);
    assert_eq!(lep, stream(lentil_compress_stream, data, step, &options));
    let faults = [LENTIL_IO, LENTIL_INTERNAL, LENTIL_MISMATCH];
    match lep {
        Ok(lep) => assert!(call(lentil_decompress, &lep, &options).as_deref() == Ok(data)),
        Err(status) => assert!(!faults.contains(&status), "{status:?}"),
    }

    let jpeg = call(lentil_decompress, data, &options);
    assert_eq!(jpeg, stream(lentil_decompress_stream, data, step, &options));
    if let Err(status) = jpeg {
        assert!(!faults.contains(&status), "{status:?}");
    }
});
