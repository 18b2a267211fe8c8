//! What the engine counts of its own work; the server shows it as metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only rises.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }
    /// So many more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    /// What it is.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many there are at this moment.
#[derive(Debug, Default)]
pub struct Level(AtomicU64);

impl Level {
    /// One more, for as long as what is returned lives.
    #[must_use]
    pub fn one(&self) -> OneMore<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        OneMore(self)
    }
    /// What it is.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of a [`Level`].
#[derive(Debug)]
pub struct OneMore<'a>(&'a Level);

impl Drop for OneMore<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many values fell below each power of two.
#[derive(Debug, Default)]
pub struct Spread {
    buckets: [Count; Self::BUCKETS],
    sum: Count,
}

impl Spread {
    /// Buckets: below 1, 2, 4 … 2^22, and the rest.
    pub const BUCKETS: usize = 24;

    /// Counts a value.
    pub fn note(&self, value: u64) {
        let bucket = (u64::BITS - value.leading_zeros()) as usize;
        self.buckets[bucket.min(Self::BUCKETS - 1)].one();
        self.sum.add(value);
    }

    /// Upper bounds (exclusive; `None` for the rest) with how many values fell into each bucket.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        self.buckets.iter().enumerate().map(|(power, count)| {
            let bound = (power < Self::BUCKETS - 1).then(|| 1_u64 << power);
            (bound, count.get())
        })
    }

    /// All values together.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.get()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Meters {
    /// Transactions committed.
    pub commits: Count,
    /// Events committed.
    pub events: Count,
    /// Sends that were answered with an earlier try's result.
    pub duplicates: Count,
    /// Writes refused because those before them would have taken too long.
    pub overloaded: Count,
    /// Commits whose outcome is unknown.
    pub outages: Count,
    /// Decisions taken again because the room had changed.
    pub stale: Count,
    /// Writes of each transaction.
    pub batch_writes: Spread,
    /// Microseconds of each transaction.
    pub commit_us: Spread,
    /// Microseconds from a send's arrival to its commit.
    pub ack_us: Spread,
    /// Connections that an event was told to, by shard and event; none are not counted.
    pub recipients: Spread,
    /// Readers who went on from a cursor.
    pub resumes: Count,
    /// Readers whose cursor could not be served.
    pub resets: Count,
    /// Readers who catch up now.
    pub catching_up: Level,
    /// Microseconds from a reader's start to being live.
    pub catch_up_us: Spread,
    /// Events sent from the log to readers who caught up.
    pub caught_up_events: Count,
    /// Ranges stated as not sent.
    pub gaps: Count,
    /// Connections found to be behind.
    pub behind: Count,
    /// Rooms whose missed events were in memory, when a reader caught up.
    pub tail_hits: Count,
    /// Rooms whose missed events had to be read from the store.
    pub tail_misses: Count,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_counts_by_powers_of_two() {
        let spread = Spread::default();
        for value in [0, 1, 3, 4, u64::MAX] {
            spread.note(value);
        }
        let filled: Vec<_> = spread.buckets().filter(|(_, n)| *n > 0).collect();
        assert_eq!(
            filled,
            [
                (Some(1), 1),
                (Some(2), 1),
                (Some(4), 1),
                (Some(8), 1),
                (None, 1)
            ]
        );
    }
}
