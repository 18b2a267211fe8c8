//! `/v1/sessions` and `/v1/socket-tickets`.

use serde::{Deserialize, Serialize};
use tidings_domain::{DeviceId, SessionId, Timestamp};
use utoipa::ToSchema;

use super::person::Profile;

/// `POST /v1/sessions`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// Who.
    pub username: String,
    /// The password.
    pub password: String,
    /// The device that this is, if it was here before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Uuid)]
    pub device_id: Option<String>,
    /// How the device calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// `POST /v1/sessions/refresh`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct RefreshSession {
    /// The refresh token of the last answer. It works once.
    pub refresh_token: String,
}

/// A login with its tokens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Who is signed in.
    pub user: Profile,
    /// Names the login.
    #[schema(value_type = uuid::Uuid)]
    pub session_id: SessionId,
    /// Names the device; give it again when signing in on it.
    #[schema(value_type = uuid::Uuid)]
    pub device_id: DeviceId,
    /// For `Authorization: Bearer` and `hello`.
    pub access_token: String,
    /// Until when it works.
    #[schema(value_type = i64)]
    pub access_expires_at_ms: Timestamp,
    /// For one more pair of tokens.
    pub refresh_token: String,
    /// Until when it works.
    #[schema(value_type = i64)]
    pub refresh_expires_at_ms: Timestamp,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user.id)
            .field("session_id", &self.session_id)
            .field("access_expires_at_ms", &self.access_expires_at_ms)
            .finish_non_exhaustive()
    }
}

/// A login as its user sees it in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEntry {
    /// Names the login.
    #[schema(value_type = uuid::Uuid)]
    pub id: SessionId,
    /// On which device.
    #[schema(value_type = uuid::Uuid)]
    pub device_id: DeviceId,
    /// How that device is called.
    pub device_name: String,
    /// Since when.
    #[schema(value_type = i64)]
    pub created_at_ms: Timestamp,
    /// When it was last used.
    #[schema(value_type = i64)]
    pub last_used_at_ms: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `GET /v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// The latest used first.
    pub sessions: Vec<SessionEntry>,
}

/// `POST /v1/socket-tickets`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SocketTicket {
    /// For `?ticket=` of `/v1/socket`, once.
    pub ticket: String,
    /// Until when it works.
    #[schema(value_type = i64)]
    pub expires_at_ms: Timestamp,
}
