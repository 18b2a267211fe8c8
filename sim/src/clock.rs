//! Time as the engine sees it: the runtime's paused clock, and a wall clock that jumps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tidings_domain::Timestamp;
use tidings_engine::ports::Clock;
use tokio::time::Instant;

/// The wall clock when a run begins, in milliseconds since the Unix epoch.
const BEGIN_UNIX_MS: i64 = 1_800_000_000_000;

/// The clock of one life of the server.
pub struct SimClock {
    start: Instant,
    start_ms: u64,
    /// How far the wall clock has jumped.
    jumped_ms: Arc<AtomicI64>,
}

impl SimClock {
    /// Begins at `start_ms` of the run. To be made on the runtime whose time is paused.
    #[must_use]
    pub fn new(start_ms: u64, jumped_ms: Arc<AtomicI64>) -> Self {
        Self {
            start: Instant::now(),
            start_ms,
            jumped_ms,
        }
    }

    /// The moment of the run, in microseconds.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        let elapsed = self.start.elapsed().as_micros();
        self.start_ms * 1_000 + u64::try_from(elapsed).expect("runs last minutes")
    }

    /// When the runtime reaches a moment of the run.
    #[must_use]
    pub fn instant_of(&self, at_ms: u64) -> Instant {
        self.start + std::time::Duration::from_millis(at_ms.saturating_sub(self.start_ms))
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let since_begin = i64::try_from(self.now_us() / 1_000).expect("runs last minutes");
        Timestamp(BEGIN_UNIX_MS + since_begin + self.jumped_ms.load(Ordering::Relaxed))
    }

    fn monotonic_us(&self) -> u64 {
        self.now_us()
    }
}
