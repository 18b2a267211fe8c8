//! Answers to requests with an idempotency key.

use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tidings_domain::Timestamp;
use tidings_engine::ports::SavedAnswer;

use crate::columns::Columns as _;

/// Old answers that each new one takes with it.
const FORGOTTEN_AT_ONCE: u32 = 16;

/// The answer kept for a key, if it is young enough.
pub(super) fn find(
    conn: &Connection,
    owner: &str,
    key: &str,
    not_before: Timestamp,
) -> Result<Option<SavedAnswer>> {
    let sql = "SELECT request_hash, status, body, at_ms FROM saved_answers \
         WHERE owner = ?1 AND key = ?2 AND at_ms >= ?3";
    conn.prepare_cached(sql)?
        .query_row(params![owner, key, not_before.millis()], |row| {
            Ok(SavedAnswer {
                request_hash: row.get(0)?,
                status: row.get(1)?,
                body: row.get(2)?,
                at: row.time(3)?,
            })
        })
        .optional()
}

/// Keeps an answer; one that is kept for the same key and young enough stays instead.
pub(super) fn save(
    conn: &Connection,
    owner: &str,
    key: &str,
    answer: &SavedAnswer,
    not_before: Timestamp,
) -> Result<()> {
    let sql = "INSERT INTO saved_answers (owner, key, request_hash, status, body, at_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (owner, key) DO UPDATE SET \
         request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, \
         at_ms = excluded.at_ms WHERE at_ms < ?7";
    conn.prepare_cached(sql)?.execute(params![
        owner,
        key,
        answer.request_hash,
        answer.status,
        answer.body,
        answer.at.millis(),
        not_before.millis(),
    ])?;
    forget_old(conn, not_before)
}

fn forget_old(conn: &Connection, not_before: Timestamp) -> Result<()> {
    let sql = "DELETE FROM saved_answers WHERE (owner, key) IN \
         (SELECT owner, key FROM saved_answers WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)";
    conn.prepare_cached(sql)?
        .execute(params![not_before.millis(), FORGOTTEN_AT_ONCE])?;
    Ok(())
}
