//! How a run ends: faults stop, everybody comes back, everybody says one more thing, all comes to
//! rest, and the truth is read from the store.

use tidings_domain::{Event as DomainEvent, EventBody, Position};
use tidings_engine::ports::Store;
use tidings_history::Entry;
use tidings_history::line::{Call, Logged, Marks};

use super::queue::Event;
use super::requests::Purpose;
use super::{Left, World};
use crate::client::app::App;
use crate::ids;
use crate::server::life::Server;
use crate::server::requests::{Request, RequestId, Response};

/// How often it is looked whether all is as it should be.
const LOOK_MS: u64 = 250;
/// Everybody is back within so long: the longest back-off and the longest silence.
const BACK_MS: u64 = 90_000;
/// After a silent cut the server may take so long to notice, and to tell.
const SILENCE_MS: u64 = 54_000;
/// Everything that is gathered and told later is told by then.
const REST_MS: u64 = 7_000;
/// So many clients say one more thing.
const PROBES_MAX: usize = 40;

impl World {
    /// Nothing more is done to anybody.
    pub(super) fn calm(&mut self) {
        self.last_trouble_ms = self.now_ms;
        self.disk.trouble(|disk| *disk = Default::default());
        for client in 0..self.apps.len() {
            let hindrance = &mut self.hindrances[client];
            *hindrance = super::Hindrance::default();
            self.unhinder(client);
        }
        self.queue.put(self.now_ms + LOOK_MS, Event::AllBack);
    }

    /// Goes on when everybody is back and has said what they had to say, or when that takes too
    /// long.
    pub(super) fn all_back(&mut self) {
        let mut everybody = self.apps.iter();
        let plan = &self.plan;
        let is_back = self.host.is_some()
            && !self.is_draining
            && everybody.all(|app| !plan.takes_part(app.number) || self.is_at_rest(app));
        if !is_back && self.now_ms < self.last_trouble_ms + BACK_MS {
            return self.queue.put(self.now_ms + LOOK_MS, Event::AllBack);
        }
        self.record.add(Entry::Heal);
        let clients: Vec<usize> = (0..self.apps.len())
            .filter(|client| self.plan.takes_part(*client) && !self.apps[*client].has_stopped)
            .take(PROBES_MAX)
            .collect();
        for client in clients {
            self.probe(client);
        }
        let quiet_ms = (self.silent_cut_ms + SILENCE_MS).max(self.now_ms + REST_MS);
        self.queue.put(quiet_ms, Event::AtRest);
    }

    /// Whether a client has all that it wants, over a connection that is not dead in secret, and has
    /// read what was put on its way while it read slowly.
    fn is_at_rest(&self, app: &App) -> bool {
        let link = app.link.and_then(|link| self.links.get(&link));
        app.is_at_rest() && link.is_none_or(|link| !link.is_cut && link.has_arrived())
    }

    /// One more thing to say and to read, in a room that the client knows.
    fn probe(&mut self, client: usize) {
        let Some(room) = self.apps[client].shown.keys().next().copied() else {
            return;
        };
        let text = self.text(client, 10);
        self.say(client, room, text);
        let after = self.apps[client].shown[&room];
        self.ask(client, Purpose::Change, Request::Events(room, after));
    }

    /// The run is over when all is at rest, or when that takes too long.
    pub(super) fn at_rest(&mut self) {
        let mut everybody = self.apps.iter();
        let plan = &self.plan;
        let is_still = everybody.all(|app| !plan.takes_part(app.number) || self.is_at_rest(app));
        let is_late = self.now_ms > self.last_trouble_ms + BACK_MS + SILENCE_MS + REST_MS;
        if is_still || is_late {
            self.record.add(Entry::Settled);
            self.left = Some(Left::Over);
        } else {
            self.queue.put(self.now_ms + LOOK_MS, Event::AtRest);
        }
    }

    /// A client has waited long enough for an answer.
    pub(super) fn timed_out(&mut self, id: RequestId) {
        let call = self.asked.get(&id).and_then(|asked| asked.call);
        if self.asked.contains_key(&id) {
            if let Some(call) = call {
                self.record.add(Entry::Unknown(Call { call }));
            }
            self.settle_request(id, Response::Unknown);
        }
    }

    /// A load that failed is tried again.
    pub(super) fn load_again(&mut self, client: usize, life: u64) {
        let app = &self.apps[client];
        if app.life == life && app.is_running && !app.has_stopped {
            let purpose = if app.machine.is_some() {
                Purpose::Reload
            } else {
                Purpose::Load
            };
            self.ask(client, purpose, Request::Rooms);
        }
    }

    /// Reads what the store holds: the truth.
    pub(super) async fn read_out(&mut self, server: &Server) {
        let truth = server.mounted.truth();
        let events = truth.log.committed_after(Position::ZERO, usize::MAX).await;
        for event in events.expect("the memory does not fail") {
            self.record.add(Entry::Log(logged(&event)));
        }
        for room in 0..self.plan.rooms.len() {
            self.read_marks(&truth, room).await;
        }
    }

    async fn read_marks(&mut self, truth: &Store, room: usize) {
        let receipts = truth.history.receipts(ids::room(room), usize::MAX).await;
        for (user, marks) in receipts.expect("the memory does not fail") {
            self.record.add(Entry::Marks(Marks {
                room: ids::room_name(ids::room(room)),
                user: ids::user_name(user),
                delivered: marks.delivered.0,
                read: marks.read.0,
            }));
        }
    }
}

fn logged(event: &DomainEvent) -> Logged {
    let (member, visible_from) = match &event.body {
        EventBody::MemberJoined(joined) => (Some(joined.user), Some(joined.visible_from.0)),
        EventBody::MemberLeft(left) => (Some(left.user), None),
        _ => (None, None),
    };
    let hash = match &event.body {
        EventBody::MessageSent(body) => Some(ids::text_name(body.text.as_str())),
        _ => None,
    };
    Logged {
        room: ids::room_name(event.room),
        seq: event.seq.0,
        kind: event.body.kind().into(),
        hash,
        sender: ids::user_name(event.sender),
        client_id: event.client_id.map(ids::send_name),
        member: member.map(ids::user_name),
        visible_from,
    }
}
