//! What every adapter promises about rooms and who is in them.

use tidings_domain::event::LeaveReason;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{
    EventBody, Membership, Position, Role, Room, RoomId, RoomKind, RoomSettings, RoomVersion, Seq,
    UserId,
};

use super::stage::{
    ANA, BOB, CLEO, GENERAL, LOUNGE, NOON, RANDOM, Stage, joined, joined_as, left, named,
    role_changed, unbanned,
};
use crate::ports::{Ban, Store};

async fn membership(stage: &Stage, user: UserId) -> Option<Membership> {
    let found = stage.store.directory.membership(GENERAL, user).await;
    found.unwrap()
}

fn bob() -> Membership {
    Membership {
        room: GENERAL,
        user: BOB,
        role: Role::Member,
        joined_seq: Seq(3),
        left_seq: None,
        visible_from: Seq(1),
        banned: false,
    }
}

/// A room is what its log has made it.
pub async fn a_room_is_what_its_log_has_made_it(store: Store) {
    let stage = Stage::new(store);
    let settings = named("Général");
    stage
        .create_as(GENERAL, RoomKind::Channel, ANA, settings.clone())
        .await;
    let made = Room {
        id: GENERAL,
        kind: RoomKind::Channel,
        settings,
        created_by: ANA,
        created_at: NOON,
        head: Seq(2),
        head_position: stage.position().await,
        head_at: NOON,
        version: RoomVersion(2),
        members: 1,
        deleted: false,
    };
    assert_eq!(stage.room(GENERAL).await, made);
    let settings = RoomSettings {
        slow_mode_s: 30,
        archived: true,
        ..named("Other")
    };
    stage
        .happen(GENERAL, ANA, EventBody::RoomChanged(settings.clone()))
        .await;
    let changed = stage.room(GENERAL).await;
    assert_eq!(
        (changed.settings, changed.version),
        (settings, RoomVersion(3))
    );
    assert_eq!(stage.store.directory.room(RANDOM).await.unwrap(), None);
}

/// Joining, changing roles, leaving and coming back.
pub async fn a_membership_begins_changes_ends_and_begins_again(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    assert_eq!(membership(&stage, BOB).await, Some(bob()));
    stage
        .happen(GENERAL, ANA, role_changed(BOB, Role::Admin))
        .await;
    let admin = Membership {
        role: Role::Admin,
        ..bob()
    };
    assert_eq!(membership(&stage, BOB).await, Some(admin.clone()));
    let left = stage.leave(GENERAL, BOB).await;
    let gone = Membership {
        left_seq: Some(left),
        ..admin
    };
    assert_eq!(membership(&stage, BOB).await, Some(gone));
    assert_eq!(stage.room(GENERAL).await.members, 1);
    let back = stage.happen(GENERAL, BOB, joined(BOB, Seq(6))).await;
    let again = Membership {
        joined_seq: back,
        visible_from: Seq(6),
        ..bob()
    };
    assert_eq!(membership(&stage, BOB).await, Some(again));
    assert_eq!(stage.room(GENERAL).await.members, 2);
    assert_eq!(membership(&stage, CLEO).await, None);
}

/// Who joins while being a member gets the role, and nothing else changes.
pub async fn joining_again_gives_another_role_and_nothing_else(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let again = joined_as(BOB, Role::Moderator, Seq(4));
    stage.happen(GENERAL, ANA, again).await;
    let role = Role::Moderator;
    assert_eq!(
        membership(&stage, BOB).await,
        Some(Membership { role, ..bob() })
    );
    assert_eq!(stage.room(GENERAL).await.members, 2);
}

/// Leaving without being there, and roles for strangers, change no membership.
pub async fn what_is_said_of_strangers_changes_no_membership(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.leave(GENERAL, CLEO).await;
    stage
        .happen(GENERAL, ANA, role_changed(CLEO, Role::Owner))
        .await;
    stage.happen(GENERAL, ANA, unbanned(CLEO)).await;
    assert_eq!(membership(&stage, CLEO).await, None);
    stage.leave(GENERAL, BOB).await;
    let gone = membership(&stage, BOB).await;
    stage.leave(GENERAL, BOB).await;
    stage
        .happen(GENERAL, ANA, role_changed(BOB, Role::Owner))
        .await;
    assert_eq!(membership(&stage, BOB).await, gone);
    assert_eq!(stage.room(GENERAL).await.members, 1);
}

