//! Files of the host, by semihosting.

use core::ffi::CStr;

use lentil_app::{Error, Sink, Source};
use semihosting::fs::File;
use semihosting::io::{Read, Seek, SeekFrom, Write};

/// A file to be read.
pub struct HostFile(File);

/// Names go to the host with a zero at their end.
fn with_zero<T>(name: &str, work: impl FnOnce(&CStr) -> Option<T>) -> Option<T> {
    let mut buffer = [0; 256];
    buffer
        .get_mut(..name.len())?
        .copy_from_slice(name.as_bytes());
    work(CStr::from_bytes_until_nul(&buffer).ok()?)
}

impl HostFile {
    pub fn open(name: &str) -> Option<Self> {
        with_zero(name, |name| File::open(name).ok()).map(HostFile)
    }
}

impl Source for HostFile {
    fn read_at(&mut self, offset: u32, buffer: &mut [u8]) -> Result<usize, Error> {
        self.0
            .seek(SeekFrom::Start(offset.into()))
            .map_err(|_| Error::Storage)?;
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(_) => return Err(Error::Storage),
            }
        }
        Ok(filled)
    }
}

/// A file to be written.
pub struct NewFile(File);

impl NewFile {
    pub fn create(name: &str) -> Option<Self> {
        with_zero(name, |name| File::create(name).ok()).map(NewFile)
    }
}

impl Sink for NewFile {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.write_all(bytes).map_err(|_| Error::Storage)
    }
}

/// Takes bytes to compare them with a file.
pub struct Compared {
    original: HostFile,
    offset: u32,
    equal: bool,
}

impl Compared {
    pub fn new(original: HostFile) -> Self {
        Compared {
            original,
            offset: 0,
            equal: true,
        }
    }

    /// Whether so many bytes came, and all were those of the file.
    pub fn is_equal(&self, length: u32) -> bool {
        self.equal && self.offset == length
    }
}

impl Sink for Compared {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut expected = [0; 256];
        for piece in bytes.chunks(expected.len()) {
            let expected = &mut expected[..piece.len()];
            let read = self.original.read_at(self.offset, expected)?;
            self.equal &= read == piece.len() && expected == piece;
            self.offset += piece.len() as u32;
        }
        Ok(())
    }
}
