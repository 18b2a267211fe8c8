//! Builds everything that is derived a second time, from the log alone, and compares or replaces.
//!
//! The second build goes into temporary tables of the same names and forms, which SQLite prefers
//! over the file's own: so the very code that commits is what rebuilds.
//! *Invariant*: a comparison changes nothing; a replacement happens whole or not at all. Watermarks
//! are not in the log and stay as they are.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Result};
use tidings_domain::Position;

use super::Projection;
use crate::event_row::{self, DAMAGED, Damage, LOG_COLUMNS};
use crate::open::{self, Claim};
use crate::open_error::OpenError;
use crate::options::{Options, Role};

/// The derived tables. `receipts` is built as well, because commits touch it, and thrown away.
const DERIVED: [&str; 4] = ["rooms", "timeline", "memberships", "mentions"];

/// Events that are applied before what was gathered is written.
const CHUNK_EVENTS: usize = 1_000;

/// Differences of one table that are told one by one.
const TOLD_MAX: u32 = 20;

/// One thing in which the file differs from what its log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// An event cannot be read.
    DamagedEvent {
        /// Its position.
        position: u64,
    },
    /// Pages or indices of the file are damaged.
    Damage {
        /// The first thing that SQLite found.
        found: String,
    },
    /// Events without their place in a room, or rooms whose seqs have holes.
    Hole {
        /// The room, in hexadecimal.
        room: String,
    },
    /// Rows that a table has and should not, or should have and has not.
    Rows {
        /// Which table.
        table: &'static str,
        /// How many it has too many.
        surplus: u64,
        /// How many are missing.
        missing: u64,
    },
    /// A watermark is above its room's head, or below what its member has sent.
    Watermark {
        /// The room, in hexadecimal.
        room: String,
        /// The member, in hexadecimal.
        user: String,
    },
}

/// Compares what is derived with the log, indices and pages included. The file is not changed; a
/// server may be running.
///
/// # Errors
/// [`OpenError`] when the file cannot be read.
pub fn check(path: &Path) -> Result<Vec<Difference>, OpenError> {
    let conn = look_at(path)?;
    let found = damage(&conn).map_err(|error| OpenError::from_sql(path, &error))?;
    let damaged = found.map(|found| Difference::Damage { found });
    Ok(damaged.into_iter().chain(check_rows(path)?).collect())
}

/// Compares what is derived with the log, in a file whose pages were checked.
pub(crate) fn check_rows(path: &Path) -> Result<Vec<Difference>, OpenError> {
    compare(&look_at(path)?).map_err(|error| OpenError::from_sql(path, &error))
}

fn look_at(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let conn = Connection::open_with_flags(path, flags).map_err(named)?;
    if open::version_of(&conn, path)? == 0 {
        return Err(OpenError::NotTidings(path.to_owned()));
    }
    Ok(conn)
}

/// The first thing that is wrong with pages or indices. A comparison alone reads rows by the one way
/// that the query planner takes, and would not see an index that has forgotten some of them.
pub(crate) fn damage(conn: &Connection) -> Result<Option<String>> {
    let found: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(Some(found).filter(|found| found != "ok"))
}

/// Replaces what is derived by what the log says. No server may be running.
///
/// # Errors
/// [`OpenError`] when the file cannot be claimed or written; it is unchanged then.
pub fn rebuild(path: &Path) -> Result<(), OpenError> {
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let _claim = Claim::take(path)?;
    let mut conn = open::open(&Options::at(path, Role::Tool))?.writer;
    replace(&mut conn).map_err(named)
}

/// Compares within one snapshot.
pub(crate) fn compare(conn: &Connection) -> Result<Vec<Difference>> {
    conn.execute_batch("BEGIN")?;
    let damaged = build(conn)?;
    let mut found: Vec<_> = damaged
        .into_iter()
        .map(|Position(position)| Difference::DamagedEvent { position })
        .collect();
    found.extend(holes(conn)?);
    for table in DERIVED {
        found.extend(rows(conn, table)?);
    }
    found.extend(watermarks(conn)?);
    conn.execute_batch("ROLLBACK")?;
    Ok(found)
}

fn replace(conn: &mut Connection) -> Result<()> {
    let tx = conn.transaction()?;
    build(&tx)?;
    for table in DERIVED {
        tx.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM temp.{table};"
        ))?;
    }
    for table in DERIVED.into_iter().chain(["receipts"]) {
        tx.execute_batch(&format!("DROP TABLE temp.{table}"))?;
    }
    // The log itself is not made anew, but what finds things in it is.
    tx.execute_batch("REINDEX main.events")?;
    tx.commit()
}

/// Applies the whole log to fresh temporary tables; which events could not be read.
fn build(conn: &Connection) -> Result<Vec<Position>> {
    for table in DERIVED.into_iter().chain(["receipts"]) {
        let sql = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1";
        let sql: String = conn.query_row(sql, [table], |row| row.get(0))?;
        conn.execute_batch(&sql.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1))?;
    }
    let damage = Damage::default();
    let mut damaged = Vec::new();
    let mut projection = Projection::default();
    let sql = format!("SELECT {LOG_COLUMNS} FROM main.events ORDER BY position");
    let mut select = conn.prepare(&sql)?;
    let mut log = select.query_map([], |row| event_row::read(row, &damage))?;
    let (mut last, mut pending) = (0, 0);
    while let Some(event) = log.next().transpose()? {
        last = event.position.0;
        if event.body.kind() == DAMAGED && damaged.len() < TOLD_MAX as usize {
            damaged.push(event.position);
        }
        projection.apply(conn, &event)?;
        pending += 1;
        if pending == CHUNK_EVENTS {
            projection.flush(conn, last)?;
            pending = 0;
        }
    }
    projection.flush(conn, last)?;
    Ok(damaged)
}

/// Rooms whose log has a hole: the last seq is not the number of events.
fn holes(conn: &Connection) -> Result<Vec<Difference>> {
    let sql = "SELECT lower(hex(room)) FROM main.events GROUP BY room \
         HAVING max(seq) <> count(*) OR min(seq) <> 1 LIMIT ?1";
    let mut select = conn.prepare(sql)?;
    let rooms = select.query_map([TOLD_MAX], |row| Ok(Difference::Hole { room: row.get(0)? }))?;
    rooms.collect()
}

fn rows(conn: &Connection, table: &'static str) -> Result<Option<Difference>> {
    let except = |one: &str, other: &str| -> Result<u64> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})"
        );
        let count: i64 = conn.query_row(&sql, [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    };
    let (surplus, missing) = (except("main", "temp")?, except("temp", "main")?);
    let differs = surplus > 0 || missing > 0;
    Ok(differs.then_some(Difference::Rows {
        table,
        surplus,
        missing,
    }))
}

fn watermarks(conn: &Connection) -> Result<Vec<Difference>> {
    let sql = "SELECT lower(hex(room)), lower(hex(user)) FROM (\
         SELECT c.room, c.user FROM main.receipts c LEFT JOIN temp.rooms r ON r.id = c.room \
         WHERE c.delivered > ifnull(r.head, 0) \
         UNION \
         SELECT o.room, o.user FROM temp.receipts o \
         LEFT JOIN main.receipts c ON c.room = o.room AND c.user = o.user \
         WHERE ifnull(c.read, 0) < o.read) LIMIT ?1";
    let mut select = conn.prepare(sql)?;
    let found = select.query_map([TOLD_MAX], |row| {
        Ok(Difference::Watermark {
            room: row.get(0)?,
            user: row.get(1)?,
        })
    })?;
    found.collect()
}
