//! What came over the wire, as lines of the history.

use tidings_domain::presence::Availability;
use tidings_domain::{ClientId, EventBody, RoomId};
use tidings_history::Entry;
use tidings_history::line::{
    Checkpoint, Connect, Disconnect, Done, Gap, Heard, Presence, Receipt, Verdict, What,
};
use tidings_protocol::socket::frame::{
    Ack, AckBody, PresenceNotice, Receipts, Resume, ServerFrame, Welcome,
};

use super::World;
use crate::ids;
use crate::server::outlet::LinkId;

impl World {
    /// Notes a frame as its client's wire saw it.
    pub(super) fn note_frame(&mut self, client: usize, conn: LinkId, frame: &ServerFrame) {
        match frame {
            ServerFrame::Ack(ack) => self.note_ack(client, conn, ack),
            ServerFrame::Event(frame) => self.record.add(heard(conn, &frame.event)),
            ServerFrame::Gap(gap) => self.record.add(Entry::Gap(Gap {
                conn,
                room: ids::room_name(gap.room),
                from: gap.from.0,
                to: gap.to.0,
            })),
            ServerFrame::Checkpoint(it) => self.record.add(Entry::Checkpoint(Checkpoint {
                conn,
                cursor: it.cursor.clone(),
                live: it.live,
            })),
            ServerFrame::Receipt(receipts) => self.note_receipts(client, conn, receipts),
            ServerFrame::Presence(notice) => self.note_presence(conn, notice),
            _ => {}
        }
    }

    fn note_ack(&mut self, client: usize, conn: LinkId, ack: &Ack) {
        match &ack.body {
            AckBody::Welcome { welcome } => self.note_welcome(client, conn, welcome),
            AckBody::Presence(notice) => self.note_presence(conn, notice),
            _ => {
                if let Some(call) = self.apps[client].statuses.remove(&ack.id) {
                    let done = Done {
                        call,
                        ..Done::default()
                    };
                    self.record.add(Entry::Ok(done));
                }
            }
        }
    }

    fn note_welcome(&mut self, client: usize, conn: LinkId, welcome: &Welcome) {
        let app = &mut self.apps[client];
        app.is_live = true;
        self.record.add(Entry::Connect(Connect {
            conn,
            client: app.name.clone(),
            user: app.user_name.clone(),
            device: None,
            node: Some("n1".into()),
            via: Some("websocket".into()),
            cursor: app.hello_cursor.clone(),
            verdict: match welcome.resume {
                Resume::Resumed => Verdict::Resumed,
                Resume::Fresh => Verdict::Fresh,
                Resume::Reset => Verdict::Reset,
            },
        }));
        if welcome.resume == Resume::Reset {
            self.forget(client, None);
        }
        if let Some(link) = self.links.get_mut(&conn) {
            link.is_known = true;
            // It may be over already, and only its first words arrive.
            if let Some((how, code)) = link.ending {
                let end = Disconnect { conn, how, code };
                self.record.add(Entry::Disconnect(end));
            }
        }
    }

    fn note_receipts(&mut self, client: usize, conn: LinkId, receipts: &Receipts) {
        for receipt in &receipts.receipts {
            self.record.add(Entry::Receipt(Receipt {
                client: self.apps[client].name.clone(),
                conn: Some(conn),
                asked_us: None,
                room: ids::room_name(receipts.room),
                of: ids::user_name(receipt.user),
                delivered: receipt.delivered.0,
                read: receipt.read.0,
            }));
        }
    }

    fn note_presence(&mut self, conn: LinkId, notice: &PresenceNotice) {
        for entry in &notice.presence {
            self.record.add(Entry::Presence(Presence {
                conn,
                of: ids::user_name(entry.user),
                is: entry.presence.as_str().into(),
            }));
        }
    }
}

fn heard(conn: LinkId, event: &tidings_protocol::Event) -> Entry {
    let hash = match &event.body {
        EventBody::MessageSent(body) => Some(ids::text_name(body.text.as_str())),
        _ => None,
    };
    Entry::Event(Heard {
        conn,
        room: ids::room_name(event.room),
        seq: event.seq.0,
        kind: event.body.kind().into(),
        hash,
        sender: Some(ids::user_name(event.sender)),
        replay: false,
    })
}

/// A send as the history names it.
pub(super) fn asks_to_send(room: RoomId, client_id: ClientId, text: &str) -> What {
    What::Send {
        room: ids::room_name(room),
        client_id: ids::send_name(client_id),
        hash: ids::text_name(text),
    }
}

/// A status as the history names it.
pub(super) const fn said(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Away => "away",
        Availability::Invisible => "invisible",
    }
}
