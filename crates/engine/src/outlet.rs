//! A connection as the engine sees it: something that takes what is said to it and never blocks.

use std::sync::Arc;

use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::Unread;
use tidings_domain::{CommandId, Cursor, RoomId, Seq, Timestamp, UserId};

use crate::envelope::{Envelope, Notice};
use crate::refusal::Failure;

/// Names a connection for as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Whether something durable was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// It will be written, after everything that was taken before it.
    Queued,
    /// The outbox is full; nothing was taken. The connection is behind.
    Full,
}

/// A connection's outbox.
///
/// *Ordering*: what is taken is written in the order of the calls. Nothing is written before
/// [`Outlet::flush`]; whoever queues also flushes, once for as much as it has.
/// *Limit*: an outlet bounds what waits in it, and tells its owner when a full one has drained. One
/// that is closed takes everything and writes nothing.
pub trait Outlet: Send + Sync {
    /// Takes a durable event.
    fn event(&self, envelope: &Arc<Envelope>) -> Offer;
    /// Takes something ephemeral, or drops it: then it says [`Offer::Full`], and tells its owner
    /// when it has drained, as for an event.
    fn notice(&self, notice: &Arc<Notice>) -> Offer;
    /// Takes an answer or a statement for this connection alone. There is a reserve for these above
    /// what events may fill; only who does not read and goes on asking finds it full.
    fn reply(&self, reply: Reply) -> Offer;
    /// Bytes that wait to be written.
    fn waiting_bytes(&self) -> usize;
    /// Whether so little waits that a reader may go on.
    fn has_drained(&self) -> bool;
    /// Writes what can be written now.
    fn flush(&self);
    /// From now on the connection may stay until then.
    fn stay_until(&self, expires_at: Timestamp);
    /// Ends the connection if its token has expired by now.
    fn expire(&self, now: Timestamp);
    /// Ends the connection after what was taken was written, or after a short time.
    fn close(&self, farewell: Farewell);
}

/// What is said to one connection alone.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A send was committed, or had been before.
    Sent {
        /// The command.
        command: CommandId,
        /// In which room.
        room: RoomId,
        /// Its place in the log.
        seq: Seq,
        /// When the server took it.
        at: Timestamp,
        /// Whether it had been committed by an earlier try.
        duplicate: bool,
    },
    /// A watermark command was carried out.
    Marked {
        /// The command.
        command: CommandId,
        /// Where the watermarks stand.
        marks: Watermarks,
    },
    /// A command failed.
    Failed {
        /// The command.
        command: CommandId,
        /// Why.
        failure: Failure,
    },
    /// These seqs are not sent.
    Gap {
        /// In which room.
        room: RoomId,
        /// The first.
        from: Seq,
        /// The last.
        to: Seq,
    },
    /// Everything up to here was sent.
    Checkpoint {
        /// Where.
        cursor: Cursor,
        /// Whether catching up is over.
        live: bool,
    },
    /// The connection reads too slowly and goes on from the log.
    Behind,
    /// Something happened in a room out of focus.
    Hint {
        /// In which room.
        room: RoomId,
        /// Its last event now.
        head: Seq,
        /// When that happened.
        at: Timestamp,
    },
    /// One's own watermarks rose, on this or another device, or what is unread changed otherwise.
    OwnReceipt {
        /// In which room.
        room: RoomId,
        /// Whose they are.
        user: UserId,
        /// Where they stand; `None` for who is told that by catching up, or knows.
        marks: Option<Watermarks>,
        /// What is unread now.
        unread: Unread,
    },
    /// The server is about to leave.
    Reconnect {
        /// Milliseconds after which to come back.
        after_ms: u64,
    },
}

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Farewell {
    /// The server restarts.
    Restarting,
    /// The session was revoked or has ended.
    SessionRevoked,
    /// The access token has expired and no new one came.
    TokenExpired,
    /// The user has too many connections.
    TooMany,
    /// The port behind the connection failed while it caught up; coming back helps.
    Unavailable,
}
