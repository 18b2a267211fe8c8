//! Strategies: any command, frame and event that the types allow.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value};
use tidings_domain::event::{
    EventBody, LeaveReason, MemberJoined, MemberLeft, MemberRef, MemberRole, MessageBody,
    RoomCreated,
};
use tidings_domain::name::{DisplayName, RoomName, Username};
use tidings_domain::presence::{Availability, Presence};
use tidings_domain::receipt::Watermarks;
use tidings_domain::room::{HistoryVisibility, RoomKind, RoomSettings};
use tidings_domain::text::MessageText;
use tidings_domain::user::UserOrigin;
use tidings_domain::{CommandId, Role, Seq, Timestamp};
use tidings_protocol::rest::person::{PresenceEntry, Profile};
use tidings_protocol::rest::receipt::ReceiptEntry;
use tidings_protocol::rest::unread::UnreadCount;
use tidings_protocol::socket::command::{
    COMMAND_ID_MAX, ClientNumber, Focus, Hello, Mark, Ping, Send, Signal, Status, Token, Typing,
    Watch,
};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Budget, Checkpoint, EventFrame, Gap, Hint, Pong, PresenceNotice, ProfileNotice,
    Receipts, Reconnect, Refusal, ResetReason, Resume, SentAck, SignalNotice, TypingNotice,
    Welcome,
};
use tidings_protocol::{Command, ErrorCode, Event, ServerFrame};

/// An id of any kind, never nil.
macro_rules! id {
    () => {
        (1_u128..).prop_map(|number| uuid::Uuid::from_u128(number).to_string().parse().unwrap())
    };
}

pub(crate) fn command_id() -> impl Strategy<Value = u64> {
    1..=COMMAND_ID_MAX
}

fn seq() -> impl Strategy<Value = Seq> {
    any::<u64>().prop_map(Seq)
}

fn at() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

/// Any text that a message may have.
fn text() -> impl Strategy<Value = MessageText> {
    "[^\\x00]{0,40}[a-z]".prop_map(|text| MessageText::parse(text).unwrap())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON knows no others", |number| number.is_finite())
            .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    btree_map(".{0,6}", json(), 0..3).prop_map(|map| map.into_iter().collect())
}

fn number() -> impl Strategy<Value = ClientNumber> {
    prop_oneof![
        any::<f64>().prop_filter("JSON knows no others", |number| number.is_finite()),
        any::<i32>().prop_map(f64::from),
    ]
    .prop_map(ClientNumber)
}

fn role() -> impl Strategy<Value = Role> {
    use Role::{Admin, Member, Moderator, Owner, Reader};
    prop::sample::select(vec![Reader, Member, Moderator, Admin, Owner])
}

fn settings() -> impl Strategy<Value = RoomSettings> {
    let name = "[a-z]{1,20}".prop_map(|name| RoomName::parse(&name).unwrap());
    let history =
        prop::sample::select(vec![HistoryVisibility::All, HistoryVisibility::SinceJoined]);
    (
        of(name),
        of(".*"),
        of(".*"),
        history,
        any::<u32>(),
        any::<bool>(),
        object(),
    )
        .prop_map(
            |(name, description, avatar_url, history, slow_mode_s, archived, metadata)| {
                RoomSettings {
                    name,
                    description,
                    avatar_url,
                    history,
                    slow_mode_s,
                    archived,
                    metadata,
                }
            },
        )
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    let watch =
        (vec(id!(), 0..3), vec(id!(), 0..3)).prop_map(|(watch, unwatch)| Watch { watch, unwatch });
    let availability = prop::sample::select(vec![
        Availability::Online,
        Availability::Away,
        Availability::Invisible,
    ]);
    let mark = || (id!(), seq()).prop_map(|(room, seq)| Mark { room, seq });
    prop_oneof![
        (of(".*"), of(".*"), of(".*"))
            .prop_map(|(token, cursor, device_name)| Hello {
                token,
                cursor,
                device_name
            })
            .prop_map(Command::Hello),
        send().prop_map(Command::Send),
        mark().prop_map(Command::Read),
        mark().prop_map(Command::Delivered),
        (id!(), any::<bool>()).prop_map(|(room, active)| Command::Typing(Typing { room, active })),
        (id!(), ".*", json()).prop_map(|(room, name, data)| Command::Signal(Signal {
            room,
            name,
            data
        })),
        watch.prop_map(Command::Presence),
        availability.prop_map(|availability| Command::Status(Status { availability })),
        of(vec(id!(), 0..3)).prop_map(|rooms| Command::Focus(Focus { rooms })),
        ".*".prop_map(|token| Command::Token(Token { token })),
        of(number()).prop_map(|sent_at_ms| Command::Ping(Ping { sent_at_ms })),
    ]
}

