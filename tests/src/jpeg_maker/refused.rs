//! Named inputs that the codec must refuse.

use super::file::make;
use super::spec::JpegSpec;

/// Inputs that must be refused as not supported or as no JPEG at all, by name.
#[must_use]
pub fn refused() -> Vec<(String, Vec<u8>)> {
    let with_frame = |marker: u8, precision: u8| {
        let mut bytes = make(&JpegSpec::grey(8, 8));
        let sof = bytes
            .windows(2)
            .position(|w| w == [0xFF, 0xC0])
            .expect("a frame header");
        (bytes[sof + 1], bytes[sof + 4]) = (marker, precision);
        bytes
    };
    let without = |marker: u8| {
        let mut bytes = make(&JpegSpec::grey(8, 8));
        let at = bytes
            .windows(2)
            .position(|w| w == [0xFF, marker])
            .expect("such a segment");
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        bytes.drain(at..at + 2 + length);
        bytes
    };
    let list: Vec<(&str, Vec<u8>)> = vec![
        ("arithmetic", with_frame(0xC9, 8)),
        ("arithmetic_progressive", with_frame(0xCA, 8)),
        ("lossless", with_frame(0xC3, 8)),
        ("hierarchical", with_frame(0xC5, 8)),
        ("hierarchical_progressive", with_frame(0xC6, 8)),
        ("bits_12", with_frame(0xC1, 12)),
        ("bits_16", with_frame(0xC1, 16)),
        ("no_frame_header", without(0xC0)),
        (
            "png",
            b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0".to_vec(),
        ),
        ("jpeg_xl", b"\xFF\x0A\xFA\x7F\x01\x90\x08\x06".to_vec()),
        ("empty", vec![]),
        ("one_byte", vec![0xFF]),
        ("only_soi", vec![0xFF, 0xD8]),
        ("soi_eoi", vec![0xFF, 0xD8, 0xFF, 0xD9]),
        ("header_only", make(&JpegSpec::grey(8, 8))[..100].to_vec()),
        ("text", b"This is no picture.\n".to_vec()),
    ];
    list.into_iter()
        .map(|(name, bytes)| (name.to_string(), bytes))
        .collect()
}
