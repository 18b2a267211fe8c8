//! Whatever is written, the embedded store answers as the reference adapter does: at once, after it
//! was opened again, and what it derives follows from its log.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::fmt::Debug;

use proptest::prelude::*;
use tempfile::TempDir;
use tidings_domain::event::LeaveReason;
use tidings_domain::{
    ClientId, DeviceId, EventBody, MessageBody, Position, Role, RoomId, RoomKind, RoomSettings,
    RoomVersion, Seq, UserId,
};
use tidings_engine::conformance::stage::{
    NOON, append_of, creation, joined_as, left, message_body, named, receipt, role_changed,
    unbanned, unknown,
};
use tidings_engine::memory::Memory;
use tidings_engine::ports::{Append, Guard, InvitationUse, NewInvitation, Outcome, Store, Write};
use tidings_store_sqlite::{Options, Role as Opener, SqliteStore, Sync, check};

const PEOPLE: u8 = 4;
const ROOMS: u8 = 3;

/// One write, before it is known at which version it is decided.
#[derive(Debug, Clone)]
enum Step {
    Create(u8, u8, u8),
    Append {
        room: u8,
        sender: u8,
        client: Option<u8>,
        /// How far the decision lags behind the version, usually not at all.
        behind: u64,
        invitation: Option<u8>,
        bodies: Vec<EventBody>,
    },
    Receipt(u8, u8, u64, u64),
    MarkUnread(u8, u8, u64),
}

fn user(n: u8) -> UserId {
    UserId::from_bytes([0xa0 + n; 16])
}

fn room(n: u8) -> RoomId {
    RoomId::from_bytes([0x10 + n; 16])
}

fn kind(n: u8) -> RoomKind {
    [
        RoomKind::Group,
        RoomKind::Channel,
        RoomKind::Live,
        RoomKind::Direct,
    ][usize::from(n % 4)]
}

fn role(n: u8) -> Role {
    [
        Role::Reader,
        Role::Member,
        Role::Moderator,
        Role::Admin,
        Role::Owner,
    ][usize::from(n % 5)]
}

fn said() -> impl Strategy<Value = EventBody> {
    let mentions = prop::collection::vec(0..PEOPLE, 0..3);
    ("[a-zé ]{0,6}[a-z]", mentions).prop_map(|(text, mentions)| {
        EventBody::MessageSent(MessageBody {
            mentions: mentions.into_iter().map(user).collect(),
            ..message_body(&text)
        })
    })
}

fn settings() -> impl Strategy<Value = RoomSettings> {
    ("[a-cA-C]{1,2}", any::<bool>()).prop_map(|(name, archived)| RoomSettings {
        archived,
        ..named(&name)
    })
}

fn body() -> impl Strategy<Value = EventBody> {
    let who = || 0..PEOPLE;
    let reason = prop_oneof![
        Just(LeaveReason::Left),
        Just(LeaveReason::Removed),
        Just(LeaveReason::Banned)
    ];
    prop_oneof![
        12 => said(),
        5 => (who(), 0..5_u8, 1..9_u64)
            .prop_map(|(who, as_, from)| joined_as(user(who), role(as_), Seq(from))),
        2 => (who(), reason).prop_map(|(who, reason)| left(user(who), reason)),
        1 => (who(), 0..5_u8).prop_map(|(who, as_)| role_changed(user(who), role(as_))),
        1 => who().prop_map(|who| unbanned(user(who))),
        1 => settings().prop_map(EventBody::RoomChanged),
        1 => Just(unknown()),
    ]
}

