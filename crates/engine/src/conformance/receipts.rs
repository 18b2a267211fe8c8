//! What every adapter promises about watermarks and what is unread.

use tidings_domain::limits::UNREAD_COUNT_MAX;
use tidings_domain::receipt::Watermarks;
use tidings_domain::unread::Unread;
use tidings_domain::{RoomId, RoomKind, Seq};

use super::stage::{ANA, BOB, CLEO, GENERAL, LOUNGE, RANDOM, Stage, joined, receipt};
use crate::ports::{Outcome, ReceiptChange, Store, Write};

fn marks(delivered: u64, read: u64) -> Watermarks {
    Watermarks {
        delivered: Seq(delivered),
        read: Seq(read),
    }
}

fn raised(room: RoomId, delivered: u64, read: u64) -> Outcome {
    stands(room, delivered, read, true)
}

fn stands(room: RoomId, delivered: u64, read: u64, rose: bool) -> Outcome {
    let user = BOB;
    let marks = marks(delivered, read);
    Outcome::Receipt {
        now: ReceiptChange {
            room,
            user,
            marks,
            unread_from: None,
        },
        rose,
    }
}

/// Watermarks rise, never beyond the head, and never fall.
pub async fn watermarks_only_rise_and_stay_within_the_log(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 5).await;
    let bob = async |delivered, read| stage.receipt(GENERAL, BOB, delivered, read).await;
    assert_eq!(bob(4, 0).await, raised(GENERAL, 4, 0));
    assert_eq!(bob(0, 6).await, raised(GENERAL, 6, 6), "read is delivered");
    assert_eq!(bob(5, 3).await, stands(GENERAL, 6, 6, false));
    assert_eq!(
        bob(u64::MAX, 7).await,
        raised(GENERAL, 8, 7),
        "the head is 8"
    );
    assert_eq!(bob(8, 7).await, stands(GENERAL, 8, 7, false));
    assert_eq!(stage.marks(GENERAL, BOB).await, marks(8, 7));
}

/// Several in one batch build on each other.
pub async fn receipts_of_one_batch_build_on_each_other(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let batch = vec![
        receipt(GENERAL, BOB, 2, 1),
        receipt(GENERAL, BOB, 3, 0),
        receipt(GENERAL, BOB, 1, 1),
    ];
    let outcomes = stage.commit(batch).await;
    assert_eq!(
        outcomes,
        [
            raised(GENERAL, 2, 1),
            raised(GENERAL, 3, 1),
            stands(GENERAL, 3, 1, false),
        ]
    );
}

/// Who is no member has no watermarks and no mark.
pub async fn who_is_no_member_has_no_watermarks(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.receipt(GENERAL, BOB, 2, 2).await;
    assert_eq!(stage.receipt(GENERAL, CLEO, 1, 1).await, Outcome::Stale);
    assert_eq!(stage.receipt(LOUNGE, BOB, 1, 1).await, Outcome::Stale);
    assert_eq!(stage.mark_unread(GENERAL, CLEO, 1).await, Outcome::Stale);
    stage.leave(GENERAL, BOB).await;
    assert_eq!(stage.receipt(GENERAL, BOB, 4, 4).await, Outcome::Stale);
    assert_eq!(stage.mark_unread(GENERAL, BOB, 1).await, Outcome::Stale);
    for user in [BOB, CLEO] {
        let receipt = stage.store.history.receipt(GENERAL, user).await;
        assert_eq!(receipt.unwrap(), None);
        assert_eq!(stage.unread(GENERAL, user).await, Unread::default());
    }
    let receipts = stage.store.history.receipts(GENERAL, 10).await.unwrap();
    assert_eq!(receipts, [(ANA, Watermarks::default())]);
}

/// Watermarks outlive a membership.
pub async fn who_comes_back_has_their_watermarks_again(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.receipt(GENERAL, BOB, 3, 2).await;
    stage.leave(GENERAL, BOB).await;
    stage.join(GENERAL, BOB).await;
    assert_eq!(stage.marks(GENERAL, BOB).await, marks(3, 2));
}

