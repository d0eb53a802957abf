//! The first look at a JPEG, with memory that grows as it is wanted.

use lentil_core::jpeg::{self, Block, Frame};
use lentil_core::lepton::survey::{Findings, Lent, Survey, Want};
use lentil_core::lepton::transcode::RowStart;

use crate::options::check;
use crate::source::{Source, Window};
use crate::{Error, Limits};

/// Most runs of blocks that are noted as cut short; a file with more is cut there.
const MAX_BREAKS: usize = 1 << 20;

/// A JPEG that was looked at, and what was kept of it.
pub(crate) struct Surveyed {
    survey: Survey,
    /// The marker segments.
    pub header: Vec<u8>,
    /// Where rows of MCUs begin, in sequential files with one scan.
    pub rows: Vec<RowStart>,
    /// The coefficients, in all other files.
    pub image: Vec<Block>,
    /// Runs of blocks that are cut short.
    pub breaks: Vec<u32>,
}

impl Surveyed {
    /// What was found.
    pub fn findings(&self) -> Result<Findings<'_>, Error> {
        let findings = self.survey.findings();
        findings.ok_or(Error::Unsupported(jpeg::Error::NoScan))
    }

    /// The quantisation tables to predict with.
    pub fn quantization(&self) -> &[Option<[u16; 64]>; 4] {
        self.survey.quantization()
    }
}

/// Looks at the first `end` bytes of a source; the hash is that of those from `start` on.
pub(crate) fn survey<S: Source + ?Sized>(
    source: &S,
    start: u64,
    end: u64,
    limits: &Limits,
) -> Result<Surveyed, Error> {
    let mut all = Surveyed {
        survey: Survey::new(start),
        header: vec![0; 1 << 12],
        rows: Vec::new(),
        image: Vec::new(),
        breaks: Vec::new(),
    };
    let mut window = Window::new(source, 0, end);
    loop {
        let mut lent = Lent {
            header: &mut all.header,
            rows: &mut all.rows,
            image: &mut all.image,
            breaks: &mut all.breaks,
        };
        let (bytes, last) = window.bytes();
        let (consumed, want) = all.survey.look(bytes, last, &mut lent)?;
        window.consume(consumed);
        match want {
            Want::Input => window.load().map_err(Error::Read)?,
            Want::Header(needed) => {
                limits.check_memory(needed as u64)?;
                all.header.resize(needed.next_power_of_two(), 0);
            }
            Want::Rows(needed) => {
                check_frame(&all.survey, limits)?;
                all.rows.resize(needed, RowStart::default());
            }
            Want::Image(blocks) => {
                check_frame(&all.survey, limits)?;
                limits.check_memory(blocks as u64 * size_of::<Block>() as u64)?;
                check("blocks of an image", blocks as u64, most_blocks(end))?;
                all.image.resize(blocks, Block::ZERO);
                all.breaks = vec![0; MAX_BREAKS];
            }
            Want::Nothing => {
                let findings = all.findings()?;
                let (header, breaks) = (findings.header_bytes, findings.breaks);
                all.header.truncate(header);
                all.breaks.truncate(breaks);
                return Ok(all);
            }
        }
    }
}

fn check_frame(survey: &Survey, limits: &Limits) -> Result<(), Error> {
    survey
        .frame()
        .map_or(Ok(()), |frame: &Frame| limits.check_frame(frame))
}

/// The most blocks that can come from so many bytes, with room for files that are cut short: a DC
/// scan takes a bit for each at the least, a partition's stream a hundredth of a byte.
pub(crate) fn most_blocks(bytes: u64) -> u64 {
    (1 << 17) + bytes.saturating_mul(256)
}
