//! Scans unit by unit, whatever a unit's blocks hold: enough bytes for each, a way back if it fails, and
//! padding and restart markers after it (T.81, E.1.4 and E.2.4).

use super::bits::{BadBits, BitPosition, BitReader, BitWriter};
use super::scan::{
    Input, MAX_BLOCK_BYTES, Plan, Put, Reading, ScanState, SeenStyle, Stop, Style, Writing,
};
use super::{MAX_COMPONENTS, marker};

/// A unit cannot be written: a symbol has no code in its table.
#[derive(Debug)]
pub(super) struct NoCode;

/// Reads units up to `until`. `read` reads one, and must leave its blocks as they were if it fails. Gives
/// the position after the last unit that was read.
#[inline(always)]
pub(super) fn read_units(
    plan: &Plan<'_>,
    reading: &mut Reading,
    input: &Input<'_>,
    until: u32,
    mut read: impl FnMut(&mut ScanState, &mut BitReader<'_>) -> Result<(), BadBits>,
) -> (BitPosition, Stop) {
    let &Input { data, start, last } = input;
    let Reading { state, seen } = reading;
    let need = plan.blocks_per_unit * MAX_BLOCK_BYTES;
    // The last byte that may be loaded before a unit, for all of it to be there.
    let safe_end = match data.len().checked_sub(need) {
        _ if last => usize::MAX,
        Some(end) => end,
        None => return (start, Stop::Input),
    };
    let mut reader = BitReader::new(data, start);
    while state.unit < until {
        if reader.loaded_to() > safe_end {
            return (reader.position(), Stop::Input);
        }
        let (before, state_before) = (reader.clone(), *state);
        if read(state, &mut reader).is_err() {
            *state = state_before;
            return (before.position(), Stop::Irregular);
        }
        state.unit += 1;
        if take_restart(plan, state, seen, &mut reader, data).is_err() {
            return (reader.position(), Stop::Irregular);
        }
    }
    (reader.position(), Stop::Done)
}

/// Writes units up to `until` into `output`; `write` writes one. Gives the bytes written.
#[inline(always)]
pub(super) fn write_units(
    plan: &Plan<'_>,
    writing: &mut Writing,
    until: u32,
    output: &mut [u8],
    mut write: impl FnMut(&mut ScanState, &mut BitWriter<'_>) -> Result<(), NoCode>,
) -> (usize, Put) {
    let Writing {
        state,
        partial,
        style,
    } = writing;
    let need = plan.blocks_per_unit * MAX_BLOCK_BYTES + 16;
    let mut written = 0;
    let mut writer = BitWriter::new(output, *partial);
    let mut end = Put::Done;
    while state.unit < until {
        if writer.room() < need {
            end = Put::Output;
            break;
        }
        let (mark, before) = (writer.mark(), *state);
        if write(state, &mut writer).is_err() {
            writer.rewind(mark);
            *state = before;
            end = Put::NoCode;
            break;
        }
        state.unit += 1;
        put_restart(plan, state, style, &mut writer);
    }
    if let Some((rest, length)) = writer.finish() {
        (*partial, written) = (rest, length);
    }
    (written, end)
}

/// Writes padding and a restart marker after a unit, if one is due there.
fn put_restart(plan: &Plan<'_>, state: &mut ScanState, style: &Style, writer: &mut BitWriter<'_>) {
    if plan.restarts_before(state.unit) {
        writer.pad(style.pad);
        if state.restarts < style.restarts {
            writer.marker(marker::RST0 + (state.restarts & 7) as u8);
            state.restarts += 1;
        }
        state.last_dc = [0; MAX_COMPONENTS];
    } else if state.unit == plan.units {
        writer.pad(style.pad);
    }
}

/// Reads padding and a restart marker after a unit, if one is due there. Nothing is changed if
/// they are not as they will be written.
fn take_restart<'a>(
    plan: &Plan<'_>,
    state: &mut ScanState,
    seen: &mut SeenStyle,
    reader: &mut BitReader<'a>,
    data: &'a [u8],
) -> Result<(), BadBits> {
    let due = plan.restarts_before(state.unit);
    if !due && state.unit != plan.units {
        return Ok(());
    }
    let mut ahead = reader.clone();
    let (bits, count) = ahead.rest_of_byte();
    let mut next = *seen;
    if count != 0 {
        let ones = bits.count_ones();
        if ones != 0 && ones != count || next.pad.is_some_and(|pad| pad != (ones != 0)) {
            return Err(BadBits);
        }
        next.pad = Some(ones != 0);
    }
    if due {
        let at = ahead.position();
        let expected = marker::RST0 + (state.restarts & 7) as u8;
        match data[at.byte..] {
            [0xff, marker, ..] if marker == expected && !next.restarts_ended => {
                let after = BitPosition {
                    byte: at.byte + 2,
                    bit: 0,
                };
                ahead = BitReader::new(data, after);
                state.restarts += 1;
            }
            _ if next.restarts_wanted => return Err(BadBits),
            _ => next.restarts_ended = true,
        }
        state.last_dc = [0; MAX_COMPONENTS];
        state.run_length = 0;
    }
    *reader = ahead;
    *seen = next;
    Ok(())
}
