//! What every adapter's log promises: order, de-duplication, guards, invitations, projections.

use tidings_domain::{
    ClientId, DeviceId, EventBody, Position, RoomKind, RoomSettings, RoomVersion, Seq, Timestamp,
};

use super::stage::{
    ANA, BOB, CLEO, GENERAL, NOON, RANDOM, Stage, append_of, appended, creation, join_by, joined,
    message, named, send, seqs, unknown,
};
use crate::ports::{Append, Guard, NewInvitation, Outcome, Store, Write};

/// An empty log begins at position zero, and goes on from its last event.
pub async fn a_log_says_where_it_ends(store: Store) {
    let stage = Stage::new(store);
    let start = stage.store.log.start().await.unwrap();
    assert_eq!(start.position, Position::ZERO);
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    let events = stage.events(GENERAL).await;
    let later = stage.store.log.start().await.unwrap();
    assert_eq!(later.epoch, start.epoch);
    assert_eq!(Some(later.position), events.last().map(|it| it.position));
}

/// Seqs count from one in each room, positions rise over all of them.
pub async fn seqs_are_dense_in_each_room_and_positions_rise_over_all(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, BOB).await;
    for _ in 0..3 {
        stage.say(GENERAL, ANA, "here").await;
        stage.say(RANDOM, BOB, "there").await;
    }
    assert_eq!(seqs(&stage.events(GENERAL).await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(seqs(&stage.events(RANDOM).await), [1, 2, 3, 4, 5]);
    let all = stage.store.log.committed_after(Position::ZERO, 100).await;
    let all = all.unwrap();
    assert_eq!(all.len(), 11);
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
}

/// What is answered is what is read, to the last field.
pub async fn an_event_is_read_as_it_was_answered(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let write = Append {
        device: Some(DeviceId::from_bytes([5; 16])),
        at: Timestamp(-1),
        ..send(GENERAL, BOB, version, 9, "hello \u{1f44b}\u{7}")
    };
    let answered = appended(stage.write(Write::Append(write.clone())).await);
    let event = answered.first().unwrap();
    assert_eq!(event.body, write.bodies[0]);
    assert_eq!(
        (event.device, event.client_id, event.at),
        (write.device, write.client_id, write.at)
    );
    assert_eq!(stage.events(GENERAL).await.last(), Some(event));
    let read = stage
        .store
        .log
        .committed_after(Position(event.position.0 - 1), 1);
    assert_eq!(read.await.unwrap(), answered);
}

/// Several bodies are one append: all numbered, the client id with the first.
pub async fn several_bodies_are_appended_together_and_the_first_carries_the_client_id(
    store: Store,
) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let write = Append {
        bodies: vec![
            joined(CLEO, Seq(1)),
            message("welcome"),
            message("all of you"),
        ],
        ..send(GENERAL, ANA, version, 1, "unused")
    };
    let outcome = stage.write(Write::Append(write)).await;
    let Outcome::Appended {
        events,
        version: after,
        members,
    } = outcome
    else {
        panic!("should have been appended: {outcome:?}");
    };
    assert_eq!(seqs(&events), [4, 5, 6]);
    let named: Vec<_> = events.iter().map(|it| it.client_id.is_some()).collect();
    assert_eq!(named, [true, false, false]);
    assert_eq!((after, members), (RoomVersion(version.0 + 1), 3));
}

/// A retry is told what the first send made, and makes nothing.
pub async fn a_retry_makes_one_event(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let first = send(GENERAL, ANA, version, 1, "once");
    let made = appended(stage.write(Write::Append(first.clone())).await);
    let retry = Append {
        at: NOON.plus_millis(60_000),
        ..first
    };
    let before = stage.position().await;
    assert_eq!(
        stage.write(Write::Append(retry)).await,
        Outcome::Duplicate {
            seq: made[0].seq,
            at: NOON
        }
    );
    assert_eq!(stage.position().await, before);
    assert_eq!(stage.events(GENERAL).await.len(), 4);
}

/// A retry is a retry whatever it says now, and whatever became of the room.
pub async fn a_retry_is_known_for_ever(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let first = send(GENERAL, ANA, version, 1, "first text");
    let seq = appended(stage.write(Write::Append(first)).await)[0].seq;
    let duplicate = Outcome::Duplicate { seq, at: NOON };
    let retry = || Write::Append(send(GENERAL, ANA, version, 1, "another text"));
    assert_eq!(stage.write(retry()).await, duplicate);
    stage.join(GENERAL, CLEO).await;
    assert_eq!(stage.write(retry()).await, duplicate, "the room changed");
    stage.delete(GENERAL, ANA).await;
    assert_eq!(stage.write(retry()).await, duplicate, "the room is gone");
}

