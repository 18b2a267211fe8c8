//! A connection in its shard: live or lagging, and what it wants to hear in full.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashSet;
use tidings_domain::{Cursor, Epoch, Event, Position, RoomId, Seq, Timestamp};

use super::audience::UserKey;
use crate::envelope::{Envelope, Notice, NoticeContent};
use crate::outlet::{ConnectionId, Offer, Outlet, Reply};
use crate::planted::{self, Bug};

/// After so many events a connection is told where it stands, however soon that is: a resume
/// repeats no more than these.
const CHECKPOINT_EVENTS: u32 = 256;

/// What a shard knows of a connection.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) user: UserKey,
    pub(super) outlet: Arc<dyn Outlet>,
    /// Where the lag began, for one that lags.
    pub(super) lag: Option<Position>,
    pub(super) is_dirty: bool,
    /// Events that it was told of since its last checkpoint.
    pub(super) told: u32,
    pub(super) wants: Option<Box<Focus>>,
}

/// A connection that wants some rooms in full and hints of the others.
#[derive(Default)]
pub(super) struct Focus {
    rooms: HashSet<RoomId>,
    hints: BTreeMap<RoomId, (Seq, Timestamp)>,
}

impl Connection {
    /// Offers an event to a live connection. One that has no place for it lags from here on:
    /// everything before was taken.
    pub(super) fn tell(&mut self, envelope: &Arc<Envelope>, epoch: Epoch) {
        let position = envelope.event.position;
        if self.outlet.event(envelope) == Offer::Full {
            if planted::is(Bug::SilentDrop) {
                return;
            }
            return self.begin_lag(Position(position.0 - 1));
        }
        self.told += 1;
        if self.told >= CHECKPOINT_EVENTS {
            self.checkpoint(Cursor::at(epoch, position));
        }
    }

    /// Says where it stands.
    pub(super) fn checkpoint(&mut self, cursor: Cursor) {
        self.told = 0;
        // One that finds no place costs the next resume some work; another comes.
        let _ = self.outlet.reply(Reply::Checkpoint { cursor, live: true });
    }

    /// Tells something ephemeral. Receipts must not be lost for good: who has no place for them
    /// counts as behind and gets the last word of each when catching up.
    pub(super) fn notice(&mut self, notice: &Arc<Notice>, position: Position) {
        let is_full = self.outlet.notice(notice) == Offer::Full;
        let is_receipt = matches!(notice.content, NoticeContent::Receipts { .. });
        if is_full && is_receipt && self.lag.is_none() {
            self.begin_lag(position);
        }
    }

    fn begin_lag(&mut self, position: Position) {
        self.lag = Some(position);
        // Who has no place even for this learns it from the checkpoint at the end.
        let _ = self.outlet.reply(Reply::Behind);
    }

    /// From now on these rooms in full and hints of the others; all in full for `None`.
    pub(super) fn focus(&mut self, rooms: Option<Vec<RoomId>>) {
        self.wants = rooms.map(|rooms| {
            Box::new(Focus {
                rooms: rooms.into_iter().collect(),
                hints: BTreeMap::new(),
            })
        });
    }

    /// Whether the connection hears of what happens in this room in full.
    pub(super) fn has_in_focus(&self, room: RoomId) -> bool {
        self.wants
            .as_ref()
            .is_none_or(|focus| focus.rooms.contains(&room))
    }

    /// Notes a hint instead of an event that is out of focus, if that is enough: changes of rooms
    /// and memberships are always told in full. `Some` when it was noted, with whether it is the
    /// first.
    pub(super) fn hint(&mut self, event: &Event) -> Option<bool> {
        let focus = self.wants.as_mut()?;
        if focus.rooms.contains(&event.room) || event.body.changes_room() {
            return None;
        }
        let is_first = focus.hints.is_empty();
        focus.hints.insert(event.room, (event.seq, event.at));
        Some(is_first)
    }

    /// Sends the hints that have gathered; whether some found no place and are kept.
    pub(super) fn send_hints(&mut self) -> bool {
        let Some(focus) = &mut self.wants else {
            return false;
        };
        let outlet = &self.outlet;
        focus.hints.retain(|room, (head, at)| {
            let hint = Reply::Hint {
                room: *room,
                head: *head,
                at: *at,
            };
            outlet.reply(hint) == Offer::Full
        });
        !focus.hints.is_empty()
    }
}
