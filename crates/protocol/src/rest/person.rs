//! `/v1/users` and `/v1/presence`.

use serde::{Deserialize, Serialize};
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::presence::Presence;
use tidings_domain::user::{User, UserOrigin};
use tidings_domain::{Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};

use crate::schema::{PresenceSchema, UserOriginSchema};

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    /// How they are mentioned; guests have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub username: Option<Username>,
    /// How they are shown.
    #[schema(value_type = String)]
    pub display_name: DisplayName,
    /// The address of their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What they say of themselves just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
    /// Where they come from.
    #[schema(value_type = UserOriginSchema)]
    pub origin: UserOrigin,
}

impl From<&User> for Profile {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            avatar_url: user.avatar_url.clone(),
            status_text: user.status_text.clone(),
            origin: user.origin,
        }
    }
}

/// `GET /v1/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// By username.
    pub users: Vec<Profile>,
    /// For `after`, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Of whom presence is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PresenceQuery {
    /// Ids, separated by commas.
    pub users: String,
}

/// How a person is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceEntry {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// Whether they are here.
    #[schema(value_type = PresenceSchema)]
    pub presence: Presence,
    /// When they were last here, if they are not and show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub last_seen_at_ms: Option<Timestamp>,
    /// What they say of themselves just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_text: Option<String>,
}

/// `GET /v1/presence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceList {
    /// Of those with whom one shares a room.
    pub presence: Vec<PresenceEntry>,
}
