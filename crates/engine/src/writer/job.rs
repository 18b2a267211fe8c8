//! A write in the queue, and who is told what became of it.

use std::sync::Arc;

use tidings_domain::receipt::Watermarks;
use tidings_domain::{CommandId, RoomId, UserId};
use tokio::sync::oneshot;

use crate::outlet::{Outlet, Reply};
use crate::ports::{Outcome, Write};
use crate::refusal::{Failure, Refusal};

/// A write, and what is to follow.
pub struct Job {
    /// What is written.
    pub write: Write,
    /// Who is told.
    pub then: Then,
    /// Since when it waits, on the monotonic clock.
    pub submitted_us: u64,
    /// How often it was decided.
    pub attempts: u8,
}

/// Who is told what became of a write.
pub enum Then {
    /// Nobody.
    Nothing,
    /// Whoever waits.
    Tell(oneshot::Sender<Result<Outcome, Failure>>),
    /// A connection that sent a message.
    AckSend {
        /// The connection.
        outlet: Arc<dyn Outlet>,
        /// Whose it is.
        user: UserId,
        /// Where the message goes.
        room: RoomId,
        /// The connection's command.
        command: CommandId,
    },
    /// All who asked to raise the same watermarks.
    TellMarks(Vec<MarkWaiter>),
}

/// Somebody who waits for watermarks to be raised.
pub enum MarkWaiter {
    /// A connection.
    Socket {
        /// The connection.
        outlet: Arc<dyn Outlet>,
        /// Whose it is.
        user: UserId,
        /// Its command.
        command: CommandId,
    },
    /// A request.
    Request(oneshot::Sender<Result<Watermarks, Failure>>),
}

/// What the sender hears of the outcome.
pub(super) fn sent(command: CommandId, room: RoomId, outcome: &Outcome) -> Reply {
    let failed = |refusal: Refusal| Reply::Failed {
        command,
        failure: refusal.into(),
    };
    match outcome {
        Outcome::Appended { events, .. } => {
            let event = &events[0];
            Reply::Sent {
                command,
                room,
                seq: event.seq,
                at: event.at,
                duplicate: false,
            }
        }
        Outcome::Duplicate { seq, at } => Reply::Sent {
            command,
            room,
            seq: *seq,
            at: *at,
            duplicate: true,
        },
        Outcome::ClientIdReused => failed(Refusal::ClientIdReused),
        _ => failed(Refusal::Conflict),
    }
}

impl MarkWaiter {
    /// Tells that it came to nothing.
    pub fn fail(self, failure: Failure) {
        match self {
            Self::Request(tell) => drop(tell.send(Err(failure))),
            Self::Socket {
                outlet, command, ..
            } => {
                let _ = outlet.reply(Reply::Failed { command, failure });
                outlet.flush();
            }
        }
    }
}

pub(super) fn answer(then: Then, result: Result<Outcome, Failure>) {
    match (then, result) {
        (Then::Tell(tell), result) => drop(tell.send(result)),
        (
            Then::AckSend {
                outlet, command, ..
            },
            Err(failure),
        ) => {
            let _ = outlet.reply(Reply::Failed { command, failure });
            outlet.flush();
        }
        (Then::AckSend { .. } | Then::TellMarks(_) | Then::Nothing, _) => {}
    }
}
