//! What every adapter promises about messages as they read now.

use tidings_domain::{EventBody, Message, RoomKind, Seq};

use super::stage::{ANA, BOB, GENERAL, LOUNGE, RANDOM, Stage, message, message_body};
use crate::ports::Store;

fn seqs(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.seq.0).collect()
}

/// A message reads as it was sent.
pub async fn a_message_reads_as_it_was_sent(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    let version = stage.version(GENERAL).await;
    let mut sent = super::stage::send(GENERAL, ANA, version, 7, "  **hi** \u{1f600}\n");
    let mut body = message_body("answer");
    body.reply_to = Some(Seq(2));
    body.mentions = vec![BOB];
    body.metadata
        .insert("n".to_owned(), serde_json::json!([1, null]));
    sent.bodies = vec![EventBody::MessageSent(body.clone())];
    sent.device = Some(tidings_domain::DeviceId::from_bytes([8; 16]));
    let event = super::stage::appended(stage.write(crate::ports::Write::Append(sent)).await);
    let read = stage.store.history.message(GENERAL, Seq(4)).await.unwrap();
    assert_eq!(read, Message::created_by(&event[0]));
    assert_eq!(read.unwrap().body, Some(body));
}

/// Pages backwards: the latest first, below a seq, not below a floor, at most so many.
pub async fn history_is_read_backwards_in_pages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 3).await;
    stage.join(GENERAL, super::stage::CLEO).await;
    stage.say_often(GENERAL, BOB, 3).await;
    let before = async |before, floor, limit| {
        let history = &stage.store.history;
        let page = history.messages_before(GENERAL, Seq(before), Seq(floor), limit);
        seqs(&page.await.unwrap())
    };
    assert_eq!(before(u64::MAX, 0, 10).await, [10, 9, 8, 6, 5, 4]);
    assert_eq!(before(10, 0, 3).await, [9, 8, 6]);
    assert_eq!(before(9, 5, 10).await, [8, 6, 5]);
    assert_eq!(before(4, 0, 10).await, [0; 0]);
    assert_eq!(before(10, u64::MAX, 10).await, [0; 0]);
    assert_eq!(before(10, 0, 0).await, [0; 0]);
}

/// Pages forwards: the earliest first, above a seq.
pub async fn history_is_read_forwards_in_pages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.say_often(GENERAL, ANA, 3).await;
    stage.join(GENERAL, super::stage::CLEO).await;
    stage.say_often(GENERAL, BOB, 2).await;
    let after = async |after, limit| {
        let history = &stage.store.history;
        let page = history.messages_after(GENERAL, Seq(after), limit);
        seqs(&page.await.unwrap())
    };
    assert_eq!(after(0, 10).await, [4, 5, 6, 8, 9]);
    assert_eq!(after(4, 3).await, [5, 6, 8]);
    assert_eq!(after(9, 10).await, [0; 0]);
    assert_eq!(after(u64::MAX, 10).await, [0; 0]);
}

/// What is no message is none, and rooms do not mix.
pub async fn what_is_no_message_is_not_found(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, ANA).await;
    stage.say(GENERAL, ANA, "here").await;
    let history = &stage.store.history;
    for (room, seq) in [
        (GENERAL, 1),
        (GENERAL, 0),
        (GENERAL, 5),
        (GENERAL, u64::MAX),
        (RANDOM, 4),
        (LOUNGE, 1),
    ] {
        assert_eq!(history.message(room, Seq(seq)).await.unwrap(), None);
    }
    let nowhere = history.messages_after(LOUNGE, Seq::ZERO, 10).await.unwrap();
    assert_eq!(nowhere, []);
    let nowhere = history.messages_before(LOUNGE, Seq(9), Seq::ZERO, 10);
    assert_eq!(nowhere.await.unwrap(), []);
}

/// A deleted room's texts are gone from everywhere; who said something when is not.
pub async fn deleting_a_room_blanks_its_messages(store: Store) {
    let stage = Stage::with_ana_and_bob(store).await;
    stage.create(RANDOM, RoomKind::Group, ANA).await;
    stage.say(RANDOM, ANA, "stays").await;
    stage.say(GENERAL, ANA, "goes").await;
    stage.mention(GENERAL, BOB, &[ANA]).await;
    stage.delete(GENERAL, ANA).await;
    let history = &stage.store.history;
    let messages = history
        .messages_after(GENERAL, Seq::ZERO, 10)
        .await
        .unwrap();
    let shown: Vec<_> = messages
        .iter()
        .map(|it| (it.seq.0, it.sender, it.body.is_some()))
        .collect();
    assert_eq!(shown, [(4, ANA, false), (5, BOB, false)]);
    let events = stage.events(GENERAL).await;
    let blanked = events
        .iter()
        .filter(|it| it.body == EventBody::MessageBlanked);
    assert_eq!(blanked.count(), 2);
    let log = &stage.store.log;
    let since = log
        .committed_after(tidings_domain::Position::ZERO, 100)
        .await
        .unwrap();
    assert!(!since.iter().any(|it| it.body == message("goes")));
    assert!(since.iter().any(|it| it.body == message("stays")));
    assert_eq!(
        events.last().map(|it| &it.body),
        Some(&EventBody::RoomDeleted)
    );
}
