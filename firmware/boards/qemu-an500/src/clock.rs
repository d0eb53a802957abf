//! Counts instructions. QEMU runs with `-icount shift=5`: one takes 32 ns of virtual time, and the system
//! timer ticks every 40 ns.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;

const PERIOD: u32 = 1 << 24;

static OVERFLOWS: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    OVERFLOWS.store(OVERFLOWS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// Starts the timer.
pub fn start() {
    if let Some(mut peripherals) = Peripherals::take() {
        let timer = &mut peripherals.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(PERIOD - 1);
        timer.clear_current();
        timer.enable_counter();
        timer.enable_interrupt();
    }
}

/// Instructions since the timer was started.
pub fn instructions() -> u64 {
    let ticks = loop {
        let before = OVERFLOWS.load(Ordering::Relaxed);
        let count = PERIOD - 1 - SYST::get_current();
        if before == OVERFLOWS.load(Ordering::Relaxed) {
            break u64::from(before) * u64::from(PERIOD) + u64::from(count);
        }
    };
    ticks * 40 / 32
}
