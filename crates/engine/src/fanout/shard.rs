//! One shard's state: its connections, who of them hears what, and how far each has come.
//!
//! Pure: no clock, no I/O, no runtime. It says what it says through [`Outlet`]s, which only queue;
//! the [`hub`](super::hub) flushes. *Invariant*: a live connection was offered every event up to
//! [`Shard::position`] that its user may see, exactly once, in commit order; one that lags was
//! offered exactly those up to where its lag began.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use slab::Slab;
use tidings_domain::{Cursor, Epoch, Event, EventBody, Position, RoomId, UserId};

use super::audience::{Audiences, UserKey};
use super::connection::Connection;
use super::dirty::{Dirty, Urgency};
use crate::envelope::{Envelope, Notice};
use crate::meters::Meters;
use crate::outlet::{ConnectionId, Offer, Outlet, Reply};
use crate::planted::{self, Bug};

/// Events that the shard remembers, so that a reader who comes from the log finds the join.
const RING_EVENTS_MAX: usize = 4_096;
/// A room of more users than this in one shard is written after smaller ones.
const LARGE_AUDIENCE: usize = 256;

/// What a commit tells each shard.
pub struct CommitNews {
    /// The events, in commit order.
    pub events: Arc<[Arc<Envelope>]>,
    /// Answers for this shard's senders.
    pub acks: Vec<Ack>,
}

/// An answer that goes out together with the events of its commit.
pub struct Ack {
    /// To whom.
    pub outlet: Arc<dyn Outlet>,
    /// What.
    pub reply: Reply,
}

/// A reader who has read the log up to a snapshot and wants to hear what follows as it happens.
pub struct Join {
    /// Which connection.
    pub connection: ConnectionId,
    /// Whose.
    pub user: UserId,
    /// Where to say it.
    pub outlet: Arc<dyn Outlet>,
    /// The user's current rooms in the snapshot.
    pub rooms: Vec<RoomId>,
    /// The snapshot's position: everything up to here was sent.
    pub at: Position,
}

/// See the module.
pub struct Shard {
    epoch: Epoch,
    position: Position,
    ring: VecDeque<Arc<Envelope>>,
    /// The last event that the ring holds no more.
    forgotten: Position,
    audiences: Audiences,
    connections: Slab<Connection>,
    by_id: HashMap<ConnectionId, u32>,
    waiting: Vec<Join>,
    hinted: Vec<u32>,
    dirty: Dirty,
    meters: Arc<Meters>,
}

impl Shard {
    /// A shard that begins where the log stands.
    #[must_use]
    pub fn new(epoch: Epoch, position: Position, meters: Arc<Meters>) -> Self {
        Self {
            epoch,
            position,
            ring: VecDeque::new(),
            forgotten: position,
            audiences: Audiences::default(),
            connections: Slab::new(),
            by_id: HashMap::new(),
            waiting: Vec::new(),
            hinted: Vec::new(),
            dirty: Dirty::default(),
            meters,
        }
    }

    /// The last event that it heard of.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Connections that it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Takes a commit: answers its senders, then tells each event to those who may see it.
    pub fn commit(&mut self, news: CommitNews) {
        for ack in news.acks {
            // Who has no place for an answer does not read; asking again gets the same answer.
            let _ = ack.outlet.reply(ack.reply);
            self.dirty.senders.push(ack.outlet);
        }
        for envelope in news.events.iter() {
            // A recovery after an outage may tell again what was told.
            if envelope.event.position > self.position {
                self.tell(envelope);
                self.remember(envelope);
                self.position = envelope.event.position;
            }
        }
        self.admit_waiting();
    }

    /// Lets a reader in who comes from the log. `false` when the shard no longer remembers what
    /// followed the reader's snapshot: read on and come again.
    pub fn join(&mut self, join: Join) -> bool {
        if join.at > self.position {
            // The snapshot is ahead of what this shard has heard: wait for the commit.
            self.waiting.push(join);
            return true;
        }
        if join.at < self.forgotten {
            return false;
        }
        self.admit(join);
        true
    }

    /// Forgets a connection.
    pub fn leave(&mut self, id: ConnectionId) {
        self.waiting.retain(|join| join.connection != id);
        let Some(key) = self.by_id.remove(&id) else {
            return;
        };
        let connection = self.connections.remove(key as usize);
        let of_user = self.audiences.connections_mut(connection.user);
        of_user.retain(|other| *other != key);
        if of_user.is_empty() {
            self.audiences.leave_shard(connection.user);
        }
        if self.connections.is_empty() {
            self.connections.shrink_to_fit();
        }
    }

