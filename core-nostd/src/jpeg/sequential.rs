//! Units of sequential scans (T.81, F.1.2 and F.2.2).

use super::bits::{BadBits, BitPosition, BitReader, BitWriter};
use super::huffman::HuffmanTable;
use super::scan::{Input, Layout, Place, Plan, Put, Reading, Stop, Writing};
use super::units::{NoCode, read_units, write_units};
use super::{Block, ScanComponent};

/// Coefficients of this magnitude and above are not representable in the Lepton format.
const LIMIT: i32 = 2048;

/// Where decoded blocks go.
pub trait Sink {
    /// The place for the block with this [`Layout`] index, all zeros.
    fn block(&mut self, index: usize) -> Option<&mut Block>;
}

impl Sink for &mut [Block] {
    #[inline(always)]
    fn block(&mut self, index: usize) -> Option<&mut Block> {
        self.get_mut(index)
    }
}

/// A sink for blocks that nobody wants.
#[derive(Debug, Default)]
pub struct Discard(Block);

impl Sink for Discard {
    #[inline(always)]
    fn block(&mut self, _: usize) -> Option<&mut Block> {
        Some(&mut self.0)
    }
}

/// Decodes units up to `until`. Gives the position after the last unit that was decoded.
#[inline(always)]
pub fn decode(
    plan: &Plan<'_>,
    layout: &Layout,
    reading: &mut Reading,
    input: &Input<'_>,
    until: u32,
    sink: &mut impl Sink,
) -> (BitPosition, Stop) {
    let tables: [_; 4] = core::array::from_fn(|i| {
        let component = plan.scan.components().get(i).copied().unwrap_or_default();
        (
            plan.header.dc_table(&component),
            plan.header.ac_table(&component),
        )
    });
    read_units(plan, reading, input, until, |state, reader| {
        let decoded = plan.visit(state.unit, |number, place| {
            let (dc, ac) = tables[number & 3];
            let last_dc = &mut state.last_dc[place.component & 3];
            let block = sink.block(layout.index(place)).ok_or(BadBits)?;
            decode_block(reader, dc, ac, last_dc, block)
        });
        if decoded.is_err() {
            clear_unit(plan, state.unit, layout, sink);
        }
        decoded
    })
}

/// Forgets a unit of which only a part could be decoded.
#[cold]
fn clear_unit(plan: &Plan<'_>, unit: u32, layout: &Layout, sink: &mut impl Sink) {
    let clear = |_, place| {
        if let Some(block) = sink.block(layout.index(place)) {
            *block = Block::ZERO;
        }
        Ok::<_, ()>(())
    };
    // The closure never fails.
    let _ = plan.visit(unit, clear);
}

/// Decodes a block that is coded as [`encode_block`] would; anything else is refused.
#[inline(always)]
fn decode_block(
    shared: &mut BitReader<'_>,
    dc_table: &HuffmanTable,
    ac_table: &HuffmanTable,
    last_dc: &mut i16,
    block: &mut Block,
) -> Result<(), BadBits> {
    // A copy of its own can live in registers.
    let mut reader = shared.clone();
    reader.refill();
    let size = u32::from(reader.symbol(dc_table)?);
    if size > 12 {
        return Err(BadBits);
    }
    let dc = i32::from(*last_dc) + reader.value(size)?;
    if dc.abs() >= LIMIT {
        return Err(BadBits);
    }
    *last_dc = dc as i16;
    block.0[0] = dc as i16;

    let mut k = 1;
    let mut zeros_only = false;
    while k < 64 {
        reader.refill();
        let symbol = reader.symbol(ac_table)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            match run {
                // An end straight after sixteen zeros would be written without these.
                0 if !zeros_only => break,
                15 if k + 16 < 64 => {
                    k += 16;
                    zeros_only = true;
                    continue;
                }
                _ => return Err(BadBits),
            }
        }
        k += run;
        if k > 63 || size > 11 {
            return Err(BadBits);
        }
        block.0[k] = reader.value(size)? as i16;
        zeros_only = false;
        k += 1;
    }
    *shared = reader;
    Ok(())
}

