//! Deletes a room for all: its words are blanked, its place in the log stays.

use tidings_domain::{Action, EventBody, RoomId};

use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::refusal::Failure;

/// Deletes a room.
pub async fn delete_room(engine: &Engine, actor: Actor, room: RoomId) -> Result<(), Failure> {
    decide(engine, room, actor, None, |sight| async move {
        sight.require(Action::DeleteRoom)?;
        Ok(Decision::Append(vec![EventBody::RoomDeleted]))
    })
    .await?;
    // The words must not live on in memory.
    engine.recent.forget(Some(room));
    Ok(())
}
