//! What follows from each event, on maps.

use tidings_domain::event::{LeaveReason, MemberJoined, MemberLeft, RoomCreated};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{
    Event, EventBody, Membership, Position, Role, Room, RoomId, RoomVersion, Seq, UserId,
};

use super::{Member, State};
use crate::planted::{self, Bug};

impl State {
    /// Appends an event and applies it; whose watermarks it raised.
    pub(super) fn apply(&mut self, event: Event) -> Option<(RoomId, UserId)> {
        if let EventBody::RoomCreated(created) = &event.body {
            let room = created_room(&event, created);
            self.rooms.entry(event.room).or_insert(room);
        }
        if let Some(room) = self.rooms.get_mut(&event.room) {
            room.head = event.seq;
            room.head_position = event.position;
            room.head_at = event.at;
            room.version.0 += u64::from(event.body.changes_room());
        }
        self.apply_body(&event);
        self.count_members(event.room);
        let own = self.raise_own(&event);
        self.log.push(event);
        own
    }

    fn apply_body(&mut self, event: &Event) {
        match &event.body {
            EventBody::RoomChanged(settings) => {
                if let Some(room) = self.rooms.get_mut(&event.room) {
                    room.settings = settings.clone();
                }
            }
            EventBody::RoomDeleted => self.delete_room(event),
            EventBody::MemberJoined(joined) => self.join(event, joined),
            EventBody::MemberLeft(left) => self.leave(event, left),
            EventBody::MemberRoleChanged(change) => {
                if let Some(member) = self.members.get_mut(&(event.room, change.user))
                    && member.membership.is_current()
                {
                    member.membership.role = change.role;
                }
            }
            EventBody::MemberUnbanned(who) => {
                if let Some(member) = self.members.get_mut(&(event.room, who.user)) {
                    member.membership.banned = false;
                    member.banned_at = None;
                }
            }
            EventBody::MessageSent(_)
            | EventBody::MessageBlanked
            | EventBody::RoomCreated(_)
            | EventBody::Unknown { .. } => {}
        }
    }

    fn join(&mut self, event: &Event, joined: &MemberJoined) {
        let key = (event.room, joined.user);
        let fresh = || stranger(event, joined.user);
        let member = self.members.entry(key).or_insert_with(fresh);
        member.membership.role = joined.role;
        if member.membership.is_current() {
            return;
        }
        member.membership.joined_seq = event.seq;
        member.membership.visible_from = joined.visible_from;
        member.membership.left_seq = None;
        member.membership.banned = false;
        member.left_position = None;
        member.banned_at = None;
    }

    fn leave(&mut self, event: &Event, left: &MemberLeft) {
        let key = (event.room, left.user);
        let is_ban = left.reason == LeaveReason::Banned;
        if is_ban {
            let fresh = || stranger(event, left.user);
            self.members.entry(key).or_insert_with(fresh);
        }
        let Some(member) = self.members.get_mut(&key) else {
            return;
        };
        if member.membership.is_current() {
            member.membership.left_seq = Some(event.seq);
            member.left_position = Some(event.position);
        }
        if is_ban {
            member.membership.banned = true;
            member.banned_at = Some(event.at);
        }
    }

    fn delete_room(&mut self, event: &Event) {
        if let Some(room) = self.rooms.get_mut(&event.room) {
            room.deleted = true;
        }
        for member in self.members.values_mut() {
            if member.membership.room == event.room && member.membership.is_current() {
                member.membership.left_seq = Some(event.seq);
                member.left_position = Some(event.position);
            }
        }
        for earlier in self.log.iter_mut().filter(|it| it.room == event.room) {
            if matches!(earlier.body, EventBody::MessageSent(_)) {
                earlier.body = EventBody::MessageBlanked;
            }
        }
    }

    /// Who sends has read up to there.
    fn raise_own(&mut self, event: &Event) -> Option<(RoomId, UserId)> {
        if !matches!(event.body, EventBody::MessageSent(_)) {
            return None;
        }
        let key = (event.room, event.sender);
        let member = self.members.get_mut(&key)?;
        let rose =
            member.membership.is_current() && member.read_again(event.seq, event.seq, event.seq);
        rose.then_some(key)
    }

    fn count_members(&mut self, room: RoomId) {
        let members = self.members_of(room).count();
        if let Some(room) = self.rooms.get_mut(&room) {
            room.members = u32::try_from(members).unwrap_or(u32::MAX);
        }
    }
}

impl Member {
    /// Raises the watermarks and lifts the unread mark if that was read again; whether anything
    /// changed.
    pub(super) fn read_again(&mut self, delivered: Seq, read: Seq, head: Seq) -> bool {
        if planted::is(Bug::FallingWatermark) && read > Seq::ZERO {
            self.marks.read = read.min(head);
            return true;
        }
        let lifts = read > Seq::ZERO && read.min(head) >= self.marks.read;
        let lifted = lifts && self.unread_from.take().is_some();
        let raised = self.marks.raised(delivered, read, head);
        self.marks = raised.unwrap_or(self.marks);
        lifted || raised.is_some()
    }
}

fn created_room(event: &Event, created: &RoomCreated) -> Room {
    Room {
        id: event.room,
        kind: created.kind,
        settings: created.settings.clone(),
        created_by: event.sender,
        created_at: event.at,
        head: Seq::ZERO,
        head_position: Position::ZERO,
        head_at: event.at,
        version: RoomVersion(0),
        members: 0,
        deleted: false,
    }
}

/// Somebody who never was a member: an ended membership that shows nothing.
fn stranger(event: &Event, user: UserId) -> Member {
    Member {
        membership: Membership {
            room: event.room,
            user,
            role: Role::Reader,
            joined_seq: event.seq,
            left_seq: Some(event.seq),
            visible_from: event.seq.next(),
            banned: false,
        },
        left_position: Some(event.position),
        banned_at: None,
        marks: Watermarks::default(),
        unread_from: None,
        stamp: Position::ZERO,
    }
}
