//! What can be done, a file a command: its request, its rule as a pure function, its way through.
//!
//! A command that changes a room reads the room as it is, decides by a pure function, and appends
//! under that version as a guard. If the room has changed in the meantime it looks again.

pub mod accept_invitation;
pub mod change_profile;
pub mod change_room;
pub mod create_invitation;
pub mod create_room;
pub mod delete_room;
pub mod join_room;
pub mod leave_room;
pub mod mark_read;
pub mod mark_unread;
pub mod put_member;
pub mod remove_member;
pub mod send_message;
pub mod signal_room;

use tidings_domain::{Action, DeviceId, EventBody, Membership, Room, RoomId, UserId};

use crate::engine::Engine;
use crate::ports::{Append, Guard, InvitationUse, Outcome, Write};
use crate::refusal::{Failure, Refusal};
use crate::rooms::{Standing, standing_in};

/// How often a decision is taken again because its room has changed.
const ATTEMPTS_MAX: usize = 8;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The user.
    pub user: UserId,
    /// From which device, if from one.
    pub device: Option<DeviceId>,
}

/// What a pure function decided about a room.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// It is so already.
    Nothing,
    /// This is to happen.
    Append(Vec<EventBody>),
}

/// A room and the actor's place in it, as one snapshot.
pub(crate) struct Sight {
    pub(crate) room: Room,
    pub(crate) membership: Option<Membership>,
}

impl Sight {
    /// The actor's standing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for who is no member.
    pub(crate) fn standing(&self) -> Result<Standing, Refusal> {
        standing_in(&self.room, self.membership.as_ref()).ok_or(Refusal::NotFound("room"))
    }

    /// The actor's standing, with which they may do this.
    pub(crate) fn require(&self, action: Action) -> Result<Standing, Refusal> {
        let standing = self.standing()?;
        standing.require(action)?;
        Ok(standing)
    }
}

/// Looks at a room; `None` where there is none, or it was deleted.
pub(crate) async fn look(
    engine: &Engine,
    room: RoomId,
    user: UserId,
) -> Result<Option<Sight>, Failure> {
    let seen = engine
        .store
        .directory
        .room_and_membership(room, user)
        .await?;
    let alive = seen.filter(|(room, _)| !room.deleted);
    Ok(alive.map(|(room, membership)| Sight { room, membership }))
}

/// Looks, decides and appends until the room has held still.
pub(crate) async fn decide<F>(
    engine: &Engine,
    room: RoomId,
    actor: Actor,
    invitation: Option<InvitationUse>,
    mut rule: impl FnMut(Sight) -> F,
) -> Result<(), Failure>
where
    F: Future<Output = Result<Decision, Failure>> + Send,
{
    let _turn = engine.turns.of(room).await;
    for _ in 0..ATTEMPTS_MAX {
        let sight = look(engine, room, actor.user)
            .await?
            .ok_or(Refusal::NotFound("room"))?;
        let guard = Guard::Version(sight.room.version);
        let Decision::Append(bodies) = rule(sight).await? else {
            return Ok(());
        };
        let append = append(engine, room, actor, bodies, guard, invitation.clone());
        match engine.writer.write(Write::Append(append)).await? {
            Outcome::Stale => engine.meters.stale.one(),
            Outcome::InvitationSpent => return Err(Refusal::InvitationSpent.into()),
            _ => return Ok(()),
        }
    }
    Err(Refusal::Conflict.into())
}

pub(crate) fn append(
    engine: &Engine,
    room: RoomId,
    actor: Actor,
    bodies: Vec<EventBody>,
    guard: Guard,
    invitation: Option<InvitationUse>,
) -> Append {
    Append {
        room,
        sender: actor.user,
        device: actor.device,
        client_id: None,
        at: engine.clock.now(),
        bodies,
        guard,
        invitation,
    }
}
