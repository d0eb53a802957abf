//! The clock: CPU time that this process spent outside the kernel.

use std::mem::MaybeUninit;

/// User CPU seconds of all threads of this process so far.
///
/// All threads count, so a codec that used a second one would gain nothing; other processes and
/// waiting do not count.
#[must_use]
pub fn user_seconds() -> f64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writes of a `rusage`, for the duration of the call.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(status, 0, "getrusage of the process itself cannot fail");
    // SAFETY: all zeros is a valid `rusage`, and the call above succeeded.
    let time = unsafe { usage.assume_init() }.ru_utime;
    time.tv_sec as f64 + time.tv_usec as f64 * 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let start = user_seconds();
        let mut sum = 0u64;
        while user_seconds() == start {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(user_seconds() > start);
    }
}
