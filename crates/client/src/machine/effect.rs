//! What the machine wants done.

use tidings_domain::{ClientId, CommandId, RoomId, Seq};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::socket::frame::{
    PresenceNotice, Receipts, Refusal, ResetReason, SentAck, SignalNotice, TypingNotice, Welcome,
};
use tidings_protocol::{Command, Event};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Get a fresh token, and hand in [`Authenticated`](super::Input::Authenticated) or its failure.
    Authenticate,
    /// Open a socket, and hand in [`Connected`](super::Input::Connected) or [`Disconnected`](super::Input::Disconnected).
    Connect,
    /// Write a command.
    Write(CommandId, Command),
    /// Close the socket; nothing is handed in for that.
    Close,
    /// Fetch a room's log after this event, and hand in what came.
    Fetch(RoomId, Seq),
    /// Tell the application.
    Tell(Update),
}

/// What the application is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The connection lives; what is fleeting (watched people, focus) is to be said again.
    Connected(Box<Welcome>),
    /// The connection is lost; it comes back by itself.
    Disconnected,
    /// Everything that was missed has been told.
    CaughtUp,
    /// The place in the stream was lost: load everything anew.
    Reset(Option<ResetReason>),
    /// Something happened in a room.
    Event(Event),
    /// A send was committed.
    Sent(ClientId, SentAck),
    /// A send was refused for good.
    Refused(ClientId, Refusal),
    /// A room is not to be seen any more.
    Gone(RoomId),
    /// Watermarks rose.
    Receipts(Receipts),
    /// Somebody types, or has stopped.
    Typing(TypingNotice),
    /// People came or went.
    Presence(PresenceNotice),
    /// Something fleeting from another member.
    Signal(SignalNotice),
    /// A person has changed how they are shown.
    Profile(Profile),
    /// It is over, and does not come back by itself: with the code of the close frame, if one came.
    Stopped(Option<u16>),
}

/// What was seen on the way; a checker's evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often a connection was greeted.
    pub connections: u64,
    /// Events that the application was told of.
    pub events: u64,
    /// Those among them that had to be fetched.
    pub fetched: u64,
    /// Events that came again after a reconnection, as they may.
    pub overlapping: u64,
    /// Events that came twice on one connection: the server's fault.
    pub repeated: u64,
    /// Seqs that jumped without a word: the server's fault.
    pub jumps: u64,
    /// Gaps and hints that the server stated.
    pub gaps: u64,
    /// Sends that were written again.
    pub resends: u64,
}
