//! A store that loses what it has not synced: the reference adapter in memory behind a journal.
//!
//! A commit is written to the journal, synced after a while, and only then applied and answered.
//! When the machine dies, what was synced is replayed into a fresh store; of what was written and
//! not synced all or nothing survives. Reads and commits can be slow and can fail. *Invariant*:
//! what is visible is synced, unless the disk lies.

mod ports;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidings_domain::Epoch;
use tidings_engine::memory::Memory;
use tidings_engine::ports::{Log as _, Outage, Outcome, Store, Write};

use crate::plan::{DiskPlan, Honesty};
use crate::random::Rng;

/// A disk that lies syncs so often.
const LAZY_SYNC_MS: u64 = 3_000;

/// The medium, which outlives the machine.
#[derive(Clone)]
pub struct Disk {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    plan: DiskPlan,
    journal: Vec<Vec<Write>>,
    /// How many transactions of the journal are safe.
    synced: usize,
    rng: Rng,
    trouble: Trouble,
}

/// What is wrong with the disk now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Commits fail; of a thousand so many are done nevertheless.
    pub commits_fail: Option<u64>,
    /// Reads fail.
    pub reads_fail: bool,
    /// Everything takes up to so much longer.
    pub slower_ms: u64,
}

/// A machine's view of the medium: gone with the machine.
#[derive(Clone)]
pub struct Mounted {
    disk: Disk,
    memory: Memory,
}

/// What becomes of a commit.
enum Fate {
    Done,
    FailedButDone,
    Failed,
}

impl Disk {
    /// An empty disk.
    #[must_use]
    pub fn new(plan: DiskPlan, seed: u64) -> Self {
        let inner = Inner {
            plan,
            journal: Vec::new(),
            synced: 0,
            rng: Rng::of(seed, &[2]),
            trouble: Trouble::default(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Changes what is wrong with it.
    pub fn trouble(&self, change: impl FnOnce(&mut Trouble)) {
        change(&mut self.inner.lock().trouble);
    }

    /// The machine dies: what was not synced is lost, or happens to be there.
    pub fn lose_power(&self, tail: bool) {
        let mut inner = self.inner.lock();
        if !tail || inner.plan.honesty == Honesty::Lies {
            let synced = inner.synced;
            inner.journal.truncate(synced);
        }
        inner.synced = inner.journal.len();
    }

    /// Replays what is on the medium into a fresh store, whose accounts `prepare` makes first.
    pub async fn mount(&self, prepare: impl AsyncFnOnce(&Memory)) -> Mounted {
        let memory = Memory::new(Epoch(1), [0; 32]);
        prepare(&memory).await;
        let journal = self.inner.lock().journal.clone();
        for batch in journal {
            // It went through once, so it does again.
            drop(memory.commit(batch).await);
        }
        let mounted = Mounted {
            disk: self.clone(),
            memory,
        };
        if self.inner.lock().plan.honesty == Honesty::Lies {
            tokio::spawn(sync_lazily(self.clone()));
        }
        mounted
    }
}

async fn sync_lazily(disk: Disk) {
    loop {
        tokio::time::sleep(Duration::from_millis(LAZY_SYNC_MS)).await;
        let mut inner = disk.inner.lock();
        inner.synced = inner.journal.len();
    }
}

impl Mounted {
    /// As the engine takes it.
    #[must_use]
    pub fn ports(&self) -> Store {
        Store {
            log: Arc::new(self.clone()),
            history: Arc::new(self.clone()),
            directory: Arc::new(self.clone()),
            accounts: self.memory.ports().accounts,
        }
    }

    /// What is visible, without waiting and without trouble.
    #[must_use]
    pub fn truth(&self) -> Store {
        self.memory.ports()
    }

    /// Waits for the first part of the time that a read takes, or fails; gives the second part.
    async fn begin_read(&self) -> Result<u64, Outage> {
        let (before_ms, after_ms, fails) = {
            let mut inner = self.disk.inner.lock();
            let most_ms = inner.plan.read_ms + inner.trouble.slower_ms;
            let wait_ms = inner.rng.below(most_ms + 1);
            let before_ms = inner.rng.below(wait_ms + 1);
            (before_ms, wait_ms - before_ms, inner.trouble.reads_fail)
        };
        pause(before_ms).await;
        if fails {
            return Err(Outage::new("disk", "read", &"a planned fault"));
        }
        Ok(after_ms)
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<Vec<Outcome>, Outage> {
        let outage = || Outage::new("disk", "commit", &"a planned fault");
        let (fate, wait_ms, lies) = self.disk.inner.lock().begin_commit(&batch);
        if lies {
            return self.memory.commit(batch).await;
        }
        pause(wait_ms).await;
        if matches!(fate, Fate::Failed) {
            return Err(outage());
        }
        let outcomes = self.memory.commit(batch).await?;
        let mut inner = self.disk.inner.lock();
        inner.synced = inner.journal.len();
        match fate {
            Fate::FailedButDone => Err(outage()),
            _ => Ok(outcomes),
        }
    }
}

impl Inner {
    /// Writes the batch to the journal, unless it fails before; how it will end, and when.
    fn begin_commit(&mut self, batch: &[Write]) -> (Fate, u64, bool) {
        let most_ms = self.plan.sync_ms + self.trouble.slower_ms;
        let wait_ms = self.rng.below(most_ms + 1);
        let luck = self.rng.below(1_000);
        let fate = match self.trouble.commits_fail {
            None => Fate::Done,
            Some(done) if luck < done => Fate::FailedButDone,
            Some(_) => Fate::Failed,
        };
        if !matches!(fate, Fate::Failed) {
            self.journal.push(batch.to_vec());
        }
        (fate, wait_ms, self.plan.honesty == Honesty::Lies)
    }
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}
