//! Clocks: CPU time that this process spent outside the kernel, and that of one thread.

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

/// CPU seconds of this thread so far, to the nanosecond: fine enough for a frame. Time in the kernel counts.
#[must_use]
pub fn thread_seconds() -> f64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is valid for writes of a `timespec`, for the duration of the call.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, time.as_mut_ptr()) };
    assert_eq!(status, 0, "every thread has such a clock");
    // SAFETY: all zeros is a valid `timespec`, and the call above succeeded.
    let time = unsafe { time.assume_init() };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
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

    #[test]
    fn threads_have_their_own_time() {
        let start = thread_seconds();
        while thread_seconds() < start + 0.001 {}
        let other = std::thread::spawn(thread_seconds).join().unwrap();
        assert!(other < thread_seconds());
    }
}
