//! The C functions that encode and rebase: small pictures of the fuzzer's bytes, with settings that may be out of range. What
//! is encoded decodes to what the encoder says; the fuzzer's bytes are a frame to rebase, too.
#![no_main]

use std::mem::MaybeUninit;
use std::ptr;

use lentil_capi::lentil_status::{LENTIL_ARGUMENT, LENTIL_CORRUPT, LENTIL_LIMIT, LENTIL_OK};
use lentil_capi::*;
use lentil_tests::vp8_maker::{Bytes, Draw};
use libfuzzer_sys::fuzz_target;

/// The largest side of a picture.
const SIDE: u32 = 40;

/// What may be said of what the fuzzer asks for; whether there is a result.
fn done(status: lentil_status) -> bool {
    let expected = [LENTIL_OK, LENTIL_ARGUMENT, LENTIL_CORRUPT, LENTIL_LIMIT];
    assert!(expected.contains(&status), "{status:?}");
    status == LENTIL_OK
}

/// A picture of the bytes over and over, with lines that may be further apart than they are long.
fn picture(choices: &mut Bytes, data: &[u8], [width, height]: [u32; 2]) -> *mut lentil_picture {
    let gap = choices.draw(3);
    let half = (width.div_ceil(2), height.div_ceil(2));
    let sides = [(width, height), half, half].map(|(w, h)| (w as usize, h as usize));
    let strides = sides.map(|(width, _)| width + gap);
    let planes = sides.map(|(width, height)| {
        let length = (width + gap) * (height - 1) + width;
        let bytes = data.iter().chain(&[128]).cycle().skip(width % 8);
        bytes.take(length).copied().collect::<Vec<u8>>()
    });
    let pointers = [planes[0].as_ptr(), planes[1].as_ptr(), planes[2].as_ptr()];
    let mut picture = ptr::null_mut();
    // SAFETY: the planes are as long as they have to be.
    let status = unsafe {
        lentil_picture_new(
            width,
            height,
            pointers.as_ptr(),
            strides.as_ptr(),
            &mut picture,
        )
    };
    assert!(status == LENTIL_OK);
    picture
}

/// Settings that are, but for few, in their ranges.
fn settings(choices: &mut Bytes) -> lentil_encode_settings {
    let mut settings = MaybeUninit::<lentil_encode_settings>::uninit();
    // SAFETY: the struct has as many bytes, and all fields are set.
    let mut settings = unsafe {
        lentil_encode_settings_init(settings.as_mut_ptr(), size_of::<lentil_encode_settings>());
        settings.assume_init()
    };
    let mut draw = |below: usize| choices.draw(below) as u32;
    settings.preset = draw(3);
    settings.key_frame = draw(2);
    settings.shown = draw(2);
    settings.quantizer = draw(129);
    settings.partitions = 1 << draw(4);
    settings.last = draw(2);
    settings.golden = draw(4);
    settings.altref = draw(5);
    settings.use_last = draw(2);
    settings.use_golden = draw(2);
    settings.refresh_entropy = draw(2);
    settings.expected_coded = draw(256);
    settings.expected_filter_level = draw(66);
    settings
}

/// # Safety
/// `codec` is a handle.
unsafe fn digest(codec: *const lentil_codec) -> [u8; 32] {
    let mut digest = [0; 32];
    // SAFETY: there is room for as many bytes.
    assert!(unsafe { lentil_codec_digest(codec, digest.as_mut_ptr()) } == LENTIL_OK);
    digest
}

/// Decodes what was encoded after a codec, which is replaced by the next one; frees it.
///
/// # Safety
/// `codec` and `encoded` are handles.
unsafe fn decode(codec: &mut *mut lentil_codec, encoded: *mut lentil_encoded) {
    let (mut next, mut promised, mut length) = (ptr::null_mut(), ptr::null_mut(), 0);
    let nothing = ptr::null_mut();
    // SAFETY: all pointers are to memory of the sizes given; the handles are freed once.
    unsafe {
        let frame = lentil_encoded_frame(encoded, &mut length);
        let status =
            lentil_codec_decode(*codec, frame, length, &mut next, nothing, ptr::null_mut());
        assert!(status == LENTIL_OK);
        assert!(lentil_encoded_codec(encoded, &mut promised) == LENTIL_OK);
        assert!(digest(next) == digest(promised));
        lentil_codec_free(promised);
        lentil_codec_free(*codec);
        lentil_encoded_free(encoded);
    }
    *codec = next;
}