/// A ban ends the membership and is listed until it is lifted.
pub async fn a_ban_holds_until_it_is_lifted(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let at = stage.ban(GENERAL, BOB).await;
    let banned = Membership {
        left_seq: Some(at),
        banned: true,
        ..bob()
    };
    assert_eq!(membership(&stage, BOB).await, Some(banned.clone()));
    let bans = async || stage.store.directory.bans(GENERAL, 10).await.unwrap();
    let ban = Ban {
        user: BOB,
        banned_at: NOON,
    };
    assert_eq!(bans().await, [ban]);
    stage.happen(GENERAL, ANA, unbanned(BOB)).await;
    assert_eq!(bans().await, []);
    let lifted = Membership {
        banned: false,
        ..banned
    };
    assert_eq!(membership(&stage, BOB).await, Some(lifted));
    stage.ban(GENERAL, BOB).await;
    stage.join(GENERAL, BOB).await;
    assert_eq!(bans().await, [], "who is let in is not banned");
}

/// A ban also holds for who has left, and for who never came; neither sees more by it.
pub async fn a_ban_holds_for_who_is_not_there(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let left_seq = Some(stage.leave(GENERAL, BOB).await);
    let ban = stage.ban(GENERAL, BOB).await;
    let banned = Membership {
        left_seq,
        banned: true,
        ..bob()
    };
    assert_eq!(membership(&stage, BOB).await, Some(banned));
    stage.ban(GENERAL, CLEO).await;
    let cleo = membership(&stage, CLEO).await.unwrap();
    assert!(cleo.banned && !cleo.is_current());
    assert!((1..=ban.0 + 2).all(|seq| !cleo.may_see(Seq(seq))));
    assert_eq!(
        stage.store.directory.bans(GENERAL, 10).await.unwrap().len(),
        2
    );
    assert_eq!(
        stage.store.directory.bans(GENERAL, 1).await.unwrap().len(),
        1
    );
    assert_eq!(stage.room(GENERAL).await.members, 1);
}

/// A deletion ends every membership with its own event.
pub async fn a_deletion_ends_all_memberships(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.join(GENERAL, CLEO).await;
    let left = stage.leave(GENERAL, CLEO).await;
    let deleted = stage.delete(GENERAL, ANA).await;
    let room = stage.room(GENERAL).await;
    assert_eq!((room.deleted, room.members, room.head), (true, 0, deleted));
    for (user, ended) in [(ANA, deleted), (BOB, deleted), (CLEO, left)] {
        let membership = membership(&stage, user).await.unwrap();
        assert_eq!(membership.left_seq, Some(ended));
    }
    let directory = &stage.store.directory;
    assert_eq!(directory.members(GENERAL, None, 10).await.unwrap(), []);
    assert_eq!(directory.rooms_count(ANA).await.unwrap(), 0);
    assert_eq!(directory.my_room(GENERAL, ANA).await.unwrap(), None);
}

/// Room and membership come as one answer.
pub async fn a_room_and_a_membership_come_together(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let together = async |room, user| {
        let found = stage.store.directory.room_and_membership(room, user).await;
        found.unwrap()
    };
    let room = stage.room(GENERAL).await;
    assert_eq!(
        together(GENERAL, BOB).await,
        Some((room.clone(), Some(bob())))
    );
    assert_eq!(together(GENERAL, CLEO).await, Some((room, None)));
    assert_eq!(together(RANDOM, BOB).await, None);
}

/// Members are listed by id, with their watermarks, in pages.
pub async fn members_are_listed_in_pages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.join(GENERAL, CLEO).await;
    stage.receipt(GENERAL, CLEO, 4, 2).await;
    let page = async |after, limit| {
        let page = stage.store.directory.members(GENERAL, after, limit).await;
        let page = page.unwrap().into_iter();
        page.map(|(it, marks)| (it.user, marks)).collect::<Vec<_>>()
    };
    let none = Watermarks::default();
    let marks = Watermarks {
        delivered: Seq(4),
        read: Seq(2),
    };
    assert_eq!(page(None, 2).await, [(ANA, none), (BOB, none)]);
    assert_eq!(page(Some(BOB), 2).await, [(CLEO, marks)]);
    assert_eq!(page(Some(CLEO), 2).await, []);
    stage.leave(GENERAL, BOB).await;
    assert_eq!(page(Some(ANA), 2).await, [(CLEO, marks)]);
    assert_eq!(stage.store.directory.rooms_count(CLEO).await.unwrap(), 1);
    assert_eq!(stage.store.directory.rooms_count(BOB).await.unwrap(), 0);
}

