//! One scan as a list of Huffman symbols and raw bits, before its tables are known (T.81 annexes F and G).

use super::content::Plane;
use super::spec::{EobRuns, Huffman, JpegSpec, Process, Scan};
use crate::rng::Rng;

/// What the bit writer gets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token {
    /// A symbol of table `number` in `class` (0 DC, 1 AC).
    Symbol { class: u8, number: u8, value: u8 },
    /// The low `len` bits of `value`.
    Bits { value: u16, len: u8 },
    /// End of a restart interval that is not the last.
    Restart,
}

/// The tokens of a scan under this restart interval (0: none).
pub(super) fn tokens(spec: &JpegSpec, planes: &[Plane], scan: &Scan, restart: usize) -> Vec<Token> {
    let mut coder = Coder::new(spec, scan);
    let (mcu_len, blocks) = block_order(spec, planes, scan);
    for (mcu, members) in blocks.chunks(mcu_len).enumerate() {
        if restart > 0 && mcu > 0 && mcu % restart == 0 {
            coder.flush_eob_run();
            coder.dc = [0; 4];
            coder.tokens.push(Token::Restart);
        }
        for &(component, block) in members {
            coder.block(component, &planes[component].blocks[block]);
        }
    }
    coder.flush_eob_run();
    coder.tokens
}

/// Blocks in one MCU, and all blocks of the scan as (component, index) in coding order (T.81 A.2).
fn block_order(spec: &JpegSpec, planes: &[Plane], scan: &Scan) -> (usize, Vec<(usize, usize)>) {
    let mut order = Vec::new();
    if let [component] = scan.components[..] {
        let plane = &planes[component];
        for y in 0..plane.height {
            order.extend((0..plane.width).map(|x| (component, y * plane.stride + x)));
        }
        return (1, order);
    }
    let across = usize::from(spec.width).div_ceil(8 * spec.h_max());
    let down = usize::from(spec.height).div_ceil(8 * spec.v_max());
    for mcu in 0..across * down {
        for &component in &scan.components {
            let (h, v) = (
                usize::from(spec.components[component].h),
                usize::from(spec.components[component].v),
            );
            for row in 0..v {
                let start = (mcu / across * v + row) * planes[component].stride + mcu % across * h;
                order.extend((start..start + h).map(|block| (component, block)));
            }
        }
    }
    (order.len() / (across * down), order)
}

/// The state of a scan's coder.
struct Coder<'a> {
    spec: &'a JpegSpec,
    scan: &'a Scan,
    tokens: Vec<Token>,
    /// DC predictions by component.
    dc: [i32; 4],
    /// AC table of the EOB run: progressive AC scans have one component.
    ac_number: u8,
    /// Blocks that wait in the EOB run.
    eob_run: u16,
    /// Correction bits of the blocks in the run.
    run_bits: Vec<u8>,
    longest_run: u16,
    cuts: Rng,
}

impl<'a> Coder<'a> {
    fn new(spec: &'a JpegSpec, scan: &'a Scan) -> Self {
        let wanted = if let EobRuns::Limit(blocks) = spec.eob_runs {
            blocks
        } else {
            0x7FFF
        };
        Self {
            spec,
            scan,
            tokens: Vec::new(),
            dc: [0; 4],
            ac_number: spec.components[scan.components[0]].huffman,
            eob_run: 0,
            run_bits: Vec::new(),
            // Annex K tables hold no run longer than one block.
            longest_run: if spec.huffman == Huffman::Standard {
                1
            } else {
                wanted
            },
            cuts: Rng::new(if let EobRuns::RandomCuts(seed) = spec.eob_runs {
                seed
            } else {
                0
            }),
        }
    }

    fn block(&mut self, component: usize, block: &[i16; 64]) {
        let number = self.spec.components[component].huffman;
        if self.spec.process != Process::Progressive {
            self.dc(component, number, i32::from(block[0]));
            self.sequential_ac(number, block);
        } else if self.scan.ss > 0 {
            match self.scan.ah {
                0 => self.ac_first(block),
                _ => self.ac_refine(block),
            }
        } else {
            let value = i32::from(block[0]) >> self.scan.al;
            match self.scan.ah {
                0 => self.dc(component, number, value),
                _ => self.bits(value as u16 & 1, 1),
            }
        }
    }

