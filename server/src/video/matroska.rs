//! WebM and Matroska, by the crate matroska-demuxer.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use matroska_demuxer::{DemuxError, MatroskaFile};

use super::Error;
use super::stream::{Frame, StreamInfo};

/// The first bytes of a file: EBML.
pub const MAGIC: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

/// The first VP8 track of a file that lies in memory.
pub struct Track {
    file: MatroskaFile<Bounded>,
    number: u64,
    frame: matroska_demuxer::Frame,
}

/// A file that ends the search of who runs in circles: sizes in damaged files can lead back to where they are.
struct Bounded {
    file: Cursor<Vec<u8>>,
    /// How often it may still be read, or another place be sought.
    left: u64,
}

impl Bounded {
    fn new(bytes: Vec<u8>) -> Self {
        // The demuxer reads headers byte by byte, and passes over the file a few times.
        let left = 16 * bytes.len() as u64 + 4096;
        let file = Cursor::new(bytes);
        Bounded { file, left }
    }

    fn count(&mut self) -> io::Result<()> {
        let left = self.left.checked_sub(1);
        self.left =
            left.ok_or_else(|| io::Error::other("its parts refer to each other in circles"))?;
        Ok(())
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.count()?;
        self.file.read(buffer)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.count()?;
        self.file.seek(to)
    }
}

fn corrupt(error: DemuxError) -> Error {
    Error::Corrupt(match error {
        // It does not say what is in it.
        DemuxError::IoError(inner) => inner.to_string(),
        other => other.to_string(),
    })
}

/// Finds the track.
pub fn open(bytes: Vec<u8>) -> Result<(StreamInfo, Track), Error> {
    let file = MatroskaFile::open(Bounded::new(bytes)).map_err(corrupt)?;
    let track = file.tracks().iter().find(|t| t.codec_id() == "V_VP8");
    let track = track.ok_or(Error::Unsupported("a Matroska file without a VP8 track"))?;
    let size = |of: fn(&matroska_demuxer::Video) -> std::num::NonZeroU64| {
        let size = track.video().map_or(0, |video| of(video).get());
        u16::try_from(size).unwrap_or(0)
    };
    let info = StreamInfo {
        container: "Matroska",
        width: size(matroska_demuxer::Video::pixel_width),
        height: size(matroska_demuxer::Video::pixel_height),
        rate: track.default_duration().map_or((0, 0), |d| rate(d.get())),
    };
    let track = Track {
        number: track.track_number().get(),
        file,
        frame: matroska_demuxer::Frame::default(),
    };
    Ok((info, track))
}

/// Frames a second, as a fraction: the nearest of those in use, or what the nanoseconds of a frame say.
fn rate(nanoseconds: u64) -> (u32, u32) {
    const SECOND: u64 = 1_000_000_000;
    let usual = [24, 25, 30, 50, 60, 100, 120].map(|rate| (rate, 1));
    let film = [24_000, 30_000, 60_000, 120_000].map(|rate| (rate, 1001));
    let near = |&(rate, per): &(u32, u32)| {
        let exact = SECOND * u64::from(per) / u64::from(rate);
        exact.abs_diff(nanoseconds) <= 1
    };
    let known = usual.into_iter().chain(film).find(near);
    let millions = u32::try_from(nanoseconds / 1000).unwrap_or(u32::MAX);
    known.unwrap_or((1_000_000, millions))
}

impl Track {
    /// The next frame into `data`; `None` at the end.
    pub fn frame(&mut self, data: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
        loop {
            if !self.file.next_frame(&mut self.frame).map_err(corrupt)? {
                return Ok(None);
            }
            if self.frame.track == self.number {
                std::mem::swap(data, &mut self.frame.data);
                return Ok(Some(Frame {
                    time: self.frame.timestamp,
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_end() {
        let file = include_bytes!("../../../tests/data/vp8/endless.webm");
        assert!(matches!(open(file.to_vec()), Err(Error::Corrupt(_))));
    }

    #[test]
    fn rates_are_those_in_use() {
        assert_eq!(rate(33_366_666), (30_000, 1001));
        assert_eq!(rate(40_000_000), (25, 1));
        assert_eq!(rate(41_666_667), (24, 1));
        assert_eq!(rate(70_000_000), (1_000_000, 70_000));
    }
}
