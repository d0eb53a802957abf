//! Marker segments (T.81, annex B): what a decoder has been told so far.

use super::huffman::{self, HuffmanTable};
use super::{Error, Frame, Process, marker};

/// A scan header (T.81, B.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    components: [ScanComponent; 4],
    count: u8,
    /// First coefficient in zigzag order, Ss.
    pub first: u8,
    /// Last coefficient, Se.
    pub last: u8,
    /// Bits that were left out before, Ah.
    pub high: u8,
    /// Bits that are left out, Al.
    pub low: u8,
}

/// A component of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanComponent {
    /// Its index in the frame header.
    pub index: u8,
    /// Its DC table, 0 to 3.
    pub dc_table: u8,
    /// Its AC table, 0 to 3.
    pub ac_table: u8,
}

impl Scan {
    /// A scan of nothing, until there is one.
    pub const NONE: Scan = Scan {
        components: [ScanComponent {
            index: 0,
            dc_table: 0,
            ac_table: 0,
        }; 4],
        count: 0,
        first: 0,
        last: 0,
        high: 0,
        low: 0,
    };

    /// The components, 1 to 4, in scan order.
    pub fn components(&self) -> &[ScanComponent] {
        &self.components[..usize::from(self.count).min(4)]
    }

    fn parse(frame: &Frame, body: &[u8]) -> Result<Self, Error> {
        let wrong = |reason| Error::Segment {
            marker: marker::SOS,
            reason,
        };
        let (&count, list) = body.split_first().ok_or(wrong("too short"))?;
        let entries = 2 * usize::from(count);
        let (list, parameters) = list.split_at_checked(entries).ok_or(wrong("too short"))?;
        let [first, last, bits] = match *parameters {
            [first, last, bits, ..] => [first, last, bits],
            // They mean nothing in sequential scans, and others take those that lack some.
            _ if frame.process != Process::Progressive => [0; 3],
            _ => return Err(wrong("too short")),
        };
        if !(1..=4).contains(&count) {
            return Err(wrong("not 1 to 4 components"));
        }
        let mut scan = Scan {
            components: Default::default(),
            count,
            first,
            last,
            high: bits >> 4,
            low: bits & 15,
        };
        for (n, entry) in list.chunks_exact(2).enumerate() {
            // Some files have one identifier for all components, which come in order then.
            let free = |index: u8| scan.components[..n].iter().all(|c| c.index != index);
            let mut same = (0..)
                .zip(frame.components())
                .filter(|(_, c)| c.id == entry[0])
                .map(|(index, _)| index)
                .peekable();
            if same.peek().is_none() {
                return Err(wrong("a component that the frame does not have"));
            }
            let index = same.find(|&i| free(i)).ok_or(wrong("a component twice"))?;
            let (dc_table, ac_table) = (entry[1] >> 4, entry[1] & 15);
            if dc_table > 3 || ac_table > 3 {
                return Err(wrong("a Huffman table beyond the fourth"));
            }
            scan.components[n] = ScanComponent {
                index,
                dc_table,
                ac_table,
            };
        }
        if last > 63 || first > last || scan.low > 13 || scan.high > 13 {
            return Err(wrong("coefficients or bits out of range"));
        }
        Ok(scan)
    }
}

/// What the segments so far have said. Some 20 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The frame header, once it has come.
    pub frame: Option<Frame>,
    /// Quantisation tables in zigzag order.
    pub quantization: [Option<[u16; 64]>; 4],
    dc_tables: [HuffmanTable; 4],
    ac_tables: [HuffmanTable; 4],
    /// MCUs between restart markers; 0 for none.
    pub restart_interval: u16,
}

/// What a segment was, as far as it matters to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A scan follows.
    Scan(Scan),
    /// Anything else.
    Other,
}

impl Default for Header {
    fn default() -> Self {
        Self::new()
    }
}

impl Header {
    /// A header before its first segment.
    pub const fn new() -> Self {
        Header {
            frame: None,
            quantization: [None; 4],
            dc_tables: [const { huffman::EMPTY }; 4],
            ac_tables: [const { huffman::EMPTY }; 4],
            restart_interval: 0,
        }
    }

