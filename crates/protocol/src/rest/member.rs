//! `/v1/rooms/{room}/members` and `/bans`.

use serde::{Deserialize, Serialize};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Role, Seq, Timestamp};
use utoipa::ToSchema;

use super::person::Profile;
use crate::schema::{RoleSchema, WatermarksSchema};

/// `PUT /v1/rooms/{room}/members/{user}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PutMember {
    /// `reader`, `member`, `moderator`, `admin` or `owner`; `member` for a newcomer where it is
    /// left out, and no change for one who is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Who.
    pub user: Profile,
    /// With which role.
    #[schema(value_type = RoleSchema)]
    pub role: Role,
    /// The event by which they joined.
    #[schema(value_type = u64)]
    pub joined_seq: Seq,
    /// How far they have got, where that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<WatermarksSchema>)]
    pub receipt: Option<Watermarks>,
}

/// `GET /v1/rooms/{room}/members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Members {
    /// In a stable order.
    pub members: Vec<Member>,
    /// For `after`, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who may not come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ban {
    /// Who.
    pub user: Profile,
    /// Since when.
    #[schema(value_type = i64)]
    pub banned_at_ms: Timestamp,
}

/// `GET /v1/rooms/{room}/bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bans {
    /// All of them.
    pub bans: Vec<Ban>,
}
