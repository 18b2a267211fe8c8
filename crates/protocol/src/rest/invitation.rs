//! `/v1/rooms/{room}/invitations` and `/v1/invitations/{code}`.

use serde::{Deserialize, Serialize};
use tidings_domain::name::RoomName;
use tidings_domain::room::RoomKind;
use tidings_domain::{InvitationId, RoomId, Timestamp, UserId};
use utoipa::ToSchema;

use super::person::Profile;
use crate::schema::RoomKindSchema;

/// `POST /v1/rooms/{room}/invitations`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CreateInvitation {
    /// Seconds that it lives; for ever where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// How often it may be accepted; without end where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
}

/// A way into a room.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Names it; no secret.
    #[schema(value_type = uuid::Uuid)]
    pub id: InvitationId,
    /// Who made it.
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    /// When.
    #[schema(value_type = i64)]
    pub created_at_ms: Timestamp,
    /// Until when it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub expires_at_ms: Option<Timestamp>,
    /// How often it was accepted.
    pub uses: u32,
    /// How often it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_max: Option<u32>,
    /// The secret; told once, to who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link to hand on, with the secret in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// `GET /v1/rooms/{room}/invitations`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitations {
    /// Those that still work, without their secrets.
    pub invitations: Vec<Invitation>,
}

/// `GET /v1/invitations/{code}`: what one is invited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitationView {
    /// The room.
    pub room: InvitedRoom,
    /// Who invites.
    pub invited_by: Profile,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub expires_at_ms: Option<Timestamp>,
    /// Whether one is in it already.
    pub joined: bool,
}

/// A room as one sees it before one is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitedRoom {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub id: RoomId,
    /// Of what kind.
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
}
