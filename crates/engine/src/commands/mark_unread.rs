//! Marks a room as unread from a message on, or everything as read.

use tidings_domain::unread::Unread;
use tidings_domain::{Action, RoomId, Seq, UserId};

use super::mark_read::{Mark, mark};
use crate::engine::Engine;
use crate::outlet::Reply;
use crate::ports::{Outcome, UnreadRoom, Write};
use crate::refusal::{Failure, Refusal};

/// Counts a room as unread from a message on, until it is read again. Watermarks stay.
pub async fn mark_unread(
    engine: &Engine,
    user: UserId,
    room: RoomId,
    from: Seq,
) -> Result<Unread, Failure> {
    engine.rooms.require(room, user, Action::Read).await?;
    if from == Seq::ZERO {
        return Err(Refusal::invalid("from", &"seqs begin with 1").into());
    }
    match engine
        .writer
        .write(Write::MarkUnread { room, user, from })
        .await?
    {
        Outcome::Done => {}
        _ => return Err(Refusal::NotFound("room").into()),
    }
    let unread = engine.store.history.unread(room, user).await?;
    if let Some((marks, _)) = engine.store.history.receipt(room, user).await? {
        engine
            .hub
            .reply_user(
                user,
                Reply::OwnReceipt {
                    room,
                    user,
                    marks,
                    unread,
                },
            )
            .await;
    }
    Ok(unread)
}

/// Reads every room to its head; what is unread afterwards (something may have come meanwhile).
pub async fn read_all(engine: &Engine, user: UserId) -> Result<Vec<UnreadRoom>, Failure> {
    for unread in engine.store.history.unread_rooms(user).await? {
        let read = unread.head;
        mark(
            engine,
            user,
            Mark {
                room: unread.room,
                delivered: read,
                read,
            },
        )
        .await?;
    }
    Ok(engine.store.history.unread_rooms(user).await?)
}
