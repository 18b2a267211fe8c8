//! Reading the server's frames as protobuf, in a client.

use prost::Message as _;
use tidings_domain::event::{
    EventBody, MemberJoined, MemberLeft, MemberRef, MemberRole, MessageBody, RoomCreated,
};
use tidings_domain::receipt::Watermarks;
use tidings_domain::room::RoomSettings;
use tidings_domain::{ClientId, CommandId, DeviceId, RoomId, Seq, SessionId, UserId};

use super::read::{
    Fault, at, client_number, id, ids, json, needed, object, perhaps_id, text, word,
};
use super::schema::{self, ack::Body as AckWire, event::Body as BodyWire, server_frame::Frame};
use crate::event::Event;
use crate::rest::person::{PresenceEntry, Profile};
use crate::rest::receipt::ReceiptEntry;
use crate::rest::unread::UnreadCount;
use crate::socket::frame::{
    Ack, AckBody, Budget, Checkpoint, EventFrame, Gap, Hint, Pong, PresenceNotice, ProfileNotice,
    Receipts, Reconnect, Refusal, SentAck, ServerFrame, SignalNotice, TypingNotice,
    UnreadableFrame, Welcome,
};

/// Reads a frame; `None` for one of a kind that this version does not know.
pub(crate) fn decode_frame(bytes: &[u8]) -> Result<Option<ServerFrame>, UnreadableFrame> {
    let frame = schema::ServerFrame::decode(bytes).map_err(UnreadableFrame::new)?;
    frame
        .frame
        .map(read)
        .transpose()
        .map_err(UnreadableFrame::new)
}

fn read(frame: Frame) -> Result<ServerFrame, Fault> {
    Ok(match frame {
        Frame::Ack(ack) => ServerFrame::Ack(Ack {
            id: CommandId(ack.id),
            body: ack.body.map_or(Ok(AckBody::Done {}), read_ack)?,
        }),
        Frame::Refusal(refusal) => ServerFrame::Refusal(read_refusal(refusal)?),
        Frame::Event(event) => ServerFrame::Event(EventFrame {
            event: read_event(event)?,
        }),
        Frame::Gap(gap) => ServerFrame::Gap(Gap {
            room: room(&gap.room)?,
            from: Seq(gap.from),
            to: Seq(gap.to),
        }),
        Frame::Checkpoint(checkpoint) => ServerFrame::Checkpoint(Checkpoint {
            cursor: checkpoint.cursor,
            live: checkpoint.live,
        }),
        Frame::Behind(schema::Nothing {}) => ServerFrame::Behind,
        Frame::Receipt(receipts) => ServerFrame::Receipt(read_receipts(&receipts)?),
        Frame::Typing(typing) => ServerFrame::Typing(TypingNotice {
            room: room(&typing.room)?,
            user: user(&typing.user)?,
            active: typing.active,
        }),
        Frame::Presence(notice) => ServerFrame::Presence(read_presence(notice)?),
        Frame::Signal(signal) => ServerFrame::Signal(SignalNotice {
            room: room(&signal.room)?,
            user: user(&signal.user)?,
            name: signal.name,
            data: json("data", &signal.data_json)?,
        }),
        Frame::Hint(hint) => ServerFrame::Hint(Hint {
            room: room(&hint.room)?,
            head: Seq(hint.head),
            at_ms: at(hint.at_ms),
        }),
        Frame::Profile(profile) => ServerFrame::Profile(ProfileNotice {
            user: read_profile(profile)?,
        }),
        Frame::Reconnect(reconnect) => ServerFrame::Reconnect(Reconnect {
            after_ms: reconnect.after_ms,
        }),
    })
}

fn room(bytes: &[u8]) -> Result<RoomId, Fault> {
    id("room", bytes, RoomId::from_bytes)
}

fn user(bytes: &[u8]) -> Result<UserId, Fault> {
    id("user", bytes, UserId::from_bytes)
}

fn read_ack(body: AckWire) -> Result<AckBody, Fault> {
    Ok(match body {
        AckWire::Welcome(welcome) => AckBody::Welcome {
            welcome: Box::new(read_welcome(welcome)?),
        },
        AckWire::Sent(sent) => AckBody::Sent(SentAck {
            room: room(&sent.room)?,
            seq: Seq(sent.seq),
            at_ms: at(sent.at_ms),
            duplicate: sent.duplicate,
            budget: sent.budget.map(|budget| Budget {
                remaining: budget.remaining,
                reset_ms: budget.reset_ms,
            }),
        }),
        AckWire::Marked(marks) => AckBody::Marked(Watermarks {
            delivered: Seq(marks.delivered),
            read: Seq(marks.read),
        }),
        AckWire::Presence(notice) => AckBody::Presence(read_presence(notice)?),
        AckWire::AccessExpiresAtMs(millis) => AckBody::Token {
            access_expires_at_ms: at(millis),
        },
        AckWire::Pong(pong) => AckBody::Pong(Pong {
            sent_at_ms: client_number("sent_at_ms", pong.sent_at_ms)?,
            server_at_ms: at(pong.server_at_ms),
        }),
    })
}

fn read_welcome(welcome: schema::Welcome) -> Result<Welcome, Fault> {
    Ok(Welcome {
        connection: welcome.connection,
        user: read_profile(needed("user", welcome.user)?)?,
        session_id: id("session_id", &welcome.session_id, SessionId::from_bytes)?,
        device_id: id("device_id", &welcome.device_id, DeviceId::from_bytes)?,
        server_at_ms: at(welcome.server_at_ms),
        ping_interval_ms: welcome.ping_interval_ms,
        peer_timeout_ms: welcome.peer_timeout_ms,
        resume: word("resume", &welcome.resume)?,
        reason: welcome
            .reason
            .map(|reason| word("reason", &reason))
            .transpose()?,
        cursor: welcome.cursor,
    })
}

