//! Writing commands and frames as protobuf.

use prost::Message as _;
use serde_json::{Map, Value};
use tidings_domain::event::{EventBody, LeaveReason};
use tidings_domain::presence::Availability;
use tidings_domain::room::RoomSettings;
use tidings_domain::{CommandId, Seq, Timestamp, UserId};

use super::schema::{self, ack, client_frame, event, server_frame::Frame};
use crate::event::EventView;
use crate::rest::person::Profile;
use crate::socket::command::{Command, Mark, Send};
use crate::socket::frame::{
    Ack, AckBody, PresenceNotice, Receipts, Refusal, ResetReason, Resume, SentAck, ServerFrame,
    Welcome,
};

/// Writes a frame of the server's.
pub(crate) fn encode(frame: &ServerFrame) -> Vec<u8> {
    to_bytes(match frame {
        ServerFrame::Ack(ack) => Frame::Ack(write_ack(ack)),
        ServerFrame::Refusal(refusal) => Frame::Refusal(write_refusal(refusal)),
        ServerFrame::Event(frame) => Frame::Event(write_event(EventView::from(&frame.event))),
        ServerFrame::Gap(gap) => Frame::Gap(schema::Gap {
            room: gap.room.as_bytes().to_vec(),
            from: gap.from.0,
            to: gap.to.0,
        }),
        ServerFrame::Checkpoint(checkpoint) => Frame::Checkpoint(schema::Checkpoint {
            cursor: checkpoint.cursor.clone(),
            live: checkpoint.live,
        }),
        ServerFrame::Behind => Frame::Behind(schema::Nothing {}),
        ServerFrame::Receipt(receipts) => Frame::Receipt(write_receipts(receipts)),
        ServerFrame::Typing(typing) => Frame::Typing(schema::TypingNotice {
            room: typing.room.as_bytes().to_vec(),
            user: typing.user.as_bytes().to_vec(),
            active: typing.active,
        }),
        ServerFrame::Presence(notice) => Frame::Presence(write_presence(notice)),
        ServerFrame::Signal(signal) => Frame::Signal(schema::SignalNotice {
            room: signal.room.as_bytes().to_vec(),
            user: signal.user.as_bytes().to_vec(),
            name: signal.name.clone(),
            data_json: signal.data.to_string(),
        }),
        ServerFrame::Hint(hint) => Frame::Hint(schema::Hint {
            room: hint.room.as_bytes().to_vec(),
            head: hint.head.0,
            at_ms: hint.at_ms.0,
        }),
        ServerFrame::Profile(notice) => Frame::Profile(write_profile(&notice.user)),
        ServerFrame::Reconnect(reconnect) => Frame::Reconnect(schema::Reconnect {
            after_ms: reconnect.after_ms,
        }),
    })
}

/// Writes an event frame.
pub(crate) fn encode_event(event: EventView<'_>) -> Vec<u8> {
    to_bytes(Frame::Event(write_event(event)))
}

fn to_bytes(frame: Frame) -> Vec<u8> {
    schema::ServerFrame { frame: Some(frame) }.encode_to_vec()
}

fn seq(seq: Option<Seq>) -> Option<u64> {
    seq.map(Seq::get)
}

fn users(users: &[UserId]) -> Vec<Vec<u8>> {
    users.iter().map(|user| user.as_bytes().to_vec()).collect()
}

fn object(map: &Map<String, Value>) -> String {
    if map.is_empty() {
        return String::new();
    }
    serde_json::to_string(map).expect("keys are strings, so it can be written as JSON")
}

fn write_ack(ack: &Ack) -> schema::Ack {
    let body = match &ack.body {
        AckBody::Welcome { welcome } => Some(ack::Body::Welcome(write_welcome(welcome))),
        AckBody::Sent(sent) => Some(ack::Body::Sent(write_sent(sent))),
        AckBody::Marked(marks) => Some(ack::Body::Marked(schema::Watermarks {
            delivered: marks.delivered.0,
            read: marks.read.0,
        })),
        AckBody::Presence(notice) => Some(ack::Body::Presence(write_presence(notice))),
        AckBody::Token {
            access_expires_at_ms,
        } => Some(ack::Body::AccessExpiresAtMs(access_expires_at_ms.0)),
        AckBody::Pong(pong) => Some(ack::Body::Pong(schema::Pong {
            sent_at_ms: pong.sent_at_ms.map(|number| number.0),
            server_at_ms: pong.server_at_ms.0,
        })),
        AckBody::Done {} => None,
    };
    schema::Ack { id: ack.id.0, body }
}