/// Encodes units up to `until` into `output`. Gives the bytes written.
#[inline(always)]
pub fn encode(
    plan: &Plan<'_>,
    layout: &Layout,
    writing: &mut Writing,
    until: u32,
    blocks: &[Block],
    output: &mut [u8],
) -> (usize, Put) {
    let tables: [_; 4] = core::array::from_fn(|i| {
        let component: ScanComponent = plan.scan.components().get(i).copied().unwrap_or_default();
        (
            plan.header.dc_table(&component),
            plan.header.ac_table(&component),
        )
    });
    write_units(plan, writing, until, output, |state, writer| {
        plan.visit(state.unit, |number, place: Place| {
            let (dc, ac) = tables[number & 3];
            let last_dc = &mut state.last_dc[place.component & 3];
            let block = blocks.get(layout.index(place)).ok_or(NoCode)?;
            encode_block(writer, dc, ac, last_dc, block)
        })
    })
}

/// Encodes a block.
#[inline(always)]
fn encode_block(
    writer: &mut BitWriter<'_>,
    dc_table: &HuffmanTable,
    ac_table: &HuffmanTable,
    last_dc: &mut i16,
    block: &Block,
) -> Result<(), NoCode> {
    let dc = i32::from(block.0[0]);
    put_value(writer, dc_table, 0, dc - i32::from(*last_dc))?;
    *last_dc = block.0[0];

    let mut left = nonzero_mask(block) & !1;
    let mut k = 1;
    while left != 0 {
        let next = left.trailing_zeros();
        let mut run = next - k;
        while run > 15 {
            put_symbol(writer, ac_table, 0xf0)?;
            run -= 16;
        }
        put_value(
            writer,
            ac_table,
            run << 4,
            block.0[next as usize & 63].into(),
        )?;
        k = next + 1;
        left &= left - 1;
    }
    if k < 64 {
        put_symbol(writer, ac_table, 0)?;
    }
    Ok(())
}

/// One bit for each coefficient that is not zero, the first lowest.
#[inline(always)]
pub(super) fn nonzero_mask(block: &Block) -> u64 {
    let flags = block.0.map(|c| u8::from(c != 0));
    let mut mask = 0;
    for (i, eight) in flags.chunks_exact(8).enumerate() {
        let word = eight.iter().rev().fold(0, |w, &b| w << 8 | u64::from(b));
        // Gathers the eight low bits into the top byte.
        mask |= (word.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    mask
}

/// A symbol with its size in the low bits, and the value's own bits.
#[inline(always)]
pub(super) fn put_value(
    writer: &mut BitWriter<'_>,
    table: &HuffmanTable,
    run: u32,
    value: i32,
) -> Result<(), NoCode> {
    let size = u32::BITS - value.unsigned_abs().leading_zeros();
    let (code, length) = table.code((run | (size & 15)) as u8);
    if length == 0 || size > 15 {
        return Err(NoCode);
    }
    // Negative values are coded one less, in as many bits (F.1.2.1).
    let bits = (value + (value >> 31)) as u32 & ((1 << size) - 1);
    writer.put(u32::from(code) << size | bits, u32::from(length) + size);
    Ok(())
}

#[inline(always)]
pub(super) fn put_symbol(
    writer: &mut BitWriter<'_>,
    table: &HuffmanTable,
    symbol: u8,
) -> Result<(), NoCode> {
    let (code, length) = table.code(symbol);
    if length == 0 {
        return Err(NoCode);
    }
    writer.put(code.into(), length.into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_has_every_bit() {
        for k in 0..64 {
            let mut block = Block::ZERO;
            block.0[k] = -256;
            block.0[63] = 1;
            assert_eq!(nonzero_mask(&block), 1 << k | 1 << 63);
        }
    }
}
