//! Keys of back ends, known by their hash.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::ApiKeyId;
use tidings_engine::ports::ApiKey;

use crate::columns::{Columns as _, to_json};

/// Keeps a key.
pub(super) fn create(conn: &Connection, key: &ApiKey, key_hash: &[u8; 32]) -> Result<()> {
    let sql = "INSERT INTO api_keys (id, key_hash, name, scopes, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute(params![
        key.id.as_bytes(),
        key_hash,
        key.name,
        to_json(&key.scopes),
        key.created_at.millis(),
    ])?;
    Ok(())
}

/// The live key behind a hash.
pub(super) fn find(conn: &Connection, key_hash: &[u8; 32]) -> Result<Option<ApiKey>> {
    let sql = "SELECT id, name, scopes, created_at FROM api_keys WHERE key_hash = ?1";
    conn.prepare_cached(sql)?
        .query_row([key_hash], key)
        .optional()
}

/// All live keys, the oldest first.
pub(super) fn all(conn: &Connection) -> Result<Vec<ApiKey>> {
    let sql = "SELECT id, name, scopes, created_at FROM api_keys ORDER BY created_at, id";
    conn.prepare_cached(sql)?.query_map([], key)?.collect()
}

/// Ends a key; whether it was live.
pub(super) fn revoke(conn: &Connection, id: ApiKeyId) -> Result<bool> {
    let sql = "DELETE FROM api_keys WHERE id = ?1";
    Ok(conn.prepare_cached(sql)?.execute([id.as_bytes()])? == 1)
}

fn key(row: &Row<'_>) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.id(0)?,
        name: row.get(1)?,
        scopes: row.json(2)?,
        created_at: row.time(3)?,
    })
}
