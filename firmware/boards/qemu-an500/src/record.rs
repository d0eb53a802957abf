//! Pictures to VP8.

use lentil_app::record::{Camera, Desk, Film, Recorder};
use lentil_app::{Error, Sink, Source};
use md5::{Digest, Md5};

use crate::count::Instructions;
use crate::files::{HostFile, NewFile};
use crate::video::hex;
use crate::{clock, describe, stack};

/// What encoding may use of the stack, in bytes.
const MOST_STACK: u32 = 16 << 10;
/// What an inter frame may take.
const MOST_INSTRUCTIONS: u64 = 15_000_000;
/// What there is for all: a camera's RAM, with the stack.
const MOST_MEMORY: usize = 640 << 10;
/// The quantizer of all frames.
const QUANTIZER: u8 = 48;

/// A Y4M file as a sensor: pictures of whole macroblocks.
struct Y4m {
    file: HostFile,
    /// Width and height.
    size: [u16; 2],
    /// Where the picture's samples begin, and its next row of macroblocks.
    picture: u32,
    row: u32,
}

/// A number in decimal digits after a letter.
fn number(line: &[u8], letter: u8) -> Option<u16> {
    let mut fields = line.split(|&byte| byte == b' ');
    let field = fields.find(|field| field.first() == Some(&letter))?;
    core::str::from_utf8(field.get(1..)?).ok()?.parse().ok()
}

const FRAME: &[u8] = b"FRAME\n";

impl Y4m {
    /// Before the first picture.
    fn open(mut file: HostFile) -> Result<Self, &'static str> {
        let mut header = [0; 128];
        let len = file.read_at(0, &mut header).map_err(describe)?;
        let line = header[..len].split(|&byte| byte == b'\n').next();
        let line = line.unwrap_or_default();
        let size = (number(line, b'W').zip(number(line, b'H'))).ok_or("no size in the Y4M")?;
        let size = [size.0, size.1];
        if size.iter().any(|side| side % 16 > 0) {
            return Err("pictures are not of whole macroblocks");
        }
        Ok(Y4m {
            file,
            size,
            picture: (line.len() + 1) as u32,
            row: 0,
        })
    }

    /// Goes to the next picture, `taken` says whether one was taken before; false after the last.
    fn next(&mut self, taken: bool) -> Result<bool, &'static str> {
        let [width, height] = self.size.map(u32::from);
        if taken {
            self.picture += width * height * 3 / 2;
        }
        let mut marker = [0; FRAME.len()];
        let read = self.file.read_at(self.picture, &mut marker);
        self.picture += FRAME.len() as u32;
        self.row = 0;
        Ok(read.map_err(describe)? > 0 && marker == FRAME)
    }
}

impl Camera for Y4m {
    fn strip(&mut self, strip: &mut [u8]) -> Result<(), Error> {
        let [width, height] = self.size.map(u32::from);
        let luma = (16 * width) as usize;
        let (y, chroma) = strip.split_at_mut_checked(luma).ok_or(Error::Memory)?;
        let (u, v) = chroma.split_at_mut_checked(luma / 4).ok_or(Error::Memory)?;
        let (row, plane) = (self.row, width * height);
        let places = [
            (y, 0, 16 * width),
            (u, plane, 4 * width),
            (v, plane + plane / 4, 4 * width),
        ];
        for (to, from, bytes) in places {
            self.file.read_at(self.picture + from + row * bytes, to)?;
        }
        self.row += 1;
        Ok(())
    }
}

/// An IVF file's header, but for the number of frames.
fn ivf_header([width, height]: [u16; 2]) -> [u8; 32] {
    let mut header = *b"DKIF\0\0\x20\0VP80wwhh\x1e\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    header[12..14].copy_from_slice(&width.to_le_bytes());
    header[14..16].copy_from_slice(&height.to_le_bytes());
    header
}

fn frame_header(bytes: usize, number: u32) -> [u8; 12] {
    let mut header = [0; 12];
    header[..4].copy_from_slice(&(bytes as u32).to_le_bytes());
    header[4..8].copy_from_slice(&number.to_le_bytes());
    header
}

/// Where a film goes: its frames, and the MD5 of each reconstruction's I420 bytes.
pub struct Outputs {
    pub ivf: NewFile,
    pub sums: NewFile,
}

/// Encodes the pictures of a Y4M file, and reports.
pub fn record(
    name: &str,
    y4m: HostFile,
    mut to: Outputs,
    film: &'static mut Film,
    desk: &'static mut Desk,
) -> Result<(), &'static str> {
    let depth = stack::depth();
    let mut camera = Y4m::open(y4m)?;
    let size = camera.size;
    let mut recorder = Recorder::new(film, desk);
    to.ivf.write(&ivf_header(size)).map_err(describe)?;
    let (mut key, mut inter) = (Instructions::default(), Instructions::default());
    // Before any MD5 is taken: what encoding needs.
    let (mut frames, mut bytes, mut most_stack) = (0, 0, 0);
    while camera.next(frames > 0)? {
        let key_frame = (frames == 0).then_some(size);
        let before = clock::instructions();
        let frame = recorder.encode(&mut camera, key_frame, QUANTIZER);
        let count = clock::instructions() - before;
        most_stack = most_stack.max(stack::used());
        let frame = frame.map_err(describe)?;
        if frames == 0 {
            key.add(count);
        } else {
            inter.add(count);
        }
        let header = frame_header(frame.len(), frames);
        to.ivf.write(&header).map_err(describe)?;
        to.ivf.write(frame).map_err(describe)?;
        bytes += frame.len();
        frames += 1;
        to.sums.write(&hex(&md5(&recorder))).map_err(describe)?;
        to.sums.write(b"\n").map_err(describe)?;
    }
    let memory = Recorder::memory() + most_stack as usize;
    defmt::info!(
        "{=str}: {=u32} frames of {=u16} x {=u16} to {=usize} bytes; {=u32} instructions for the key frame, {=u32} for an inter frame, at most {=u32}; {=usize} bytes of memory, {=u32} of them stack, of which encoding takes {=u32}",
        name,
        frames,
        size[0],
        size[1],
        bytes,
        key.mean(),
        inter.mean(),
        inter.most(),
        memory,
        most_stack,
        most_stack - depth,
    );
    if most_stack - depth > MOST_STACK {
        return Err("encoding takes more than 16 KiB of stack");
    }
    if memory > MOST_MEMORY {
        return Err("encoding takes more than 640 KiB of memory");
    }
    if u64::from(inter.most()) > MOST_INSTRUCTIONS {
        return Err("an inter frame takes more than 15 million instructions");
    }
    Ok(())
}

#[inline(never)]
fn md5(recorder: &Recorder<'_>) -> [u8; 16] {
    let mut hash = Md5::new();
    recorder.show(|line| hash.update(line));
    hash.finalize().into()
}