/// In one batch a leaver's receipts stop, and a newcomer's begin.
pub async fn receipts_follow_memberships_within_a_batch(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let guard = crate::ports::Guard::Version(version);
    let left = super::stage::left(BOB, tidings_domain::event::LeaveReason::Left);
    let bodies = vec![left, joined(CLEO, Seq(1))];
    let outcomes = stage
        .commit(vec![
            receipt(GENERAL, BOB, 1, 1),
            receipt(GENERAL, CLEO, 1, 1),
            Write::Append(super::stage::append_of(GENERAL, ANA, guard, bodies)),
            receipt(GENERAL, BOB, 2, 2),
            receipt(GENERAL, CLEO, 2, 2),
        ])
        .await;
    assert_eq!(outcomes[0], raised(GENERAL, 1, 1));
    assert_eq!(outcomes[1], Outcome::Stale);
    assert_eq!(outcomes[3], Outcome::Stale);
    assert!(matches!(outcomes[4], Outcome::Receipt { rose: true, .. }));
    assert_eq!(stage.marks(GENERAL, CLEO).await, marks(2, 2));
}

/// Who sends has read up to there; a stranger's send raises nobody.
pub async fn ones_own_send_moves_ones_own_watermarks(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say(GENERAL, ANA, "hi").await;
    let seq = stage.say(GENERAL, BOB, "hello").await;
    assert_eq!(stage.marks(GENERAL, BOB).await, marks(seq.0, seq.0));
    assert_eq!(stage.marks(GENERAL, ANA).await, marks(4, 4));
    stage.say(GENERAL, CLEO, "from a back end").await;
    let cleo = stage.store.history.receipt(GENERAL, CLEO).await.unwrap();
    assert_eq!(cleo, None);
}

/// Others' messages after the read watermark count, and are the ones that are named.
pub async fn unread_counts_others_messages_after_the_watermark(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 4).await;
    stage.receipt(GENERAL, BOB, 7, 5).await;
    stage.join(GENERAL, CLEO).await;
    let unread = stage.unread(GENERAL, BOB).await;
    let expected = Unread {
        messages: 2,
        mentions: 0,
        first: Some(Seq(6)),
    };
    assert_eq!(unread, expected);
    let history = &stage.store.history;
    let seqs = history.unread_seqs(GENERAL, BOB, 10).await.unwrap();
    assert_eq!(seqs, [Seq(6), Seq(7)]);
    let seqs = history.unread_seqs(GENERAL, BOB, 1).await.unwrap();
    assert_eq!(seqs, [Seq(6)]);
    assert_eq!(
        stage.unread(GENERAL, ANA).await,
        Unread::default(),
        "her own"
    );
}

/// Only what a member may see counts.
pub async fn what_a_member_may_not_see_is_not_unread(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 3).await;
    let at = Seq(7);
    stage.happen(GENERAL, CLEO, joined(CLEO, at)).await;
    assert_eq!(stage.unread(GENERAL, CLEO).await, Unread::default());
    stage.mark_unread(GENERAL, CLEO, 1).await;
    assert_eq!(stage.unread(GENERAL, CLEO).await, Unread::default());
    stage.say(GENERAL, ANA, "welcome").await;
    assert_eq!(stage.unread(GENERAL, CLEO).await.first, Some(Seq(8)));
}

/// A mark counts messages again and leaves the watermark; reading lifts it.
pub async fn marking_unread_counts_again_until_the_next_read(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 4).await;
    stage.receipt(GENERAL, BOB, 7, 7).await;
    assert_eq!(stage.mark_unread(GENERAL, BOB, 6).await, Outcome::Done);
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 2);
    let receipt = stage.store.history.receipt(GENERAL, BOB).await.unwrap();
    assert_eq!(receipt, Some((marks(7, 7), Some(Seq(6)))));
    let marked = Outcome::Receipt {
        now: ReceiptChange {
            room: GENERAL,
            user: BOB,
            marks: marks(7, 7),
            unread_from: Some(Seq(6)),
        },
        rose: false,
    };
    let old = stage.receipt(GENERAL, BOB, 7, 6).await;
    assert_eq!(old, marked, "what was read before the mark");
    assert_eq!(stage.receipt(GENERAL, BOB, 7, 0).await, marked);
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 2);
    let again = stage.receipt(GENERAL, BOB, 0, 7).await;
    assert_eq!(again, raised(GENERAL, 7, 7), "others hear of it");
    assert_eq!(stage.unread(GENERAL, BOB).await, Unread::default());
}

