//! What a made JPEG shall be.

use super::content::Content;
use super::scripts;
use super::tables;

/// The coding process (T.81 table B.1), always 8 bits and Huffman coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// SOF0: at most two tables of each class, 8-bit DQT.
    Baseline,
    /// SOF1.
    Extended,
    /// SOF2.
    Progressive,
}

/// One component of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// Component identifier, any byte; most decoders want those of a frame to differ.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Quantisation table: index into [`JpegSpec::quant`].
    pub quant: u8,
    /// Huffman table number, 0 to 3, for both DC and AC.
    pub huffman: u8,
}

/// A quantisation table in raster order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantTable {
    /// Steps, none 0; at most 255 unless `wide`.
    pub steps: [u16; 64],
    /// Written with 16 bits a step.
    pub wide: bool,
}

impl QuantTable {
    /// The luminance table of T.81 annex K, scaled to `quality` 1 to 100.
    #[must_use]
    pub fn luma(quality: u16) -> Self {
        Self::scaled(&tables::LUMA_QUANT, quality)
    }

    /// The chrominance table of T.81 annex K, scaled to `quality` 1 to 100.
    #[must_use]
    pub fn chroma(quality: u16) -> Self {
        Self::scaled(&tables::CHROMA_QUANT, quality)
    }

    /// The same step everywhere; 16 bits wide if it is above 255.
    #[must_use]
    pub fn flat(step: u16) -> Self {
        Self {
            steps: [step; 64],
            wide: step > 255,
        }
    }

    fn scaled(base: &[u8; 64], quality: u16) -> Self {
        let percent = u32::from(if quality < 50 {
            5000 / quality
        } else {
            200 - 2 * quality
        });
        Self {
            steps: base.map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as u16),
            wide: false,
        }
    }
}

/// One scan: which components, which coefficients (zigzag numbers), which bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Indices into [`JpegSpec::components`], ascending.
    pub components: Vec<usize>,
    /// First coefficient; 0 in sequential scans.
    pub ss: u8,
    /// Last coefficient; 63 in sequential scans.
    pub se: u8,
    /// Point transform of the scan before, 0 in first scans.
    pub ah: u8,
    /// Point transform.
    pub al: u8,
    /// A DRI segment before this scan sets a new restart interval.
    pub restart: Option<u16>,
}

/// How Huffman tables are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Huffman {
    /// The typical tables of T.81 annex K: luminance for number 0, chrominance for the others.
    Standard,
    /// The best code of at most 16 bits for the symbols that occur, and no others.
    Optimised,
    /// All legal symbols, with codes of 4 bits (DC) and 8 bits (AC).
    Even,
    /// All legal symbols, with DC codes of 5 to 16 bits; nearly all AC codes have 16.
    Long,
}

/// Where DHT segments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhtPlace {
    /// Once, before the first scan. Optimised tables then fit all scans together.
    Front,
    /// Before each scan, fit for that scan.
    EachScan,
}

/// When a progressive encoder ends a run of finished blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EobRuns {
    /// When it must: at a coefficient, at the longest run the table can say, at a restart.
    Maximal,
    /// As libjpeg: also before more than 1000 correction bits wait.
    LikeLibjpeg,
    /// After this many blocks at the latest (1 to 32767).
    Limit(u16),
    /// At random, by this seed.
    RandomCuts(u64),
}

/// Where an extra marker segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After SOI.
    Front,
    /// Before this scan's tables.
    BeforeScan(usize),
    /// After the last scan, before EOI.
    End,
}

/// An extra marker segment: APPn or COM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Second byte of the marker: 0xE0 to 0xEF, 0xFE, or one that decoders pass over.
    pub marker: u8,
    /// What follows the length field; at most 65533 bytes.
    pub body: Vec<u8>,
    /// Where it stands.
    pub place: Place,
}

/// Fill bytes (0xFF) before markers, T.81 B.1.1.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Before the first DQT.
    pub dqt: usize,
    /// Before each SOS.
    pub sos: usize,
    /// Before EOI: directly after scan data.
    pub eoi: usize,
}

/// A JPEG file to make. Start from [`JpegSpec::grey`] or [`JpegSpec::colour`] and change fields with [`JpegSpec::with`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JpegSpec {
    /// Pixels, 1 to 65535.
    pub width: u16,
    /// Pixels, 1 to 65535.
    pub height: u16,
    /// One to four.
    pub components: Vec<Component>,
    /// One to four; the index is the table's number.
    pub quant: Vec<QuantTable>,
    /// The coding process.
    pub process: Process,
    /// In file order. They must be legal for the process.
    pub scans: Vec<Scan>,
    /// Restart interval in MCUs; 0 for none.
    pub restart: u16,
    /// How Huffman tables are made.
    pub huffman: Huffman,
    /// Where Huffman tables stand.
    pub dht: DhtPlace,
    /// All tables of one place in one segment, else a segment each.
    pub joined_tables: bool,
    /// The bit that fills the last byte of an interval.
    pub pad_bit: bool,
    /// When EOB runs end.
    pub eob_runs: EobRuns,
    /// What the picture shows.
    pub content: Content,
    /// Seed of the picture.
    pub seed: u64,
    /// Extra segments.
    pub segments: Vec<Segment>,
    /// Fill bytes.
    pub fill: Fill,
    /// RST markers written per scan; later ones are left out, though the coder still pads and resets. None: all.
    pub keep_rst: Option<usize>,
    /// RST markers after the last scan that no interval asks for.
    pub trailing_rst: usize,
    /// Whether EOI is written.
    pub eoi: bool,
    /// Bytes after EOI.
    pub tail: Vec<u8>,
    /// Another image directly after this one.
    pub then: Option<Box<JpegSpec>>,
}

