//! What the server says: one type for each frame of section 4.2.
//!
//! The server builds these and writes them; a client reads them back. Events are the exception:
//! on the way to thousands of sockets they are written straight from the domain's, by
//! [`crate::codec::encode_event`], and only a client ever holds [`ServerFrame::Event`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidings_domain::presence::Presence;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{CommandId, DeviceId, RoomId, Seq, SessionId, Timestamp, UserId};

use super::command::ClientNumber;
use crate::error::{ErrorCode, Outcome};
use crate::event::Event;
use crate::json;
use crate::rest::person::{PresenceEntry, Profile};
use crate::rest::unread::UnreadCount;

/// A frame of the server's.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// A command was carried out.
    Ack(Ack),
    /// A command was not, or perhaps not.
    Refusal(Refusal),
    /// Something durable happened in a room.
    Event(EventFrame),
    /// Some seqs of a room are not sent.
    Gap(Gap),
    /// Everything up to here was sent.
    Checkpoint(Checkpoint),
    /// The client reads too slowly; the stream goes on from the log.
    Behind,
    /// Watermarks rose.
    Receipt(Receipts),
    /// Somebody types, or has stopped.
    Typing(TypingNotice),
    /// People came or went.
    Presence(PresenceNotice),
    /// Something fleeting from another member.
    Signal(SignalNotice),
    /// Something happened in a room out of focus.
    Hint(Hint),
    /// A person has changed how they are shown.
    Profile(ProfileNotice),
    /// The server is about to leave.
    Reconnect(Reconnect),
}

/// A command was carried out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ack {
    /// Which.
    pub id: CommandId,
    /// What came of it.
    #[serde(flatten)]
    pub body: AckBody,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AckBody {
    /// Of `hello`.
    Welcome {
        /// Who one is here, and how the stream begins.
        welcome: Box<Welcome>,
    },
    /// Of `send`.
    Sent(SentAck),
    /// Of `read` and `delivered`: where the watermarks stand.
    Marked(Watermarks),
    /// Of `presence`: those newly watched.
    Presence(PresenceNotice),
    /// Of `token`.
    Token {
        /// Until when the connection may stay.
        access_expires_at_ms: Timestamp,
    },
    /// Of `ping`.
    Pong(Pong),
    /// Of all others: nothing more to say.
    Done {},
}

/// How a connection begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// Names the connection in the server's log.
    pub connection: u64,
    /// Who one is.
    pub user: Profile,
    /// By which login.
    pub session_id: SessionId,
    /// From which device.
    pub device_id: DeviceId,
    /// The server's clock.
    pub server_at_ms: Timestamp,
    /// The server pings a silent connection after so long.
    pub ping_interval_ms: u64,
    /// It drops one from which nothing came for so long.
    pub peer_timeout_ms: u64,
    /// Whether the stream goes on where the client was.
    pub resume: Resume,
    /// Why it does not, where a cursor was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ResetReason>,
    /// Where the stream begins.
    pub cursor: String,
}

/// Whether a stream goes on where the client was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// What was missed follows.
    Resumed,
    /// No cursor was given: the stream begins now.
    Fresh,
    /// The cursor does not serve: load everything anew. The stream begins now.
    Reset,
}

/// Why a cursor does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// It is none of this server's.
    CursorInvalid,
    /// The server was restored from a backup.
    EpochChanged,
    /// It is newer than the log.
    Ahead,
}

/// Where a send stands in its room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAck {
    /// In which room.
    pub room: RoomId,
    /// Where in its log.
    pub seq: Seq,
    /// When the server took it.
    pub at_ms: Timestamp,
    /// Whether an earlier try had been taken already.
    pub duplicate: bool,
    /// How many sends are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// How many sends are left before the rate limit bites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// So many at once.
    pub remaining: u32,
    /// Milliseconds until the budget is full again.
    pub reset_ms: u64,
}

/// Somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pong {
    /// As the client sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at_ms: Option<ClientNumber>,
    /// The server's clock.
    pub server_at_ms: Timestamp,
}

/// A command was not carried out, or perhaps not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which.
    pub id: CommandId,
    /// Why, for a program; see [`Refusal::known_code`].
    pub code: Cow<'static, str>,
    /// Why, for a person.
    #[serde(default)]
    pub detail: String,
    /// Whether the same command can succeed later.
    pub retryable: bool,
    /// Whether the command can have had an effect.
    #[serde(default)]
    pub outcome: Outcome,
    /// Milliseconds after which to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal of this code; the code says whether it is final.
    #[must_use]
    pub fn new(id: CommandId, code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            id,
            code: Cow::Borrowed(code.as_str()),
            detail: detail.into(),
            retryable: code.is_retryable(),
            outcome: code.outcome(),
            retry_after_ms: None,
        }
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after_ms(mut self, millis: u64) -> Self {
        self.retry_after_ms = Some(millis);
        self
    }

    /// The code, if this version knows it.
    #[must_use]
    pub fn known_code(&self) -> Option<ErrorCode> {
        ErrorCode::parse(&self.code)
    }
}

/// Something durable happened in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventFrame {
    /// What.
    pub event: Event,
}

/// Some seqs of a room are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Of which room.
    pub room: RoomId,
    /// The first of them.
    pub from: Seq,
    /// The last of them.
    pub to: Seq,
}

/// Everything up to here was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Keep it for the next `hello`.
    pub cursor: String,
    /// Whether catching up is over.
    pub live: bool,
}

/// Watermarks of a room that rose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// In which room.
    pub room: RoomId,
    /// Whose, and where they stand.
    pub receipts: Vec<ReceiptEntry>,
    /// What is unread now, when one's own rose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<UnreadCount>,
}

pub use crate::rest::receipt::ReceiptEntry;

/// Somebody types, or has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingNotice {
    /// In which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// Still, or not any more.
    pub active: bool,
}

/// How people are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceNotice {
    /// Each of them.
    pub presence: Vec<PresenceEntry>,
}

impl PresenceEntry {
    /// Somebody of whom nothing more is shown.
    #[must_use]
    pub const fn bare(user: UserId, presence: Presence) -> Self {
        Self {
            user,
            presence,
            last_seen_at_ms: None,
            status_text: None,
        }
    }
}

/// Something fleeting from another member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalNotice {
    /// In which room.
    pub room: RoomId,
    /// From whom.
    pub user: UserId,
    /// What the application calls it.
    pub name: String,
    /// Whatever the application likes.
    pub data: Value,
}

/// Something happened in a room out of focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// In which.
    pub room: RoomId,
    /// Its last event now.
    pub head: Seq,
    /// When that happened.
    pub at_ms: Timestamp,
}

/// A person has changed how they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileNotice {
    /// As they are now.
    pub user: Profile,
}

/// The server is about to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconnect {
    /// Milliseconds after which to come back.
    pub after_ms: u64,
}

/// What was received is no frame of the server's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a frame of the protocol: {detail}")]
pub struct UnreadableFrame {
    /// What the reader stumbled on.
    pub detail: String,
}

impl UnreadableFrame {
    pub(crate) fn new(detail: impl std::fmt::Display) -> Self {
        Self {
            detail: json::describe(&detail.to_string()),
        }
    }
}
