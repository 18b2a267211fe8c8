//! The server's frames, as a client reads them: JSON and protobuf, a target each.
//!
//! Property: what one encoding takes, both can write, and both read back as the same frame.

use tidings_domain::event::{EventBody, MemberJoined, MessageBody};
use tidings_domain::receipt::Watermarks;
use tidings_domain::text::MessageText;
use tidings_domain::{CommandId, Role, RoomId, Seq, Timestamp, UserId};
use tidings_protocol::codec::{decode_frame, encode};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::ClientNumber;
use tidings_protocol::socket::frame::{
    Ack, AckBody, Budget, Checkpoint, EventFrame, Gap, Hint, Pong, Receipts, Reconnect, Refusal,
    SentAck, SignalNotice, TypingNotice,
};
use tidings_protocol::{Encoding, Event, ServerFrame};

/// Holds one input against the property, as JSON.
pub fn run_json(data: &[u8]) {
    run(Encoding::Json, data);
}

/// Holds one input against the property, as protobuf.
pub fn run_proto(data: &[u8]) {
    run(Encoding::Proto, data);
}

fn run(encoding: Encoding, data: &[u8]) {
    match decode_frame(encoding, data) {
        Ok(Some(frame)) => survives(&frame),
        Ok(None) => {}
        Err(unreadable) => crate::is_brief(&unreadable.detail),
    }
}

fn survives(frame: &ServerFrame) {
    for encoding in Encoding::ALL {
        let written = encode(encoding, frame);
        let same = decode_frame(encoding, &written)
            .unwrap_or_else(|why| panic!("{encoding:?} does not read it back: {why}"));
        assert_eq!(same.as_ref(), Some(frame), "through {encoding:?}");
    }
}

fn event(body: EventBody) -> ServerFrame {
    ServerFrame::Event(EventFrame {
        event: Event {
            room: RoomId::from_bytes([1; 16]),
            seq: Seq(7),
            sender: UserId::from_bytes([2; 16]),
            device: None,
            client_id: None,
            at_ms: Timestamp(1_700_000_000_000),
            body,
        },
    })
}

fn events() -> Vec<ServerFrame> {
    let user = UserId::from_bytes([2; 16]);
    let said = MessageBody {
        text: MessageText::parse("h\u{e9}llo").expect("a text"),
        reply_to: Some(Seq(3)),
        mentions: vec![user],
        metadata: serde_json::Map::from_iter([("k".to_owned(), 1.5.into())]),
    };
    let joined = MemberJoined {
        user,
        role: Role::Member,
        visible_from: Seq(1),
    };
    let unknown = EventBody::Unknown {
        kind: "poll.opened".to_owned(),
        body: serde_json::json!({"q": ["tea?"]}),
    };
    let bodies = [
        EventBody::MessageSent(said),
        EventBody::MessageBlanked,
        EventBody::MemberJoined(joined),
        EventBody::RoomDeleted,
        unknown,
    ];
    bodies.map(event).to_vec()
}

fn acks() -> Vec<ServerFrame> {
    let sent = SentAck {
        room: RoomId::from_bytes([1; 16]),
        seq: Seq(7),
        at_ms: Timestamp(5),
        duplicate: true,
        budget: Some(Budget {
            remaining: 9,
            reset_ms: 100,
        }),
    };
    let marks = Watermarks {
        delivered: Seq(4),
        read: Seq(3),
    };
    let pong = Pong {
        sent_at_ms: Some(ClientNumber(0.5)),
        server_at_ms: Timestamp(6),
    };
    let bodies = [
        AckBody::Sent(sent),
        AckBody::Marked(marks),
        AckBody::Pong(pong),
        AckBody::Done {},
    ];
    let ack = |body| {
        ServerFrame::Ack(Ack {
            id: CommandId(3),
            body,
        })
    };
    bodies.map(ack).to_vec()
}

fn others() -> Vec<ServerFrame> {
    let (room, user) = (RoomId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
    let refusal = Refusal::new(CommandId(4), ErrorCode::RateLimited, "slower").retry_after_ms(900);
    vec![
        ServerFrame::Refusal(refusal),
        ServerFrame::Gap(Gap {
            room,
            from: Seq(1),
            to: Seq(5),
        }),
        ServerFrame::Checkpoint(Checkpoint {
            cursor: "AQ".to_owned(),
            live: true,
        }),
        ServerFrame::Behind,
        ServerFrame::Receipt(Receipts {
            room,
            receipts: Vec::new(),
            unread: None,
        }),
        ServerFrame::Typing(TypingNotice {
            room,
            user,
            active: false,
        }),
        ServerFrame::Signal(SignalNotice {
            room,
            user,
            name: "call".to_owned(),
            data: serde_json::json!({"sdp": [1, 2.5]}),
        }),
        ServerFrame::Hint(Hint {
            room,
            head: Seq(9),
            at_ms: Timestamp(7),
        }),
        ServerFrame::Reconnect(Reconnect { after_ms: 250 }),
    ]
}

const WELCOME: &str = r#"{"type":"ack","id":1,"welcome":{"connection":7,"user":{"id":
"01010101-0101-0101-0101-010101010101","username":"ana","display_name":"Ana","avatar_url":null,
"status_text":null,"origin":"guest"},"session_id":"02020202-0202-0202-0202-020202020202","device_id":
"03030303-0303-0303-0303-030303030303","server_at_ms":5,"ping_interval_ms":25000,"peer_timeout_ms":
45000,"resume":"reset","reason":"ahead","cursor":"AQ"}}"#;
const PRESENCE: &str = r#"{"type":"presence","presence":[{"user":
"01010101-0101-0101-0101-010101010101","presence":"online","status_text":"tea"}]}"#;
const CHANGED: &str = r#"{"type":"event","event":{"room":"01010101-0101-0101-0101-010101010101",
"seq":2,"kind":"room.changed","sender":"02020202-0202-0202-0202-020202020202","at_ms":3,"body":
{"name":"Tea","description":null,"metadata":{}}}}"#;

fn frames() -> Vec<ServerFrame> {
    [events(), acks(), others()].concat()
}

/// Frames of every kind as JSON.
#[must_use]
pub fn seeds_json() -> Vec<Vec<u8>> {
    let frames = frames();
    let written = frames.iter().map(|frame| encode(Encoding::Json, frame));
    let by_hand = [WELCOME, PRESENCE, CHANGED].map(|text| text.as_bytes().to_vec());
    written.chain(by_hand).collect()
}

/// Frames of every kind as protobuf.
#[must_use]
pub fn seeds_proto() -> Vec<Vec<u8>> {
    let by_hand = [WELCOME, PRESENCE, CHANGED]
        .into_iter()
        .filter_map(|text| decode_frame(Encoding::Json, text.as_bytes()).ok().flatten());
    let frames = frames().into_iter().chain(by_hand);
    frames
        .map(|frame| encode(Encoding::Proto, &frame))
        .collect()
}