fn sorted(mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort();
    users
}

/// People know each other by a present room that is not live.
pub async fn people_are_acquainted_by_a_present_room(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Live, ANA).await;
    stage.join(RANDOM, CLEO).await;
    let known = async |user| {
        let found = stage
            .store
            .directory
            .acquainted(user, &[ANA, BOB, CLEO])
            .await;
        sorted(found.unwrap())
    };
    assert_eq!(known(ANA).await, [ANA, BOB]);
    assert_eq!(
        known(CLEO).await,
        [CLEO],
        "a live room's watchers are strangers"
    );
    let all = async |user, members_max, limit| {
        let directory = &stage.store.directory;
        let found = directory.acquaintances(user, members_max, limit).await;
        sorted(found.unwrap())
    };
    assert_eq!(all(ANA, 10, 10).await, [BOB]);
    stage.join(GENERAL, CLEO).await;
    assert_eq!(all(ANA, 10, 10).await, [BOB, CLEO]);
    assert_eq!(all(ANA, 10, 1).await.len(), 1);
    assert_eq!(all(ANA, 2, 10).await, [], "three members are too many");
    stage.leave(GENERAL, BOB).await;
    assert_eq!(known(ANA).await, [ANA, CLEO]);
    assert_eq!(known(BOB).await, [BOB]);
    assert_eq!(all(BOB, 10, 10).await, []);
}

/// A user's rooms: the latest first, in pages, with where the log ends.
pub async fn my_rooms_come_with_the_latest_first_in_pages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, BOB).await;
    stage.create(LOUNGE, RoomKind::Group, BOB).await;
    stage.say(RANDOM, BOB, "the latest").await;
    let page = async |after, limit| {
        let page = stage
            .store
            .directory
            .my_rooms(BOB, after, limit)
            .await
            .unwrap();
        assert_eq!(page.position, stage.position().await);
        let rooms = page.rooms.iter();
        rooms
            .map(|it| (it.room.id, it.room.head_position))
            .collect::<Vec<_>>()
    };
    let ids = |rooms: &[(RoomId, Position)]| rooms.iter().map(|it| it.0).collect::<Vec<_>>();
    let first = page(None, 2).await;
    assert_eq!(ids(&first), [RANDOM, LOUNGE]);
    assert_eq!(ids(&page(Some(first[1].1), 2).await), [GENERAL]);
    assert_eq!(ids(&page(Some(Position(1)), 2).await), []);
    stage.leave(RANDOM, BOB).await;
    assert_eq!(ids(&page(None, 9).await), [LOUNGE, GENERAL]);
    assert_eq!(ids(&page(None, 0).await), []);
}

/// A room in the list carries membership, watermarks, unread and the last message.
pub async fn my_room_shows_where_i_stand(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say(GENERAL, ANA, "one").await;
    stage.mention(GENERAL, ANA, &[BOB]).await;
    stage.receipt(GENERAL, BOB, 5, 4).await;
    stage.join(GENERAL, CLEO).await;
    let mine = stage
        .store
        .directory
        .my_room(GENERAL, BOB)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (mine.room, mine.membership),
        (stage.room(GENERAL).await, bob())
    );
    assert_eq!(mine.marks, stage.marks(GENERAL, BOB).await);
    assert_eq!(mine.unread, stage.unread(GENERAL, BOB).await);
    assert_eq!((mine.unread.messages, mine.unread.mentions), (1, 1));
    assert_eq!(mine.last_message.map(|it| it.seq), Some(Seq(5)));
    assert_eq!(mine.peer, None, "not a direct room");
    let list = stage.store.directory.my_rooms(BOB, None, 9).await.unwrap();
    assert_eq!(list.rooms[0].marks, mine.marks);
}

