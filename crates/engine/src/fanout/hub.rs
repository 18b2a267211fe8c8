//! The shell around the shards: a task and a bounded channel for each.
//!
//! *Ordering*: a shard handles its inputs in the order in which they were put in, and commits are
//! put in by the writer alone, in commit order. *Limit*: a shard that cannot keep up fills its
//! channel, the writer waits for it, its queue fills, and new sends are refused as overloaded:
//! nothing is dropped and nothing grows. Large rooms are written in slices, and what came in
//! meanwhile goes first, so that a pair's message does not wait behind a crowd's.

use std::hash::{BuildHasher as _, BuildHasherDefault};
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::{Epoch, Position, RoomId, UserId};
use tokio::sync::{mpsc, oneshot};

use super::shard::{Ack, CommitNews, Join, Shard};
use crate::envelope::{Envelope, Notice};
use crate::meters::Meters;
use crate::outlet::{ConnectionId, Reply};

/// Inputs that wait for one shard.
const SHARD_QUEUE_MAX: usize = 256;
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
    shards: Arc<[mpsc::Sender<Input>]>,
}

impl Hub {
    /// Starts `shards` shard tasks on the present runtime. They end when the last hub is dropped.
    #[must_use]
    pub fn start(shards: usize, epoch: Epoch, position: Position, meters: &Arc<Meters>) -> Self {
        let start_one = |_| {
            let (sender, inputs) = mpsc::channel(SHARD_QUEUE_MAX);
            tokio::spawn(run(Shard::new(epoch, position, meters.clone()), inputs));
            sender
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
                put(
                    shard,
                    Input::Commit(CommitNews {
                        events: events.clone(),
                        acks,
                    }),
                )
                .await;
            }
        }
    }

    /// Lets a reader in who comes from the log; see [`Shard::join`].
    pub async fn join(&self, join: Join) -> JoinOutcome {
        let (answer, outcome) = oneshot::channel();
        put(self.shard(join.user), Input::Join(join, answer)).await;
        // A hub that is gone has nothing to tell any more.
        outcome.await.unwrap_or(JoinOutcome::Joined)
    }

    /// Forgets a connection.
    pub async fn leave(&self, user: UserId, connection: ConnectionId) {
        put(self.shard(user), Input::Leave(connection)).await;
    }

    /// Where a connection's lag began, if it lags.
    pub async fn lag(&self, user: UserId, connection: ConnectionId) -> Option<Position> {
        let (answer, lag) = oneshot::channel();
        put(self.shard(user), Input::Lag(connection, answer)).await;
        lag.await.ok().flatten()
    }

    /// Tells something ephemeral to a room. Dropped for shards whose queue is full.
    pub fn notice_room(&self, room: RoomId, notice: &Arc<Notice>, except: Option<UserId>) {
        for shard in self.shards.iter() {
            let notice = notice.clone();
            drop(shard.try_send(Input::NoticeRoom {
                room,
                notice,
                except,
            }));
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
                drop(shard.try_send(Input::NoticeUsers {
                    users: here,
                    notice,
                }));
            }
        }
    }

    /// Says something to all connections of one user.
    pub async fn reply_user(&self, user: UserId, reply: Reply) {
        put(self.shard(user), Input::ReplyUser { user, reply }).await;
    }

    /// Sets what a connection wants in full; see [`Shard::focus`].
    pub async fn focus(&self, user: UserId, connection: ConnectionId, rooms: Option<Vec<RoomId>>) {
        put(self.shard(user), Input::Focus(connection, rooms)).await;
    }

    /// Says something to every connection, made anew for each.
    pub async fn reply_all(&self, make: impl Fn(ConnectionId) -> Reply + Send + Clone + 'static) {
        for shard in self.shards.iter() {
            put(shard, Input::ReplyAll(Box::new(make.clone()))).await;
        }
    }

    fn shard(&self, user: UserId) -> &mpsc::Sender<Input> {
        &self.shards[self.index(user)]
    }

    fn index(&self, user: UserId) -> usize {
        // A fixed hash: ids of one millisecond differ in their last bytes only.
        let hash = BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(user);
        usize::try_from(hash % self.shards.len() as u64).expect("a remainder of a length")
    }
}

/// A shard's task is gone only when the process ends.
async fn put(shard: &mpsc::Sender<Input>, input: Input) {
    drop(shard.send(input).await);
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
