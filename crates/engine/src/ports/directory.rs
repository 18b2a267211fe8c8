//! Rooms, members and invitations as the log's projections have them.

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::Unread;
use tidings_domain::{
    InvitationId, Membership, Message, Position, Room, RoomId, Timestamp, UserId,
};

use super::Outage;

/// Finds rooms and who is in them; keeps invitations.
#[async_trait]
pub trait Directory: Send + Sync {
    /// A room, deleted ones included.
    async fn room(&self, room: RoomId) -> Result<Option<Room>, Outage>;

    /// A user's membership of a room: the present or the last.
    async fn membership(&self, room: RoomId, user: UserId) -> Result<Option<Membership>, Outage>;

    /// Room and membership as one snapshot, so that a decision rests on one version.
    async fn room_and_membership(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<(Room, Option<Membership>)>, Outage>;

    /// Current members by user id after `after`, with their watermarks, at most `limit`.
    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(Membership, Watermarks)>, Outage>;

    /// How many current memberships a user has.
    async fn rooms_count(&self, user: UserId) -> Result<u32, Outage>;

    /// Those of `users` that share a current room with `user` (a live room counts for nothing:
    /// its watchers are strangers). A user is acquainted with themselves.
    async fn acquainted(&self, user: UserId, users: &[UserId]) -> Result<Vec<UserId>, Outage>;

    /// Everyone else who shares a current room of at most `members_max` members with `user`, live
    /// ones left out, at most `limit`.
    async fn acquaintances(
        &self,
        user: UserId,
        members_max: u32,
        limit: usize,
    ) -> Result<Vec<UserId>, Outage>;

    /// Banned users of a room, at most `limit`.
    async fn bans(&self, room: RoomId, limit: usize) -> Result<Vec<Ban>, Outage>;

    /// A user's rooms as one snapshot, those with the latest events first (by head position,
    /// descending), beginning after `after`, at most `limit`.
    async fn my_rooms(
        &self,
        user: UserId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<RoomList, Outage>;

    /// One of a user's rooms as the list shows it; `None` without a current membership.
    async fn my_room(&self, room: RoomId, user: UserId) -> Result<Option<MyRoom>, Outage>;

    /// Open rooms (channels and live rooms, neither deleted nor archived) whose name contains
    /// `query` without regard to case, by name in lower case and id, after the room `after`; with
    /// whether `user` is in them. Nothing is after a room that never was.
    async fn listed(
        &self,
        user: UserId,
        query: &str,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<ListedRoom>, Outage>;

    /// Keeps a new invitation. Answers `false`, keeping nothing, when the room already has
    /// `live_max` that are neither expired, spent nor revoked.
    async fn create_invitation(
        &self,
        invitation: NewInvitation,
        live_max: usize,
    ) -> Result<bool, Outage>;

    /// The invitation behind a code's hash, live or not.
    async fn invitation(&self, code_hash: [u8; 32]) -> Result<Option<Invitation>, Outage>;

    /// Live invitations of a room, the latest first, at most `limit`.
    async fn invitations(
        &self,
        room: RoomId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Invitation>, Outage>;

    /// Ends an invitation; whether there was one that had not been revoked.
    async fn revoke_invitation(&self, room: RoomId, id: InvitationId) -> Result<bool, Outage>;

    /// The answer kept for an idempotency key, if it is not older than `not_before`.
    async fn saved_answer(
        &self,
        owner: &str,
        key: &str,
        not_before: Timestamp,
    ) -> Result<Option<SavedAnswer>, Outage>;

    /// Keeps the answer to a request that carried an idempotency key, unless one is kept that is
    /// not older than `not_before`; forgets those that are, a few at a time.
    async fn save_answer(
        &self,
        owner: &str,
        key: &str,
        answer: SavedAnswer,
        not_before: Timestamp,
    ) -> Result<(), Outage>;
}

/// Who may not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub user: UserId,
    /// Since when.
    pub banned_at: Timestamp,
}

/// A page of a user's rooms.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomList {
    /// The log's last position when the page was read.
    pub position: Position,
    /// The rooms.
    pub rooms: Vec<MyRoom>,
}

/// A room as one of its members lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct MyRoom {
    /// The room.
    pub room: Room,
    /// The user's membership.
    pub membership: Membership,
    /// The user's watermarks.
    pub marks: Watermarks,
    /// What the user has not read.
    pub unread: Unread,
    /// The last message that the user may see.
    pub last_message: Option<Message>,
    /// The other person of a direct room.
    pub peer: Option<UserId>,
}

/// An open room as the directory lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRoom {
    /// The room.
    pub room: Room,
    /// Whether the asking user is in it.
    pub joined: bool,
}

/// An invitation to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Its id, which is no secret.
    pub id: InvitationId,
    /// SHA-256 of its code, which is one.
    pub code_hash: [u8; 32],
    /// Into which room.
    pub room: RoomId,
    /// By whom.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used.
    pub uses_max: Option<u32>,
}

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which room.
    pub room: RoomId,
    /// By whom.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used.
    pub uses_max: Option<u32>,
    /// How often it was used.
    pub uses: u32,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl Invitation {
    /// Whether it still opens the door.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked
            && self.expires_at.is_none_or(|end| now < end)
            && self.uses_max.is_none_or(|max| self.uses < max)
    }
}

/// What was answered to a request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// SHA-256 of method, path and body.
    pub request_hash: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// When.
    pub at: Timestamp,
}
