//! Y4M (YUV4MPEG2) files: a line that says what pictures there are, then a line before each.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::Error;
use super::picture::{Picture, Pixels, check_size};
use lentil_core::vp8::Limits;

/// The first bytes of a file.
const MAGIC: &[u8] = b"YUV4MPEG2";

/// Lines are no longer, or it is none.
const LONGEST_LINE: usize = 1024;

/// What a file says of its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Y4mInfo {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Frames a second, as a fraction; 0 in either place if the file does not say.
    pub rate: (u32, u32),
    /// Bytes of the line that says so.
    pub header_bytes: u64,
    /// Bytes of a picture, with the shortest line before it.
    pub frame_bytes: u64,
}

/// A Y4M stream, picture by picture; no more than one is held.
pub struct Y4m<R: Read> {
    input: BufReader<R>,
    info: Y4mInfo,
    /// Pictures that were read.
    count: u64,
    /// The last one, to be used again if nobody else has it any more.
    pixels: Arc<Pixels>,
    line: Vec<u8>,
}

impl<R: Read> std::fmt::Debug for Y4m<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Y4m")
            .field("info", &self.info)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Y4m<R> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if it is no Y4M file or an interlaced one, [`Error::Chroma`] if its pictures are not 4:2:0 of
    /// eight bits, [`Error::PictureSize`] if VP8 has none of their size, [`Error::TooLarge`] if they are over the limits,
    /// [`Error::Corrupt`] if the header is damaged, [`Error::Read`].
    pub fn open(input: R, limits: &Limits) -> Result<Self, Error> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut line = Vec::new();
        match read_line(&mut input, MAGIC, &mut line)? {
            Line::Whole => {}
            Line::End => return Err(Error::Unsupported("an empty file")),
            Line::Other => return Err(Error::Unsupported("no Y4M file: it does not begin as one")),
            Line::Long => return Err(Error::Corrupt("the Y4M header has no end".into())),
            Line::Short => return Err(Error::Corrupt("the Y4M header is cut short".into())),
        }
        let info = parse(&line)?;
        let (width, height) = (info.width, info.height);
        let within = limits.check(width, height);
        within.map_err(|_| Error::TooLarge { width, height })?;
        Ok(Y4m {
            input,
            info,
            count: 0,
            pixels: Arc::default(),
            line,
        })
    }

    /// What the file says.
    #[must_use]
    pub fn info(&self) -> &Y4mInfo {
        &self.info
    }

    /// The next picture; `None` at the end. If the one before is not held any more its memory is used again.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the file ends within a frame, or something else is in its place; the text says which, counted
    /// from 0. [`Error::Read`].
    pub fn next_picture(&mut self) -> Result<Option<Picture>, Error> {
        let count = self.count;
        let corrupt = |what: &str| Error::Corrupt(format!("frame {count} {what}"));
        match read_line(&mut self.input, b"FRAME", &mut self.line)? {
            Line::Whole => {}
            Line::End => return Ok(None),
            Line::Other => return Err(corrupt("does not begin with FRAME")),
            Line::Long => return Err(corrupt("begins with a line that has no end")),
            Line::Short => {
                return Err(corrupt("is cut short: the file ends within its first line"));
            }
        }
        if Arc::get_mut(&mut self.pixels).is_none() {
            self.pixels = Arc::default();
        }
        if let Some(pixels) = Arc::get_mut(&mut self.pixels) {
            pixels.resize(self.info.width, self.info.height);
            let (input, mut got) = (&mut self.input, 0);
            let needed = pixels.i420_len();
            pixels.fill(|line| {
                let read = fill(input, line)?;
                got += read;
                if read < line.len() {
                    let what = format!("is cut short: the file ends after {got} of {needed} bytes");
                    return Err(corrupt(&what));
                }
                Ok(())
            })?;
        }
        self.count += 1;
        Ok(Some(Picture(self.pixels.clone())))
    }
}

/// How a line was read.
enum Line {
    /// It begins as it should, and what follows up to its end is there.
    Whole,
    /// There is nothing any more.
    End,
    /// It begins otherwise.
    Other,
    /// It is longer than lines are.
    Long,
    /// The input ends in it.
    Short,
}

/// Reads a line that begins with a word; the rest of it goes to `line`.
fn read_line(input: &mut impl Read, word: &[u8], line: &mut Vec<u8>) -> Result<Line, Error> {
    line.clear();
    let mut first = [0; 16];
    let first = &mut first[..word.len()];
    let got = fill(input, first)?;
    if first[..got] != word[..got] {
        return Ok(Line::Other);
    }
    if got < word.len() {
        return Ok(if got == 0 { Line::End } else { Line::Short });
    }
    let mut byte = [0];
    while line.len() <= LONGEST_LINE {
        if fill(input, &mut byte)? == 0 {
            return Ok(Line::Short);
        }
        if byte == *b"\n" {
            let parameters = line.is_empty() || line[0] == b' ';
            return Ok(if parameters { Line::Whole } else { Line::Other });
        }
        line.push(byte[0]);
    }
    Ok(Line::Long)
}

/// Fills the buffer as far as the input goes; says how far.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::Read(e)),
        }
    }
    Ok(filled)
}

/// What the header's parameters say.
fn parse(line: &[u8]) -> Result<Y4mInfo, Error> {
    let text = String::from_utf8_lossy(line);
    let (mut width, mut height, mut rate) = (0, 0, (0, 0));
    for parameter in text.split_ascii_whitespace() {
        let mut chars = parameter.chars();
        let (kind, value) = (chars.next(), chars.as_str());
        let wrong = || Error::Corrupt(format!("{parameter:?} in the Y4M header"));
        match kind {
            Some('W') => width = value.parse().map_err(|_| wrong())?,
            Some('H') => height = value.parse().map_err(|_| wrong())?,
            Some('F') => rate = fraction(value).ok_or_else(wrong)?,
            Some('C') => check_chroma(value)?,
            Some('I') => check_interlacing(value)?,
            // The shape of pixels, and what some programs add, VP8 cannot say.
            _ => {}
        }
    }
    let [width, height] = check_size(width, height)?;
    let pixels = Pixels {
        width,
        height,
        data: Vec::new(),
    };
    Ok(Y4mInfo {
        width,
        height,
        rate,
        header_bytes: (MAGIC.len() + line.len() + 1) as u64,
        frame_bytes: (pixels.i420_len() + b"FRAME\n".len()) as u64,
    })
}

fn fraction(text: &str) -> Option<(u32, u32)> {
    let (rate, per) = text.split_once(':')?;
    Some((rate.parse().ok()?, per.parse().ok()?))
}

/// The names differ in where chroma samples lie, which VP8 does not say.
fn check_chroma(name: &str) -> Result<(), Error> {
    match name {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(()),
        _ => Err(Error::Chroma(format!("Y4M pictures of the kind C{name}"))),
    }
}

fn check_interlacing(name: &str) -> Result<(), Error> {
    match name {
        "p" | "?" | "" => Ok(()),
        _ => Err(Error::Unsupported(
            "interlaced pictures; VP8 has progressive ones: deinterlace them first, say, with ffmpeg -vf yadif",
        )),
    }
}