/// Encodes a picture after a codec, which is replaced by the next one if that goes well; with an analysis or without.
///
/// # Safety
/// `codec` and `picture` are handles.
unsafe fn encode(choices: &mut Bytes, codec: &mut *mut lentil_codec, picture: *mut lentil_picture) {
    let (mut analysis, mut encoded) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers are to memory of the sizes given; the handles are freed once.
    unsafe {
        if choices.once_in(2) {
            let settings = settings(choices);
            done(lentil_codec_analyse(
                *codec,
                picture,
                &settings,
                &mut analysis,
            ));
        }
        let settings = settings(choices);
        let status = lentil_codec_encode(*codec, picture, &settings, analysis, &mut encoded);
        assert!(done(status) != encoded.is_null());
        if !encoded.is_null() {
            decode(codec, encoded);
        }
        lentil_analysis_free(analysis);
    }
}

/// Rebases the bytes as if they were a frame, and one that is, made for one codec, onto another.
///
/// # Safety
/// `codec`, `made_for` and `picture` are handles.
unsafe fn rebase(
    data: &[u8],
    codec: &mut *mut lentil_codec,
    made_for: *const lentil_codec,
    picture: *mut lentil_picture,
) {
    let (mut encoder, mut rebaser) = (ptr::null_mut(), ptr::null_mut());
    let (mut frame, mut rebased, mut length) = (ptr::null_mut(), ptr::null_mut(), 0);
    // SAFETY: all pointers are to memory of the sizes given; the handles are freed once.
    unsafe {
        assert!(lentil_rebaser_new(*codec, made_for, 0, &mut rebaser) == LENTIL_OK);
        let bytes = (data.as_ptr(), data.len());
        if done(lentil_rebaser_rebase(
            rebaser,
            bytes.0,
            bytes.1,
            picture,
            &mut rebased,
        )) {
            decode(codec, rebased);
        } else {
            assert!(lentil_encoder_new(made_for, ptr::null(), &mut encoder) == LENTIL_OK);
            if done(lentil_encoder_encode(encoder, picture, &mut frame)) {
                let bytes = lentil_encoded_frame(frame, &mut length);
                if done(lentil_rebaser_rebase(
                    rebaser,
                    bytes,
                    length,
                    picture,
                    &mut rebased,
                )) {
                    decode(codec, rebased);
                }
                lentil_encoded_free(frame);
            }
            lentil_encoder_free(encoder);
        }
        lentil_rebaser_free(rebaser);
    }
}

fuzz_target!(|data: &[u8]| {
    let mut choices = Bytes(data);
    let (mut codec, mut before) = (ptr::null_mut(), ptr::null_mut());
    let mut options = MaybeUninit::<lentil_video_options>::uninit();
    // SAFETY: the struct has as many bytes, and all fields are set; all pointers are to memory of the sizes given; the
    // handles are freed once.
    unsafe {
        lentil_video_options_init(options.as_mut_ptr(), size_of::<lentil_video_options>());
        let mut options = options.assume_init();
        options.max_macroblocks = 9;
        assert!(lentil_codec_new(&options, &mut codec) == LENTIL_OK);
        assert!(lentil_codec_clone(codec, &mut before) == LENTIL_OK);
        let mut size = [1; 2];
        for _ in 0..4 {
            if choices.once_in(2) {
                size = [(); 2].map(|()| 1 + choices.draw(SIDE as usize) as u32);
            }
            let picture = picture(&mut choices, data, size);
            if choices.once_in(4) {
                rebase(choices.0, &mut codec, before, picture);
            } else {
                encode(&mut choices, &mut codec, picture);
            }
            lentil_picture_free(picture);
            if choices.once_in(3) {
                lentil_codec_free(before);
                assert!(lentil_codec_clone(codec, &mut before) == LENTIL_OK);
            }
        }
        lentil_codec_free(before);
        lentil_codec_free(codec);
    }
});
