//! One 8x8 block of quantised coefficients.

/// The 64 coefficients of a block in the zigzag order of T.81, figure A.6: DC first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(32))]
pub struct Block(pub [i16; 64]);

impl Block {
    /// All coefficients zero.
    pub const ZERO: Block = Block([0; 64]);
}

impl Default for Block {
    fn default() -> Self {
        Block::ZERO
    }
}

/// The place `8 * v + u` of each coefficient in the zigzag order; `u` counts horizontal
/// frequencies, `v` vertical ones (T.81, figure A.6).
pub const RASTER: [u8; 64] = {
    let mut raster = [0; 64];
    let (mut u, mut v) = (0u8, 0u8);
    let mut k = 0;
    while k < 64 {
        raster[k] = 8 * v + u;
        let up = (u + v) % 2 == 0;
        if up && u == 7 {
            v += 1;
        } else if up && v == 0 {
            u += 1;
        } else if up {
            u += 1;
            v -= 1;
        } else if v == 7 {
            u += 1;
        } else if u == 0 {
            v += 1;
        } else {
            u -= 1;
            v += 1;
        }
        k += 1;
    }
    raster
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zigzag_is_that_of_t81() {
        assert_eq!(RASTER[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
        assert_eq!(RASTER[54..], [39, 46, 53, 60, 61, 54, 47, 55, 62, 63]);
        let mut seen = [false; 64];
        RASTER.iter().for_each(|&r| seen[usize::from(r)] = true);
        assert_eq!(seen, [true; 64]);
    }
}
