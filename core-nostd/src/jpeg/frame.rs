//! The frame header and the geometry that follows from it (T.81, A.1, A.2 and B.2.2).

use super::{Error, marker};

/// Most components that an image may have.
pub const MAX_COMPONENTS: usize = 4;

/// How a frame is coded (T.81, table B.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// Baseline sequential DCT.
    Baseline,
    /// Extended sequential DCT.
    Extended,
    /// Progressive DCT.
    Progressive,
}

/// One component of a frame; lengths in blocks of 8x8 samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// Its identifier in the frame header.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub horizontal: u8,
    /// Vertical sampling factor, 1 to 4.
    pub vertical: u8,
    /// Index of its quantisation table, 0 to 3.
    pub quantization: u8,
    /// Width in whole MCUs: what interleaved scans and the Lepton format cover.
    pub width: u32,
    /// Height in whole MCUs.
    pub height: u32,
    /// Width of what scans of this component alone cover.
    pub scan_width: u32,
    /// Height of what scans of this component alone cover.
    pub scan_height: u32,
}

impl Component {
    /// Blocks in whole MCUs; at most 2^28.
    pub fn blocks(&self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// A frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// How it is coded.
    pub process: Process,
    /// Width in pixels, 1 to 65535.
    pub width: u16,
    /// Height in pixels, 1 to 65535.
    pub height: u16,
    components: [Component; MAX_COMPONENTS],
    count: u8,
    /// MCUs in a row of the image.
    pub mcus_wide: u32,
    /// Rows of MCUs.
    pub mcus_high: u32,
}

impl Frame {
    /// The components, 1 to 4, in the order of the frame header.
    pub fn components(&self) -> &[Component] {
        &self.components[..usize::from(self.count).min(MAX_COMPONENTS)]
    }

    /// Blocks of all components, in whole MCUs.
    pub fn blocks(&self) -> usize {
        self.components().iter().map(Component::blocks).sum()
    }

    /// Reads the parameters of a SOF segment.
    pub(super) fn parse(sof: u8, body: &[u8]) -> Result<Self, Error> {
        let wrong = |reason| Error::Segment {
            marker: sof,
            reason,
        };
        let process = match sof {
            marker::SOF0 => Process::Baseline,
            marker::SOF1 => Process::Extended,
            marker::SOF2 => Process::Progressive,
            _ => return Err(Error::Process(sof)),
        };
        let &[precision, h1, h0, w1, w0, count, ref list @ ..] = body else {
            return Err(wrong("too short"));
        };
        if precision != 8 {
            return Err(Error::Precision(precision));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if width == 0 {
            return Err(wrong("a width of zero"));
        }
        if height == 0 {
            return Err(Error::NoHeight);
        }
        if !(1..=MAX_COMPONENTS).contains(&usize::from(count)) {
            return Err(Error::Components(count));
        }
        let mut frame = Frame {
            process,
            width,
            height,
            components: Default::default(),
            count,
            mcus_wide: 0,
            mcus_high: 0,
        };
        let mut parameters = list.chunks_exact(3);
        for component in frame.components.iter_mut().take(usize::from(count)) {
            let &[id, sampling, quantization] = parameters.next().ok_or(wrong("too short"))? else {
                return Err(wrong("too short"));
            };
            let (horizontal, vertical) = (sampling >> 4, sampling & 15);
            if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) {
                return Err(Error::Sampling {
                    horizontal,
                    vertical,
                });
            }
            if quantization > 3 {
                return Err(wrong("a quantisation table beyond the fourth"));
            }
            *component = Component {
                id,
                horizontal,
                vertical,
                quantization,
                ..Component::default()
            };
        }
        frame.lay_out();
        Ok(frame)
    }

    fn lay_out(&mut self) {
        let most = |f: fn(&Component) -> u8| self.components().iter().map(f).max().unwrap_or(1);
        let across = 8 * u32::from(most(|c| c.horizontal));
        let down = 8 * u32::from(most(|c| c.vertical));
        let (width, height) = (u32::from(self.width), u32::from(self.height));
        self.mcus_wide = width.div_ceil(across);
        self.mcus_high = height.div_ceil(down);
        for c in self.components.iter_mut().take(usize::from(self.count)) {
            let (h, v) = (u32::from(c.horizontal), u32::from(c.vertical));
            c.width = self.mcus_wide * h;
            c.height = self.mcus_high * v;
            c.scan_width = (width * h).div_ceil(across);
            c.scan_height = (height * v).div_ceil(down);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_is_that_of_annex_a() {
        let body = [8, 0, 17, 0, 33, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x12, 1];
        let frame = Frame::parse(marker::SOF0, &body).unwrap();
        assert_eq!((frame.mcus_wide, frame.mcus_high), (3, 2));
        let [y, cb, cr] = frame.components() else {
            panic!("three components");
        };
        assert_eq!(
            (y.width, y.height, y.scan_width, y.scan_height),
            (6, 4, 5, 3)
        );
        assert_eq!(
            (cb.width, cb.height, cb.scan_width, cb.scan_height),
            (3, 2, 3, 2)
        );
        assert_eq!(
            (cr.width, cr.height, cr.scan_width, cr.scan_height),
            (3, 4, 3, 3)
        );
        assert_eq!(frame.blocks(), 24 + 6 + 12);
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let body = [8, 0, 17, 0, 33, 1, 1, 0x11, 0];
        let with = |i: usize, value| {
            let mut body = body;
            body[i] = value;
            Frame::parse(marker::SOF0, &body).unwrap_err()
        };
        assert_eq!(Frame::parse(0xc9, &body), Err(Error::Process(0xc9)));
        assert_eq!(with(0, 12), Error::Precision(12));
        assert_eq!(with(2, 0), Error::NoHeight);
        assert_eq!(with(5, 5), Error::Components(5));
        assert_eq!(with(5, 0), Error::Components(0));
        assert!(matches!(with(5, 2), Error::Segment { .. }));
        assert!(matches!(with(7, 0x51), Error::Sampling { .. }));
        assert!(matches!(with(8, 4), Error::Segment { .. }));
        assert!(matches!(with(4, 0), Error::Segment { .. }));
    }
}
