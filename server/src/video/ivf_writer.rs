//! IVF files, written.

use std::io::{Seek, SeekFrom, Write};

use super::{Error, ivf};

/// Where the header says how many frames there are.
const COUNT_AT: u64 = 24;

/// Writes a VP8 stream to an IVF file.
#[derive(Debug)]
pub struct IvfWriter<W> {
    output: W,
    frames: u32,
}

impl<W: Write> IvfWriter<W> {
    /// Writes the header. `rate` is frames a second, as a fraction: times are counted in its reciprocal. If it is not known
    /// (0 in either place) it is taken for 30.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn begin(mut output: W, size: (u16, u16), rate: (u32, u32)) -> Result<Self, Error> {
        let (rate, per) = match rate {
            (0, _) | (_, 0) => (30, 1),
            rate => rate,
        };
        let mut header = [0; 32];
        header[..4].copy_from_slice(&ivf::MAGIC);
        header[6..8].copy_from_slice(&32u16.to_le_bytes());
        header[8..12].copy_from_slice(b"VP80");
        header[12..14].copy_from_slice(&size.0.to_le_bytes());
        header[14..16].copy_from_slice(&size.1.to_le_bytes());
        header[16..20].copy_from_slice(&rate.to_le_bytes());
        header[20..24].copy_from_slice(&per.to_le_bytes());
        output.write_all(&header).map_err(Error::Write)?;
        Ok(IvfWriter { output, frames: 0 })
    }

    /// Writes a frame that is shown at `time`.
    ///
    /// # Errors
    ///
    /// [`Error::FrameLength`] if it is longer than the file can say, [`Error::Write`].
    pub fn write(&mut self, frame: &[u8], time: u64) -> Result<(), Error> {
        let length = u32::try_from(frame.len()).map_err(|_| Error::FrameLength)?;
        let mut header = [0; 12];
        header[..4].copy_from_slice(&length.to_le_bytes());
        header[4..].copy_from_slice(&time.to_le_bytes());
        self.output.write_all(&header).map_err(Error::Write)?;
        self.output.write_all(frame).map_err(Error::Write)?;
        self.frames = self.frames.saturating_add(1);
        Ok(())
    }

    /// Has what was written so far arrive.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.output.flush().map_err(Error::Write)
    }

    /// The output, with all that was written. Its header says 0 frames, which is: not known.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn finish(mut self) -> Result<W, Error> {
        self.output.flush().map_err(Error::Write)?;
        Ok(self.output)
    }
}

impl<W: Write + Seek> IvfWriter<W> {
    /// The same, with the number of frames in the header. The output's first byte is that of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn finish_counted(mut self) -> Result<W, Error> {
        let count = self.frames.to_le_bytes();
        let output = &mut self.output;
        let patch = output
            .seek(SeekFrom::Start(COUNT_AT))
            .and_then(|_| output.write_all(&count))
            .and_then(|()| output.seek(SeekFrom::End(0)));
        patch.map_err(Error::Write)?;
        self.finish()
    }
}