    /// Takes a segment: the second byte of its marker, and what follows its length.
    pub fn segment(&mut self, marker: u8, body: &[u8]) -> Result<Segment, Error> {
        match marker {
            marker::DHT => self.huffman_tables(body)?,
            marker::DQT => self.quantization_tables(body)?,
            // What follows the two bytes means nothing, but others take it.
            marker::DRI => match *body {
                [high, low, ..] => self.restart_interval = u16::from_be_bytes([high, low]),
                _ => return Err(wrong(marker, "too short")),
            },
            marker::SOS => {
                let frame = self.frame.as_ref();
                let frame = frame.ok_or(wrong(marker, "a scan before the frame header"))?;
                return Scan::parse(frame, body).map(Segment::Scan);
            }
            marker::DAC | marker::JPG => return Err(Error::Process(marker)),
            marker::SOF0..=marker::SOF15 => {
                let frame = Frame::parse(marker, body)?;
                // Said twice it means nothing more, and others take it.
                if self.frame.is_some_and(|first| first != frame) {
                    return Err(wrong(marker, "a second frame header"));
                }
                self.frame = Some(frame);
            }
            _ => {}
        }
        Ok(Segment::Other)
    }

    fn huffman_tables(&mut self, mut list: &[u8]) -> Result<(), Error> {
        while let Some((&which, rest)) = list.split_first() {
            let tables = match which >> 4 {
                0 => &mut self.dc_tables,
                1 => &mut self.ac_tables,
                _ => return Err(wrong(marker::DHT, "a table neither DC nor AC")),
            };
            let table = tables.get_mut(usize::from(which & 15));
            let table = table.ok_or(wrong(marker::DHT, "a table beyond the fourth"))?;
            let length = table
                .set(rest)
                .ok_or(wrong(marker::DHT, "a table cut short"))?;
            list = &rest[length..];
        }
        Ok(())
    }

    fn quantization_tables(&mut self, mut list: &[u8]) -> Result<(), Error> {
        while let Some((&which, rest)) = list.split_first() {
            let table = self.quantization.get_mut(usize::from(which & 15));
            let table = table.ok_or(wrong(marker::DQT, "a table beyond the fourth"))?;
            let width = match which >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(wrong(marker::DQT, "steps of neither 8 nor 16 bits")),
            };
            let steps = rest.get(..64 * width);
            let steps = steps.ok_or(wrong(marker::DQT, "a table cut short"))?;
            let step = |bytes: &[u8]| bytes.iter().fold(0, |s, &b| s << 8 | u16::from(b));
            let mut values = [0; 64];
            for (value, bytes) in values.iter_mut().zip(steps.chunks_exact(width)) {
                *value = step(bytes);
            }
            *table = Some(values);
            list = &rest[64 * width..];
        }
        Ok(())
    }

    /// The DC table of a scan's component.
    pub(crate) fn dc_table(&self, component: &ScanComponent) -> &HuffmanTable {
        &self.dc_tables[usize::from(component.dc_table & 3)]
    }

    /// The AC table of a scan's component.
    pub(crate) fn ac_table(&self, component: &ScanComponent) -> &HuffmanTable {
        &self.ac_tables[usize::from(component.ac_table & 3)]
    }
}

fn wrong(marker: u8, reason: &'static str) -> Error {
    Error::Segment { marker, reason }
}

/// What the bytes of a header begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A whole segment of `length` bytes, marker and fill bytes included.
    Segment {
        /// Second byte of its marker.
        marker: u8,
        /// What follows its length.
        body: &'a [u8],
        /// Bytes of it all.
        length: usize,
    },
    /// EOI.
    End,
    /// A segment that goes on beyond these bytes: at least this many are needed.
    Incomplete(usize),
    /// No marker.
    Damaged,
}

