//! Transcripts: what happens, line by line, and what the machine does about it.
//!
//! A line that begins with a time (milliseconds) is handed in; the indented lines below it are what
//! the machine answers. Rooms are `r1`, `r2`, …, client ids `c1`, `c2`, …

use std::fmt::Write as _;

use tidings_domain::event::{EventBody, MessageBody};
use tidings_domain::name::DisplayName;
use tidings_domain::text::MessageText;
use tidings_domain::user::UserOrigin;
use tidings_domain::{ClientId, CommandId, DeviceId, RoomId, Seq, SessionId, Timestamp, UserId};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::socket::command::{Mark, Send};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Checkpoint, EventFrame, Gap, Hint, Reconnect, Refusal, ResetReason, Resume,
    SentAck, ServerFrame, Welcome,
};
use tidings_protocol::{Command, ErrorCode, Event};

use super::{Again, Effect, Input, Machine, MarkKind, Reading, Tally, Update};

/// Plays a transcript on a fresh machine, and holds its answers to it.
#[track_caller]
pub(super) fn check(transcript: &str) -> Tally {
    play(Machine::new(7, Reading::Everything, None), transcript)
}

/// Plays a transcript on this machine.
#[track_caller]
pub(super) fn play(mut machine: Machine, transcript: &str) -> Tally {
    let lines = transcript
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let (mut expected, mut happened) = (String::new(), String::new());
    for line in lines {
        writeln!(expected, "{line}").unwrap();
        let Some((time, input)) = line.split_once(' ') else {
            continue;
        };
        let Ok(now_ms) = time.parse() else { continue };
        writeln!(happened, "{line}").unwrap();
        for effect in machine.handle(now_ms, parse(input)) {
            writeln!(happened, "{}", told(&effect)).unwrap();
        }
        if input == "wake?" {
            writeln!(happened, "wake {:?}", machine.wake_at_ms()).unwrap();
        }
    }
    assert_eq!(
        happened, expected,
        "\n--- happened:\n{happened}\n--- expected:\n{expected}"
    );
    machine.tally()
}

fn parse(input: &str) -> Input {
    let words: Vec<&str> = input.split(' ').collect();
    match words[..] {
        ["start"] => Input::Start,
        ["stop"] => Input::Stop,
        ["tick" | "wake?"] => Input::Tick,
        ["heard"] => Input::Heard,
        ["token", token, millis] => Input::Authenticated {
            token: token.to_owned(),
            valid_for_ms: millis.parse().unwrap(),
        },
        ["no-token", again] => Input::AuthenticationFailed(self::again(again)),
        ["connected"] => Input::Connected,
        ["lost"] => Input::Disconnected(None),
        ["lost", code] => Input::Disconnected(Some(code.parse().unwrap())),
        ["holds", room, seq] => Input::Known(room_id(room), self::seq(seq)),
        ["send", room, client_id] => Input::Send(send(room, client_id)),
        ["read", room, seq] => Input::Mark(MarkKind::Read, mark(room, seq)),
        ["typing", room] => {
            Input::Say(Command::Typing(tidings_protocol::socket::command::Typing {
                room: room_id(room),
                active: true,
            }))
        }
        ["fetched", room] => Input::Fetched(room_id(room), Vec::new()),
        ["fetched", room, range] => Input::Fetched(room_id(room), events(room, range)),
        ["not-fetched", room, again] => Input::FetchFailed(room_id(room), self::again(again)),
        _ => Input::Frame(frame(&words)),
    }
}

fn frame(words: &[&str]) -> ServerFrame {
    match *words {
        ["welcome", id, resume] => ack(
            id,
            AckBody::Welcome {
                welcome: welcome(resume),
            },
        ),
        ["ack", id, "sent", room, seq] => ack(id, AckBody::Sent(sent(room, seq))),
        ["ack", id] => ack(id, AckBody::Done {}),
        ["refusal", id, code] => ServerFrame::Refusal(refusal(id, code)),
        ["refusal", id, code, after] => {
            ServerFrame::Refusal(refusal(id, code).retry_after_ms(after.parse().unwrap()))
        }
        ["event", room, seq] => ServerFrame::Event(EventFrame {
            event: event(room, self::seq(seq)),
        }),
        ["gap", room, from, to] => ServerFrame::Gap(Gap {
            room: room_id(room),
            from: seq(from),
            to: seq(to),
        }),
        ["hint", room, head] => ServerFrame::Hint(Hint {
            room: room_id(room),
            head: seq(head),
            at_ms: Timestamp(0),
        }),
        ["checkpoint", cursor, live] => ServerFrame::Checkpoint(Checkpoint {
            cursor: cursor.to_owned(),
            live: live == "live",
        }),
        ["reconnect", after] => ServerFrame::Reconnect(Reconnect {
            after_ms: after.parse().unwrap(),
        }),
        _ => panic!("a line that says nothing: {words:?}"),
    }
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Authenticate => "authenticate".to_owned(),
        Effect::Connect => "connect".to_owned(),
        Effect::Close => "close".to_owned(),
        Effect::Fetch(room, after) => format!("fetch {} after {after}", room_name(*room)),
        Effect::Write(id, command) => format!("> {id} {}", command_told(command)),
        Effect::Tell(update) => format!("tell {}", update_told(update)),
    }
}

