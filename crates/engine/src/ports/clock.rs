//! Time, so that tests and the simulator can hold it.

use tidings_domain::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Wall-clock time; may jump. Stamps events and tokens, orders nothing.
    fn now(&self) -> Timestamp;
    /// Microseconds since some fixed moment; never falls. Leases, limits and heartbeats use it.
    fn monotonic_us(&self) -> u64;
    /// The same in milliseconds.
    fn monotonic_ms(&self) -> u64 {
        self.monotonic_us() / 1_000
    }
}
