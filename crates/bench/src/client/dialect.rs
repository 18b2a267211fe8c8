//! How a target is spoken to: the server by the protocol's own types, the floor in its few words.

use tidings_domain::event::EventBody;
use tidings_domain::presence::{Availability, Presence};
use tidings_domain::{ClientId, CommandId, RoomId, Seq, UserId};
use tidings_protocol::codec::{self, Encoding};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::{Command, Hello, Mark, Send, Status, Typing, Watch};
use tidings_protocol::socket::frame::{AckBody, PresenceNotice, ServerFrame};

use super::orders::Target;
use super::stamp::Stamp;
use super::storm::News;
use super::traffic::Answers;
use super::wire::Opcode;
use crate::clock;
use crate::floor;
use crate::people::People;

/// What a target said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// From here on the member hears what happens.
    Live,
    /// A message in a room.
    Event {
        room: String,
        seq: u64,
        stamp: Stamp,
    },
    /// A command was refused because there are too many.
    TooMuch(u64),
    /// A command was carried out.
    Acknowledged(u64),
    /// These seqs of a room are not sent.
    Gap { room: String, from: u64, to: u64 },
    /// A command was carried out, and these people are so.
    Watches(u64, Vec<(UserId, Presence)>),
    /// Small news; those about people say how they are.
    News(News, Vec<(UserId, Presence)>),
    /// The member reads too slowly.
    Behind,
    /// Nothing that matters here.
    Nothing,
}

/// See the module.
#[derive(Debug)]
pub(crate) enum Dialect {
    /// The server's.
    Tidings { people: People, last_command: u64 },
    /// The floor's.
    Floor,
}

impl Dialect {
    pub(crate) fn new(target: &Target) -> Self {
        match target {
            Target::Tidings(people) => Self::Tidings {
                people: people.clone(),
                last_command: 0,
            },
            Target::Floor => Self::Floor,
        }
    }

    pub(crate) const fn answers(&self) -> Answers {
        match self {
            Self::Tidings { .. } => Answers::Each,
            Self::Floor => Answers::None,
        }
    }

    /// What a member says first.
    pub(crate) fn greeting(&mut self, user: u32, rooms: &[&str]) -> Vec<u8> {
        match self {
            Self::Tidings {
                people,
                last_command,
            } => {
                *last_command += 1;
                let token = Some(people.token(user));
                let hello = Command::Hello(Hello {
                    token,
                    ..Hello::default()
                });
                codec::encode_command(Encoding::Json, CommandId(*last_command), &hello)
            }
            Self::Floor => floor::words::join(rooms),
        }
    }

    /// A message, and the command as which it is answered.
    pub(crate) fn message(&mut self, room: &str, text: String) -> (Vec<u8>, u64) {
        match self {
            Self::Tidings { last_command, .. } => {
                *last_command += 1;
                let command = Command::Send(Send {
                    room: room_id(room),
                    client_id: client_id(*last_command),
                    text,
                    reply_to: None,
                    mentions: Vec::new(),
                    metadata: serde_json::Map::new(),
                });
                let id = CommandId(*last_command);
                (
                    codec::encode_command(Encoding::Json, id, &command),
                    *last_command,
                )
            }
            Self::Floor => (floor::words::say(room, &text), 0),
        }
    }

    /// That a member types in a room, or no longer.
    pub(crate) fn typing(&mut self, room: &str, active: bool) -> (Vec<u8>, u64) {
        let room = room_id(room);
        self.command(&Command::Typing(Typing { room, active }))
    }

    /// That a member has read a room so far.
    pub(crate) fn read(&mut self, room: &str, seq: u64) -> (Vec<u8>, u64) {
        let (room, seq) = (room_id(room), Seq(seq));
        self.command(&Command::Read(Mark { room, seq }))
    }

    /// How a member is.
    pub(crate) fn status(&mut self, availability: Availability) -> (Vec<u8>, u64) {
        self.command(&Command::Status(Status { availability }))
    }

    /// Of whom a member wants to hear how they are.
    pub(crate) fn watch(&mut self, users: Vec<UserId>) -> (Vec<u8>, u64) {
        self.command(&Command::Presence(Watch {
            watch: users,
            unwatch: Vec::new(),
        }))
    }

    /// The id that the target gives to a user; the floor knows none.
    pub(crate) fn user_id(&self, user: u32) -> UserId {
        match self {
            Self::Tidings { people, .. } => people.user_id(user),
            Self::Floor => UserId::from_bytes([0; 16]),
        }
    }

    /// A command and its id; the floor takes none.
    fn command(&mut self, command: &Command) -> (Vec<u8>, u64) {
        match self {
            Self::Tidings { last_command, .. } => {
                *last_command += 1;
                let id = CommandId(*last_command);
                let payload = codec::encode_command(Encoding::Json, id, command);
                (payload, *last_command)
            }
            Self::Floor => (Vec::new(), 0),
        }
    }

