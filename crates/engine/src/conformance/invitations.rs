//! What every adapter promises about invitations and saved answers.

use tidings_domain::{InvitationId, RoomId, RoomKind, Timestamp};

use super::stage::{ANA, BOB, GENERAL, NOON, RANDOM, Stage, appended, join_by};
use crate::ports::{Invitation, NewInvitation, SavedAnswer, Store, Write};

fn new(room: RoomId, code: u8) -> NewInvitation {
    NewInvitation {
        id: InvitationId::from_bytes([code; 16]),
        code_hash: [code; 32],
        room,
        created_by: ANA,
        created_at: NOON.plus_millis(i64::from(code)),
        expires_at: None,
        uses_max: None,
    }
}

async fn keep(store: &Store, invitation: NewInvitation, live_max: usize) -> bool {
    let kept = store.directory.create_invitation(invitation, live_max);
    kept.await.unwrap()
}

async fn live(store: &Store, room: RoomId, now: Timestamp) -> Vec<u8> {
    let found = store.directory.invitations(room, now, 10).await.unwrap();
    found.iter().map(|it| it.id.as_bytes()[0]).collect()
}

/// An invitation is found by its code, and says how often it was used.
pub async fn an_invitation_is_found_by_its_code(store: Store) {
    let stage = Stage::new(store);
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    let invitation = NewInvitation {
        expires_at: Some(NOON.plus_millis(60_000)),
        uses_max: Some(3),
        ..new(GENERAL, 1)
    };
    assert!(keep(&stage.store, invitation.clone(), 10).await);
    let version = stage.version(GENERAL).await;
    let join = join_by(GENERAL, BOB, version, [1; 32]);
    appended(stage.write(Write::Append(join)).await);
    let found = stage.store.directory.invitation([1; 32]).await.unwrap();
    let expected = Invitation {
        id: invitation.id,
        room: GENERAL,
        created_by: ANA,
        created_at: invitation.created_at,
        expires_at: invitation.expires_at,
        uses_max: Some(3),
        uses: 1,
        revoked: false,
    };
    assert_eq!(found, Some(expected));
    let unknown = stage.store.directory.invitation([2; 32]).await.unwrap();
    assert_eq!(unknown, None);
}

/// Live ones are listed, the latest first; those of other rooms, expired and revoked ones are not.
pub async fn live_invitations_are_listed(store: Store) {
    let soon = Some(NOON.plus_millis(1_000));
    for code in 1..=3 {
        assert!(keep(&store, new(GENERAL, code), 10).await);
    }
    assert!(keep(&store, new(RANDOM, 4), 10).await);
    let expiring = NewInvitation {
        expires_at: soon,
        ..new(GENERAL, 5)
    };
    assert!(keep(&store, expiring, 10).await);
    assert_eq!(
        live(&store, GENERAL, NOON.plus_millis(999)).await,
        [5, 3, 2, 1]
    );
    assert_eq!(
        live(&store, GENERAL, NOON.plus_millis(1_000)).await,
        [3, 2, 1]
    );
    let directory = &store.directory;
    let revoke = async |room, code| {
        let id = InvitationId::from_bytes([code; 16]);
        directory.revoke_invitation(room, id).await.unwrap()
    };
    assert!(!revoke(RANDOM, 2).await, "it is another room's");
    assert!(revoke(GENERAL, 2).await);
    assert!(!revoke(GENERAL, 2).await, "it was revoked");
    assert!(!revoke(GENERAL, 9).await);
    assert_eq!(live(&store, GENERAL, NOON.plus_millis(1_000)).await, [3, 1]);
    let two = directory.invitations(GENERAL, NOON, 2).await.unwrap();
    assert_eq!(two.len(), 2);
}

/// A room keeps so many live invitations; what is not live makes room.
pub async fn a_room_keeps_a_bounded_number_of_live_invitations(store: Store) {
    let soon = Some(NOON.plus_millis(10));
    let expiring = NewInvitation {
        expires_at: soon,
        ..new(GENERAL, 1)
    };
    assert!(keep(&store, expiring, 2).await);
    assert!(keep(&store, new(GENERAL, 2), 2).await);
    assert!(!keep(&store, new(GENERAL, 3), 2).await);
    let none = store.directory.invitation([3; 32]).await.unwrap();
    assert_eq!(none, None, "nothing was kept");
    assert!(keep(&store, new(RANDOM, 4), 2).await);
    assert!(
        keep(&store, new(GENERAL, 10), 2).await,
        "the first expired at 10"
    );
}

fn answer(status: u16, at: i64) -> SavedAnswer {
    SavedAnswer {
        request_hash: [3; 32],
        status,
        body: vec![0, 255, 10],
        at: Timestamp(at),
    }
}

async fn saved(store: &Store, owner: &str, key: &str, not_before: i64) -> Option<u16> {
    let found = store
        .directory
        .saved_answer(owner, key, Timestamp(not_before));
    found.await.unwrap().map(|it| it.status)
}

async fn save(store: &Store, key: &str, answer: SavedAnswer, not_before: i64) {
    let directory = &store.directory;
    let saved = directory.save_answer("ana", key, answer, Timestamp(not_before));
    saved.await.unwrap();
}

/// A saved answer is found again by its owner and key, while it is young enough.
pub async fn a_saved_answer_is_found_by_its_owner(store: Store) {
    save(&store, "k", answer(201, 100), 0).await;
    let found = store
        .directory
        .saved_answer("ana", "k", Timestamp(100))
        .await;
    assert_eq!(found.unwrap(), Some(answer(201, 100)));
    assert_eq!(saved(&store, "ana", "k", 101).await, None);
    assert_eq!(saved(&store, "bob", "k", 0).await, None);
    assert_eq!(saved(&store, "ana", "other", 0).await, None);
}

/// The first answer to a key stays, until it is old.
pub async fn the_first_saved_answer_stays_until_it_is_old(store: Store) {
    save(&store, "k", answer(201, 100), 0).await;
    save(&store, "k", answer(500, 150), 50).await;
    assert_eq!(saved(&store, "ana", "k", 0).await, Some(201));
    save(&store, "k", answer(202, 300), 200).await;
    assert_eq!(saved(&store, "ana", "k", 0).await, Some(202));
}

/// Old answers go as new ones come.
pub async fn old_answers_are_forgotten(store: Store) {
    for n in 0..40 {
        save(&store, &format!("old {n}"), answer(200, n), 0).await;
    }
    for n in 0..20 {
        save(&store, &format!("new {n}"), answer(200, 1_000), 500).await;
    }
    for n in 0..40 {
        assert_eq!(saved(&store, "ana", &format!("old {n}"), 0).await, None);
    }
    assert_eq!(saved(&store, "ana", "new 0", 500).await, Some(200));
}
