//! `/v1/rooms` and `/v1/directory`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidings_domain::name::RoomName;
use tidings_domain::receipt::Watermarks;
use tidings_domain::room::{HistoryVisibility, RoomKind};
use tidings_domain::{Role, RoomId, Seq, Timestamp, UserId};
use utoipa::ToSchema;

use super::message::Message;
use super::person::Profile;
use super::unread::UnreadCount;
use crate::json::{Patch, present};
use crate::schema::{HistoryVisibilitySchema, RoleSchema, RoomKindSchema, WatermarksSchema};

/// `POST /v1/rooms`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CreateRoom {
    /// `direct`, `group`, `channel` or `live`.
    #[schema(example = "group")]
    pub kind: String,
    /// How it is called; all kinds but `direct` need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What newcomers may read: `all` or `since_joined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// Seconds between two messages of an ordinary member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
    /// The application's own data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
    /// Users to add at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<uuid::Uuid>>)]
    pub members: Option<Vec<String>>,
    /// The other person of a `direct` room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid)]
    pub user: Option<String>,
}

/// `PATCH /v1/rooms/{room}`. What is left out stays; `null` clears.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeRoom {
    /// How it is called; cannot be cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is about.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub description: Patch<String>,
    /// The address of its picture.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub avatar_url: Patch<String>,
    /// What newcomers may read: `all` or `since_joined`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// Seconds between two messages of an ordinary member; 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
    /// Whether it is closed for writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The application's own data, whole.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Object>)]
    pub metadata: Patch<Map<String, Value>>,
}

/// A room as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: RoomId,
    /// Of what kind; never changes.
    #[schema(value_type = RoomKindSchema)]
    pub kind: RoomKind,
    /// How it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<RoomName>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What newcomers may read.
    #[schema(value_type = HistoryVisibilitySchema)]
    pub history: HistoryVisibility,
    /// Seconds between two messages of an ordinary member; 0 is none.
    pub slow_mode_s: u32,
    /// Whether it is closed for writing.
    pub archived: bool,
    /// The application's own data.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Who made it.
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    /// When.
    #[schema(value_type = i64)]
    pub created_at_ms: Timestamp,
    /// How many members it has.
    pub members: u32,
    /// Its last event.
    #[schema(value_type = u64)]
    pub head: Seq,
    /// When that happened.
    #[schema(value_type = i64)]
    pub head_at_ms: Timestamp,
    /// One's own place in it.
    pub membership: MembershipView,
    /// One's own watermarks.
    #[schema(value_type = WatermarksSchema)]
    pub receipt: Watermarks,
    /// What one has not read.
    pub unread: UnreadCount,
    /// The latest message that one may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<Message>,
    /// The other person of a direct room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Profile>,
}

/// One's own place in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OwnMembership)]
pub struct MembershipView {
    /// With which role.
    #[schema(value_type = RoleSchema)]
    pub role: Role,
    /// The event by which one joined.
    #[schema(value_type = u64)]
    pub joined_seq: Seq,
    /// The first event that one may see.
    #[schema(value_type = u64)]
    pub visible_from: Seq,
}

/// `GET /v1/rooms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rooms {
    /// The most recent first.
    pub rooms: Vec<Room>,
    /// The place at which the list was read: open the socket with it.
    pub cursor: String,
    /// For `after`, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A room as the directory shows it to everyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryEntry {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: RoomId,
    /// `channel` or `live`.
    #[schema(value_type = RoomKindSchema)]
    pub kind: RoomKind,
    /// How it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<RoomName>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// How many members it has.
    pub members: u32,
    /// Whether one is among them.
    pub joined: bool,
}

/// `GET /v1/directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Directory {
    /// Channels and live rooms.
    pub rooms: Vec<DirectoryEntry>,
    /// For `after`, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
