//! People, rooms and what they do, told in one line each.
//!
//! *Invariant*: a stage decides nothing either: it reads a room's version and appends under it, as
//! the engine does.

use tidings_domain::event::{
    LeaveReason, MemberJoined, MemberLeft, MemberRef, MemberRole, RoomCreated,
};
use tidings_domain::name::RoomName;
use tidings_domain::receipt::Watermarks;
use tidings_domain::text::MessageText;
use tidings_domain::unread::Unread;
use tidings_domain::{
    ClientId, Event, EventBody, MessageBody, Position, Role, RoomId, RoomKind, RoomSettings,
    RoomVersion, Seq, Timestamp, UserId,
};

use crate::ports::{Append, Guard, InvitationUse, Outcome, ReceiptWrite, Store, Write};

/// When everything on a stage happens, unless it is said otherwise.
pub const NOON: Timestamp = Timestamp(1_767_268_800_000);

/// Who plays.
pub const ANA: UserId = UserId::from_bytes([0xa1; 16]);
/// Who plays.
pub const BOB: UserId = UserId::from_bytes([0xb2; 16]);
/// Who plays.
pub const CLEO: UserId = UserId::from_bytes([0xc3; 16]);

/// A room.
pub const GENERAL: RoomId = RoomId::from_bytes([0x11; 16]);
/// Another.
pub const RANDOM: RoomId = RoomId::from_bytes([0x22; 16]);
/// A third.
pub const LOUNGE: RoomId = RoomId::from_bytes([0x33; 16]);

/// A store and what happens in it.
pub struct Stage {
    /// The store itself, for questions.
    pub store: Store,
}

impl Stage {
    /// An empty stage.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// A stage on which Ana has made the group `GENERAL` (seqs 1 and 2) and Bob is in it (3).
    pub async fn with_ana_and_bob(store: Store) -> Self {
        let stage = Self::new(store);
        stage.create(GENERAL, RoomKind::Group, ANA).await;
        stage.join(GENERAL, BOB).await;
        stage
    }

    /// Commits a batch.
    pub async fn commit(&self, batch: Vec<Write>) -> Vec<Outcome> {
        let count = batch.len();
        let outcomes = self.store.log.commit(batch).await;
        let outcomes = outcomes.expect("a sound store commits");
        assert_eq!(outcomes.len(), count, "each write is answered");
        outcomes
    }

    /// Commits one write.
    pub async fn write(&self, write: Write) -> Outcome {
        let mut outcomes = self.commit(vec![write]).await;
        outcomes.pop().expect("each write is answered")
    }

    /// A room's version; a room must exist.
    pub async fn version(&self, room: RoomId) -> RoomVersion {
        self.room(room).await.version
    }

    /// A room; it must exist.
    pub async fn room(&self, room: RoomId) -> tidings_domain::Room {
        let found = self.store.directory.room(room).await;
        let found = found.expect("a sound store reads");
        found.unwrap_or_else(|| panic!("{room} should exist"))
    }

    /// Appends bodies under the present version of the room; they must be taken.
    pub async fn append(&self, room: RoomId, sender: UserId, bodies: Vec<EventBody>) -> Vec<Event> {
        let version = self.version(room).await;
        let append = append_of(room, sender, Guard::Version(version), bodies);
        appended(self.write(Write::Append(append)).await)
    }

    /// Appends one body; its seq.
    pub async fn happen(&self, room: RoomId, sender: UserId, body: EventBody) -> Seq {
        let events = self.append(room, sender, vec![body]).await;
        events.first().expect("one body makes one event").seq
    }

    /// Makes a room of which the creator is the owner: events 1 and 2.
    pub async fn create(&self, room: RoomId, kind: RoomKind, creator: UserId) {
        self.create_as(room, kind, creator, RoomSettings::default())
            .await;
    }

    /// Makes a room with settings.
    pub async fn create_as(
        &self,
        room: RoomId,
        kind: RoomKind,
        creator: UserId,
        settings: RoomSettings,
    ) {
        let append = creation(room, kind, creator, settings);
        appended(self.write(Write::Append(append)).await);
    }

    /// Joins, seeing everything from the first event on.
    pub async fn join(&self, room: RoomId, user: UserId) -> Seq {
        self.happen(room, user, joined(user, Seq(1))).await
    }

    /// Leaves.
    pub async fn leave(&self, room: RoomId, user: UserId) -> Seq {
        self.happen(room, user, left(user, LeaveReason::Left)).await
    }

    /// Is banned by Ana.
    pub async fn ban(&self, room: RoomId, user: UserId) -> Seq {
        self.happen(room, ANA, left(user, LeaveReason::Banned))
            .await
    }

    /// Deletes a room.
    pub async fn delete(&self, room: RoomId, by: UserId) -> Seq {
        self.happen(room, by, EventBody::RoomDeleted).await
    }

    /// Says something; its seq.
    pub async fn say(&self, room: RoomId, user: UserId, text: &str) -> Seq {
        self.happen(room, user, message(text)).await
    }

    /// Says something so many times.
    pub async fn say_often(&self, room: RoomId, user: UserId, times: usize) {
        let version = self.version(room).await;
        let guard = Guard::Version(version);
        let one = |n| append_of(room, user, guard, vec![message(&format!("message {n}"))]);
        let batch = (0..times).map(|n| Write::Append(one(n))).collect();
        for outcome in self.commit(batch).await {
            appended(outcome);
        }
    }