    /// Where a connection's lag began, if it lags. One whose reader waits to be let in lags no more.
    #[must_use]
    pub fn lag(&self, id: ConnectionId) -> Option<Position> {
        if self.waiting.iter().any(|join| join.connection == id) {
            return None;
        }
        self.connections.get(*self.by_id.get(&id)? as usize)?.lag
    }

    /// Tells something ephemeral to a room, but not to `except`.
    pub fn notice_room(&mut self, room: RoomId, notice: &Arc<Notice>, except: Option<UserId>) {
        let except = except.and_then(|user| self.audiences.user(user));
        let users = self.audiences.in_room(room);
        let urgency = urgency(users.len());
        for user in users.iter().filter(|user| Some(**user) != except) {
            for key in self.audiences.connections(*user) {
                let connection = &mut self.connections[*key as usize];
                if connection.lag.is_none() && connection.has_in_focus(room) {
                    connection.notice(notice, self.position);
                    self.dirty.mark(connection, *key, urgency);
                }
            }
        }
    }

    /// Tells something ephemeral to all connections of some users.
    pub fn notice_users(&mut self, users: &[UserId], notice: &Arc<Notice>) {
        let position = self.position;
        self.each_of(users, |connection| connection.notice(notice, position));
    }

    /// Says something to all connections of one user. Who lags hears nothing of watermarks: catching up
    /// tells them, has perhaps looked later than who says this, and a watermark never falls.
    pub fn reply_user(&mut self, user: UserId, reply: &Reply) {
        self.each_of(&[user], |connection| {
            let mut reply = reply.clone();
            if connection.lag.is_some()
                && let Reply::OwnReceipt { marks, .. } = &mut reply
            {
                *marks = None;
            }
            let _ = connection.outlet.reply(reply);
        });
    }

    /// From now on the connection wants these rooms in full and hints of the others; all in full
    /// for `None`.
    pub fn focus(&mut self, id: ConnectionId, rooms: Option<Vec<RoomId>>) {
        if let Some(key) = self.by_id.get(&id) {
            self.connections[*key as usize].focus(rooms);
        }
    }

    /// Sends the hints that have gathered. The hub calls it now and then.
    pub fn send_hints(&mut self) {
        for key in std::mem::take(&mut self.hinted) {
            let Some(connection) = self.connections.get_mut(key as usize) else {
                continue;
            };
            if connection.send_hints() {
                self.hinted.push(key);
            }
            self.dirty.mark(connection, key, Urgency::Soon);
        }
    }

    /// Tells every live connection that was told of events where it stands, so that its next resume
    /// begins there.
    pub fn send_checkpoints(&mut self) {
        let cursor = Cursor::at(self.epoch, self.position);
        for (key, connection) in &mut self.connections {
            if connection.lag.is_none() && connection.told > 0 {
                connection.checkpoint(cursor.clone());
                self.dirty.mark(connection, small(key), Urgency::InSlices);
            }
        }
    }

    /// Says something to every connection.
    pub fn reply_all(&mut self, make: &dyn Fn(ConnectionId) -> Reply) {
        for (_, connection) in &self.connections {
            let _ = connection.outlet.reply(make(connection.id));
            self.dirty.senders.push(connection.outlet.clone());
        }
    }

    /// The next outlets to flush, at most `max` of large rooms at a time; those of small rooms
    /// and senders always come first. Empty when all is flushed.
    pub fn take_dirty(&mut self, max: usize, into: &mut Vec<Arc<dyn Outlet>>) {
        self.dirty.take(&mut self.connections, max, into);
    }

    fn each_of(&mut self, users: &[UserId], say: impl Fn(&mut Connection)) {
        for user in users.iter().filter_map(|user| self.audiences.user(*user)) {
            for key in self.audiences.connections(user) {
                let connection = &mut self.connections[*key as usize];
                say(connection);
                self.dirty.mark(connection, *key, Urgency::Soon);
            }
        }
    }

    /// One event: who joins hears it, who leaves hears it last.
    fn tell(&mut self, envelope: &Arc<Envelope>) {
        let event = &envelope.event;
        if let EventBody::MemberJoined(joined) = &event.body
            && let Some(user) = self.audiences.user(joined.user)
        {
            self.audiences.enter_room(user, event.room);
        }
        self.offer_to_room(envelope);
        match &event.body {
            EventBody::MemberLeft(left) => {
                if let Some(user) = self.audiences.user(left.user)
                    && !planted::is(Bug::DeliveryAfterLeaving)
                {
                    self.audiences.leave_room(user, event.room);
                }
            }
            EventBody::RoomDeleted => self.audiences.close_room(event.room),
            _ => {}
        }
    }

