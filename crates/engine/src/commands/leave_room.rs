//! Leaves a room.

use tidings_domain::event::{LeaveReason, MemberLeft};
use tidings_domain::limits::PAGE_ITEMS_MAX;
use tidings_domain::{Action, EventBody, Role, RoomId, UserId};

use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::refusal::{Failure, Refusal};

/// Leaves a room. The last owner hands it over or deletes it first, unless nobody else is in it.
pub async fn leave_room(engine: &Engine, actor: Actor, room: RoomId) -> Result<(), Failure> {
    decide(engine, room, actor, None, |sight| async move {
        let standing = sight.require(Action::Leave)?;
        let is_owner = standing.role == Role::Owner;
        if is_owner && sight.room.members > 1 && !has_other_owner(engine, room, actor.user).await? {
            let detail = "make another member owner first, or delete the room";
            return Err(Refusal::invalid("room", &detail).into());
        }
        let left = MemberLeft {
            user: actor.user,
            reason: LeaveReason::Left,
        };
        Ok(Decision::Append(vec![EventBody::MemberLeft(left)]))
    })
    .await
}

async fn has_other_owner(engine: &Engine, room: RoomId, user: UserId) -> Result<bool, Failure> {
    let mut after = None;
    loop {
        let page = engine
            .store
            .directory
            .members(room, after, PAGE_ITEMS_MAX)
            .await?;
        let found = page
            .iter()
            .any(|(m, _)| m.role == Role::Owner && m.user != user);
        if found || page.len() < PAGE_ITEMS_MAX {
            return Ok(found);
        }
        after = page.last().map(|(membership, _)| membership.user);
    }
}
