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

#[cfg(test)]
mod tests {
    use tidings_domain::event::{EventBody, RoomCreated};
    use tidings_domain::room::RoomSettings;
    use tidings_domain::{Position, RoomId, RoomKind, Timestamp, UserId};
    use tidings_engine::ports::{Append, Guard};

    use super::*;

    const USER: UserId = UserId::from_bytes([1; 16]);

    fn disk(honesty: Honesty) -> Disk {
        let plan = DiskPlan {
            read_ms: 0,
            sync_ms: 50,
            honesty,
        };
        Disk::new(plan, 1)
    }

    /// A batch that makes one room.
    fn batch(room: u8) -> Vec<Write> {
        vec![Write::Append(Append {
            room: RoomId::from_bytes([room; 16]),
            sender: USER,
            device: None,
            client_id: None,
            at: Timestamp(1),
            bodies: vec![EventBody::RoomCreated(RoomCreated {
                kind: RoomKind::Group,
                settings: RoomSettings::default(),
            })],
            guard: Guard::Absent,
            invitation: None,
        })]
    }

    async fn mounted(disk: &Disk) -> Mounted {
        disk.mount(async |_| {}).await
    }

    async fn rooms_on(disk: &Disk) -> Position {
        let start = mounted(disk).await.truth().log.start().await;
        start.expect("memory does not fail").position
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_answered_survives_the_machine() {
        let disk = disk(Honesty::Syncs);
        mounted(&disk).await.commit(batch(1)).await.unwrap();
        disk.lose_power(false);
        assert_eq!(rooms_on(&disk).await, Position(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_synced_is_not_visible_and_is_lost_or_happens_to_survive() {
        for (tail, survives) in [(false, Position(0)), (true, Position(1))] {
            let disk = disk(Honesty::Syncs);
            disk.trouble(|trouble| trouble.slower_ms = 1_000_000);
            let machine = mounted(&disk).await;
            let cut = Duration::from_millis(1);
            tokio::time::timeout(cut, machine.commit(batch(1)))
                .await
                .unwrap_err();
            assert_eq!(machine.truth().log.start().await.unwrap().position.0, 0);
            disk.lose_power(tail);
            assert_eq!(rooms_on(&disk).await, survives, "tail {tail}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_commit_that_fails_was_done_or_not_as_planned() {
        for (done, there) in [(0, Position(0)), (1_000, Position(1))] {
            let disk = disk(Honesty::Syncs);
            disk.trouble(|trouble| trouble.commits_fail = Some(done));
            mounted(&disk).await.commit(batch(1)).await.unwrap_err();
            disk.lose_power(false);
            assert_eq!(rooms_on(&disk).await, there, "{done} of 1000");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_lies_loses_what_it_answered_until_it_syncs() {
        let disk = disk(Honesty::Lies);
        let machine = mounted(&disk).await;
        machine.commit(batch(1)).await.unwrap();
        // Lets the lazy sync begin to wait before time goes on.
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_millis(LAZY_SYNC_MS + 1)).await;
        // And lets it sync.
        tokio::task::yield_now().await;
        machine.commit(batch(2)).await.unwrap();
        disk.lose_power(true);
        assert_eq!(rooms_on(&disk).await, Position(1));
    }
}
