//! A store that holds far more than a run could send: messages are inserted into the server's
//! database as the server itself would have written them, checksums included.
//!
//! The rooms and their members come from the server. What is written is checked by the server's own
//! `check` at small sizes, and by a read of a last page at any.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use tidings_domain::text::MessageText;
use tidings_domain::{EventBody, MessageBody};

use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::terminal;

/// Messages of one transaction.
const CHUNK: u64 = 100_000;
/// Page cache while writing, in KiB.
const CACHE_KIB: i64 = 256 * 1_024;

/// Who talks in a room.
#[derive(Debug, Clone, Copy)]
struct Talk {
    room: [u8; 16],
    sender: [u8; 16],
    head: i64,
}

/// An event as its columns.
struct Said<'a> {
    position: i64,
    talk: &'a Talk,
    seq: i64,
    client_id: [u8; 16],
    at_ms: i64,
    body: &'a str,
}

/// Adds so many messages, the same number to each room.
///
/// # Errors
/// When the database has no rooms, or cannot be written.
pub(crate) fn fill(path: &Path, messages: u64) -> Outcome<()> {
    let mut conn = Connection::open(path)?;
    // A machine that fails meanwhile costs the run and nothing else.
    for (name, value) in [("journal_mode", "OFF"), ("synchronous", "OFF")] {
        conn.pragma_update(None, name, value)?;
    }
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let talks = talks(&conn)?;
    if talks.is_empty() {
        return Err(Failure::Server("the store has no rooms".to_owned()));
    }
    let each = messages.div_ceil(talks.len() as u64);
    let last: i64 = conn.query_row("SELECT max(position) FROM events", [], |row| row.get(0))?;
    let mut writer = Writer {
        position: last,
        begin_ms: clock::unix_ms() - messages,
    };
    let mut done = 0;
    for some in talks.chunks((CHUNK / each).max(1) as usize) {
        let transaction = conn.transaction()?;
        for talk in some {
            writer.talk(&transaction, talk, each)?;
        }
        transaction.commit()?;
        done += each * some.len() as u64;
        terminal::progress("messages", small(done), small(messages));
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

fn talks(conn: &Connection) -> rusqlite::Result<Vec<Talk>> {
    let sql = "SELECT id, created_by, head FROM rooms WHERE deleted = 0 ORDER BY id";
    let mut select = conn.prepare(sql)?;
    let talks = select.query_map([], |row| {
        Ok(Talk {
            room: row.get(0)?,
            sender: row.get(1)?,
            head: row.get(2)?,
        })
    })?;
    talks.collect()
}

/// What stands where.
struct Writer {
    /// The last that was given.
    position: i64,
    /// When the first message was sent; the others a millisecond after one another.
    begin_ms: u64,
}

impl Writer {
    fn talk(&mut self, conn: &Transaction<'_>, talk: &Talk, count: u64) -> rusqlite::Result<()> {
        let (mut seq, mut at_ms) = (talk.head, 0);
        for _ in 0..count {
            self.position += 1;
            seq += 1;
            let sent_ms = self.begin_ms + self.position as u64;
            at_ms = sent_ms as i64;
            let body = body(seq);
            let said = Said {
                position: self.position,
                talk,
                seq,
                client_id: client_id(sent_ms, self.position),
                at_ms,
                body: &body,
            };
            insert(conn, &said)?;
        }
        let sql = "UPDATE rooms SET head = ?2, head_position = ?3, head_at = ?4, last_message = ?2 \
             WHERE id = ?1";
        conn.execute(sql, params![talk.room, seq, self.position, at_ms])?;
        let sql = "INSERT INTO receipts (room, user, delivered, read, stamp) \
             VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (room, user) \
             DO UPDATE SET delivered = ?3, read = ?3, stamp = ?4";
        conn.execute(sql, params![talk.room, talk.sender, seq, self.position])?;
        Ok(())
    }
}

fn insert(conn: &Transaction<'_>, said: &Said<'_>) -> rusqlite::Result<()> {
    let Said {
        position,
        talk,
        seq,
        client_id,
        at_ms,
        body,
    } = said;
    let sql = "INSERT INTO events (position, room, seq, kind, sender, device, client_id, at_ms, \
         body, checksum) VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7, ?8, ?9)";
    conn.prepare_cached(sql)?.execute(params![
        position,
        talk.room,
        seq,
        KIND,
        talk.sender,
        client_id,
        at_ms,
        body,
        said.checksum(),
    ])?;
    let sql = "INSERT INTO timeline (room, seq, position, sender, message) \
         VALUES (?1, ?2, ?3, ?4, 1)";
    conn.prepare_cached(sql)?
        .execute(params![talk.room, seq, position, talk.sender])?;
    Ok(())
}

const KIND: &str = "message.sent";

impl Said<'_> {
    /// As the store computes it: CRC-32 over every column, those of variable length preceded by it,
    /// those that may be missing by whether they are there.
    fn checksum(&self) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(&self.position.to_be_bytes());
        hash.update(&self.talk.room);
        hash.update(&self.seq.to_be_bytes());
        hash.update(&self.talk.sender);
        hash.update(&[0]);
        hash.update(&[0; 16]);
        hash.update(&[1]);
        hash.update(&self.client_id);
        hash.update(&self.at_ms.to_be_bytes());
        for text in [KIND, self.body] {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize()
    }
}

fn body(seq: i64) -> String {
    let text = format!("Message {seq}, about as long as what people say to each other in a room");
    let text = MessageText::parse(text).expect("plain words are a text");
    let message = MessageBody {
        text,
        reply_to: None,
        mentions: Vec::new(),
        metadata: serde_json::Map::new(),
    };
    EventBody::MessageSent(message).to_json()
}

/// A version-7 UUID of that time.
fn client_id(at_ms: u64, position: i64) -> [u8; 16] {
    let mut distinct = [0; 10];
    distinct[2..].copy_from_slice(&position.to_be_bytes());
    let uuid = uuid::Builder::from_unix_timestamp_millis(at_ms, &distinct).into_uuid();
    uuid.into_bytes()
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_goes_on_without_a_hole_and_knows_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(
            "CREATE TABLE events (position INTEGER PRIMARY KEY, room BLOB, seq INTEGER, kind TEXT, \
             sender BLOB, device BLOB, client_id BLOB, at_ms INTEGER, body TEXT, checksum INTEGER); \
             CREATE TABLE timeline (room BLOB, seq INTEGER, position INTEGER, sender BLOB, \
             message INTEGER, PRIMARY KEY (room, seq)); \
             CREATE TABLE rooms (id BLOB, created_by BLOB, head INTEGER, head_position INTEGER, \
             head_at INTEGER, last_message INTEGER, deleted INTEGER); \
             CREATE TABLE receipts (room BLOB, user BLOB, delivered INTEGER, read INTEGER, \
             stamp INTEGER, PRIMARY KEY (room, user)); \
             INSERT INTO events VALUES (2, x'00', 1, 'room.created', x'00', NULL, NULL, 0, '{}', 0);",
        )
        .unwrap();
        for room in 1..=3 {
            let sql = "INSERT INTO rooms VALUES (?1, ?2, 2, 0, 0, 0, 0)";
            conn.execute(sql, [[room; 16], [room + 10; 16]]).unwrap();
        }
        drop(conn);
        fill(&path, 300).unwrap();
        let conn = Connection::open(&path).unwrap();
        let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(
            number("SELECT count(*) FROM timeline WHERE message = 1"),
            300
        );
        assert_eq!(number("SELECT max(position) FROM events"), 302);
        assert_eq!(number("SELECT count(DISTINCT client_id) FROM events"), 300);
        assert_eq!(
            number("SELECT count(*) FROM rooms WHERE head = 102 AND last_message = 102"),
            3
        );
        assert_eq!(number("SELECT count(*) FROM receipts WHERE read = 102"), 3);
        let heads = "SELECT count(*) FROM rooms JOIN timeline ON room = id AND seq = head \
             AND position = head_position";
        assert_eq!(number(heads), 3);
    }
}
