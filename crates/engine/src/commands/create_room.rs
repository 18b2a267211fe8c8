//! Makes a room, or opens the one that two people share.

use tidings_domain::event::{MemberJoined, RoomCreated};
use tidings_domain::limits::ROOMS_PER_USER_MAX;
use tidings_domain::permission::entry_role;
use tidings_domain::{EventBody, Membership, Role, RoomId, RoomKind, RoomSettings, Seq, UserId};

use super::change_room::check_settings;
use super::{Actor, append, look};
use crate::engine::Engine;
use crate::ports::{Guard, Outcome, Write};
use crate::refusal::{Failure, Refusal};

/// People who can be brought along into a new room.
pub const FIRST_MEMBERS_MAX: usize = 100;

/// A room to make.
#[derive(Debug, Clone)]
pub struct CreateRoom {
    /// Its id, made by the caller: a retry of one request names the same room.
    pub id: RoomId,
    /// Group, channel or live.
    pub kind: RoomKind,
    /// Its settings.
    pub settings: RoomSettings,
    /// Whom the creator brings along.
    pub members: Vec<UserId>,
}

/// Makes a room; when it exists and is the actor's own, by an earlier try, that is fine.
pub async fn create_room(
    engine: &Engine,
    actor: Actor,
    request: CreateRoom,
) -> Result<(), Failure> {
    let CreateRoom {
        id,
        kind,
        settings,
        mut members,
    } = request;
    if kind == RoomKind::Direct {
        return Err(Refusal::invalid("kind", &"a direct room takes `user`").into());
    }
    if settings.name.is_none() {
        return Err(Refusal::invalid("name", &"a room needs a name").into());
    }
    check_settings(&settings)?;
    if members.len() > FIRST_MEMBERS_MAX {
        let detail = format!("at most {FIRST_MEMBERS_MAX} at first; add others later");
        return Err(Refusal::invalid("members", &detail).into());
    }
    members.sort_unstable();
    members.dedup();
    members.retain(|member| *member != actor.user);
    check_people(engine, &members).await?;
    check_rooms(engine, actor.user).await?;
    let mut joined = vec![(actor.user, Role::Owner)];
    joined.extend(members.into_iter().map(|member| (member, entry_role(kind))));
    make(engine, actor, id, RoomCreated { kind, settings }, joined).await?;
    Ok(())
}

/// The room that two people share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectRoom {
    /// Which.
    pub id: RoomId,
    /// Whether it was made just now.
    pub is_new: bool,
}

/// Opens the room that the actor shares with another person.
pub async fn open_direct_room(
    engine: &Engine,
    actor: Actor,
    other: UserId,
) -> Result<DirectRoom, Failure> {
    if other == actor.user {
        return Err(Refusal::invalid("user", &"a direct room is for two people").into());
    }
    check_people(engine, &[other]).await?;
    let id = RoomId::direct(actor.user, other);
    let mut is_new = false;
    if look(engine, id, actor.user).await?.is_none() {
        check_rooms(engine, actor.user).await?;
        let created = RoomCreated {
            kind: RoomKind::Direct,
            settings: RoomSettings::default(),
        };
        let both = vec![(actor.user, Role::Member), (other, Role::Member)];
        is_new = make(engine, actor, id, created, both).await?;
    }
    Ok(DirectRoom { id, is_new })
}

/// Makes a room, unless it is there; whether it was made now.
async fn make(
    engine: &Engine,
    actor: Actor,
    id: RoomId,
    created: RoomCreated,
    members: Vec<(UserId, Role)>,
) -> Result<bool, Failure> {
    let history = created.settings.history;
    let mut bodies = vec![EventBody::RoomCreated(created)];
    for (index, (user, role)) in members.into_iter().enumerate() {
        let seq = Seq(index as u64 + 2);
        let visible_from = Membership::visible_from(history, seq);
        bodies.push(EventBody::MemberJoined(MemberJoined {
            user,
            role,
            visible_from,
        }));
    }
    let append = append(engine, id, actor, bodies, Guard::Absent, None);
    match engine.writer.write(Write::Append(append)).await? {
        Outcome::Appended { .. } => Ok(true),
        // It exists: by an earlier try of the same request, or because the other was faster.
        _ => match look(engine, id, actor.user).await? {
            Some(sight) => Ok(sight.standing().map(|_| false)?),
            None => Err(Refusal::NotFound("room").into()),
        },
    }
}

async fn check_people(engine: &Engine, users: &[UserId]) -> Result<(), Failure> {
    let found = engine.people.get_many(users).await?;
    match users.iter().find(|user| !found.contains_key(*user)) {
        Some(_) => Err(Refusal::NotFound("user").into()),
        None => Ok(()),
    }
}

/// Refuses who is in too many rooms already.
pub(crate) async fn check_rooms(engine: &Engine, user: UserId) -> Result<(), Failure> {
    if engine.store.directory.rooms_count(user).await? >= ROOMS_PER_USER_MAX {
        return Err(Refusal::LimitReached("rooms of a user").into());
    }
    Ok(())
}