fn read_profile(profile: schema::Profile) -> Result<Profile, Fault> {
    Ok(Profile {
        id: id("id", &profile.id, UserId::from_bytes)?,
        username: profile
            .username
            .map(|name| text("username", name))
            .transpose()?,
        display_name: text("display_name", profile.display_name)?,
        avatar_url: profile.avatar_url,
        status_text: profile.status_text,
        origin: word("origin", &profile.origin)?,
    })
}

fn read_refusal(refusal: schema::Refusal) -> Result<Refusal, Fault> {
    Ok(Refusal {
        id: CommandId(refusal.id),
        code: refusal.code.into(),
        detail: refusal.detail,
        retryable: refusal.retryable,
        outcome: word("outcome", &refusal.outcome)?,
        retry_after_ms: refusal.retry_after_ms,
    })
}

fn read_presence(notice: schema::PresenceNotice) -> Result<PresenceNotice, Fault> {
    let entry = |entry: schema::Presence| -> Result<PresenceEntry, Fault> {
        Ok(PresenceEntry {
            user: user(&entry.user)?,
            presence: word("presence", &entry.presence)?,
            last_seen_at_ms: entry.last_seen_at_ms.map(at),
            status_text: entry.status_text,
        })
    };
    let presence: Result<_, Fault> = notice.presence.into_iter().map(entry).collect();
    Ok(PresenceNotice {
        presence: presence?,
    })
}

fn read_receipts(receipts: &schema::Receipts) -> Result<Receipts, Fault> {
    let entry = |entry: &schema::Receipt| -> Result<ReceiptEntry, Fault> {
        Ok(ReceiptEntry {
            user: user(&entry.user)?,
            delivered: Seq(entry.delivered),
            read: Seq(entry.read),
        })
    };
    let entries: Result<_, Fault> = receipts.receipts.iter().map(entry).collect();
    Ok(Receipts {
        room: room(&receipts.room)?,
        receipts: entries?,
        unread: receipts.unread.map(|unread| UnreadCount {
            messages: unread.messages,
            mentions: unread.mentions,
            first: unread.first.map(Seq),
        }),
    })
}

fn read_event(event: schema::Event) -> Result<Event, Fault> {
    Ok(Event {
        room: room(&event.room)?,
        seq: Seq(event.seq),
        sender: id("sender", &event.sender, UserId::from_bytes)?,
        device: perhaps_id("device", event.device.as_deref(), DeviceId::from_bytes)?,
        client_id: perhaps_id(
            "client_id",
            event.client_id.as_deref(),
            ClientId::from_bytes,
        )?,
        at_ms: at(event.at_ms),
        body: event.body.map_or_else(|| Ok(unnamed()), read_body)?,
    })
}

/// A body that only a later version has a message for: its seq counts, and it is passed over.
fn unnamed() -> EventBody {
    EventBody::Unknown {
        kind: String::new(),
        body: serde_json::Value::Null,
    }
}

fn read_body(body: BodyWire) -> Result<EventBody, Fault> {
    Ok(match body {
        BodyWire::MessageSent(body) => EventBody::MessageSent(MessageBody {
            text: text("text", body.text)?,
            reply_to: body.reply_to.map(Seq),
            mentions: ids("mentions", &body.mentions, UserId::from_bytes)?,
            metadata: object("metadata", &body.metadata_json)?,
        }),
        BodyWire::MessageBlanked(schema::Nothing {}) => EventBody::MessageBlanked,
        BodyWire::RoomCreated(body) => EventBody::RoomCreated(RoomCreated {
            kind: word("kind", &body.kind)?,
            settings: read_settings(needed("settings", body.settings)?)?,
        }),
        BodyWire::RoomChanged(settings) => EventBody::RoomChanged(read_settings(settings)?),
        BodyWire::RoomDeleted(schema::Nothing {}) => EventBody::RoomDeleted,
        BodyWire::MemberJoined(body) => EventBody::MemberJoined(MemberJoined {
            user: user(&body.user)?,
            role: word("role", &body.role)?,
            visible_from: Seq(body.visible_from),
        }),
        BodyWire::MemberRoleChanged(body) => EventBody::MemberRoleChanged(MemberRole {
            user: user(&body.user)?,
            role: word("role", &body.role)?,
        }),
        BodyWire::MemberLeft(body) => EventBody::MemberLeft(MemberLeft {
            user: user(&body.user)?,
            reason: word("reason", &body.reason)?,
        }),
        BodyWire::MemberUnbanned(body) => EventBody::MemberUnbanned(MemberRef {
            user: user(&body.user)?,
        }),
        BodyWire::Other(body) => EventBody::Unknown {
            body: json("body", &body.body_json)?,
            kind: body.kind,
        },
    })
}

fn read_settings(settings: schema::RoomSettings) -> Result<RoomSettings, Fault> {
    Ok(RoomSettings {
        name: settings.name.map(|name| text("name", name)).transpose()?,
        description: settings.description,
        avatar_url: settings.avatar_url,
        history: word("history", &settings.history)?,
        slow_mode_s: settings.slow_mode_s,
        archived: settings.archived,
        metadata: object("metadata", &settings.metadata_json)?,
    })
}
