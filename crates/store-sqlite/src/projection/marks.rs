//! Watermarks and unread marks: read when first needed, written once a transaction, remembered from
//! one to the next, since whoever has spoken will speak again.
//!
//! *Invariant*: watermarks only rise, and the stamp of what has changed is the log's last position once the transaction is
//! committed: a reader whose cursor stands anywhere before sees them again.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Event, RoomId, Seq, UserId};
use tidings_engine::planted::{self, Bug};
use tidings_engine::ports::{ReceiptChange, ReceiptWrite};

use crate::columns::{Columns as _, int};

type Key = (RoomId, UserId);

/// One member's.
#[derive(Clone, Copy, Default)]
struct Mark {
    member: bool,
    at: Watermarks,
    unread_from: Option<Seq>,
    stamp: u64,
    /// Whether other devices are to hear of it.
    rose: bool,
    /// Whether it differs from its row.
    changed: bool,
}

/// What is remembered of them.
#[derive(Default)]
pub(crate) struct Marks {
    known: HashMap<Key, Mark>,
    /// Those that this transaction has changed.
    changed: Vec<Key>,
}

impl Marks {
    /// Who sends has read up to there.
    pub(super) fn raise_own(&mut self, conn: &Connection, event: &Event) -> Result<()> {
        let own = ReceiptWrite {
            room: event.room,
            user: event.sender,
            delivered: event.seq,
            read: event.seq,
        };
        self.raise(conn, own, event.seq)?;
        Ok(())
    }

    /// Raises a current member's watermarks, and lifts their unread mark if they have read again;
    /// where they stand then, and whether that changed anything. `None` for who is no member.
    pub(crate) fn raise(
        &mut self,
        conn: &Connection,
        write: ReceiptWrite,
        head: Seq,
    ) -> Result<Option<(ReceiptChange, bool)>> {
        let mark = self.load(conn, (write.room, write.user))?;
        if !mark.member {
            return Ok(None);
        }
        let read_again = write.read > Seq::ZERO && write.read.min(head) >= mark.at.read;
        let cleared = read_again && mark.unread_from.take().is_some();
        let raised = mark.at.raised(write.delivered, write.read, head);
        let mut rose = raised.is_some() || cleared;
        mark.at = raised.unwrap_or(mark.at);
        if planted::is(Bug::FallingWatermark) && write.read > Seq::ZERO {
            mark.at.read = write.read.min(head);
            rose = true;
        }
        mark.rose |= rose;
        let now = ReceiptChange {
            room: write.room,
            user: write.user,
            marks: mark.at,
            unread_from: mark.unread_from,
        };
        if rose && !std::mem::replace(&mut mark.changed, true) {
            self.changed.push((write.room, write.user));
        }
        Ok(Some((now, rose)))
    }

    /// Sets the mark from which a current member's messages count again; whether there is one.
    pub(crate) fn mark_unread(
        &mut self,
        conn: &Connection,
        room: RoomId,
        user: UserId,
        from: Seq,
    ) -> Result<bool> {
        let mark = self.load(conn, (room, user))?;
        if !mark.member {
            return Ok(false);
        }
        mark.unread_from = Some(from);
        mark.rose = true;
        if !std::mem::replace(&mut mark.changed, true) {
            self.changed.push((room, user));
        }
        Ok(true)
    }

    /// Keeps up with a membership that began or ended.
    pub(super) fn set_member(&mut self, room: RoomId, user: UserId, is_member: bool) {
        if let Some(mark) = self.known.get_mut(&(room, user)) {
            mark.member = is_member;
        }
    }

    /// Keeps up with the end of a room.
    pub(super) fn clear_members(&mut self, room: RoomId) {
        for (_, mark) in self.known.iter_mut().filter(|(key, _)| key.0 == room) {
            mark.member = false;
        }
    }

    /// Writes what has changed.
    pub(super) fn flush(&mut self, conn: &Connection, last_position: u64) -> Result<()> {
        for key in self.changed.drain(..) {
            let Some(mark) = self.known.get_mut(&key) else {
                continue;
            };
            if std::mem::take(&mut mark.rose) {
                mark.stamp = last_position;
            }
            mark.changed = false;
            save(conn, key, mark)?;
        }
        Ok(())
    }

    /// Bounds what is remembered from one transaction to the next.
    pub(super) fn keep_at_most(&mut self, marks: usize) {
        if self.known.len() > marks {
            self.known.clear();
        }
    }

    fn load(&mut self, conn: &Connection, key: Key) -> Result<&mut Mark> {
        use std::collections::hash_map::Entry;
        match self.known.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(load(conn, key)?)),
        }
    }
}

fn load(conn: &Connection, (room, user): Key) -> Result<Mark> {
    let sql = "SELECT m.left_seq IS NULL, ifnull(r.delivered, 0), ifnull(r.read, 0), \
         ifnull(r.stamp, 0), r.unread_from FROM memberships m \
         LEFT JOIN receipts r ON r.room = m.room AND r.user = m.user \
         WHERE m.room = ?1 AND m.user = ?2";
    let found = conn
        .prepare_cached(sql)?
        .query_row([room.as_bytes(), user.as_bytes()], mark)
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn mark(row: &Row<'_>) -> Result<Mark> {
    Ok(Mark {
        member: row.get(0)?,
        at: Watermarks {
            delivered: row.seq(1)?,
            read: row.seq(2)?,
        },
        stamp: row.number(3)?,
        unread_from: row.number_if(4)?.map(Seq),
        rose: false,
        changed: false,
    })
}

fn save(conn: &Connection, (room, user): Key, mark: &Mark) -> Result<()> {
    let sql = "INSERT INTO receipts (room, user, delivered, read, stamp, unread_from) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (room, user) DO UPDATE SET \
         delivered = excluded.delivered, read = excluded.read, stamp = excluded.stamp, \
         unread_from = excluded.unread_from";
    conn.prepare_cached(sql)?.execute(params![
        room.as_bytes(),
        user.as_bytes(),
        int(mark.at.delivered.0),
        int(mark.at.read.0),
        int(mark.stamp),
        mark.unread_from.map(|from| int(from.0)),
    ])?;
    Ok(())
}
