//! VP8 from an IVF file, frame by frame, in memory that is known when the program is linked.

use lentil_core::kernels::Scalar;
use lentil_core::vp8::{
    Above, Blocks, Contexts, Error as Vp8, Frame, Limits, Macroblock, Memory, Picture, PictureMut,
    References, RowSyntax, Source as From, State, decode, lines_len,
};

use crate::{Error, Source};

/// Most columns of macroblocks: 320 pixels.
pub const COLUMNS: usize = 20;
/// Most macroblocks: 320 x 240 pixels.
pub const MACROBLOCKS: usize = 300;
/// Most bytes of a compressed frame.
pub const FRAME: usize = 64 << 10;

const PICTURE: usize = Picture::len(MACROBLOCKS, 1);
const LIMITS: Limits = Limits {
    width: 16 * COLUMNS as u16,
    height: u16::MAX,
    macroblocks: MACROBLOCKS as u32,
};

/// Numbers, and nothing that not every bit pattern is good for: half a megabyte that other work may share.
#[derive(Debug)]
pub struct Arena {
    /// The three references, and the picture at hand.
    pictures: [[u8; PICTURE]; 4],
    /// The segment map, and the next one.
    segments: [[u8; MACROBLOCKS]; 2],
    blocks: [Blocks; COLUMNS],
    lines: [u8; lines_len(COLUMNS)],
    frame: [u8; FRAME],
}

/// The rest of what decoding a frame works with.
#[derive(Debug)]
pub struct Rows {
    above: [Above; COLUMNS],
    contexts: [Contexts; COLUMNS],
    macroblocks: [Macroblock; COLUMNS],
}

impl Rows {
    /// For the first frame.
    pub const NEW: Rows = Rows {
        above: [Above::NEW; COLUMNS],
        contexts: [Contexts::NEW; COLUMNS],
        macroblocks: [Macroblock::NEW; COLUMNS],
    };
}

/// An IVF file that is being played.
#[derive(Debug)]
pub struct Player<'a> {
    arena: &'a mut Arena,
    rows: &'a mut Rows,
    state: State,
    /// Which picture is last, golden and altref.
    references: [usize; 3],
    /// Which segment map is the current one.
    map: usize,
    /// The picture that was shown last.
    shown: Option<usize>,
    /// Where the next frame is in the file.
    next: u32,
    /// Bytes of the frame at hand.
    frame_bytes: usize,
}

/// Bytes of the file's header and of a frame's.
const FILE_HEADER: u32 = 32;
const FRAME_HEADER: usize = 12;

impl<'a> Player<'a> {
    /// Before the first frame.
    pub fn new(arena: &'a mut Arena, rows: &'a mut Rows) -> Self {
        Player {
            arena,
            rows,
            state: State::NEW,
            references: [0; 3],
            map: 0,
            shown: None,
            next: FILE_HEADER,
            frame_bytes: 0,
        }
    }

    /// Reads the next frame; false after the last.
    pub fn load(&mut self, ivf: &mut impl Source) -> Result<bool, Error> {
        let mut header = [0; FRAME_HEADER];
        if ivf.read_at(self.next, &mut header)? < FRAME_HEADER {
            return Ok(false);
        }
        let [a, b, c, d, ..] = header;
        let bytes = u32::from_le_bytes([a, b, c, d]) as usize;
        let place = self.arena.frame.get_mut(..bytes).ok_or(Error::Memory)?;
        self.frame_bytes = ivf.read_at(self.next + FRAME_HEADER as u32, place)?;
        self.next += (FRAME_HEADER + bytes) as u32;
        Ok(true)
    }