/// Two of the same in one batch make one event.
pub async fn a_retry_in_the_same_batch_makes_one_event(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let one = || Write::Append(send(GENERAL, ANA, version, 1, "once"));
    let outcomes = stage.commit(vec![one(), one()]).await;
    assert!(matches!(outcomes[0], Outcome::Appended { .. }));
    let seq = Seq(4);
    assert_eq!(outcomes[1], Outcome::Duplicate { seq, at: NOON });
    assert_eq!(stage.events(GENERAL).await.len(), 4);
}

/// A client id names one send of one sender: elsewhere it is a mistake, another's is another.
pub async fn a_client_id_belongs_to_one_sender_and_one_room(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, ANA).await;
    let (general, random) = (stage.version(GENERAL).await, stage.version(RANDOM).await);
    appended(
        stage
            .write(Write::Append(send(GENERAL, ANA, general, 1, "hi")))
            .await,
    );
    let elsewhere = Write::Append(send(RANDOM, ANA, random, 1, "hi"));
    assert_eq!(stage.write(elsewhere).await, Outcome::ClientIdReused);
    assert_eq!(stage.events(RANDOM).await.len(), 2, "nothing was written");
    appended(
        stage
            .write(Write::Append(send(GENERAL, BOB, general, 1, "hi")))
            .await,
    );
}

/// Whoever decided on another version decides again; the room and the others are as before.
pub async fn a_stale_append_leaves_no_trace_and_disturbs_nobody(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let before = stage.room(GENERAL).await;
    let old = RoomVersion(version.0 - 1);
    let stale = Append {
        bodies: vec![message("late"), joined(CLEO, Seq(1))],
        ..send(GENERAL, ANA, old, 1, "unused")
    };
    assert_eq!(stage.write(Write::Append(stale)).await, Outcome::Stale);
    assert_eq!(stage.room(GENERAL).await, before);
    let outcomes = stage
        .commit(vec![
            Write::Append(send(GENERAL, ANA, version, 2, "one")),
            Write::Append(send(GENERAL, ANA, old, 3, "two")),
            Write::Append(send(GENERAL, BOB, version, 4, "three")),
        ])
        .await;
    assert_eq!(outcomes[1], Outcome::Stale);
    let texts = stage.events(GENERAL).await;
    assert_eq!(seqs(&texts), [1, 2, 3, 4, 5]);
    assert_eq!(texts[4].body, message("three"));
    // The client id of a refused send is free.
    appended(
        stage
            .write(Write::Append(send(GENERAL, ANA, version, 1, "again")))
            .await,
    );
}

/// In one batch, a change makes what was decided before it stale.
pub async fn a_change_in_the_same_batch_makes_later_decisions_stale(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let change = vec![EventBody::RoomChanged(named("Renamed"))];
    let guard = Guard::Version(version);
    let outcomes = stage
        .commit(vec![
            Write::Append(append_of(GENERAL, ANA, guard, change)),
            Write::Append(send(GENERAL, BOB, version, 1, "late")),
        ])
        .await;
    assert!(matches!(outcomes[0], Outcome::Appended { version: after, .. } if after > version));
    assert_eq!(outcomes[1], Outcome::Stale);
}

/// A room is made once, and only by its creation.
pub async fn a_room_is_made_once_and_by_its_creation(store: Store) {
    let stage = Stage::new(store);
    let make = || {
        let settings = RoomSettings::default();
        Write::Append(creation(GENERAL, RoomKind::Group, ANA, settings))
    };
    let speak = append_of(GENERAL, ANA, Guard::Absent, vec![message("hello?")]);
    let nowhere = send(RANDOM, ANA, RoomVersion(0), 1, "hello?");
    assert_eq!(stage.write(Write::Append(speak)).await, Outcome::Stale);
    assert_eq!(stage.write(Write::Append(nowhere)).await, Outcome::Stale);
    let outcomes = stage.commit(vec![make(), make()]).await;
    assert!(matches!(
        outcomes[0],
        Outcome::Appended {
            version: RoomVersion(2),
            members: 1,
            ..
        }
    ));
    assert_eq!(outcomes[1], Outcome::Stale);
    assert_eq!(stage.write(make()).await, Outcome::Stale);
}

/// Nothing is appended to a deleted room.
pub async fn a_deleted_room_takes_nothing_more(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.delete(GENERAL, ANA).await;
    let version = stage.version(GENERAL).await;
    let late = Write::Append(send(GENERAL, ANA, version, 1, "late"));
    assert_eq!(stage.write(late).await, Outcome::Stale);
    let again = creation(GENERAL, RoomKind::Group, ANA, RoomSettings::default());
    assert_eq!(stage.write(Write::Append(again)).await, Outcome::Stale);
}

/// Messages leave a room's version, which guards decisions, as it is; changes raise it.
pub async fn only_changes_raise_a_rooms_version(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    assert_eq!(version, RoomVersion(3), "made, joined, joined");
    stage.say(GENERAL, ANA, "hi").await;
    stage.happen(GENERAL, ANA, unknown()).await;
    assert_eq!(stage.version(GENERAL).await, version);
    stage.leave(GENERAL, BOB).await;
    assert_eq!(stage.version(GENERAL).await, RoomVersion(4));
}

