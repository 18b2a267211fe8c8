//! A durable fact in a room, and what each kind of it says.
//!
//! *Invariant*: an event's order is for ever, its content is not: a deletion may blank a body.
//! A reader that does not know a kind keeps the event's seq and passes on, so that new kinds need
//! no migration; see [`EventBody::Unknown`]. A body holds all that the projections need: they can
//! be rebuilt from the log alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ClientId, DeviceId, Position, RoomId, Seq, UserId};
use crate::member::Role;
use crate::room::{RoomKind, RoomSettings};
use crate::text::MessageText;
use crate::time::Timestamp;

/// A committed event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// In which room.
    pub room: RoomId,
    /// Where in the room's log.
    pub seq: Seq,
    /// Where in the store's commit order.
    pub position: Position,
    /// Whose doing.
    pub sender: UserId,
    /// From which device, if from one.
    pub device: Option<DeviceId>,
    /// What the sender's client named it by, if it did.
    pub client_id: Option<ClientId>,
    /// When the server took it.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// The body of a message that was deleted, in the log, on the wire and in every copy.
pub const BLANKED: &str = r#"{"deleted":true}"#;

/// What happened. The tag is the kind's name in the log, on the wire and in the documents.
#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// `message.sent`: somebody said something.
    MessageSent(MessageBody),
    /// `message.sent`, after the message was deleted: its place stays, its words are gone.
    MessageBlanked,
    /// `room.created`: always the first event of a room.
    RoomCreated(RoomCreated),
    /// `room.changed`: the settings from now on, whole.
    RoomChanged(RoomSettings),
    /// `room.deleted`: always the last.
    RoomDeleted,
    /// `member.joined`: a user is a member from here on, or has another role.
    MemberJoined(MemberJoined),
    /// `member.role_changed`.
    MemberRoleChanged(MemberRole),
    /// `member.left`: a user is no member any more, by their own or somebody else's doing.
    MemberLeft(MemberLeft),
    /// `member.unbanned`: a user may come back.
    MemberUnbanned(MemberRef),
    /// A kind that this version does not know: kept, counted, passed over.
    Unknown {
        /// The kind's name.
        kind: String,
        /// Its body as it is stored.
        body: Value,
    },
}

/// What a person said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageBody {
    /// Markdown source.
    pub text: MessageText,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Who is meant by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// The application's own data, a JSON object.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, Value>,
}

/// A room's beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomCreated {
    /// Of what kind.
    pub kind: RoomKind,
    /// With which settings.
    pub settings: RoomSettings,
}

/// Who joined, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberJoined {
    /// Who.
    pub user: UserId,
    /// With which role.
    pub role: Role,
    /// The first event that they may see: 1, or this one.
    pub visible_from: Seq,
}

/// Who has which role from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRole {
    /// Who.
    pub user: UserId,
    /// With which role.
    pub role: Role,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRef {
    /// Who.
    pub user: UserId,
}

/// Why a membership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// Of their own will.
    Left,
    /// Taken out by another.
    Removed,
    /// Taken out, and may not come back.
    Banned,
}

/// Who left, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLeft {
    /// Who.
    pub user: UserId,
    /// Why.
    pub reason: LeaveReason,
}

/// What is stored under a kind cannot be read as that kind: the row is damaged or forged.
#[derive(Debug, thiserror::Error)]
#[error("the body of a {kind} event cannot be read: {source}")]
pub struct UnreadableBody {
    /// The kind that the row claims.
    pub kind: String,
    /// What the reader stumbled on.
    pub source: serde_json::Error,
}

