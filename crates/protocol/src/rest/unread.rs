//! `/v1/unread` and `/v1/rooms/{room}/unread`.

use serde::{Deserialize, Serialize};
use tidings_domain::unread::Unread;
use tidings_domain::{RoomId, Seq};
use utoipa::ToSchema;

/// What one has not read of a room. Counts stop at 1,000: show "999+".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnreadCount {
    /// Messages of others.
    pub messages: u64,
    /// Those among them that mention one.
    pub mentions: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub first: Option<Seq>,
}

impl From<Unread> for UnreadCount {
    fn from(unread: Unread) -> Self {
        Self {
            messages: unread.messages,
            mentions: unread.mentions,
            first: unread.first,
        }
    }
}

/// What one has not read of a room that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomUnread {
    /// Which room.
    #[schema(value_type = uuid::Uuid)]
    pub room: RoomId,
    /// What.
    #[serde(flatten)]
    pub unread: UnreadCount,
}

/// `GET /v1/unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnreadList {
    /// The rooms in which anything is unread.
    pub rooms: Vec<RoomUnread>,
    /// The sum of their messages.
    pub messages: u64,
    /// The sum of their mentions.
    pub mentions: u64,
}

/// `GET /v1/rooms/{room}/unread`: the very messages that were counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnreadExplained {
    /// How many.
    #[serde(flatten)]
    pub unread: UnreadCount,
    /// Which ones, ascending.
    #[schema(value_type = Vec<u64>)]
    pub seqs: Vec<Seq>,
}

/// `PUT /v1/rooms/{room}/unread`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MarkUnread {
    /// The message from which on it counts as unread.
    pub from: u64,
}