    /// Says something that mentions people.
    pub async fn mention(&self, room: RoomId, user: UserId, mentions: &[UserId]) -> Seq {
        let body = MessageBody {
            mentions: mentions.to_vec(),
            ..message_body("you there?")
        };
        self.happen(room, user, EventBody::MessageSent(body)).await
    }

    /// Raises watermarks.
    pub async fn receipt(&self, room: RoomId, user: UserId, delivered: u64, read: u64) -> Outcome {
        self.write(receipt(room, user, delivered, read)).await
    }

    /// Marks a room as unread.
    pub async fn mark_unread(&self, room: RoomId, user: UserId, from: u64) -> Outcome {
        let from = Seq(from);
        self.write(Write::MarkUnread { room, user, from }).await
    }

    /// What is unread.
    pub async fn unread(&self, room: RoomId, user: UserId) -> Unread {
        let unread = self.store.history.unread(room, user).await;
        unread.expect("a sound store counts")
    }

    /// Where a current member's watermarks stand.
    pub async fn marks(&self, room: RoomId, user: UserId) -> Watermarks {
        let receipt = self.store.history.receipt(room, user).await;
        let receipt = receipt.expect("a sound store reads");
        receipt.expect("a current member has watermarks").0
    }

    /// The log's last position.
    pub async fn position(&self) -> Position {
        let start = self.store.log.start().await;
        start.expect("a sound store knows where it ends").position
    }

    /// All events of a room.
    pub async fn events(&self, room: RoomId) -> Vec<Event> {
        let events = self.store.log.events_after(room, Seq::ZERO, 10_000).await;
        events.expect("a sound store reads")
    }
}

/// The creation of a room of which the creator is the owner.
#[must_use]
pub fn creation(room: RoomId, kind: RoomKind, creator: UserId, settings: RoomSettings) -> Append {
    let owner = MemberJoined {
        user: creator,
        role: Role::Owner,
        visible_from: Seq(1),
    };
    let bodies = vec![
        EventBody::RoomCreated(RoomCreated { kind, settings }),
        EventBody::MemberJoined(owner),
    ];
    append_of(room, creator, Guard::Absent, bodies)
}

/// An append without client id, device and invitation.
#[must_use]
pub fn append_of(room: RoomId, sender: UserId, guard: Guard, bodies: Vec<EventBody>) -> Append {
    Append {
        room,
        sender,
        device: None,
        client_id: None,
        at: NOON,
        bodies,
        guard,
        invitation: None,
    }
}

/// A send that is named by a client id.
#[must_use]
pub fn send(room: RoomId, sender: UserId, version: RoomVersion, client: u8, text: &str) -> Append {
    Append {
        client_id: Some(ClientId::from_bytes([client; 16])),
        ..append_of(room, sender, Guard::Version(version), vec![message(text)])
    }
}

/// A join by invitation.
#[must_use]
pub fn join_by(room: RoomId, user: UserId, version: RoomVersion, code_hash: [u8; 32]) -> Append {
    let bodies = vec![joined(user, Seq(1))];
    Append {
        invitation: Some(InvitationUse { code_hash }),
        ..append_of(room, user, Guard::Version(version), bodies)
    }
}

/// Watermarks to raise.
#[must_use]
pub fn receipt(room: RoomId, user: UserId, delivered: u64, read: u64) -> Write {
    Write::Receipt(ReceiptWrite {
        room,
        user,
        delivered: Seq(delivered),
        read: Seq(read),
    })
}

/// `message.sent`.
#[must_use]
pub fn message(text: &str) -> EventBody {
    EventBody::MessageSent(message_body(text))
}

/// What a message says.
#[must_use]
pub fn message_body(text: &str) -> MessageBody {
    MessageBody {
        text: MessageText::parse(text).expect("the suites say only what may be said"),
        reply_to: None,
        mentions: Vec::new(),
        metadata: serde_json::Map::new(),
    }
}

/// `member.joined` as an ordinary member.
#[must_use]
pub fn joined(user: UserId, visible_from: Seq) -> EventBody {
    joined_as(user, Role::Member, visible_from)
}

/// `member.joined` with a role.
#[must_use]
pub fn joined_as(user: UserId, role: Role, visible_from: Seq) -> EventBody {
    EventBody::MemberJoined(MemberJoined {
        user,
        role,
        visible_from,
    })
}

/// `member.left`.
#[must_use]
pub fn left(user: UserId, reason: LeaveReason) -> EventBody {
    EventBody::MemberLeft(MemberLeft { user, reason })
}

/// `member.unbanned`.
#[must_use]
pub fn unbanned(user: UserId) -> EventBody {
    EventBody::MemberUnbanned(MemberRef { user })
}

/// `member.role_changed`.
#[must_use]
pub fn role_changed(user: UserId, role: Role) -> EventBody {
    EventBody::MemberRoleChanged(MemberRole { user, role })
}

/// Settings with nothing but a name.
#[must_use]
pub fn named(name: &str) -> RoomSettings {
    RoomSettings {
        name: Some(RoomName::parse(name).expect("the suites give only good names")),
        ..RoomSettings::default()
    }
}

/// A kind of event that nobody knows.
#[must_use]
pub fn unknown() -> EventBody {
    EventBody::Unknown {
        kind: "poll.opened".to_owned(),
        body: serde_json::json!({ "question": "tea?" }),
    }
}

/// The events of an append, which must have been taken.
pub fn appended(outcome: Outcome) -> Vec<Event> {
    match outcome {
        Outcome::Appended { events, .. } => events,
        other => panic!("should have been appended: {other:?}"),
    }
}

/// The seqs of events.
#[must_use]
pub fn seqs(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}