    /// Reads a message of the target's.
    pub(crate) fn understand(&self, opcode: Opcode, payload: &[u8]) -> Result<Word, String> {
        match (self, opcode) {
            (Self::Tidings { .. }, Opcode::Text) => understand_server(payload),
            (Self::Floor, Opcode::Text) => Ok(Word::Live),
            (Self::Floor, Opcode::Binary) => understand_floor(payload),
            _ => Err(format!("a frame of an unexpected kind, {opcode:?}")),
        }
    }
}

fn understand_server(payload: &[u8]) -> Result<Word, String> {
    let frame = codec::decode_frame(Encoding::Json, payload).map_err(|error| error.to_string())?;
    Ok(match frame {
        Some(ServerFrame::Event(frame)) => {
            let EventBody::MessageSent(body) = &frame.event.body else {
                return Err(format!("an event that nobody here caused: {frame:?}"));
            };
            let stamp = Stamp::parse(body.text.as_str()).ok_or("a message without a stamp")?;
            Word::Event {
                room: frame.event.room.to_string(),
                seq: frame.event.seq.0,
                stamp,
            }
        }
        Some(ServerFrame::Ack(ack)) => match ack.body {
            AckBody::Presence(people) => Word::Watches(ack.id.0, people_of(&people)),
            _ => Word::Acknowledged(ack.id.0),
        },
        Some(ServerFrame::Presence(people)) => Word::News(News::Presence, people_of(&people)),
        Some(ServerFrame::Receipt(_)) => Word::News(News::Receipt, Vec::new()),
        Some(ServerFrame::Typing(_)) => Word::News(News::Typing, Vec::new()),
        Some(ServerFrame::Checkpoint(checkpoint)) if checkpoint.live => Word::Live,
        Some(ServerFrame::Behind) => Word::Behind,
        Some(ServerFrame::Refusal(refusal)) if is_too_much(&refusal.code) => {
            Word::TooMuch(refusal.id.0)
        }
        Some(ServerFrame::Refusal(refusal)) => {
            return Err(format!("refused as {}: {}", refusal.code, refusal.detail));
        }
        Some(ServerFrame::Gap(gap)) => Word::Gap {
            room: gap.room.to_string(),
            from: gap.from.0,
            to: gap.to.0,
        },
        _ => Word::Nothing,
    })
}

fn people_of(notice: &PresenceNotice) -> Vec<(UserId, Presence)> {
    let people = notice.presence.iter();
    people.map(|entry| (entry.user, entry.presence)).collect()
}

fn is_too_much(code: &str) -> bool {
    let code = ErrorCode::parse(code);
    matches!(
        code,
        Some(ErrorCode::Overloaded | ErrorCode::TooManyInFlight | ErrorCode::RateLimited)
    )
}

fn understand_floor(payload: &[u8]) -> Result<Word, String> {
    let (room, seq, text) = floor::words::read_event(payload).ok_or("no event of the floor's")?;
    let stamp = std::str::from_utf8(text).ok().and_then(Stamp::parse);
    let stamp = stamp.ok_or("a message without a stamp")?;
    Ok(Word::Event {
        room: room.to_string(),
        seq,
        stamp,
    })
}

fn room_id(room: &str) -> RoomId {
    RoomId::parse(room).expect("the rooms' names are ids")
}

/// A version-7 UUID, as clients are told to make them: by time, so that the store finds its place.
fn client_id(command: u64) -> ClientId {
    let [.., high, low] = std::process::id().to_be_bytes();
    let mut distinct = [high, low, 0, 0, 0, 0, 0, 0, 0, 0];
    distinct[2..].copy_from_slice(&command.to_be_bytes());
    let millis = clock::unix_ms();
    let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &distinct).into_uuid();
    ClientId::from_uuid(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floors_words_are_understood() {
        let stamp = Stamp {
            intended_ns: 5,
            sender: 6,
        };
        let event = floor::words::event(3, 9, stamp.text(40).as_bytes());
        let word = Dialect::Floor.understand(Opcode::Binary, &event);
        assert_eq!(
            word,
            Ok(Word::Event {
                room: "3".into(),
                seq: 9,
                stamp
            })
        );
    }

    #[test]
    fn a_refusal_ends_the_run_and_a_gap_is_told() {
        let refusal = |code: &str| {
            let frame = format!(
                r#"{{"type":"refusal","id":4,"code":"{code}","retryable":true,"outcome":"not_done"}}"#
            );
            understand_server(frame.as_bytes())
        };
        assert!(refusal("forbidden").is_err());
        assert_eq!(refusal("overloaded"), Ok(Word::TooMuch(4)));
        let gap = r#"{"type":"gap","room":"0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10","from":1,"to":2}"#;
        let told = understand_server(gap.as_bytes()).unwrap();
        assert!(matches!(told, Word::Gap { from: 1, to: 2, .. }), "{told:?}");
    }

    #[test]
    fn no_two_messages_have_the_same_client_id() {
        let ids: std::collections::HashSet<_> = (0..1_000).map(client_id).collect();
        assert_eq!(ids.len(), 1_000);
        assert_eq!(client_id(1).as_uuid().get_version_num(), 7);
    }
}