    /// Decodes the frame that was read; whether there is a picture to show.
    pub fn decode(&mut self) -> Result<bool, Error> {
        let Arena {
            pictures,
            segments: [one, two],
            blocks,
            lines,
            frame,
        } = &mut *self.arena;
        let frame = &frame[..self.frame_bytes];
        // By reference: a frame is some 5 kB, and moving it would take twice that of the stack.
        let begun = Frame::begin(&self.state, frame, &LIMITS);
        let frame = match &begun {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(self.shown.is_some()),
            Err(error) => return Err((*error).into()),
        };
        let (columns, rows) = (frame.state.columns(), frame.state.rows());
        let (target, references) = split(pictures, self.references, columns, rows)?;
        let (index, target) = target;
        let (old, new) = if self.map == 0 {
            (one, two)
        } else {
            (two, one)
        };
        let mut memory = Memory {
            syntax: RowSyntax {
                above: &mut self.rows.above,
                contexts: &mut self.rows.contexts,
                macroblocks: &mut self.rows.macroblocks,
                blocks,
            },
            lines,
        };
        let mut picture = PictureMut::of_slice(target, columns, rows).ok_or(Error::Memory)?;
        let next = &mut new[..columns * rows];
        decode(
            Scalar,
            frame,
            &references,
            old,
            next,
            &mut memory,
            &mut picture,
        )?;
        let updates = frame.header.references;
        let [last, golden, altref] = self.references;
        let source = |from| match from {
            From::Frame => index,
            From::Last => last,
            From::Golden => golden,
            From::Altref => altref,
        };
        self.references = [updates.last, updates.golden, updates.altref].map(source);
        self.map ^= 1;
        self.state = frame.state;
        if frame.header.shown {
            self.shown = Some(index);
        }
        Ok(frame.header.shown)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u16, u16) {
        (self.state.width, self.state.height)
    }

    /// Gives the lines of the picture to show, plane by plane.
    pub fn show(&self, line: impl FnMut(&[u8])) {
        let (columns, rows) = (self.state.columns(), self.state.rows());
        let picture = self.shown.and_then(|shown| {
            let pixels = self.arena.pictures.get(shown)?;
            Picture::of_slice(pixels, columns, rows)
        });
        if let Some(picture) = picture {
            show(&picture, [self.state.width, self.state.height], line);
        }
    }

    /// Bytes of memory that pictures of this size need, the buffer for a compressed frame included.
    pub fn memory(&self) -> usize {
        let (columns, macroblocks) = (self.state.columns(), self.state.macroblocks());
        let between_rows = size_of::<Above>() + size_of::<Contexts>();
        let column = size_of::<Blocks>() + size_of::<Macroblock>() + between_rows;
        let pictures = 4 * Picture::len(macroblocks, 1) + 2 * macroblocks;
        pictures + columns * column + lines_len(columns) + FRAME + size_of::<State>()
    }
}

/// Gives the lines that are shown of a picture, plane by plane.
pub(crate) fn show(picture: &Picture<'_>, whole: [u16; 2], mut line: impl FnMut(&[u8])) {
    let half = whole.map(|side| side.div_ceil(2));
    let planes = [(picture.y, whole), (picture.u, half), (picture.v, half)];
    for (plane, [width, height]) in planes {
        let lines = plane.data.chunks(plane.stride);
        for pixels in lines.take(height.into()) {
            line(&pixels[..usize::from(width).min(pixels.len())]);
        }
    }
}

/// A picture that is no reference, with its index, and the references.
fn split(
    pictures: &mut [[u8; PICTURE]; 4],
    [last, golden, altref]: [usize; 3],
    columns: usize,
    rows: usize,
) -> Result<((usize, &mut [u8]), References<'_>), Error> {
    let is_free = |index: &usize| ![last, golden, altref].contains(index);
    let free = (0..4).find(is_free).ok_or(Error::Memory)?;
    let (before, rest) = pictures.split_at_mut(free);
    let (target, after) = rest.split_first_mut().ok_or(Error::Memory)?;
    let (before, after) = (&*before, &*after);
    let of = |index: usize| {
        let pixels = before.get(index).or_else(|| after.get(index - free - 1));
        let pixels = pixels.map_or(&[][..], |pixels| pixels);
        Picture::of_slice(pixels, columns, rows).unwrap_or_default()
    };
    let references = References {
        last: of(last),
        golden: of(golden),
        altref: of(altref),
    };
    let bytes = Picture::len(columns, rows);
    Ok((
        (free, target.get_mut(..bytes).ok_or(Vp8::Memory)?),
        references,
    ))
}
