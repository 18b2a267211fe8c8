//! What every adapter promises to readers who come back: from where the log goes on for them.

use tidings_domain::{Event, Position, RoomKind, Seq};

use super::stage::{ANA, BOB, CLEO, GENERAL, LOUNGE, RANDOM, Stage, receipt, send, seqs};
use crate::ports::{Store, Write};

/// Pages of a room's log come in order and stop at their limit.
pub async fn a_rooms_log_is_read_in_pages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 5).await;
    let log = &stage.store.log;
    let page = log.events_after(GENERAL, Seq(2), 3).await.unwrap();
    assert_eq!(seqs(&page), [3, 4, 5]);
    let page = log.events_after(GENERAL, Seq(5), 100).await.unwrap();
    assert_eq!(seqs(&page), [6, 7, 8]);
    for beyond in [8, 9, u64::MAX] {
        let page = log.events_after(GENERAL, Seq(beyond), 100).await.unwrap();
        assert_eq!(page, []);
    }
    assert_eq!(log.events_after(LOUNGE, Seq(0), 10).await.unwrap(), []);
}

/// From every position the first later event of a room is found, whatever lies between.
pub async fn the_first_event_after_any_position_is_found(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, BOB).await;
    for n in 0..20 {
        stage.say(GENERAL, ANA, "here").await;
        stage.say_often(RANDOM, BOB, n % 3).await;
    }
    let events = stage.events(GENERAL).await;
    let end = stage.position().await;
    for after in (0..=end.0 + 1).map(Position) {
        let expected: Vec<Event> = events
            .iter()
            .filter(|it| it.position > after)
            .cloned()
            .collect();
        let log = &stage.store.log;
        let since = log.events_since(GENERAL, after, 3).await.unwrap();
        assert_eq!(since.first, expected.first().map(|it| it.seq), "{after}");
        assert_eq!(since.events, expected[..expected.len().min(3)], "{after}");
        let bare = log.events_since(GENERAL, after, 0).await.unwrap();
        assert_eq!((bare.first, bare.events.len()), (since.first, 0));
    }
    let nowhere = stage
        .store
        .log
        .events_since(LOUNGE, Position::ZERO, 9)
        .await;
    assert_eq!(nowhere.unwrap().first, None);
}

/// A user's rooms: the present ones, and on request those that ended since.
pub async fn a_users_rooms_include_those_that_ended_since_a_position(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Channel, ANA).await;
    stage.create(LOUNGE, RoomKind::Group, ANA).await;
    stage.join(RANDOM, BOB).await;
    stage.join(LOUNGE, BOB).await;
    let before = stage.position().await;
    let left = stage.leave(RANDOM, BOB).await;
    let between = stage.position().await;
    stage.delete(LOUNGE, ANA).await;
    let rooms = async |since| {
        let found = stage.store.log.user_rooms(BOB, since).await.unwrap();
        assert_eq!(found.position, stage.position().await);
        let mut rooms: Vec<_> = found.rooms.iter().map(|it| it.membership.room).collect();
        rooms.sort();
        (rooms, found.rooms)
    };
    assert_eq!(rooms(None).await.0, [GENERAL]);
    assert_eq!(rooms(Some(before)).await.0, [GENERAL, RANDOM, LOUNGE]);
    assert_eq!(rooms(Some(between)).await.0, [GENERAL, LOUNGE]);
    assert_eq!(rooms(Some(stage.position().await)).await.0, [GENERAL]);
    let (_, all) = rooms(Some(before)).await;
    let gone = all.iter().find(|it| it.membership.room == RANDOM).unwrap();
    assert_eq!(gone.membership.left_seq, Some(left));
    assert_eq!((gone.kind, gone.members), (RoomKind::Channel, 1));
    let here = all.iter().find(|it| it.membership.room == GENERAL).unwrap();
    let room = stage.room(GENERAL).await;
    assert_eq!(
        (here.head, here.head_position),
        (room.head, room.head_position)
    );
}

/// Receipts that rose since a position are found again; those of big rooms only if one's own.
pub async fn receipts_that_rose_since_a_position_are_found(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.join(GENERAL, CLEO).await;
    stage.say(GENERAL, ANA, "hi").await;
    let said = stage.position().await;
    stage.receipt(GENERAL, BOB, 5, 4).await;
    let found = async |since, members_max| {
        let changes = stage
            .store
            .log
            .receipts_since(BOB, since, members_max)
            .await;
        let mut users: Vec<_> = changes.unwrap().iter().map(|it| it.user).collect();
        users.sort();
        users
    };
    assert_eq!(found(Position::ZERO, 10).await, [ANA, BOB]);
    assert_eq!(
        found(said, 10).await,
        [ANA, BOB],
        "a stamp is compared inclusively"
    );
    assert_eq!(found(Position(said.0 + 1), 10).await, []);
    assert_eq!(
        found(Position::ZERO, 2).await,
        [BOB],
        "three members are too many"
    );
    stage.leave(GENERAL, ANA).await;
    assert_eq!(
        found(Position::ZERO, 10).await,
        [BOB],
        "Ana is no member any more"
    );
    stage.leave(GENERAL, BOB).await;
    assert_eq!(found(Position::ZERO, 10).await, []);
}

/// Who marks a room as unread, or reads it again, finds that since a position, too.
pub async fn an_unread_mark_is_found_since_a_position(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let said = stage.say(GENERAL, ANA, "hi").await;
    stage.receipt(GENERAL, BOB, said.0, said.0).await;
    stage.say(GENERAL, ANA, "there").await;
    let here = stage.position().await;
    let own = async || {
        let changes = stage.store.log.receipts_since(BOB, here, 10).await.unwrap();
        let own = changes.into_iter().find(|it| it.user == BOB);
        own.map(|it| (it.marks.read, it.unread_from))
    };
    assert_eq!(own().await, None);
    stage.mark_unread(GENERAL, BOB, said.0).await;
    assert_eq!(own().await, Some((said, Some(said))));
    stage.receipt(GENERAL, BOB, said.0, said.0).await;
    assert_eq!(own().await, Some((said, None)));
}

/// No cursor stands between a receipt and the rest of its transaction.
pub async fn a_receipt_is_stamped_with_the_end_of_its_batch(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    stage
        .commit(vec![
            receipt(GENERAL, BOB, 2, 2),
            Write::Append(send(GENERAL, ANA, version, 1, "one")),
            Write::Append(send(GENERAL, ANA, version, 2, "two")),
        ])
        .await;
    let end = stage.position().await;
    let changes = stage.store.log.receipts_since(BOB, end, 10).await.unwrap();
    let mut users: Vec<_> = changes.iter().map(|it| it.user).collect();
    users.sort();
    assert_eq!(users, [ANA, BOB]);
}
