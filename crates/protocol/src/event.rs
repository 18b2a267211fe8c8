//! A durable event on the wire: written straight from the domain's, and read back whole.
//!
//! What the wire lacks is the event's position in the store: places are told by cursors alone.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tidings_domain::event::EventBody;
use tidings_domain::{ClientId, DeviceId, RoomId, Seq, Timestamp, UserId};
use utoipa::ToSchema;

/// An event as a client holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// In which room.
    pub room: RoomId,
    /// Where in the room's log.
    pub seq: Seq,
    /// Whose doing.
    pub sender: UserId,
    /// From which device, if from one.
    pub device: Option<DeviceId>,
    /// What the sender's client named it by, if it did.
    pub client_id: Option<ClientId>,
    /// When the server took it.
    pub at_ms: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// An event about to be written: nothing of it is copied.
#[derive(Debug, Clone, Copy)]
pub struct EventView<'a> {
    /// In which room.
    pub room: RoomId,
    /// Where in the room's log.
    pub seq: Seq,
    /// Whose doing.
    pub sender: UserId,
    /// From which device, if from one.
    pub device: Option<DeviceId>,
    /// What the sender's client named it by, if it did.
    pub client_id: Option<ClientId>,
    /// When the server took it.
    pub at_ms: Timestamp,
    /// What happened.
    pub body: &'a EventBody,
}

impl<'a> From<&'a tidings_domain::Event> for EventView<'a> {
    fn from(event: &'a tidings_domain::Event) -> Self {
        Self {
            room: event.room,
            seq: event.seq,
            sender: event.sender,
            device: event.device,
            client_id: event.client_id,
            at_ms: event.at,
            body: &event.body,
        }
    }
}

impl<'a> From<&'a Event> for EventView<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            room: event.room,
            seq: event.seq,
            sender: event.sender,
            device: event.device,
            client_id: event.client_id,
            at_ms: event.at_ms,
            body: &event.body,
        }
    }
}

impl From<&tidings_domain::Event> for Event {
    fn from(event: &tidings_domain::Event) -> Self {
        Self {
            room: event.room,
            seq: event.seq,
            sender: event.sender,
            device: event.device,
            client_id: event.client_id,
            at_ms: event.at,
            body: event.body.clone(),
        }
    }
}

impl Serialize for EventView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 6 + usize::from(self.device.is_some()) + usize::from(self.client_id.is_some());
        let mut event = serializer.serialize_struct("Event", fields)?;
        event.serialize_field("room", &self.room)?;
        event.serialize_field("seq", &self.seq)?;
        event.serialize_field("kind", self.body.kind())?;
        event.serialize_field("sender", &self.sender)?;
        match &self.device {
            Some(device) => event.serialize_field("device", device)?,
            None => event.skip_field("device")?,
        }
        match &self.client_id {
            Some(client_id) => event.serialize_field("client_id", client_id)?,
            None => event.skip_field("client_id")?,
        }
        event.serialize_field("at_ms", &self.at_ms)?;
        event.serialize_field("body", &BodyView(self.body))?;
        event.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EventView::from(self).serialize(serializer)
    }
}

/// A body without its kind.
struct BodyView<'a>(&'a EventBody);

impl Serialize for BodyView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            EventBody::MessageSent(body) => body.serialize(serializer),
            EventBody::MessageBlanked => Deleted { deleted: true }.serialize(serializer),
            EventBody::RoomCreated(body) => body.serialize(serializer),
            EventBody::RoomChanged(body) => body.serialize(serializer),
            EventBody::RoomDeleted => serializer.serialize_map(Some(0))?.end(),
            EventBody::MemberJoined(body) => body.serialize(serializer),
            EventBody::MemberRoleChanged(body) => body.serialize(serializer),
            EventBody::MemberLeft(body) => body.serialize(serializer),
            EventBody::MemberUnbanned(body) => body.serialize(serializer),
            EventBody::Unknown { body, .. } => body.serialize(serializer),
        }
    }
}

/// What is left of a message that was deleted.
#[derive(Serialize, Deserialize)]
struct Deleted {
    deleted: bool,
}

#[derive(Deserialize)]
struct ReadEvent {
    room: RoomId,
    seq: Seq,
    kind: String,
    sender: UserId,
    #[serde(default)]
    device: Option<DeviceId>,
    #[serde(default)]
    client_id: Option<ClientId>,
    at_ms: Timestamp,
    body: Box<RawValue>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = ReadEvent::deserialize(deserializer)?;
        Ok(Self {
            room: read.room,
            seq: read.seq,
            sender: read.sender,
            device: read.device,
            client_id: read.client_id,
            at_ms: read.at_ms,
            body: read_body(read.kind, read.body.get()).map_err(serde::de::Error::custom)?,
        })
    }
}

