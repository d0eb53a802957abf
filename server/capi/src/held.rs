//! A result that is collected in memory.

use std::io::{self, Write};

use lentil::Error;

use crate::status::Failure;

/// Collects at most so many bytes; where memory lacks, that is an error rather than the end.
pub(crate) struct Held {
    bytes: Vec<u8>,
    limit: u64,
    refused: Option<Failure>,
}

impl Held {
    pub fn new(limit: u64) -> Self {
        Held {
            bytes: Vec::new(),
            limit,
            refused: None,
        }
    }

    /// The bytes, if all went well.
    pub fn finish(self, done: Result<(), impl Into<Failure>>) -> Result<Box<[u8]>, Failure> {
        match self.refused {
            Some(failure) => Err(failure),
            None => done
                .map(|()| self.bytes.into_boxed_slice())
                .map_err(Into::into),
        }
    }

    fn refuse(&mut self, failure: Failure) -> io::Error {
        self.refused = Some(failure);
        io::Error::from(io::ErrorKind::OutOfMemory)
    }
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = (self.bytes.len() + bytes.len()) as u64;
        if needed > self.limit {
            return Err(self.refuse(Failure::Lentil(Error::Limit {
                what: "bytes of the result",
                needed,
                limit: self.limit,
            })));
        }
        if self.bytes.try_reserve(bytes.len()).is_err() {
            return Err(self.refuse(Failure::Memory));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
