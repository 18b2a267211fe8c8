//! What follows from each event: rooms, timeline, memberships, mentions, and the sender's own
//! watermarks. Commits and rebuilds go through this one place.
//!
//! Rooms are remembered, and written once a transaction however many events they had.
//! *Invariant*: all that is derived but watermarks follows from the log alone; [`rebuild`] holds it
//! to that.

mod marks;
mod members;
pub(crate) mod rebuild;

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::event::RoomCreated;
use tidings_domain::{
    Event, EventBody, MessageBody, RoomId, RoomSettings, RoomVersion, Seq, Timestamp,
};

use self::marks::Marks;
use crate::columns::{Columns as _, int, to_json};

/// What a commit needs to know of a room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoomState {
    pub(crate) head: Seq,
    pub(crate) version: RoomVersion,
    pub(crate) members: u32,
    pub(crate) deleted: bool,
    head_position: u64,
    head_at: Timestamp,
    last_message: Seq,
    /// Whether it differs from its row.
    touched: bool,
}

/// How a row of the timeline is marked.
#[derive(Clone, Copy)]
enum Mark {
    NoMessage = 0,
    Message = 1,
    Blanked = 2,
}

/// What is remembered of rooms and watermarks.
#[derive(Default)]
pub(crate) struct Projection {
    rooms: HashMap<RoomId, RoomState>,
    touched: Vec<RoomId>,
    pub(crate) marks: Marks,
}

impl Projection {
    /// Forgets what was gathered and what was remembered.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Bounds what is remembered from one transaction to the next.
    pub(crate) fn keep_at_most(&mut self, rooms: usize, marks: usize) {
        if self.rooms.len() > rooms {
            self.rooms.clear();
        }
        self.marks.keep_at_most(marks);
    }

    /// A room as it stands now, within the transaction.
    pub(crate) fn room(&mut self, conn: &Connection, id: RoomId) -> Result<Option<RoomState>> {
        if let Some(state) = self.rooms.get(&id) {
            return Ok(Some(*state));
        }
        let loaded = load(conn, id)?;
        if let Some(state) = loaded {
            self.rooms.insert(id, state);
        }
        Ok(loaded)
    }

    /// Applies an event that was appended to the log. An event of a room that does not exist, which
    /// no guard lets pass, has its place in the timeline and no other effect.
    pub(crate) fn apply(&mut self, conn: &Connection, event: &Event) -> Result<()> {
        insert_timeline(conn, event)?;
        let found = self.room(conn, event.room)?;
        let mut state = match (&event.body, found) {
            (_, Some(state)) => state,
            (EventBody::RoomCreated(created), None) => create(conn, event, created)?,
            (_, None) => return Ok(()),
        };
        state.raise(event);
        self.apply_body(conn, event, &mut state)?;
        if !state.touched {
            state.touched = true;
            self.touched.push(event.room);
        }
        self.rooms.insert(event.room, state);
        Ok(())
    }

    fn apply_body(
        &mut self,
        conn: &Connection,
        event: &Event,
        state: &mut RoomState,
    ) -> Result<()> {
        match &event.body {
            EventBody::MessageSent(body) => self.message_sent(conn, event, body, state),
            EventBody::MessageBlanked => {
                state.last_message = event.seq;
                Ok(())
            }
            EventBody::RoomChanged(settings) => change(conn, event.room, settings),
            EventBody::RoomDeleted => self.room_deleted(conn, event, state),
            EventBody::MemberJoined(joined) => {
                if members::joined(conn, event, joined)? {
                    state.members += 1;
                    self.marks.set_member(event.room, joined.user, true);
                }
                Ok(())
            }
            EventBody::MemberLeft(left) => {
                if members::left(conn, event, left)? {
                    state.members = state.members.saturating_sub(1);
                    self.marks.set_member(event.room, left.user, false);
                }
                Ok(())
            }
            EventBody::MemberRoleChanged(change) => members::role_changed(conn, event, change),
            EventBody::MemberUnbanned(who) => members::unbanned(conn, event, who.user),
            EventBody::RoomCreated(_) | EventBody::Unknown { .. } => Ok(()),
        }
    }

    fn message_sent(
        &mut self,
        conn: &Connection,
        event: &Event,
        body: &MessageBody,
        state: &mut RoomState,
    ) -> Result<()> {
        state.last_message = event.seq;
        let sql = "INSERT OR IGNORE INTO mentions (room, user, seq) VALUES (?1, ?2, ?3)";
        for user in body.mentions.iter().filter(|user| **user != event.sender) {
            let row = params![event.room.as_bytes(), user.as_bytes(), int(event.seq.0)];
            conn.prepare_cached(sql)?.execute(row)?;
        }
        self.marks.raise_own(conn, event)
    }

