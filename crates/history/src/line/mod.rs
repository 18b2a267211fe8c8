//! One line of a history: what happened, when, and to whom.
//!
//! The tags and fields are the format of `docs/history.md`. Lines stand in the order in which they
//! were observed, on one monotonic clock; that order is what "before" means to the rules.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

mod operation;
mod seen;

pub use operation::{Call, Done, Failed, Invoke, What};
pub use seen::{
    Checkpoint, Connect, Disconnect, Ending, Forgets, Gap, Heard, Page, Place, Presence, Push,
    Receipt, Shown, Verdict,
};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A name of a user, client, room, message or text: opaque, cheap to copy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Microseconds on the monotonic clock that the whole history shares.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Entry {
    /// The first line: the format's version, and the times that are promised.
    Begin(Begin),
    /// A client asks for something.
    Invoke(Invoke),
    /// It was done.
    Ok(Done),
    /// It was refused, and certainly not done.
    Fail(Failed),
    /// Nobody knows whether it was done: a time-out, a broken connection, an outage.
    Unknown(Call),
    /// A connection was greeted.
    Connect(Connect),
    /// A connection ended, as its client sees it.
    Disconnect(Disconnect),
    /// The application holds a room up to this event, by another way than the stream.
    Holds(Place),
    /// The application dropped what it held of a room, or of all.
    Forgets(Forgets),
    /// A durable event came over a connection.
    Event(Heard),
    /// The server said that some events are not sent.
    Gap(Gap),
    /// The server said that all up to here was sent.
    Checkpoint(Checkpoint),
    /// The application was shown an event.
    Shown(Shown),
    /// A client was told a member's watermarks.
    Receipt(Receipt),
    /// A connection was told that somebody is here, or is not.
    Presence(Presence),
    /// A notification was pushed to a device.
    Push(Push),
    /// An event as a page, a search or another request shows it.
    Page(Page),
    /// A node was killed.
    Crash(Node),
    /// A node is back.
    Restart(Node),
    /// Something else was done to the system; for the reader.
    Fault(Fault),
    /// No fault is at work from here on.
    Heal,
    /// All has come to rest: what clients were told last is final.
    Settled,
    /// Ground truth: an event as the store has it in the end.
    Log(Logged),
    /// Ground truth: a present member's watermarks in the end.
    Marks(Marks),
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// [`VERSION`].
    pub history: u32,
    /// What wrote it.
    #[serde(default)]
    pub by: String,
    /// Times that are promised.
    #[serde(default)]
    pub promises: Promises,
}

/// Times that are promised, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promises {
    /// After a removal or a revocation nothing more arrives later than this.
    pub removal_ms: u64,
    /// A user whose connection broke is not shown as gone when back within this.
    pub quick_return_ms: u64,
    /// Watermarks that are gathered before they are told may trail by so long behind newer ones,
    /// which a snapshot or a message of that member told in the meantime.
    pub trail_ms: u64,
    /// What a reader who reads slowly hears may be so old.
    pub late_ms: u64,
    /// After a heal an operation is answered within this.
    pub answer_ms: u64,
    /// A push that is owed comes within this.
    pub push_ms: u64,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Which.
    pub node: Name,
    /// Of a restart: the life of the log, where that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// Something that was done to the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// In words.
    pub what: String,
}

/// An event as the store has it in the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// In which room.
    pub room: Name,
    /// Where in its log.
    pub seq: u64,
    /// The kind of event; `member.joined`, `member.left` and `room.deleted` are understood.
    pub kind: Name,
    /// Of the message's text; none when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Name>,
    /// Whose doing.
    pub sender: Name,
    /// What the sender's client named it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Name>,
    /// Who joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Name>,
    /// The first event that who joined may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_from: Option<u64>,
}

/// Watermarks as the store has them in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// In which room.
    pub room: Name,
    /// Whose.
    pub user: Name,
    /// Delivered up to here.
    pub delivered: u64,
    /// Read up to here.
    pub read: u64,
}

impl Default for Promises {
    fn default() -> Self {
        Self {
            removal_ms: 1_000,
            quick_return_ms: 3_000,
            trail_ms: 0,
            late_ms: 0,
            answer_ms: 5_000,
            push_ms: 60_000,
        }
    }
}

impl Name {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) const fn is_false(flag: &bool) -> bool {
    !*flag
}
