//! The engine as a whole over the store in memory: what people in rooms hear, live, after a cut,
//! and when they read too slowly.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its fixtures too"
)]

#[path = "../doubles/clock.rs"]
mod clock;
mod world;

use std::sync::atomic::Ordering;

use tidings_domain::Cursor;
use tidings_engine::commands::mark_read;
use tidings_engine::commands::mark_unread::mark_unread;
use tidings_engine::commands::put_member::put_member;
use tidings_engine::commands::remove_member::remove_member;
use tidings_engine::connection::{Connection, Verdict};
use tidings_engine::presence::Departure;
use tidings_engine::refusal::{Failure, Refusal};
use world::{Ear, World, actor, user};

#[tokio::test]
async fn members_hear_a_message_once_and_in_order() {
    let world = World::with(3).await;
    let (ana, bob) = (Ear::open(), Ear::open());
    world.connect(1, &ana, None).await;
    world.connect(2, &bob, None).await;
    ana.until("live").await;
    bob.until("live").await;
    for text in ["one", "two", "three"] {
        world.say(3, text).await;
    }
    assert_eq!(ana.until("#7:three").await, "#5:one #6:two #7:three");
    assert_eq!(bob.until("#7:three").await, "#5:one #6:two #7:three");
}

#[tokio::test]
async fn a_retry_is_answered_with_the_first_result_and_heard_once() {
    let world = World::with(2).await;
    let ana = Ear::open();
    world.connect(1, &ana, None).await;
    ana.until("live").await;
    let first = world.say_as(2, 7, "hi").await.unwrap();
    let again = world.say_as(2, 7, "other words").await.unwrap();
    assert_eq!(
        (again.seq, again.at, again.duplicate),
        (first.seq, first.at, true)
    );
    world.say_as(2, 8, "next").await.unwrap();
    assert_eq!(ana.until("#5:next").await, "#4:hi #5:next");
}

#[tokio::test]
async fn a_retry_after_removal_is_answered_with_what_the_first_try_made() {
    let world = World::with(2).await;
    let first = world.say_as(2, 7, "hi").await.unwrap();
    remove_member(&world.engine, actor(1), world.room, user(2))
        .await
        .unwrap();
    let again = world.say_as(2, 7, "hi").await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    let refused = world.say_as(2, 8, "new").await;
    assert!(matches!(
        refused,
        Err(Failure::Refused(Refusal::NotFound("room")))
    ));
}

#[tokio::test]
async fn who_comes_back_with_a_cursor_misses_nothing_and_hears_nothing_twice() {
    let world = World::with(2).await;
    let before = Ear::open();
    let connection = world.connect(1, &before, None).await;
    before.until("live").await;
    world.say(2, "heard").await;
    before.until("#4:heard").await;
    let cursor = before.cursor.lock().clone().unwrap();
    connection.end(Departure::Broken).await;
    for n in 0..50 {
        world.say(2, &format!("missed{n}")).await;
    }
    let after = Ear::open();
    world.connect(1, &after, Some(cursor.to_string())).await;
    let heard = after.until("live").await;
    let expected: Vec<String> = std::iter::once("#4:heard".to_owned())
        .chain((0..50).map(|n| format!("#{}:missed{n}", n + 5)))
        .collect();
    let events: Vec<&str> = heard
        .split(' ')
        .filter(|line| line.starts_with('#'))
        .collect();
    assert_eq!(
        events, expected,
        "the cursor stood before what was heard live"
    );
    world.say(2, "life").await;
    assert_eq!(after.until("#55:life").await, "#55:life");
}

#[tokio::test]
async fn who_was_removed_meanwhile_hears_up_to_the_removal_and_then_nothing() {
    let world = World::with(3).await;
    let ear = Ear::open();
    let connection = world.connect(3, &ear, None).await;
    ear.until("live").await;
    let cursor = ear.cursor.lock().clone().unwrap();
    connection.end(Departure::Broken).await;
    world.say(1, "before").await;
    remove_member(&world.engine, actor(1), world.room, user(3))
        .await
        .unwrap();
    world.say(1, "secret").await;
    let after = Ear::open();
    world.connect(3, &after, Some(cursor.to_string())).await;
    assert_eq!(after.until("live").await, "#5:before #6:member.left live");
    let refused = world.say_as(3, 99, "let me in").await;
    assert!(matches!(
        refused,
        Err(Failure::Refused(Refusal::NotFound("room")))
    ));
    put_member(&world.engine, actor(1), world.room, user(3), None)
        .await
        .unwrap();
    world.say(1, "welcome").await;
    assert_eq!(
        after.until("#9:welcome").await,
        "#8:member.joined #9:welcome"
    );
}

#[tokio::test]
async fn too_much_missed_is_stated_as_a_gap() {
    let world = World::with(2).await;
    let ear = Ear::open();
    let connection = world.connect(1, &ear, None).await;
    ear.until("live").await;
    let cursor = ear.cursor.lock().clone().unwrap();
    connection.end(Departure::Clean).await;
    for n in 0..1_001 {
        world.say(2, &format!("m{n}")).await;
    }
    let after = Ear::open();
    world.connect(1, &after, Some(cursor.to_string())).await;
    // The sender's own messages are read by them: that is the receipt.
    assert_eq!(
        after.until("live").await,
        "gap:4-1004 receipt:1004/1004 live"
    );
}

