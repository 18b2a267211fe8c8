//! What the writing thread works on: its connection, and what it remembers between transactions so
//! that a send needs few statements.
//!
//! *Invariant*: what is remembered equals what the file says, or is forgotten: after every failure,
//! and whenever another process has written (`data_version` tells).

use rusqlite::{Connection, Result};

use crate::checkpoints::Checkpoints;
use crate::projection::Projection;

/// Rooms that are remembered between transactions; about 100 bytes each.
const ROOMS_KEPT: usize = 16 * 1024;
/// Members' watermarks that are remembered between transactions; about 120 bytes each.
const MARKS_KEPT: usize = 32 * 1024;

/// The writing thread's own.
pub(crate) struct Desk {
    // Dropped first: the connection that closes last copies what is left and removes the log.
    checkpoints: Checkpoints,
    pub(crate) conn: Connection,
    pub(crate) projection: Projection,
    /// The log's last position, this transaction included.
    pub(crate) last_position: u64,
    data_version: i64,
}

impl Desk {
    pub(crate) fn new(conn: Connection, checkpoints: Checkpoints) -> Self {
        Self {
            checkpoints,
            conn,
            projection: Projection::default(),
            last_position: 0,
            data_version: -1,
        }
    }

    /// Begins a transaction, and looks again if somebody else has written since.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let version: i64 = self
            .conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if version != self.data_version {
            self.projection.forget();
            self.last_position = last_position(&self.conn)?;
            self.data_version = version;
        }
        Ok(())
    }

    /// Writes what was gathered in memory during the transaction.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.projection.flush(&self.conn, self.last_position)
    }

    /// Makes the transaction durable.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.projection.keep_at_most(ROOMS_KEPT, MARKS_KEPT);
        Ok(())
    }

    /// Keeps the write-ahead log short; after those who wait were answered.
    pub(crate) fn keep_log_short(&self) {
        self.checkpoints.after_commit(&self.conn);
    }

    /// Takes the transaction back and forgets everything, because it may be wrong now.
    pub(crate) fn abandon(&mut self) {
        self.projection.forget();
        self.data_version = -1;
        if !self.conn.is_autocommit()
            && let Err(error) = self.conn.execute_batch("ROLLBACK")
        {
            // The next BEGIN fails then, and says so to its caller.
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

/// The position of the log's last event, zero when it is empty.
pub(crate) fn last_position(conn: &Connection) -> Result<u64> {
    let sql = "SELECT ifnull(max(position), 0) FROM events";
    let last: i64 = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(last.cast_unsigned())
}
