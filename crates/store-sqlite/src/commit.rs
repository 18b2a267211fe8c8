//! One batch of writes inside the writer's transaction: what is refused, what is written.
//!
//! *Ordering*: a write is first looked up as a retry, then its guard, then its invitation, and only
//! then written: so a refusal leaves no trace, and a retry is answered as it was whatever has
//! changed since. The usual send is looked up by the insertion itself, which meets the unique index.

use rusqlite::{Connection, OptionalExtension as _, Result, params};
use tidings_domain::{Event, EventBody, InvitationId, Position, RoomId, Seq, Timestamp, UserId};
use tidings_engine::planted::{self, Bug};
use tidings_engine::ports::{Append, Guard, InvitationUse, Outcome, Write};

use crate::columns::Columns as _;
use crate::desk::Desk;
use crate::directory::invitations;
use crate::event_row;
use crate::projection::RoomState;

/// Runs all writes and answers each in order.
pub(crate) fn batch(desk: &mut Desk, writes: &[Write]) -> Result<Vec<Outcome>> {
    writes.iter().map(|write| run(desk, write)).collect()
}

fn run(desk: &mut Desk, write: &Write) -> Result<Outcome> {
    match write {
        Write::Append(append) => self::append(desk, append),
        Write::Receipt(receipt) => {
            let Some(room) = desk.projection.room(&desk.conn, receipt.room)? else {
                return Ok(Outcome::Stale);
            };
            let marks = &mut desk.projection.marks;
            let raised = marks.raise(&desk.conn, *receipt, room.head)?;
            Ok(raised.map_or(Outcome::Stale, |(now, rose)| Outcome::Receipt { now, rose }))
        }
        Write::MarkUnread { room, user, from } => {
            let marks = &mut desk.projection.marks;
            Ok(match marks.mark_unread(&desk.conn, *room, *user, *from)? {
                true => Outcome::Done,
                false => Outcome::Stale,
            })
        }
        Write::LastSeen { user, at } => last_seen(&desk.conn, *user, *at),
    }
}

fn last_seen(conn: &Connection, user: UserId, at: Timestamp) -> Result<Outcome> {
    let sql = "UPDATE users SET last_seen_at = max(ifnull(last_seen_at, ?2), ?2) WHERE id = ?1";
    conn.prepare_cached(sql)?
        .execute(params![user.as_bytes(), at.millis()])?;
    Ok(Outcome::Done)
}

fn append(desk: &mut Desk, append: &Append) -> Result<Outcome> {
    let room = desk.projection.room(&desk.conn, append.room)?;
    if !holds(append, room) {
        return refused(&desk.conn, append, Outcome::Stale);
    }
    let invitation = match &append.invitation {
        None => None,
        Some(used) => match usable(&desk.conn, append, used)? {
            None => return refused(&desk.conn, append, Outcome::InvitationSpent),
            found => found,
        },
    };
    let head = room.map_or(Seq::ZERO, |room| room.head);
    let Some(events) = write_events(desk, append, head)? else {
        return refused(&desk.conn, append, Outcome::Stale);
    };
    if let Some(invitation) = invitation {
        invitations::spend(&desk.conn, invitation)?;
    }
    let after = desk.projection.room(&desk.conn, append.room)?.or(room);
    Ok(Outcome::Appended {
        events,
        version: after.map(|room| room.version).unwrap_or_default(),
        members: after.map(|room| room.members).unwrap_or_default(),
    })
}

fn holds(append: &Append, room: Option<RoomState>) -> bool {
    match (append.guard, room) {
        // A room begins with its creation: nothing else could be decided about it.
        (Guard::Absent, None) => matches!(append.bodies.first(), Some(EventBody::RoomCreated(_))),
        (Guard::Version(version), Some(room)) => !room.deleted && room.version == version,
        (Guard::Absent, Some(_)) | (Guard::Version(_), None) => false,
    }
}

fn usable(
    conn: &Connection,
    append: &Append,
    used: &InvitationUse,
) -> Result<Option<InvitationId>> {
    let found = invitations::by_code(conn, &used.code_hash)?;
    let usable = found.filter(|it| it.room == append.room && it.is_live(append.at));
    Ok(usable.map(|it| it.id))
}

/// Appends the bodies; `None`, having written nothing, if this is a retry.
fn write_events(desk: &mut Desk, append: &Append, head: Seq) -> Result<Option<Vec<Event>>> {
    let mut events = Vec::with_capacity(append.bodies.len());
    for (n, body) in append.bodies.iter().enumerate() {
        let event = Event {
            room: append.room,
            seq: Seq(head.0 + 1 + n as u64),
            position: Position(desk.last_position + 1),
            sender: append.sender,
            device: append.device,
            client_id: append.client_id.filter(|_| n == 0),
            at: append.at,
            body: body.clone(),
        };
        if !event_row::insert(&desk.conn, &event)? {
            return Ok(None);
        }
        desk.last_position = event.position.0;
        if matches!(event.body, EventBody::RoomDeleted) {
            blank_room(&desk.conn, event.room)?;
        }
        desk.projection.apply(&desk.conn, &event)?;
        events.push(event);
    }
    Ok(Some(events))
}

/// Takes the words out of every message of a room that is being deleted.
fn blank_room(conn: &Connection, room: RoomId) -> Result<()> {
    let sql = "SELECT position FROM timeline WHERE room = ?1 AND message = 1";
    let mut messages = conn.prepare_cached(sql)?;
    let mut rows = messages.query([room.as_bytes()])?;
    while let Some(row) = rows.next()? {
        event_row::blank(conn, row.position(0)?)?;
    }
    Ok(())
}

/// A retry's first answer, if this is one; else `refusal`.
fn refused(conn: &Connection, append: &Append, refusal: Outcome) -> Result<Outcome> {
    let client_id = append
        .client_id
        .filter(|_| !planted::is(Bug::NoDeduplication));
    let Some(client_id) = client_id else {
        return Ok(refusal);
    };
    let sql = "SELECT room, seq, at_ms FROM events WHERE client_id = ?1 AND sender = ?2";
    let found = conn
        .prepare_cached(sql)?
        .query_row([client_id.as_bytes(), append.sender.as_bytes()], |row| {
            Ok((row.id::<RoomId>(0)?, row.seq(1)?, row.time(2)?))
        })
        .optional()?;
    Ok(match found {
        None => refusal,
        Some((room, seq, at)) if room == append.room => Outcome::Duplicate { seq, at },
        Some(_) => Outcome::ClientIdReused,
    })
}
