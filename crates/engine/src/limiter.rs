//! How often somebody may do something: token buckets, one for each key.
//!
//! The algorithm is the token bucket in its equivalent form as a virtual scheduling algorithm
//! (GCRA, ITU-T I.371): one number a key says when it would be idle again. *Limit*: two
//! generations of keys; a key that was forgotten begins with a full bucket, and a key is forgotten
//! no sooner than its bucket is full again.

use std::hash::Hash;

use hashbrown::HashMap;
use parking_lot::Mutex;

/// So many at once, and so many a second in the long run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// A second.
    pub per_second: f64,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many more are allowed just now.
    pub remaining: u32,
    /// Milliseconds until it is full again.
    pub reset_ms: u64,
}

/// One too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Milliseconds until one is allowed again.
    pub retry_after_ms: u64,
    /// Milliseconds until the budget is full again.
    pub reset_ms: u64,
}

/// Budgets by key. *Lock*: held for map work only.
pub struct Limiter<K> {
    rate: Rate,
    buckets: Mutex<Buckets<K>>,
}

struct Buckets<K> {
    young: HashMap<K, u64>,
    old: HashMap<K, u64>,
    turned_us: u64,
}

impl<K: Eq + Hash + Copy> Limiter<K> {
    /// Everyone has a full budget.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let buckets = Buckets {
            young: HashMap::new(),
            old: HashMap::new(),
            turned_us: 0,
        };
        Self {
            rate,
            buckets: Mutex::new(buckets),
        }
    }

    /// The rate that it holds everyone to.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one from the key's budget.
    ///
    /// # Errors
    /// [`Exceeded`] when there is none; nothing is taken then.
    pub fn take(&self, key: K, now_us: u64) -> Result<Budget, Exceeded> {
        let step_us = self.step_us();
        let span_us = step_us * u64::from(self.rate.burst);
        let mut buckets = self.buckets.lock();
        buckets.turn(now_us, span_us);
        let idle_us = buckets.get(key).max(now_us);
        let next_us = idle_us + step_us;
        let ahead_us = next_us - now_us;
        if ahead_us > span_us {
            return Err(Exceeded {
                retry_after_ms: (ahead_us - span_us).div_ceil(1_000),
                reset_ms: (idle_us - now_us).div_ceil(1_000),
            });
        }
        buckets.young.insert(key, next_us);
        let remaining = (span_us - ahead_us) / step_us;
        Ok(Budget {
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset_ms: ahead_us.div_ceil(1_000),
        })
    }

    fn step_us(&self) -> u64 {
        // A rate of a million a second and more is none.
        ((1e6 / self.rate.per_second.max(1e-6)) as u64).max(1)
    }
}

impl<K: Eq + Hash + Copy> Buckets<K> {
    fn get(&self, key: K) -> u64 {
        self.young
            .get(&key)
            .or_else(|| self.old.get(&key))
            .copied()
            .unwrap_or(0)
    }

    /// Forgets what has had time to fill up twice.
    fn turn(&mut self, now_us: u64, span_us: u64) {
        if now_us.saturating_sub(self.turned_us) > span_us.max(1_000_000) {
            self.old = std::mem::take(&mut self.young);
            self.turned_us = now_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limiter = Limiter::new(Rate {
            burst: 3,
            per_second: 10.0,
        });
        let take = |now_ms: u64| limiter.take("ana", now_ms * 1_000);
        assert_eq!(
            take(0),
            Ok(Budget {
                remaining: 2,
                reset_ms: 100
            })
        );
        assert_eq!(
            take(0),
            Ok(Budget {
                remaining: 1,
                reset_ms: 200
            })
        );
        assert_eq!(
            take(0),
            Ok(Budget {
                remaining: 0,
                reset_ms: 300
            })
        );
        assert_eq!(
            take(0),
            Err(Exceeded {
                retry_after_ms: 100,
                reset_ms: 300
            })
        );
        assert_eq!(take(99).map_err(|e| e.retry_after_ms), Err(1));
        assert!(take(100).is_ok());
        assert!(limiter.take("bob", 0).is_ok(), "others have their own");
    }

    #[test]
    fn a_refusal_takes_nothing_and_time_fills_the_bucket_up() {
        let limiter = Limiter::new(Rate {
            burst: 2,
            per_second: 1.0,
        });
        for _ in 0..10 {
            let _ = limiter.take(1, 0);
        }
        assert!(limiter.take(1, 1_000_000).is_ok());
        assert_eq!(limiter.take(1, 60_000_000).map(|b| b.remaining), Ok(1));
    }

    #[test]
    fn keys_are_forgotten_once_their_buckets_are_full() {
        let limiter = Limiter::new(Rate {
            burst: 1,
            per_second: 1.0,
        });
        for key in 0..1_000 {
            let _ = limiter.take(key, 0);
        }
        let _ = limiter.take(1, 5_000_000);
        let _ = limiter.take(1, 10_000_000);
        let buckets = limiter.buckets.lock();
        assert!(buckets.young.len() + buckets.old.len() <= 2);
    }
}
