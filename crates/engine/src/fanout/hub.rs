//! The shell around the shards: a task and a bounded channel for each.
//!
//! *Ordering*: a shard handles its inputs in the order in which they were put in, and commits are
//! put in by the writer alone, in commit order. *Limit*: a shard that cannot keep up fills its
//! channel, the writer waits for it, its queue fills, and new sends are refused as overloaded:
//! nothing is dropped and nothing grows. Those who come and go wait in a queue of their own before
//! it: a commit does not wait behind everybody whom the network cut off. Large rooms are written in slices, and what came in
//! meanwhile goes first, so that a pair's message does not wait behind a crowd's.

use std::hash::{BuildHasher as _, BuildHasherDefault};
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::{Epoch, Position, RoomId, UserId};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::shard::{Ack, CommitNews, Join, Shard};
use crate::envelope::{Envelope, Notice};
use crate::meters::Meters;
use crate::outlet::{ConnectionId, Reply};

/// Inputs that wait for one shard.
const SHARD_QUEUE_MAX: usize = 256;
/// Comings and goings that wait for a shard at once.
const COMING_MAX: usize = SHARD_QUEUE_MAX / 8;
/// Connections of large rooms that are written before the shard looks at its inputs again.
const SLICE_CONNECTIONS: usize = 128;
/// Hints are gathered for so long.
const HINT_INTERVAL: Duration = Duration::from_millis(500);
/// A connection that hears of events learns where it stands this often: what a resume sends again
/// is no more than that.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(5);

/// What became of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinOutcome {
    /// The connection hears what happens from here on.
    Joined,
    /// Too much happened since the snapshot: read on in the log and come again.
    ReadOn,
}

enum Input {
    Commit(CommitNews),
    Join(Join, oneshot::Sender<JoinOutcome>),
    Leave(ConnectionId),
    Lag(ConnectionId, oneshot::Sender<Option<Position>>),
    NoticeRoom {
        room: RoomId,
        notice: Arc<Notice>,
        except: Option<UserId>,
    },
    NoticeUsers {
        users: Vec<UserId>,
        notice: Arc<Notice>,
    },
    ReplyUser {
        user: UserId,
        reply: Reply,
    },
    Focus(ConnectionId, Option<Vec<RoomId>>),
    ReplyAll(Box<dyn Fn(ConnectionId) -> Reply + Send>),
}

/// All shards. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shards: Arc<[Queue]>,
}

/// The way into one shard.
struct Queue {
    inputs: mpsc::Sender<Input>,
    /// Who comes or goes takes a place here first.
    coming: Semaphore,
}

impl Hub {
    /// Starts `shards` shard tasks on the present runtime. They end when the last hub is dropped.
    #[must_use]
    pub fn start(shards: usize, epoch: Epoch, position: Position, meters: &Arc<Meters>) -> Self {
        let start_one = |_| {
            let (sender, inputs) = mpsc::channel(SHARD_QUEUE_MAX);
            tokio::spawn(run(Shard::new(epoch, position, meters.clone()), inputs));
            Queue {
                inputs: sender,
                coming: Semaphore::new(COMING_MAX),
            }
        };
        Self {
            shards: (0..shards.max(1)).map(start_one).collect(),
        }
    }

    /// Tells all shards what was committed.
    pub async fn commit(&self, events: &Arc<[Arc<Envelope>]>, acks: Vec<(UserId, Ack)>) {
        let mut by_shard: Vec<Vec<Ack>> = self.shards.iter().map(|_| Vec::new()).collect();
        for (user, ack) in acks {
            by_shard[self.index(user)].push(ack);
        }
        for (shard, acks) in self.shards.iter().zip(by_shard) {
            if !events.is_empty() || !acks.is_empty() {
                let events = events.clone();
                shard.put(Input::Commit(CommitNews { events, acks })).await;
            }
        }
    }

    /// Lets a reader in who comes from the log; see [`Shard::join`].
    pub async fn join(&self, join: Join) -> JoinOutcome {
        let (answer, outcome) = oneshot::channel();
        let shard = self.shard(join.user);
        shard.put_in_turn(Input::Join(join, answer)).await;
        // A hub that is gone has nothing to tell any more.
        outcome.await.unwrap_or(JoinOutcome::Joined)
    }

    /// Forgets a connection.
    pub async fn leave(&self, user: UserId, connection: ConnectionId) {
        let shard = self.shard(user);
        shard.put_in_turn(Input::Leave(connection)).await;
    }

    /// Where a connection's lag began, if it lags.
    pub async fn lag(&self, user: UserId, connection: ConnectionId) -> Option<Position> {
        let (answer, lag) = oneshot::channel();
        let shard = self.shard(user);
        shard.put_in_turn(Input::Lag(connection, answer)).await;
        lag.await.ok().flatten()
    }

    /// Tells something ephemeral to a room. Dropped for shards whose queue is full.
    pub fn notice_room(&self, room: RoomId, notice: &Arc<Notice>, except: Option<UserId>) {
        for shard in self.shards.iter() {
            let notice = notice.clone();
            shard.try_put(Input::NoticeRoom {
                room,
                notice,
                except,
            });
        }
    }