/// The latest mark counts, whichever way it moved; one beyond the head counts nothing yet.
pub async fn the_latest_mark_counts(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 4).await;
    stage.receipt(GENERAL, BOB, 7, 7).await;
    stage.mark_unread(GENERAL, BOB, 4).await;
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 4);
    stage.mark_unread(GENERAL, BOB, 7).await;
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 1);
    stage.mark_unread(GENERAL, BOB, 100).await;
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 0);
    stage.say(GENERAL, ANA, "new").await;
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, 1);
}

/// Whoever writes into a room that they had marked has read it.
pub async fn ones_own_send_lifts_the_mark(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say(GENERAL, ANA, "hi").await;
    stage.receipt(GENERAL, BOB, 4, 4).await;
    stage.mark_unread(GENERAL, BOB, 4).await;
    stage.say(GENERAL, BOB, "back").await;
    assert_eq!(stage.unread(GENERAL, BOB).await, Unread::default());
    let receipt = stage.store.history.receipt(GENERAL, BOB).await.unwrap();
    assert_eq!(receipt, Some((marks(5, 5), None)));
}

/// Mentions count for who is meant, once a message, and never by oneself.
pub async fn mentions_are_counted_among_the_unread(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.join(GENERAL, CLEO).await;
    stage.mention(GENERAL, ANA, &[BOB, BOB, ANA]).await;
    stage.say(GENERAL, ANA, "nobody").await;
    stage.mention(GENERAL, ANA, &[CLEO]).await;
    stage.mention(GENERAL, CLEO, &[BOB, CLEO]).await;
    let bob = stage.unread(GENERAL, BOB).await;
    assert_eq!((bob.messages, bob.mentions), (4, 2));
    assert_eq!(stage.unread(GENERAL, CLEO).await, Unread::default());
    stage.receipt(GENERAL, BOB, 5, 5).await;
    assert_eq!(stage.unread(GENERAL, BOB).await.mentions, 1);
}

/// Counting stops one beyond the cap; mentions beyond it still show.
pub async fn counts_are_capped(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let cap = UNREAD_COUNT_MAX + 1;
    let exact = usize::try_from(UNREAD_COUNT_MAX).unwrap();
    stage.say_often(GENERAL, ANA, exact).await;
    assert_eq!(stage.unread(GENERAL, BOB).await.messages, UNREAD_COUNT_MAX);
    stage.say_often(GENERAL, ANA, 5).await;
    stage.mention(GENERAL, ANA, &[BOB]).await;
    let unread = stage.unread(GENERAL, BOB).await;
    let first = Some(Seq(4));
    let expected = Unread {
        messages: cap,
        mentions: 1,
        first,
    };
    assert_eq!(unread, expected);
}

/// The rooms with anything unread are listed, and no others.
pub async fn rooms_with_unread_messages_are_listed(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    for room in [RANDOM, LOUNGE] {
        stage.create(room, RoomKind::Group, ANA).await;
        stage.join(room, BOB).await;
        stage.say(room, ANA, "hi").await;
    }
    stage.receipt(RANDOM, BOB, 4, 4).await;
    stage.say(LOUNGE, ANA, "more").await;
    let unread = stage.store.history.unread_rooms(BOB).await.unwrap();
    let [lounge] = unread[..] else {
        panic!("one room has something unread: {unread:?}");
    };
    assert_eq!((lounge.room, lounge.head), (LOUNGE, Seq(5)));
    assert_eq!(lounge.unread, stage.unread(LOUNGE, BOB).await);
    stage.leave(LOUNGE, BOB).await;
    assert_eq!(stage.store.history.unread_rooms(BOB).await.unwrap(), []);
}

/// The receipts of a room are those of its members, bounded.
pub async fn a_rooms_receipts_are_those_of_its_members(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.receipt(GENERAL, BOB, 3, 2).await;
    let history = &stage.store.history;
    let mut receipts = history.receipts(GENERAL, 10).await.unwrap();
    receipts.sort_by_key(|(user, _)| *user);
    assert_eq!(receipts, [(ANA, marks(0, 0)), (BOB, marks(3, 2))]);
    assert_eq!(history.receipts(GENERAL, 1).await.unwrap().len(), 1);
    assert_eq!(history.receipts(LOUNGE, 10).await.unwrap(), []);
}
