//! A clock that goes on by a microsecond at each look.

use std::sync::atomic::{AtomicU64, Ordering};

use tidings_domain::Timestamp;
use tidings_engine::ports::Clock;

/// See the module.
#[derive(Default)]
pub(crate) struct StepClock(AtomicU64);

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
    fn monotonic_us(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
