//! The way of a write: queued, committed in a group, published, answered.
//!
//! One task drains the queue, hands all that waits to the store as one transaction, and publishes
//! what was committed: to the recent events, to the room cache, to the shards. An ack is given
//! after the commit and goes out with its event. *Ordering*: writes are committed in the order in
//! which they were submitted; what is decided again because its room changed goes before what
//! came later. *Limit*: the queue; beyond it a write is refused at once.

use std::sync::Arc;
use std::time::Duration;

use tidings_domain::limits::{COMMIT_BATCH_MAX, WRITER_QUEUE_MAX};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Action, CommandId, Event, EventBody, Position, RoomId, RoomVersion, UserId};
use tokio::sync::{mpsc, oneshot};

use crate::envelope::Envelope;
use crate::fanout::{Ack, Hub};
use crate::meters::Meters;
use crate::outlet::{Outlet, Reply};
use crate::ports::{Clock, Guard, Log, Outage, Outcome, ReceiptChange, Write};
use crate::recent::Recent;
use crate::refusal::{Failure, Refusal};
use crate::rooms::Rooms;

/// How often a send is decided again before its sender is told to look again.
const ATTEMPTS_MAX: u8 = 8;
/// After an outage, how long until what it may have committed is looked for.
const RECOVERY_INTERVAL: Duration = Duration::from_millis(500);
/// Events read at once while recovering.
const RECOVERY_EVENTS: usize = 1_000;

/// A write, and what is to follow.
pub struct Job {
    /// What is written.
    pub write: Write,
    /// Who is told.
    pub then: Then,
    /// Since when it waits, on the monotonic clock.
    pub submitted_us: u64,
    /// How often it was decided.
    pub attempts: u8,
}

/// Who is told what became of a write.
pub enum Then {
    /// Nobody.
    Nothing,
    /// Whoever waits.
    Tell(oneshot::Sender<Result<Outcome, Failure>>),
    /// A connection that sent a message.
    AckSend {
        /// The connection.
        outlet: Arc<dyn Outlet>,
        /// Whose it is.
        user: UserId,
        /// Where the message goes.
        room: RoomId,
        /// The connection's command.
        command: CommandId,
    },
    /// All who asked to raise the same watermarks.
    TellMarks(Vec<MarkWaiter>),
}

/// Somebody who waits for watermarks to be raised.
pub enum MarkWaiter {
    /// A connection.
    Socket {
        /// The connection.
        outlet: Arc<dyn Outlet>,
        /// Whose it is.
        user: UserId,
        /// Its command.
        command: CommandId,
    },
    /// A request.
    Request(oneshot::Sender<Result<Watermarks, Failure>>),
}

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
    /// What is counted.
    pub meters: Arc<Meters>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The queue's entrance. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    meters: Arc<Meters>,
    clock: Arc<dyn Clock>,
}

impl Writer {
    /// Starts the writer's task on the present runtime; `position` is where the log ends.
    #[must_use]
    pub fn start(log: Arc<dyn Log>, position: Position, publisher: Publisher) -> Self {
        let (queue, jobs) = mpsc::channel(WRITER_QUEUE_MAX);
        let (meters, clock) = (publisher.meters.clone(), publisher.clock.clone());
        let task = Task {
            log,
            publisher,
            position,
            is_unsure: false,
            again: Vec::new(),
        };
        tokio::spawn(task.run(jobs));
        Self {
            queue,
            meters,
            clock,
        }
    }

    /// Puts a write into the queue.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`] when the queue is full; the write is certainly not done.
    pub fn submit(&self, write: Write, then: Then) -> Result<(), Refusal> {
        self.try_submit(write, then).map_err(|refused| refused.0)
    }

    /// As [`Self::submit`], and gives back who was to be told.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn try_submit(&self, write: Write, then: Then) -> Result<(), Box<(Refusal, Then)>> {
        let job = Job {
            write,
            then,
            submitted_us: self.clock.monotonic_us(),
            attempts: 1,
        };
        self.queue.try_send(job).map_err(|full| {
            self.meters.overloaded.one();
            Box::new((Refusal::Overloaded, full.into_inner().then))
        })
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

