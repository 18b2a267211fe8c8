//! A user in a room: the role, and which part of the log is theirs to see.

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, Seq, UserId};
use crate::room::HistoryVisibility;

/// What a member may do, from least to most; the order is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads and writes.
    Member,
    /// Removes and bans.
    Moderator,
    /// Changes the room.
    Admin,
    /// Everything, deletion included.
    Owner,
}

impl Role {
    /// As it is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// From how it is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Reader,
            Self::Member,
            Self::Moderator,
            Self::Admin,
            Self::Owner,
        ]
        .into_iter()
        .find(|role| role.as_str() == text)
    }
}

/// A user's membership of a room: the present one, or the last one if it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Of which room.
    pub room: RoomId,
    /// Whose.
    pub user: UserId,
    /// With which role.
    pub role: Role,
    /// The event by which it began.
    pub joined_seq: Seq,
    /// The event by which it ended.
    pub left_seq: Option<Seq>,
    /// The first event that this member may see.
    pub visible_from: Seq,
    /// Whether the user may not come back.
    pub banned: bool,
}

impl Membership {
    /// Whether it stands.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.left_seq.is_none()
    }

    /// The one function that says who may see which event; history, resume, fan-out, search and
    /// push all ask it. The event that ended a membership is its last.
    #[must_use]
    pub fn may_see(&self, seq: Seq) -> bool {
        seq >= self.visible_from && self.left_seq.is_none_or(|left| seq <= left)
    }

    /// The first event that somebody who joins at `joined` may see.
    #[must_use]
    pub const fn visible_from(history: HistoryVisibility, joined: Seq) -> Seq {
        match history {
            HistoryVisibility::All => Seq(1),
            HistoryVisibility::SinceJoined => joined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(visible_from: u64, left: Option<u64>) -> Membership {
        Membership {
            room: RoomId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            role: Role::Member,
            joined_seq: Seq(5),
            left_seq: left.map(Seq),
            visible_from: Seq(visible_from),
            banned: false,
        }
    }

    #[test]
    fn a_member_sees_from_where_the_room_allows_to_the_removal_itself() {
        let gone = membership(5, Some(9));
        assert_eq!(
            [4, 5, 9, 10].map(|seq| gone.may_see(Seq(seq))),
            [false, true, true, false]
        );
        assert!(membership(1, None).may_see(Seq(1_000)));
    }
}
