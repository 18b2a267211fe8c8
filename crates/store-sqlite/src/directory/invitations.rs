//! Invitations: links into a room that expire, are used up, or are taken back.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::{InvitationId, RoomId, Timestamp};
use tidings_engine::ports::{Invitation, NewInvitation};

use crate::columns::{Columns as _, limit as rows_max};

const COLUMNS: &str = "id, room, created_by, created_at, expires_at, uses_max, uses, revoked";

/// [`Invitation::is_live`] in SQL, where `?2` is now.
const LIVE: &str = "revoked = 0 AND (expires_at IS NULL OR expires_at > ?2) \
     AND (uses_max IS NULL OR uses < uses_max)";

/// Keeps one unless the room has enough live ones; whether it did.
pub(super) fn create(
    conn: &Connection,
    invitation: &NewInvitation,
    live_max: usize,
) -> Result<bool> {
    let sql = format!("SELECT count(*) FROM invitations WHERE room = ?1 AND {LIVE}");
    let room = invitation.room.as_bytes();
    let live: i64 = conn
        .prepare_cached(&sql)?
        .query_row(params![room, invitation.created_at.millis()], |row| {
            row.get(0)
        })?;
    if live >= rows_max(live_max) {
        return Ok(false);
    }
    let sql = "INSERT INTO invitations \
         (id, code_hash, room, created_by, created_at, expires_at, uses_max, uses, revoked) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)";
    conn.prepare_cached(sql)?.execute(params![
        invitation.id.as_bytes(),
        invitation.code_hash,
        room,
        invitation.created_by.as_bytes(),
        invitation.created_at.millis(),
        invitation.expires_at.map(Timestamp::millis),
        invitation.uses_max,
    ])?;
    Ok(true)
}

/// The one behind a code's hash, live or not.
pub(crate) fn by_code(conn: &Connection, code_hash: &[u8; 32]) -> Result<Option<Invitation>> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE code_hash = ?1");
    conn.prepare_cached(&sql)?
        .query_row([code_hash], invitation)
        .optional()
}

/// Counts one use.
pub(crate) fn spend(conn: &Connection, id: InvitationId) -> Result<()> {
    let sql = "UPDATE invitations SET uses = uses + 1 WHERE id = ?1";
    conn.prepare_cached(sql)?.execute([id.as_bytes()])?;
    Ok(())
}

/// Live ones of a room, the latest first.
pub(super) fn live(
    conn: &Connection,
    room: RoomId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Invitation>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations WHERE room = ?1 AND {LIVE} \
         ORDER BY created_at DESC, id DESC LIMIT ?3"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(
        params![room.as_bytes(), now.millis(), rows_max(limit)],
        invitation,
    )?;
    rows.collect()
}

/// Takes one back; whether it was there and had not been.
pub(super) fn revoke(conn: &Connection, room: RoomId, id: InvitationId) -> Result<bool> {
    let sql = "UPDATE invitations SET revoked = 1 WHERE id = ?1 AND room = ?2 AND revoked = 0";
    let revoked = conn
        .prepare_cached(sql)?
        .execute([id.as_bytes(), room.as_bytes()])?;
    Ok(revoked == 1)
}

fn invitation(row: &Row<'_>) -> Result<Invitation> {
    Ok(Invitation {
        id: row.id(0)?,
        room: row.id(1)?,
        created_by: row.id(2)?,
        created_at: row.time(3)?,
        expires_at: row.time_if(4)?,
        uses_max: row.get(5)?,
        uses: row.small(6)?,
        revoked: row.get(7)?,
    })
}
