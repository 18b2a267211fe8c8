//! What travels to many connections at once, encoded at most once for each way of encoding.
//!
//! *Invariant*: nothing in an envelope or a notice is particular to one recipient, so its bytes
//! are shared by all of them. The engine does not know the encodings: outlets bring their own.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tidings_domain::presence::Presence;
use tidings_domain::receipt::Watermarks;
use tidings_domain::user::User;
use tidings_domain::{Event, RoomId, Timestamp, UserId};

/// How many ways of encoding there can be.
pub const ENCODINGS_MAX: usize = 4;

/// Bytes made on first use, one place for each encoding.
#[derive(Debug, Default)]
pub struct Encoded([OnceLock<Bytes>; ENCODINGS_MAX]);

impl Encoded {
    /// The bytes of encoding number `slot`, made by `encode` if nobody needed them before.
    pub fn get(&self, slot: usize, encode: impl FnOnce() -> Bytes) -> Bytes {
        self.0[slot].get_or_init(encode).clone()
    }
}

/// A committed event on its way.
#[derive(Debug)]
pub struct Envelope {
    /// The event.
    pub event: Event,
    /// Its bytes.
    pub encoded: Encoded,
}

impl Envelope {
    /// Wraps an event for sharing.
    #[must_use]
    pub fn new(event: Event) -> Arc<Self> {
        Arc::new(Self {
            event,
            encoded: Encoded::default(),
        })
    }
}

/// Something ephemeral on its way: it may be dropped, and is the first to go.
#[derive(Debug)]
pub struct Notice {
    /// What it says.
    pub content: NoticeContent,
    /// Its bytes.
    pub encoded: Encoded,
}

impl Notice {
    /// Wraps a notice for sharing.
    #[must_use]
    pub fn new(content: NoticeContent) -> Arc<Self> {
        Arc::new(Self {
            content,
            encoded: Encoded::default(),
        })
    }
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeContent {
    /// Somebody writes, or has stopped.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Whether they write now.
        active: bool,
    },
    /// An event of the application's own.
    Signal {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Which.
        name: String,
        /// JSON text.
        data: String,
    },
    /// Watermarks that rose.
    Receipts {
        /// Where.
        room: RoomId,
        /// Whose, and to where.
        receipts: Vec<ShownReceipt>,
    },
    /// People came or went.
    Presence(Vec<ShownPresence>),
    /// A user's profile changed.
    Profile(Arc<User>),
}

/// A member's watermarks as others may see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownReceipt {
    /// Whose.
    pub user: UserId,
    /// Where they stand; `read` is what others may know of it.
    pub marks: Watermarks,
}

/// A user's presence as others may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPresence {
    /// Whose.
    pub user: UserId,
    /// What it is.
    pub presence: Presence,
    /// When they were last here, if they are not and do not hide it.
    pub last_seen_at: Option<Timestamp>,
    /// What they say of themselves.
    pub status_text: Option<String>,
}
