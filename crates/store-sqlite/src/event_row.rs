//! A row of the log: how it is written, and how it is read without trusting it.
//!
//! *Invariant*: a row whose checksum or form is wrong is never shown as what it claims to be. It
//! keeps its seq and reads as an unknown kind, so that its room lives on.

use std::collections::HashSet;

use parking_lot::Mutex;
use rusqlite::{Connection, Result, Row, params};
use tidings_domain::event::BLANKED;
use tidings_domain::{
    ClientId, DeviceId, Event, EventBody, Message, Position, RoomId, Seq, Timestamp, UserId,
};
use tidings_engine::planted::{self, Bug};

use crate::columns::{Columns as _, Id as _, int};

/// The kind as which a damaged row is read.
pub(crate) const DAMAGED: &str = "damaged";

/// Damaged rows that are reported one by one; a file with more has been reported enough.
const REPORTED_MAX: usize = 1_024;

/// Columns that [`read`] expects first, in this order, of a bare log.
pub(crate) const LOG_COLUMNS: &str =
    "position, room, seq, sender, kind, device, client_id, at_ms, body, checksum";

/// The same, and the message column behind them, of a room's timeline; what the log lacks is null.
pub(crate) const TIMELINE_COLUMNS: &str = "t.position, t.room, t.seq, t.sender, \
     e.kind, e.device, e.client_id, e.at_ms, e.body, e.checksum, t.message \
     FROM timeline t LEFT JOIN events e ON e.position = t.position";

/// Which damaged rows were reported, so that each is once.
#[derive(Default)]
pub(crate) struct Damage {
    reported: Mutex<HashSet<u64>>,
}

impl Damage {
    fn report(&self, key: &Key) {
        let mut reported = self.reported.lock();
        if reported.len() < REPORTED_MAX && reported.insert(key.position.0) {
            let Key {
                position,
                room,
                seq,
                ..
            } = key;
            tracing::error!(%position, %room, %seq, "an event in the database is damaged: it is passed over");
        }
    }
}

/// Where an event stands and whose it is.
struct Key {
    position: Position,
    room: RoomId,
    seq: Seq,
    sender: UserId,
}

/// What an event says, as its columns.
struct Content<'a> {
    kind: &'a str,
    device: Option<[u8; 16]>,
    client_id: Option<[u8; 16]>,
    at_ms: i64,
    body: &'a str,
}

impl Content<'_> {
    /// CRC-32 (IEEE 802.3) over every column, variable ones preceded by their length.
    fn checksum(&self, key: &Key) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(&key.position.0.to_be_bytes());
        hash.update(key.room.as_bytes());
        hash.update(&key.seq.0.to_be_bytes());
        hash.update(key.sender.as_bytes());
        for id in [self.device, self.client_id] {
            hash.update(&[u8::from(id.is_some())]);
            hash.update(&id.unwrap_or_default());
        }
        hash.update(&self.at_ms.to_be_bytes());
        for text in [self.kind, self.body] {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize()
    }
}

macro_rules! insert {
    ($($more:literal)?) => {
        concat!(
            "INSERT INTO events \
             (position, room, seq, sender, kind, device, client_id, at_ms, body, checksum) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            $($more)?
        )
    };
}

const INSERT: &str = insert!();
/// The same, but nothing for a client id that its sender used before.
const INSERT_NEW: &str =
    insert!(" ON CONFLICT (client_id, sender) WHERE client_id IS NOT NULL DO NOTHING");