    /// Writes that wait.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

struct Task {
    log: Arc<dyn Log>,
    publisher: Publisher,
    /// The last event that was published.
    position: Position,
    /// Whether something may have been committed that was not published.
    is_unsure: bool,
    /// Sends to go first in the next transaction, decided again.
    again: Vec<Job>,
}

/// What a transaction brought, in its order.
#[derive(Default)]
struct News {
    events: Vec<(Arc<Envelope>, RoomVersion, u32)>,
    acks: Vec<(UserId, Ack)>,
    told: Vec<(oneshot::Sender<Result<Outcome, Failure>>, Outcome)>,
    receipts: Vec<ReceiptChange>,
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(COMMIT_BATCH_MAX);
        loop {
            batch.append(&mut self.again);
            if batch.is_empty() && !self.wait(&mut jobs, &mut batch).await {
                return;
            }
            while batch.len() < COMMIT_BATCH_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                batch.push(job);
            }
            if !batch.is_empty() {
                self.commit(std::mem::take(&mut batch)).await;
            }
        }
    }

    /// Waits for a job, or for the time to recover. `false` when no more will come.
    async fn wait(&mut self, jobs: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>) -> bool {
        if !self.is_unsure {
            return jobs.recv_many(batch, COMMIT_BATCH_MAX).await > 0;
        }
        tokio::select! {
            count = jobs.recv_many(batch, COMMIT_BATCH_MAX) => count > 0,
            () = tokio::time::sleep(RECOVERY_INTERVAL) => {
                self.recover().await;
                true
            }
        }
    }

    async fn commit(&mut self, batch: Vec<Job>) {
        let began_us = self.publisher.clock.monotonic_us();
        let mut writes = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        for Job {
            write,
            then,
            submitted_us,
            attempts,
        } in batch
        {
            // A send that may have to be decided again keeps its text; it is shared, not copied.
            let again = matches!(then, Then::AckSend { .. }).then(|| write.clone());
            writes.push(write);
            waiting.push((then, again, submitted_us, attempts));
        }
        let count = writes.len() as u64;
        let committed = self.log.commit(writes).await;
        let now_us = self.publisher.clock.monotonic_us();
        let meters = self.publisher.meters.clone();
        meters.batch_writes.note(count);
        meters.commit_us.note(now_us - began_us);
        let outcomes = match committed {
            Ok(outcomes) => outcomes,
            Err(outage) => return self.fail(waiting, &outage),
        };
        meters.commits.one();
        let mut news = News::default();
        for ((then, again, submitted_us, attempts), outcome) in waiting.into_iter().zip(outcomes) {
            if let (Outcome::Stale, Some(write)) = (&outcome, again) {
                meters.stale.one();
                self.decide_again(Job {
                    write,
                    then,
                    submitted_us,
                    attempts,
                })
                .await;
                continue;
            }
            meters.ack_us.note(now_us - submitted_us);
            news.take(then, outcome, &meters);
        }
        self.publish(news).await;
    }

    fn fail(&mut self, waiting: Vec<(Then, Option<Write>, u64, u8)>, outage: &Outage) {
        tracing::error!(%outage, writes = waiting.len(), "a commit failed; its outcome is unknown");
        self.publisher.meters.outages.one();
        self.is_unsure = true;
        self.publisher.rooms.forget(None);
        for (then, ..) in waiting {
            answer(then, Err(outage.clone().into()));
        }
    }

    /// A send whose room changed between the decision and the commit: the same question again,
    /// about the room as it is now.
    async fn decide_again(&mut self, mut job: Job) {
        let Write::Append(append) = &mut job.write else {
            return;
        };
        let (room, sender) = (append.room, append.sender);
        self.publisher.rooms.forget(Some(room));
        let standing = self
            .publisher
            .rooms
            .require(room, sender, Action::Send)
            .await;
        match standing {
            Ok(_) if job.attempts >= ATTEMPTS_MAX => {
                answer(job.then, Err(Refusal::Conflict.into()));
            }
            Ok(standing) if standing.facts.archived => {
                answer(job.then, Err(Refusal::Archived.into()));
            }
            Ok(standing) => {
                append.guard = Guard::Version(standing.facts.version);
                job.attempts += 1;
                self.again.push(job);
            }
            Err(failure) => answer(job.then, Err(failure)),
        }
    }

    async fn publish(&mut self, news: News) {
        if self.is_unsure {
            // What an earlier outage committed comes first; this brings the present events too.
            self.recover().await;
        }
        let fresh: Vec<_> = news
            .events
            .into_iter()
            .filter(|(e, ..)| e.event.position > self.position)
            .collect();
        if !self.is_unsure {
            self.spread(fresh, news.acks).await;
        } else {
            // Still unsure: the events wait for the recovery, the senders do not.
            self.spread(Vec::new(), news.acks).await;
        }
        for change in news.receipts {
            drop(
                self.publisher
                    .aftermath
                    .send(Aftermath::Receipt(change))
                    .await,
            );
        }
        for (tell, outcome) in news.told {
            drop(tell.send(Ok(outcome)));
        }
    }

    async fn spread(
        &mut self,
        events: Vec<(Arc<Envelope>, RoomVersion, u32)>,
        acks: Vec<(UserId, Ack)>,
    ) {
        for (envelope, version, members) in &events {
            self.publisher
                .rooms
                .commit(&envelope.event, *version, *members);
        }
        let events: Arc<[Arc<Envelope>]> = events.into_iter().map(|(e, ..)| e).collect();
        self.hand_on(events, acks).await;
    }

    async fn hand_on(&mut self, events: Arc<[Arc<Envelope>]>, acks: Vec<(UserId, Ack)>) {
        self.publisher.recent.commit(&events);
        if let Some(last) = events.last() {
            self.position = last.event.position;
        }
        self.publisher.meters.events.add(events.len() as u64);
        self.publisher.hub.commit(&events, acks).await;
        for removed in events.iter().filter_map(|e| removed_user(&e.event)) {
            drop(
                self.publisher
                    .aftermath
                    .send(Aftermath::Removed(removed))
                    .await,
            );
        }
    }

    /// Publishes what was committed and never published. Still unsure when the log cannot be read.
    async fn recover(&mut self) {
        loop {
            match self
                .log
                .committed_after(self.position, RECOVERY_EVENTS)
                .await
            {
                Ok(events) if events.is_empty() => {
                    self.is_unsure = false;
                    return;
                }
                Ok(events) => {
                    for event in &events {
                        self.publisher.rooms.forget(Some(event.room));
                    }
                    let events = events.into_iter().map(Envelope::new).collect();
                    self.hand_on(events, Vec::new()).await;
                }
                Err(outage) => {
                    tracing::warn!(%outage, "the log cannot be read yet");
                    return;
                }
            }
        }
    }
}

