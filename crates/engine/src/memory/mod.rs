//! The reference adapter: every port over plain maps, for tests and the simulator.
//!
//! Owns nothing that outlives it. It is written to be obviously right, not fast: what is derived is
//! computed from the log when it is asked for, and every list is a walk in order of keys.
//! *Invariant*: no clock, no chance, no hash order: the same calls give the same answers.

mod accounts;
mod apply;
mod directory;
mod history;
mod log;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tidings_domain::receipt::Watermarks;
use tidings_domain::user::User;
use tidings_domain::{
    DeviceId, Epoch, Event, Membership, Message, Position, Room, RoomId, Seq, SessionId, Timestamp,
    UserId,
};

use crate::ports::{ApiKey, Device, Invitation, SavedAnswer, Session, Store};

/// A store in memory. Clones share it.
#[derive(Clone)]
pub struct Memory {
    // *Lock*: held for one call, never across an await.
    state: Arc<Mutex<State>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(Epoch(1), [7; 32])
    }
}

impl Memory {
    /// An empty store whose log lives under this epoch.
    #[must_use]
    pub fn new(epoch: Epoch, secret: [u8; 32]) -> Self {
        let state = State {
            epoch,
            secret,
            log: Vec::new(),
            rooms: BTreeMap::new(),
            members: BTreeMap::new(),
            invitations: BTreeMap::new(),
            answers: BTreeMap::new(),
            users: BTreeMap::new(),
            passwords: BTreeMap::new(),
            devices: BTreeMap::new(),
            sessions: BTreeMap::new(),
            api_keys: BTreeMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The store's faces.
    #[must_use]
    pub fn ports(&self) -> Store {
        Store {
            log: Arc::new(self.clone()),
            history: Arc::new(self.clone()),
            directory: Arc::new(self.clone()),
            accounts: Arc::new(self.clone()),
        }
    }
}

/// All of it.
struct State {
    epoch: Epoch,
    secret: [u8; 32],
    /// The event at index `n` has position `n + 1`.
    log: Vec<Event>,
    rooms: BTreeMap<RoomId, Room>,
    members: BTreeMap<(RoomId, UserId), Member>,
    /// By the hash of the code.
    invitations: BTreeMap<[u8; 32], Invitation>,
    /// By owner and key.
    answers: BTreeMap<(String, String), SavedAnswer>,
    users: BTreeMap<UserId, User>,
    passwords: BTreeMap<UserId, String>,
    devices: BTreeMap<DeviceId, (UserId, Device)>,
    sessions: BTreeMap<SessionId, LiveSession>,
    /// By the hash of the key.
    api_keys: BTreeMap<[u8; 32], ApiKey>,
}

/// A user in a room, present or past.
#[derive(Clone)]
struct Member {
    membership: Membership,
    left_position: Option<Position>,
    banned_at: Option<Timestamp>,
    marks: Watermarks,
    unread_from: Option<Seq>,
    /// The log's last position when the watermarks last rose.
    stamp: Position,
}

/// A session and which refresh token counts.
struct LiveSession {
    session: Session,
    generation: u64,
    rotated_at: Option<Timestamp>,
}

impl State {
    fn position(&self) -> Position {
        Position(self.log.len() as u64)
    }

    /// A room's events, in order.
    fn events(&self, room: RoomId) -> impl DoubleEndedIterator<Item = &Event> {
        self.log.iter().filter(move |event| event.room == room)
    }

    /// A room's messages, in order, deleted ones among them.
    fn messages(&self, room: RoomId) -> impl DoubleEndedIterator<Item = Message> {
        self.events(room).filter_map(Message::created_by)
    }

    /// A present member.
    fn member(&self, room: RoomId, user: UserId) -> Option<&Member> {
        let member = self.members.get(&(room, user))?;
        member.membership.is_current().then_some(member)
    }

    /// The present members of a room, by user.
    fn members_of(&self, room: RoomId) -> impl Iterator<Item = &Member> {
        self.members
            .values()
            .filter(move |it| it.membership.room == room && it.membership.is_current())
    }

    /// The present memberships of a user, each with its room.
    fn rooms_of(&self, user: UserId) -> impl Iterator<Item = (&Member, &Room)> {
        self.members
            .values()
            .filter(move |it| it.membership.user == user && it.membership.is_current())
            .filter_map(|it| Some((it, self.rooms.get(&it.membership.room)?)))
    }
}
