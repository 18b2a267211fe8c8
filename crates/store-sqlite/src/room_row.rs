//! Rows of rooms and memberships, as every query reads them.

use rusqlite::{Result, Row};
use tidings_domain::room::RoomVersion;
use tidings_domain::{Membership, Role, Room, RoomKind};

use crate::columns::Columns as _;

/// Columns that [`room`] expects, of a table named `r`.
pub(crate) const ROOM: &str = "r.id, r.kind, r.settings, r.created_by, r.created_at, r.head, \
     r.head_position, r.head_at, r.version, r.members, r.deleted";

/// How many those are.
pub(crate) const ROOM_WIDTH: usize = 11;

/// Columns that [`membership`] expects, of a table named `m`.
pub(crate) const MEMBERSHIP: &str =
    "m.room, m.user, m.role, m.joined_seq, m.left_seq, m.visible_from, m.banned_at";

/// How many those are.
pub(crate) const MEMBERSHIP_WIDTH: usize = 7;

/// A room, from the column `at` on.
pub(crate) fn room(row: &Row<'_>, at: usize) -> Result<Room> {
    Ok(Room {
        id: row.id(at)?,
        kind: row.parsed(at + 1, RoomKind::parse)?,
        settings: row.json(at + 2)?,
        created_by: row.id(at + 3)?,
        created_at: row.time(at + 4)?,
        head: row.seq(at + 5)?,
        head_position: row.position(at + 6)?,
        head_at: row.time(at + 7)?,
        version: RoomVersion(row.number(at + 8)?),
        members: row.small(at + 9)?,
        deleted: row.get(at + 10)?,
    })
}

/// A membership, from the column `at` on.
pub(crate) fn membership(row: &Row<'_>, at: usize) -> Result<Membership> {
    Ok(Membership {
        room: row.id(at)?,
        user: row.id(at + 1)?,
        role: row.parsed(at + 2, Role::parse)?,
        joined_seq: row.seq(at + 3)?,
        left_seq: row.number_if(at + 4)?.map(tidings_domain::Seq),
        visible_from: row.seq(at + 5)?,
        banned: row.time_if(at + 6)?.is_some(),
    })
}
