//! Time, for all processes of a run.
//!
//! *Invariant*: [`now_ns`] is the system's monotonic clock itself, so that what one process wrote
//! into a message means the same to another on this machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the monotonic clock.
pub(crate) fn now_ns() -> u64 {
    read_ns(ClockId::Monotonic)
}

/// Milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> u64 {
    read_ns(ClockId::Realtime) / 1_000_000
}

/// Lets time pass.
pub(crate) fn rest(time: Duration) {
    std::thread::sleep(time);
}

fn read_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).expect("these clocks do not run before zero");
    let nanos = u64::try_from(time.tv_nsec).expect("a part of a second");
    seconds * 1_000_000_000 + nanos
}