#[tokio::test]
async fn a_slow_reader_is_told_and_goes_on_from_the_log() {
    let world = World::with(2).await;
    let slow = Ear::with_places(3);
    let connection = world.connect(1, &slow, None).await;
    slow.until("live").await;
    for n in 0..40 {
        world.say(2, &format!("m{n}")).await;
    }
    assert_eq!(
        slow.until("behind").await,
        "#4:m0 #5:m1 #6:m2 (full) behind"
    );
    slow.places.store(1_000, Ordering::Release);
    connection.drained();
    let heard = slow.until("live").await;
    let events: Vec<&str> = heard
        .split(' ')
        .filter(|line| line.starts_with('#'))
        .collect();
    assert_eq!(events.len(), 37, "{heard}");
    assert_eq!((events[0], events[36]), ("#7:m3", "#43:m39"));
    world.say(2, "life").await;
    assert_eq!(slow.until("#44:life").await, "#44:life");
}

#[tokio::test]
async fn a_reader_that_fills_up_while_catching_up_waits_and_goes_on() {
    let world = World::with(2).await;
    let ear = Ear::open();
    let connection = world.connect(1, &ear, None).await;
    ear.until("live").await;
    let cursor = ear.cursor.lock().clone().unwrap();
    connection.end(Departure::Broken).await;
    for n in 0..20 {
        world.say(2, &format!("m{n}")).await;
    }
    let slow = Ear::with_places(5);
    let connection = world.connect(1, &slow, Some(cursor.to_string())).await;
    slow.until("(full)").await;
    slow.places.store(100, Ordering::Release);
    connection.drained();
    assert!(
        slow.until("live")
            .await
            .ends_with("#23:m19 receipt:23/23 live")
    );
}

#[tokio::test]
async fn a_bad_cursor_is_told_from_a_good_one() {
    let world = World::with(1).await;
    let (_, now) = Connection::judge(&world.engine, None).await.unwrap();
    let verdict = async |cursor: &Cursor| {
        Connection::judge(&world.engine, Some(&cursor.to_string()))
            .await
            .unwrap()
            .0
    };
    assert_eq!(verdict(&now).await, Verdict::Resumed(now.position));
    let mut ahead = now.clone();
    ahead.position = ahead.position.next();
    assert!(matches!(verdict(&ahead).await, Verdict::Reset(_)));
    let mut foreign = now.clone();
    foreign.epoch.0 ^= 1;
    assert!(matches!(verdict(&foreign).await, Verdict::Reset(_)));
    let nonsense = Connection::judge(&world.engine, Some("nonsense"))
        .await
        .unwrap()
        .0;
    assert!(matches!(nonsense, Verdict::Reset(_)));
}

#[tokio::test]
async fn watermarks_rise_are_shown_to_others_and_clear_the_badge() {
    let world = World::with(2).await;
    let (ana, bob) = (Ear::open(), Ear::open());
    world.connect(1, &ana, None).await;
    world.connect(2, &bob, None).await;
    ana.until("live").await;
    bob.until("live").await;
    let sent = world.say(1, "read me").await;
    bob.until("#4:read me").await;
    let mark = mark_read::Mark {
        room: world.room,
        delivered: sent.seq,
        read: sent.seq,
    };
    let marks = mark_read::mark(&world.engine, user(2), mark).await.unwrap();
    assert_eq!((marks.delivered, marks.read), (sent.seq, sent.seq));
    ana.until("receipt:4/4").await;
    bob.until("unread:0").await;
    let backwards = mark_read::Mark {
        delivered: sent.seq,
        read: tidings_domain::Seq(1),
        ..mark
    };
    assert_eq!(
        mark_read::mark(&world.engine, user(2), backwards)
            .await
            .unwrap(),
        marks
    );
}

#[tokio::test]
async fn watermarks_that_rose_just_before_a_cursor_was_made_are_told_after_the_cut() {
    let world = World::with(2).await;
    let first = world.say(2, "read me").await;
    let mark = mark_read::Mark {
        room: world.room,
        delivered: first.seq,
        read: first.seq,
    };
    mark_read::mark(&world.engine, user(1), mark).await.unwrap();
    world.say(2, "and me").await;
    let (_, now) = Connection::judge(&world.engine, None).await.unwrap();
    let bob = Ear::open();
    world.connect(2, &bob, Some(now.to_string())).await;
    assert_eq!(bob.until("live").await, "receipt:4/4 unread:0 live");
}

#[tokio::test]
async fn who_was_away_hears_that_another_device_marked_a_room_as_unread_and_read_it_again() {
    let world = World::with(2).await;
    let sent = world.say(1, "read me").await;
    let read = mark_read::Mark {
        room: world.room,
        delivered: sent.seq,
        read: sent.seq,
    };
    mark_read::mark(&world.engine, user(2), read).await.unwrap();
    let (_, now) = Connection::judge(&world.engine, None).await.unwrap();
    let come_back = async || {
        let bob = Ear::open();
        let connection = world.connect(2, &bob, Some(now.to_string())).await;
        let heard = bob.until("live").await;
        connection.end(Departure::Clean).await;
        heard
    };
    mark_unread(&world.engine, user(2), world.room, sent.seq)
        .await
        .unwrap();
    assert_eq!(come_back().await, "receipt:4/4 unread:1 live");
    mark_read::mark(&world.engine, user(2), read).await.unwrap();
    assert_eq!(come_back().await, "receipt:4/4 unread:0 live");
}