/// Reads a body. One that a later version has changed beyond recognition is kept as unknown rather
/// than refused: its seq counts, and a reader passes over it.
///
/// *Invariant*: what was read and is written again reads the same. So a body is looked at once more
/// after JSON has made one of each doubled key.
pub(crate) fn read_body(kind: String, text: &str) -> Result<EventBody, serde_json::Error> {
    if let Some(body) = read_known(&kind, text) {
        return Ok(body);
    }
    let body: Value = serde_json::from_str(text)?;
    Ok(read_known(&kind, &body.to_string()).unwrap_or(EventBody::Unknown { kind, body }))
}

fn read_known(kind: &str, text: &str) -> Option<EventBody> {
    if let Ok(body) = EventBody::from_json(kind, text) {
        return Some(body);
    }
    let blanked = serde_json::from_str::<Deleted>(text).is_ok_and(|body| body.deleted);
    (kind == "message.sent" && blanked).then_some(EventBody::MessageBlanked)
}

/// A durable event. The kind says what is in the body; readers pass over kinds that they do not know.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventSchema {
    /// In which room.
    #[schema(value_type = uuid::Uuid)]
    room: RoomId,
    /// Where in the room's log: 1, 2, 3 … without holes.
    #[schema(value_type = u64)]
    seq: Seq,
    /// What happened.
    #[schema(example = "message.sent")]
    kind: String,
    /// Whose doing.
    #[schema(value_type = uuid::Uuid)]
    sender: UserId,
    /// From which device.
    #[schema(value_type = Option<uuid::Uuid>)]
    device: Option<DeviceId>,
    /// What the sender's client named it by.
    #[schema(value_type = Option<uuid::Uuid>)]
    client_id: Option<ClientId>,
    /// When the server took it.
    at_ms: i64,
    /// As the kind says; section 4.2 of the protocol.
    #[schema(value_type = Object)]
    body: (),
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidings_domain::Position;

    use super::*;

    const ROOM: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
    const ANA: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f11";

    fn event(body: EventBody) -> tidings_domain::Event {
        tidings_domain::Event {
            room: ROOM.parse().unwrap(),
            seq: Seq(41),
            position: Position(9),
            sender: ANA.parse().unwrap(),
            device: None,
            client_id: None,
            at: Timestamp(1_763_850_000_000),
            body,
        }
    }

    #[test]
    fn an_event_is_written_as_the_document_says() {
        let sent = EventBody::from_json("message.sent", r#"{"text":"hi","reply_to":3}"#).unwrap();
        assert_eq!(
            serde_json::to_value(EventView::from(&event(sent))).unwrap(),
            json!({"room": ROOM, "seq": 41, "kind": "message.sent", "sender": ANA,
                   "at_ms": 1_763_850_000_000_i64, "body": {"text": "hi", "reply_to": 3}})
        );
    }

    #[test]
    fn deleted_words_and_deleted_rooms_leave_what_the_log_keeps() {
        for (body, text) in [
            (EventBody::MessageBlanked, tidings_domain::event::BLANKED),
            (EventBody::RoomDeleted, "{}"),
        ] {
            let written = serde_json::to_string(&EventView::from(&event(body.clone()))).unwrap();
            assert!(
                written.ends_with(&format!("\"body\":{text}}}")),
                "{written}"
            );
            let read: Event = serde_json::from_str(&written).unwrap();
            assert_eq!(read.body, body);
        }
    }

    #[test]
    fn a_body_with_a_doubled_key_reads_as_it_is_written_again() {
        for body in [
            r#"{"deleted":true,"deleted":true}"#,
            r#"{"text":"a","text":"b"}"#,
        ] {
            let read = read_body("message.sent".to_owned(), body).unwrap();
            let again = read_body("message.sent".to_owned(), &read.to_json()).unwrap();
            assert_eq!(again, read, "{body}");
        }
    }

    #[test]
    fn kinds_and_bodies_of_later_versions_are_kept() {
        for (kind, body) in [
            ("poll.opened", json!({"question": "tea?"})),
            ("member.left", json!({"user": ANA, "reason": "evaporated"})),
        ] {
            let text = json!({"room": ROOM, "seq": 1, "kind": kind, "sender": ANA, "at_ms": 0,
                              "body": body, "later": true});
            let read: Event = serde_json::from_value(text).unwrap();
            assert_eq!(
                read.body,
                EventBody::Unknown {
                    kind: kind.to_owned(),
                    body
                }
            );
        }
    }
}