fn write_welcome(welcome: &Welcome) -> schema::Welcome {
    schema::Welcome {
        connection: welcome.connection,
        user: Some(write_profile(&welcome.user)),
        session_id: welcome.session_id.as_bytes().to_vec(),
        device_id: welcome.device_id.as_bytes().to_vec(),
        server_at_ms: welcome.server_at_ms.0,
        ping_interval_ms: welcome.ping_interval_ms,
        peer_timeout_ms: welcome.peer_timeout_ms,
        resume: resume(welcome.resume).to_owned(),
        reason: welcome.reason.map(|reason| reset_reason(reason).to_owned()),
        cursor: welcome.cursor.clone(),
    }
}

const fn resume(resume: Resume) -> &'static str {
    match resume {
        Resume::Resumed => "resumed",
        Resume::Fresh => "fresh",
        Resume::Reset => "reset",
    }
}

const fn reset_reason(reason: ResetReason) -> &'static str {
    match reason {
        ResetReason::CursorInvalid => "cursor_invalid",
        ResetReason::EpochChanged => "epoch_changed",
        ResetReason::Ahead => "ahead",
    }
}

fn write_profile(profile: &Profile) -> schema::Profile {
    schema::Profile {
        id: profile.id.as_bytes().to_vec(),
        username: profile
            .username
            .as_ref()
            .map(|name| name.as_str().to_owned()),
        display_name: profile.display_name.as_str().to_owned(),
        avatar_url: profile.avatar_url.clone(),
        status_text: profile.status_text.clone(),
        origin: profile.origin.as_str().to_owned(),
    }
}

fn write_sent(sent: &SentAck) -> schema::Sent {
    schema::Sent {
        room: sent.room.as_bytes().to_vec(),
        seq: sent.seq.0,
        at_ms: sent.at_ms.0,
        duplicate: sent.duplicate,
        budget: sent.budget.map(|budget| schema::Budget {
            remaining: budget.remaining,
            reset_ms: budget.reset_ms,
        }),
    }
}

fn write_refusal(refusal: &Refusal) -> schema::Refusal {
    schema::Refusal {
        id: refusal.id.0,
        code: refusal.code.clone().into_owned(),
        detail: refusal.detail.clone(),
        retryable: refusal.retryable,
        outcome: refusal.outcome.as_str().to_owned(),
        retry_after_ms: refusal.retry_after_ms,
    }
}

fn write_presence(notice: &PresenceNotice) -> schema::PresenceNotice {
    let entries = notice.presence.iter().map(|entry| schema::Presence {
        user: entry.user.as_bytes().to_vec(),
        presence: entry.presence.as_str().to_owned(),
        last_seen_at_ms: entry.last_seen_at_ms.map(Timestamp::millis),
        status_text: entry.status_text.clone(),
    });
    schema::PresenceNotice {
        presence: entries.collect(),
    }
}

fn write_receipts(receipts: &Receipts) -> schema::Receipts {
    let entries = receipts.receipts.iter().map(|entry| schema::Receipt {
        user: entry.user.as_bytes().to_vec(),
        delivered: entry.delivered.0,
        read: entry.read.0,
    });
    schema::Receipts {
        room: receipts.room.as_bytes().to_vec(),
        receipts: entries.collect(),
        unread: receipts.unread.map(|unread| schema::Unread {
            messages: unread.messages,
            mentions: unread.mentions,
            first: seq(unread.first),
        }),
    }
}

fn write_event(event: EventView<'_>) -> schema::Event {
    schema::Event {
        room: event.room.as_bytes().to_vec(),
        seq: event.seq.0,
        sender: event.sender.as_bytes().to_vec(),
        device: event.device.map(|device| device.as_bytes().to_vec()),
        client_id: event
            .client_id
            .map(|client_id| client_id.as_bytes().to_vec()),
        at_ms: event.at_ms.0,
        body: Some(write_body(event.body)),
    }
}

