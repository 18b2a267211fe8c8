//! A store that takes its time: writes are refused before they would wait for too long, what was
//! accepted is done in time, and what was refused is certainly not done.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "doubles/log.rs"]
mod log;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use log::{AskingLog, Doing};
use tidings_domain::limits::{COMMIT_BATCH_MAX, WRITE_WAIT_MAX_US};
use tidings_domain::{Epoch, Timestamp, UserId};
use tidings_engine::memory::Memory;
use tidings_engine::ports::{Clock, Outcome, Write};
use tidings_engine::refusal::{Failure, Refusal};
use tidings_engine::writer::Then;
use tidings_engine::{Engine, EngineOptions};
use tokio::sync::oneshot;

/// What a transaction takes.
const COMMIT_US: u64 = 300_000;

/// A clock that stands still but for commits.
#[derive(Default)]
struct DiskClock(AtomicU64);

impl Clock for DiskClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
    fn monotonic_us(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

type Answer = oneshot::Receiver<Result<Outcome, Failure>>;

struct Stage {
    engine: Arc<Engine>,
    clock: Arc<DiskClock>,
}

impl Stage {
    async fn open() -> Self {
        let clock = Arc::new(DiskClock::default());
        let mut store = Memory::new(Epoch(1), [0; 32]).ports();
        let disk = clock.clone();
        store.log = Arc::new(AskingLog {
            log: store.log,
            may: move |doing| {
                if doing == Doing::Commit {
                    disk.0.fetch_add(COMMIT_US, Ordering::Relaxed);
                }
                Ok(())
            },
        });
        let engine = Engine::start(store, clock.clone(), EngineOptions::default()).await;
        let engine = engine.unwrap();
        Self { engine, clock }
    }

    fn write(&self) -> Result<Answer, Refusal> {
        let (tell, answer) = oneshot::channel();
        let user = UserId::from_bytes([1; 16]);
        let at = self.clock.now();
        let write = Write::LastSeen { user, at };
        self.engine.writer.submit(write, Then::Tell(tell))?;
        Ok(answer)
    }

    /// Writes until the first refusal, and waits for the answers to what was accepted.
    async fn flood(&self, writes_max: usize) -> (usize, Option<Refusal>) {
        let mut answers = Vec::new();
        let mut refusal = None;
        while refusal.is_none() && answers.len() < writes_max {
            match self.write() {
                Ok(answer) => answers.push(answer),
                Err(refused) => refusal = Some(refused),
            }
        }
        let accepted = answers.len();
        for answer in answers {
            answer.await.unwrap().unwrap();
        }
        (accepted, refusal)
    }
}

#[tokio::test]
async fn writes_are_refused_by_the_time_that_they_would_wait() {
    let stage = Stage::open().await;
    // The engine learns what its disk takes.
    let (accepted, refusal) = stage.flood(16 * COMMIT_BATCH_MAX).await;
    assert_eq!((accepted, refusal), (16 * COMMIT_BATCH_MAX, None));

    let before_us = stage.clock.monotonic_us();
    let (accepted, refusal) = stage.flood(usize::MAX).await;
    assert!(matches!(refusal, Some(Refusal::Overloaded)));
    let took_us = stage.clock.monotonic_us() - before_us;
    assert!(accepted >= COMMIT_BATCH_MAX);
    assert!(took_us <= WRITE_WAIT_MAX_US + COMMIT_US, "{took_us}");
    assert_eq!(stage.engine.meters.overloaded.get(), 1);
}

#[tokio::test]
async fn what_was_refused_is_not_done_and_what_comes_later_is() {
    let stage = Stage::open().await;
    stage.flood(16 * COMMIT_BATCH_MAX).await;
    let commits = || {
        let spread = &stage.engine.meters.batch_writes;
        spread.sum()
    };
    let before = commits();
    let (accepted, _) = stage.flood(usize::MAX).await;
    assert_eq!(commits() - before, accepted as u64);
    assert_eq!(stage.flood(1).await, (1, None));
}
