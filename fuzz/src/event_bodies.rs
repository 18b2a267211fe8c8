//! Bodies of events, as the store reads them from its rows.
//!
//! Properties: what is read is written as JSON that is read as the same body under the same kind,
//! and a client that is sent it reads that body too.

use tidings_domain::event::EventBody;
use tidings_domain::{RoomId, Seq, Timestamp, UserId};
use tidings_protocol::codec::{decode_frame, encode_event};
use tidings_protocol::{Encoding, Event, ServerFrame};

/// Holds one input against the properties: the kind, a line end, the body.
pub fn run(data: &[u8]) {
    let Some((kind, text)) = std::str::from_utf8(data)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    match EventBody::from_json(kind, text) {
        Ok(body) => survives(kind, &body),
        Err(unreadable) => assert_eq!(unreadable.kind, kind),
    }
}

fn survives(kind: &str, body: &EventBody) {
    assert_eq!(body.kind(), kind);
    let written = body.to_json();
    let again = EventBody::from_json(kind, &written).expect("what was written can be read");
    assert_eq!(&again, body, "{written}");
    let event = Event {
        room: RoomId::from_bytes([1; 16]),
        seq: Seq(1),
        sender: UserId::from_bytes([2; 16]),
        device: None,
        client_id: None,
        at_ms: Timestamp(0),
        body: again,
    };
    for encoding in Encoding::ALL {
        match decode_frame(encoding, &encode_event(encoding, &event)) {
            Ok(Some(ServerFrame::Event(frame))) => assert_eq!(frame.event, event, "{encoding:?}"),
            other => panic!("{encoding:?} gave {other:?} for {event:?}"),
        }
    }
}

/// A body of every kind.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    const ID: &str = r#""01010101-0101-0101-0101-010101010101""#;
    const SETTINGS: &str = r#"{"name":"Tea","description":"hot","avatar_url":null,"metadata":{"a":1},"history":"all","slow_mode_s":3,"archived":false}"#;
    [
        (
            "message.sent",
            format!(r#"{{"text":"hi","reply_to":3,"mentions":[{ID}],"metadata":{{"a":1.5}}}}"#),
        ),
        (
            "message.sent",
            format!(r#"{{"text":"hi","reply_to":{}}}"#, u64::MAX),
        ),
        ("message.sent", r#"{"deleted":true}"#.to_owned()),
        (
            "room.created",
            format!(r#"{{"kind":"group","settings":{SETTINGS}}}"#),
        ),
        ("room.changed", SETTINGS.to_owned()),
        ("room.deleted", "{}".to_owned()),
        (
            "member.joined",
            format!(r#"{{"user":{ID},"role":"member","visible_from":1}}"#),
        ),
        (
            "member.role_changed",
            format!(r#"{{"user":{ID},"role":"admin"}}"#),
        ),
        (
            "member.left",
            format!(r#"{{"user":{ID},"reason":"banned"}}"#),
        ),
        ("member.unbanned", format!(r#"{{"user":{ID}}}"#)),
        ("poll.opened", r#"{"q":["tea?",1e3,null]}"#.to_owned()),
    ]
    .map(|(kind, body)| format!("{kind}\n{body}").into_bytes())
    .to_vec()
}
