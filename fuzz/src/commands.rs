//! Commands, as the server reads them from anyone: JSON and protobuf, a target each.
//!
//! Properties: what one encoding takes, both can write, and both read back as the same command; to
//! write it twice makes the same bytes. What is refused is refused in few words, under an id that a
//! command may have.

use serde_json::{Map, Value, json};
use tidings_domain::presence::Availability;
use tidings_domain::{ClientId, CommandId, RoomId, Seq, UserId};
use tidings_protocol::codec::{decode_command, encode_command};
use tidings_protocol::socket::command::{
    COMMAND_ID_MAX, ClientNumber, Focus, Hello, Mark, Ping, Send, Signal, Status, Token, Typing,
    Watch,
};
use tidings_protocol::{Command, Encoding};

/// Holds one input against the properties, as JSON.
pub fn run_json(data: &[u8]) {
    run(Encoding::Json, data);
}

/// Holds one input against the properties, as protobuf.
pub fn run_proto(data: &[u8]) {
    run(Encoding::Proto, data);
}

fn run(encoding: Encoding, data: &[u8]) {
    match decode_command(encoding, data) {
        Ok((id, command)) => survives(id, &command),
        Err(refused) => {
            crate::is_brief(&refused.detail);
            let is_id = |id: CommandId| (1..=COMMAND_ID_MAX).contains(&id.0);
            assert!(refused.id.is_none_or(is_id));
        }
    }
}

fn survives(id: CommandId, command: &Command) {
    for encoding in Encoding::ALL {
        let written = encode_command(encoding, id, command);
        let (same_id, same) = decode_command(encoding, &written)
            .unwrap_or_else(|refused| panic!("{encoding:?} does not read it back: {refused}"));
        assert_eq!((same_id, &same), (id, command), "through {encoding:?}");
        assert_eq!(encode_command(encoding, id, &same), written, "{encoding:?}");
    }
}

fn samples() -> Vec<Command> {
    let room = RoomId::from_bytes([1; 16]);
    let user = UserId::from_bytes([2; 16]);
    let metadata: Map<String, Value> = Map::from_iter([("n".to_owned(), json!([1.5, null]))]);
    vec![
        Command::Hello(Hello {
            token: Some("ta_AAAA".to_owned()),
            cursor: Some("AQ".to_owned()),
            device_name: Some("laptop".to_owned()),
        }),
        Command::Send(Send {
            room,
            client_id: ClientId::from_bytes([3; 16]),
            text: "h\u{e9}llo \\ \"you\"".to_owned(),
            reply_to: Some(Seq(3)),
            mentions: vec![user],
            metadata,
        }),
        Command::Send(Send {
            room,
            client_id: ClientId::from_bytes([4; 16]),
            text: "hi".to_owned(),
            reply_to: Some(Seq(u64::MAX)),
            mentions: Vec::new(),
            metadata: Map::new(),
        }),
        Command::Read(Mark { room, seq: Seq(9) }),
        Command::Delivered(Mark { room, seq: Seq(8) }),
        Command::Typing(Typing { room, active: true }),
        Command::Signal(Signal {
            room,
            name: "call".to_owned(),
            data: json!({"a": [1, -2, 3.25e40, "x", false]}),
        }),
        Command::Presence(Watch {
            watch: vec![user],
            unwatch: vec![user],
        }),
        Command::Status(Status {
            availability: Availability::Away,
        }),
        Command::Focus(Focus {
            rooms: Some(vec![room]),
        }),
        Command::Token(Token {
            token: "ta_BBBB".to_owned(),
        }),
        Command::Ping(Ping {
            sent_at_ms: Some(ClientNumber(12.5)),
        }),
    ]
}

fn written(encoding: Encoding) -> Vec<Vec<u8>> {
    let numbered = samples().into_iter().zip(1..);
    let write = |(command, id)| encode_command(encoding, CommandId(id), &command);
    numbered.map(write).collect()
}

/// Every command as JSON, and a second hello with wrong fields.
#[must_use]
pub fn seeds_json() -> Vec<Vec<u8>> {
    let mut seeds = written(Encoding::Json);
    seeds.push(br#"{"id":1,"type":"send","room":7,"x":[[{"a":1e300}]]}"#.to_vec());
    seeds
}

/// Every command as protobuf.
#[must_use]
pub fn seeds_proto() -> Vec<Vec<u8>> {
    written(Encoding::Proto)
}
