//! The C functions for video on arbitrary bytes: as a file of frames, and as a codec that was saved.
#![no_main]

use std::mem::MaybeUninit;
use std::ptr;

use lentil_capi::lentil_status::{
    LENTIL_ARGUMENT, LENTIL_INTERNAL, LENTIL_IO, LENTIL_MISMATCH, LENTIL_OK,
};
use lentil_capi::{
    lentil_codec, lentil_codec_decode, lentil_codec_digest, lentil_codec_free, lentil_codec_load,
    lentil_codec_new, lentil_codec_save, lentil_frame_info, lentil_frame_info_init, lentil_free,
    lentil_picture_free, lentil_picture_i420, lentil_picture_i420_length, lentil_status,
    lentil_video_free, lentil_video_next_frame, lentil_video_open_memory, lentil_video_options,
    lentil_video_options_init,
};
use libfuzzer_sys::fuzz_target;

/// What is wrong with the input is the input's fault.
fn check(status: lentil_status) {
    let faults = [LENTIL_IO, LENTIL_INTERNAL, LENTIL_MISMATCH, LENTIL_ARGUMENT];
    assert!(!faults.contains(&status), "{status:?}");
}

/// # Safety
/// `codec` is a handle.
unsafe fn digest(codec: *const lentil_codec) -> [u8; 32] {
    let mut digest = [0; 32];
    // SAFETY: there is room for as many bytes.
    assert!(unsafe { lentil_codec_digest(codec, digest.as_mut_ptr()) } == LENTIL_OK);
    digest
}

/// What is saved loads as the same.
///
/// # Safety
/// `codec` is a handle.
unsafe fn round_trip(codec: *const lentil_codec, options: &lentil_video_options) {
    let (mut out, mut length, mut loaded) = (ptr::null_mut(), 0, ptr::null_mut());
    // SAFETY: all pointers are to memory of the sizes given; what is given out is freed once.
    unsafe {
        assert!(lentil_codec_save(codec, &mut out, &mut length) == LENTIL_OK);
        assert!(lentil_codec_load(out, length, options, &mut loaded) == LENTIL_OK);
        lentil_free(out, length);
        assert!(digest(codec) == digest(loaded));
        lentil_codec_free(loaded);
    }
}

/// Decodes a frame; the codec is replaced by the next one if that goes well.
///
/// # Safety
/// `codec` is a handle.
unsafe fn decode(codec: &mut *mut lentil_codec, data: &[u8]) {
    let (mut next, mut picture) = (ptr::dangling_mut(), ptr::dangling_mut());
    let mut info = MaybeUninit::<lentil_frame_info>::uninit();
    // SAFETY: all pointers are to memory of the sizes given; the handles are freed once.
    unsafe {
        lentil_frame_info_init(info.as_mut_ptr(), size_of::<lentil_frame_info>());
        let mut info = info.assume_init();
        let bytes = (data.as_ptr(), data.len());
        let status =
            lentil_codec_decode(*codec, bytes.0, bytes.1, &mut next, &mut picture, &mut info);
        check(status);
        if status != LENTIL_OK {
            assert!(next.is_null() && picture.is_null());
            return;
        }
        assert!(picture.is_null() == (info.width == 0));
        if !picture.is_null() {
            let mut i420 = vec![0; lentil_picture_i420_length(picture)];
            let status = lentil_picture_i420(picture, i420.as_mut_ptr(), i420.len());
            assert!(status == LENTIL_OK);
        }
        lentil_picture_free(picture);
        lentil_codec_free(*codec);
    }
    *codec = next;
}

fuzz_target!(|data: &[u8]| {
    let mut options = MaybeUninit::<lentil_video_options>::uninit();
    let (mut codec, mut video, mut loaded) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: the struct has as many bytes, and all fields are set; all pointers are to memory of the sizes given; the
    // handles are freed once.
    unsafe {
        lentil_video_options_init(options.as_mut_ptr(), size_of::<lentil_video_options>());
        let mut options = options.assume_init();
        options.max_macroblocks = 400;
        options.memory_limit = 1 << 20;
        assert!(lentil_codec_new(&options, &mut codec) == LENTIL_OK);
        let mut status = lentil_video_open_memory(data.as_ptr(), data.len(), &options, &mut video);
        while status == LENTIL_OK {
            let (mut frame, mut length) = (ptr::null(), 0);
            status = lentil_video_next_frame(video, &mut frame, &mut length, ptr::null_mut());
            if status == LENTIL_OK {
                decode(&mut codec, std::slice::from_raw_parts(frame, length));
            }
        }
        check(status);
        lentil_video_free(video);
        round_trip(codec, &options);
        lentil_codec_free(codec);

        let status = lentil_codec_load(data.as_ptr(), data.len(), &options, &mut loaded);
        check(status);
        if status == LENTIL_OK {
            round_trip(loaded, &options);
        }
        lentil_codec_free(loaded);
    }
});
