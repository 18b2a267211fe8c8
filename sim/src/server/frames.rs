//! From what the engine says to the wire's frames, as the server's own transport does it.

use tidings_domain::CommandId;
use tidings_engine::envelope::{NoticeContent, ShownPresence};
use tidings_engine::outlet::Reply;
use tidings_engine::refusal::{Failure, Refusal as Refused};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::person::{PresenceEntry, Profile};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Checkpoint, Gap, Hint, PresenceNotice, ProfileNotice, ReceiptEntry, Receipts,
    Reconnect, Refusal, SentAck, ServerFrame, SignalNotice, TypingNotice,
};

/// What one connection is told.
pub(super) fn of_reply(reply: Reply) -> ServerFrame {
    match reply {
        Reply::Sent {
            command,
            room,
            seq,
            at,
            duplicate,
        } => ack(
            command,
            AckBody::Sent(SentAck {
                room,
                seq,
                at_ms: at,
                duplicate,
                budget: None,
            }),
        ),
        Reply::Marked { command, marks } => ack(command, AckBody::Marked(marks)),
        Reply::Failed { command, failure } => ServerFrame::Refusal(refusal(command, &failure)),
        Reply::Gap { room, from, to } => ServerFrame::Gap(Gap { room, from, to }),
        Reply::Checkpoint { cursor, live } => ServerFrame::Checkpoint(Checkpoint {
            cursor: cursor.to_string(),
            live,
        }),
        Reply::Behind => ServerFrame::Behind,
        Reply::Hint { room, head, at } => ServerFrame::Hint(Hint {
            room,
            head,
            at_ms: at,
        }),
        Reply::OwnReceipt {
            room,
            user,
            marks,
            unread,
        } => ServerFrame::Receipt(Receipts {
            room,
            receipts: Vec::from_iter(marks.map(|marks| ReceiptEntry::new(user, marks))),
            unread: Some(unread.into()),
        }),
        Reply::Reconnect { after_ms } => ServerFrame::Reconnect(Reconnect { after_ms }),
    }
}

/// What many connections are told.
pub(super) fn of_notice(content: &NoticeContent) -> ServerFrame {
    match content {
        NoticeContent::Typing { room, user, active } => ServerFrame::Typing(TypingNotice {
            room: *room,
            user: *user,
            active: *active,
        }),
        NoticeContent::Signal {
            room,
            user,
            name,
            data,
        } => ServerFrame::Signal(SignalNotice {
            room: *room,
            user: *user,
            name: name.clone(),
            data: serde_json::from_str(data).unwrap_or_default(),
        }),
        NoticeContent::Receipts { room, receipts } => {
            let entries = receipts
                .iter()
                .map(|one| ReceiptEntry::new(one.user, one.marks));
            ServerFrame::Receipt(Receipts {
                room: *room,
                receipts: entries.collect(),
                unread: None,
            })
        }
        NoticeContent::Presence(people) => ServerFrame::Presence(presence(people)),
        NoticeContent::Profile(user) => ServerFrame::Profile(ProfileNotice {
            user: Profile::from(&**user),
        }),
    }
}

pub(super) fn presence(people: &[ShownPresence]) -> PresenceNotice {
    let entries = people.iter().map(|one| PresenceEntry {
        user: one.user,
        presence: one.presence,
        last_seen_at_ms: one.last_seen_at,
        status_text: one.status_text.clone(),
    });
    PresenceNotice {
        presence: entries.collect(),
    }
}

pub(super) const fn ack(id: CommandId, body: AckBody) -> ServerFrame {
    ServerFrame::Ack(Ack { id, body })
}

pub(super) fn refusal(id: CommandId, failure: &Failure) -> Refusal {
    match failure {
        Failure::Refused(refused) => {
            let (code, retry_after_ms) = code_of(refused);
            let refusal = Refusal::new(id, code, refused.to_string());
            match retry_after_ms {
                Some(millis) => refusal.retry_after_ms(millis),
                None => refusal,
            }
        }
        Failure::Outage(_) => {
            Refusal::new(id, ErrorCode::Unavailable, "send it again").retry_after_ms(1_000)
        }
    }
}

/// A refusal's code on the wire, and after how long to try again.
pub(super) const fn code_of(refusal: &Refused) -> (ErrorCode, Option<u64>) {
    match refusal {
        Refused::NotFound(_) => (ErrorCode::NotFound, None),
        Refused::Forbidden => (ErrorCode::Forbidden, None),
        Refused::Archived => (ErrorCode::Archived, None),
        Refused::Banned => (ErrorCode::Banned, None),
        Refused::InvitationSpent => (ErrorCode::InvitationSpent, None),
        Refused::ClientIdReused => (ErrorCode::ClientIdReused, None),
        Refused::Invalid { .. } => (ErrorCode::InvalidRequest, None),
        Refused::LimitReached(_) => (ErrorCode::LimitReached, None),
        Refused::RateLimited { retry_after_ms } => (ErrorCode::RateLimited, Some(*retry_after_ms)),
        Refused::SlowMode { retry_after_ms } => (ErrorCode::SlowMode, Some(*retry_after_ms)),
        Refused::Overloaded => (ErrorCode::Overloaded, Some(500)),
        Refused::Conflict => (ErrorCode::Conflict, None),
    }
}
