//! Compresses the JPEG named by the first argument into the file named by the second, restores it,
//! compares, and reports.
#![no_std]
#![no_main]

mod clock;
mod files;
mod stack;

use core::cell::UnsafeCell;
use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, entry, exception};
use defmt_semihosting as _;
use files::{Compared, HostFile, NewFile};
use lentil_app::{Compressing, Restoring, Workspace, compress, restore};
use semihosting::process;

/// Memory that is handed out once.
struct Once<T>(UnsafeCell<T>);

// SAFETY: there is one core, and `main`, which runs once, is the only one to take what is inside.
unsafe impl<T> Sync for Once<T> {}

impl<T> Once<T> {
    const fn new(value: T) -> Self {
        Once(UnsafeCell::new(value))
    }

    /// # Safety
    /// May be called once.
    #[allow(clippy::mut_from_ref)]
    unsafe fn take(&self) -> &mut T {
        // SAFETY: this is the only reference, as the caller says.
        unsafe { &mut *self.0.get() }
    }
}

// Each for itself: what is zeros takes no flash.
static WORK: Once<Workspace> = Once::new(Workspace::NEW);
static COMPRESSING: Once<Compressing> = Once::new(Compressing::NEW);
static RESTORING: Once<Restoring> = Once::new(Restoring::NEW);

/// All memory but the stack.
struct Memory {
    work: &'static mut Workspace,
    compressing: &'static mut Compressing,
    restoring: &'static mut Restoring,
}

#[entry]
fn main() -> ! {
    stack::paint();
    clock::start();
    // SAFETY: `main` runs once.
    let memory = unsafe {
        Memory {
            work: WORK.take(),
            compressing: COMPRESSING.take(),
            restoring: RESTORING.take(),
        }
    };
    match round_trip(memory) {
        Ok(()) => process::exit(0),
        Err(what) => fail(what),
    }
}

fn fail(what: &str) -> ! {
    defmt::error!("{=str}", what);
    process::exit(1)
}

fn round_trip(memory: Memory) -> Result<(), &'static str> {
    let arguments = semihosting::experimental::env::args::<1024>();
    let arguments = arguments.map_err(|_| "no arguments")?;
    let mut names = (&arguments).into_iter().skip(1);
    let (jpeg, lep) = match (names.next(), names.next()) {
        (Some(Ok(jpeg)), Some(Ok(lep))) => (jpeg, lep),
        _ => return Err("usage: JPEG LEP"),
    };
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

fn describe(error: lentil_app::Error) -> &'static str {
    match error {
        lentil_app::Error::Storage => "storage failed",
        lentil_app::Error::Jpeg(_) => "the JPEG is not supported",
        lentil_app::Error::Lepton(_) => "the .lep file is damaged",
        lentil_app::Error::Memory => "the image is too large for this memory",
        lentil_app::Error::Coefficient => "a coefficient is out of range",
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    fail("panic")
}

#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    process::exit(2)
}

defmt::timestamp!("");
