//! What is read of the log's projections: messages, receipts, unread.

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::Unread;
use tidings_domain::{Message, RoomId, Seq, UserId};

use super::Outage;

/// Reads messages and receipts. Answers for rooms that do not exist are empty.
///
/// Entitlement is the caller's: nothing here asks who wants to know.
#[async_trait]
pub trait History: Send + Sync {
    /// Messages with `floor <= seq < before`, the latest first, at most `limit`. Deleted ones are
    /// among them, without body.
    async fn messages_before(
        &self,
        room: RoomId,
        before: Seq,
        floor: Seq,
        limit: usize,
    ) -> Result<Vec<Message>, Outage>;

    /// Messages with `after < seq`, the earliest first, at most `limit`.
    async fn messages_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Message>, Outage>;

    /// One message.
    async fn message(&self, room: RoomId, seq: Seq) -> Result<Option<Message>, Outage>;

    /// The watermarks of all current members, at most `limit`.
    async fn receipts(
        &self,
        room: RoomId,
        limit: usize,
    ) -> Result<Vec<(UserId, Watermarks)>, Outage>;

    /// The watermarks of one current member and the mark from which the room counts as unread.
    async fn receipt(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<(Watermarks, Option<Seq>)>, Outage>;

    /// What a current member has not read, by the rule of [`tidings_domain::unread`]; each count is
    /// capped at [`tidings_domain::limits::UNREAD_COUNT_MAX`] + 1. Only messages the member may see
    /// count. Nothing is unread to who is no member.
    async fn unread(&self, room: RoomId, user: UserId) -> Result<Unread, Outage>;

    /// The seqs of the very messages that [`Self::unread`] counts, ascending, at most `limit`.
    async fn unread_seqs(
        &self,
        room: RoomId,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<Seq>, Outage>;

    /// What a user has not read in each current room where that is anything, in any order.
    async fn unread_rooms(&self, user: UserId) -> Result<Vec<UnreadRoom>, Outage>;
}

/// What is unread in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadRoom {
    /// Which.
    pub room: RoomId,
    /// What.
    pub unread: Unread,
    /// The room's last event.
    pub head: Seq,
}
