//! Logarithms in integers: the same on every machine.

/// Logarithms to base 2, in 256ths.
pub(super) type Log = i32;

pub(super) const OCTAVE: Log = 256;

/// The logarithm of a number, 0 of 0.
pub(super) fn log2(value: u64) -> Log {
    let Some(mut log) = value.checked_ilog2() else {
        return 0;
    };
    // From 2^31 to 2^32: squared, the next digit of its logarithm is whether it is twice that.
    let mut part = if log > 31 {
        value >> (log - 31)
    } else {
        value << (31 - log)
    };
    for _ in 0..8 {
        part = (part * part) >> 31;
        let digit = part >> 32;
        part >>= digit;
        log = log << 1 | digit as u32;
    }
    log as Log
}

/// A number times `2^log`, to some parts in a thousand; what is too large is `u64::MAX`.
pub(super) fn times_exp2(value: u64, log: Log) -> u64 {
    let part = log.rem_euclid(OCTAVE) as u64;
    // 2^x from 0 to 1 is near 1 + x * (0.6565 + 0.3435 x).
    let mantissa = 65536 + part * (168 * 256 + 88 * part) / 256;
    let scaled = (u128::from(value) * u128::from(mantissa)) >> 16;
    let shift = log.div_euclid(OCTAVE);
    let shifted = if shift < 0 {
        scaled.checked_shr(shift.unsigned_abs()).unwrap_or(0)
    } else if scaled == 0 {
        0
    } else if shift < 64 {
        scaled.saturating_mul(1 << shift)
    } else {
        u128::MAX
    };
    u64::try_from(shifted).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_tables() {
        for (value, log) in [(0, 0), (1, 0), (2, 256), (3, 405), (4, 512), (10, 850)] {
            assert_eq!(log2(value), log);
        }
        assert_eq!(log2(u64::MAX), 64 * OCTAVE - 1);
    }

    #[test]
    fn powers_undo_logarithms() {
        for value in [1000, 1001, 1500, 1999, 12345, 1 << 40] {
            let back = times_exp2(1 << 20, log2(value)) >> 20;
            assert!(back.abs_diff(value) <= value / 100 + 1, "{value}: {back}");
        }
        assert_eq!(times_exp2(1000, -2 * OCTAVE), 250);
        assert_eq!(times_exp2(1, Log::MIN), 0);
        assert_eq!(times_exp2(u64::MAX, Log::MAX), u64::MAX);
        assert_eq!(times_exp2(0, Log::MAX), 0);
    }
}
