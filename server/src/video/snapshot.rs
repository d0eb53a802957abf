//! A codec in a file: state, segment map, and the pictures that differ, each by its digest.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `LENTILV8` |
//! | 1 | version: 1 |
//! | [`STATE_BYTES`] | [`State::to_bytes`] |
//! | one a macroblock | the segment map |
//! | 1 | how many pictures follow, 0 to 3 |
//! | 3 | which of them are the last frame, the golden frame, the alternate reference frame |
//! | 32 and the pixels, each | SHA-256; Y, U and V of whole macroblocks |
//! | 32 | SHA-256 of all before |

use std::io::{Read, Write};
use std::sync::Arc;

use lentil_core::vp8::{STATE_BYTES, State};
use sha2::{Digest, Sha256};

use super::picture::{Picture, Pixels};
use super::pool::{Context, Options, Pool};
use super::{Codec, Error};

const MAGIC: &[u8; 8] = b"LENTILV8";
const VERSION: u8 = 1;

/// Hashes what passes through.
struct Hashing<T> {
    inner: T,
    hash: Sha256,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Hashing {
            inner,
            hash: Sha256::new(),
        }
    }
}

impl<W: Write> Hashing<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hash.update(bytes);
        self.inner.write_all(bytes).map_err(Error::Write)
    }
}

impl<R: Read> Hashing<R> {
    fn fill(&mut self, bytes: &mut [u8], what: &'static str) -> Result<(), Error> {
        self.inner.read_exact(bytes).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::State(what),
            _ => Error::Read(e),
        })?;
        self.hash.update(bytes);
        Ok(())
    }
}

impl Codec {
    /// Writes everything that decoding goes on from. Pictures of the same content are written once.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn save(&self, output: impl Write) -> Result<(), Error> {
        let mut output = Hashing::new(output);
        output.put(MAGIC)?;
        output.put(&[VERSION])?;
        output.put(&self.context.state.to_bytes())?;
        output.put(&self.context.segments)?;
        let mut pictures: Vec<(&Picture, [u8; 32])> = Vec::new();
        let mut places = [0; 3];
        if self.context.state.has_key_frame() {
            for (place, picture) in places.iter_mut().zip(self.references()) {
                let known = pictures.iter().position(|(other, _)| other.is(picture));
                let known = known.or_else(|| {
                    let digest = picture.digest();
                    let same = pictures.iter().position(|(_, other)| *other == digest);
                    if same.is_none() {
                        pictures.push((picture, digest));
                    }
                    same
                });
                *place = known.unwrap_or(pictures.len() - 1) as u8;
            }
        }
        output.put(&[pictures.len() as u8])?;
        output.put(&places)?;
        for (picture, digest) in pictures {
            output.put(&digest)?;
            output.put(&picture.0.data)?;
        }
        let digest: [u8; 32] = output.hash.clone().finalize().into();
        output.put(&digest)?;
        output.inner.flush().map_err(Error::Write)
    }

    /// Reads what [`save`](Self::save) wrote. Every digest is checked.
    ///
    /// # Errors
    ///
    /// [`Error::State`] if it is damaged, [`Error::Frame`] if its pictures are larger than the limits,
    /// [`Error::Read`].
    pub fn load(input: impl Read, options: Options) -> Result<Self, Error> {
        let mut input = Hashing::new(input);
        let mut head = [0; MAGIC.len() + 1];
        input.fill(&mut head, "it ends within its first bytes")?;
        if &head[..MAGIC.len()] != MAGIC {
            return Err(Error::State("it does not begin as one"));
        }
        if head[MAGIC.len()] != VERSION {
            return Err(Error::State("its version is not known"));
        }
        let mut bytes = [0; STATE_BYTES];
        input.fill(&mut bytes, "it ends within the state")?;
        let state = State::from_bytes(&bytes).map_err(|bad| Error::State(bad.0))?;
        options.limits.check(state.width, state.height)?;
        let mut segments = vec![0; state.macroblocks()];
        input.fill(&mut segments, "it ends within the segment map")?;
        if segments.iter().any(|&segment| segment > 3) {
            return Err(Error::State("a segment above 3"));
        }
        let mut list = [0; 4];
        input.fill(&mut list, "it ends before its pictures")?;
        let [count, places @ ..] = list;
        let empty = !state.has_key_frame();
        let known = |&place: &u8| place < count.max(1);
        if count > 3 || (count == 0) != empty || !places.iter().all(known) {
            return Err(Error::State("its list of pictures"));
        }
        let mut pictures = Vec::new();
        for _ in 0..count {
            pictures.push(read_picture(&mut input, &state)?);
        }
        let expected: [u8; 32] = input.hash.clone().finalize().into();
        let mut digest = [0; 32];
        input.fill(&mut digest, "it ends before its digest")?;
        if digest != expected {
            return Err(Error::State("its digest is not that of its bytes"));
        }
        let of = |place: u8| {
            pictures
                .get(usize::from(place))
                .cloned()
                .unwrap_or_default()
        };
        let [last, golden, altref] = places.map(of);
        Ok(Codec {
            context: Arc::new(Context { state, segments }),
            last,
            golden,
            altref,
            pool: Arc::new(Pool::new(options)),
            spaces: Arc::default(),
        })
    }
}

fn read_picture(input: &mut Hashing<impl Read>, state: &State) -> Result<Picture, Error> {
    let mut digest = [0; 32];
    input.fill(&mut digest, "it ends before a picture")?;
    let mut pixels = Pixels::default();
    pixels.resize(state.width, state.height);
    input.fill(&mut pixels.data, "it ends within a picture")?;
    let picture = Picture(Arc::new(pixels));
    if picture.digest() != digest {
        return Err(Error::State("a picture is not what its digest says"));
    }
    Ok(picture)
}
