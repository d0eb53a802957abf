//! Progressive scans to coefficients.

use super::super::bits::{BadBits, BitPosition, BitReader};
use super::super::huffman::HuffmanTable;
use super::super::scan::{Input, Layout, Plan, Reading, ScanState, Stop};
use super::super::units::read_units;
use super::super::{Block, ScanComponent};
use super::{Kind, block_index, run_limit};

/// Coefficients of this magnitude and above are not representable in the Lepton format.
const LIMIT: i32 = 2048;

/// Where runs are noted that end though they could go on.
#[derive(Debug)]
pub struct Breaks<'a> {
    /// The unit after each such run, counted over all scans; ascending.
    pub ordinals: &'a mut [u32],
    /// How many are noted.
    pub count: usize,
    /// Units of the scans before.
    pub base: u32,
    /// Offset of the scan data at hand in the file.
    pub offset: u64,
    /// Offset in the file of the byte in which the block begins that began the last run.
    pub run_at: u64,
}

impl Breaks<'_> {
    fn note(&mut self, unit: u32) -> Result<(), BadBits> {
        let place = self.ordinals.get_mut(self.count).ok_or(BadBits)?;
        *place = self.base.checked_add(unit).ok_or(BadBits)?;
        self.count += 1;
        Ok(())
    }
}

/// Decodes units up to `until` into the image. Gives the position after the last unit that was
/// decoded.
pub fn decode(
    plan: &Plan<'_>,
    layout: &Layout,
    reading: &mut Reading,
    input: &Input<'_>,
    until: u32,
    blocks: &mut [Block],
    breaks: &mut Breaks<'_>,
) -> (BitPosition, Stop) {
    let kind = Kind::of(plan);
    read_units(plan, reading, input, until, |state, reader| match kind {
        Kind::DcFirst => decode_dc_first(plan, state, reader, layout, blocks),
        Kind::DcRefine => decode_dc_refine(plan, state.unit, reader, layout, blocks),
        Kind::AcFirst | Kind::AcRefine => {
            decode_ac(plan, kind, state, reader, layout, blocks, breaks)
        }
    })
}

/// Whether the last run would be made longer if nothing that follows is decoded: the blocks there are empty, so
/// that it would seem to go on.
pub fn run_is_open(plan: &Plan<'_>, state: &ScanState) -> bool {
    let end = state.unit.saturating_add(state.eob_run);
    let started = end.saturating_sub(state.run_length);
    (1..longest_eob_run(plan)).contains(&state.run_length) && end < run_limit(plan, started)
}

/// Whether empty blocks of a scan can be written at all.
pub fn can_be_empty(plan: &Plan<'_>) -> bool {
    plan.scan.first == 0 || longest_eob_run(plan) != 0
}

fn longest_eob_run(plan: &Plan<'_>) -> u32 {
    let component = plan.scan.components().first().copied().unwrap_or_default();
    plan.header.ac_table(&component).longest_eob_run()
}

fn decode_dc_first(
    plan: &Plan<'_>,
    state: &mut ScanState,
    reader: &mut BitReader<'_>,
    layout: &Layout,
    blocks: &mut [Block],
) -> Result<(), BadBits> {
    let low = plan.scan.low;
    let components: [ScanComponent; 4] =
        core::array::from_fn(|i| plan.scan.components().get(i).copied().unwrap_or_default());
    let decoded = plan.visit(state.unit, |number, place| {
        let block = blocks.get_mut(layout.index(place)).ok_or(BadBits)?;
        reader.refill();
        let table = plan.header.dc_table(&components[number & 3]);
        let size = u32::from(reader.symbol(table)?);
        if size > 12 {
            return Err(BadBits);
        }
        let last_dc = &mut state.last_dc[place.component & 3];
        let dc = i32::from(*last_dc) + reader.value(size)?;
        if dc.abs() << low >= LIMIT {
            return Err(BadBits);
        }
        *last_dc = dc as i16;
        block.0[0] = (dc << low) as i16;
        Ok(())
    });
    if decoded.is_err() {
        set_dc(plan, state.unit, layout, blocks, |_| 0);
    }
    decoded
}

fn decode_dc_refine(
    plan: &Plan<'_>,
    unit: u32,
    reader: &mut BitReader<'_>,
    layout: &Layout,
    blocks: &mut [Block],
) -> Result<(), BadBits> {
    let low = plan.scan.low;
    let decoded = plan.visit(unit, |_, place| {
        let block = blocks.get_mut(layout.index(place)).ok_or(BadBits)?;
        reader.refill();
        block.0[0] |= (reader.take(1)? as i16) << low;
        Ok(())
    });
    if decoded.is_err() {
        set_dc(plan, unit, layout, blocks, |dc| dc & !(1 << low));
    }
    decoded
}

/// Sets the DC coefficients of a unit that could not be decoded back to what they were.
#[cold]
fn set_dc(
    plan: &Plan<'_>,
    unit: u32,
    layout: &Layout,
    blocks: &mut [Block],
    before: impl Fn(i16) -> i16,
) {
    // The closure never fails.
    let _ = plan.visit(unit, |_, place| {
        if let Some(block) = blocks.get_mut(layout.index(place)) {
            block.0[0] = before(block.0[0]);
        }
        Ok::<_, ()>(())
    });
}

/// Where a block of AC coefficients ended.
enum End {
    /// At the last coefficient of the band.
    Band,
    /// With a run of so many blocks, this one the first; it came where the block began or later.
    Run(u32, bool),
}

