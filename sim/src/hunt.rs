//! Many seeds on all cores: each run is one thread's, and knows nothing of the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::judge::judge;
use crate::plan::{Honesty, Plan, draw};
use crate::stopwatch::Stopwatch;

/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Which seeds to run, and how.
#[derive(Debug, Clone, Copy)]
pub struct Hunt {
    /// The first.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// On so many threads.
    pub jobs: usize,
    /// For no longer than this.
    pub within: Duration,
    /// On which kind of disk.
    pub honesty: Honesty,
    /// So many seeds that break a rule are enough.
    pub broken_max: usize,
}

/// What came of a hunt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag {
    /// Seeds that were run.
    pub seeds: u64,
    /// Events in them.
    pub events: u64,
    /// Seeds that broke a rule, ascending, with the first rule that each broke.
    pub broken: Vec<(u64, &'static str)>,
    /// How long it took.
    pub took: Duration,
}

struct Shared {
    next: AtomicU64,
    ran: AtomicU64,
    events: AtomicU64,
    is_over: AtomicBool,
    broken: Mutex<Vec<(u64, &'static str)>>,
}

impl Hunt {
    /// The plan of a seed.
    #[must_use]
    pub fn plan(&self, seed: u64) -> Plan {
        let mut plan = draw(seed);
        plan.disk.honesty = self.honesty;
        plan
    }

    /// Runs them, telling now and then how many were run and how many of them broke a rule.
    ///
    /// # Panics
    /// When a thread cannot be started.
    #[must_use]
    pub fn run(&self, tell: impl Fn(u64, usize, Duration) + Sync) -> Bag {
        let watch = Stopwatch::start();
        let shared = Shared {
            next: AtomicU64::new(self.from),
            ran: AtomicU64::new(0),
            events: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            broken: Mutex::default(),
        };
        thread::scope(|scope| {
            let jobs: Vec<_> = (0..self.jobs.max(1))
                .map(|_| scope.spawn(|| self.work(&shared, watch)))
                .collect();
            while jobs.iter().any(|job| !job.is_finished()) {
                thread::park_timeout(PROGRESS_INTERVAL);
                let ran = shared.ran.load(Ordering::Relaxed);
                tell(ran, shared.broken.lock().len(), watch.elapsed());
            }
        });
        let mut broken = shared.broken.into_inner();
        broken.sort_unstable();
        Bag {
            seeds: shared.ran.into_inner(),
            events: shared.events.into_inner(),
            broken,
            took: watch.elapsed(),
        }
    }

    fn work(&self, shared: &Shared, watch: Stopwatch) {
        let end = self.from.saturating_add(self.seeds);
        while !shared.is_over.load(Ordering::Relaxed) && watch.elapsed() < self.within {
            let seed = shared.next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let judged = judge(&Arc::new(self.plan(seed)));
            shared.ran.fetch_add(1, Ordering::Relaxed);
            shared.events.fetch_add(judged.events, Ordering::Relaxed);
            if let Some(violation) = judged.violations.first() {
                let mut broken = shared.broken.lock();
                broken.push((seed, violation.rule));
                if broken.len() >= self.broken_max {
                    shared.is_over.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}
