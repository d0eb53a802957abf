//! JPEG to `.lep` and back.

use lentil_app::{Compressing, Restoring, Workspace, compress, restore};

use crate::files::{Compared, HostFile, NewFile};
use crate::{clock, describe, stack};

/// All memory but the stack.
pub struct Memory {
    pub work: &'static mut Workspace,
    pub compressing: &'static mut Compressing,
    pub restoring: &'static mut Restoring,
}

/// Compresses a JPEG into a new file, restores it, compares, and reports.
pub fn round_trip(jpeg: &str, lep: &str, memory: Memory) -> Result<(), &'static str> {
    let mut source = HostFile::open(jpeg).ok_or("cannot open the JPEG")?;
    let mut sink = NewFile::create(lep).ok_or("cannot create the .lep file")?;

    let before = clock::instructions();
    let compressed = compress(&mut source, &mut sink, memory.compressing, memory.work);
    let compressing = clock::instructions() - before;
    let (jpeg_bytes, lep_bytes) = compressed.map_err(describe)?;
    drop(sink);

    let mut source = HostFile::open(lep).ok_or("cannot open the .lep file")?;
    let original = HostFile::open(jpeg).ok_or("cannot open the JPEG again")?;
    let mut compared = Compared::new(original);
    let before = clock::instructions();
    let restored = restore(&mut source, &mut compared, memory.restoring, memory.work);
    let instructions = clock::instructions() - before;
    if restored.map_err(describe)? != jpeg_bytes || !compared.is_equal(jpeg_bytes) {
        return Err("the restored JPEG differs from the original");
    }
    let per_byte = |n: u64| (n / u64::from(jpeg_bytes)) as u32;
    defmt::info!(
        "{=str}: {=u32} -> {=u32} bytes, {=i32} saved; {=u32} instructions a byte to compress, {=u32} to restore; {=u32} bytes of stack",
        jpeg,
        jpeg_bytes,
        lep_bytes,
        jpeg_bytes as i32 - lep_bytes as i32,
        per_byte(compressing),
        per_byte(instructions),
        stack::used(),
    );
    Ok(())
}
