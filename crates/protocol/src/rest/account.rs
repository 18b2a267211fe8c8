//! `/v1/accounts`, `/v1/guests`, `/v1/me`.

use serde::{Deserialize, Serialize};
use tidings_domain::Timestamp;
use tidings_domain::user::{Privacy, User};
use utoipa::ToSchema;

use super::person::Profile;
use crate::json::{Patch, present};
use crate::schema::PrivacySchema;

/// `POST /v1/accounts`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SignUp {
    /// How one signs in and is mentioned: `a-z`, digits, `.`, `_`, `-`.
    #[schema(example = "ana")]
    pub username: String,
    /// At least 8 bytes.
    pub password: String,
    /// How one is shown; the username where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How the device calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// `POST /v1/guests`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct GuestSignUp {
    /// How one is shown.
    pub display_name: String,
    /// How the device calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
}

/// `PUT /v1/me/password`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangePassword {
    /// The one that holds now.
    pub current_password: String,
    /// The one that shall hold.
    pub new_password: String,
}

/// `PATCH /v1/me`. What is left out stays; `null` clears.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeMe {
    /// How one is shown; cannot be cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The address of one's picture.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub avatar_url: Patch<String>,
    /// What one says of oneself just now.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>)]
    pub status_text: Patch<String>,
    /// What others may see; what is left out stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<ChangePrivacy>,
}

/// What others may see; each `everyone` or `nobody`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangePrivacy {
    /// How far one has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<String>,
    /// When one was last here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// Whether one is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<String>,
}

/// `GET /v1/me`: oneself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// As others see one.
    #[serde(flatten)]
    pub profile: Profile,
    /// What one lets others see.
    #[schema(value_type = PrivacySchema)]
    pub privacy: Privacy,
    /// Since when one exists here.
    #[schema(value_type = i64)]
    pub created_at_ms: Timestamp,
}

impl From<&User> for Me {
    fn from(user: &User) -> Self {
        Self {
            profile: Profile::from(user),
            privacy: user.privacy,
            created_at_ms: user.created_at,
        }
    }
}
