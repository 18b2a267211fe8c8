//! What a client says: one type for each command of section 4.1.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::presence::Availability;
use tidings_domain::{ClientId, CommandId, RoomId, Seq, UserId};

use crate::error::ErrorCode;
use crate::json;

/// The largest command id: what a JavaScript number holds exactly, 2^53 − 1.
pub const COMMAND_ID_MAX: u64 = (1 << 53) - 1;

/// A command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// The first: who this is, and where they stand.
    Hello(Hello),
    /// Says something in a room.
    Send(Send),
    /// All up to a seq was seen by the user.
    Read(Mark),
    /// All up to a seq reached this device.
    Delivered(Mark),
    /// The user is typing, or not any more.
    Typing(Typing),
    /// Something fleeting for the others in a room.
    Signal(Signal),
    /// Whose presence this connection wants to hear of.
    Presence(Watch),
    /// What the user says of themselves.
    Status(Status),
    /// Which rooms this connection wants every event of.
    Focus(Focus),
    /// A fresh access token for this session.
    Token(Token),
    /// Is anybody there?
    Ping(Ping),
}

/// The first command of a connection.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The access token, unless the upgrade carried one or a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The last cursor that this client was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How the device calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hello")
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("cursor", &self.cursor)
            .field("device_name", &self.device_name)
            .finish()
    }
}

/// Says something in a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Send {
    /// In which.
    #[serde(deserialize_with = "json::parsed")]
    pub room: RoomId,
    /// What the client names it by: the same id makes the same message, however often it is sent.
    #[serde(deserialize_with = "json::parsed")]
    pub client_id: ClientId,
    /// Markdown source, not checked yet.
    pub text: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Who is meant by name.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "json::all_parsed"
    )]
    pub mentions: Vec<UserId>,
    /// The application's own data; checked by [`json::check_metadata`] when it was read.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// A watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// In which room.
    #[serde(deserialize_with = "json::parsed")]
    pub room: RoomId,
    /// Up to which event.
    pub seq: Seq,
}

/// Whether the user is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// In which room.
    #[serde(deserialize_with = "json::parsed")]
    pub room: RoomId,
    /// Still, or not any more.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

/// Something fleeting for the others in a room; never stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// In which.
    #[serde(deserialize_with = "json::parsed")]
    pub room: RoomId,
    /// What the application calls it.
    pub name: String,
    /// Whatever the application likes; checked by [`json::check_signal`] when it was read.
    pub data: Value,
}

/// Changes whose presence this connection hears of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// These from now on.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "json::all_parsed"
    )]
    pub watch: Vec<UserId>,
    /// These no longer.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "json::all_parsed"
    )]
    pub unwatch: Vec<UserId>,
}

/// What the user says of themselves on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// At the screen, away from it, or hidden.
    pub availability: Availability,
}

/// Which rooms this connection wants every event of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Focus {
    /// These; `None` for all.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "json::perhaps_all_parsed"
    )]
    pub rooms: Option<Vec<RoomId>>,
}

/// A fresh access token for this very session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    pub token: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Is anybody there?
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ping {
    /// Comes back as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at_ms: Option<ClientNumber>,
}

/// A number of the client's own that is handed back: a double, as in JavaScript, written without
/// a fraction when it has none.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct ClientNumber(pub f64);

impl Serialize for ClientNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = COMMAND_ID_MAX as f64;
        let is_whole = self.0.fract() == 0.0 && self.0.abs() <= EXACT;
        if is_whole && (self.0 != 0.0 || self.0.is_sign_positive()) {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            let whole = self.0 as i64;
            return serializer.serialize_i64(whole);
        }
        serializer.serialize_f64(self.0)
    }
}

/// What was received is no command, or a wrong one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct CommandError {
    /// Whose refusal this is; without it nothing can be refused, and the socket is closed.
    pub id: Option<CommandId>,
    /// What kind of fault.
    pub code: ErrorCode,
    /// Which fault, for a person.
    pub detail: String,
}

impl CommandError {
    /// A command that cannot be understood.
    pub(crate) fn invalid(id: Option<CommandId>, detail: impl Into<String>) -> Self {
        Self {
            id,
            code: ErrorCode::InvalidRequest,
            detail: detail.into(),
        }
    }

    /// A command of another version.
    pub(crate) fn unknown(id: CommandId, name: &str) -> Self {
        Self {
            id: Some(id),
            code: ErrorCode::UnknownCommand,
            detail: json::shorten(&format!("there is no command {name:?}")),
        }
    }
}

impl Command {
    /// Checks what its types do not: the bounds of the application's own data.
    pub(crate) fn checked(self, id: CommandId) -> Result<(CommandId, Self), CommandError> {
        let fault = match &self {
            Self::Send(send) => json::check_metadata(&send.metadata)
                .err()
                .map(|why| ("metadata", why)),
            Self::Signal(signal) => json::check_signal(&signal.data)
                .err()
                .map(|why| ("data", why)),
            _ => None,
        };
        match fault {
            None => Ok((id, self)),
            Some((field, why)) => Err(CommandError::invalid(Some(id), format!("{field}: {why}"))),
        }
    }
}
