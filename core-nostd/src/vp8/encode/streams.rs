//! Bool-coded streams that grow in turns, one after the other in one buffer.

use super::settings::Error;
use super::write::size_bytes;
use crate::bool_coder::{Encoder, Writer};

/// The first partition, and at most eight of tokens.
const MOST: usize = 9;

/// The streams of a frame on their way: the first partition, the table of sizes, token partitions (RFC 6386, section 9.5).
/// Whatever of the buffer is free is at hand to the one that is written to.
#[derive(Debug)]
pub(super) struct Streams<'a> {
    bytes: &'a mut [u8],
    coders: [Encoder; MOST],
    /// Where each begins; the table is before the second.
    starts: [usize; MOST],
    /// Where each ends, as far as it is settled.
    ends: [usize; MOST],
    count: usize,
}

impl<'a> Streams<'a> {
    /// None has anything yet. The first begins after `start` bytes; `None` if there is no room for these and the table.
    pub fn new(bytes: &'a mut [u8], start: usize, partitions: usize) -> Option<Self> {
        let second = start + 3 * partitions.checked_sub(1)?;
        let count = 1 + partitions;
        if count > MOST || second > bytes.len() {
            return None;
        }
        let mut starts = [second; MOST];
        starts[0] = start;
        Some(Streams {
            bytes,
            coders: [Encoder::new(); MOST],
            starts,
            ends: starts,
            count,
        })
    }

    /// Where streams end.
    fn end(&self) -> usize {
        self.ends[self.count - 1]
    }

    /// Has `work` write to a stream, and goes on with it as `settle` says, which gives the bytes that are final; what follows
    /// in the buffer is out of the way meanwhile. `None` if there is no room: then the streams are of no meaning.
    fn with(
        &mut self,
        which: usize,
        work: impl FnOnce(&mut Writer<'_>),
        settle: impl FnOnce(Writer<'_>) -> Option<(Encoder, usize)>,
    ) -> Option<()> {
        // The table, too, is what follows the first stream.
        let (from, until) = (self.ends[which], self.end());
        let aside = self.bytes.len() - (until - from);
        self.bytes.copy_within(from..until, aside);
        let mut writer = self.coders[which].attach(self.bytes.get_mut(from..aside)?);
        work(&mut writer);
        let (coder, len) = settle(writer)?;
        self.coders[which] = coder;
        self.bytes.copy_within(aside.., from + len);
        self.ends[which] += len;
        for at in which + 1..self.count {
            self.starts[at] += len;
            self.ends[at] += len;
        }
        Some(())
    }

    /// Has `work` write to a stream: 0 is the first partition, tokens follow. `None` as above.
    pub fn write(&mut self, which: usize, work: impl FnOnce(&mut Writer<'_>)) -> Option<()> {
        self.with(which, work, |writer| writer.detach())
    }

    /// Ends all streams. Gives the length of the first partition, and where the last one ends.
    ///
    /// # Errors
    ///
    /// [`Error::Room`], and [`Error::PartitionLength`] for those of tokens.
    pub fn finish(&mut self) -> Result<[usize; 2], Error> {
        for which in 0..self.count {
            let whole = |writer: Writer<'_>| Some((Encoder::new(), writer.finish_whole()?));
            self.with(which, |_| {}, whole).ok_or(Error::Room)?;
        }
        let mut place = self.ends[0];
        for which in 1..self.count - 1 {
            let size = size_bytes(which, self.ends[which] - self.starts[which])?;
            let to = self.bytes.get_mut(place..place + size.len());
            to.ok_or(Error::Room)?.copy_from_slice(&size);
            place += size.len();
        }
        Ok([self.ends[0] - self.starts[0], self.end()])
    }

    /// The bytes before the first stream.
    pub fn before(&mut self) -> &mut [u8] {
        let start = self.starts[0].min(self.bytes.len());
        &mut self.bytes[..start]
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec;

    /// Bytes that are one more than a table can say.
    const LONG: usize = 1 << 24;

    /// Writes so many bytes, or a few more.
    fn fill(streams: &mut Streams<'_>, which: usize, bytes: usize) {
        let written = streams.write(which, |writer| {
            // Seven bits each.
            for _ in 0..bytes * 8 / 7 {
                writer.prepare();
                writer.write(255, true);
            }
        });
        assert_eq!(written, Some(()));
    }

    #[test]
    fn only_the_last_partition_is_of_any_length() {
        let mut bytes = vec![0; 2 * LONG];
        for (which, wanted) in [(1, Err(Error::PartitionLength(1))), (2, Ok(()))] {
            let mut streams = Streams::new(&mut bytes, 10, 2).unwrap();
            fill(&mut streams, 0, 100);
            fill(&mut streams, which, LONG + 9);
            assert_eq!(streams.finish().map(|_| ()), wanted);
        }
        let mut streams = Streams::new(&mut bytes, 10, 2).unwrap();
        fill(&mut streams, 1, 1000);
        let [first, end] = streams.finish().unwrap();
        let size = usize::from(bytes[10 + first]) + 256 * usize::from(bytes[11 + first]);
        assert!((990..1010).contains(&size) && end > 10 + first + 3 + size);
    }
}
