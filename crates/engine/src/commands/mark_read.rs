//! Raises a member's watermarks.

use tidings_domain::receipt::Watermarks;
use tidings_domain::{Action, RoomId, Seq, UserId};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::ports::{Outage, ReceiptWrite};
use crate::refusal::{Failure, Refusal};
use crate::writer::MarkWaiter;

/// Watermarks to raise. A seq beyond the head counts as the head; one before what the member may
/// see, as none: who cannot see an event has not read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// In which room.
    pub room: RoomId,
    /// Delivered up to here.
    pub delivered: Seq,
    /// Read up to here.
    pub read: Seq,
}

/// Raises the watermarks and answers a connection once that is committed.
pub async fn mark_for(
    engine: &Engine,
    user: UserId,
    mark: Mark,
    waiter: MarkWaiter,
) -> Result<(), Failure> {
    let standing = engine.rooms.require(mark.room, user, Action::Read).await?;
    let visible = |seq: Seq| {
        if seq < standing.visible_from {
            Seq::ZERO
        } else {
            seq
        }
    };
    let write = ReceiptWrite {
        room: mark.room,
        user,
        delivered: visible(mark.delivered),
        read: visible(mark.read),
    };
    let full = engine.marks.lock().add(write, waiter);
    if let Err(waiter) = full {
        waiter.fail(Refusal::Overloaded.into());
    }
    Ok(())
}

/// Raises the watermarks and waits until that is committed.
pub async fn mark(engine: &Engine, user: UserId, mark: Mark) -> Result<Watermarks, Failure> {
    let (tell, marks) = oneshot::channel();
    mark_for(engine, user, mark, MarkWaiter::Request(tell)).await?;
    marked_of(marks).await
}

/// Waits for what became of a mark.
pub(super) async fn marked_of(
    marks: oneshot::Receiver<Result<Watermarks, Failure>>,
) -> Result<Watermarks, Failure> {
    marks
        .await
        .map_err(|_| Outage::new("writer", "answer", &"the writer has stopped"))?
}
