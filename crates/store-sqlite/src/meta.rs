//! What the file says of itself: which life of the log it holds, and the secret of its tokens.

use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tidings_domain::{Epoch, Timestamp};

/// The time in milliseconds, as SQLite tells it; nothing but the file's own row is stamped by it.
const NOW: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// Where a store's present life began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The file was made just now.
    New,
    /// It goes on from where it was left.
    Existing,
    /// It is a backup that is served for the first time: its log began a new epoch.
    Restored {
        /// When the backup was made.
        copied_at: Timestamp,
    },
}

/// The file's own row.
#[derive(Clone, Copy)]
pub(crate) struct Meta {
    pub(crate) epoch: Epoch,
    pub(crate) secret: [u8; 32],
}

/// Reads the row; `None` before the first server made it.
pub(crate) fn read(conn: &Connection) -> Result<Option<Meta>> {
    let sql = "SELECT epoch, secret FROM meta WHERE id = 1";
    let row = conn.query_row(sql, [], |row| {
        Ok(Meta {
            epoch: Epoch(row.get::<_, i64>(0)?.cast_unsigned()),
            secret: row.get(1)?,
        })
    });
    row.optional()
}

/// Reads the row as the server that is about to serve it: makes it in a new file, and begins a new
/// epoch in a backup.
pub(crate) fn begin(conn: &Connection) -> Result<(Meta, Origin)> {
    let Some(found) = read(conn)? else {
        return make(conn).map(|meta| (meta, Origin::New));
    };
    let sql = "SELECT copied_at FROM meta WHERE id = 1";
    let copied_at: Option<i64> = conn.query_row(sql, [], |row| row.get(0))?;
    let Some(copied_at) = copied_at.map(Timestamp) else {
        return Ok((found, Origin::Existing));
    };
    let epoch = Epoch(u64::from_be_bytes(random()));
    let sql = "UPDATE meta SET epoch = ?1, copied_at = NULL WHERE id = 1";
    conn.execute(sql, [epoch.0.cast_signed()])?;
    Ok((Meta { epoch, ..found }, Origin::Restored { copied_at }))
}

fn make(conn: &Connection) -> Result<Meta> {
    let meta = Meta {
        epoch: Epoch(u64::from_be_bytes(random())),
        secret: random(),
    };
    let sql = format!("INSERT INTO meta (id, epoch, secret, created_at) VALUES (1, ?1, ?2, {NOW})");
    conn.execute(&sql, params![meta.epoch.0.cast_signed(), meta.secret])?;
    Ok(meta)
}

/// Marks a copy, so that whoever serves it begins a new epoch.
pub(crate) fn mark_copied(conn: &Connection) -> Result<()> {
    let sql = format!("UPDATE meta SET copied_at = {NOW} WHERE id = 1");
    conn.execute(&sql, [])?;
    Ok(())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random bytes once it has booted");
    bytes
}
