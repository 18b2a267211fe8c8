//! The port [`History`]: messages as they read now, receipts, and what is unread.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tidings_domain::limits::UNREAD_COUNT_MAX;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::{Unread, counts_after};
use tidings_domain::{Message, RoomId, Seq, UserId};
use tidings_engine::ports::{History, Outage, UnreadRoom};

use crate::columns::{Columns as _, int, limit as rows_max};
use crate::event_row::{self, TIMELINE_COLUMNS};
use crate::log::watermarks;
use crate::readers::Reader;
use crate::store::SqliteStore;

type Answer<T> = std::result::Result<T, Outage>;

#[async_trait]
impl History for SqliteStore {
    async fn messages_before(
        &self,
        room: RoomId,
        before: Seq,
        floor: Seq,
        limit: usize,
    ) -> Answer<Vec<Message>> {
        self.read("read history", move |reader| {
            messages_before(reader, room, before, floor, limit)
        })
        .await
    }

    async fn messages_after(&self, room: RoomId, after: Seq, limit: usize) -> Answer<Vec<Message>> {
        self.read("read history", move |reader| {
            messages_after(reader, room, after, limit)
        })
        .await
    }

    async fn message(&self, room: RoomId, seq: Seq) -> Answer<Option<Message>> {
        self.read("read a message", move |reader| message(reader, room, seq))
            .await
    }

    async fn receipts(&self, room: RoomId, limit: usize) -> Answer<Vec<(UserId, Watermarks)>> {
        self.read("read receipts", move |reader| {
            receipts(&reader.conn, room, limit)
        })
        .await
    }

    async fn receipt(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Answer<Option<(Watermarks, Option<Seq>)>> {
        self.read("read a receipt", move |reader| {
            let place = place(&reader.conn, room, user)?;
            Ok(place.map(|place| (place.marks, place.unread_from)))
        })
        .await
    }

    async fn unread(&self, room: RoomId, user: UserId) -> Answer<Unread> {
        self.read("count unread", move |reader| {
            let place = place(&reader.conn, room, user)?;
            place.map_or(Ok(Unread::default()), |place| place.unread(&reader.conn))
        })
        .await
    }

    async fn unread_seqs(&self, room: RoomId, user: UserId, limit: usize) -> Answer<Vec<Seq>> {
        self.read("list unread", move |reader| {
            let place = place(&reader.conn, room, user)?;
            place.map_or(Ok(Vec::new()), |place| {
                place.unread_seqs(&reader.conn, limit)
            })
        })
        .await
    }

    async fn unread_rooms(&self, user: UserId) -> Answer<Vec<UnreadRoom>> {
        self.read("count unread in all rooms", move |reader| {
            unread_rooms(&reader.conn, user)
        })
        .await
    }
}

fn messages_before(
    reader: &Reader,
    room: RoomId,
    before: Seq,
    floor: Seq,
    limit: usize,
) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {TIMELINE_COLUMNS} WHERE t.room = ?1 AND t.seq < ?2 AND t.seq >= ?3 \
         AND t.message > 0 ORDER BY t.seq DESC LIMIT ?4"
    );
    let mut select = reader.conn.prepare_cached(&sql)?;
    let bounds = params![
        room.as_bytes(),
        int(before.0),
        int(floor.0),
        rows_max(limit)
    ];
    let rows = select.query_map(bounds, |row| event_row::read_message(row, &reader.damage))?;
    rows.collect()
}

fn messages_after(reader: &Reader, room: RoomId, after: Seq, limit: usize) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {TIMELINE_COLUMNS} WHERE t.room = ?1 AND t.seq > ?2 AND t.message > 0 \
         ORDER BY t.seq LIMIT ?3"
    );
    let mut select = reader.conn.prepare_cached(&sql)?;
    let bounds = params![room.as_bytes(), int(after.0), rows_max(limit)];
    let rows = select.query_map(bounds, |row| event_row::read_message(row, &reader.damage))?;
    rows.collect()
}

fn message(reader: &Reader, room: RoomId, seq: Seq) -> Result<Option<Message>> {
    let sql =
        format!("SELECT {TIMELINE_COLUMNS} WHERE t.room = ?1 AND t.seq = ?2 AND t.message > 0");
    reader
        .conn
        .prepare_cached(&sql)?
        .query_row(params![room.as_bytes(), int(seq.0)], |row| {
            event_row::read_message(row, &reader.damage)
        })
        .optional()
}

/// The last message of a room that its reader may see.
pub(crate) fn last_message(
    reader: &Reader,
    room: RoomId,
    last: Seq,
    visible_from: Seq,
) -> Result<Option<Message>> {
    if last < visible_from || last == Seq::ZERO {
        return Ok(None);
    }
    message(reader, room, last)
}

