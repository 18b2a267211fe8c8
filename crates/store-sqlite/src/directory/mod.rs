//! The port [`Directory`]: rooms, members, invitations, saved answers.

mod answers;
pub(crate) mod invitations;
mod members;
mod rooms;

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{InvitationId, Membership, Position, Room, RoomId, Timestamp, UserId};
use tidings_engine::ports::{
    Ban, Directory, Invitation, ListedRoom, MyRoom, NewInvitation, Outage, RoomList, SavedAnswer,
};

use crate::store::SqliteStore;

type Answer<T> = Result<T, Outage>;

#[async_trait]
impl Directory for SqliteStore {
    async fn room(&self, room: RoomId) -> Answer<Option<Room>> {
        self.read("find a room", move |reader| rooms::room(&reader.conn, room))
            .await
    }

    async fn membership(&self, room: RoomId, user: UserId) -> Answer<Option<Membership>> {
        self.read("find a membership", move |reader| {
            members::membership(&reader.conn, room, user)
        })
        .await
    }

    async fn room_and_membership(
        &self,
        room: RoomId,
        user: UserId,
    ) -> Answer<Option<(Room, Option<Membership>)>> {
        self.read("find a room and a membership", move |reader| {
            let Some(found) = rooms::room(&reader.conn, room)? else {
                return Ok(None);
            };
            let membership = members::membership(&reader.conn, room, user)?;
            Ok(Some((found, membership)))
        })
        .await
    }

    async fn members(
        &self,
        room: RoomId,
        after: Option<UserId>,
        limit: usize,
    ) -> Answer<Vec<(Membership, Watermarks)>> {
        self.read("list members", move |reader| {
            members::members(&reader.conn, room, after, limit)
        })
        .await
    }

    async fn rooms_count(&self, user: UserId) -> Answer<u32> {
        self.read("count rooms", move |reader| {
            members::rooms_count(&reader.conn, user)
        })
        .await
    }

    async fn acquainted(&self, user: UserId, users: &[UserId]) -> Answer<Vec<UserId>> {
        let users = users.to_vec();
        self.read("find acquaintances", move |reader| {
            members::acquainted(&reader.conn, user, users)
        })
        .await
    }

    async fn acquaintances(
        &self,
        user: UserId,
        members_max: u32,
        limit: usize,
    ) -> Answer<Vec<UserId>> {
        self.read("list acquaintances", move |reader| {
            members::acquaintances(&reader.conn, user, members_max, limit)
        })
        .await
    }

    async fn bans(&self, room: RoomId, limit: usize) -> Answer<Vec<Ban>> {
        self.read("list bans", move |reader| {
            members::bans(&reader.conn, room, limit)
        })
        .await
    }

    async fn my_rooms(
        &self,
        user: UserId,
        after: Option<Position>,
        limit: usize,
    ) -> Answer<RoomList> {
        self.read("list a user's rooms", move |reader| {
            rooms::my_rooms(reader, user, after, limit)
        })
        .await
    }

    async fn my_room(&self, room: RoomId, user: UserId) -> Answer<Option<MyRoom>> {
        self.read("show a user's room", move |reader| {
            rooms::my_room(reader, room, user)
        })
        .await
    }

    async fn listed(
        &self,
        user: UserId,
        query: &str,
        after: Option<RoomId>,
        limit: usize,
    ) -> Answer<Vec<ListedRoom>> {
        let query = query.to_lowercase();
        self.read("list open rooms", move |reader| {
            rooms::listed(&reader.conn, user, &query, after, limit)
        })
        .await
    }

    async fn create_invitation(&self, invitation: NewInvitation, live_max: usize) -> Answer<bool> {
        self.write("keep an invitation", move |desk| {
            invitations::create(&desk.conn, &invitation, live_max)
        })
        .await
    }

    async fn invitation(&self, code_hash: [u8; 32]) -> Answer<Option<Invitation>> {
        self.read("find an invitation", move |reader| {
            invitations::by_code(&reader.conn, &code_hash)
        })
        .await
    }

    async fn invitations(
        &self,
        room: RoomId,
        now: Timestamp,
        limit: usize,
    ) -> Answer<Vec<Invitation>> {
        self.read("list invitations", move |reader| {
            invitations::live(&reader.conn, room, now, limit)
        })
        .await
    }

    async fn revoke_invitation(&self, room: RoomId, id: InvitationId) -> Answer<bool> {
        self.write("revoke an invitation", move |desk| {
            invitations::revoke(&desk.conn, room, id)
        })
        .await
    }

    async fn saved_answer(
        &self,
        owner: &str,
        key: &str,
        not_before: Timestamp,
    ) -> Answer<Option<SavedAnswer>> {
        let (owner, key) = (owner.to_owned(), key.to_owned());
        self.read("find a saved answer", move |reader| {
            answers::find(&reader.conn, &owner, &key, not_before)
        })
        .await
    }

    async fn save_answer(
        &self,
        owner: &str,
        key: &str,
        answer: SavedAnswer,
        not_before: Timestamp,
    ) -> Answer<()> {
        let (owner, key) = (owner.to_owned(), key.to_owned());
        self.write("save an answer", move |desk| {
            answers::save(&desk.conn, &owner, &key, &answer, not_before)
        })
        .await
    }
}