impl EventBody {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::MessageSent(_) | Self::MessageBlanked => "message.sent",
            Self::RoomCreated(_) => "room.created",
            Self::RoomChanged(_) => "room.changed",
            Self::RoomDeleted => "room.deleted",
            Self::MemberJoined(_) => "member.joined",
            Self::MemberRoleChanged(_) => "member.role_changed",
            Self::MemberLeft(_) => "member.left",
            Self::MemberUnbanned(_) => "member.unbanned",
            Self::Unknown { kind, .. } => kind,
        }
    }

    /// The body as JSON text, as the log keeps it and the wire carries it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let written = match self {
            Self::MessageSent(body) => serde_json::to_string(body),
            Self::RoomCreated(body) => serde_json::to_string(body),
            Self::RoomChanged(body) => serde_json::to_string(body),
            Self::MessageBlanked => Ok(BLANKED.to_owned()),
            Self::RoomDeleted => Ok("{}".to_owned()),
            Self::MemberJoined(body) => serde_json::to_string(body),
            Self::MemberRoleChanged(body) => serde_json::to_string(body),
            Self::MemberLeft(body) => serde_json::to_string(body),
            Self::MemberUnbanned(body) => serde_json::to_string(body),
            Self::Unknown { body, .. } => serde_json::to_string(body),
        };
        written.expect("bodies have string keys only, so they can always be written as JSON")
    }

    /// Reads what [`Self::to_json`] wrote under [`Self::kind`].
    ///
    /// # Errors
    /// [`UnreadableBody`] when the kind is known and the text is not one of its bodies.
    pub fn from_json(kind: &str, text: &str) -> Result<Self, UnreadableBody> {
        let read = match kind {
            "message.sent" if text == BLANKED => Ok(Self::MessageBlanked),
            "message.sent" => serde_json::from_str(text).map(Self::MessageSent),
            "room.created" => serde_json::from_str(text).map(Self::RoomCreated),
            "room.changed" => serde_json::from_str(text).map(Self::RoomChanged),
            "room.deleted" => Ok(Self::RoomDeleted),
            "member.joined" => serde_json::from_str(text).map(Self::MemberJoined),
            "member.role_changed" => serde_json::from_str(text).map(Self::MemberRoleChanged),
            "member.left" => serde_json::from_str(text).map(Self::MemberLeft),
            "member.unbanned" => serde_json::from_str(text).map(Self::MemberUnbanned),
            other => serde_json::from_str(text).map(|body| Self::Unknown {
                kind: other.to_owned(),
                body,
            }),
        };
        read.map_err(|source| UnreadableBody {
            kind: kind.to_owned(),
            source,
        })
    }

    /// Whether the event changes who may do what, so that earlier decisions must be taken again.
    #[must_use]
    pub const fn changes_room(&self) -> bool {
        !matches!(
            self,
            Self::MessageSent(_) | Self::MessageBlanked | Self::Unknown { .. }
        )
    }
}

impl Event {
    /// About how many bytes it takes in memory; what caches count.
    #[must_use]
    pub fn weight(&self) -> usize {
        const OVERHEAD: usize = 192;
        OVERHEAD
            + match &self.body {
                EventBody::MessageSent(body) => body.text.as_str().len(),
                EventBody::Unknown { body, .. } => body.to_string().len(),
                _ => 256,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies() -> Vec<EventBody> {
        let user = UserId::from_bytes([7; 16]);
        let settings = RoomSettings::default();
        vec![
            EventBody::MessageSent(MessageBody {
                text: MessageText::parse("hi").unwrap(),
                reply_to: Some(Seq(3)),
                mentions: vec![user],
                metadata: serde_json::Map::new(),
            }),
            EventBody::RoomCreated(RoomCreated {
                kind: RoomKind::Group,
                settings: settings.clone(),
            }),
            EventBody::RoomChanged(settings),
            EventBody::MessageBlanked,
            EventBody::RoomDeleted,
            EventBody::MemberJoined(MemberJoined {
                user,
                role: Role::Member,
                visible_from: Seq(1),
            }),
            EventBody::MemberRoleChanged(MemberRole {
                user,
                role: Role::Admin,
            }),
            EventBody::MemberLeft(MemberLeft {
                user,
                reason: LeaveReason::Banned,
            }),
            EventBody::MemberUnbanned(MemberRef { user }),
            EventBody::Unknown {
                kind: "poll.opened".into(),
                body: serde_json::json!({"question": "tea?"}),
            },
        ]
    }

    #[test]
    fn every_kind_survives_the_log_and_unknown_ones_are_kept() {
        for body in bodies() {
            let read = EventBody::from_json(body.kind(), &body.to_json()).unwrap();
            assert_eq!(read, body);
        }
    }

    #[test]
    fn a_field_that_a_newer_version_added_is_passed_over() {
        let read = EventBody::from_json("message.sent", r#"{"text":"hi","effect":"confetti"}"#);
        assert!(matches!(read, Ok(EventBody::MessageSent(_))));
    }

    #[test]
    fn a_damaged_row_is_named_and_not_guessed_at() {
        let failed = EventBody::from_json("message.sent", r#"{"txt":"hi"}"#).unwrap_err();
        assert_eq!(failed.kind, "message.sent");
    }
}
