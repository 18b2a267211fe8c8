//! The Rust client's state machine, against a server that says whatever it likes.
//!
//! Properties: of each room the application is told events in rising order and never the same one
//! twice, until it is told that its place was lost or the room is gone; a send is written only while
//! it was neither acknowledged nor refused, and is answered once; each input has few effects.

use std::collections::{HashMap, HashSet};

use tidings_client::machine::{Again, Effect, Input, Machine, MarkKind, Reading, Update};
use tidings_domain::event::EventBody;
use tidings_domain::{ClientId, CommandId, RoomId, Seq, Timestamp, UserId};
use tidings_protocol::codec::decode_frame;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::{Mark, Send};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Checkpoint, EventFrame, Gap, Hint, Reconnect, Refusal, SentAck, Welcome,
};
use tidings_protocol::{Command, Encoding, Event, ServerFrame};

use crate::draw::Draw;

const ROOMS: u8 = 3;
/// Inputs that one run takes; more would only be slow.
const INPUTS_MAX: usize = 300;

/// What the application has been told and what it waits for.
#[derive(Default)]
struct Application {
    told: HashMap<RoomId, Seq>,
    sends: HashSet<ClientId>,
    said: u8,
}

/// Holds one input against the properties: one inhabitant of the machine's world after another.
pub fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let reading = [Reading::Everything, Reading::Answers][draw.below(2)];
    let mut machine = Machine::new(draw.number(), reading, None);
    let mut application = Application::default();
    let mut now_ms = 0;
    for _ in 0..INPUTS_MAX {
        if draw.is_empty() {
            break;
        }
        now_ms += [0, 1, 600, 9_000, 60_000][draw.below(5)];
        let input = application.input(&mut draw);
        let many = many_effects(&input, application.sends.len());
        let effects = machine.handle(now_ms, input);
        assert!(effects.len() <= many, "{} effects", effects.len());
        effects.iter().for_each(|effect| application.see(effect));
        let _ = machine.wake_at_ms();
    }
}

/// An input says something of each event and room that it is about, and time may add for each send.
fn many_effects(input: &Input, sends: usize) -> usize {
    let of_input = match input {
        Input::Fetched(_, events) => events.len(),
        _ => 0,
    };
    12 + of_input + sends + 4 * usize::from(ROOMS)
}

fn room(draw: &mut Draw<'_>) -> RoomId {
    RoomId::from_bytes([1 + draw.byte() % ROOMS; 16])
}

fn event(room: RoomId, seq: Seq) -> Event {
    Event {
        room,
        seq,
        sender: UserId::from_bytes([9; 16]),
        device: None,
        client_id: None,
        at_ms: Timestamp(0),
        body: EventBody::RoomDeleted,
    }
}

impl Application {
    fn input(&mut self, draw: &mut Draw<'_>) -> Input {
        match draw.below(16) {
            0 => Input::Start,
            1 => Input::Authenticated {
                token: "t".to_owned(),
                valid_for_ms: draw.number(),
            },
            2 => Input::AuthenticationFailed(again(draw)),
            3 => Input::Connected,
            4 => Input::Disconnected([None, Some(1000 + u16::from(draw.byte()))][draw.below(2)]),
            5 => self.send(draw),
            6 => {
                let mark = Mark {
                    room: room(draw),
                    seq: Seq(draw.number()),
                };
                Input::Mark([MarkKind::Read, MarkKind::Delivered][draw.below(2)], mark)
            }
            7 => self.known(draw),
            8 => Input::FetchFailed(room(draw), again(draw)),
            9 => fetched(draw),
            10 => Input::Tick,
            _ => Input::Frame(frame(draw)),
        }
    }