    /// Tells something ephemeral to all connections of some users. Dropped where a queue is full.
    pub fn notice_users(&self, users: &[UserId], notice: &Arc<Notice>) {
        for (index, shard) in self.shards.iter().enumerate() {
            let here: Vec<UserId> = users
                .iter()
                .copied()
                .filter(|user| self.index(*user) == index)
                .collect();
            if !here.is_empty() {
                let notice = notice.clone();
                let users = here;
                shard.try_put(Input::NoticeUsers { users, notice });
            }
        }
    }

    /// Says something to all connections of one user.
    pub async fn reply_user(&self, user: UserId, reply: Reply) {
        let shard = self.shard(user);
        shard.put(Input::ReplyUser { user, reply }).await;
    }

    /// Sets what a connection wants in full; see [`Shard::focus`].
    pub async fn focus(&self, user: UserId, connection: ConnectionId, rooms: Option<Vec<RoomId>>) {
        let shard = self.shard(user);
        shard.put_in_turn(Input::Focus(connection, rooms)).await;
    }

    /// Says something to every connection, made anew for each.
    pub async fn reply_all(&self, make: impl Fn(ConnectionId) -> Reply + Send + Clone + 'static) {
        for shard in self.shards.iter() {
            let make = Box::new(make.clone());
            shard.put(Input::ReplyAll(make)).await;
        }
    }

    fn shard(&self, user: UserId) -> &Queue {
        &self.shards[self.index(user)]
    }

    fn index(&self, user: UserId) -> usize {
        // A fixed hash: ids of one millisecond differ in their last bytes only.
        let hash = BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(user);
        usize::try_from(hash % self.shards.len() as u64).expect("a remainder of a length")
    }
}

/// Nothing that is put in is answered with an error: a shard's task is gone only when the process ends.
impl Queue {
    async fn put(&self, input: Input) {
        drop(self.inputs.send(input).await);
    }

    /// Waits among those who come and go before it waits among all.
    async fn put_in_turn(&self, input: Input) {
        let _place = self.coming.acquire().await;
        self.put(input).await;
    }

    /// Drops the input when the queue is full.
    fn try_put(&self, input: Input) {
        drop(self.inputs.try_send(input));
    }
}

async fn run(mut shard: Shard, mut inputs: mpsc::Receiver<Input>) {
    let mut hints = tokio::time::interval(HINT_INTERVAL);
    let mut checkpoints = tokio::time::interval(CHECKPOINT_INTERVAL);
    hints.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    checkpoints.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    checkpoints.reset();
    loop {
        tokio::select! {
            // What is due now and then goes first, or a busy shard would never come to it.
            biased;
            _ = hints.tick() => shard.send_hints(),
            _ = checkpoints.tick() => shard.send_checkpoints(),
            input = inputs.recv() => match input {
                Some(input) => handle(&mut shard, input),
                None => return,
            },
        }
        flush(&mut shard, &mut inputs).await;
    }
}

/// Writes all dirty connections, taking in what arrives meanwhile.
async fn flush(shard: &mut Shard, inputs: &mut mpsc::Receiver<Input>) {
    let mut outlets = Vec::new();
    loop {
        for _ in 0..SHARD_QUEUE_MAX {
            let Ok(input) = inputs.try_recv() else { break };
            handle(shard, input);
        }
        shard.take_dirty(SLICE_CONNECTIONS, &mut outlets);
        if outlets.is_empty() {
            return;
        }
        for outlet in outlets.drain(..) {
            outlet.flush();
        }
        tokio::task::yield_now().await;
    }
}

fn handle(shard: &mut Shard, input: Input) {
    match input {
        Input::Commit(news) => shard.commit(news),
        Input::Join(join, answer) => {
            let joined = shard.join(join);
            let outcome = if joined {
                JoinOutcome::Joined
            } else {
                JoinOutcome::ReadOn
            };
            let _ = answer.send(outcome);
        }
        Input::Leave(connection) => shard.leave(connection),
        Input::Lag(connection, answer) => drop(answer.send(shard.lag(connection))),
        Input::NoticeRoom {
            room,
            notice,
            except,
        } => shard.notice_room(room, &notice, except),
        Input::NoticeUsers { users, notice } => shard.notice_users(&users, &notice),
        Input::ReplyUser { user, reply } => shard.reply_user(user, &reply),
        Input::Focus(connection, rooms) => shard.focus(connection, rooms),
        Input::ReplyAll(make) => shard.reply_all(&*make),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const USER: UserId = UserId::from_bytes([1; 16]);

    #[tokio::test]
    async fn what_is_said_does_not_wait_behind_everybody_who_is_cut_off() {
        const CUT_OFF: usize = 10_000;
        let hub = Hub::start(1, Epoch(1), Position(0), &Arc::default());
        let (going, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for number in 0..CUT_OFF as u64 {
            let (hub, going, gone) = (hub.clone(), going.clone(), gone.clone());
            tokio::spawn(async move {
                going.fetch_add(1, Ordering::Relaxed);
                hub.leave(USER, ConnectionId(number)).await;
                gone.fetch_add(1, Ordering::Relaxed);
            });
        }
        while going.load(Ordering::Relaxed) < CUT_OFF {
            tokio::task::yield_now().await;
        }
        let before = gone.load(Ordering::Relaxed);
        // It takes the way of a commit.
        hub.reply_user(USER, Reply::Behind).await;
        let overtaken_by = gone.load(Ordering::Relaxed) - before;
        assert!(before < CUT_OFF / 2, "{before} had left before");
        assert!(overtaken_by < CUT_OFF / 4, "waited behind {overtaken_by}");
    }
}
