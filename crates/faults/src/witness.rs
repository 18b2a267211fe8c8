//! What one client asks for and is told, written into the history of the run.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use tidings_client::api::ApiError;
use tidings_domain::event::EventBody;
use tidings_domain::{ClientId, CommandId, RoomId, Seq};
use tidings_history::line::{
    Call, Checkpoint, Connect, Disconnect, Done, Ending, Failed, Forgets, Gap, Heard, Invoke, Page,
    Place, Presence, Receipt, Shown, Verdict, What,
};
use tidings_history::{Entry, Name};
use tidings_protocol::rest::message::Events;
use tidings_protocol::socket::frame::{
    AckBody, PresenceNotice, Receipts, Refusal, Resume, SentAck, ServerFrame, Welcome,
};
use tidings_protocol::{Command, Event};

use crate::recorder::{Recorder, Refused};
use crate::world::{Names, Person};

/// Writes for one client.
#[derive(Clone)]
pub(crate) struct Witness {
    recorder: Recorder,
    names: Arc<Names>,
    client: Name,
    user: Name,
    conn: Option<u64>,
    sends: HashMap<ClientId, u64>,
    written_us: HashMap<CommandId, u64>,
}

impl Witness {
    pub(crate) fn new(recorder: Recorder, names: Arc<Names>, person: &Person) -> Self {
        Self {
            recorder,
            names,
            client: person.name.clone(),
            user: person.name.clone(),
            conn: None,
            sends: HashMap::new(),
            written_us: HashMap::new(),
        }
    }

    fn note(&self, entry: Entry) {
        self.recorder.note(entry);
    }

    fn invoke(&self, what: What, via: &str) -> u64 {
        let call = self.recorder.next_number();
        self.note(Entry::Invoke(Invoke {
            call,
            client: self.client.clone(),
            user: self.user.clone(),
            node: None,
            via: Some(Name::from(via)),
            what,
        }));
        call
    }

    /// Something is to be said.
    pub(crate) fn asked(&mut self, room: RoomId, client_id: ClientId, text: &str) {
        let what = What::Send {
            room: self.names.room(room),
            client_id: Name::from(client_id.to_string()),
            hash: hash(text),
        };
        let call = self.invoke(what, "websocket");
        self.sends.insert(client_id, call);
    }

    /// A command goes out; its answer is timed from here.
    pub(crate) fn writes(&mut self, id: CommandId, command: &Command) {
        if matches!(command, Command::Send(_)) {
            self.written_us.insert(id, self.recorder.now_us());
        }
    }

    pub(crate) fn acknowledged(&mut self, client_id: ClientId, sent: &SentAck) {
        if let Some(call) = self.sends.remove(&client_id) {
            self.note(Entry::Ok(Done {
                call,
                seq: Some(sent.seq.0),
                duplicate: sent.duplicate,
                head: None,
            }));
        }
    }

    /// Refused for good.
    pub(crate) fn refused(&mut self, client_id: ClientId, refusal: &Refusal) {
        if let Some(call) = self.sends.remove(&client_id) {
            let code = Name::from(&*refusal.code);
            self.note(Entry::Fail(Failed { call, code }));
        }
    }

    /// A frame came. `cursor`: what was said in `hello`.
    pub(crate) fn frame(&mut self, frame: &ServerFrame, cursor: Option<&str>) {
        match frame {
            ServerFrame::Ack(ack) => {
                self.written_us.remove(&ack.id);
                match &ack.body {
                    AckBody::Welcome { welcome } => self.greeted(welcome, cursor),
                    AckBody::Presence(notice) => self.presence(notice),
                    _ => {}
                }
            }
            ServerFrame::Refusal(refusal) => self.refusal(refusal),
            ServerFrame::Event(frame) => self.heard(&frame.event),
            ServerFrame::Gap(gap) => self.on_conn(|conn| {
                Entry::Gap(Gap {
                    conn,
                    room: self.names.room(gap.room),
                    from: gap.from.0,
                    to: gap.to.0,
                })
            }),
            ServerFrame::Checkpoint(checkpoint) => self.on_conn(|conn| {
                Entry::Checkpoint(Checkpoint {
                    conn,
                    cursor: checkpoint.cursor.clone(),
                    live: checkpoint.live,
                })
            }),
            ServerFrame::Receipt(receipts) => self.receipts(receipts),
            ServerFrame::Presence(notice) => self.presence(notice),
            _ => {}
        }
    }

    fn on_conn(&self, entry: impl FnOnce(u64) -> Entry) {
        if let Some(conn) = self.conn {
            self.note(entry(conn));
        }
    }

