//! Sessions and the devices that they belong to. A session that ended is no row any more.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::name::DisplayName;
use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};
use tidings_engine::ports::{Device, NewSession, OpenedSession, Rotation, Session};

use crate::columns::{Columns as _, int, limit as rows_max};

const SESSION: &str = "SELECT s.id, s.user, s.device, d.name, s.created_at, s.last_used_at, \
     s.expires_at, s.generation, s.rotated_at FROM sessions s JOIN devices d ON d.id = s.device";

const DEVICE: &str = "SELECT id, name, created_at, last_used_at FROM devices";

/// A refresh token that is shown.
pub(super) struct Turn {
    pub(super) session: SessionId,
    pub(super) generation: u64,
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) grace_ms: i64,
}

/// Opens a session on a device of its user.
pub(super) fn open(
    conn: &Connection,
    session: &NewSession,
    devices_max: usize,
) -> Result<OpenedSession> {
    let sql = "SELECT user FROM devices WHERE id = ?1";
    let owner: Option<UserId> = conn
        .prepare_cached(sql)?
        .query_row([session.device.as_bytes()], |row| row.id(0))
        .optional()?;
    if owner.is_some_and(|owner| owner != session.user) {
        return Ok(OpenedSession::ForeignDevice);
    }
    forget_expired(conn, session.user, session.created_at)?;
    save_device(conn, session)?;
    let sql = "INSERT INTO sessions (id, user, device, generation, rotated_at, created_at, \
         last_used_at, expires_at) VALUES (?1, ?2, ?3, 1, NULL, ?4, ?4, ?5)";
    conn.prepare_cached(sql)?.execute(params![
        session.id.as_bytes(),
        session.user.as_bytes(),
        session.device.as_bytes(),
        session.created_at.millis(),
        session.expires_at.millis(),
    ])?;
    evict_devices(conn, session, devices_max).map(OpenedSession::Opened)
}

fn forget_expired(conn: &Connection, user: UserId, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM sessions WHERE user = ?1 AND expires_at <= ?2";
    conn.prepare_cached(sql)?
        .execute(params![user.as_bytes(), now.millis()])?;
    Ok(())
}

fn save_device(conn: &Connection, session: &NewSession) -> Result<()> {
    let sql = "INSERT INTO devices (id, user, name, created_at, last_used_at) \
         VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
         last_used_at = max(last_used_at, excluded.last_used_at)";
    conn.prepare_cached(sql)?.execute(params![
        session.device.as_bytes(),
        session.user.as_bytes(),
        session.device_name.as_str(),
        session.created_at.millis(),
    ])?;
    Ok(())
}

/// Takes away the devices that are one too many, never the one just used; which sessions ended.
fn evict_devices(
    conn: &Connection,
    session: &NewSession,
    devices_max: usize,
) -> Result<Vec<SessionId>> {
    let sql = "SELECT id FROM devices WHERE user = ?1 AND id <> ?2 \
         ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?3";
    let kept = rows_max(devices_max.saturating_sub(1));
    let mut select = conn.prepare_cached(sql)?;
    let user = session.user.as_bytes();
    let rows = select.query_map(params![user, session.device.as_bytes(), kept], |row| {
        row.id::<DeviceId>(0)
    })?;
    let mut ended = Vec::new();
    for device in rows.collect::<Result<Vec<_>>>()? {
        ended.extend(delete_device(conn, device)?);
    }
    Ok(ended)
}

/// A live session.
pub(super) fn find(conn: &Connection, id: SessionId) -> Result<Option<Session>> {
    Ok(load(conn, id)?.map(|held| held.session))
}

/// The live sessions of a user, the latest used first.
pub(super) fn of_user(conn: &Connection, user: UserId) -> Result<Vec<Session>> {
    let sql = format!("{SESSION} WHERE s.user = ?1 ORDER BY s.last_used_at DESC, s.id DESC");
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map([user.as_bytes()], |row| Ok(held(row)?.session))?;
    rows.collect()
}

/// A session and which refresh token counts.
struct Held {
    session: Session,
    generation: u64,
    rotated_at: Option<Timestamp>,
}

