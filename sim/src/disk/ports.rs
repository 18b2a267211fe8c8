//! The engine's ports over a mounted disk: each read waits, asks the memory, and waits again:
//! what it answers may be old by then.

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::Unread;
use tidings_domain::{
    Event, InvitationId, Membership, Message, Position, Room, RoomId, Seq, Timestamp, UserId,
};
use tidings_engine::ports::{
    Ban, Directory, History, Invitation, ListedRoom, Log, LogStart, MyRoom, NewInvitation, Outage,
    Outcome, ReceiptChange, RoomList, SavedAnswer, Since, UnreadRoom, UserRooms, Write,
};

use super::{Mounted, pause};

/// Methods that ask the memory somewhere within the time that a read takes.
macro_rules! reads {
    ($port:ident { $(fn $name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* } $($own:tt)*) => {
        #[async_trait]
        impl $port for Mounted {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, Outage> {
                let after_ms = self.begin_read().await?;
                let answer = self.memory.$name($($arg),*).await;
                pause(after_ms).await;
                answer
            })*
            $($own)*
        }
    };
}

reads! {
    Log {
        fn start() -> LogStart;
        fn committed_after(after: Position, limit: usize) -> Vec<Event>;
        fn events_after(room: RoomId, after: Seq, limit: usize) -> Vec<Event>;
        fn events_since(room: RoomId, after: Position, limit: usize) -> Since;
        fn user_rooms(user: UserId, since: Option<Position>) -> UserRooms;
        fn receipts_since(user: UserId, since: Position, members_max: u32) -> Vec<ReceiptChange>;
    }
    async fn commit(&self, batch: Vec<Write>) -> Result<Vec<Outcome>, Outage> {
        Self::commit(self, batch).await
    }
}

reads! {
    History {
        fn messages_before(room: RoomId, before: Seq, floor: Seq, limit: usize) -> Vec<Message>;
        fn messages_after(room: RoomId, after: Seq, limit: usize) -> Vec<Message>;
        fn message(room: RoomId, seq: Seq) -> Option<Message>;
        fn receipts(room: RoomId, limit: usize) -> Vec<(UserId, Watermarks)>;
        fn receipt(room: RoomId, user: UserId) -> Option<(Watermarks, Option<Seq>)>;
        fn unread(room: RoomId, user: UserId) -> Unread;
        fn unread_seqs(room: RoomId, user: UserId, limit: usize) -> Vec<Seq>;
        fn unread_rooms(user: UserId) -> Vec<UnreadRoom>;
    }
}

reads! {
    Directory {
        fn room(room: RoomId) -> Option<Room>;
        fn membership(room: RoomId, user: UserId) -> Option<Membership>;
        fn room_and_membership(room: RoomId, user: UserId) -> Option<(Room, Option<Membership>)>;
        fn members(room: RoomId, after: Option<UserId>, limit: usize) -> Vec<(Membership, Watermarks)>;
        fn rooms_count(user: UserId) -> u32;
        fn acquainted(user: UserId, users: &[UserId]) -> Vec<UserId>;
        fn acquaintances(user: UserId, members_max: u32, limit: usize) -> Vec<UserId>;
        fn bans(room: RoomId, limit: usize) -> Vec<Ban>;
        fn my_rooms(user: UserId, after: Option<Position>, limit: usize) -> RoomList;
        fn my_room(room: RoomId, user: UserId) -> Option<MyRoom>;
        fn listed(user: UserId, query: &str, after: Option<RoomId>, limit: usize) -> Vec<ListedRoom>;
        fn create_invitation(invitation: NewInvitation, live_max: usize) -> bool;
        fn invitation(code_hash: [u8; 32]) -> Option<Invitation>;
        fn invitations(room: RoomId, now: Timestamp, limit: usize) -> Vec<Invitation>;
        fn revoke_invitation(room: RoomId, id: InvitationId) -> bool;
        fn saved_answer(owner: &str, key: &str, not_before: Timestamp) -> Option<SavedAnswer>;
        fn save_answer(owner: &str, key: &str, answer: SavedAnswer, not_before: Timestamp) -> ();
    }
}
