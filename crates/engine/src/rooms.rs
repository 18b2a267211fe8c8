//! What a decision about a room rests on, kept in memory for rooms that are in use.
//!
//! *Invariant*: what is cached was true at the version that is cached with it. A decision is
//! committed under that version as its guard, so a cache that has fallen behind costs a second
//! try and never a wrong commit. *Limit*: two generations of entries; the older one goes when the
//! younger is full.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::{
    Action, Event, EventBody, Membership, Role, Room, RoomId, RoomKind, RoomVersion, Seq, UserId,
    allows,
};

use crate::ports::{Directory, Outage};
use crate::refusal::{Failure, Refusal};

/// Rooms and memberships in one generation.
const GENERATION_ENTRIES_MAX: usize = 100_000;

/// A member's standing in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The room.
    pub facts: RoomFacts,
    /// The member's role.
    pub role: Role,
    /// The first event that the member may see.
    pub visible_from: Seq,
}

/// What decisions need to know of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomFacts {
    /// Its kind.
    pub kind: RoomKind,
    /// Whether it is closed for writing.
    pub archived: bool,
    /// Seconds between two messages of an ordinary member.
    pub slow_mode_s: u32,
    /// How many members it has.
    pub members: u32,
    /// Its last event, or an earlier one.
    pub head: Seq,
    /// Its version.
    pub version: RoomVersion,
}

impl RoomFacts {
    fn of(room: &Room) -> Self {
        Self {
            kind: room.kind,
            archived: room.settings.archived,
            slow_mode_s: room.settings.slow_mode_s,
            members: room.members,
            head: room.head,
            version: room.version,
        }
    }
}

impl Standing {
    /// Passes if the member may do this.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`].
    pub fn require(&self, action: Action) -> Result<(), Refusal> {
        if allows(self.facts.kind, self.role, action) {
            Ok(())
        } else {
            Err(Refusal::Forbidden)
        }
    }
}

/// See the module. *Lock*: held for map work only.
pub struct Rooms {
    directory: Arc<dyn Directory>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    rooms: HashMap<RoomId, RoomFacts>,
    members: HashMap<(RoomId, UserId), (Role, Seq)>,
}

impl Rooms {
    /// A cache in front of a directory.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>) -> Self {
        Self {
            directory,
            cache: Mutex::default(),
        }
    }

    /// A member's standing, if it is in memory.
    #[must_use]
    pub fn cached(&self, room: RoomId, user: UserId) -> Option<Standing> {
        let mut cache = self.cache.lock();
        let facts = cache.room(room)?;
        let (role, visible_from) = cache.member(room, user)?;
        Some(Standing {
            facts,
            role,
            visible_from,
        })
    }

    /// A member's standing; `None` for who is no member and for rooms that do not exist.
    pub async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<Standing>, Outage> {
        if let Some(standing) = self.cached(room, user) {
            return Ok(Some(standing));
        }
        let Some((found, membership)) = self.directory.room_and_membership(room, user).await?
        else {
            return Ok(None);
        };
        let standing = standing_in(&found, membership.as_ref());
        if let Some(standing) = standing {
            self.cache.lock().keep(room, user, standing);
        }
        Ok(standing)
    }

    /// A member's standing, with which they may do this.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for who is no member, [`Refusal::Forbidden`] for who may not.
    pub async fn require(
        &self,
        room: RoomId,
        user: UserId,
        action: Action,
    ) -> Result<Standing, Failure> {
        let standing = self
            .standing(room, user)
            .await?
            .ok_or(Refusal::NotFound("room"))?;
        standing.require(action)?;
        Ok(standing)
    }

    /// Takes in a committed event.
    pub fn commit(&self, event: &Event, version: RoomVersion, members: u32) {
        let mut cache = self.cache.lock();
        if let EventBody::RoomDeleted = event.body {
            cache.forget(event.room);
            return;
        }
        let Cache { young, old } = &mut *cache;
        for generation in [young, old] {
            if let Some(facts) = generation.rooms.get_mut(&event.room) {
                facts.head = facts.head.max(event.seq);
                facts.version = version;
                facts.members = members;
                if let EventBody::RoomChanged(settings) = &event.body {
                    facts.archived = settings.archived;
                    facts.slow_mode_s = settings.slow_mode_s;
                }
            }
            if let Some(user) = member_changed(&event.body) {
                generation.members.remove(&(event.room, user));
            }
        }
    }

    /// Forgets a room that turned out to be out of date, or everything.
    pub fn forget(&self, room: Option<RoomId>) {
        let mut cache = self.cache.lock();
        match room {
            Some(room) => cache.forget(room),
            None => *cache = Cache::default(),
        }
    }
}

/// The standing that a membership gives; none without one, or in a room that was deleted.
#[must_use]
pub fn standing_in(room: &Room, membership: Option<&Membership>) -> Option<Standing> {
    let membership = membership.filter(|membership| membership.is_current())?;
    (!room.deleted).then(|| Standing {
        facts: RoomFacts::of(room),
        role: membership.role,
        visible_from: membership.visible_from,
    })
}

/// Whose membership an event changes.
#[must_use]
pub fn member_changed(body: &EventBody) -> Option<UserId> {
    match body {
        EventBody::MemberJoined(joined) => Some(joined.user),
        EventBody::MemberRoleChanged(changed) => Some(changed.user),
        EventBody::MemberLeft(left) => Some(left.user),
        EventBody::MemberUnbanned(unbanned) => Some(unbanned.user),
        _ => None,
    }
}

impl Cache {
    fn room(&mut self, room: RoomId) -> Option<RoomFacts> {
        if let Some(facts) = self.young.rooms.get(&room) {
            return Some(*facts);
        }
        let facts = self.old.rooms.remove(&room)?;
        self.young.rooms.insert(room, facts);
        Some(facts)
    }

    fn member(&mut self, room: RoomId, user: UserId) -> Option<(Role, Seq)> {
        if let Some(member) = self.young.members.get(&(room, user)) {
            return Some(*member);
        }
        let member = self.old.members.remove(&(room, user))?;
        self.young.members.insert((room, user), member);
        Some(member)
    }

    /// Keeps what was loaded unless a commit has passed by since: then the next one loads again.
    fn keep(&mut self, room: RoomId, user: UserId, standing: Standing) {
        if self.young.members.len() >= GENERATION_ENTRIES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        let present = self.room(room);
        if present.is_some_and(|facts| facts.version != standing.facts.version) {
            return;
        }
        if present.is_none() {
            self.young.rooms.insert(room, standing.facts);
        }
        self.young
            .members
            .insert((room, user), (standing.role, standing.visible_from));
    }

    fn forget(&mut self, room: RoomId) {
        for generation in [&mut self.young, &mut self.old] {
            if generation.rooms.remove(&room).is_some() {
                generation.members.retain(|(of, _), _| *of != room);
            }
        }
    }
}
