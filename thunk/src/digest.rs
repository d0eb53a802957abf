//! Names of contents: SHA-256 and a length, as the Remote Execution API has them.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use bazel_remote_apis::build::bazel::remote::execution::v2 as reapi;
use sha2::{Digest as _, Sha256};

/// What names some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    /// SHA-256.
    pub hash: [u8; 32],
    /// Length in bytes.
    pub size: u64,
}

/// What is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no digest: wanted are 64 hexadecimal digits, a slash, and a length")]
pub struct NoDigest(String);

impl Digest {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Digest {
            hash: Sha256::digest(bytes).into(),
            size: bytes.len() as u64,
        }
    }

    /// The name of what can be read.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hashing = Hashing::new(io::sink());
        let mut bytes = vec![0; 1 << 18];
        loop {
            match reader.read(&mut bytes) {
                Ok(0) => return Ok(hashing.finish().1),
                Ok(count) => hashing.write_all(&bytes[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The hash in hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.hex(), self.size)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let parse = || {
            let (hash, size) = text.split_once('/')?;
            Some(Digest {
                hash: from_hex(hash)?,
                size: size.parse().ok()?,
            })
        };
        parse().ok_or_else(|| NoDigest(text.to_owned()))
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        let digit = |at: usize| match pair[at] {
            digit @ b'0'..=b'9' => Some(digit - b'0'),
            digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        *byte = digit(0)? << 4 | digit(1)?;
    }
    Some(hash)
}

impl From<Digest> for reapi::Digest {
    fn from(digest: Digest) -> Self {
        reapi::Digest {
            hash: digest.hex(),
            // A file of more than 2^63 bytes is not to be had.
            size_bytes: digest.size as i64,
        }
    }
}

impl TryFrom<&reapi::Digest> for Digest {
    type Error = NoDigest;

    fn try_from(digest: &reapi::Digest) -> Result<Self, NoDigest> {
        let parse = || {
            Some(Digest {
                hash: from_hex(&digest.hash)?,
                size: digest.size_bytes.try_into().ok()?,
            })
        };
        parse().ok_or_else(|| NoDigest(format!("{}/{}", digest.hash, digest.size_bytes)))
    }
}

/// Names what is written through it.
#[derive(Debug)]
pub struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    /// Nothing was written yet.
    pub fn new(inner: W) -> Self {
        Hashing {
            inner,
            hasher: Sha256::new(),
            size: 0,
        }
    }

    /// What was written to, and the name of what was written.
    pub fn finish(self) -> (W, Digest) {
        let digest = Digest {
            hash: self.hasher.finalize().into(),
            size: self.size,
        };
        (self.inner, digest)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let digest = Digest::of(b"lentil");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(Digest::try_from(&reapi::Digest::from(digest)), Ok(digest));
        assert_eq!(Digest::of_reader(&b"lentil"[..]).unwrap(), digest);
        // FIPS 180-4 has the hash of nothing.
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/0";
        assert_eq!(Digest::of(b"").to_string(), nothing);
    }

    #[test]
    fn other_text_is_refused() {
        let good = Digest::of(b"").to_string();
        for text in [
            "",
            "/",
            "/0",
            &good[1..],
            &good.to_uppercase(),
            &good.replace("/0", "/-1"),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        let negative = reapi::Digest {
            size_bytes: -1,
            ..Digest::of(b"").into()
        };
        assert!(Digest::try_from(&negative).is_err());
    }
}