fn send() -> impl Strategy<Value = Send> {
    (id!(), id!(), ".*", of(seq()), vec(id!(), 0..3), object()).prop_map(
        |(room, client_id, text, reply_to, mentions, metadata)| Send {
            room,
            client_id,
            text,
            reply_to,
            mentions,
            metadata,
        },
    )
}

fn body() -> impl Strategy<Value = EventBody> {
    let message = (text(), of(seq()), vec(id!(), 0..3), object()).prop_map(
        |(text, reply_to, mentions, metadata)| MessageBody {
            text,
            reply_to,
            mentions,
            metadata,
        },
    );
    let kind = prop::sample::select(vec![
        RoomKind::Direct,
        RoomKind::Group,
        RoomKind::Channel,
        RoomKind::Live,
    ]);
    let reason = prop::sample::select(vec![
        LeaveReason::Left,
        LeaveReason::Removed,
        LeaveReason::Banned,
    ]);
    prop_oneof![
        message.prop_map(EventBody::MessageSent),
        Just(EventBody::MessageBlanked),
        (kind, settings())
            .prop_map(|(kind, settings)| EventBody::RoomCreated(RoomCreated { kind, settings })),
        settings().prop_map(EventBody::RoomChanged),
        Just(EventBody::RoomDeleted),
        (id!(), role(), seq()).prop_map(|(user, role, visible_from)| {
            EventBody::MemberJoined(MemberJoined {
                user,
                role,
                visible_from,
            })
        }),
        (id!(), role())
            .prop_map(|(user, role)| EventBody::MemberRoleChanged(MemberRole { user, role })),
        (id!(), reason)
            .prop_map(|(user, reason)| EventBody::MemberLeft(MemberLeft { user, reason })),
        id!().prop_map(|user| EventBody::MemberUnbanned(MemberRef { user })),
        ("x\\.[a-z]{1,8}", json()).prop_map(|(kind, body)| EventBody::Unknown { kind, body }),
    ]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    (id!(), seq(), id!(), of(id!()), of(id!()), at(), body()).prop_map(
        |(room, seq, sender, device, client_id, at_ms, body)| Event {
            room,
            seq,
            sender,
            device,
            client_id,
            at_ms,
            body,
        },
    )
}

pub(crate) fn event_frame(event: Event) -> ServerFrame {
    ServerFrame::Event(EventFrame { event })
}

fn profile() -> impl Strategy<Value = Profile> {
    let username = "[a-z]{2,20}".prop_map(|name| Username::parse(&name).unwrap());
    let display_name = "[a-z]{1,20}".prop_map(|name| DisplayName::parse(&name).unwrap());
    let origin = prop::sample::select(vec![
        UserOrigin::Account,
        UserOrigin::Guest,
        UserOrigin::External,
    ]);
    (
        id!(),
        of(username),
        display_name,
        of(".*"),
        of(".*"),
        origin,
    )
        .prop_map(
            |(id, username, display_name, avatar_url, status_text, origin)| Profile {
                id,
                username,
                display_name,
                avatar_url,
                status_text,
                origin,
            },
        )
}

fn presence() -> impl Strategy<Value = PresenceNotice> {
    let one = prop::sample::select(vec![Presence::Offline, Presence::Away, Presence::Online]);
    let entry = (id!(), one, of(at()), of(".*")).prop_map(
        |(user, presence, last_seen_at_ms, status_text)| PresenceEntry {
            user,
            presence,
            last_seen_at_ms,
            status_text,
        },
    );
    vec(entry, 0..4).prop_map(|presence| PresenceNotice { presence })
}

