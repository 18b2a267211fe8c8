//! Joins a room by an invitation.

use tidings_domain::{Membership, Room, RoomId, UserId};

use super::join_room::enter;
use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::ports::{Invitation, InvitationUse};
use crate::refusal::{Failure, Refusal};

/// An invitation and the room behind it, as who holds the code may see them.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The invitation.
    pub invitation: Invitation,
    /// The room.
    pub room: Room,
    /// Whether the user is in it already.
    pub joined: bool,
}

/// Looks behind an invitation's code.
pub async fn preview_invitation(
    engine: &Engine,
    user: Option<UserId>,
    code_hash: [u8; 32],
) -> Result<Preview, Failure> {
    let directory = &engine.store.directory;
    let found = directory.invitation(code_hash).await?;
    let invitation = found.ok_or(Refusal::NotFound("invitation"))?;
    let room = directory.room(invitation.room).await?;
    let room = room
        .filter(|room| !room.deleted)
        .ok_or(Refusal::NotFound("invitation"))?;
    let membership = match user {
        Some(user) => directory.membership(room.id, user).await?,
        None => None,
    };
    let joined = membership.as_ref().is_some_and(Membership::is_current);
    if !joined && !invitation.is_live(engine.clock.now()) {
        return Err(Refusal::InvitationSpent.into());
    }
    Ok(Preview {
        invitation,
        room,
        joined,
    })
}

/// Joins the room behind an invitation's code; who is in it already stays and spends nothing.
pub async fn accept_invitation(
    engine: &Engine,
    actor: Actor,
    code_hash: [u8; 32],
) -> Result<RoomId, Failure> {
    let preview = preview_invitation(engine, Some(actor.user), code_hash).await?;
    let room = preview.room.id;
    decide(
        engine,
        room,
        actor,
        Some(InvitationUse { code_hash }),
        |sight| async move {
            if sight
                .membership
                .as_ref()
                .is_some_and(Membership::is_current)
            {
                return Ok(Decision::Nothing);
            }
            enter(
                engine,
                &sight.room,
                sight.membership.as_ref(),
                actor.user,
                None,
            )
            .await
        },
    )
    .await?;
    Ok(room)
}
