//! A person or bot: how they are shown, and what they let others see.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::name::{DisplayName, Username};
use crate::time::Timestamp;

/// Where a user comes from; decides how they sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserOrigin {
    /// An account of this server, with a password.
    Account,
    /// A guest: a display name and nothing else.
    Guest,
    /// A user of a host application, known by its token or made by its back end.
    External,
}

impl UserOrigin {
    /// As it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Guest => "guest",
            Self::External => "external",
        }
    }

    /// From how it is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Account, Self::Guest, Self::External]
            .into_iter()
            .find(|origin| origin.as_str() == text)
    }
}

/// Who may see something about a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everyone who shares a room with them.
    #[default]
    Everyone,
    /// Nobody else.
    Nobody,
}

/// What a user lets others see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// How far they have read. Delivery is always shown: it says nothing about the person.
    pub receipts: Audience,
    /// When they were last here.
    pub last_seen: Audience,
    /// Whether they are here.
    pub presence: Audience,
}

/// A user as the directory keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Which.
    pub id: UserId,
    /// From where.
    pub origin: UserOrigin,
    /// How they sign in and are mentioned; guests have none.
    pub username: Option<Username>,
    /// How they are shown.
    pub display_name: DisplayName,
    /// The address of their picture.
    pub avatar_url: Option<String>,
    /// What they say of themselves just now.
    pub status_text: Option<String>,
    /// What they let others see.
    pub privacy: Privacy,
    /// Since when they exist here.
    pub created_at: Timestamp,
    /// When their last connection ended.
    pub last_seen_at: Option<Timestamp>,
}
