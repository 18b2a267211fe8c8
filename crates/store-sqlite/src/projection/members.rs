//! Memberships: each user's present or last one of each room.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::event::{LeaveReason, MemberJoined, MemberLeft, MemberRole};
use tidings_domain::{Event, Role, RoomId, Seq, Timestamp, UserId};

use crate::columns::{Columns as _, int};

/// A row.
struct Standing {
    role: Role,
    joined: Seq,
    visible_from: Seq,
    /// Seq and position of the event that ended it.
    left: Option<(u64, u64)>,
    banned_at: Option<Timestamp>,
}

/// Begins a membership, or gives another role to one that stands; whether it began.
pub(super) fn joined(conn: &Connection, event: &Event, joined: &MemberJoined) -> Result<bool> {
    if let Some(present) = load(conn, event.room, joined.user)?
        && present.left.is_none()
    {
        let role = joined.role;
        save(conn, event.room, joined.user, &Standing { role, ..present })?;
        return Ok(false);
    }
    let begun = Standing {
        role: joined.role,
        joined: event.seq,
        visible_from: joined.visible_from,
        left: None,
        banned_at: None,
    };
    save(conn, event.room, joined.user, &begun)?;
    Ok(true)
}

/// Ends a membership; whether there was one. A ban also holds for who has left or never came.
pub(super) fn left(conn: &Connection, event: &Event, left: &MemberLeft) -> Result<bool> {
    let is_ban = left.reason == LeaveReason::Banned;
    let found = load(conn, event.room, left.user)?;
    let was_member = found.as_ref().is_some_and(|found| found.left.is_none());
    if !was_member && !is_ban {
        return Ok(false);
    }
    let mut standing = found.unwrap_or_else(|| never_came(event));
    if was_member {
        standing.left = Some((event.seq.0, event.position.0));
    }
    if is_ban {
        standing.banned_at = Some(event.at);
    }
    save(conn, event.room, left.user, &standing)?;
    Ok(was_member)
}

/// Carries the ban of somebody who never was a member: a membership that shows nothing.
fn never_came(event: &Event) -> Standing {
    Standing {
        role: Role::Reader,
        joined: event.seq,
        visible_from: event.seq.next(),
        left: Some((event.seq.0, event.position.0)),
        banned_at: None,
    }
}

/// Gives a present member another role.
pub(super) fn role_changed(conn: &Connection, event: &Event, change: &MemberRole) -> Result<()> {
    let sql = "UPDATE memberships SET role = ?3 \
         WHERE room = ?1 AND user = ?2 AND left_seq IS NULL";
    conn.prepare_cached(sql)?.execute(params![
        event.room.as_bytes(),
        change.user.as_bytes(),
        change.role.as_str(),
    ])?;
    Ok(())
}

/// Lifts a ban.
pub(super) fn unbanned(conn: &Connection, event: &Event, user: UserId) -> Result<()> {
    let sql = "UPDATE memberships SET banned_at = NULL WHERE room = ?1 AND user = ?2";
    conn.prepare_cached(sql)?
        .execute([event.room.as_bytes(), user.as_bytes()])?;
    Ok(())
}

/// Ends all memberships of a room.
pub(super) fn all_left(conn: &Connection, event: &Event) -> Result<()> {
    let sql = "UPDATE memberships SET left_seq = ?2, left_position = ?3 \
         WHERE room = ?1 AND left_seq IS NULL";
    conn.prepare_cached(sql)?.execute(params![
        event.room.as_bytes(),
        int(event.seq.0),
        int(event.position.0),
    ])?;
    Ok(())
}

fn load(conn: &Connection, room: RoomId, user: UserId) -> Result<Option<Standing>> {
    let sql = "SELECT role, joined_seq, visible_from, left_seq, left_position, banned_at \
         FROM memberships WHERE room = ?1 AND user = ?2";
    conn.prepare_cached(sql)?
        .query_row([room.as_bytes(), user.as_bytes()], standing)
        .optional()
}

fn standing(row: &Row<'_>) -> Result<Standing> {
    Ok(Standing {
        role: row.parsed(0, Role::parse)?,
        joined: row.seq(1)?,
        visible_from: row.seq(2)?,
        left: row.number_if(3)?.zip(row.number_if(4)?),
        banned_at: row.time_if(5)?,
    })
}

fn save(conn: &Connection, room: RoomId, user: UserId, standing: &Standing) -> Result<()> {
    let sql = "INSERT INTO memberships (room, user, role, joined_seq, visible_from, left_seq, \
         left_position, banned_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (room, user) DO UPDATE SET role = excluded.role, \
         joined_seq = excluded.joined_seq, visible_from = excluded.visible_from, \
         left_seq = excluded.left_seq, left_position = excluded.left_position, \
         banned_at = excluded.banned_at";
    conn.prepare_cached(sql)?.execute(params![
        room.as_bytes(),
        user.as_bytes(),
        standing.role.as_str(),
        int(standing.joined.0),
        int(standing.visible_from.0),
        standing.left.map(|(seq, _)| int(seq)),
        standing.left.map(|(_, position)| int(position)),
        standing.banned_at.map(Timestamp::millis),
    ])?;
    Ok(())
}
