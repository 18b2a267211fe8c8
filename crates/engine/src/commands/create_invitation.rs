//! Makes an invitation link, or takes one back.

use tidings_domain::limits::{
    INVITATION_EXPIRY_S_MAX, INVITATION_USES_MAX, INVITATIONS_PER_ROOM_MAX,
};
use tidings_domain::{Action, InvitationId, RoomId, UserId};

use crate::engine::Engine;
use crate::ports::{Invitation, NewInvitation};
use crate::refusal::{Failure, Refusal};

/// An invitation to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateInvitation {
    /// Its id.
    pub id: InvitationId,
    /// SHA-256 of its code.
    pub code_hash: [u8; 32],
    /// Into which room.
    pub room: RoomId,
    /// Seconds until it ends; never for `None`.
    pub expires_in_s: Option<u64>,
    /// How often it may be used; without end for `None`.
    pub uses_max: Option<u32>,
}

/// Makes an invitation.
pub async fn create_invitation(
    engine: &Engine,
    user: UserId,
    request: CreateInvitation,
) -> Result<NewInvitation, Failure> {
    engine
        .rooms
        .require(request.room, user, Action::Invite)
        .await?;
    check(&request)?;
    let now = engine.clock.now();
    let expires_at = request
        .expires_in_s
        .map(|seconds| now.plus_millis(i64::try_from(seconds * 1_000).unwrap_or(i64::MAX)));
    let invitation = NewInvitation {
        id: request.id,
        code_hash: request.code_hash,
        room: request.room,
        created_by: user,
        created_at: now,
        expires_at,
        uses_max: request.uses_max,
    };
    let directory = &engine.store.directory;
    if !directory
        .create_invitation(invitation.clone(), INVITATIONS_PER_ROOM_MAX)
        .await?
    {
        return Err(Refusal::LimitReached("live invitations of a room").into());
    }
    Ok(invitation)
}

/// The live invitations of a room, without codes.
pub async fn list_invitations(
    engine: &Engine,
    user: UserId,
    room: RoomId,
) -> Result<Vec<Invitation>, Failure> {
    engine.rooms.require(room, user, Action::Invite).await?;
    let now = engine.clock.now();
    Ok(engine
        .store
        .directory
        .invitations(room, now, INVITATIONS_PER_ROOM_MAX)
        .await?)
}

/// Takes an invitation back.
pub async fn revoke_invitation(
    engine: &Engine,
    user: UserId,
    room: RoomId,
    id: InvitationId,
) -> Result<(), Failure> {
    engine.rooms.require(room, user, Action::Invite).await?;
    if engine.store.directory.revoke_invitation(room, id).await? {
        Ok(())
    } else {
        Err(Refusal::NotFound("invitation").into())
    }
}

fn check(request: &CreateInvitation) -> Result<(), Refusal> {
    if !request
        .expires_in_s
        .is_none_or(|s| (1..=INVITATION_EXPIRY_S_MAX).contains(&s))
    {
        let detail = format!("from 1 to {INVITATION_EXPIRY_S_MAX} seconds");
        return Err(Refusal::invalid("expires_in_s", &detail));
    }
    if !request
        .uses_max
        .is_none_or(|uses| (1..=INVITATION_USES_MAX).contains(&uses))
    {
        let detail = format!("from 1 to {INVITATION_USES_MAX}");
        return Err(Refusal::invalid("uses_max", &detail));
    }
    Ok(())
}