    fn send(&mut self, draw: &mut Draw<'_>) -> Input {
        self.said = self.said.saturating_add(1);
        let client_id = ClientId::from_bytes([self.said; 16]);
        self.sends.insert(client_id);
        Input::Send(Send {
            room: room(draw),
            client_id,
            text: "hi".to_owned(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        })
    }

    /// What an application holds is never less than what it was told.
    fn known(&mut self, draw: &mut Draw<'_>) -> Input {
        let (room, seq) = (room(draw), Seq(draw.number()));
        Input::Known(room, seq)
    }

    fn see(&mut self, effect: &Effect) {
        match effect {
            Effect::Write(_, Command::Send(send)) => {
                assert!(
                    self.sends.contains(&send.client_id),
                    "sent what was answered"
                );
            }
            Effect::Tell(Update::Event(event)) => {
                let before = self.told.insert(event.room, event.seq);
                assert!(
                    before.is_none_or(|before| before < event.seq),
                    "told {event:?} again"
                );
            }
            Effect::Tell(Update::Reset(_)) => self.told.clear(),
            Effect::Tell(Update::Gone(room)) => drop(self.told.remove(room)),
            Effect::Tell(Update::Sent(id, _) | Update::Refused(id, _)) => {
                assert!(self.sends.remove(id), "answered twice");
            }
            _ => {}
        }
    }
}

fn again(draw: &mut Draw<'_>) -> Again {
    [Again::Later, Again::Never][draw.below(2)]
}

fn fetched(draw: &mut Draw<'_>) -> Input {
    let room = room(draw);
    let many = draw.below(6);
    Input::Fetched(
        room,
        (0..many).map(|_| event(room, Seq(draw.number()))).collect(),
    )
}

fn frame(draw: &mut Draw<'_>) -> ServerFrame {
    let id = CommandId(1 + u64::from(draw.byte() % 32));
    match draw.below(10) {
        0 | 1 => ServerFrame::Event(EventFrame {
            event: event(room(draw), Seq(draw.number())),
        }),
        2 => ServerFrame::Gap(Gap {
            room: room(draw),
            from: Seq(draw.number()),
            to: Seq(draw.number()),
        }),
        3 => ServerFrame::Hint(Hint {
            room: room(draw),
            head: Seq(draw.number()),
            at_ms: Timestamp(0),
        }),
        4 => ServerFrame::Checkpoint(Checkpoint {
            cursor: "c".to_owned(),
            live: draw.below(2) == 0,
        }),
        5 => ServerFrame::Reconnect(Reconnect {
            after_ms: draw.number(),
        }),
        6 => refusal(id, draw),
        7 => ServerFrame::Ack(Ack {
            id,
            body: welcome(draw),
        }),
        8 => ServerFrame::Ack(Ack {
            id,
            body: sent(draw),
        }),
        _ => by_the_wire(draw),
    }
}

fn refusal(id: CommandId, draw: &mut Draw<'_>) -> ServerFrame {
    let code = ErrorCode::ALL[draw.below(ErrorCode::ALL.len())];
    let refusal = Refusal::new(id, code, "no");
    ServerFrame::Refusal(match draw.below(2) {
        0 => refusal,
        _ => refusal.retry_after_ms(draw.number()),
    })
}

fn sent(draw: &mut Draw<'_>) -> AckBody {
    AckBody::Sent(SentAck {
        room: room(draw),
        seq: Seq(draw.number()),
        at_ms: Timestamp(0),
        duplicate: false,
        budget: None,
    })
}

fn welcome(draw: &mut Draw<'_>) -> AckBody {
    let resume = ["fresh", "resumed", "reset"][draw.below(3)];
    let text = WELCOME.replace("RESUME", resume);
    let welcome: Welcome = serde_json::from_str(&text).expect("a welcome of ours");
    AckBody::Welcome {
        welcome: Box::new(welcome),
    }
}

const WELCOME: &str = r#"{"connection":7,"user":{"id":"01010101-0101-0101-0101-010101010101",
"username":"ana","display_name":"Ana","avatar_url":null,"status_text":null,"origin":"guest"},
"session_id":"02020202-0202-0202-0202-020202020202",
"device_id":"03030303-0303-0303-0303-030303030303","server_at_ms":5,"ping_interval_ms":25000,
"peer_timeout_ms":45000,"resume":"RESUME","cursor":"AQ"}"#;

/// Any frame that can be read.
fn by_the_wire(draw: &mut Draw<'_>) -> ServerFrame {
    let bytes = draw.bytes(255);
    let read = decode_frame(Encoding::Proto, bytes).ok().flatten();
    read.unwrap_or(ServerFrame::Behind)
}

/// Some lives of a connection.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    // Start, token, connected, welcome; then events, a gap, a fetch, a send and its end.
    let greeted = [0, 1, 0, 0, 0, 1, 200, 0, 3, 0, 11, 0, 7, 0];
    let event = |room, seq| [0, 11, 0, 0, room, seq];
    let told = [
        greeted.as_slice(),
        &event(0, 1),
        &event(0, 2),
        &event(1, 9),
        &event(0, 5),
    ]
    .concat();
    let fetched = [told.as_slice(), &[0, 9, 0, 3, 3, 4, 5], &[0, 9, 0, 0]].concat();
    let said = [
        told.as_slice(),
        &[0, 5, 0, 0, 11, 1, 8, 0, 3],
        &[0, 5, 1, 0, 11, 2, 6, 9, 1, 5],
    ];
    let reset = [told.as_slice(), &[0, 4, 3, 1, 2, 10, 0, 3, 0, 11, 1, 7, 2]].concat();
    vec![told.clone(), fetched, said.concat(), reset]
}