fn load(conn: &Connection, id: SessionId) -> Result<Option<Held>> {
    let sql = format!("{SESSION} WHERE s.id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([id.as_bytes()], held)
        .optional()
}

/// Turns a refresh token over, or ends the session if the token was used before.
pub(super) fn rotate(conn: &Connection, turn: &Turn) -> Result<Rotation> {
    let Some(held) = load(conn, turn.session)? else {
        return Ok(Rotation::Gone);
    };
    let newest = held.generation;
    if held.session.expires_at <= turn.now {
        delete(conn, turn.session)?;
        return Ok(Rotation::Gone);
    }
    if turn.generation == newest {
        return turn_over(conn, turn, held);
    }
    let rotated_at = held.rotated_at.unwrap_or(Timestamp(i64::MIN));
    let in_grace = turn.now <= rotated_at.plus_millis(turn.grace_ms);
    if turn.generation.saturating_add(1) == newest && in_grace {
        return Ok(Rotation::Current {
            session: held.session,
            generation: newest,
        });
    }
    if turn.generation > newest {
        // From a time that this store does not know: it was restored. Nobody stole anything.
        return Ok(Rotation::Gone);
    }
    delete(conn, turn.session)?;
    Ok(Rotation::Reused)
}

fn turn_over(conn: &Connection, turn: &Turn, held: Held) -> Result<Rotation> {
    let generation = held.generation + 1;
    let sql = "UPDATE sessions SET generation = ?2, rotated_at = ?3, last_used_at = ?3, \
         expires_at = ?4 WHERE id = ?1";
    conn.prepare_cached(sql)?.execute(params![
        turn.session.as_bytes(),
        int(generation),
        turn.now.millis(),
        turn.expires_at.millis(),
    ])?;
    let sql = "UPDATE devices SET last_used_at = max(last_used_at, ?2) WHERE id = ?1";
    conn.prepare_cached(sql)?
        .execute(params![held.session.device.as_bytes(), turn.now.millis()])?;
    Ok(Rotation::Current {
        session: Session {
            last_used_at: turn.now,
            expires_at: turn.expires_at,
            ..held.session
        },
        generation,
    })
}

fn delete(conn: &Connection, id: SessionId) -> Result<()> {
    let sql = "DELETE FROM sessions WHERE id = ?1";
    conn.prepare_cached(sql)?.execute([id.as_bytes()])?;
    Ok(())
}

/// Ends a session of a user; whether it was live.
pub(super) fn end(conn: &Connection, user: UserId, id: SessionId) -> Result<bool> {
    let sql = "DELETE FROM sessions WHERE id = ?1 AND user = ?2";
    let ended = conn
        .prepare_cached(sql)?
        .execute([id.as_bytes(), user.as_bytes()])?;
    Ok(ended == 1)
}

/// Ends the sessions of a user but one; which ones.
pub(super) fn end_all(
    conn: &Connection,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<Vec<SessionId>> {
    let sql = "DELETE FROM sessions WHERE user = ?1 AND id <> ifnull(?2, x'') RETURNING id";
    let keep = keep.as_ref().map(|id| *id.as_bytes());
    let mut delete = conn.prepare_cached(sql)?;
    let rows = delete.query_map(params![user.as_bytes(), keep], |row| row.id(0))?;
    rows.collect()
}

/// The devices of a user, the latest used first.
pub(super) fn devices(conn: &Connection, user: UserId) -> Result<Vec<Device>> {
    let sql = format!("{DEVICE} WHERE user = ?1 ORDER BY last_used_at DESC, id DESC");
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map([user.as_bytes()], device)?;
    rows.collect()
}

/// Renames a device of a user.
pub(super) fn rename_device(
    conn: &Connection,
    user: UserId,
    id: DeviceId,
    name: &DisplayName,
) -> Result<Option<Device>> {
    let sql = "UPDATE devices SET name = ?3 WHERE id = ?1 AND user = ?2 \
         RETURNING id, name, created_at, last_used_at";
    conn.prepare_cached(sql)?
        .query_row(
            params![id.as_bytes(), user.as_bytes(), name.as_str()],
            device,
        )
        .optional()
}

/// Removes a device of a user; which sessions ended, or `None` if it is not theirs.
pub(super) fn remove_device(
    conn: &Connection,
    user: UserId,
    id: DeviceId,
) -> Result<Option<Vec<SessionId>>> {
    let sql = "SELECT EXISTS (SELECT 1 FROM devices WHERE id = ?1 AND user = ?2)";
    let theirs: bool = conn
        .prepare_cached(sql)?
        .query_row([id.as_bytes(), user.as_bytes()], |row| row.get(0))?;
    if !theirs {
        return Ok(None);
    }
    delete_device(conn, id).map(Some)
}

fn delete_device(conn: &Connection, id: DeviceId) -> Result<Vec<SessionId>> {
    let sql = "DELETE FROM sessions WHERE device = ?1 RETURNING id";
    let mut delete = conn.prepare_cached(sql)?;
    let rows = delete.query_map([id.as_bytes()], |row| row.id(0))?;
    let ended = rows.collect::<Result<Vec<SessionId>>>()?;
    let sql = "DELETE FROM devices WHERE id = ?1";
    conn.prepare_cached(sql)?.execute([id.as_bytes()])?;
    Ok(ended)
}

fn held(row: &Row<'_>) -> Result<Held> {
    Ok(Held {
        session: Session {
            id: row.id(0)?,
            user: row.id(1)?,
            device: row.id(2)?,
            device_name: name(row, 3)?,
            created_at: row.time(4)?,
            last_used_at: row.time(5)?,
            expires_at: row.time(6)?,
        },
        generation: row.number(7)?,
        rotated_at: row.time_if(8)?,
    })
}

fn device(row: &Row<'_>) -> Result<Device> {
    Ok(Device {
        id: row.id(0)?,
        name: name(row, 1)?,
        created_at: row.time(2)?,
        last_used_at: row.time(3)?,
    })
}

fn name(row: &Row<'_>, column: usize) -> Result<DisplayName> {
    row.parsed(column, |text| DisplayName::parse(text).ok())
}