fn receipts(conn: &Connection, room: RoomId, limit: usize) -> Result<Vec<(UserId, Watermarks)>> {
    let sql = "SELECT m.user, ifnull(c.delivered, 0), ifnull(c.read, 0) FROM memberships m \
         LEFT JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.room = ?1 AND m.left_seq IS NULL LIMIT ?2";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map(params![room.as_bytes(), rows_max(limit)], |row| {
        Ok((row.id(0)?, watermarks(row, 1)?))
    })?;
    rows.collect()
}

/// Where a current member stands in a room.
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) user: UserId,
    pub(crate) visible_from: Seq,
    pub(crate) marks: Watermarks,
    pub(crate) unread_from: Option<Seq>,
    /// The room's last message, deleted or not.
    pub(crate) last_message: Seq,
}

impl Place {
    /// After which seq messages count.
    fn after(&self) -> u64 {
        let read = counts_after(self.marks.read, self.unread_from);
        read.0.max(self.visible_from.0.saturating_sub(1))
    }

    /// The rule of [`tidings_domain::unread`] in SQL.
    pub(crate) fn unread(&self, conn: &Connection) -> Result<Unread> {
        let after = self.after();
        if self.last_message.0 <= after {
            return Ok(Unread::default());
        }
        let (room, user) = (self.room.as_bytes(), self.user.as_bytes());
        let cap = int(UNREAD_COUNT_MAX + 1);
        let sql = "SELECT count(*), min(seq) FROM (SELECT seq FROM timeline \
             WHERE room = ?1 AND seq > ?2 AND message = 1 AND sender <> ?3 ORDER BY seq LIMIT ?4)";
        let (messages, first) = conn
            .prepare_cached(sql)?
            .query_row(params![room, int(after), user, cap], |row| {
                Ok((row.number(0)?, row.number_if(1)?.map(Seq)))
            })?;
        let sql = "SELECT count(*) FROM (SELECT seq FROM mentions \
             WHERE room = ?1 AND user = ?3 AND seq > ?2 LIMIT ?4)";
        let mentions = conn
            .prepare_cached(sql)?
            .query_row(params![room, int(after), user, cap], |row| row.number(0))?;
        Ok(Unread {
            messages,
            mentions,
            first,
        })
    }

    fn unread_seqs(&self, conn: &Connection, limit: usize) -> Result<Vec<Seq>> {
        let sql = "SELECT seq FROM timeline \
             WHERE room = ?1 AND seq > ?2 AND message = 1 AND sender <> ?3 ORDER BY seq LIMIT ?4";
        let mut select = conn.prepare_cached(sql)?;
        let bounds = params![
            self.room.as_bytes(),
            int(self.after()),
            self.user.as_bytes(),
            rows_max(limit),
        ];
        let rows = select.query_map(bounds, |row| row.seq(0))?;
        rows.collect()
    }
}

fn place(conn: &Connection, room: RoomId, user: UserId) -> Result<Option<Place>> {
    let sql = "SELECT m.visible_from, ifnull(c.delivered, 0), ifnull(c.read, 0), c.unread_from, \
         r.last_message FROM memberships m JOIN rooms r ON r.id = m.room \
         LEFT JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.room = ?1 AND m.user = ?2 AND m.left_seq IS NULL";
    conn.prepare_cached(sql)?
        .query_row([room.as_bytes(), user.as_bytes()], |row| {
            Ok(Place {
                room,
                user,
                visible_from: row.seq(0)?,
                marks: watermarks(row, 1)?,
                unread_from: row.number_if(3)?.map(Seq),
                last_message: row.seq(4)?,
            })
        })
        .optional()
}

fn unread_rooms(conn: &Connection, user: UserId) -> Result<Vec<UnreadRoom>> {
    let sql = "SELECT m.room, m.visible_from, ifnull(c.delivered, 0), ifnull(c.read, 0), \
         c.unread_from, r.last_message, r.head \
         FROM memberships m CROSS JOIN rooms r ON r.id = m.room \
         LEFT JOIN receipts c ON c.room = m.room AND c.user = m.user \
         WHERE m.user = ?1 AND m.left_seq IS NULL";
    let mut select = conn.prepare_cached(sql)?;
    let rows = select.query_map([user.as_bytes()], |row| {
        let place = Place {
            room: row.id(0)?,
            user,
            visible_from: row.seq(1)?,
            marks: watermarks(row, 2)?,
            unread_from: row.number_if(4)?.map(Seq),
            last_message: row.seq(5)?,
        };
        Ok((place, row.seq(6)?))
    })?;
    let mut rooms = Vec::new();
    for row in rows {
        let (place, head) = row?;
        let unread = place.unread(conn)?;
        if unread.messages > 0 {
            rooms.push(UnreadRoom {
                room: place.room,
                unread,
                head,
            });
        }
    }
    Ok(rooms)
}
