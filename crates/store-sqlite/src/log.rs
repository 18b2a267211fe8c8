//! The port [`Log`]: appends go to the writer, readings to the readers.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Event, Position, RoomId, RoomKind, Seq, UserId};
use tidings_engine::ports::{
    Log, LogStart, Outage, Outcome, ReceiptChange, Since, UserRoom, UserRooms, Write,
};

use crate::columns::{Columns as _, int, limit as rows_max, sound};
use crate::commit;
use crate::desk::last_position;
use crate::event_row::{self, LOG_COLUMNS, TIMELINE_COLUMNS};
use crate::readers::Reader;
use crate::room_row::{self, MEMBERSHIP, MEMBERSHIP_WIDTH};
use crate::store::SqliteStore;

#[async_trait]
impl Log for SqliteStore {
    async fn start(&self) -> std::result::Result<LogStart, Outage> {
        let epoch = self.meta().epoch;
        let last = self.read("find the log's end", |reader| last_position(&reader.conn));
        let position = Position(last.await?);
        Ok(LogStart { epoch, position })
    }

    async fn commit(&self, batch: Vec<Write>) -> std::result::Result<Vec<Outcome>, Outage> {
        self.write("commit", move |desk| commit::batch(desk, &batch))
            .await
    }

    async fn committed_after(
        &self,
        after: Position,
        limit: usize,
    ) -> std::result::Result<Vec<Event>, Outage> {
        self.read("read the log", move |reader| {
            committed_after(reader, after, limit)
        })
        .await
    }

    async fn events_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> std::result::Result<Vec<Event>, Outage> {
        self.read("read a room's log", move |reader| {
            events_after(reader, room, after, limit)
        })
        .await
    }

    async fn events_since(
        &self,
        room: RoomId,
        after: Position,
        limit: usize,
    ) -> std::result::Result<Since, Outage> {
        self.read("resume a room", move |reader| {
            events_since(reader, room, after, limit)
        })
        .await
    }

    async fn user_rooms(
        &self,
        user: UserId,
        since: Option<Position>,
    ) -> std::result::Result<UserRooms, Outage> {
        self.read("find a user's rooms", move |reader| {
            user_rooms(&reader.conn, user, since)
        })
        .await
    }

    async fn receipts_since(
        &self,
        user: UserId,
        since: Position,
        members_max: u32,
    ) -> std::result::Result<Vec<ReceiptChange>, Outage> {
        self.read("resume receipts", move |reader| {
            receipts_since(&reader.conn, user, since, members_max)
        })
        .await
    }
}

