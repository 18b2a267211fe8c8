//! The writer's task: drain, commit, publish; and what to do when the store fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tidings_domain::limits::COMMIT_BATCH_MAX;
use tidings_domain::{Action, Event, EventBody, Position, RoomId, RoomVersion, Seq, UserId};
use tokio::sync::mpsc;

use super::job::{Job, Then, answer};
use super::news::News;
use super::pace::Pace;
use super::{Aftermath, Publisher};
use crate::envelope::Envelope;
use crate::fanout::Ack;
use crate::outlet::Reply;
use crate::planted::{self, Bug};
use crate::ports::{Guard, Log, Outage, Outcome, ReceiptWrite, Write};
use crate::refusal::{Failure, Refusal};

/// How often a send is decided again before its sender is told to look again.
const ATTEMPTS_MAX: u8 = 8;
/// After an outage, how long until what it may have committed is looked for.
const RECOVERY_INTERVAL: Duration = Duration::from_millis(500);
/// Events read at once while recovering.
const RECOVERY_EVENTS: usize = 1_000;

pub(super) struct Task {
    log: Arc<dyn Log>,
    publisher: Publisher,
    /// The last event that was published.
    position: Position,
    /// The same, for all who begin to hear.
    published: Arc<AtomicU64>,
    /// What transactions take.
    pace: Arc<Pace>,
    /// Whether something may have been committed that was not published.
    is_unsure: bool,
    /// Watermarks that may have risen in a commit whose outcome was unknown.
    doubtful: BTreeSet<(RoomId, UserId)>,
    /// Sends to go first in the next transaction, decided again.
    again: Vec<Job>,
}

impl Task {
    pub(super) fn new(
        log: Arc<dyn Log>,
        publisher: Publisher,
        position: Position,
        published: Arc<AtomicU64>,
        pace: Arc<Pace>,
    ) -> Self {
        Self {
            log,
            publisher,
            position,
            published,
            pace,
            is_unsure: false,
            doubtful: BTreeSet::new(),
            again: Vec::new(),
        }
    }

    /// Writes until the queue's last entrance is gone.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(COMMIT_BATCH_MAX);
        loop {
            batch.append(&mut self.again);
            if batch.is_empty() && !self.wait(&mut jobs, &mut batch).await {
                return;
            }
            // Sockets that are ready are read first: what they bring shares the transaction.
            tokio::task::yield_now().await;
            while batch.len() < COMMIT_BATCH_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                batch.push(job);
            }
            if !batch.is_empty() {
                // Publishing counts: where shards cannot keep up, it is what writes wait for.
                let began_us = self.publisher.clock.monotonic_us();
                self.pace.begin(began_us);
                self.commit(std::mem::take(&mut batch)).await;
                self.pace
                    .end(self.publisher.clock.monotonic_us() - began_us);
            }
        }
    }

    /// Waits for a job, or for the time to recover. `false` when no more will come.
    async fn wait(&mut self, jobs: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>) -> bool {
        if !self.is_unsure {
            return jobs.recv_many(batch, COMMIT_BATCH_MAX).await > 0;
        }
        tokio::select! {
            biased;
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
        if planted::is(Bug::AckBeforeCommit) {
            self.ack_early(&writes, &mut waiting);
        }
        let marks = marked(&writes);
        let committed = self.log.commit(writes).await;
        let now_us = self.publisher.clock.monotonic_us();
        let meters = self.publisher.meters.clone();
        meters.batch_writes.note(count);
        meters.commit_us.note(now_us - began_us);
        let outcomes = match committed {
            Ok(outcomes) => outcomes,
            Err(outage) => {
                self.doubtful.extend(marks);
                return self.fail(waiting, &outage);
            }
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
            if !matches!(outcome, Outcome::Appended { .. }) {
                self.give_turn_back(&then);
            }
            news.take(then, outcome, &meters);
        }
        self.publish(news).await;
    }

    /// The bug of that name: senders are told where their messages will probably stand.
    fn ack_early(&self, writes: &[Write], waiting: &mut [(Then, Option<Write>, u64, u8)]) {
        let mut heads = BTreeMap::new();
        for (write, (then, ..)) in writes.iter().zip(waiting) {
            let Write::Append(append) = write else {
                continue;
            };
            let cached = self.publisher.rooms.cached(append.room, append.sender);
            let Some(known) = cached.filter(|_| matches!(then, Then::AckSend { .. })) else {
                continue;
            };
            let seq = heads.entry(append.room).or_insert(known.facts.head);
            *seq = seq.next();
            if let Then::AckSend {
                outlet,
                room,
                command,
                ..
            } = std::mem::replace(then, Then::Nothing)
            {
                let _ = outlet.reply(Reply::Sent {
                    command,
                    room,
                    seq: *seq,
                    at: append.at,
                    duplicate: false,
                });
                outlet.flush();
            }
        }
    }

    fn fail(&mut self, waiting: Vec<(Then, Option<Write>, u64, u8)>, outage: &Outage) {
        tracing::error!(%outage, writes = waiting.len(), "a commit failed; its outcome is unknown");
        self.publisher.meters.outages.one();
        self.is_unsure = true;
        self.publisher.rooms.forget(None);
        for (then, ..) in waiting {
            self.disappoint(then, outage.clone().into());
        }
    }

    /// Tells that it came to nothing, as far as one knows.
    fn disappoint(&self, then: Then, failure: Failure) {
        self.give_turn_back(&then);
        answer(then, Err(failure));
    }

    /// Who tries again after a failure need not wait as if something had been said.
    fn give_turn_back(&self, then: &Then) {
        if let Then::AckSend { user, room, .. } = then {
            self.publisher.slow_mode.give_back(*room, *user);
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
                self.disappoint(job.then, Refusal::Conflict.into());
            }
            Ok(standing) if standing.facts.archived => {
                self.disappoint(job.then, Refusal::Archived.into());
            }
            Ok(standing) => {
                append.guard = Guard::Version(standing.facts.version);
                job.attempts += 1;
                self.again.push(job);
            }
            Err(failure) => self.disappoint(job.then, failure),
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
            self.published.store(self.position.0, Ordering::Release);
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

    /// Tells watermarks of which nobody knows whether they rose, as they are now: a write that raises
    /// nothing answers so.
    async fn tell_doubtful(&mut self) {
        if self.doubtful.is_empty() {
            return;
        }
        let as_they_are = |(room, user): &(RoomId, UserId)| {
            Write::Receipt(ReceiptWrite {
                room: *room,
                user: *user,
                delivered: Seq::ZERO,
                read: Seq::ZERO,
            })
        };
        match self
            .log
            .commit(self.doubtful.iter().map(as_they_are).collect())
            .await
        {
            Ok(outcomes) => {
                self.doubtful.clear();
                for outcome in outcomes {
                    if let Outcome::Receipt { now, .. } = outcome {
                        drop(self.publisher.aftermath.send(Aftermath::Receipt(now)).await);
                    }
                }
            }
            Err(outage) => {
                tracing::warn!(%outage, "watermarks are told later");
                self.is_unsure = true;
            }
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
                    return self.tell_doubtful().await;
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

/// Whose watermarks a batch is to raise.
fn marked(writes: &[Write]) -> Vec<(RoomId, UserId)> {
    let marks = writes.iter().filter_map(|write| match write {
        Write::Receipt(mark) => Some((mark.room, mark.user)),
        _ => None,
    });
    marks.collect()
}

fn removed_user(event: &Event) -> Option<UserId> {
    match &event.body {
        EventBody::MemberLeft(left) => Some(left.user),
        _ => None,
    }
}
