//! Markers, tables and entropy-coded bytes in file order (T.81 annex B).

use super::content::planes;
use super::huffman::HuffmanTable;
use super::scan::{Token, tokens};
use super::spec::{DhtPlace, JpegSpec, Place, Process, Scan};
use super::tables::ZIGZAG;

/// How often each symbol occurs, by class and table number.
type Uses = [[[u64; 256]; 4]; 2];
/// Codes by class and table number.
type Codes = [[Option<[(u16, u8); 256]>; 4]; 2];

/// The bytes of the file.
///
/// # Panics
/// If the spec asks for what a JPEG cannot say, such as a component that is not there.
#[must_use]
pub fn make(spec: &JpegSpec) -> Vec<u8> {
    let mut out = Vec::new();
    let mut next = Some(spec);
    while let Some(spec) = next {
        image(&mut out, spec);
        next = spec.then.as_deref();
    }
    out
}

fn image(out: &mut Vec<u8>, spec: &JpegSpec) {
    let planes = planes(spec);
    let mut interval = spec.restart;
    let mut scans = Vec::new();
    for scan in &spec.scans {
        interval = scan.restart.unwrap_or(interval);
        scans.push(tokens(spec, &planes, scan, usize::from(interval)));
    }

    out.extend([0xFF, 0xD8]);
    extras(out, spec, Place::Front);
    out.extend(vec![0xFF; spec.fill.dqt]);
    quant_tables(out, spec);
    frame_header(out, spec);
    if spec.restart > 0 {
        segment(out, 0xDD, &spec.restart.to_be_bytes());
    }
    let mut codes = Codes::default();
    if spec.dht == DhtPlace::Front {
        codes = huffman_tables(out, spec, scans.iter().flatten());
    }
    for (number, (scan, tokens)) in spec.scans.iter().zip(&scans).enumerate() {
        extras(out, spec, Place::BeforeScan(number));
        if let Some(interval) = scan.restart {
            segment(out, 0xDD, &interval.to_be_bytes());
        }
        if spec.dht == DhtPlace::EachScan {
            codes = huffman_tables(out, spec, tokens);
        }
        out.extend(vec![0xFF; spec.fill.sos]);
        scan_header(out, spec, scan);
        entropy_coded(out, spec, tokens, &codes);
    }
    let restarts = scans.last().map_or(0, |t| {
        t.iter().filter(|t| matches!(t, Token::Restart)).count()
    });
    for extra in 0..spec.trailing_rst {
        out.extend([0xFF, 0xD0 + ((restarts + extra) & 7) as u8]);
    }
    extras(out, spec, Place::End);
    out.extend(vec![0xFF; spec.fill.eoi]);
    if spec.eoi {
        out.extend([0xFF, 0xD9]);
    }
    out.extend(&spec.tail);
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    let length = u16::try_from(body.len() + 2).expect("a segment holds at most 65533 bytes");
    out.extend([0xFF, marker]);
    out.extend(length.to_be_bytes());
    out.extend(body);
}

/// Writes bodies of one kind as one segment or as a segment each.
fn segments(out: &mut Vec<u8>, marker: u8, bodies: &[Vec<u8>], joined: bool) {
    if joined {
        segment(out, marker, &bodies.concat());
    } else {
        bodies.iter().for_each(|body| segment(out, marker, body));
    }
}

fn extras(out: &mut Vec<u8>, spec: &JpegSpec, place: Place) {
    for extra in spec.segments.iter().filter(|s| s.place == place) {
        segment(out, extra.marker, &extra.body);
    }
}

fn quant_tables(out: &mut Vec<u8>, spec: &JpegSpec) {
    let body = |(number, table): (usize, &super::spec::QuantTable)| {
        let mut body = vec![u8::from(table.wide) << 4 | number as u8];
        for &at in &ZIGZAG {
            let step = table.steps[usize::from(at)];
            if table.wide {
                body.extend(step.to_be_bytes());
            } else {
                body.push(u8::try_from(step).expect("a step above 255 needs a wide table"));
            }
        }
        body
    };
    let bodies: Vec<_> = spec.quant.iter().enumerate().map(body).collect();
    segments(out, 0xDB, &bodies, spec.joined_tables);
}

