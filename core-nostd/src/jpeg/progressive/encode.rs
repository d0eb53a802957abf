//! Coefficients to progressive scans.

use super::super::bits::BitWriter;
use super::super::huffman::HuffmanTable;
use super::super::scan::{Layout, Plan, Put, ScanState, Writing};
use super::super::sequential::{nonzero_mask, put_symbol, put_value};
use super::super::units::{NoCode, write_units};
use super::super::{Block, ScanComponent};
use super::{Kind, block_index, run_limit};

/// Runs that end though they could go on, as the decoder noted them.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownBreaks<'a> {
    /// The unit after each such run, counted over all scans; ascending.
    pub ordinals: &'a [u32],
    /// Units of the scans before.
    pub base: u32,
}

impl KnownBreaks<'_> {
    /// The first break after `unit`, at most `limit`.
    fn next(&self, unit: u32, limit: u32) -> u32 {
        let at = self.base.saturating_add(unit);
        let after = self.ordinals.partition_point(|&o| o <= at);
        let next = self.ordinals.get(after).copied().unwrap_or(u32::MAX);
        next.saturating_sub(self.base).min(limit)
    }
}

/// Encodes units up to `until` into `output`. Gives the bytes written.
pub fn encode(
    plan: &Plan<'_>,
    layout: &Layout,
    writing: &mut Writing,
    until: u32,
    blocks: &[Block],
    breaks: KnownBreaks<'_>,
    output: &mut [u8],
) -> (usize, Put) {
    let kind = Kind::of(plan);
    write_units(plan, writing, until, output, |state, writer| match kind {
        Kind::DcFirst => encode_dc_first(plan, state, writer, layout, blocks),
        Kind::DcRefine => encode_dc_refine(plan, state.unit, writer, layout, blocks),
        Kind::AcFirst | Kind::AcRefine => {
            encode_ac(plan, kind, state, writer, layout, blocks, breaks)
        }
    })
}

fn encode_dc_first(
    plan: &Plan<'_>,
    state: &mut ScanState,
    writer: &mut BitWriter<'_>,
    layout: &Layout,
    blocks: &[Block],
) -> Result<(), NoCode> {
    let components: [ScanComponent; 4] =
        core::array::from_fn(|i| plan.scan.components().get(i).copied().unwrap_or_default());
    plan.visit(state.unit, |number, place| {
        let block = blocks.get(layout.index(place)).ok_or(NoCode)?;
        let table = plan.header.dc_table(&components[number & 3]);
        let last_dc = &mut state.last_dc[place.component & 3];
        let dc = block.0[0] >> plan.scan.low;
        put_value(writer, table, 0, i32::from(dc) - i32::from(*last_dc))?;
        *last_dc = dc;
        Ok(())
    })
}

fn encode_dc_refine(
    plan: &Plan<'_>,
    unit: u32,
    writer: &mut BitWriter<'_>,
    layout: &Layout,
    blocks: &[Block],
) -> Result<(), NoCode> {
    plan.visit(unit, |_, place| {
        let block = blocks.get(layout.index(place)).ok_or(NoCode)?;
        writer.put((block.0[0] >> plan.scan.low & 1) as u32, 1);
        Ok(())
    })
}

/// A scan's band of coefficients.
#[derive(Clone, Copy)]
struct Band {
    mask: u64,
    last: u32,
    low: u8,
}

impl Band {
    fn of(plan: &Plan<'_>) -> Self {
        let last = u32::from(plan.scan.last.min(63));
        Band {
            mask: u64::MAX << (plan.scan.first & 63) & u64::MAX >> (63 - last),
            last,
            low: plan.scan.low,
        }
    }

    /// The magnitude of a coefficient as far as this scan and those before it tell.
    #[inline(always)]
    fn magnitude(&self, block: &Block, k: u32) -> u16 {
        block.0[k as usize & 63].unsigned_abs() >> self.low
    }

    /// A bit for each coefficient of the band whose magnitude is as `wanted`.
    #[inline(always)]
    fn which(&self, block: &Block, wanted: impl Fn(u16) -> bool) -> u64 {
        let mut left = nonzero_mask(block) & self.mask;
        let mut which = 0;
        while left != 0 {
            let bit = left & left.wrapping_neg();
            if wanted(self.magnitude(block, left.trailing_zeros())) {
                which |= bit;
            }
            left ^= bit;
        }
        which
    }
}

