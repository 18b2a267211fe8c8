//! Rooms: one, a user's own, and the open ones.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::{Position, Room, RoomId, RoomKind, Seq, UserId};
use tidings_engine::ports::{ListedRoom, MyRoom, RoomList};

use crate::columns::{Columns as _, int, limit as rows_max, sound};
use crate::desk::last_position;
use crate::history::{Place, last_message};
use crate::log::watermarks;
use crate::readers::Reader;
use crate::room_row::{self, MEMBERSHIP, MEMBERSHIP_WIDTH, ROOM, ROOM_WIDTH};

/// One room, deleted or not.
pub(super) fn room(conn: &Connection, id: RoomId) -> Result<Option<Room>> {
    let sql = format!("SELECT {ROOM} FROM rooms r WHERE r.id = ?1");
    conn.prepare_cached(&sql)?
        .query_row([id.as_bytes()], |row| room_row::room(row, 0))
        .optional()
}

/// Current memberships and their rooms, and where their member stands.
fn my_rooms_sql(condition: &str) -> String {
    format!(
        "SELECT {ROOM}, {MEMBERSHIP}, ifnull(c.delivered, 0), ifnull(c.read, 0), c.unread_from, \
         r.last_message FROM memberships m CROSS JOIN rooms r ON r.id = m.room \
         LEFT JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND {condition}"
    )
}

/// A page of a user's rooms, those with the latest events first.
pub(super) fn my_rooms(
    reader: &Reader,
    user: UserId,
    after: Option<Position>,
    limit: usize,
) -> Result<RoomList> {
    let sql = my_rooms_sql("r.head_position < ?2 ORDER BY r.head_position DESC LIMIT ?3");
    let before = after.map_or(i64::MAX, |position| int(position.0));
    let mut select = reader.conn.prepare_cached(&sql)?;
    let rows = select.query_map(params![user.as_bytes(), before, rows_max(limit)], |row| {
        shown(reader, row)
    })?;
    Ok(RoomList {
        position: Position(last_position(&reader.conn)?),
        rooms: sound(rows)?,
    })
}

/// One room as its member lists it.
pub(super) fn my_room(reader: &Reader, room: RoomId, user: UserId) -> Result<Option<MyRoom>> {
    let sql = my_rooms_sql("m.room = ?2");
    reader
        .conn
        .prepare_cached(&sql)?
        .query_row([user.as_bytes(), room.as_bytes()], |row| shown(reader, row))
        .optional()
}

fn shown(reader: &Reader, row: &Row<'_>) -> Result<MyRoom> {
    const MARKS: usize = ROOM_WIDTH + MEMBERSHIP_WIDTH;
    let room = room_row::room(row, 0)?;
    let membership = room_row::membership(row, ROOM_WIDTH)?;
    let place = Place {
        room: room.id,
        user: membership.user,
        visible_from: membership.visible_from,
        marks: watermarks(row, MARKS)?,
        unread_from: row.number_if(MARKS + 2)?.map(Seq),
        last_message: row.seq(MARKS + 3)?,
    };
    let unread = place.unread(&reader.conn)?;
    let last_message = last_message(reader, room.id, place.last_message, place.visible_from)?;
    let peer = peer(&reader.conn, &room, place.user)?;
    Ok(MyRoom {
        room,
        membership,
        marks: place.marks,
        unread,
        last_message,
        peer,
    })
}

/// The other person of a direct room.
fn peer(conn: &Connection, room: &Room, user: UserId) -> Result<Option<UserId>> {
    if room.kind != RoomKind::Direct {
        return Ok(None);
    }
    let sql = "SELECT user FROM memberships WHERE room = ?1 AND user <> ?2 ORDER BY user LIMIT 1";
    conn.prepare_cached(sql)?
        .query_row([room.id.as_bytes(), user.as_bytes()], |row| row.id(0))
        .optional()
}

/// A page of the open rooms whose name contains `query`, which is in lower case.
pub(super) fn listed(
    conn: &Connection,
    user: UserId,
    query: &str,
    after: Option<RoomId>,
    limit: usize,
) -> Result<Vec<ListedRoom>> {
    let Some((name_key, id)) = list_place(conn, after)? else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "SELECT {ROOM}, EXISTS (SELECT 1 FROM memberships m \
         WHERE m.room = r.id AND m.user = ?1 AND m.left_seq IS NULL) FROM rooms r \
         WHERE r.kind IN ('channel', 'live') AND r.deleted = 0 AND r.archived = 0 \
         AND instr(r.name_key, ?2) > 0 AND (r.name_key, r.id) > (?3, ?4) \
         ORDER BY r.name_key, r.id LIMIT ?5"
    );
    let mut select = conn.prepare_cached(&sql)?;
    let page = params![user.as_bytes(), query, name_key, id, rows_max(limit)];
    let rows = select.query_map(page, |row| {
        Ok(ListedRoom {
            room: room_row::room(row, 0)?,
            joined: row.get(ROOM_WIDTH)?,
        })
    })?;
    sound(rows)
}

/// Where the page begins: behind a room's place in the list, which nothing is behind if the room
/// does not exist.
fn list_place(conn: &Connection, after: Option<RoomId>) -> Result<Option<(String, Vec<u8>)>> {
    let Some(after) = after else {
        return Ok(Some((String::new(), Vec::new())));
    };
    let sql = "SELECT name_key, id FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?
        .query_row([after.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}
