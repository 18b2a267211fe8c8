//! The schema's versions, each a numbered SQL file. Forward only: a published file never changes.
//!
//! *Invariant*: `user_version` is the number of the last file that was applied, and it changes in
//! the transaction that applies it.

use rusqlite::{Connection, Result, TransactionBehavior};

/// Marks a file as ours in its header: "TIDE".
pub(crate) const APPLICATION_ID: i32 = 0x5449_4445;

/// All versions, the first first.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The version that this binary reads and writes.
pub(crate) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).expect("there are few migrations")
}

/// Brings a database from `version` to the newest. Zero is an empty file.
///
/// # Errors
/// SQLite's; nothing has changed then.
pub(crate) fn apply(conn: &mut Connection, version: u32) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", newest())?;
    tx.commit()
}
