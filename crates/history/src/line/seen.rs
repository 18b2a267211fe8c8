//! What clients are told and what they hold.

use serde::{Deserialize, Serialize};

use super::{Name, is_false};

/// How a stream begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No cursor was given: it begins now.
    Fresh,
    /// It goes on from the cursor.
    Resumed,
    /// The cursor could not be served: it begins now, and the client loads everything anew.
    Reset,
}

/// A connection that was greeted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connect {
    /// Names the connection.
    pub conn: u64,
    /// Whose.
    pub client: Name,
    /// On whose behalf.
    pub user: Name,
    /// Which device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Name>,
    /// To which node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
    /// By which transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Name>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// What the server made of it.
    pub verdict: Verdict,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The client said goodbye, or its session was ended.
    Clean,
    /// In any other way.
    Broken,
}

/// A connection that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disconnect {
    /// Which.
    pub conn: u64,
    /// How.
    pub how: Ending,
    /// The close frame's code, if one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}

/// A place in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whose.
    pub client: Name,
    /// In which room.
    pub room: Name,
    /// Up to which event.
    pub seq: u64,
}

/// What is held no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgets {
    /// By whom.
    pub client: Name,
    /// Of which room; of all without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Name>,
}

/// An event that came over a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Which connection.
    pub conn: u64,
    /// In which room.
    pub room: Name,
    /// Where in its log.
    pub seq: u64,
    /// The kind of event.
    pub kind: Name,
    /// Of the message's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Name>,
    /// Whose doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Name>,
    /// Whether the transport marked it as said before on this very connection.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replay: bool,
}

/// Events that are not sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// On which connection.
    pub conn: u64,
    /// Of which room.
    pub room: Name,
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// A place in a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// On which connection.
    pub conn: u64,
    /// The cursor.
    pub cursor: String,
    /// Whether catching up is over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub live: bool,
}

/// An event that an application was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Whose application.
    pub client: Name,
    /// In which room.
    pub room: Name,
    /// Where in its log.
    pub seq: u64,
    /// Of the message's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Name>,
}

/// Watermarks as a client was told them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who was told.
    pub client: Name,
    /// On which connection; none for a request's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn: Option<u64>,
    /// When a request was made whose answer it is: the answer may be as old as that. At once, if
    /// not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_us: Option<u64>,
    /// In which room.
    pub room: Name,
    /// Whose watermarks.
    pub of: Name,
    /// Delivered up to here.
    pub delivered: u64,
    /// Read up to here.
    pub read: u64,
}

/// Presence as a connection was told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    /// Which connection.
    pub conn: u64,
    /// Whose presence.
    pub of: Name,
    /// `online`, `away` or `offline`.
    pub is: Name,
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Push {
    /// To whom.
    pub user: Name,
    /// On which device.
    pub device: Name,
    /// Of which room.
    pub room: Name,
    /// Of which message.
    pub seq: u64,
    /// Of the text that it shows, if it shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Name>,
}

/// An event in a request's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Who asked.
    pub client: Name,
    /// On whose behalf.
    pub user: Name,
    /// In which room.
    pub room: Name,
    /// Where in its log.
    pub seq: u64,
    /// Of the text that is shown, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Name>,
}
