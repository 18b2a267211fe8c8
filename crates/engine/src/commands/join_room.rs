//! Joins an open room.

use tidings_domain::event::MemberJoined;
use tidings_domain::limits::MEMBERS_PER_ROOM_MAX;
use tidings_domain::permission::entry_role;
use tidings_domain::{EventBody, Membership, Role, Room, RoomId, UserId};

use super::create_room::check_rooms;
use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::refusal::{Failure, Refusal};

/// Joins a channel or a live room; who is in it already stays.
pub async fn join_room(engine: &Engine, actor: Actor, room: RoomId) -> Result<(), Failure> {
    decide(engine, room, actor, None, |sight| async move {
        if sight
            .membership
            .as_ref()
            .is_some_and(Membership::is_current)
        {
            return Ok(Decision::Nothing);
        }
        if !sight.room.kind.is_open() {
            return Err(Refusal::NotFound("room").into());
        }
        enter(
            engine,
            &sight.room,
            sight.membership.as_ref(),
            actor.user,
            None,
        )
        .await
    })
    .await
}

/// The event by which a user enters a room, if the room takes them.
pub(crate) async fn enter(
    engine: &Engine,
    room: &Room,
    earlier: Option<&Membership>,
    user: UserId,
    role: Option<Role>,
) -> Result<Decision, Failure> {
    if earlier.is_some_and(|membership| membership.banned) {
        return Err(Refusal::Banned.into());
    }
    if room.members >= MEMBERS_PER_ROOM_MAX {
        return Err(Refusal::LimitReached("members of a room").into());
    }
    check_rooms(engine, user).await?;
    let joined = MemberJoined {
        user,
        role: role.unwrap_or(entry_role(room.kind)),
        visible_from: Membership::visible_from(room.settings.history, room.head.next()),
    };
    Ok(Decision::Append(vec![EventBody::MemberJoined(joined)]))
}
