//! Marks a room as unread from a message on, or everything as read.

use tidings_domain::unread::Unread;
use tidings_domain::{Action, RoomId, Seq, UserId};
use tokio::sync::oneshot;

use super::mark_read::{Mark, mark_for, marked_of};
use crate::engine::Engine;
use crate::outlet::Reply;
use crate::ports::{Outcome, UnreadRoom, Write};
use crate::refusal::{Failure, Refusal};
use crate::writer::MarkWaiter;

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
    let _telling = engine.catch_up.telling().await;
    let unread = engine.store.history.unread(room, user).await?;
    // No watermark has changed.
    let reply = Reply::OwnReceipt {
        room,
        user,
        marks: None,
        unread,
    };
    engine.hub.reply_user(user, reply).await;
    Ok(unread)
}

/// Reads every room to its head; what is unread afterwards (something may have come meanwhile).
///
/// All marks are handed over before the first is waited for, so that a thousand rooms take no
/// longer than one.
pub async fn read_all(engine: &Engine, user: UserId) -> Result<Vec<UnreadRoom>, Failure> {
    let mut marking = Vec::new();
    for UnreadRoom { room, head, .. } in engine.store.history.unread_rooms(user).await? {
        let (tell, marked) = oneshot::channel();
        let to_head = Mark {
            room,
            delivered: head,
            read: head,
        };
        match mark_for(engine, user, to_head, MarkWaiter::Request(tell)).await {
            // Lost in the meantime: there is nothing to read any more.
            Err(Failure::Refused(Refusal::NotFound(_))) => {}
            other => {
                other?;
                marking.push(marked);
            }
        }
    }
    for marked in marking {
        match marked_of(marked).await {
            Ok(_) | Err(Failure::Refused(Refusal::NotFound(_))) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(engine.store.history.unread_rooms(user).await?)
}