fn command_told(command: &Command) -> String {
    match command {
        Command::Hello(hello) => {
            format!(
                "hello {} {}",
                hello.token.as_deref().unwrap(),
                hello.cursor.as_deref().unwrap_or("-")
            )
        }
        Command::Send(send) => format!(
            "send {} {}",
            room_name(send.room),
            client_name(send.client_id)
        ),
        Command::Read(mark) => format!("read {} {}", room_name(mark.room), mark.seq),
        Command::Typing(typing) => format!("typing {}", room_name(typing.room)),
        Command::Token(token) => format!("token {}", token.token),
        Command::Focus(focus) => format!("focus on {} rooms", focus.rooms.as_ref().unwrap().len()),
        Command::Ping(_) => "ping".to_owned(),
        other => format!("{other:?}"),
    }
}

fn update_told(update: &Update) -> String {
    match update {
        Update::Connected(_) => "connected".to_owned(),
        Update::Disconnected => "disconnected".to_owned(),
        Update::CaughtUp => "caught up".to_owned(),
        Update::Reset(_) => "reset".to_owned(),
        Update::Event(event) => format!("event {} {}", room_name(event.room), event.seq),
        Update::Sent(id, sent) => format!("sent {} {}", client_name(*id), sent.seq),
        Update::Refused(id, refusal) => format!("refused {} {}", client_name(*id), refusal.code),
        Update::Gone(room) => format!("gone {}", room_name(*room)),
        Update::Stopped(code) => format!("stopped {code:?}"),
        other => format!("{other:?}"),
    }
}

fn number(name: &str) -> u8 {
    name[1..].parse().unwrap()
}

fn room_id(name: &str) -> RoomId {
    RoomId::from_bytes([number(name); 16])
}

fn room_name(room: RoomId) -> String {
    format!("r{}", room.as_bytes()[0])
}

fn client_name(client_id: ClientId) -> String {
    format!("c{}", client_id.as_bytes()[0])
}

fn seq(text: &str) -> Seq {
    Seq(text.parse().unwrap())
}

fn again(word: &str) -> Again {
    if word == "never" {
        Again::Never
    } else {
        Again::Later
    }
}

fn mark(room: &str, seq: &str) -> Mark {
    Mark {
        room: room_id(room),
        seq: self::seq(seq),
    }
}

fn send(room: &str, client_id: &str) -> Send {
    Send {
        room: room_id(room),
        client_id: ClientId::from_bytes([number(client_id); 16]),
        text: "hi".to_owned(),
        reply_to: None,
        mentions: Vec::new(),
        metadata: serde_json::Map::new(),
    }
}

fn events(room: &str, range: &str) -> Vec<Event> {
    let (first, last) = range.split_once("..").unwrap();
    let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
    (first..=last)
        .map(|number| event(room, Seq(number)))
        .collect()
}

fn event(room: &str, seq: Seq) -> Event {
    Event {
        room: room_id(room),
        seq,
        sender: UserId::from_bytes([9; 16]),
        device: None,
        client_id: None,
        at_ms: Timestamp(0),
        body: EventBody::MessageSent(MessageBody {
            text: MessageText::parse("hi").unwrap(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        }),
    }
}

fn ack(id: &str, body: AckBody) -> ServerFrame {
    ServerFrame::Ack(Ack {
        id: CommandId(id.parse().unwrap()),
        body,
    })
}

fn refusal(id: &str, code: &str) -> Refusal {
    Refusal::new(
        CommandId(id.parse().unwrap()),
        ErrorCode::parse(code).unwrap(),
        "",
    )
}

fn sent(room: &str, seq: &str) -> SentAck {
    SentAck {
        room: room_id(room),
        seq: self::seq(seq),
        at_ms: Timestamp(0),
        duplicate: false,
        budget: None,
    }
}

fn welcome(resume: &str) -> Box<Welcome> {
    let resume = match resume {
        "resumed" => Resume::Resumed,
        "reset" => Resume::Reset,
        _ => Resume::Fresh,
    };
    Box::new(Welcome {
        connection: 1,
        user: Profile {
            id: UserId::from_bytes([9; 16]),
            username: None,
            display_name: DisplayName::parse("Ana").unwrap(),
            avatar_url: None,
            status_text: None,
            origin: UserOrigin::Account,
        },
        session_id: SessionId::from_bytes([8; 16]),
        device_id: DeviceId::from_bytes([7; 16]),
        server_at_ms: Timestamp(0),
        ping_interval_ms: 25_000,
        peer_timeout_ms: 45_000,
        resume,
        reason: (resume == Resume::Reset).then_some(ResetReason::EpochChanged),
        cursor: "W".to_owned(),
    })
}