fn frame_header(out: &mut Vec<u8>, spec: &JpegSpec) {
    let marker = match spec.process {
        Process::Baseline => 0xC0,
        Process::Extended => 0xC1,
        Process::Progressive => 0xC2,
    };
    let mut body = vec![8];
    body.extend(spec.height.to_be_bytes());
    body.extend(spec.width.to_be_bytes());
    body.push(spec.components.len() as u8);
    for c in &spec.components {
        body.extend([c.id, c.h << 4 | c.v, c.quant]);
    }
    segment(out, marker, &body);
}

/// Writes the tables that the tokens need and gives their codes.
fn huffman_tables<'a>(
    out: &mut Vec<u8>,
    spec: &JpegSpec,
    tokens: impl IntoIterator<Item = &'a Token>,
) -> Codes {
    let mut uses: Uses = [[[0; 256]; 4]; 2];
    for token in tokens {
        if let Token::Symbol {
            class,
            number,
            value,
        } = *token
        {
            uses[usize::from(class)][usize::from(number)][usize::from(value)] += 1;
        }
    }
    let mut codes = Codes::default();
    let mut bodies = Vec::new();
    for (class, numbers) in uses.iter().enumerate() {
        for (number, uses) in numbers.iter().enumerate() {
            if uses.iter().all(|&n| n == 0) {
                continue;
            }
            let table = HuffmanTable::new(spec.huffman, class, number, uses);
            codes[class][number] = Some(table.codes());
            bodies.push(
                [
                    &[(class << 4 | number) as u8],
                    &table.counts[..],
                    &table.symbols,
                ]
                .concat(),
            );
        }
    }
    if !bodies.is_empty() {
        segments(out, 0xC4, &bodies, spec.joined_tables);
    }
    codes
}

fn scan_header(out: &mut Vec<u8>, spec: &JpegSpec, scan: &Scan) {
    let mut body = vec![scan.components.len() as u8];
    let progressive = spec.process == Process::Progressive;
    for &index in &scan.components {
        let component = spec.components[index];
        // A progressive scan names only the tables that it uses.
        let dc = if progressive && (scan.ss > 0 || scan.ah > 0) {
            0
        } else {
            component.huffman
        };
        let ac = if progressive && scan.ss == 0 {
            0
        } else {
            component.huffman
        };
        body.extend([component.id, dc << 4 | ac]);
    }
    body.extend([scan.ss, scan.se, scan.ah << 4 | scan.al]);
    segment(out, 0xDA, &body);
}

fn entropy_coded(out: &mut Vec<u8>, spec: &JpegSpec, tokens: &[Token], codes: &Codes) {
    let mut writer = BitWriter {
        out,
        hold: 0,
        bits: 0,
    };
    let mut restarts = 0;
    for token in tokens {
        match *token {
            Token::Symbol {
                class,
                number,
                value,
            } => {
                let table = codes[usize::from(class)][usize::from(number)].as_ref();
                let (code, len) = table.expect("a table for each symbol")[usize::from(value)];
                assert!(
                    len > 0,
                    "symbol {value:#04x} has no code in this kind of table"
                );
                writer.put(code, len);
            }
            Token::Bits { value, len } => writer.put(value, len),
            Token::Restart => {
                writer.pad(spec.pad_bit);
                if spec.keep_rst.is_none_or(|kept| restarts < kept) {
                    writer.out.extend([0xFF, 0xD0 + (restarts & 7) as u8]);
                }
                restarts += 1;
            }
        }
    }
    writer.pad(spec.pad_bit);
}

/// Bits to bytes, with a zero byte stuffed after each 0xFF.
struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    hold: u32,
    bits: u8,
}

impl BitWriter<'_> {
    fn put(&mut self, value: u16, len: u8) {
        self.hold = self.hold << len | u32::from(value);
        self.bits += len;
        while self.bits >= 8 {
            self.bits -= 8;
            let byte = (self.hold >> self.bits) as u8;
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
            self.hold &= (1 << self.bits) - 1;
        }
    }

    fn pad(&mut self, bit: bool) {
        while self.bits > 0 {
            self.put(u16::from(bit), 1);
        }
    }
}
