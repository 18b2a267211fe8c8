//! `/v1/rooms/{room}/messages` and `/events`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::text::MessageText;
use tidings_domain::{ClientId, DeviceId, RoomId, Seq, Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::event::{Event, EventSchema};

/// `POST /v1/rooms/{room}/messages`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SendMessage {
    /// What the client names it by: sent again under the same id, it is the same message. An
    /// `Idempotency-Key` may stand for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid)]
    pub client_id: Option<String>,
    /// Markdown source.
    pub text: String,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// Who is meant by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    pub mentions: Option<Vec<String>>,
    /// The application's own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// In which room.
    #[schema(value_type = uuid::Uuid)]
    pub room: RoomId,
    /// Where in its log; with the room, its name.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// When the server took it.
    #[schema(value_type = i64)]
    pub at_ms: Timestamp,
    /// What the client names it by.
    #[schema(value_type = uuid::Uuid)]
    pub client_id: ClientId,
    /// Whether an earlier try had been taken already.
    pub duplicate: bool,
}

/// A message as it reads now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// In which room.
    #[schema(value_type = uuid::Uuid)]
    pub room: RoomId,
    /// Where in its log; with the room, its name.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// Who said it.
    #[schema(value_type = uuid::Uuid)]
    pub sender: UserId,
    /// From which device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub device: Option<DeviceId>,
    /// What the sender's client named it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub client_id: Option<ClientId>,
    /// When the server took it.
    #[schema(value_type = i64)]
    pub at_ms: Timestamp,
    /// Markdown source; nothing once it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub text: Option<MessageText>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub reply_to: Option<Seq>,
    /// Who is meant by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub mentions: Vec<UserId>,
    /// The application's own data.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

impl From<tidings_domain::Message> for Message {
    fn from(message: tidings_domain::Message) -> Self {
        let deleted = message.body.is_none();
        let (text, reply_to, mentions, metadata) = match message.body {
            Some(body) => (Some(body.text), body.reply_to, body.mentions, body.metadata),
            None => (None, None, Vec::new(), Map::new()),
        };
        Self {
            room: message.room,
            seq: message.seq,
            sender: message.sender,
            device: message.device,
            client_id: message.client_id,
            at_ms: message.at,
            text,
            reply_to,
            mentions,
            metadata,
            deleted,
        }
    }
}

/// Which messages. At most one of `before`, `after` and `around`; without them, the latest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Those before this seq.
    pub before: Option<u64>,
    /// Those after this seq.
    pub after: Option<u64>,
    /// Those on both sides of this seq.
    pub around: Option<u64>,
    /// 1 to 200, 50 where it is left out.
    pub limit: Option<u64>,
}

/// `GET /v1/rooms/{room}/messages`: the messages among the seqs `first_seq..=last_seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// Ascending.
    pub messages: Vec<Message>,
    /// The first seq that the page covers.
    #[schema(value_type = u64)]
    pub first_seq: Seq,
    /// The last seq that the page covers.
    #[schema(value_type = u64)]
    pub last_seq: Seq,
    /// The room's last event.
    #[schema(value_type = u64)]
    pub head: Seq,
    /// Whether there are messages before.
    pub has_before: bool,
    /// Whether there are messages after.
    pub has_after: bool,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// Those after this seq; all that one may see where it is left out.
    pub after: Option<u64>,
    /// 1 to 200, 50 where it is left out.
    pub limit: Option<u64>,
}

/// `GET /v1/rooms/{room}/events`: the log itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Events {
    /// Ascending, without holes.
    #[schema(value_type = Vec<EventSchema>)]
    pub events: Vec<Event>,
    /// The room's last event.
    #[schema(value_type = u64)]
    pub head: Seq,
    /// Whether these reach the head.
    pub complete: bool,
}
