//! What the machine is told.

use tidings_domain::{RoomId, Seq};
use tidings_protocol::socket::command::{Mark, Send};
use tidings_protocol::{Command, Event, ServerFrame};

use super::marks::MarkKind;

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The application wants to be connected.
    Start,
    /// The application wants no more.
    Stop,
    /// A token was got, and works for so long.
    Authenticated {
        /// The access token.
        token: String,
        /// Milliseconds.
        valid_for_ms: u64,
    },
    /// No token was got.
    AuthenticationFailed(Again),
    /// The socket is open.
    Connected,
    /// The socket could not be opened, or has ended; with the close frame's code, if one came.
    Disconnected(Option<u16>),
    /// Something came over the socket that is no frame of ours to act on: a ping, say.
    Heard,
    /// A frame came.
    Frame(ServerFrame),
    /// The application holds a room up to this event: the next one follows it.
    Known(RoomId, Seq),
    /// The application says something in a room.
    Send(Send),
    /// The application has got or read a room up to an event.
    Mark(MarkKind, Mark),
    /// The application says something fleeting: it is dropped unless the connection lives.
    Say(Command),
    /// A part of a room's log, ascending from where it was asked for; empty when there is no more.
    Fetched(RoomId, Vec<Event>),
    /// A part of a room's log could not be fetched.
    FetchFailed(RoomId, Again),
    /// Time has passed.
    Tick,
}

/// What the application wants of the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reading {
    /// Every event of every room that it is in.
    #[default]
    Everything,
    /// Nothing but the answers to what it says: a bot that only speaks.
    Answers,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Later.
    Later,
    /// It cannot: the session, or the membership, is over.
    Never,
}
