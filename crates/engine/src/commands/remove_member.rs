//! Takes a member out of a room; bans a user from it, or lifts the ban.

use tidings_domain::event::{LeaveReason, MemberLeft, MemberRef};
use tidings_domain::permission::outranks;
use tidings_domain::{Action, EventBody, Membership, RoomId, UserId};

use super::leave_room::leave_room;
use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::refusal::{Failure, Refusal};

/// Takes a member out; oneself is leaving.
pub async fn remove_member(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    user: UserId,
) -> Result<(), Failure> {
    if user == actor.user {
        return leave_room(engine, actor, room).await;
    }
    take_out(engine, actor, room, user, LeaveReason::Removed).await
}

/// Takes a user out, if they are in, and does not let them come back.
pub async fn ban_member(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    user: UserId,
) -> Result<(), Failure> {
    take_out(engine, actor, room, user, LeaveReason::Banned).await
}

/// Lets a user come back.
pub async fn unban_member(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    user: UserId,
) -> Result<(), Failure> {
    decide(engine, room, actor, None, |sight| async move {
        sight.require(Action::Remove)?;
        let target = engine.store.directory.membership(room, user).await?;
        if !target.is_some_and(|target| target.banned) {
            return Err(Refusal::NotFound("ban").into());
        }
        Ok(Decision::Append(vec![EventBody::MemberUnbanned(
            MemberRef { user },
        )]))
    })
    .await
}

async fn take_out(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    user: UserId,
    reason: LeaveReason,
) -> Result<(), Failure> {
    decide(engine, room, actor, None, |sight| async move {
        let standing = sight.require(Action::Remove)?;
        let target = engine.store.directory.membership(room, user).await?;
        let Some(target) = target.filter(|target| is_subject(target, reason)) else {
            return Err(Refusal::NotFound("member").into());
        };
        if target.is_current() && !outranks(standing.role, target.role) {
            return Err(Refusal::Forbidden.into());
        }
        if target.banned {
            return Ok(Decision::Nothing);
        }
        Ok(Decision::Append(vec![EventBody::MemberLeft(MemberLeft {
            user,
            reason,
        })]))
    })
    .await
}

/// Members can be taken out; who has left can still be banned.
fn is_subject(target: &Membership, reason: LeaveReason) -> bool {
    target.is_current() || reason == LeaveReason::Banned
}
