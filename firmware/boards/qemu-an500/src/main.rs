//! What the first argument names, this works on, and reports: a JPEG is compressed into the file named by the second,
//! restored, and compared; the frames of an IVF file are decoded, and compared with the MD5s in the second; the pictures of a
//! Y4M file are encoded into the second, and the MD5s of what decoders make of them go into the third. Or the processor's kernels
//! are compared with the reference, if the first argument is `kernels`.
#![no_std]
#![no_main]

mod clock;
mod count;
mod files;
mod jpeg;
mod kernels;
mod record;
mod stack;
mod video;

use core::cell::UnsafeCell;
use core::mem::ManuallyDrop;
use core::panic::PanicInfo;
use core::ptr;

use cortex_m_rt::{ExceptionFrame, entry, exception};
use defmt_semihosting as _;
use files::{HostFile, NewFile};
use lentil_app::record::{Desk, Film};
use lentil_app::video::{Arena, Rows};
use lentil_app::{Compressing, Restoring, Source, Workspace};
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

/// Memory for one kind of work or the other.
union Shared {
    work: ManuallyDrop<Workspace>,
    arena: ManuallyDrop<Arena>,
    film: ManuallyDrop<Film>,
}

impl Shared {
    /// All zeros, so that a static one takes no flash.
    const NEW: Shared = Shared {
        work: ManuallyDrop::new(Workspace::NEW),
    };

    fn for_jpeg(&mut self) -> &mut Workspace {
        // SAFETY: the program begins with a workspace, and either kind of work takes all of this for good.
        unsafe { &mut self.work }
    }

    fn for_video(&mut self) -> &mut Arena {
        // SAFETY: an arena is made of integers, so zeros are one.
        unsafe {
            ptr::from_mut(self)
                .cast::<u8>()
                .write_bytes(0, size_of::<Self>());
            &mut self.arena
        }
    }

    fn for_recording(&mut self) -> &mut Film {
        // SAFETY: a film is made of integers, so zeros are one.
        unsafe {
            ptr::from_mut(self)
                .cast::<u8>()
                .write_bytes(0, size_of::<Self>());
            &mut self.film
        }
    }
}

// Each for itself: what is zeros takes no flash.
static SHARED: Once<Shared> = Once::new(Shared::NEW);
static ROWS: Once<Rows> = Once::new(Rows::NEW);
static DESK: Once<Desk> = Once::new(Desk::NEW);
static COMPRESSING: Once<Compressing> = Once::new(Compressing::NEW);
static RESTORING: Once<Restoring> = Once::new(Restoring::NEW);

#[entry]
fn main() -> ! {
    stack::paint();
    clock::start();
    match work() {
        Ok(()) => process::exit(0),
        Err(what) => fail(what),
    }
}

/// Chooses by the file's first bytes. May be called once.
fn work() -> Result<(), &'static str> {
    let arguments = semihosting::experimental::env::args::<1024>();
    let arguments = arguments.map_err(|_| "no arguments")?;
    let mut names = (&arguments).into_iter().skip(1);
    let name = names.next();
    if name == Some(Ok("kernels")) {
        return kernels::check();
    }
    let (Some(Ok(name)), Some(Ok(other))) = (name, names.next()) else {
        return Err("usage: JPEG LEP, or IVF MD5S, or Y4M IVF MD5S, or kernels");
    };
    let mut magic = [0; 4];
    let mut file = HostFile::open(name).ok_or("cannot open the file")?;
    file.read_at(0, &mut magic).map_err(describe)?;
    // SAFETY: `main` runs once, and so does this.
    let shared = unsafe { SHARED.take() };
    if magic == *b"DKIF" {
        // SAFETY: as above.
        let rows = unsafe { ROWS.take() };
        return video::play(name, file, other, shared.for_video(), rows);
    }
    if magic == *b"YUV4" {
        let Some(Ok(sums)) = names.next() else {
            return Err("the name of the file of MD5s is wanted");
        };
        let outputs = NewFile::create(other).zip(NewFile::create(sums));
        let (ivf, sums) = outputs.ok_or("cannot create a file")?;
        let outputs = record::Outputs { ivf, sums };
        // SAFETY: as above.
        let desk = unsafe { DESK.take() };
        return record::record(name, file, outputs, shared.for_recording(), desk);
    }
    // SAFETY: as above.
    let (compressing, restoring) = unsafe { (COMPRESSING.take(), RESTORING.take()) };
    let memory = jpeg::Memory {
        work: shared.for_jpeg(),
        compressing,
        restoring,
    };
    jpeg::round_trip(name, other, memory)
}

fn fail(what: &str) -> ! {
    defmt::error!("{=str}", what);
    process::exit(1)
}

fn describe(error: lentil_app::Error) -> &'static str {
    match error {
        lentil_app::Error::Storage => "storage failed",
        lentil_app::Error::Jpeg(_) => "the JPEG is not supported",
        lentil_app::Error::Lepton(_) => "the .lep file is damaged",
        lentil_app::Error::Vp8(_) => "the frame cannot be decoded",
        lentil_app::Error::Encode(_) => "the picture cannot be encoded",
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
