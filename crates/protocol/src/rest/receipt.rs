//! `/v1/rooms/{room}/receipts`.

use serde::{Deserialize, Serialize};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Seq, UserId};
use utoipa::ToSchema;

use super::unread::UnreadCount;

/// `PUT /v1/rooms/{room}/receipts/me`. Watermarks only rise; `read` implies `delivered`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PutReceipt {
    /// All up to here reached this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u64>,
    /// All up to here was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
}

/// Where one's own watermarks stand, and what is unread then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnReceipt {
    /// All up to here reached a device.
    #[schema(value_type = u64)]
    pub delivered: Seq,
    /// All up to here was seen.
    #[schema(value_type = u64)]
    pub read: Seq,
    /// What is unread.
    pub unread: UnreadCount,
}

/// How far a member has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptEntry {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user: UserId,
    /// All up to here reached one of their devices.
    #[schema(value_type = u64)]
    pub delivered: Seq,
    /// All up to here was seen by them.
    #[schema(value_type = u64)]
    pub read: Seq,
}

impl ReceiptEntry {
    /// A member's watermarks.
    #[must_use]
    pub const fn new(user: UserId, marks: Watermarks) -> Self {
        Self {
            user,
            delivered: marks.delivered,
            read: marks.read,
        }
    }
}

/// `GET /v1/rooms/{room}/receipts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptList {
    /// Of all members whose receipts are shown.
    pub receipts: Vec<ReceiptEntry>,
}