fn write_body(body: &EventBody) -> event::Body {
    match body {
        EventBody::MessageSent(body) => event::Body::MessageSent(schema::MessageSent {
            text: body.text.as_str().to_owned(),
            reply_to: seq(body.reply_to),
            mentions: users(&body.mentions),
            metadata_json: object(&body.metadata),
        }),
        EventBody::MessageBlanked => event::Body::MessageBlanked(schema::Nothing {}),
        EventBody::RoomCreated(body) => event::Body::RoomCreated(schema::RoomCreated {
            kind: body.kind.as_str().to_owned(),
            settings: Some(write_settings(&body.settings)),
        }),
        EventBody::RoomChanged(settings) => event::Body::RoomChanged(write_settings(settings)),
        EventBody::RoomDeleted => event::Body::RoomDeleted(schema::Nothing {}),
        EventBody::MemberJoined(body) => event::Body::MemberJoined(schema::MemberJoined {
            user: body.user.as_bytes().to_vec(),
            role: body.role.as_str().to_owned(),
            visible_from: body.visible_from.0,
        }),
        EventBody::MemberRoleChanged(body) => event::Body::MemberRoleChanged(schema::MemberRole {
            user: body.user.as_bytes().to_vec(),
            role: body.role.as_str().to_owned(),
        }),
        EventBody::MemberLeft(body) => event::Body::MemberLeft(schema::MemberLeft {
            user: body.user.as_bytes().to_vec(),
            reason: leave_reason(body.reason).to_owned(),
        }),
        EventBody::MemberUnbanned(body) => event::Body::MemberUnbanned(schema::MemberUnbanned {
            user: body.user.as_bytes().to_vec(),
        }),
        EventBody::Unknown { kind, body } => event::Body::Other(schema::OtherBody {
            kind: kind.clone(),
            body_json: body.to_string(),
        }),
    }
}

const fn leave_reason(reason: LeaveReason) -> &'static str {
    match reason {
        LeaveReason::Left => "left",
        LeaveReason::Removed => "removed",
        LeaveReason::Banned => "banned",
    }
}

fn write_settings(settings: &RoomSettings) -> schema::RoomSettings {
    schema::RoomSettings {
        name: settings.name.as_ref().map(|name| name.as_str().to_owned()),
        description: settings.description.clone(),
        avatar_url: settings.avatar_url.clone(),
        history: settings.history.as_str().to_owned(),
        slow_mode_s: settings.slow_mode_s,
        archived: settings.archived,
        metadata_json: object(&settings.metadata),
    }
}

/// Writes a command, as a client does.
pub(crate) fn encode_command(id: CommandId, command: &Command) -> Vec<u8> {
    let command = Some(write_command(command));
    schema::ClientFrame { id: id.0, command }.encode_to_vec()
}

fn write_command(command: &Command) -> client_frame::Command {
    use client_frame::Command as Wire;
    match command {
        Command::Hello(hello) => Wire::Hello(schema::Hello {
            token: hello.token.clone(),
            cursor: hello.cursor.clone(),
            device_name: hello.device_name.clone(),
        }),
        Command::Send(send) => Wire::Send(write_send(send)),
        Command::Read(mark) => Wire::Read(write_mark(*mark)),
        Command::Delivered(mark) => Wire::Delivered(write_mark(*mark)),
        Command::Typing(typing) => Wire::Typing(schema::Typing {
            room: typing.room.as_bytes().to_vec(),
            active: Some(typing.active),
        }),
        Command::Signal(signal) => Wire::Signal(schema::Signal {
            room: signal.room.as_bytes().to_vec(),
            name: signal.name.clone(),
            data_json: signal.data.to_string(),
        }),
        Command::Presence(watch) => Wire::Presence(schema::Watch {
            watch: users(&watch.watch),
            unwatch: users(&watch.unwatch),
        }),
        Command::Status(status) => Wire::Status(schema::Status {
            availability: availability(status.availability).to_owned(),
        }),
        Command::Focus(focus) => Wire::Focus(schema::Focus {
            rooms: focus.rooms.as_ref().map(|rooms| schema::RoomList {
                rooms: rooms.iter().map(|room| room.as_bytes().to_vec()).collect(),
            }),
        }),
        Command::Token(token) => Wire::Token(schema::Token {
            token: token.token.clone(),
        }),
        Command::Ping(ping) => Wire::Ping(schema::Ping {
            sent_at_ms: ping.sent_at_ms.map(|number| number.0),
        }),
    }
}

const fn availability(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Away => "away",
        Availability::Invisible => "invisible",
    }
}

fn write_send(send: &Send) -> schema::Send {
    schema::Send {
        room: send.room.as_bytes().to_vec(),
        client_id: send.client_id.as_bytes().to_vec(),
        text: send.text.clone(),
        reply_to: seq(send.reply_to),
        mentions: users(&send.mentions),
        metadata_json: object(&send.metadata),
    }
}

fn write_mark(mark: Mark) -> schema::Mark {
    schema::Mark {
        room: mark.room.as_bytes().to_vec(),
        seq: mark.seq.0,
    }
}
