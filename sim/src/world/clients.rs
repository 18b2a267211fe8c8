//! What machines want done, what they tell their applications, and what comes over the wire.

use tidings_client::machine::{Effect, Input, Machine, Reading, Update};
use tidings_domain::{CommandId, EventBody, RoomId, Seq};
use tidings_engine::presence::Departure;
use tidings_history::Entry;
use tidings_history::line::{Done, Ending, Failed, Forgets, Place, Shown};
use tidings_protocol::codec::{decode_frame, encode_command};
use tidings_protocol::socket::command::{Command, Send, Watch};

use super::World;
use super::queue::Event;
use super::requests::Purpose;
use crate::client::wire::{self, Heard};
use crate::ids;
use crate::server::outlet::LinkId;
use crate::server::requests::Request;

impl World {
    /// Hands something to a client's machine, and does what it wants done.
    pub(super) fn hand_in(&mut self, client: usize, input: Input) {
        let now_ms = self.now_ms;
        let Some(machine) = &mut self.apps[client].machine else {
            return;
        };
        for effect in machine.handle(now_ms, input) {
            self.act(client, effect);
        }
        self.plan_wake(client);
    }

    fn plan_wake(&mut self, client: usize) {
        let app = &mut self.apps[client];
        let wake_at_ms = app.machine.as_ref().and_then(Machine::wake_at_ms);
        if wake_at_ms != app.wake_at_ms {
            app.wake_at_ms = wake_at_ms;
            if let Some(at_ms) = wake_at_ms {
                self.queue
                    .put(at_ms.max(self.now_ms + 1), Event::Wake(client));
            }
        }
    }