fn encode_ac(
    plan: &Plan<'_>,
    kind: Kind,
    state: &mut ScanState,
    writer: &mut BitWriter<'_>,
    layout: &Layout,
    blocks: &[Block],
    breaks: KnownBreaks<'_>,
) -> Result<(), NoCode> {
    let band = Band::of(plan);
    let block = blocks
        .get(block_index(plan, layout, state.unit))
        .ok_or(NoCode)?;
    let mut corrections = Corrections::default();
    if state.eob_run > 0 {
        if kind == Kind::AcRefine {
            corrections.add_all(&band, block);
            corrections.put(writer);
        }
        state.eob_run -= 1;
        return Ok(());
    }
    let component = plan.scan.components().first().copied().unwrap_or_default();
    let table = plan.header.ac_table(&component);
    let ends_early = if kind == Kind::AcFirst {
        encode_first(writer, table, &band, block)?
    } else {
        encode_refine(writer, table, &band, block, &mut corrections)?
    };
    if ends_early {
        let limit = breaks.next(state.unit, run_limit(plan, state.unit));
        let most = table.longest_eob_run().min(limit - state.unit);
        let mut run = 1;
        while run < most {
            let next = block_index(plan, layout, state.unit + run);
            let next = blocks.get(next).ok_or(NoCode)?;
            let new = match kind {
                Kind::AcFirst => band.which(next, |m| m != 0),
                _ => band.which(next, |m| m == 1),
            };
            if new != 0 {
                break;
            }
            run += 1;
        }
        let size = run.ilog2();
        put_symbol(writer, table, (size << 4) as u8)?;
        writer.put(run - (1 << size), size);
        corrections.put(writer);
        state.eob_run = run - 1;
    }
    Ok(())
}

/// G.1.2.2; says whether coefficients are left out at the end.
fn encode_first(
    writer: &mut BitWriter<'_>,
    table: &HuffmanTable,
    band: &Band,
    block: &Block,
) -> Result<bool, NoCode> {
    let mut left = band.which(block, |m| m != 0);
    let mut k = band.mask.trailing_zeros();
    while left != 0 {
        let next = left.trailing_zeros();
        let mut run = next - k;
        while run > 15 {
            put_symbol(writer, table, 0xf0)?;
            run -= 16;
        }
        let magnitude = i32::from(band.magnitude(block, next));
        let negative = block.0[next as usize & 63] < 0;
        let value = if negative { -magnitude } else { magnitude };
        put_value(writer, table, run << 4, value)?;
        k = next + 1;
        left &= left - 1;
    }
    Ok(k <= band.last)
}

/// Bits that go on with coefficients of earlier scans, until they may be written.
#[derive(Default)]
struct Corrections {
    bits: u64,
    count: u32,
}

impl Corrections {
    #[inline(always)]
    fn add(&mut self, magnitude: u16) {
        self.bits = self.bits << 1 | u64::from(magnitude & 1);
        self.count += 1;
    }

    fn add_all(&mut self, band: &Band, block: &Block) {
        let mut left = nonzero_mask(block) & band.mask;
        while left != 0 {
            let magnitude = band.magnitude(block, left.trailing_zeros());
            if magnitude > 1 {
                self.add(magnitude);
            }
            left &= left - 1;
        }
    }

    fn put(&mut self, writer: &mut BitWriter<'_>) {
        let high = self.count.saturating_sub(32);
        writer.put((self.bits >> 32) as u32 & ((1u64 << high) - 1) as u32, high);
        let low = self.count - high;
        writer.put((self.bits & ((1u64 << low) - 1)) as u32, low);
        *self = Corrections::default();
    }
}

/// G.1.2.3; says whether an end must be coded, with the corrections that are left.
fn encode_refine(
    writer: &mut BitWriter<'_>,
    table: &HuffmanTable,
    band: &Band,
    block: &Block,
    corrections: &mut Corrections,
) -> Result<bool, NoCode> {
    let new = band.which(block, |m| m == 1);
    let last_new = 64 - new.leading_zeros();
    let mut left = band.which(block, |m| m != 0);
    let mut zeros = 0;
    let mut k = band.mask.trailing_zeros();
    while left != 0 {
        let next = left.trailing_zeros();
        zeros += next - k;
        k = next + 1;
        left &= left - 1;
        while zeros > 15 && k <= last_new {
            put_symbol(writer, table, 0xf0)?;
            corrections.put(writer);
            zeros -= 16;
        }
        let magnitude = band.magnitude(block, next);
        if magnitude > 1 {
            corrections.add(magnitude);
            continue;
        }
        put_symbol(writer, table, (zeros << 4 | 1) as u8)?;
        writer.put(u32::from(block.0[next as usize & 63] > 0), 1);
        corrections.put(writer);
        zeros = 0;
    }
    Ok(zeros > 0 || k <= band.last || corrections.count > 0)
}
