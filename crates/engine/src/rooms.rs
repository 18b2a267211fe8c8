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
    passed: Passed,
}

/// Counts what has passed by, by a part of the room's id: what was read from the directory before
/// a commit must not be kept after it, or a removed member would stay one here.
struct Passed([u32; PASSED_SLOTS]);

/// Rooms that share a slot keep each other out of the cache for a moment, and nothing else.
const PASSED_SLOTS: usize = 256;

impl Default for Passed {
    fn default() -> Self {
        Self([0; PASSED_SLOTS])
    }
}

impl Passed {
    fn count(&self, room: RoomId) -> u32 {
        self.0[usize::from(room.as_bytes()[15])]
    }

    fn raise(&mut self, room: RoomId) {
        let slot = &mut self.0[usize::from(room.as_bytes()[15])];
        *slot = slot.wrapping_add(1);
    }
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
        self.cache.lock().standing(room, user)
    }

    /// A member's standing; `None` for who is no member and for rooms that do not exist.
    pub async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<Standing>, Outage> {
        let passed = {
            let mut cache = self.cache.lock();
            if let Some(standing) = cache.standing(room, user) {
                return Ok(Some(standing));
            }
            cache.passed.count(room)
        };
        let Some((found, membership)) = self.directory.room_and_membership(room, user).await?
        else {
            return Ok(None);
        };
        let standing = standing_in(&found, membership.as_ref());
        if let Some(standing) = standing {
            self.cache.lock().keep(room, user, standing, passed);
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
        self.cache.lock().commit(event, version, members);
    }

    /// Forgets a room that turned out to be out of date, or everything.
    pub fn forget(&self, room: Option<RoomId>) {
        let mut cache = self.cache.lock();
        match room {
            Some(room) => cache.forget(room),
            None => {
                cache.young = Generation::default();
                cache.old = Generation::default();
            }
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

    fn standing(&mut self, room: RoomId, user: UserId) -> Option<Standing> {
        let facts = self.room(room)?;
        let (role, visible_from) = self.member(room, user)?;
        Some(Standing {
            facts,
            role,
            visible_from,
        })
    }

    fn commit(&mut self, event: &Event, version: RoomVersion, members: u32) {
        self.passed.raise(event.room);
        if let EventBody::RoomDeleted = event.body {
            self.forget(event.room);
            return;
        }
        for generation in [&mut self.young, &mut self.old] {
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

    /// Keeps what was loaded unless a commit has passed by since: then the next one loads again.
    fn keep(&mut self, room: RoomId, user: UserId, standing: Standing, passed: u32) {
        if self.passed.count(room) != passed {
            return;
        }
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

#[cfg(test)]
mod tests {
    use tidings_domain::event::{LeaveReason, MemberLeft};
    use tidings_domain::{MessageBody, Position, Timestamp};

    use super::*;

    fn ids() -> (RoomId, UserId) {
        (RoomId::from_bytes([1; 16]), UserId::from_bytes([2; 16]))
    }

    fn standing(version: u64, head: u64) -> Standing {
        let facts = RoomFacts {
            kind: RoomKind::Group,
            archived: false,
            slow_mode_s: 0,
            members: 2,
            head: Seq(head),
            version: RoomVersion(version),
        };
        Standing {
            facts,
            role: Role::Member,
            visible_from: Seq(1),
        }
    }

    fn event(seq: u64, body: EventBody) -> Event {
        let (room, sender) = ids();
        Event {
            room,
            seq: Seq(seq),
            position: Position(seq),
            sender,
            device: None,
            client_id: None,
            at: Timestamp(0),
            body,
        }
    }

    fn said(seq: u64) -> Event {
        let text = tidings_domain::text::MessageText::parse("hi").unwrap();
        let body = MessageBody {
            text,
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        };
        event(seq, EventBody::MessageSent(body))
    }

    fn left(seq: u64) -> Event {
        let (_, user) = ids();
        let reason = LeaveReason::Removed;
        event(seq, EventBody::MemberLeft(MemberLeft { user, reason }))
    }

    #[test]
    fn a_standing_that_was_read_before_a_removal_is_not_kept_after_it() {
        let (room, user) = ids();
        let mut cache = Cache::default();
        let passed = cache.passed.count(room);
        let read = standing(5, 9);
        cache.commit(&left(10), RoomVersion(6), 1);
        cache.keep(room, user, read, passed);
        assert_eq!(cache.standing(room, user), None);
    }

    #[test]
    fn a_head_that_was_read_before_a_message_is_not_kept_after_it() {
        let (room, user) = ids();
        let mut cache = Cache::default();
        let passed = cache.passed.count(room);
        cache.commit(&said(10), RoomVersion(5), 2);
        cache.keep(room, user, standing(5, 9), passed);
        assert_eq!(cache.standing(room, user), None);
    }

    #[test]
    fn what_is_kept_follows_the_commits() {
        let (room, user) = ids();
        let mut cache = Cache::default();
        cache.keep(room, user, standing(5, 9), 0);
        cache.commit(&said(10), RoomVersion(5), 2);
        assert_eq!(cache.standing(room, user), Some(standing(5, 10)));
        cache.commit(&left(11), RoomVersion(6), 1);
        assert_eq!(cache.standing(room, user), None);
    }
}
