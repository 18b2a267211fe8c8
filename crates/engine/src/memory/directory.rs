//! The port [`Directory`] over maps.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{
    InvitationId, Membership, Position, Room, RoomId, RoomKind, Timestamp, UserId,
};

use super::{Member, Memory, State};
use crate::ports::{
    Ban, Directory, Invitation, ListedRoom, MyRoom, NewInvitation, Outage, RoomList, SavedAnswer,
};

/// Old answers that each new one takes with it.
const FORGOTTEN_AT_ONCE: usize = 16;

#[async_trait]
impl Directory for Memory {
    async fn room(&self, room: RoomId) -> Result<Option<Room>, Outage> {
        Ok(self.state.lock().rooms.get(&room).cloned())
    }

    async fn membership(&self, room: RoomId, user: UserId) -> Result<Option<Membership>, Outage> {
        Ok(self.state.lock().last_membership(room, user))
    }

    async fn room_and_membership(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<(Room, Option<Membership>)>, Outage> {
        let state = self.state.lock();
        let found = state.rooms.get(&room).cloned();
        Ok(found.map(|found| (found, state.last_membership(room, user))))
    }

    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Vec<(Membership, Watermarks)>, Outage> {
        let state = self.state.lock();
        let members = state.members_of(room);
        let page = members.filter(|it| after.is_none_or(|after| it.membership.user > after));
        Ok(page
            .take(limit)
            .map(|it| (it.membership.clone(), it.marks))
            .collect())
    }

    async fn rooms_count(&self, user: UserId) -> Result<u32, Outage> {
        let count = self.state.lock().rooms_of(user).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn acquainted(&self, user: UserId, users: &[UserId]) -> Result<Vec<UserId>, Outage> {
        let known = self.state.lock().acquaintances(user, u32::MAX);
        let found = users.iter().copied();
        Ok(found
            .filter(|other| *other == user || known.contains(other))
            .collect())
    }

    async fn acquaintances(
        &self,
        user: UserId,
        members_max: u32,
        limit: usize,
    ) -> Result<Vec<UserId>, Outage> {
        let known = self.state.lock().acquaintances(user, members_max);
        Ok(known.into_iter().take(limit).collect())
    }

    async fn bans(&self, room: RoomId, limit: usize) -> Result<Vec<Ban>, Outage> {
        let state = self.state.lock();
        let members = state.members.values();
        let bans = members
            .filter(|it| it.membership.room == room)
            .filter_map(|it| {
                Some(Ban {
                    user: it.membership.user,
                    banned_at: it.banned_at?,
                })
            });
        Ok(bans.take(limit).collect())
    }

    async fn my_rooms(
        &self,
        user: UserId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<RoomList, Outage> {
        let state = self.state.lock();
        let mut rooms: Vec<_> = state
            .rooms_of(user)
            .filter(|(_, room)| after.is_none_or(|after| room.head_position < after))
            .collect();
        rooms.sort_by_key(|(_, room)| std::cmp::Reverse(room.head_position));
        let shown = rooms.into_iter().take(limit);
        Ok(RoomList {
            position: state.position(),
            rooms: shown
                .map(|(member, room)| state.shown(member, room))
                .collect(),
        })
    }

    async fn my_room(&self, room: RoomId, user: UserId) -> Result<Option<MyRoom>, Outage> {
        let state = self.state.lock();
        let member = state.member(room, user);
        let found = member.zip(state.rooms.get(&room));
        Ok(found.map(|(member, room)| state.shown(member, room)))
    }

    async fn listed(
        &self,
        user: UserId,
        query: &str,
        after: Option<RoomId>,
        limit: usize,
    ) -> Result<Vec<ListedRoom>, Outage> {
        let state = self.state.lock();
        let query = query.to_lowercase();
        let start = match after.map(|after| state.rooms.get(&after)) {
            None => None,
            Some(None) => return Ok(Vec::new()),
            Some(Some(room)) => Some(list_key(room)),
        };
        let mut rooms: Vec<_> = state.rooms.values().filter(|it| is_open(it)).collect();
        rooms.sort_by_key(|room| list_key(room));
        let page = rooms.into_iter().filter(|room| {
            let key = list_key(room);
            key.0.contains(&query) && start.as_ref().is_none_or(|start| key > *start)
        });
        Ok(page
            .take(limit)
            .map(|room| ListedRoom {
                room: room.clone(),
                joined: state.member(room.id, user).is_some(),
            })
            .collect())
    }

    async fn create_invitation(
        &self,
        invitation: NewInvitation,
        live_max: usize,
    ) -> Result<bool, Outage> {
        let mut state = self.state.lock();
        let live = state.live_invitations(invitation.room, invitation.created_at);
        if live.len() >= live_max {
            return Ok(false);
        }
        state.invitations.insert(
            invitation.code_hash,
            Invitation {
                id: invitation.id,
                room: invitation.room,
                created_by: invitation.created_by,
                created_at: invitation.created_at,
                expires_at: invitation.expires_at,
                uses_max: invitation.uses_max,
                uses: 0,
                revoked: false,
            },
        );
        Ok(true)
    }

    async fn invitation(&self, code_hash: [u8; 32]) -> Result<Option<Invitation>, Outage> {
        Ok(self.state.lock().invitations.get(&code_hash).cloned())
    }

    async fn invitations(
        &self,
        room: RoomId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Invitation>, Outage> {
        let mut live = self.state.lock().live_invitations(room, now);
        live.sort_by_key(|it| std::cmp::Reverse((it.created_at, it.id)));
        live.truncate(limit);
        Ok(live)
    }

    async fn revoke_invitation(&self, room: RoomId, id: InvitationId) -> Result<bool, Outage> {
        let mut state = self.state.lock();
        let mut invitations = state.invitations.values_mut();
        let found = invitations.find(|it| it.room == room && it.id == id && !it.revoked);
        Ok(found.map(|it| it.revoked = true).is_some())
    }

    async fn saved_answer(
        &self,
        owner: &str,
        key: &str,
        not_before: Timestamp,
    ) -> Result<Option<SavedAnswer>, Outage> {
        let state = self.state.lock();
        let found = state.answers.get(&(owner.to_owned(), key.to_owned()));
        Ok(found.filter(|answer| answer.at >= not_before).cloned())
    }

    async fn save_answer(
        &self,
        owner: &str,
        key: &str,
        answer: SavedAnswer,
        not_before: Timestamp,
    ) -> Result<(), Outage> {
        let mut state = self.state.lock();
        let key = (owner.to_owned(), key.to_owned());
        let kept = state.answers.get(&key);
        if kept.is_none_or(|kept| kept.at < not_before) {
            state.answers.insert(key, answer);
        }
        let old = state.answers.iter().filter(|(_, it)| it.at < not_before);
        let mut old: Vec<_> = old.map(|(key, it)| (it.at, key.clone())).collect();
        old.sort();
        for (_, key) in old.into_iter().take(FORGOTTEN_AT_ONCE) {
            state.answers.remove(&key);
        }
        Ok(())
    }
}

fn is_open(room: &Room) -> bool {
    room.kind.is_open() && !room.deleted && !room.settings.archived
}

/// By what open rooms are sorted and searched.
fn list_key(room: &Room) -> (String, RoomId) {
    let name = room.settings.name.as_ref();
    let name = name.map(|name| name.as_str().to_lowercase());
    (name.unwrap_or_default(), room.id)
}

impl State {
    fn last_membership(&self, room: RoomId, user: UserId) -> Option<Membership> {
        let member = self.members.get(&(room, user));
        member.map(|member| member.membership.clone())
    }

    fn acquaintances(&self, user: UserId, members_max: u32) -> BTreeSet<UserId> {
        self.rooms_of(user)
            .filter(|(_, room)| room.kind != RoomKind::Live && room.members <= members_max)
            .flat_map(|(_, room)| self.members_of(room.id))
            .map(|member| member.membership.user)
            .filter(|other| *other != user)
            .collect()
    }

    fn live_invitations(&self, room: RoomId, now: Timestamp) -> Vec<Invitation> {
        let all = self.invitations.values();
        all.filter(|it| it.room == room && it.is_live(now))
            .cloned()
            .collect()
    }

    fn shown(&self, member: &Member, room: &Room) -> MyRoom {
        let user = member.membership.user;
        let mut messages = self.messages(room.id).rev();
        let everyone = self.members.values().map(|it| &it.membership);
        let peer = everyone
            .filter(|_| room.kind == RoomKind::Direct)
            .find(|it| it.room == room.id && it.user != user);
        MyRoom {
            room: room.clone(),
            membership: member.membership.clone(),
            marks: member.marks,
            unread: self.unread(member),
            last_message: messages.find(|it| member.membership.may_see(it.seq)),
            peer: peer.map(|it| it.user),
        }
    }
}