/// An event of an unknown kind raises the head and nothing else.
pub async fn an_unknown_kind_only_raises_the_head(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let before = stage.room(GENERAL).await;
    let marks = stage.marks(GENERAL, ANA).await;
    let seq = stage.happen(GENERAL, ANA, unknown()).await;
    let after = stage.room(GENERAL).await;
    assert_eq!(after.head, seq);
    assert!(after.head_position > before.head_position);
    assert_eq!(
        (after.version, after.members),
        (before.version, before.members)
    );
    assert_eq!(stage.marks(GENERAL, ANA).await, marks);
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 0);
    let message = stage.store.history.message(GENERAL, seq).await.unwrap();
    assert_eq!(message, None);
    assert_eq!(stage.events(GENERAL).await.pop().unwrap().body, unknown());
}

fn invitation(code: u8, uses_max: Option<u32>) -> NewInvitation {
    NewInvitation {
        id: tidings_domain::InvitationId::from_bytes([code; 16]),
        code_hash: [code; 32],
        room: GENERAL,
        created_by: ANA,
        created_at: NOON,
        expires_at: Some(NOON.plus_millis(1_000)),
        uses_max,
    }
}

async fn invite(stage: &Stage, invitation: NewInvitation) {
    let kept = stage.store.directory.create_invitation(invitation, 100);
    assert!(kept.await.unwrap());
}

async fn uses(stage: &Stage, code: u8) -> u32 {
    let found = stage.store.directory.invitation([code; 32]).await.unwrap();
    found.expect("it was kept").uses
}

/// The last use of an invitation lets one in, even if two ask in one batch.
pub async fn an_invitation_for_one_lets_one_in(store: Store) {
    let stage = Stage::new(store);
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    invite(&stage, invitation(1, Some(1))).await;
    let version = stage.version(GENERAL).await;
    let next = RoomVersion(version.0 + 1);
    let outcomes = stage
        .commit(vec![
            Write::Append(join_by(GENERAL, BOB, version, [1; 32])),
            // Stale comes before spent: this one asks again.
            Write::Append(join_by(GENERAL, CLEO, version, [1; 32])),
            Write::Append(join_by(GENERAL, CLEO, next, [1; 32])),
        ])
        .await;
    assert!(matches!(outcomes[0], Outcome::Appended { members: 2, .. }));
    assert_eq!(outcomes[1], Outcome::Stale);
    assert_eq!(outcomes[2], Outcome::InvitationSpent);
    assert_eq!(uses(&stage, 1).await, 1);
    let cleo = stage.store.directory.membership(GENERAL, CLEO).await;
    assert_eq!(cleo.unwrap(), None);
}

/// Expired, revoked, foreign and made-up invitations open nothing.
pub async fn an_invitation_that_is_not_live_opens_nothing(store: Store) {
    let stage = Stage::new(store);
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    stage.create(RANDOM, RoomKind::Group, ANA).await;
    invite(&stage, invitation(1, None)).await;
    invite(&stage, invitation(2, None)).await;
    let id = invitation(2, None).id;
    let revoked = stage.store.directory.revoke_invitation(GENERAL, id).await;
    assert!(revoked.unwrap());
    let version = stage.version(GENERAL).await;
    let foreign = stage.version(RANDOM).await;
    let late = Append {
        at: NOON.plus_millis(1_000),
        ..join_by(GENERAL, BOB, version, [1; 32])
    };
    for refused in [
        late,
        join_by(GENERAL, BOB, version, [2; 32]),
        join_by(RANDOM, BOB, foreign, [1; 32]),
        join_by(GENERAL, BOB, version, [3; 32]),
    ] {
        let outcome = stage.write(Write::Append(refused)).await;
        assert_eq!(outcome, Outcome::InvitationSpent);
    }
    assert_eq!(uses(&stage, 1).await, 0);
    assert_eq!(stage.events(GENERAL).await.len(), 2);
}

/// A retried join is a retry before its invitation is looked at, and spends nothing.
pub async fn a_retried_join_spends_one_use(store: Store) {
    let stage = Stage::new(store);
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    invite(&stage, invitation(1, Some(1))).await;
    let version = stage.version(GENERAL).await;
    let join = Append {
        client_id: Some(ClientId::from_bytes([9; 16])),
        ..join_by(GENERAL, BOB, version, [1; 32])
    };
    let seq = appended(stage.write(Write::Append(join.clone())).await)[0].seq;
    let retried = stage.write(Write::Append(join.clone())).await;
    assert_eq!(retried, Outcome::Duplicate { seq, at: NOON });
    let decided_again = Append {
        guard: Guard::Version(stage.version(GENERAL).await),
        ..join
    };
    let retried = stage.write(Write::Append(decided_again)).await;
    assert_eq!(retried, Outcome::Duplicate { seq, at: NOON });
    assert_eq!(uses(&stage, 1).await, 1);
}