fn welcome() -> impl Strategy<Value = Box<Welcome>> {
    use ResetReason::{Ahead, CursorInvalid, EpochChanged};
    let resume = prop::sample::select(vec![Resume::Resumed, Resume::Fresh, Resume::Reset]);
    let reason = prop::sample::select(vec![CursorInvalid, EpochChanged, Ahead]);
    let ids = (id!(), id!());
    let numbers = (any::<u64>(), at(), any::<u64>(), any::<u64>());
    (numbers, profile(), ids, resume, of(reason), ".*").prop_map(
        |(
            (connection, server_at_ms, ping, timeout),
            user,
            (session_id, device_id),
            resume,
            reason,
            cursor,
        )| {
            Box::new(Welcome {
                connection,
                user,
                session_id,
                device_id,
                server_at_ms,
                ping_interval_ms: ping,
                peer_timeout_ms: timeout,
                resume,
                reason,
                cursor,
            })
        },
    )
}

fn ack() -> impl Strategy<Value = AckBody> {
    let budget = (any::<u32>(), any::<u64>()).prop_map(|(remaining, reset_ms)| Budget {
        remaining,
        reset_ms,
    });
    let sent = (id!(), seq(), at(), any::<bool>(), of(budget)).prop_map(
        |(room, seq, at_ms, duplicate, budget)| SentAck {
            room,
            seq,
            at_ms,
            duplicate,
            budget,
        },
    );
    prop_oneof![
        welcome().prop_map(|welcome| AckBody::Welcome { welcome }),
        sent.prop_map(AckBody::Sent),
        (seq(), seq())
            .prop_map(|(delivered, read)| AckBody::Marked(Watermarks { delivered, read })),
        presence().prop_map(AckBody::Presence),
        at().prop_map(|access_expires_at_ms| AckBody::Token {
            access_expires_at_ms
        }),
        (of(number()), at()).prop_map(|(sent_at_ms, server_at_ms)| AckBody::Pong(Pong {
            sent_at_ms,
            server_at_ms
        })),
        Just(AckBody::Done {}),
    ]
}

fn receipts() -> impl Strategy<Value = Receipts> {
    let entry = (id!(), seq(), seq()).prop_map(|(user, delivered, read)| ReceiptEntry {
        user,
        delivered,
        read,
    });
    let unread = (any::<u64>(), any::<u64>(), of(seq())).prop_map(|(messages, mentions, first)| {
        UnreadCount {
            messages,
            mentions,
            first,
        }
    });
    (id!(), vec(entry, 0..4), of(unread)).prop_map(|(room, receipts, unread)| Receipts {
        room,
        receipts,
        unread,
    })
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let code = prop::sample::select(ErrorCode::ALL.to_vec());
    (any::<u64>(), code, ".*", of(any::<u64>())).prop_map(|(id, code, detail, retry_after_ms)| {
        Refusal {
            retry_after_ms,
            ..Refusal::new(CommandId(id), code, detail)
        }
    })
}

pub(crate) fn frame() -> impl Strategy<Value = ServerFrame> {
    prop_oneof![
        (any::<u64>(), ack()).prop_map(|(id, body)| ServerFrame::Ack(Ack {
            id: CommandId(id),
            body
        })),
        refusal().prop_map(ServerFrame::Refusal),
        event().prop_map(event_frame),
        (id!(), seq(), seq()).prop_map(|(room, from, to)| ServerFrame::Gap(Gap { room, from, to })),
        (".*", any::<bool>())
            .prop_map(|(cursor, live)| ServerFrame::Checkpoint(Checkpoint { cursor, live })),
        Just(ServerFrame::Behind),
        receipts().prop_map(ServerFrame::Receipt),
        (id!(), id!(), any::<bool>()).prop_map(|(room, user, active)| ServerFrame::Typing(
            TypingNotice { room, user, active }
        )),
        presence().prop_map(ServerFrame::Presence),
        (id!(), id!(), ".*", json()).prop_map(|(room, user, name, data)| {
            ServerFrame::Signal(SignalNotice {
                room,
                user,
                name,
                data,
            })
        }),
        (id!(), seq(), at()).prop_map(|(room, head, at_ms)| ServerFrame::Hint(Hint {
            room,
            head,
            at_ms
        })),
        profile().prop_map(|user| ServerFrame::Profile(ProfileNotice { user })),
        any::<u64>().prop_map(|after_ms| ServerFrame::Reconnect(Reconnect { after_ms })),
    ]
}