impl News {
    fn take(&mut self, then: Then, outcome: Outcome, meters: &Meters) {
        match &outcome {
            Outcome::Appended {
                events,
                version,
                members,
            } => {
                let envelope = |event: &Event| (Envelope::new(event.clone()), *version, *members);
                self.events.extend(events.iter().map(envelope));
            }
            Outcome::Duplicate { .. } => meters.duplicates.one(),
            Outcome::Receipt { now, rose: true } => self.receipts.push(*now),
            _ => {}
        }
        match then {
            Then::Nothing => {}
            Then::Tell(tell) => self.told.push((tell, outcome)),
            Then::AckSend {
                outlet,
                user,
                room,
                command,
            } => {
                let reply = sent(command, room, &outcome);
                self.acks.push((user, Ack { outlet, reply }));
            }
            Then::TellMarks(waiters) => self.tell_marks(waiters, &outcome),
        }
    }
}

impl News {
    fn tell_marks(&mut self, waiters: Vec<MarkWaiter>, outcome: &Outcome) {
        let marks = match outcome {
            Outcome::Receipt { now, .. } => Ok(now.marks),
            _ => Err(Failure::from(Refusal::NotFound("room"))),
        };
        for waiter in waiters {
            match waiter {
                MarkWaiter::Request(tell) => drop(tell.send(marks.clone())),
                MarkWaiter::Socket {
                    outlet,
                    user,
                    command,
                } => {
                    let reply = match &marks {
                        Ok(marks) => Reply::Marked {
                            command,
                            marks: *marks,
                        },
                        Err(failure) => Reply::Failed {
                            command,
                            failure: failure.clone(),
                        },
                    };
                    self.acks.push((user, Ack { outlet, reply }));
                }
            }
        }
    }
}

/// What the sender hears of the outcome.
fn sent(command: CommandId, room: RoomId, outcome: &Outcome) -> Reply {
    let failed = |refusal: Refusal| Reply::Failed {
        command,
        failure: refusal.into(),
    };
    match outcome {
        Outcome::Appended { events, .. } => {
            let event = &events[0];
            Reply::Sent {
                command,
                room,
                seq: event.seq,
                at: event.at,
                duplicate: false,
            }
        }
        Outcome::Duplicate { seq, at } => Reply::Sent {
            command,
            room,
            seq: *seq,
            at: *at,
            duplicate: true,
        },
        Outcome::ClientIdReused => failed(Refusal::ClientIdReused),
        _ => failed(Refusal::Conflict),
    }
}

impl MarkWaiter {
    /// Tells that it came to nothing.
    pub fn fail(self, failure: Failure) {
        match self {
            Self::Request(tell) => drop(tell.send(Err(failure))),
            Self::Socket {
                outlet, command, ..
            } => {
                let _ = outlet.reply(Reply::Failed { command, failure });
                outlet.flush();
            }
        }
    }
}

fn answer(then: Then, result: Result<Outcome, Failure>) {
    match (then, result) {
        (Then::Tell(tell), result) => drop(tell.send(result)),
        (
            Then::AckSend {
                outlet, command, ..
            },
            Err(failure),
        ) => {
            let _ = outlet.reply(Reply::Failed { command, failure });
            outlet.flush();
        }
        (Then::AckSend { .. } | Then::TellMarks(_) | Then::Nothing, _) => {}
    }
}

fn removed_user(event: &Event) -> Option<UserId> {
    match &event.body {
        EventBody::MemberLeft(left) => Some(left.user),
        _ => None,
    }
}