/// Looks at the segment that `bytes` begin with.
pub fn next_segment(bytes: &[u8]) -> Next<'_> {
    if bytes.first().is_some_and(|&b| b != 0xff) {
        return Next::Damaged;
    }
    // Any number of FF may precede the marker's code (B.1.1.2).
    let fill = bytes.iter().take_while(|&&b| b == 0xff).count();
    let Some((&marker, rest)) = bytes[fill..].split_first() else {
        return Next::Incomplete(fill.max(1) + 1);
    };
    match marker {
        marker::EOI => Next::End,
        0 => Next::Damaged,
        marker::TEM | marker::RST0..=marker::SOI => Next::Segment {
            marker,
            body: &[],
            length: fill + 1,
        },
        _ => match *rest {
            [high, low, ref rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                match (length.checked_sub(2), rest.get(..length.saturating_sub(2))) {
                    (None, _) => Next::Damaged,
                    (_, None) => Next::Incomplete(fill + 1 + length),
                    (_, Some(body)) => Next::Segment {
                        marker,
                        body,
                        length: fill + 1 + length,
                    },
                }
            }
            _ => Next::Incomplete(fill + 3),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_told_apart() {
        assert_eq!(next_segment(&[]), Next::Incomplete(2));
        assert_eq!(next_segment(&[0xff, 0xff]), Next::Incomplete(3));
        assert_eq!(next_segment(&[0xff, 0xd9]), Next::End);
        assert_eq!(next_segment(&[0x12]), Next::Damaged);
        assert_eq!(next_segment(&[0xff, 0x00]), Next::Damaged);
        assert_eq!(next_segment(&[0xff, 0xdb, 0, 1]), Next::Damaged);
        assert_eq!(next_segment(&[0xff, 0xdd, 0]), Next::Incomplete(4));
        assert_eq!(next_segment(&[0xff, 0xdd, 0, 4, 9]), Next::Incomplete(6));
        let bytes = [0xff, 0xff, 0xdd, 0, 4, 9, 8, 7];
        let segment = Next::Segment {
            marker: marker::DRI,
            body: &[9, 8],
            length: 7,
        };
        assert_eq!(next_segment(&bytes), segment);
    }

    #[test]
    fn damaged_segments_are_refused() {
        let mut header = Header::new();
        for (marker, body) in [
            (marker::DRI, &[1][..]),
            (marker::DHT, &[0x20]),
            (marker::DHT, &[0x04]),
            (marker::DHT, &[0x00, 1]),
            (marker::DQT, &[0x00, 1]),
            (marker::DQT, &[0x20, 1]),
            (marker::DQT, &[0x04, 1]),
            (marker::SOS, &[1]),
            (marker::SOF0, &[1]),
        ] {
            assert!(header.segment(marker, body).is_err(), "{marker:x}");
        }
        assert_eq!(header.segment(marker::DRI, &[1, 2, 9]), Ok(Segment::Other));
        assert_eq!(header.restart_interval, 0x0102);
        assert_eq!(header.segment(marker::DAC, &[]), Err(Error::Process(0xcc)));
        let sof = [8, 0, 16, 0, 16, 2, 1, 0x11, 0, 2, 0x11, 0];
        assert_eq!(header.segment(marker::SOF0, &sof), Ok(Segment::Other));
        for body in [
            &[][..],
            &[1, 1],
            &[0, 0, 63, 0],
            &[1, 3, 0, 0, 63, 0],
            &[1, 1, 0x40, 0, 63, 0],
            &[2, 1, 0, 1, 0, 0, 63, 0],
            &[1, 1, 0, 9, 8, 0],
            &[1, 1, 0, 0, 64, 0],
        ] {
            assert!(header.segment(marker::SOS, body).is_err(), "{body:?}");
        }
        let scan = header.segment(marker::SOS, &[2, 2, 0x01, 1, 0x10, 0, 63, 0]);
        let Ok(Segment::Scan(scan)) = scan else {
            panic!("{scan:?}");
        };
        let indices = scan.components().iter().map(|c| c.index);
        assert!(indices.eq([1, 0]));
    }

    #[test]
    fn what_means_nothing_may_be_missing_or_said_twice() {
        for (sof, shortest) in [(marker::SOF0, 3), (marker::SOF2, 6)] {
            let mut header = Header::new();
            let mut body = [8, 0, 16, 0, 16, 1, 1, 0x11, 0];
            assert_eq!(header.segment(sof, &body), Ok(Segment::Other));
            assert_eq!(header.segment(sof, &body), Ok(Segment::Other));
            assert!(header.segment(sof ^ 1, &body).is_err());
            body[4] = 17;
            assert!(header.segment(sof, &body).is_err());
            let sos = [1, 1, 0, 0, 0, 0];
            let taken = (0..=6).filter(|&n| header.segment(marker::SOS, &sos[..n]).is_ok());
            assert!(taken.eq(shortest..=6), "{sof:x}");
        }
    }
}
