//! Adds a user to a room, or changes a member's role.

use tidings_domain::event::MemberRole;
use tidings_domain::permission::{entry_role, may_grant, outranks};
use tidings_domain::{Action, EventBody, Membership, Role, RoomId, UserId};

use super::join_room::enter;
use super::{Actor, Decision, Sight, decide};
use crate::engine::Engine;
use crate::refusal::{Failure, Refusal};

/// Makes `user` a member of a room with this role; the room's ordinary role for `None`.
pub async fn put_member(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    user: UserId,
    role: Option<Role>,
) -> Result<(), Failure> {
    if engine.people.get(user).await?.is_none() {
        // Who may not add anybody learns nothing about who exists.
        engine
            .rooms
            .require(room, actor.user, Action::Invite)
            .await?;
        return Err(Refusal::NotFound("user").into());
    }
    decide(engine, room, actor, None, |sight| async move {
        let standing = sight.standing()?;
        let target = engine.store.directory.membership(room, user).await?;
        match target.as_ref().filter(|target| target.is_current()) {
            Some(target) => change_role(&sight, standing.role, target, role).map_err(Failure::from),
            None => {
                standing.require(Action::Invite)?;
                let given = role.unwrap_or(entry_role(sight.room.kind));
                if !may_grant(standing.role, given)
                    || (given > Role::Member && standing.role < Role::Admin)
                {
                    return Err(Refusal::Forbidden.into());
                }
                enter(engine, &sight.room, target.as_ref(), user, Some(given)).await
            }
        }
    })
    .await
}

fn change_role(
    sight: &Sight,
    actor: Role,
    target: &Membership,
    role: Option<Role>,
) -> Result<Decision, Refusal> {
    let Some(role) = role.filter(|role| *role != target.role) else {
        sight.require(Action::Read)?;
        return Ok(Decision::Nothing);
    };
    sight.require(Action::ChangeRole)?;
    // An owner may step down; apart from that only those below can be changed.
    let is_own = sight
        .membership
        .as_ref()
        .is_some_and(|own| own.user == target.user);
    if !may_grant(actor, role) || !(outranks(actor, target.role) || is_own || actor == Role::Owner)
    {
        return Err(Refusal::Forbidden);
    }
    if is_own && target.role == Role::Owner {
        let detail = "make another member owner; they can change your role";
        return Err(Refusal::invalid("role", &detail));
    }
    let changed = MemberRole {
        user: target.user,
        role,
    };
    Ok(Decision::Append(vec![EventBody::MemberRoleChanged(
        changed,
    )]))
}
