//! Rooms as their members and as strangers see them.

use std::sync::Arc;

use hashbrown::HashMap;
use tidings_domain::user::User;
use tidings_domain::{RoomId, UserId};
use tidings_engine::Engine;
use tidings_engine::ports::{ListedRoom, MyRoom, Outage};
use tidings_engine::refusal::{Failure, Refusal};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::room::{DirectoryEntry, MembershipView, Room};

/// One of a user's rooms.
///
/// # Errors
/// [`Refusal::NotFound`] for who is no member.
pub(crate) async fn my_room(engine: &Engine, room: RoomId, user: UserId) -> Result<Room, Failure> {
    let found = engine.store.directory.my_room(room, user).await?;
    let found = found.ok_or(Refusal::NotFound("room"))?;
    let mut shown = my_rooms(engine, vec![found]).await?;
    Ok(shown.pop().expect("one room in, one room out"))
}

/// A user's rooms, with the other person of each direct room.
pub(crate) async fn my_rooms(engine: &Engine, rooms: Vec<MyRoom>) -> Result<Vec<Room>, Outage> {
    let peers: Vec<UserId> = rooms.iter().filter_map(|room| room.peer).collect();
    let people = engine.people.get_many(&peers).await?;
    Ok(rooms.into_iter().map(|room| view(room, &people)).collect())
}

fn view(mine: MyRoom, people: &HashMap<UserId, Arc<User>>) -> Room {
    let peer = mine.peer.and_then(|peer| people.get(&peer));
    let tidings_domain::Room {
        id, kind, settings, ..
    } = mine.room;
    Room {
        id,
        kind,
        name: settings.name,
        description: settings.description,
        avatar_url: settings.avatar_url,
        history: settings.history,
        slow_mode_s: settings.slow_mode_s,
        archived: settings.archived,
        metadata: settings.metadata,
        created_by: mine.room.created_by,
        created_at_ms: mine.room.created_at,
        members: mine.room.members,
        head: mine.room.head,
        head_at_ms: mine.room.head_at,
        membership: MembershipView {
            role: mine.membership.role,
            joined_seq: mine.membership.joined_seq,
            visible_from: mine.membership.visible_from,
        },
        receipt: mine.marks,
        unread: mine.unread.into(),
        last_message: mine.last_message.map(Into::into),
        peer: peer.map(|peer| Profile::from(peer.as_ref())),
    }
}

/// An open room as anyone may see it.
pub(crate) fn directory_entry(listed: ListedRoom) -> DirectoryEntry {
    let ListedRoom { room, joined } = listed;
    DirectoryEntry {
        id: room.id,
        kind: room.kind,
        name: room.settings.name,
        description: room.settings.description,
        avatar_url: room.settings.avatar_url,
        members: room.members,
        joined,
    }
}
