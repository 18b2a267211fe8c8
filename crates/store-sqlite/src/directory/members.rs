//! Who is in which room, and who knows whom by it.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Membership, RoomId, UserId};
use tidings_engine::ports::Ban;

use crate::columns::{Columns as _, limit as rows_max, sound};
use crate::log::watermarks;
use crate::room_row::{self, MEMBERSHIP, MEMBERSHIP_WIDTH};

/// A user's present or last membership of a room.
pub(super) fn membership(
    conn: &Connection,
    room: RoomId,
    user: UserId,
) -> Result<Option<Membership>> {
    let sql = format!("SELECT {MEMBERSHIP} FROM memberships m WHERE m.room = ?1 AND m.user = ?2");
    conn.prepare_cached(&sql)?
        .query_row([room.as_bytes(), user.as_bytes()], |row| {
            room_row::membership(row, 0)
        })
        .optional()
}

/// A page of a room's current members.
pub(super) fn members(
    conn: &Connection,
    room: RoomId,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<(Membership, Watermarks)>> {
    let sql = format!(
        "SELECT {MEMBERSHIP}, ifnull(c.delivered, 0), ifnull(c.read, 0) FROM memberships m \
         LEFT JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.room = ?1 AND m.user > ?2 AND m.left_seq IS NULL ORDER BY m.user LIMIT ?3"
    );
    // An empty blob sorts before every id.
    let after: &[u8] = after.as_ref().map_or(&[], |user| user.as_bytes());
    let mut select = conn.prepare_cached(&sql)?;
    let rows = select.query_map(params![room.as_bytes(), after, rows_max(limit)], |row| {
        Ok((
            room_row::membership(row, 0)?,
            watermarks(row, MEMBERSHIP_WIDTH)?,
        ))
    })?;
    sound(rows)
}

/// How many current memberships a user has.
pub(super) fn rooms_count(conn: &Connection, user: UserId) -> Result<u32> {
    let sql = "SELECT count(*) FROM memberships WHERE user = ?1 AND left_seq IS NULL";
    conn.prepare_cached(sql)?
        .query_row([user.as_bytes()], |row| row.small(0))
}

/// Those of `users` who are in one of the user's rooms, live ones left out; and the user.
pub(super) fn acquainted(
    conn: &Connection,
    user: UserId,
    users: Vec<UserId>,
) -> Result<Vec<UserId>> {
    let rooms: HashSet<RoomId> = rooms_of(conn, user)?.into_iter().collect();
    let mut found = Vec::new();
    for other in users {
        let shares = || -> Result<bool> {
            let others = rooms_of(conn, other)?;
            Ok(others.iter().any(|room| rooms.contains(room)))
        };
        if other == user || shares()? {
            found.push(other);
        }
    }
    Ok(found)
}

/// The current rooms of a user that are not live.
fn rooms_of(conn: &Connection, user: UserId) -> Result<Vec<RoomId>> {
    let sql = "SELECT m.room FROM memberships m CROSS JOIN rooms r ON r.id = m.room \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND r.kind <> 'live'";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([user.as_bytes()], |row| row.id(0))?;
    rows.collect()
}

/// Everyone else in the user's rooms of a bounded size, live ones left out.
pub(super) fn acquaintances(
    conn: &Connection,
    user: UserId,
    members_max: u32,
    limit: usize,
) -> Result<Vec<UserId>> {
    let sql = "SELECT DISTINCT o.user FROM memberships m CROSS JOIN rooms r ON r.id = m.room \
         CROSS JOIN memberships o ON o.room = m.room \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND r.kind <> 'live' AND r.members <= ?2 \
         AND o.left_seq IS NULL AND o.user <> ?1 LIMIT ?3";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(
        params![user.as_bytes(), members_max, rows_max(limit)],
        |row| row.id(0),
    )?;
    rows.collect()
}

/// Banned users of a room.
pub(super) fn bans(conn: &Connection, room: RoomId, limit: usize) -> Result<Vec<Ban>> {
    let sql = "SELECT user, banned_at FROM memberships \
         WHERE room = ?1 AND banned_at IS NOT NULL ORDER BY user LIMIT ?2";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(params![room.as_bytes(), rows_max(limit)], |row| {
        Ok(Ban {
            user: row.id(0)?,
            banned_at: row.time(1)?,
        })
    })?;
    rows.collect()
}
