//! The floor of durable sends: a bare writer that commits the very rows which the server has
//! committed, to a file beside the server's, in batches as large as the server's largest.
//!
//! It decides nothing, checks nothing and answers nobody. Tables, indices and rows are taken from the
//! server's own database, so that both write the same whatever the schema becomes; only the names of
//! the columns that a send changes are known here.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use tidings_domain::limits::COMMIT_BATCH_MAX;

use crate::clock;
use crate::failure::{Failure, Outcome};

/// The server's database in its folder.
pub(crate) const FILE_NAME: &str = "tidings.db";
/// Messages that are written; the latest that there are.
const MESSAGES_MAX: u32 = 60_000;
/// Page cache, in KiB; the same as the server's writer has.
const CACHE_KIB: i64 = 32 * 1_024;

/// A message's rows.
struct Rows {
    event: Vec<Value>,
    timeline: Vec<Value>,
}

/// Messages a second that are written to a new file at `target`, taken from the server's at `source`.
///
/// # Errors
/// When either cannot be read or written, or there are no messages.
pub(crate) fn messages_per_s(source: &Path, target: &Path) -> Outcome<f64> {
    let mut conn = Connection::open(target)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let source = source.to_string_lossy();
    conn.execute("ATTACH ?1 AS source", [&source])?;
    copy_tables(&conn)?;
    let messages = read_messages(&conn)?;
    conn.execute("DETACH source", [])?;
    if messages.is_empty() {
        return Err(Failure::Server(
            "the server's database has no messages".to_owned(),
        ));
    }
    let begin_ns = clock::now_ns();
    for batch in messages.chunks(COMMIT_BATCH_MAX) {
        write_batch(&mut conn, batch)?;
    }
    let elapsed_s = (clock::now_ns() - begin_ns) as f64 / 1e9;
    Ok(messages.len() as f64 / elapsed_s)
}

fn copy_tables(conn: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT sql FROM source.sqlite_schema \
         WHERE tbl_name IN ('events', 'timeline', 'rooms', 'receipts') \
         AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC";
    let mut statements = conn.prepare(sql)?;
    let statements: Vec<String> = statements
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for statement in statements {
        conn.execute_batch(&statement)?;
    }
    conn.execute_batch(
        "INSERT INTO rooms SELECT * FROM source.rooms; \
         INSERT INTO receipts SELECT * FROM source.receipts;",
    )
}

fn read_messages(conn: &Connection) -> rusqlite::Result<Vec<Rows>> {
    let sql = format!(
        "SELECT position, room, seq, kind, sender, device, client_id, at_ms, body, checksum \
         FROM source.events WHERE kind = 'message.sent' ORDER BY position DESC LIMIT {MESSAGES_MAX}"
    );
    let mut select = conn.prepare(&sql)?;
    let columns = select.column_count();
    let rows = select.query_map([], |row| {
        let event: Vec<Value> = (0..columns)
            .map(|at| row.get(at))
            .collect::<rusqlite::Result<_>>()?;
        let [position, room, seq, _, sender, ..] = event.as_slice() else {
            return Ok(Rows {
                event,
                timeline: Vec::new(),
            });
        };
        let timeline = [room, seq, position, sender].into_iter().cloned().collect();
        Ok(Rows { event, timeline })
    })?;
    let mut messages: Vec<Rows> = rows.collect::<rusqlite::Result<_>>()?;
    messages.reverse();
    Ok(messages)
}

fn write_batch(conn: &mut Connection, batch: &[Rows]) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    let mut told = HashSet::new();
    for Rows { event, timeline } in batch {
        let sql = "INSERT INTO events (position, room, seq, kind, sender, device, client_id, at_ms, \
             body, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        transaction
            .prepare_cached(sql)?
            .execute(params_from_iter(event))?;
        let sql = "INSERT INTO timeline (room, seq, position, sender, message) \
             VALUES (?1, ?2, ?3, ?4, 1)";
        transaction
            .prepare_cached(sql)?
            .execute(params_from_iter(timeline))?;
    }
    // What follows from a room's messages is written once for each room and its sender.
    for Rows { event, .. } in batch.iter().rev() {
        let (Value::Blob(room), Value::Blob(sender)) = (&event[1], &event[4]) else {
            continue;
        };
        if told.insert((room, sender)) {
            let (position, seq) = (&event[0], &event[2]);
            let sql = "UPDATE rooms SET head = ?2, head_position = ?3, head_at = ?4, \
                 last_message = ?2, version = version, members = members, deleted = deleted \
                 WHERE id = ?1";
            transaction
                .prepare_cached(sql)?
                .execute(params![room, seq, position, event[7]])?;
            let sql = "UPDATE receipts SET delivered = ?3, read = ?3, stamp = ?4 \
                 WHERE room = ?1 AND user = ?2";
            transaction
                .prepare_cached(sql)?
                .execute(params![room, sender, seq, position])?;
        }
    }
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_database_are_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join(FILE_NAME), folder.path().join("bare.db"));
        let conn = Connection::open(&source).unwrap();
        conn.execute_batch(
            "CREATE TABLE events (position INTEGER PRIMARY KEY, room BLOB, seq INTEGER, kind TEXT, \
             sender BLOB, device BLOB, client_id BLOB, at_ms INTEGER, body TEXT, checksum INTEGER); \
             CREATE TABLE timeline (room BLOB, seq INTEGER, position INTEGER, sender BLOB, message INTEGER); \
             CREATE INDEX timeline_by_room ON timeline (room, seq); \
             CREATE TABLE rooms (id BLOB, head INTEGER, head_position INTEGER, head_at INTEGER, \
             last_message INTEGER, version INTEGER, members INTEGER, deleted INTEGER); \
             CREATE TABLE receipts (room BLOB, user BLOB, delivered INTEGER, read INTEGER, stamp INTEGER); \
             INSERT INTO rooms VALUES (x'01', 0, 0, 0, 0, 0, 0, 0); \
             INSERT INTO receipts VALUES (x'01', x'02', 0, 0, 0);",
        )
        .unwrap();
        for n in 1..=1_000 {
            let kind = if n == 1 {
                "room.created"
            } else {
                "message.sent"
            };
            let sql =
                "INSERT INTO events VALUES (?1, x'01', ?1, ?2, x'02', NULL, NULL, 5, '{}', 0)";
            conn.execute(sql, params![n, kind]).unwrap();
        }
        assert!(messages_per_s(&source, &target).unwrap() > 0.0);
        let written = Connection::open(&target).unwrap();
        let count = |sql: &str| {
            written
                .query_row(sql, [], |row| row.get::<_, u32>(0))
                .unwrap()
        };
        assert_eq!(count("SELECT count(*) FROM events"), 999);
        assert_eq!(count("SELECT count(*) FROM timeline"), 999);
        assert_eq!(count("SELECT head FROM rooms"), 1_000);
        assert_eq!(count("SELECT read FROM receipts"), 1_000);
    }
}
