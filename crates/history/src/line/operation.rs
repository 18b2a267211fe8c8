//! What clients ask for, and what comes of it.

use serde::{Deserialize, Serialize};

use super::{Name, is_false};

/// What was asked for, by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invoke {
    /// Names the operation; its outcome repeats it.
    pub call: u64,
    /// Which client: one installed application, with what it holds.
    pub client: Name,
    /// On whose behalf.
    pub user: Name,
    /// Through which node, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
    /// By which transport: `websocket`, `sse`, `long_poll`, `rest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Name>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// To say something.
    Send {
        /// Where.
        room: Name,
        /// What the client names it by.
        client_id: Name,
        /// Of what it says.
        hash: Name,
    },
    /// To raise the read watermark.
    Read {
        /// Where.
        room: Name,
        /// Up to here.
        seq: u64,
    },
    /// To raise the delivered watermark.
    Delivered {
        /// Where.
        room: Name,
        /// Up to here.
        seq: u64,
    },
    /// To make somebody a member (oneself: to join).
    Add {
        /// Of which room.
        room: Name,
        /// Whom.
        member: Name,
    },
    /// To end a membership (one's own: to leave).
    Remove {
        /// Of which room.
        room: Name,
        /// Whose.
        member: Name,
    },
    /// To end a client's session everywhere.
    Revoke {
        /// Whose session.
        session: Name,
    },
    /// To delete a message.
    Delete {
        /// Where.
        room: Name,
        /// Which.
        seq: u64,
    },
    /// To read the events of a room after a seq.
    Fetch {
        /// Which.
        room: Name,
        /// After which event.
        after: u64,
    },
    /// To say how one is here on this connection: `online`, `away`, `invisible`.
    Status {
        /// Which connection.
        conn: u64,
        /// How.
        is: Name,
    },
    /// To be notified of what comes while one is away.
    RegisterPush {
        /// On which device.
        device: Name,
    },
    /// Anything else; only its answer is judged.
    Other {
        /// For the reader.
        name: String,
    },
}

/// An operation that was done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Which.
    pub call: u64,
    /// Of a send: its place in the room. Of a change of members: the event that says so, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of a send: whether an earlier try had done it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub duplicate: bool,
    /// Of a fetch: the room's last event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<u64>,
}

/// An operation that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Which.
    pub call: u64,
    /// The protocol's code.
    pub code: Name,
}

/// An operation of which nothing more is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Which.
    pub call: u64,
}
