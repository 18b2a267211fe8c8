//! What a room is: its kind, its settings, and the version that guards decisions about it.

use serde::{Deserialize, Serialize};

use crate::id::{Position, RoomId, Seq, UserId};
use crate::name::RoomName;
use crate::time::Timestamp;

/// How a room is entered and who speaks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Two people; made once for each pair; nobody else ever enters.
    Direct,
    /// By invitation.
    Group,
    /// Listed in the directory; anyone may join.
    Channel,
    /// Anyone may join and watch; only staff write. No receipts, typing or presence.
    Live,
}

impl RoomKind {
    /// As it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Group => "group",
            Self::Channel => "channel",
            Self::Live => "live",
        }
    }

    /// From how it is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Direct, Self::Group, Self::Channel, Self::Live]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// Whether whoever wants may join without being asked.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Channel | Self::Live)
    }
}

/// What a newcomer may read of what was said before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryVisibility {
    /// All of it.
    #[default]
    All,
    /// Only what was said from their joining on. Who leaves and comes back begins anew.
    SinceJoined,
}

impl HistoryVisibility {
    /// As it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::SinceJoined => "since_joined",
        }
    }
}

/// What staff may set of a room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoomSettings {
    /// How it is called; a direct room has no name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<RoomName>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The address of its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// What newcomers may read.
    #[serde(default)]
    pub history: HistoryVisibility,
    /// Seconds between two messages of an ordinary member; 0 is none.
    #[serde(default)]
    pub slow_mode_s: u32,
    /// Whether it is closed for writing, and kept.
    #[serde(default)]
    pub archived: bool,
    /// The application's own data, a JSON object.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// Counts the changes of a room's settings and memberships. A decision taken at one version is
/// committed only while that version stands; see the decision record on guarded appends.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RoomVersion(pub u64);

/// A room as its log has made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Which.
    pub id: RoomId,
    /// Of what kind; never changes.
    pub kind: RoomKind,
    /// What staff have set.
    pub settings: RoomSettings,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Its last event.
    pub head: Seq,
    /// Where that event stands in the store's commit order.
    pub head_position: Position,
    /// When that event was committed.
    pub head_at: Timestamp,
    /// How often settings or memberships changed.
    pub version: RoomVersion,
    /// How many members it has.
    pub members: u32,
    /// Whether it was deleted: nobody sees it any more.
    pub deleted: bool,
}
