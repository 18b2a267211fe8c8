//! The live connection over real sockets, with a scripted peer at the other end.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod peer;

use peer::{Peer, ROOM, event};
use tidings_client::chat::{Chat, ChatOptions, SendError};
use tidings_client::machine::Update;
use tidings_domain::{ClientId, Seq, Timestamp};
use tidings_protocol::socket::command::Send;
use tidings_protocol::socket::frame::{Ack, AckBody, Refusal, Resume, SentAck, ServerFrame};
use tidings_protocol::{Command, Encoding, ErrorCode};
use tokio::sync::mpsc;

fn message(text: &str) -> Send {
    Send {
        room: ROOM.parse().unwrap(),
        client_id: ClientId::from_bytes([7; 16]),
        text: text.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: serde_json::Map::new(),
    }
}

fn sent(seq: u64) -> AckBody {
    AckBody::Sent(SentAck {
        room: ROOM.parse().unwrap(),
        seq: Seq(seq),
        at_ms: Timestamp(0),
        duplicate: false,
        budget: None,
    })
}

/// The next event's seq, whatever else is told in between.
async fn next_event(updates: &mut mpsc::Receiver<Update>) -> Seq {
    loop {
        if let Update::Event(event) = updates.recv().await.unwrap() {
            return event.seq;
        }
    }
}

#[tokio::test]
async fn what_was_under_way_at_a_cut_is_said_again_under_the_same_client_id() {
    for encoding in Encoding::ALL {
        let mut peer = Peer::start(Vec::new()).await;
        let options = ChatOptions {
            encoding,
            ..ChatOptions::default()
        };
        let (chat, _updates) = Chat::open(peer.session.clone(), options);

        let (mut socket, token, cursor) = peer.greeted(Resume::Fresh).await;
        assert_eq!((token.as_str(), cursor), ("token-0", None));
        socket.say_checkpoint("K").await;
        let said = chat.send(message("hi"));
        let served = async {
            let (_, command) = socket.hear().await;
            assert_eq!(command, Command::Send(message("hi")));
            socket.tear_off();

            let (mut socket, _, cursor) = peer.greeted(Resume::Resumed).await;
            assert_eq!(cursor.as_deref(), Some("K"));
            let (id, command) = socket.hear().await;
            assert_eq!(command, Command::Send(message("hi")));
            socket
                .say(&ServerFrame::Ack(Ack { id, body: sent(5) }))
                .await;
            socket
        };
        let (ack, _socket) = tokio::join!(said, served);
        assert_eq!(ack.unwrap().seq, Seq(5));
        assert_eq!(chat.close().await.resends, 1);
    }
}

#[tokio::test]
async fn what_the_stream_leaves_out_is_fetched_before_what_follows_is_told() {
    let mut peer = Peer::start((1..=6).map(event).collect()).await;
    let (chat, mut updates) = Chat::open(peer.session.clone(), ChatOptions::default());
    let (mut socket, ..) = peer.greeted(Resume::Fresh).await;
    socket.say_event(1).await;
    assert_eq!(next_event(&mut updates).await, Seq(1));
    let gap = tidings_protocol::socket::frame::Gap {
        room: ROOM.parse().unwrap(),
        from: Seq(2),
        to: Seq(5),
    };
    socket.say(&ServerFrame::Gap(gap)).await;
    socket.say_event(6).await;
    for seq in 2..=6 {
        assert_eq!(next_event(&mut updates).await, Seq(seq));
    }
    drop(updates);
    let tally = chat.close().await;
    assert_eq!((tally.events, tally.repeated, tally.jumps), (6, 0, 0));
}

#[tokio::test]
async fn a_token_that_has_expired_is_renewed_and_the_stream_goes_on() {
    let mut peer = Peer::start(Vec::new()).await;
    let (_chat, _updates) = Chat::open(peer.session.clone(), ChatOptions::default());
    let (mut socket, token, _) = peer.greeted(Resume::Fresh).await;
    assert_eq!(token, "token-0");
    socket.say_checkpoint("K").await;
    socket.close(4101).await;
    let (_socket, token, cursor) = peer.greeted(Resume::Resumed).await;
    assert_eq!((token.as_str(), cursor.as_deref()), ("token-1", Some("K")));
}

#[tokio::test]
async fn a_code_that_says_stop_ends_it_and_who_waits_is_told() {
    let mut peer = Peer::start(Vec::new()).await;
    let (chat, mut updates) = Chat::open(peer.session.clone(), ChatOptions::default());
    let (mut socket, ..) = peer.greeted(Resume::Fresh).await;
    let said = chat.send(message("hi"));
    let served = async {
        socket.hear().await;
        socket.close(4202).await;
    };
    let (answer, ()) = tokio::join!(said, served);
    assert_eq!(answer, Err(SendError::Stopped));
    loop {
        if let Update::Stopped(code) = updates.recv().await.unwrap() {
            assert_eq!(code, Some(4202));
            break;
        }
    }
    assert_eq!(updates.recv().await, None);
}

#[tokio::test]
async fn a_refusal_for_now_is_waited_out_and_one_for_good_is_the_answer() {
    let mut peer = Peer::start(Vec::new()).await;
    let (chat, _updates) = Chat::open(peer.session.clone(), ChatOptions::default());
    let (mut socket, ..) = peer.greeted(Resume::Fresh).await;
    let said = chat.send(message("hi"));
    let served = async {
        let (id, _) = socket.hear().await;
        let later = Refusal::new(id, ErrorCode::RateLimited, "slower").retry_after_ms(30);
        socket.say(&ServerFrame::Refusal(later)).await;
        let (id, command) = socket.hear().await;
        assert_eq!(command, Command::Send(message("hi")));
        let never = Refusal::new(id, ErrorCode::Archived, "closed");
        socket.say(&ServerFrame::Refusal(never)).await;
    };
    let (answer, ()) = tokio::join!(said, served);
    let Err(SendError::Refused(refusal)) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(refusal.known_code(), Some(ErrorCode::Archived));
}
