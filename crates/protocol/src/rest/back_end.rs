//! What a back end does with an API key: its users, and sessions for them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `PUT /v1/users/{external_id}`: makes a user, or brings one up to date.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct PutUser {
    /// How they are shown.
    pub display_name: String,
    /// How they are mentioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The address of their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// `POST /v1/users/{id}/sessions`: opens a session for a user.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct OpenSession {
    /// The device that this is, if it was here before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid)]
    pub device_id: Option<String>,
    /// How the device calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}