/// Appends an event; `false`, writing nothing, if its sender used its client id before.
pub(crate) fn insert(conn: &Connection, event: &Event) -> Result<bool> {
    let body = event.body.to_json();
    let key = Key {
        position: event.position,
        room: event.room,
        seq: event.seq,
        sender: event.sender,
    };
    let content = Content {
        kind: event.body.kind(),
        device: event.device.map(|id| *id.as_bytes()),
        client_id: event.client_id.map(|id| *id.as_bytes()),
        at_ms: event.at.millis(),
        body: &body,
    };
    let sql = if planted::is(Bug::NoDeduplication) {
        forget_client_ids(conn)?;
        INSERT
    } else {
        INSERT_NEW
    };
    let inserted = conn.prepare_cached(sql)?.execute(params![
        int(key.position.0),
        key.room.as_bytes(),
        int(key.seq.0),
        key.sender.as_bytes(),
        content.kind,
        content.device,
        content.client_id,
        content.at_ms,
        content.body,
        content.checksum(&key),
    ])?;
    Ok(inserted == 1)
}

/// The bug of that name: nothing keeps a retry from becoming a second message.
fn forget_client_ids(conn: &Connection) -> Result<()> {
    conn.execute_batch("DROP INDEX IF EXISTS events_by_client_id")
}

/// Replaces the body of a message's event by [`BLANKED`].
pub(crate) fn blank(conn: &Connection, position: Position) -> Result<()> {
    let sql = format!("SELECT {LOG_COLUMNS} FROM events WHERE position = ?1");
    let mut select = conn.prepare_cached(&sql)?;
    let checksum = select.query_row([int(position.0)], |row| {
        let key = key(row)?;
        // A damaged row is blanked too, and stays known as damaged.
        let content = content(row).ok();
        Ok(content.map_or(0, |content| {
            Content {
                body: BLANKED,
                ..content
            }
            .checksum(&key)
        }))
    })?;
    let sql = "UPDATE events SET body = ?2, checksum = ?3 WHERE position = ?1";
    conn.prepare_cached(sql)?
        .execute(params![int(position.0), BLANKED, checksum])?;
    Ok(())
}

/// Reads an event from a row that begins with [`LOG_COLUMNS`].
pub(crate) fn read(row: &Row<'_>, damage: &Damage) -> Result<Event> {
    let key = key(row)?;
    Ok(sound(row, &key).unwrap_or_else(|| {
        damage.report(&key);
        Event {
            room: key.room,
            seq: key.seq,
            position: key.position,
            sender: key.sender,
            device: None,
            client_id: None,
            at: Timestamp(0),
            body: EventBody::Unknown {
                kind: DAMAGED.to_owned(),
                body: serde_json::Value::Null,
            },
        }
    }))
}

/// Reads a message from a row of [`TIMELINE_COLUMNS`]. One that is damaged has no body.
pub(crate) fn read_message(row: &Row<'_>, damage: &Damage) -> Result<Message> {
    let event = read(row, damage)?;
    let body = match event.body {
        EventBody::MessageSent(body) if row.get::<_, i64>(10)? == 1 => Some(body),
        _ => None,
    };
    Ok(Message {
        room: event.room,
        seq: event.seq,
        sender: event.sender,
        device: event.device,
        client_id: event.client_id,
        at: event.at,
        body,
    })
}

fn key(row: &Row<'_>) -> Result<Key> {
    Ok(Key {
        position: row.position(0)?,
        room: row.id(1)?,
        seq: row.seq(2)?,
        sender: row.id(3)?,
    })
}

fn content<'a>(row: &'a Row<'_>) -> Result<Content<'a>> {
    Ok(Content {
        kind: row.get_ref(4)?.as_str()?,
        device: row.get(5)?,
        client_id: row.get(6)?,
        at_ms: row.get(7)?,
        body: row.get_ref(8)?.as_str()?,
    })
}

/// The event if the row is what was written.
fn sound(row: &Row<'_>, key: &Key) -> Option<Event> {
    let content = content(row).ok()?;
    let checksum: u32 = row.get(9).ok()?;
    if checksum != content.checksum(key) {
        return None;
    }
    Some(Event {
        room: key.room,
        seq: key.seq,
        position: key.position,
        sender: key.sender,
        device: content.device.map(DeviceId::of),
        client_id: content.client_id.map(ClientId::of),
        at: Timestamp(content.at_ms),
        body: EventBody::from_json(content.kind, content.body).ok()?,
    })
}