    /// A machine may have wanted to be woken now.
    pub(super) fn wake(&mut self, client: usize) {
        let due = self.apps[client].wake_at_ms;
        if due.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.apps[client].wake_at_ms = None;
            self.hand_in(client, Input::Tick);
        }
    }

    fn act(&mut self, client: usize, effect: Effect) {
        match effect {
            Effect::Authenticate => self.ask(client, Purpose::Token, Request::Token),
            Effect::Connect => {
                let at_ms = self.now_ms + self.delay_ms(client);
                let life = self.apps[client].life;
                self.queue.put(at_ms, Event::Dial { client, life });
            }
            Effect::Write(id, command) => self.write(client, id, &command),
            Effect::Close => self.hang_up(client, Ending::Clean),
            Effect::Fetch(room, after) => {
                self.apps[client].fetching.insert(room);
                self.ask(client, Purpose::Fetch(room), Request::Events(room, after));
            }
            Effect::Tell(update) => self.told(client, update),
        }
    }

    fn write(&mut self, client: usize, id: CommandId, command: &Command) {
        let app = &mut self.apps[client];
        match command {
            Command::Hello(hello) => app.hello_cursor.clone_from(&hello.cursor),
            Command::Status(status) => {
                let Some(conn) = app.link else { return };
                let is = super::hearing::said(status.availability).into();
                let what = tidings_history::line::What::Status { conn, is };
                let call = self
                    .record
                    .invoke(&app.name, &app.user_name, "websocket", what);
                app.statuses.insert(id, call);
            }
            _ => {}
        }
        let encoding = self.plan.clients[client].encoding;
        let payload = encode_command(encoding, id, command);
        let bytes = wire::message(encoding, &payload, &mut app.rng);
        self.send_up(client, &bytes);
    }

    /// The client lets its connection go.
    pub(super) fn hang_up(&mut self, client: usize, how: Ending) {
        let Some(id) = self.apps[client].link else {
            return;
        };
        if how == Ending::Clean {
            let bytes = wire::close(&mut self.apps[client].rng);
            self.send_up(client, &bytes);
            self.note_end(id, how, None);
        } else {
            self.cut(id, 1_000, crate::plan::Cut::Reset);
        }
        self.apps[client].detach();
    }

    /// The client learns that its connection is gone.
    pub(super) fn lose_link(&mut self, id: LinkId, code: Option<u16>) {
        let Some(client) = self.links.get(&id).map(|link| link.client) else {
            return;
        };
        if self.apps[client].link == Some(id) {
            self.apps[client].detach();
            self.hand_in(client, Input::Disconnected(code));
        }
    }

    /// Bytes came over a client's connection.
    pub(super) fn hear(&mut self, client: usize, bytes: &[u8]) {
        let Some(id) = self.apps[client].link else {
            return;
        };
        let encoding = self.plan.clients[client].encoding;
        for heard in self.apps[client].reader.take(bytes) {
            if self.apps[client].link != Some(id) {
                return;
            }
            let input = match heard {
                Heard::Message(payload) => match decode_frame(encoding, &payload) {
                    Ok(Some(frame)) => {
                        self.note_frame(client, id, &frame);
                        Input::Frame(frame)
                    }
                    Ok(None) => Input::Heard,
                    Err(error) => panic!("the server's frame is broken: {error:?}"),
                },
                Heard::Ping(payload) => {
                    let pong = wire::pong(&payload, &mut self.apps[client].rng);
                    self.send_up(client, &pong);
                    Input::Heard
                }
                Heard::Pong => Input::Heard,
                Heard::Close(code) => {
                    self.note_end(id, Ending::Broken, code);
                    self.end_session(id, Departure::Broken);
                    return self.lose_link(id, code);
                }
            };
            self.hand_in(client, input);
        }
    }

    fn told(&mut self, client: usize, update: Update) {
        match update {
            Update::Connected(_) if self.plan.clients[client].watches => {
                let own = self.plan.clients[client].user;
                let others = (0..self.plan.users).filter(|user| *user != own);
                let watch = others.map(ids::user).take(100).collect();
                let unwatch = Vec::new();
                let command = Command::Presence(Watch { watch, unwatch });
                self.queue_say(client, command);
            }
            Update::Event(event) => self.show(client, &event),
            Update::Sent(client_id, sent) => {
                if let Some(call) = self.apps[client].answered(client_id) {
                    self.record.add(Entry::Ok(Done {
                        call,
                        seq: Some(sent.seq.0),
                        duplicate: sent.duplicate,
                        head: None,
                    }));
                }
            }
            Update::Refused(client_id, refusal) => {
                if let Some(call) = self.apps[client].answered(client_id) {
                    let code = refusal.code.as_ref().into();
                    self.record.add(Entry::Fail(Failed { call, code }));
                }
            }
            Update::Reset(_) => self.ask(client, Purpose::Reload, Request::Rooms),
            Update::Gone(room) => self.forget(client, Some(room)),
            Update::Stopped(_) => {
                // One that was closed by its user comes back; any other does not.
                let app = &mut self.apps[client];
                app.has_stopped = app.is_running;
            }
            _ => {}
        }
    }

    /// Says something fleeting once the machine has done what it is at.
    fn queue_say(&mut self, client: usize, command: Command) {
        self.afterwards.push_back((client, Input::Say(command)));
    }

    fn show(&mut self, client: usize, event: &tidings_protocol::Event) {
        let app = &mut self.apps[client];
        app.shown.insert(event.room, event.seq);
        let hash = match &event.body {
            EventBody::MessageSent(body) => Some(ids::text_name(body.text.as_str())),
            _ => None,
        };
        self.record.add(Entry::Shown(Shown {
            client: app.name.clone(),
            room: ids::room_name(event.room),
            seq: event.seq.0,
            hash,
        }));
        if matches!(&event.body, EventBody::MemberJoined(joined) if joined.user == app.user) {
            let room = event.room;
            self.ask(client, Purpose::Receipts(room), Request::Receipts(room));
        }
    }

    /// The application drops what it holds.
    pub(super) fn forget(&mut self, client: usize, room: Option<RoomId>) {
        let app = &mut self.apps[client];
        match room {
            Some(room) => drop(app.shown.remove(&room)),
            None => app.shown.clear(),
        }
        self.record.add(Entry::Forgets(Forgets {
            client: app.name.clone(),
            room: room.map(ids::room_name),
        }));
    }

    /// The application holds a room up to an event, by a request.
    pub(super) fn hold(&mut self, client: usize, room: RoomId, seq: Seq) {
        let app = &mut self.apps[client];
        let held = app.shown.entry(room).or_insert(seq);
        if *held > seq {
            return;
        }
        *held = seq;
        self.record.add(Entry::Holds(Place {
            client: app.name.clone(),
            room: ids::room_name(room),
            seq: seq.0,
        }));
        self.hand_in(client, Input::Known(room, seq));
    }

    /// The application starts: goes on where it was, or loads everything first.
    pub(super) fn start(&mut self, client: usize) {
        let app = &mut self.apps[client];
        if app.has_stopped || app.is_running {
            return;
        }
        app.is_running = true;
        app.life += 1;
        match app.kept.take() {
            Some(cursor) => self.begin(client, cursor),
            None => self.ask(client, Purpose::Load, Request::Rooms),
        }
    }

    /// The machine begins at a cursor, with what the application holds and what it has to say.
    pub(super) fn begin(&mut self, client: usize, cursor: String) {
        let app = &mut self.apps[client];
        let seed = app.rng.draw();
        let mut machine = Machine::new(seed, Reading::Everything, Some(cursor));
        for (room, seq) in &app.shown {
            drop(machine.handle(self.now_ms, Input::Known(*room, *seq)));
        }
        for (send, _) in &app.unanswered {
            drop(machine.handle(self.now_ms, Input::Send(send.clone())));
        }
        app.machine = Some(machine);
        self.hand_in(client, Input::Start);
    }

    /// The application is closed, or killed.
    pub(super) fn leave(&mut self, client: usize, how: Ending) {
        let app = &mut self.apps[client];
        if !app.is_running {
            return;
        }
        app.is_running = false;
        let cursor = app.machine.as_ref().and_then(Machine::cursor);
        app.kept = cursor
            .filter(|_| app.fetching.is_empty())
            .map(str::to_owned);
        if how == Ending::Clean {
            self.hand_in(client, Input::Stop);
        }
        self.hang_up(client, how);
        let app = &mut self.apps[client];
        app.machine = None;
        app.wake_at_ms = None;
        app.fetching.clear();
    }

    /// Somebody says something over the socket.
    pub(super) fn say(&mut self, client: usize, room: RoomId, text: String) {
        let app = &mut self.apps[client];
        let client_id = app.next_send();
        let what = super::hearing::asks_to_send(room, client_id, &text);
        let call = self
            .record
            .invoke(&app.name, &app.user_name, "websocket", what);
        let send = Send {
            room,
            client_id,
            text,
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        };
        app.unanswered.push((send.clone(), call));
        self.hand_in(client, Input::Send(send));
    }
}
