//! Why a JPEG is not taken.

use core::fmt;

/// Why a JPEG cannot be compressed, or the header of a `.lep` file is not one of a JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The file does not begin with SOI (FF D8).
    NotJpeg,
    /// The coding process is not sequential or progressive Huffman DCT; the marker says which it is.
    Process(u8),
    /// Samples do not have 8 bits.
    Precision(u8),
    /// The height is left to a DNL segment after the first scan.
    NoHeight,
    /// Not 1 to 4 components.
    Components(u8),
    /// A sampling factor is not 1 to 4.
    Sampling {
        /// Horizontal factor.
        horizontal: u8,
        /// Vertical factor.
        vertical: u8,
    },
    /// A marker segment breaks the rules of T.81, annex B.
    Segment {
        /// Second byte of the segment's marker.
        marker: u8,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file ends, or its segments do, before the first scan.
    NoScan,
    /// Bytes that are no marker stand where a segment should begin.
    NoMarker,
    /// A scan uses a table that was not defined, or one that is no prefix code.
    MissingTable,
    /// Nothing of the first scan can be decoded.
    NothingDecoded,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::NotJpeg => f.write_str("not a JPEG file: it does not begin with FF D8"),
            Error::Process(marker) => {
                let process = match marker {
                    0xc3 | 0xc7 | 0xcb | 0xcf => "lossless",
                    0xc5 | 0xc6 | 0xcd | 0xce => "hierarchical",
                    _ => "arithmetic",
                };
                write!(f, "{process} coding (marker FF {marker:02X})")
            }
            Error::Precision(bits) => write!(f, "samples of {bits} bits; only 8 are supported"),
            Error::NoHeight => f.write_str("an image height that is given after the scan (DNL)"),
            Error::Components(n) => write!(f, "{n} components; 1 to 4 are supported"),
            Error::Sampling {
                horizontal,
                vertical,
            } => write!(
                f,
                "sampling factors {horizontal}x{vertical}; each must be 1 to 4"
            ),
            Error::Segment { marker, reason } => {
                write!(f, "damaged header: {reason} (segment FF {marker:02X})")
            }
            Error::NoScan => f.write_str("the file ends before its first scan"),
            Error::NoMarker => f.write_str("damaged header: a marker is missing"),
            Error::MissingTable => f.write_str("a scan uses a table that is not defined"),
            Error::NothingDecoded => f.write_str("damaged image: its first scan cannot be decoded"),
        }
    }
}

impl core::error::Error for Error {}
