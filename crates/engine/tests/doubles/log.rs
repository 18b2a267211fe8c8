//! A log that asks whether it may, before it commits and before it looks for a user's rooms.

use std::sync::Arc;

use async_trait::async_trait;
use tidings_domain::{Event, Position, RoomId, Seq, UserId};
use tidings_engine::ports::{
    Log, LogStart, Outage, Outcome, ReceiptChange, Since, UserRooms, Write,
};

/// What it asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Commit,
    UserRooms,
}

/// See the module.
pub(crate) struct AskingLog<F> {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) may: F,
}

#[async_trait]
impl<F: Fn(Doing) -> Result<(), Outage> + Send + Sync> Log for AskingLog<F> {
    async fn commit(&self, batch: Vec<Write>) -> Result<Vec<Outcome>, Outage> {
        (self.may)(Doing::Commit)?;
        self.log.commit(batch).await
    }
    async fn start(&self) -> Result<LogStart, Outage> {
        self.log.start().await
    }
    async fn committed_after(&self, after: Position, limit: usize) -> Result<Vec<Event>, Outage> {
        self.log.committed_after(after, limit).await
    }
    async fn events_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, Outage> {
        self.log.events_after(room, after, limit).await
    }
    async fn events_since(
        &self,
        room: RoomId,
        after: Position,
        limit: usize,
    ) -> Result<Since, Outage> {
        self.log.events_since(room, after, limit).await
    }
    async fn user_rooms(&self, user: UserId, since: Option<Position>) -> Result<UserRooms, Outage> {
        (self.may)(Doing::UserRooms)?;
        self.log.user_rooms(user, since).await
    }
    async fn receipts_since(
        &self,
        user: UserId,
        since: Position,
        members_max: u32,
    ) -> Result<Vec<ReceiptChange>, Outage> {
        self.log.receipts_since(user, since, members_max).await
    }
}