fn decode_ac(
    plan: &Plan<'_>,
    kind: Kind,
    state: &mut ScanState,
    reader: &mut BitReader<'_>,
    layout: &Layout,
    blocks: &mut [Block],
    breaks: &mut Breaks<'_>,
) -> Result<(), BadBits> {
    let index = block_index(plan, layout, state.unit);
    let block = blocks.get_mut(index).ok_or(BadBits)?;
    let before = *block;
    let decoded = decode_ac_block(plan, kind, state, reader, block, breaks);
    if decoded.is_err() {
        *block = before;
    }
    decoded
}

fn decode_ac_block(
    plan: &Plan<'_>,
    kind: Kind,
    state: &mut ScanState,
    reader: &mut BitReader<'_>,
    block: &mut Block,
    breaks: &mut Breaks<'_>,
) -> Result<(), BadBits> {
    let scan = plan.scan;
    let (first, last) = (usize::from(scan.first), usize::from(scan.last.min(63)));
    if state.eob_run > 0 {
        if kind == Kind::AcRefine {
            correct(reader, block, first, last, scan.low)?;
        }
        state.eob_run -= 1;
        return Ok(());
    }
    let component = scan.components().first().copied().unwrap_or_default();
    let table = plan.header.ac_table(&component);
    let start = reader.clone();
    let end = if kind == Kind::AcFirst {
        decode_first(reader, table, block, first, last, scan.low)?
    } else {
        decode_refine(reader, table, block, first, last, scan.low)?
    };
    let End::Run(run, at_start) = end else {
        state.run_length = 0;
        return Ok(());
    };
    if run > run_limit(plan, state.unit) - state.unit {
        return Err(BadBits);
    }
    if at_start && state.run_length != 0 && state.run_length < table.longest_eob_run() {
        breaks.note(state.unit)?;
    }
    state.eob_run = run - 1;
    state.run_length = run;
    breaks.run_at = breaks.offset + start.position().byte as u64;
    Ok(())
}

/// The length of a run, of whose symbol the high bits are `size`.
#[inline(always)]
fn run_length(reader: &mut BitReader<'_>, size: u32) -> Result<u32, BadBits> {
    Ok((1 << size) + reader.take(size)?)
}

/// G.1.2.2.
fn decode_first(
    shared: &mut BitReader<'_>,
    table: &HuffmanTable,
    block: &mut Block,
    first: usize,
    last: usize,
    low: u8,
) -> Result<End, BadBits> {
    let mut reader = shared.clone();
    let mut k = first;
    let mut zeros_only = false;
    while k <= last {
        reader.refill();
        let symbol = reader.symbol(table)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                // An end straight after sixteen zeros would be written without these.
                if zeros_only {
                    return Err(BadBits);
                }
                let length = run_length(&mut reader, run as u32)?;
                *shared = reader;
                return Ok(End::Run(length, k == first));
            }
            k += 16;
            zeros_only = true;
            continue;
        }
        k += run;
        if k > last {
            return Err(BadBits);
        }
        let value = reader.value(size)?;
        if value.abs() << low >= LIMIT {
            return Err(BadBits);
        }
        block.0[k] = (value << low) as i16;
        zeros_only = false;
        k += 1;
    }
    if zeros_only {
        return Err(BadBits);
    }
    *shared = reader;
    Ok(End::Band)
}

/// G.1.2.3.
fn decode_refine(
    shared: &mut BitReader<'_>,
    table: &HuffmanTable,
    block: &mut Block,
    first: usize,
    last: usize,
    low: u8,
) -> Result<End, BadBits> {
    let mut reader = shared.clone();
    let mut k = first;
    let mut zeros_only = false;
    let mut anything_new = false;
    while k <= last {
        reader.refill();
        let symbol = reader.symbol(table)?;
        let (mut run, size) = (symbol >> 4, symbol & 15);
        let new = match (size, run) {
            (0, 0..15) => {
                if zeros_only {
                    return Err(BadBits);
                }
                let length = run_length(&mut reader, run.into())?;
                correct(&mut reader, block, k, last, low)?;
                *shared = reader;
                return Ok(End::Run(length, !anything_new));
            }
            (0, _) => 0,
            (1, _) => {
                anything_new = true;
                if reader.take(1)? == 1 {
                    1 << low
                } else {
                    -1 << low
                }
            }
            _ => return Err(BadBits),
        };
        // The symbol's coefficient stands after `run` zeros that were zeros before.
        loop {
            let c = block.0.get_mut(k).filter(|_| k <= last).ok_or(BadBits)?;
            k += 1;
            if *c != 0 {
                correct_one(&mut reader, c, low)?;
            } else if run == 0 {
                *c = new;
                break;
            } else {
                run -= 1;
            }
        }
        zeros_only = new == 0;
    }
    if zeros_only {
        return Err(BadBits);
    }
    *shared = reader;
    Ok(End::Band)
}

/// Reads correction bits for those coefficients from `k` on that are not zero.
fn correct(
    reader: &mut BitReader<'_>,
    block: &mut Block,
    k: usize,
    last: usize,
    low: u8,
) -> Result<(), BadBits> {
    for c in block
        .0
        .iter_mut()
        .take(last + 1)
        .skip(k)
        .filter(|c| **c != 0)
    {
        correct_one(reader, c, low)?;
    }
    Ok(())
}

#[inline(always)]
fn correct_one(reader: &mut BitReader<'_>, c: &mut i16, low: u8) -> Result<(), BadBits> {
    reader.refill();
    let bit = (reader.take(1)? as i16) << low;
    *c += if *c > 0 { bit } else { -bit };
    Ok(())
}
