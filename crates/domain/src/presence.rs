//! Whether a user is here, as others see it.

use serde::{Deserialize, Serialize};

/// What one connection's user says of themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// At the screen.
    #[default]
    Online,
    /// Connected, but not at the screen.
    Away,
    /// Connected, and shown as offline to others.
    Invisible,
}

/// What others see.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// No connection lives, or the user hides.
    #[default]
    Offline,
    /// Connections live, and none of them is at the screen.
    Away,
    /// At the screen of some device.
    Online,
}

impl Presence {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Away => "away",
            Self::Online => "online",
        }
    }

    /// What others see of a user with these connections: hidden if one of them says so, else the
    /// most present of them.
    #[must_use]
    pub fn of(connections: impl IntoIterator<Item = Availability>) -> Self {
        let mut seen = Self::Offline;
        for availability in connections {
            match availability {
                Availability::Invisible => return Self::Offline,
                Availability::Online => seen = Self::Online,
                Availability::Away => seen = seen.max(Self::Away),
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_present_device_decides_unless_the_user_hides() {
        use Availability::{Away, Invisible, Online};
        assert_eq!(Presence::of([]), Presence::Offline);
        assert_eq!(Presence::of([Away, Online]), Presence::Online);
        assert_eq!(Presence::of([Away]), Presence::Away);
        assert_eq!(Presence::of([Online, Invisible]), Presence::Offline);
    }
}
