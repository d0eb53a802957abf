//! The C functions on arbitrary bytes.
#![no_main]

use std::ptr;

use lentil_capi::{lentil_compress, lentil_decompress, lentil_free, lentil_options_init};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut options = std::mem::MaybeUninit::uninit();
    // SAFETY: all pointers are to memory of the sizes given, or null where that is allowed; what
    // the library gives is freed once.
    unsafe {
        lentil_options_init(options.as_mut_ptr());
        let mut options = options.assume_init();
        options.memory_limit = 64 << 20;
        let (mut out, mut length) = (ptr::null_mut(), 0);
        if lentil_compress(data.as_ptr(), data.len(), &options, &mut out, &mut length) == 0 {
            let (mut back, mut back_length) = (ptr::null_mut(), 0);
            let restored = lentil_decompress(out, length, ptr::null(), &mut back, &mut back_length);
            assert_eq!(restored, 0);
            assert_eq!(std::slice::from_raw_parts(back, back_length), data);
            lentil_free(back, back_length);
        }
        lentil_free(out, length);
        if lentil_decompress(data.as_ptr(), data.len(), &options, &mut out, &mut length) == 0 {
            lentil_free(out, length);
        }
    }
});