    fn offer_to_room(&mut self, envelope: &Arc<Envelope>) {
        let users = self.audiences.in_room(envelope.event.room);
        let urgency = urgency(users.len());
        let mut told = 0;
        for user in users {
            for key in self.audiences.connections(*user) {
                let connection = &mut self.connections[*key as usize];
                if connection.lag.is_some() {
                    continue;
                }
                match connection.hint(&envelope.event) {
                    Some(is_first) => self.hinted.extend(is_first.then_some(*key)),
                    None => {
                        connection.tell(envelope, self.epoch);
                        self.dirty.mark(connection, *key, urgency);
                        told += 1;
                    }
                }
            }
        }
        if told > 0 {
            self.meters.recipients.note(told);
        }
    }

    fn remember(&mut self, envelope: &Arc<Envelope>) {
        if self.ring.len() == RING_EVENTS_MAX
            && let Some(oldest) = self.ring.pop_front()
        {
            self.forgotten = oldest.event.position;
        }
        self.ring.push_back(envelope.clone());
    }

    fn admit_waiting(&mut self) {
        for join in std::mem::take(&mut self.waiting) {
            // What was remembered a moment ago still is: a ring outlasts a commit.
            let again = self.join(join);
            debug_assert!(
                again,
                "a waiting reader's snapshot is the end of some commit"
            );
        }
    }

    fn admit(&mut self, join: Join) {
        let known = self.audiences.user(join.user);
        let user = self.audiences.enter_shard(join.user);
        if known.is_none() {
            for room in &join.rooms {
                self.audiences.enter_room(user, *room);
            }
        }
        let mut rooms: HashSet<RoomId> = join.rooms.into_iter().collect();
        let since = self.ring.partition_point(|e| e.event.position <= join.at);
        let mut lag = None;
        for envelope in self.ring.range(since..) {
            if !follow_membership(&mut rooms, &envelope.event, join.user) {
                continue;
            }
            if join.outlet.event(envelope) == Offer::Full {
                lag = Some(Position(envelope.event.position.0 - 1));
                let _ = join.outlet.reply(Reply::Behind);
                break;
            }
        }
        if known.is_none() && since < self.ring.len() {
            self.settle(user, join.user, since);
        }
        if lag.is_none() {
            let cursor = Cursor::at(self.epoch, self.position);
            let _ = join.outlet.reply(Reply::Checkpoint { cursor, live: true });
        }
        self.place(join.connection, user, join.outlet, lag);
    }

    /// Brings a newly known user's rooms from the snapshot to now.
    fn settle(&mut self, key: UserKey, id: UserId, since: usize) {
        let events: Vec<_> = self.ring.range(since..).cloned().collect();
        for event in events.iter().map(|envelope| &envelope.event) {
            match &event.body {
                EventBody::MemberJoined(joined) if joined.user == id => {
                    self.audiences.enter_room(key, event.room);
                }
                EventBody::MemberLeft(left) if left.user == id => {
                    self.audiences.leave_room(key, event.room);
                }
                EventBody::RoomDeleted => self.audiences.leave_room(key, event.room),
                _ => {}
            }
        }
    }

    fn place(
        &mut self,
        id: ConnectionId,
        user: UserKey,
        outlet: Arc<dyn Outlet>,
        lag: Option<Position>,
    ) {
        self.dirty.senders.push(outlet.clone());
        if let Some(key) = self.by_id.get(&id) {
            self.connections[*key as usize].lag = lag;
            return;
        }
        let connection = Connection {
            id,
            user,
            outlet,
            lag,
            is_dirty: false,
            told: 0,
            wants: None,
        };
        let key = small(self.connections.insert(connection));
        self.by_id.insert(id, key);
        self.audiences.connections_mut(user).push(key);
    }
}

/// Whether a user who is in `rooms` may see the event; keeps `rooms` up to date with it.
fn follow_membership(rooms: &mut HashSet<RoomId>, event: &Event, user: UserId) -> bool {
    match &event.body {
        EventBody::MemberJoined(joined) if joined.user == user => {
            rooms.insert(event.room);
            true
        }
        EventBody::MemberLeft(left) if left.user == user => rooms.remove(&event.room),
        EventBody::RoomDeleted => rooms.remove(&event.room),
        _ => rooms.contains(&event.room),
    }
}

/// Whether an audience of so many users in one shard is written at once or in slices.
const fn urgency(users: usize) -> Urgency {
    if users > LARGE_AUDIENCE {
        Urgency::InSlices
    } else {
        Urgency::Soon
    }
}

/// Keys are `u32` to save memory; a process cannot hold 2^32 sockets.
fn small(key: usize) -> u32 {
    u32::try_from(key).expect("fewer than 2^32 connections a shard")
}
