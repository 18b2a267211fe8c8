//! A message as it reads now: created by one event, changed by later ones.

use crate::event::{Event, EventBody, MessageBody};
use crate::id::{ClientId, DeviceId, RoomId, Seq, UserId};
use crate::time::Timestamp;

/// What a page of history shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// In which room.
    pub room: RoomId,
    /// The seq of the event that created it; with the room, its name.
    pub seq: Seq,
    /// Who said it.
    pub sender: UserId,
    /// From which device.
    pub device: Option<DeviceId>,
    /// What the sender's client named it by.
    pub client_id: Option<ClientId>,
    /// When the server took it.
    pub at: Timestamp,
    /// What it says now; nothing once it was deleted.
    pub body: Option<MessageBody>,
}

impl Message {
    /// The message that an event creates, if it creates one.
    #[must_use]
    pub fn created_by(event: &Event) -> Option<Self> {
        let body = match &event.body {
            EventBody::MessageSent(body) => Some(body.clone()),
            EventBody::MessageBlanked => None,
            _ => return None,
        };
        Some(Self {
            room: event.room,
            seq: event.seq,
            sender: event.sender,
            device: event.device,
            client_id: event.client_id,
            at: event.at,
            body,
        })
    }
}