impl JpegSpec {
    /// A baseline grey image with a JFIF segment, annex K tables and padding by ones.
    #[must_use]
    pub fn grey(width: u16, height: u16) -> Self {
        Self::of(width, height, &[(1, 1)])
    }

    /// As [`JpegSpec::grey`], with three components of which the first has sampling `luma` (h, v) and the others 1x1.
    #[must_use]
    pub fn colour(width: u16, height: u16, luma: (u8, u8)) -> Self {
        Self::of(width, height, &[luma, (1, 1), (1, 1)])
    }

    /// As [`JpegSpec::grey`], with one component for each sampling (h, v).
    #[must_use]
    pub fn of(width: u16, height: u16, sampling: &[(u8, u8)]) -> Self {
        let component = |(index, &(h, v)): (usize, &(u8, u8))| {
            // Components 0 and 3 (luminance, or K of CMYK) share tables, as do the two between.
            let kind = u8::from(index == 1 || index == 2);
            Component {
                id: index as u8 + 1,
                h,
                v,
                quant: kind,
                huffman: kind,
            }
        };
        let components: Vec<Component> = sampling.iter().enumerate().map(component).collect();
        let mut quant = vec![QuantTable::luma(85), QuantTable::chroma(85)];
        quant.truncate(components.len());
        let jfif = Segment {
            marker: 0xE0,
            body: b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec(),
            place: Place::Front,
        };
        Self {
            width,
            height,
            scans: scripts::interleaved(components.len()),
            components,
            quant,
            process: Process::Baseline,
            restart: 0,
            huffman: Huffman::Standard,
            dht: DhtPlace::Front,
            joined_tables: false,
            pad_bit: true,
            eob_runs: EobRuns::Maximal,
            content: Content::Photo,
            seed: 1,
            segments: if sampling.len() == 1 || sampling.len() == 3 {
                vec![jfif]
            } else {
                vec![]
            },
            fill: Fill::default(),
            keep_rst: None,
            trailing_rst: 0,
            eoi: true,
            tail: Vec::new(),
            then: None,
        }
    }

    /// This spec with the changes that `change` makes.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// This spec as a progressive file with these scans, with optimised tables before each.
    #[must_use]
    pub fn progressive(self, scans: Vec<Scan>) -> Self {
        self.with(|s| {
            s.process = Process::Progressive;
            s.scans = scans;
            s.huffman = Huffman::Optimised;
            s.dht = DhtPlace::EachScan;
        })
    }

    /// Adds an extra segment.
    #[must_use]
    pub fn segment(self, marker: u8, body: Vec<u8>, place: Place) -> Self {
        self.with(|s| {
            s.segments.push(Segment {
                marker,
                body,
                place,
            })
        })
    }

    /// The same coefficients in the plainest file: one scan of all components or one each, optimised tables, no extras.
    /// A decoder must show the same picture for both (the first one, if several follow each other).
    #[must_use]
    pub fn plain(&self) -> Self {
        let count = self.components.len();
        let blocks: u32 = self
            .components
            .iter()
            .map(|c| u32::from(c.h) * u32::from(c.v))
            .sum();
        self.clone().with(|s| {
            s.process = Process::Extended;
            s.scans = if blocks <= 10 {
                scripts::interleaved(count)
            } else {
                scripts::one_each(count)
            };
            s.restart = 0;
            s.huffman = Huffman::Optimised;
            s.dht = DhtPlace::EachScan;
            s.pad_bit = true;
            s.segments.retain(|x| x.marker == 0xE0 || x.marker == 0xEE);
            s.fill = Fill::default();
            s.keep_rst = None;
            s.trailing_rst = 0;
            s.eoi = true;
            s.tail.clear();
            s.then = None;
        })
    }

    /// Largest horizontal sampling factor.
    #[must_use]
    pub fn h_max(&self) -> usize {
        self.components
            .iter()
            .map(|c| usize::from(c.h))
            .max()
            .unwrap_or(1)
    }

    /// Largest vertical sampling factor.
    #[must_use]
    pub fn v_max(&self) -> usize {
        self.components
            .iter()
            .map(|c| usize::from(c.v))
            .max()
            .unwrap_or(1)
    }
}