fn committed_after(reader: &Reader, after: Position, limit: usize) -> Result<Vec<Event>> {
    let sql =
        format!("SELECT {LOG_COLUMNS} FROM events WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut select = reader.conn.prepare_cached(&sql)?;
    let rows = select.query_map([int(after.0), rows_max(limit)], |row| {
        event_row::read(row, &reader.damage)
    })?;
    rows.collect()
}

fn events_after(reader: &Reader, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Event>> {
    let sql = format!(
        "SELECT {TIMELINE_COLUMNS} WHERE t.room = ?1 AND t.seq > ?2 ORDER BY t.seq LIMIT ?3"
    );
    let mut select = reader.conn.prepare_cached(&sql)?;
    let rows = select.query_map(
        params![room.as_bytes(), int(after.0), rows_max(limit)],
        |row| event_row::read(row, &reader.damage),
    )?;
    rows.collect()
}

fn events_since(reader: &Reader, room: RoomId, after: Position, limit: usize) -> Result<Since> {
    let Some(first) = first_since(&reader.conn, room, after)? else {
        return Ok(Since {
            first: None,
            events: Vec::new(),
        });
    };
    let events = match limit {
        0 => Vec::new(),
        _ => events_after(reader, room, Seq(first.0 - 1), limit)?,
    };
    Ok(Since {
        first: Some(first),
        events,
    })
}

/// The first event of a room after a position. Readers are rarely far behind, so the distance from
/// the head is doubled until it is far enough, and only then bisected.
fn first_since(conn: &Connection, room: RoomId, after: Position) -> Result<Option<Seq>> {
    let head = conn
        .prepare_cached("SELECT head, head_position FROM rooms WHERE id = ?1")?
        .query_row([room.as_bytes()], |row| {
            Ok((row.number(0)?, row.position(1)?))
        })
        .optional()?;
    let Some((head, _)) = head.filter(|(_, position)| *position > after) else {
        return Ok(None);
    };
    // `low` is at or before the position (or before the first event), `high` is behind it.
    let (mut low, mut high, mut step) = (0, head, 1);
    while high > 1 {
        let probe = high.saturating_sub(step).max(1);
        if position_of(conn, room, probe)? <= after {
            low = probe;
            break;
        }
        high = probe;
        step *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if position_of(conn, room, middle)? > after {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(Some(Seq(high)))
}

fn position_of(conn: &Connection, room: RoomId, seq: u64) -> Result<Position> {
    let sql = "SELECT position FROM timeline WHERE room = ?1 AND seq = ?2";
    conn.prepare_cached(sql)?
        .query_row(params![room.as_bytes(), int(seq)], |row| row.position(0))
}

fn user_rooms(conn: &Connection, user: UserId, since: Option<Position>) -> Result<UserRooms> {
    let columns = format!("{MEMBERSHIP}, r.kind, r.members, r.head, r.head_position");
    let current = format!(
        "SELECT {columns} FROM memberships m JOIN rooms r ON r.id = m.room \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND r.deleted = 0"
    );
    let mut select = conn.prepare_cached(&current)?;
    let rows = select.query_map([user.as_bytes()], user_room)?;
    let mut rooms = sound(rows)?;
    if let Some(since) = since {
        let ended = format!(
            "SELECT {columns} FROM memberships m JOIN rooms r ON r.id = m.room \
             WHERE m.user = ?1 AND m.left_position > ?2"
        );
        let mut select = conn.prepare_cached(&ended)?;
        let rows = select.query_map(params![user.as_bytes(), int(since.0)], user_room)?;
        rooms.extend(sound(rows)?);
    }
    let position = Position(last_position(conn)?);
    Ok(UserRooms { position, rooms })
}

fn user_room(row: &Row<'_>) -> Result<UserRoom> {
    Ok(UserRoom {
        membership: room_row::membership(row, 0)?,
        kind: row.parsed(MEMBERSHIP_WIDTH, RoomKind::parse)?,
        members: row.small(MEMBERSHIP_WIDTH + 1)?,
        head: row.seq(MEMBERSHIP_WIDTH + 2)?,
        head_position: row.position(MEMBERSHIP_WIDTH + 3)?,
    })
}

fn receipts_since(
    conn: &Connection,
    user: UserId,
    since: Position,
    members_max: u32,
) -> Result<Vec<ReceiptChange>> {
    // The rooms of the user are few and each is small or asks for one row: hence the joins' order.
    let sql = "SELECT c.room, c.user, c.delivered, c.read, NULL FROM memberships m \
         CROSS JOIN rooms r ON r.id = m.room \
         CROSS JOIN receipts c ON c.room = m.room \
         CROSS JOIN memberships o ON o.room = c.room AND o.user = c.user \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND r.members <= ?3 AND c.user <> ?1 \
         AND c.stamp >= max(?2, 1) AND o.left_seq IS NULL \
         UNION ALL \
         SELECT c.room, c.user, c.delivered, c.read, c.unread_from FROM memberships m \
         CROSS JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.user = ?1 AND m.left_seq IS NULL AND c.stamp >= max(?2, 1)";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(params![user.as_bytes(), int(since.0), members_max], |row| {
        Ok(ReceiptChange {
            room: row.id(0)?,
            user: row.id(1)?,
            marks: watermarks(row, 2)?,
            unread_from: row.number_if(4)?.map(Seq),
        })
    })?;
    rows.collect()
}

/// Watermarks, from the column `at` on.
pub(crate) fn watermarks(row: &Row<'_>, at: usize) -> Result<Watermarks> {
    Ok(Watermarks {
        delivered: row.seq(at)?,
        read: row.seq(at + 1)?,
    })
}
