//! Pictures to files.

use std::io::Write;

use super::{Error, Picture};

/// How pictures are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YUV4MPEG2: a header that says size and rate, then a line before each picture.
    Y4m,
    /// I420 and nothing else.
    I420,
}

/// Writes pictures one after the other.
#[derive(Debug)]
pub struct Writer<W> {
    output: W,
    format: Format,
    rate: (u32, u32),
    /// That of the first picture.
    size: Option<(u16, u16)>,
}

impl<W: Write> Writer<W> {
    /// Writes to `output`; `rate` is frames a second, as a fraction, for Y4M.
    pub fn new(output: W, format: Format, rate: (u32, u32)) -> Self {
        Writer {
            output,
            format,
            rate,
            size: None,
        }
    }

    /// Writes a picture.
    ///
    /// # Errors
    ///
    /// [`Error::Write`], or [`Error::Size`] if Y4M has another size already.
    pub fn write(&mut self, picture: &Picture) -> Result<(), Error> {
        let (width, height) = (picture.width(), picture.height());
        if self.format == Format::Y4m {
            match self.size {
                None => {
                    let (rate, per) = match self.rate {
                        (0, _) | (_, 0) => (30, 1),
                        rate => rate,
                    };
                    let header =
                        format!("YUV4MPEG2 W{width} H{height} F{rate}:{per} Ip A0:0 C420jpeg\n");
                    self.output
                        .write_all(header.as_bytes())
                        .map_err(Error::Write)?;
                    self.size = Some((width, height));
                }
                Some(size) if size != (width, height) => {
                    return Err(Error::Size { width, height });
                }
                Some(_) => {}
            }
            self.output.write_all(b"FRAME\n").map_err(Error::Write)?;
        }
        picture.write_i420(&mut self.output).map_err(Error::Write)
    }

    /// The output, with all that was written.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn finish(mut self) -> Result<W, Error> {
        self.output.flush().map_err(Error::Write)?;
        Ok(self.output)
    }
}