fn bodies() -> impl Strategy<Value = Vec<EventBody>> {
    prop_oneof![
        60 => prop::collection::vec(body(), 1..3),
        1 => Just(vec![EventBody::RoomDeleted]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (rooms, people) = (|| 0..ROOMS, || 0..PEOPLE);
    let append = (
        rooms(),
        people(),
        prop::option::of(0..12_u8),
        prop_oneof![9 => Just(0_u64), 1 => Just(1)],
        prop_oneof![9 => Just(None), 1 => (0..3_u8).prop_map(Some)],
        bodies(),
    );
    prop_oneof![
        2 => (rooms(), 0..4_u8, people()).prop_map(|(r, k, p)| Step::Create(r, k, p)),
        14 => append.prop_map(|(room, sender, client, behind, invitation, bodies)| Step::Append {
            room,
            sender,
            client,
            behind,
            invitation,
            bodies,
        }),
        5 => (rooms(), people(), 0..30_u64, 0..30_u64)
            .prop_map(|(r, p, delivered, read)| Step::Receipt(r, p, delivered, read)),
        2 => (rooms(), people(), 1..30_u64).prop_map(|(r, p, from)| Step::MarkUnread(r, p, from)),
    ]
}

/// Makes the writes of a batch, guessing each guard as a writer would who saw the state before the
/// batch and knows what the batch itself changes.
async fn writes(store: &Store, steps: &[Step]) -> Vec<Write> {
    let mut raised = [0_u64; ROOMS as usize];
    let mut writes = Vec::new();
    for step in steps {
        writes.push(match step {
            Step::Create(r, k, p) => {
                raised[usize::from(*r)] += 2;
                Write::Append(creation(room(*r), kind(*k), user(*p), named("Made")))
            }
            Step::Append {
                room: r,
                sender,
                client,
                behind,
                invitation,
                bodies,
            } => {
                let known = store.directory.room(room(*r)).await.unwrap();
                let version = known.map_or(0, |room| room.version.0);
                let ahead = &mut raised[usize::from(*r)];
                let guard = Guard::Version(RoomVersion((version + *ahead).saturating_sub(*behind)));
                let changes = bodies.iter().filter(|body| body.changes_room()).count();
                *ahead += changes as u64 * u64::from(*behind == 0);
                let append = append_of(room(*r), user(*sender), guard, bodies.clone());
                Write::Append(Append {
                    client_id: client.map(|n| ClientId::from_bytes([n + 1; 16])),
                    device: client.map(|n| DeviceId::from_bytes([n + 1; 16])),
                    invitation: invitation.map(|n| InvitationUse { code_hash: [n; 32] }),
                    ..append
                })
            }
            Step::Receipt(r, p, delivered, read) => receipt(room(*r), user(*p), *delivered, *read),
            Step::MarkUnread(r, p, from) => Write::MarkUnread {
                room: room(*r),
                user: user(*p),
                from: Seq(*from),
            },
        });
    }
    writes
}

/// Invitations of which each opens a room a few times.
async fn invite(store: &Store) {
    for n in 0..3 {
        let invitation = NewInvitation {
            id: tidings_domain::InvitationId::from_bytes([n; 16]),
            code_hash: [n; 32],
            room: room(n),
            created_by: user(0),
            created_at: NOON,
            expires_at: None,
            uses_max: Some(u32::from(n)),
        };
        let kept = store.directory.create_invitation(invitation, 9).await;
        assert!(kept.unwrap());
    }
}

fn sorted<T: Debug>(items: &[T]) -> Vec<String> {
    let mut lines: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    lines.sort();
    lines
}

/// Everything that can be asked, as text; what comes in any order is sorted.
async fn answers(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    let end = store.log.start().await.unwrap().position;
    let log = store.log.committed_after(Position::ZERO, 10_000).await;
    all.push(format!("log {end} {:?}", log.unwrap()));
    for r in (0..ROOMS).map(room) {
        all.push(room_answers(store, r, end).await);
        for u in (0..PEOPLE).map(user) {
            all.push(member_answers(store, r, u).await);
        }
    }
    for u in (0..PEOPLE).map(user) {
        all.push(user_answers(store, u, end).await);
    }
    all
}

async fn room_answers(store: &Store, r: RoomId, end: Position) -> String {
    let (log, history, directory) = (&store.log, &store.history, &store.directory);
    let mut since = Vec::new();
    for after in (0..=end.0).step_by(3).map(Position) {
        since.push(log.events_since(r, after, 2).await.unwrap());
    }
    let events = log.events_after(r, Seq(1), 10_000).await.unwrap();
    let page = history
        .messages_before(r, Seq(20), Seq(3), 5)
        .await
        .unwrap();
    let all = history.messages_after(r, Seq::ZERO, 10_000).await.unwrap();
    let receipts = sorted(&history.receipts(r, 99).await.unwrap());
    let members = directory.members(r, Some(user(0)), 99).await.unwrap();
    let bans = sorted(&directory.bans(r, 99).await.unwrap());
    let known = directory.room(r).await.unwrap();
    let invitations = directory.invitations(r, NOON, 99).await.unwrap();
    format!(
        "{since:?}{events:?}{page:?}{all:?}{receipts:?}{members:?}{bans:?}{known:?}{invitations:?}"
    )
}

async fn member_answers(store: &Store, r: RoomId, u: UserId) -> String {
    let (history, directory) = (&store.history, &store.directory);
    let receipt = history.receipt(r, u).await.unwrap();
    let unread = history.unread(r, u).await.unwrap();
    let seqs = history.unread_seqs(r, u, 99).await.unwrap();
    let both = directory.room_and_membership(r, u).await.unwrap();
    let mine = directory.my_room(r, u).await.unwrap();
    format!("{receipt:?}{unread:?}{seqs:?}{both:?}{mine:?}")
}

async fn user_answers(store: &Store, u: UserId, end: Position) -> String {
    let (log, history, directory) = (&store.log, &store.history, &store.directory);
    let mut since = Vec::new();
    for after in (0..=end.0).step_by(4).map(Position) {
        let rooms = log.user_rooms(u, Some(after)).await.unwrap();
        since.push(sorted(&rooms.rooms));
        since.push(sorted(&log.receipts_since(u, after, 2).await.unwrap()));
    }
    let rooms = sorted(&log.user_rooms(u, None).await.unwrap().rooms);
    let unread = sorted(&history.unread_rooms(u).await.unwrap());
    let mine = directory.my_rooms(u, None, 2).await.unwrap();
    let more = directory
        .my_rooms(u, Some(Position(end.0 / 2)), 2)
        .await
        .unwrap();
    let listed = directory.listed(u, "A", None, 9).await.unwrap();
    let count = directory.rooms_count(u).await.unwrap();
    let everyone: Vec<_> = (0..PEOPLE).map(user).collect();
    let known = sorted(&directory.acquainted(u, &everyone).await.unwrap());
    let near = sorted(&directory.acquaintances(u, 2, 9).await.unwrap());
    format!("{since:?}{rooms:?}{unread:?}{mine:?}{more:?}{listed:?}{count}{known:?}{near:?}")
}

/// Two rooms of three in which the first people are; the third room is made by chance, or not.
fn furnished() -> Vec<Step> {
    let join = |room, person| Step::Append {
        room,
        sender: person,
        client: None,
        behind: 0,
        invitation: None,
        bodies: vec![joined_as(user(person), Role::Member, Seq(1))],
    };
    vec![
        Step::Create(0, 0, 0),
        Step::Create(1, 1, 1),
        join(0, 1),
        join(0, 2),
        join(1, 0),
    ]
}

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(Options {
        sync: Sync::Off,
        readers: 1,
        ..Options::in_folder(folder.path(), Opener::Server)
    })
    .unwrap()
}

async fn plays_the_same(batches: Vec<Vec<Step>>) {
    let folder = tempfile::tempdir().unwrap();
    let memory = Memory::default().ports();
    let mut sqlite = open(&folder);
    invite(&memory).await;
    invite(&sqlite.ports()).await;
    let half = batches.len() / 2;
    let batches: Vec<_> = [furnished()].into_iter().chain(batches).collect();
    for (n, steps) in batches.iter().enumerate() {
        if n == half {
            drop(sqlite);
            sqlite = open(&folder);
        }
        let batch = writes(&memory, steps).await;
        let expected: Vec<Outcome> = memory.log.commit(batch.clone()).await.unwrap();
        let found = sqlite.ports().log.commit(batch).await.unwrap();
        assert_eq!(found, expected, "batch {n}");
    }
    let expected = answers(&memory).await;
    assert_eq!(answers(&sqlite.ports()).await, expected);
    let path = sqlite.path().to_owned();
    drop(sqlite);
    assert_eq!(check(&path).unwrap(), []);
    assert_eq!(answers(&open(&folder).ports()).await, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_stores_answer_alike(
        batches in prop::collection::vec(prop::collection::vec(step(), 1..8), 1..16)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(plays_the_same(batches));
    }
}
