//! The way of a write: queued, committed in a group, published, answered.
//!
//! One task drains the queue, hands all that waits to the store as one transaction, and publishes
//! what was committed: to the recent events, to the room cache, to the shards. An ack is given
//! after the commit and goes out with its event. *Ordering*: writes are committed in the order in
//! which they were submitted; what is decided again because its room changed goes before what
//! came later. *Limit*: the queue, by number and by the time that it would take; beyond it a write is
//! refused at once.

mod job;
mod news;
mod pace;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tidings_domain::limits::WRITER_QUEUE_MAX;
use tidings_domain::{Position, UserId};
use tokio::sync::{mpsc, oneshot};

use crate::fanout::Hub;
use crate::meters::Meters;
use crate::ports::{Clock, Log, Outage, Outcome, ReceiptChange, Write};
use crate::recent::Recent;
use crate::refusal::{Failure, Refusal};
use crate::rooms::Rooms;
use crate::slow_mode::SlowMode;
use pace::Pace;
use task::Task;

pub use job::{Job, MarkWaiter, Then};

/// What other parts learn of commits, besides the events themselves.
#[derive(Debug)]
pub enum Aftermath {
    /// Watermarks rose.
    Receipt(ReceiptChange),
    /// A user lost a room.
    Removed(UserId),
}

/// Where what was committed goes.
pub struct Publisher {
    /// Recent events.
    pub recent: Arc<Recent>,
    /// The room cache.
    pub rooms: Arc<Rooms>,
    /// The shards.
    pub hub: Hub,
    /// Receipts and removals.
    pub aftermath: mpsc::Sender<Aftermath>,
    /// Turns, of which those of sends that came to nothing are given back.
    pub slow_mode: Arc<SlowMode>,
    /// What is counted.
    pub meters: Arc<Meters>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The queue's entrance. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    published: Arc<AtomicU64>,
    pace: Arc<Pace>,
    meters: Arc<Meters>,
    clock: Arc<dyn Clock>,
}

impl Writer {
    /// Starts the writer's task on the present runtime; `position` is where the log ends.
    #[must_use]
    pub fn start(log: Arc<dyn Log>, position: Position, publisher: Publisher) -> Self {
        let (queue, jobs) = mpsc::channel(WRITER_QUEUE_MAX);
        let (meters, clock) = (publisher.meters.clone(), publisher.clock.clone());
        let published = Arc::new(AtomicU64::new(position.0));
        let pace = Arc::new(Pace::default());
        let task = Task::new(log, publisher, position, published.clone(), pace.clone());
        tokio::spawn(task.run(jobs));
        Self {
            queue,
            published,
            pace,
            meters,
            clock,
        }
    }

    /// Puts a write into the queue.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when the queue is full or would take too long; the write is certainly
    /// not done.
    pub fn submit(&self, write: Write, then: Then) -> Result<(), Refusal> {
        self.try_submit(write, then).map_err(|refused| refused.0)
    }

    /// As [`Self::submit`], and gives back who was to be told.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn try_submit(&self, write: Write, then: Then) -> Result<(), Box<(Refusal, Then)>> {
        let submitted_us = self.clock.monotonic_us();
        if self.pace.is_too_slow(self.queued(), submitted_us) {
            return Err(self.refuse(then));
        }
        let job = Job {
            write,
            then,
            submitted_us,
            attempts: 1,
        };
        let queued = self.queue.try_send(job);
        queued.map_err(|full| self.refuse(full.into_inner().then))
    }

    fn refuse(&self, then: Then) -> Box<(Refusal, Then)> {
        self.meters.overloaded.one();
        Box::new((Refusal::Overloaded, then))
    }

    /// Writes and waits for the outcome.
    ///
    /// # Errors
    /// Refused as overloaded, or an outage: then the outcome is unknown.
    pub async fn write(&self, write: Write) -> Result<Outcome, Failure> {
        let (tell, outcome) = oneshot::channel();
        self.submit(write, Then::Tell(tell))?;
        let gone = |_| Outage::new("writer", "answer", &"the writer has stopped");
        outcome.await.map_err(gone)?
    }

    /// The last event that this node has published. The log may end later, never before, and what
    /// was acknowledged is not beyond it unless an outage is being recovered from.
    #[must_use]
    pub fn published(&self) -> Position {
        Position(self.published.load(Ordering::Acquire))
    }

    /// Writes that wait.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}
