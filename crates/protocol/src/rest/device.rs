//! `/v1/devices`.

use serde::{Deserialize, Serialize};
use tidings_domain::{DeviceId, Timestamp};
use utoipa::ToSchema;

/// `PATCH /v1/devices/{id}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeDevice {
    /// How it shall be called.
    pub name: String,
}

/// One installed client of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Names it.
    #[schema(value_type = uuid::Uuid)]
    pub id: DeviceId,
    /// How it is called.
    pub name: String,
    /// Since when it is known.
    #[schema(value_type = i64)]
    pub created_at_ms: Timestamp,
    /// When it was last used.
    #[schema(value_type = i64)]
    pub last_used_at_ms: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `GET /v1/devices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Devices {
    /// The latest used first.
    pub devices: Vec<Device>,
}