    fn bits(&mut self, value: u16, len: u8) {
        if len > 0 {
            self.tokens.push(Token::Bits { value, len });
        }
    }

    /// A symbol with `run` in its high four bits, the size of `value` in the low ones, then the value's bits.
    fn value(&mut self, class: u8, number: u8, run: u8, value: i32) {
        let size = (32 - value.unsigned_abs().leading_zeros()) as u8;
        self.tokens.push(Token::Symbol {
            class,
            number,
            value: run << 4 | size,
        });
        // Negative values are written less one, in two's complement.
        let raw = if value < 0 { value - 1 } else { value };
        self.bits((raw & ((1 << size) - 1)) as u16, size);
    }

    fn dc(&mut self, component: usize, number: u8, value: i32) {
        let difference = value - self.dc[component];
        self.dc[component] = value;
        self.value(0, number, 0, difference);
    }

    fn sequential_ac(&mut self, number: u8, block: &[i16; 64]) {
        let mut run = 0;
        for &coefficient in &block[1..] {
            if coefficient == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.tokens.push(Token::Symbol {
                    class: 1,
                    number,
                    value: 0xF0,
                });
                run -= 16;
            }
            self.value(1, number, run, i32::from(coefficient));
            run = 0;
        }
        if run > 0 {
            self.tokens.push(Token::Symbol {
                class: 1,
                number,
                value: 0,
            });
        }
    }

    fn ac_first(&mut self, block: &[i16; 64]) {
        let mut run = 0;
        for k in self.scan.ss..=self.scan.se {
            // Division, not shift: the AC point transform rounds toward zero.
            let coefficient = i32::from(block[usize::from(k)]) / (1 << self.scan.al);
            if coefficient == 0 {
                run += 1;
                continue;
            }
            self.flush_eob_run();
            while run > 15 {
                self.ac_symbol(0xF0);
                run -= 16;
            }
            self.value(1, self.ac_number, run, coefficient);
            run = 0;
        }
        if run > 0 {
            self.end_block(&[]);
        }
    }

    fn ac_refine(&mut self, block: &[i16; 64]) {
        let band = usize::from(self.scan.ss)..=usize::from(self.scan.se);
        let size = |k: usize| block[k].unsigned_abs() >> self.scan.al;
        let last_new = band.clone().rev().find(|&k| size(k) == 1);
        let mut run = 0;
        let mut corrections = Vec::new();
        for k in band {
            if size(k) == 0 {
                run += 1;
                continue;
            }
            while run > 15 && last_new.is_some_and(|last| k <= last) {
                self.flush_eob_run();
                self.ac_symbol(0xF0);
                self.raw_bits(&mut corrections);
                run -= 16;
            }
            if size(k) > 1 {
                corrections.push(size(k) as u8 & 1);
                continue;
            }
            self.flush_eob_run();
            self.ac_symbol(run << 4 | 1);
            self.bits(u16::from(block[k] > 0), 1);
            self.raw_bits(&mut corrections);
            run = 0;
        }
        if run > 0 || !corrections.is_empty() {
            self.end_block(&corrections);
        }
    }

    fn ac_symbol(&mut self, value: u8) {
        self.tokens.push(Token::Symbol {
            class: 1,
            number: self.ac_number,
            value,
        });
    }

    fn raw_bits(&mut self, bits: &mut Vec<u8>) {
        for bit in bits.drain(..) {
            self.bits(u16::from(bit), 1);
        }
    }

    /// The block has nothing more in this band but `corrections`: it joins the EOB run.
    fn end_block(&mut self, corrections: &[u8]) {
        self.eob_run += 1;
        self.run_bits.extend_from_slice(corrections);
        let cut = match self.spec.eob_runs {
            EobRuns::RandomCuts(_) => self.cuts.one_in(4),
            EobRuns::LikeLibjpeg => self.run_bits.len() > 1000 - 63,
            EobRuns::Maximal | EobRuns::Limit(_) => false,
        };
        if cut || self.eob_run >= self.longest_run {
            self.flush_eob_run();
        }
    }

    fn flush_eob_run(&mut self) {
        if self.eob_run > 0 {
            let size = self.eob_run.ilog2() as u8;
            self.ac_symbol(size << 4);
            self.bits(self.eob_run - (1 << size), size);
            self.eob_run = 0;
            let mut bits = std::mem::take(&mut self.run_bits);
            self.raw_bits(&mut bits);
        }
    }
}