/// The last message in the list is the last that the user may see.
pub async fn my_room_shows_no_message_from_before_i_could_see(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say(GENERAL, ANA, "before").await;
    stage.happen(GENERAL, CLEO, joined(CLEO, Seq(5))).await;
    let last = async |user| {
        let mine = stage.store.directory.my_room(GENERAL, user).await.unwrap();
        mine.unwrap().last_message.map(|it| it.seq)
    };
    assert_eq!(last(CLEO).await, None);
    assert_eq!(last(BOB).await, Some(Seq(4)));
    let seq = stage.say(GENERAL, BOB, "after").await;
    assert_eq!(last(CLEO).await, Some(seq));
}

/// A direct room names the other person, even after they left.
pub async fn a_direct_room_names_the_other_person(store: Store) {
    let stage = Stage::new(store);
    stage.create(GENERAL, RoomKind::Direct, ANA).await;
    let peer = async |user| {
        let mine = stage.store.directory.my_room(GENERAL, user).await.unwrap();
        mine.unwrap().peer
    };
    assert_eq!(peer(ANA).await, None, "nobody else came yet");
    stage.join(GENERAL, BOB).await;
    assert_eq!((peer(ANA).await, peer(BOB).await), (Some(BOB), Some(ANA)));
    stage
        .happen(GENERAL, BOB, left(BOB, LeaveReason::Left))
        .await;
    assert_eq!(peer(ANA).await, Some(BOB));
}

async fn open_room(stage: &Stage, id: u8, kind: RoomKind, name: &str) -> RoomId {
    let room = RoomId::from_bytes([id; 16]);
    stage.create_as(room, kind, ANA, named(name)).await;
    room
}

/// Open rooms are found by any part of their name, in order, with whether one is in them.
pub async fn open_rooms_are_found_by_name(store: Store) {
    let stage = Stage::new(store);
    let rust = open_room(&stage, 9, RoomKind::Channel, "Rust").await;
    let beginners = open_room(&stage, 8, RoomKind::Channel, "rust beginners").await;
    let trust = open_room(&stage, 7, RoomKind::Live, "TRUST").await;
    open_room(&stage, 6, RoomKind::Group, "rust, private").await;
    let cafe = open_room(&stage, 5, RoomKind::Channel, "CAFÉ 100%_").await;
    stage.join(beginners, BOB).await;
    let found = async |query, after, limit| {
        let page = stage.store.directory.listed(BOB, query, after, limit).await;
        let rooms = page.unwrap().into_iter();
        rooms.map(|it| (it.room.id, it.joined)).collect::<Vec<_>>()
    };
    let all = [
        (cafe, false),
        (rust, false),
        (beginners, true),
        (trust, false),
    ];
    assert_eq!(found("", None, 10).await, all);
    assert_eq!(found("RUST", None, 10).await, all[1..]);
    assert_eq!(found("rust", Some(rust), 1).await, [(beginners, true)]);
    assert_eq!(found("rust", Some(trust), 10).await, []);
    assert_eq!(found("café", None, 10).await, [(cafe, false)]);
    assert_eq!(
        found("0%_", None, 10).await,
        [(cafe, false)],
        "not a pattern"
    );
    assert_eq!(found("_", None, 10).await, [(cafe, false)], "not a pattern");
    assert_eq!(found("", Some(LOUNGE), 10).await, [], "that room never was");
}

/// Deleted and archived rooms are not listed; a renamed one is found by its new name.
pub async fn closed_rooms_are_not_listed(store: Store) {
    let stage = Stage::new(store);
    let one = open_room(&stage, 1, RoomKind::Channel, "one").await;
    let two = open_room(&stage, 2, RoomKind::Channel, "two").await;
    let three = open_room(&stage, 3, RoomKind::Channel, "three").await;
    stage.delete(one, ANA).await;
    let archived = RoomSettings {
        archived: true,
        ..named("two")
    };
    stage
        .happen(two, ANA, EventBody::RoomChanged(archived))
        .await;
    stage
        .happen(three, ANA, EventBody::RoomChanged(named("four")))
        .await;
    let found = async |query| {
        let page = stage
            .store
            .directory
            .listed(BOB, query, None, 10)
            .await
            .unwrap();
        page.iter().map(|it| it.room.id).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, [three]);
    assert_eq!(found("three").await, []);
    assert_eq!(found("four").await, [three]);
}
