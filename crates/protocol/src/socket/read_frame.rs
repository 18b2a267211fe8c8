//! Reading the server's frames as JSON, in a client.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{CommandId, RoomId, Seq, Timestamp};

use super::command::ClientNumber;
use super::frame::{
    Ack, AckBody, Budget, Pong, PresenceNotice, SentAck, ServerFrame, UnreadableFrame, Welcome,
};
use crate::rest::person::PresenceEntry;

/// Reads a frame; `None` for one of a kind that this version does not know.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<ServerFrame>, UnreadableFrame> {
    let Kind { kind } = of(bytes)?;
    Ok(Some(match kind.as_ref() {
        "ack" => ServerFrame::Ack(of::<AckFields>(bytes)?.into_ack()),
        "refusal" => ServerFrame::Refusal(of(bytes)?),
        "event" => ServerFrame::Event(of(bytes)?),
        "gap" => ServerFrame::Gap(of(bytes)?),
        "checkpoint" => ServerFrame::Checkpoint(of(bytes)?),
        "behind" => ServerFrame::Behind,
        "receipt" => ServerFrame::Receipt(of(bytes)?),
        "typing" => ServerFrame::Typing(of(bytes)?),
        "presence" => ServerFrame::Presence(of(bytes)?),
        "signal" => ServerFrame::Signal(of(bytes)?),
        "hint" => ServerFrame::Hint(of(bytes)?),
        "profile" => ServerFrame::Profile(of(bytes)?),
        "reconnect" => ServerFrame::Reconnect(of(bytes)?),
        _ => return Ok(None),
    }))
}

fn of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, UnreadableFrame> {
    serde_json::from_slice(bytes).map_err(UnreadableFrame::new)
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// Every field that an ack may have; those that are there tell which one it is.
#[derive(Deserialize)]
struct AckFields {
    id: CommandId,
    welcome: Option<Box<Welcome>>,
    room: Option<RoomId>,
    seq: Option<Seq>,
    at_ms: Option<Timestamp>,
    #[serde(default)]
    duplicate: bool,
    budget: Option<Budget>,
    delivered: Option<Seq>,
    read: Option<Seq>,
    presence: Option<Vec<PresenceEntry>>,
    access_expires_at_ms: Option<Timestamp>,
    sent_at_ms: Option<ClientNumber>,
    server_at_ms: Option<Timestamp>,
}

impl AckFields {
    fn into_ack(self) -> Ack {
        let id = self.id;
        Ack {
            id,
            body: self.into_body(),
        }
    }

    fn into_body(self) -> AckBody {
        if let Some(welcome) = self.welcome {
            return AckBody::Welcome { welcome };
        }
        if let (Some(room), Some(seq), Some(at_ms)) = (self.room, self.seq, self.at_ms) {
            let (duplicate, budget) = (self.duplicate, self.budget);
            return AckBody::Sent(SentAck {
                room,
                seq,
                at_ms,
                duplicate,
                budget,
            });
        }
        if let (Some(delivered), Some(read)) = (self.delivered, self.read) {
            return AckBody::Marked(Watermarks { delivered, read });
        }
        if let Some(presence) = self.presence {
            return AckBody::Presence(PresenceNotice { presence });
        }
        if let Some(access_expires_at_ms) = self.access_expires_at_ms {
            return AckBody::Token {
                access_expires_at_ms,
            };
        }
        match self.server_at_ms {
            Some(server_at_ms) => AckBody::Pong(Pong {
                sent_at_ms: self.sent_at_ms,
                server_at_ms,
            }),
            None => AckBody::Done {},
        }
    }
}
