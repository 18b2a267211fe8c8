//! The port [`History`] over maps.

use async_trait::async_trait;
use tidings_domain::limits::UNREAD_COUNT_MAX;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::{Unread, counts, counts_after};
use tidings_domain::{Message, RoomId, Seq, UserId};

use super::{Member, Memory, State};
use crate::ports::{History, Outage, UnreadRoom};

#[async_trait]
impl History for Memory {
    async fn messages_before(
        &self,
        room: RoomId,
        before: Seq,
        floor: Seq,
        limit: usize,
    ) -> Result<Vec<Message>, Outage> {
        let state = self.state.lock();
        let page = state.messages(room).rev();
        let page = page.filter(|message| floor <= message.seq && message.seq < before);
        Ok(page.take(limit).collect())
    }

    async fn messages_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Message>, Outage> {
        let state = self.state.lock();
        let page = state.messages(room).filter(|message| message.seq > after);
        Ok(page.take(limit).collect())
    }

    async fn message(&self, room: RoomId, seq: Seq) -> Result<Option<Message>, Outage> {
        let state = self.state.lock();
        Ok(state.messages(room).find(|message| message.seq == seq))
    }

    async fn receipts(
        &self,
        room: RoomId,
        limit: usize,
    ) -> Result<Vec<(UserId, Watermarks)>, Outage> {
        let state = self.state.lock();
        let members = state.members_of(room).take(limit);
        Ok(members.map(|it| (it.membership.user, it.marks)).collect())
    }

    async fn receipt(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Result<Option<(Watermarks, Option<Seq>)>, Outage> {
        let state = self.state.lock();
        let member = state.member(room, user);
        Ok(member.map(|member| (member.marks, member.unread_from)))
    }

    async fn unread(&self, room: RoomId, user: UserId) -> Result<Unread, Outage> {
        let state = self.state.lock();
        let member = state.member(room, user);
        Ok(member.map(|it| state.unread(it)).unwrap_or_default())
    }

    async fn unread_seqs(
        &self,
        room: RoomId,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<Seq>, Outage> {
        let state = self.state.lock();
        let Some(member) = state.member(room, user) else {
            return Ok(Vec::new());
        };
        let unread = state.unread_messages(member).take(limit);
        Ok(unread.map(|message| message.seq).collect())
    }

    async fn unread_rooms(&self, user: UserId) -> Result<Vec<UnreadRoom>, Outage> {
        let state = self.state.lock();
        let rooms = state.rooms_of(user).map(|(member, room)| UnreadRoom {
            room: room.id,
            unread: state.unread(member),
            head: room.head,
        });
        Ok(rooms.filter(|room| room.unread.messages > 0).collect())
    }
}

impl State {
    /// The messages that count as unread for a member.
    fn unread_messages(&self, member: &Member) -> impl Iterator<Item = Message> {
        let membership = member.membership.clone();
        let after = counts_after(member.marks.read, member.unread_from);
        self.messages(membership.room).filter(move |message| {
            counts(message, membership.user, after) && membership.may_see(message.seq)
        })
    }

    pub(super) fn unread(&self, member: &Member) -> Unread {
        let cap = UNREAD_COUNT_MAX + 1;
        let mut unread = Unread::default();
        for message in self.unread_messages(member) {
            let mentions = message.body.map(|body| body.mentions).unwrap_or_default();
            let is_mention = mentions.contains(&member.membership.user);
            unread.messages = cap.min(unread.messages + 1);
            unread.mentions = cap.min(unread.mentions + u64::from(is_mention));
            unread.first = unread.first.or(Some(message.seq));
        }
        unread
    }
}