    fn greeted(&mut self, welcome: &Welcome, cursor: Option<&str>) {
        let conn = self.recorder.next_number();
        self.conn = Some(conn);
        self.note(Entry::Connect(Connect {
            conn,
            client: self.client.clone(),
            user: self.user.clone(),
            device: Some(Name::from(welcome.device_id.to_string())),
            node: None,
            via: Some(Name::from("websocket")),
            cursor: cursor.map(str::to_owned),
            verdict: match welcome.resume {
                Resume::Fresh => Verdict::Fresh,
                Resume::Resumed => Verdict::Resumed,
                Resume::Reset => Verdict::Reset,
            },
        }));
    }

    /// The connection is gone.
    pub(crate) fn lost(&mut self, code: Option<u16>) {
        self.written_us.clear();
        if let Some(conn) = self.conn.take() {
            let how = Ending::Broken;
            self.note(Entry::Disconnect(Disconnect { conn, how, code }));
        }
    }

    fn refusal(&mut self, refusal: &Refusal) {
        if let Some(written_us) = self.written_us.remove(&refusal.id) {
            let at_us = self.recorder.now_us();
            self.recorder.note_refused(Refused {
                at_us,
                after_us: at_us - written_us,
                code: refusal.code.to_string(),
            });
        }
    }

    fn heard(&self, event: &Event) {
        self.on_conn(|conn| {
            Entry::Event(Heard {
                conn,
                room: self.names.room(event.room),
                seq: event.seq.0,
                kind: Name::from(event.body.kind()),
                hash: hash_of(&event.body),
                sender: Some(self.names.user(event.sender)),
                replay: false,
            })
        });
    }

    /// The application is shown an event.
    pub(crate) fn shown(&self, event: &Event) {
        self.note(Entry::Shown(Shown {
            client: self.client.clone(),
            room: self.names.room(event.room),
            seq: event.seq.0,
            hash: hash_of(&event.body),
        }));
    }

    fn receipts(&self, receipts: &Receipts) {
        for entry in &receipts.receipts {
            self.on_conn(|conn| {
                Entry::Receipt(Receipt {
                    client: self.client.clone(),
                    conn: Some(conn),
                    asked_us: None,
                    room: self.names.room(receipts.room),
                    of: self.names.user(entry.user),
                    delivered: entry.delivered.0,
                    read: entry.read.0,
                })
            });
        }
    }

    fn presence(&self, notice: &PresenceNotice) {
        for entry in &notice.presence {
            self.on_conn(|conn| {
                Entry::Presence(Presence {
                    conn,
                    of: self.names.user(entry.user),
                    is: Name::from(entry.presence.as_str()),
                })
            });
        }
    }

    /// The application holds a room up to here.
    pub(crate) fn holds(&self, room: RoomId, seq: Seq) {
        self.note(Entry::Holds(Place {
            client: self.client.clone(),
            room: self.names.room(room),
            seq: seq.0,
        }));
    }

    /// The application drops all that it holds.
    pub(crate) fn forgets(&self) {
        self.note(Entry::Forgets(Forgets {
            client: self.client.clone(),
            room: None,
        }));
    }

    /// A part of a room's log is asked for.
    pub(crate) fn fetches(&self, room: RoomId, after: Seq) -> u64 {
        let room = self.names.room(room);
        let after = after.0;
        self.invoke(What::Fetch { room, after }, "rest")
    }

    pub(crate) fn fetched(&self, call: u64, page: &Events) {
        self.note(Entry::Ok(Done {
            call,
            head: Some(page.head.0),
            ..Done::default()
        }));
        for event in &page.events {
            self.note(Entry::Page(Page {
                client: self.client.clone(),
                user: self.user.clone(),
                room: self.names.room(event.room),
                seq: event.seq.0,
                hash: hash_of(&event.body),
            }));
        }
    }

    pub(crate) fn not_fetched(&self, call: u64, error: &ApiError) {
        self.note(match error.code() {
            Some(code) => Entry::Fail(Failed {
                call,
                code: Name::from(code.as_str()),
            }),
            None => Entry::Unknown(Call { call }),
        });
    }
}

/// A text's name in a history.
pub(crate) fn hash(text: &str) -> Name {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Name::from(format!("{:016x}", hasher.finish()))
}

/// The name of an event's text, if it has one.
pub(crate) fn hash_of(body: &EventBody) -> Option<Name> {
    match body {
        EventBody::MessageSent(message) => Some(hash(message.text.as_str())),
        _ => None,
    }
}