    fn room_deleted(
        &mut self,
        conn: &Connection,
        event: &Event,
        state: &mut RoomState,
    ) -> Result<()> {
        state.deleted = true;
        state.members = 0;
        members::all_left(conn, event)?;
        self.marks.clear_members(event.room);
        let room = event.room.as_bytes();
        let sql = "UPDATE timeline SET message = 2 WHERE room = ?1 AND message = 1";
        conn.prepare_cached(sql)?.execute([room])?;
        let sql = "DELETE FROM mentions WHERE room = ?1";
        conn.prepare_cached(sql)?.execute([room])?;
        Ok(())
    }

    /// Writes what was gathered; `last_position` is where the log ends with this transaction.
    pub(crate) fn flush(&mut self, conn: &Connection, last_position: u64) -> Result<()> {
        for id in self.touched.drain(..) {
            if let Some(state) = self.rooms.get_mut(&id) {
                save(conn, id, state)?;
                state.touched = false;
            }
        }
        self.marks.flush(conn, last_position)
    }
}

impl RoomState {
    fn raise(&mut self, event: &Event) {
        self.head = event.seq;
        self.head_position = event.position.0;
        self.head_at = event.at;
        self.version.0 += u64::from(event.body.changes_room());
    }
}

fn load(conn: &Connection, id: RoomId) -> Result<Option<RoomState>> {
    let sql = "SELECT head, head_position, head_at, last_message, version, members, deleted \
         FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([id.as_bytes()], state)
        .optional()
}

fn state(row: &Row<'_>) -> Result<RoomState> {
    Ok(RoomState {
        head: row.seq(0)?,
        head_position: row.number(1)?,
        head_at: row.time(2)?,
        last_message: row.seq(3)?,
        version: RoomVersion(row.number(4)?),
        members: row.small(5)?,
        deleted: row.get(6)?,
        touched: false,
    })
}

fn save(conn: &Connection, id: RoomId, state: &RoomState) -> Result<()> {
    let sql = "UPDATE rooms SET head = ?2, head_position = ?3, head_at = ?4, last_message = ?5, \
         version = ?6, members = ?7, deleted = ?8 WHERE id = ?1";
    conn.prepare_cached(sql)?.execute(params![
        id.as_bytes(),
        int(state.head.0),
        int(state.head_position),
        state.head_at.millis(),
        int(state.last_message.0),
        int(state.version.0),
        state.members,
        state.deleted,
    ])?;
    Ok(())
}

fn create(conn: &Connection, event: &Event, created: &RoomCreated) -> Result<RoomState> {
    let sql = "INSERT INTO rooms (id, kind, settings, name_key, archived, deleted, created_by, \
         created_at, head, head_position, head_at, last_message, version, members) \
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, 0, 0, 0, 0, 0, 0)";
    conn.prepare_cached(sql)?.execute(params![
        event.room.as_bytes(),
        created.kind.as_str(),
        to_json(&created.settings),
        name_key(&created.settings),
        created.settings.archived,
        event.sender.as_bytes(),
        event.at.millis(),
    ])?;
    Ok(RoomState {
        head: Seq::ZERO,
        version: RoomVersion(0),
        members: 0,
        deleted: false,
        head_position: 0,
        head_at: Timestamp(0),
        last_message: Seq::ZERO,
        touched: false,
    })
}

fn change(conn: &Connection, room: RoomId, settings: &RoomSettings) -> Result<()> {
    let sql = "UPDATE rooms SET settings = ?2, name_key = ?3, archived = ?4 WHERE id = ?1";
    conn.prepare_cached(sql)?.execute(params![
        room.as_bytes(),
        to_json(settings),
        name_key(settings),
        settings.archived,
    ])?;
    Ok(())
}

/// The name as it is searched and sorted by.
fn name_key(settings: &RoomSettings) -> String {
    let name = settings.name.as_ref();
    name.map(|name| name.as_str().to_lowercase())
        .unwrap_or_default()
}

fn insert_timeline(conn: &Connection, event: &Event) -> Result<()> {
    let mark = match event.body {
        EventBody::MessageSent(_) => Mark::Message,
        EventBody::MessageBlanked => Mark::Blanked,
        _ => Mark::NoMessage,
    };
    let sql = "INSERT INTO timeline (room, seq, position, sender, message) \
         VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute(params![
        event.room.as_bytes(),
        int(event.seq.0),
        int(event.position.0),
        event.sender.as_bytes(),
        mark as i64,
    ])?;
    Ok(())
}
