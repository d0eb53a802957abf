//! VP8 to pictures.

use lentil_app::Source;
use lentil_app::video::{Arena, Player, Rows};
use md5::{Digest, Md5};

use crate::count::Instructions;
use crate::files::HostFile;
use crate::{clock, describe, stack};

/// What decoding may use of the stack, in bytes.
const MOST_STACK: u32 = 16 << 10;

/// MD5s in hexadecimal digits, each first on its line.
struct Sums {
    file: HostFile,
    offset: u32,
}

impl Sums {
    /// The next one, and false if there is none.
    fn next(&mut self, sum: &mut [u8; 32]) -> Result<bool, &'static str> {
        let read = self.file.read_at(self.offset, sum).map_err(describe)?;
        self.offset += 32;
        let mut byte = [0];
        while self
            .file
            .read_at(self.offset, &mut byte)
            .map_err(describe)?
            == 1
        {
            self.offset += 1;
            if byte == *b"\n" {
                break;
            }
        }
        Ok(read == sum.len())
    }
}

/// Decodes an IVF file, compares the MD5 of each picture's I420 bytes with that in another file, and reports.
pub fn play(
    name: &str,
    mut ivf: HostFile,
    sums: &str,
    arena: &'static mut Arena,
    rows: &'static mut Rows,
) -> Result<(), &'static str> {
    let file = HostFile::open(sums).ok_or("cannot open the file of MD5s")?;
    let mut sums = Sums { file, offset: 0 };
    let mut player = Player::new(arena, rows);
    let mut expected = [0; 32];
    let (mut count, mut shown) = (Instructions::default(), 0);
    // Before any MD5 is taken: what decoding needs.
    let mut most_stack = 0;
    while player.load(&mut ivf).map_err(describe)? {
        let before = clock::instructions();
        let decoded = player.decode();
        count.add(clock::instructions() - before);
        most_stack = most_stack.max(stack::used());
        if decoded.map_err(describe)? {
            shown += 1;
            if !sums.next(&mut expected)? || hex(&md5(&player)) != expected {
                defmt::error!("picture {=u32}", shown);
                return Err("a picture differs from what is expected");
            }
        }
    }
    if sums.next(&mut expected)? {
        return Err("there are fewer pictures than expected");
    }
    let (width, height) = player.size();
    defmt::info!(
        "{=str}: {=u32} frames, {=u32} pictures of {=u16} x {=u16} as expected; {=u32} instructions a frame, at most {=u32}; {=usize} bytes of memory; {=u32} bytes of stack",
        name,
        count.frames(),
        shown,
        width,
        height,
        count.mean(),
        count.most(),
        player.memory(),
        most_stack,
    );
    if most_stack > MOST_STACK {
        return Err("decoding takes more than 16 KiB of stack");
    }
    Ok(())
}

#[inline(never)]
fn md5(player: &Player<'_>) -> [u8; 16] {
    let mut hash = Md5::new();
    player.show(|line| hash.update(line));
    hash.finalize().into()
}

pub fn hex(bytes: &[u8; 16]) -> [u8; 32] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}
