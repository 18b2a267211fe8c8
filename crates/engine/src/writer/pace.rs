//! How long a write would wait, so that it can be refused before it is queued for too long.
//!
//! Transactions take what waits, up to [`COMMIT_BATCH_MAX`] writes. So a write waits for the one
//! under way, and for as many more as fill up before its turn. Only those are counted: where what
//! waits fits the next transaction, refusing would speed up nobody.

use std::sync::atomic::{AtomicU64, Ordering};

use tidings_domain::limits::{COMMIT_BATCH_MAX, WRITE_WAIT_MAX_US};

/// The latest transaction counts one in so many: the mean follows a change within a few.
const SMOOTHING: u64 = 4;
/// No transaction is under way.
const NONE: u64 = u64::MAX;

/// What transactions take at present. *Ordering*: set by the writer's task alone; who reads it may be
/// a transaction behind.
#[derive(Debug)]
pub(super) struct Pace {
    mean_us: AtomicU64,
    /// When the transaction under way began.
    began_us: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            mean_us: AtomicU64::new(0),
            began_us: AtomicU64::new(NONE),
        }
    }
}

impl Pace {
    pub(super) fn begin(&self, now_us: u64) {
        self.began_us.store(now_us, Ordering::Relaxed);
    }

    pub(super) fn end(&self, took_us: u64) {
        let mean = self.mean_us.load(Ordering::Relaxed);
        let next = mean - mean / SMOOTHING + took_us / SMOOTHING;
        self.mean_us.store(next, Ordering::Relaxed);
        self.began_us.store(NONE, Ordering::Relaxed);
    }

    /// Whether one more write behind `queued` others would wait for too long.
    pub(super) fn is_too_slow(&self, queued: usize, now_us: u64) -> bool {
        let whole_batches = (queued / COMMIT_BATCH_MAX) as u64;
        whole_batches > 0 && self.one_us(now_us).saturating_mul(whole_batches) > WRITE_WAIT_MAX_US
    }

    /// What a transaction takes: the mean, or what the one under way has taken already.
    fn one_us(&self, now_us: u64) -> u64 {
        let under_way = match self.began_us.load(Ordering::Relaxed) {
            NONE => 0,
            began => now_us.saturating_sub(began),
        };
        under_way.max(self.mean_us.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: usize = COMMIT_BATCH_MAX;

    fn used_to(took_us: u64) -> Pace {
        let pace = Pace::default();
        for _ in 0..64 {
            pace.begin(0);
            pace.end(took_us);
        }
        pace
    }

    #[test]
    fn a_queue_is_too_long_by_the_time_that_it_takes() {
        let pace = used_to(100_000);
        assert!(!pace.is_too_slow(10 * BATCH, 0));
        assert!(pace.is_too_slow(11 * BATCH, 0));
        assert!(!used_to(10_000).is_too_slow(32 * BATCH, 0));
    }

    #[test]
    fn what_fits_the_next_transaction_is_never_too_much() {
        assert!(!used_to(60_000_000).is_too_slow(BATCH - 1, 0));
    }

    #[test]
    fn a_transaction_that_does_not_end_counts_by_what_it_has_taken() {
        let pace = used_to(1_000);
        pace.begin(5_000_000);
        assert!(!pace.is_too_slow(2 * BATCH, 5_100_000));
        assert!(pace.is_too_slow(2 * BATCH, 5_600_000));
        pace.end(600_000);
        assert!(!pace.is_too_slow(2 * BATCH, 5_600_000));
    }
}
