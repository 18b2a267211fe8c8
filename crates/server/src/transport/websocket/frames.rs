//! From what the engine says to the wire's frames.

use tidings_domain::CommandId;
use tidings_engine::envelope::{NoticeContent, ShownPresence};
use tidings_engine::outlet::Reply;
use tidings_engine::refusal::Failure;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::person::{PresenceEntry, Profile};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Checkpoint, Gap, Hint, PresenceNotice, ProfileNotice, ReceiptEntry, Receipts,
    Reconnect, Refusal, SentAck, ServerFrame, SignalNotice, TypingNotice,
};

use crate::rest::problem::{ApiError, code_of};

/// What one connection is told.
pub(super) fn of_reply(reply: Reply) -> ServerFrame {
    match reply {
        Reply::Sent {
            command,
            room,
            seq,
            at,
            duplicate,
        } => {
            let sent = SentAck {
                room,
                seq,
                at_ms: at,
                duplicate,
                budget: None,
            };
            ack(command, AckBody::Sent(sent))
        }
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

/// What a request would be answered, as the answer to a command.
pub(super) fn of_problem(id: CommandId, ApiError(problem): ApiError) -> Refusal {
    let code = problem.known_code().unwrap_or(ErrorCode::Internal);
    Refusal::new(id, code, problem.detail.unwrap_or(problem.title))
}

/// A command's failure. An outage's cause goes to the log and never to the caller.
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
        Failure::Outage(outage) => {
            tracing::error!(%outage, "a command failed");
            Refusal::new(
                id,
                ErrorCode::Unavailable,
                "send it again with the same client id",
            )
            .retry_after_ms(1_000)
        }
    }
}
