//! The steps of a plan: what clients do, and what is done to them and to the server.

use std::sync::atomic::Ordering;

use tidings_client::machine::{Input, MarkKind};
use tidings_domain::{RoomId, Seq};
use tidings_engine::outlet::{Farewell, Reply};
use tidings_history::Entry;
use tidings_history::line::{Done, Ending, Fault, What};
use tidings_protocol::socket::command::{Command, Mark, Status, Typing};

use super::queue::{Event, Way};
use super::requests::Purpose;
use super::{Left, World};
use crate::ids;
use crate::plan::{Cut, Step};
use crate::server::requests::Request;

/// A server that shuts down waits so long for its connections.
const DRAIN_MS: u64 = 1_500;

impl World {
    pub(super) fn step(&mut self, step: &Step) {
        if step.client().is_some_and(|client| !self.is_at_work(client)) {
            return;
        }
        match step {
            Step::Say {
                client,
                room,
                bytes,
            } => {
                let text = self.text(*client, *bytes);
                self.say(*client, ids::room(*room), text);
            }
            Step::Post {
                client,
                room,
                times,
            } => self.post(*client, ids::room(*room), *times),
            Step::Read { client, room } => self.mark(*client, MarkKind::Read, ids::room(*room)),
            Step::Got { client, room } => {
                self.mark(*client, MarkKind::Delivered, ids::room(*room));
            }
            Step::Types { client, room } => {
                let (room, active) = (ids::room(*room), true);
                let command = Command::Typing(Typing { room, active });
                self.hand_in(*client, Input::Say(command));
            }
            Step::Status { client, is } => {
                let availability = *is;
                let command = Command::Status(Status { availability });
                self.hand_in(*client, Input::Say(command));
            }
            Step::Add { client, room, user } => {
                let request = Request::Add(ids::room(*room), ids::user(*user));
                self.ask(*client, Purpose::Change, request);
            }
            Step::Remove { client, room, user } => {
                let request = Request::Remove(ids::room(*room), ids::user(*user));
                self.ask(*client, Purpose::Change, request);
            }
            _ => self.suffer(step),
        }
    }

    /// Whether an application is there to do or suffer something.
    fn is_at_work(&self, client: usize) -> bool {
        let app = &self.apps[client];
        self.plan.takes_part(client) && app.is_running && !app.has_stopped && app.machine.is_some()
    }

    /// A text that no other is equal to.
    pub(super) fn text(&self, client: usize, bytes: usize) -> String {
        let said = self.apps[client].said;
        format!("c{client} says {said} {}", "x".repeat(bytes))
    }

    fn post(&mut self, client: usize, room: RoomId, times: u64) {
        let text = self.text(client, 50);
        let client_id = self.apps[client].next_send();
        let request = Request::Send {
            room,
            client_id,
            text,
        };
        self.ask_often(client, Purpose::Post { tries: 1 }, request, times);
    }

    fn mark(&mut self, client: usize, kind: MarkKind, room: RoomId) {
        let shown = self.apps[client].shown.get(&room).copied();
        if let Some(seq) = shown.filter(|seq| *seq > Seq::ZERO) {
            self.hand_in(client, Input::Mark(kind, Mark { room, seq }));
        }
    }

    fn suffer(&mut self, step: &Step) {
        let what = step.to_string();
        self.record.add(Entry::Fault(Fault { what }));
        match *step {
            Step::Revoke { client } => self.revoke(client),
            Step::Cut {
                client,
                arrives,
                how,
            } => {
                if let Some(link) = self.apps[client].link {
                    self.cut(link, arrives, how);
                }
            }
            Step::Stall { client, ms } => {
                self.hindrances[client].stalled_until_ms = self.now_ms + ms;
            }
            Step::Slow { client, bytes, ms } => {
                let until_ms = self.now_ms + ms;
                self.hindrances[client].slow_bytes = Some(bytes);
                self.hindrances[client].slow_until_ms = until_ms;
                self.queue.put(until_ms, Event::Unhindered(client));
            }
            Step::Unplug { client, ms } => self.unplug(client, ms),
            Step::Away {
                client,
                ms,
                goodbye,
            } => {
                let how = if goodbye {
                    Ending::Clean
                } else {
                    Ending::Broken
                };
                self.leave(client, how);
                self.queue.put(self.now_ms + ms, Event::Start(client));
            }
            _ => self.trouble(step),
        }
    }

    /// Something is done to the server.
    fn trouble(&mut self, step: &Step) {
        if self.host.is_none() || self.is_draining {
            return;
        }
        match *step {
            Step::Crash { ms, tail } => self.left = Some(Left::Crash { ms, tail }),
            Step::Deploy { ms } => self.deploy(ms),
            Step::DiskFails { ms, done } => {
                self.disk.trouble(|disk| disk.commits_fail = Some(done));
                self.queue.put(self.now_ms + ms, Event::CommitsWork);
            }
            Step::ReadsFail { ms } => {
                self.disk.trouble(|disk| disk.reads_fail = true);
                self.queue.put(self.now_ms + ms, Event::ReadsWork);
            }
            Step::DiskSlow { ms, by_ms } => {
                self.disk.trouble(|disk| disk.slower_ms = by_ms);
                self.queue.put(self.now_ms + ms, Event::DiskFast);
            }
            Step::Clock { by_ms } => {
                self.jumped_ms.fetch_add(by_ms, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    fn deploy(&mut self, ms: u64) {
        let Some(host) = &self.host else { return };
        let engine = host.engine.clone();
        tokio::spawn(async move {
            let planned = |connection: tidings_engine::outlet::ConnectionId| Reply::Reconnect {
                after_ms: 500 + connection.0 * 37 % 1_000,
            };
            engine.hub.reply_all(planned).await;
            engine.connections.end_all(Farewell::Restarting);
        });
        self.is_draining = true;
        let at_ms = self.now_ms + DRAIN_MS;
        self.queue.put(at_ms, Event::Gone { ms });
    }

    fn revoke(&mut self, client: usize) {
        let Some(host) = &self.host else { return };
        let session = ids::client_name(client);
        let what = What::Revoke { session };
        let (admin, via) = ("admin".into(), "rest");
        let call = self.record.invoke(&admin, &admin, via, what);
        host.revoked.lock().insert(client);
        host.engine.connections.end_session(ids::session(client));
        self.record.add(Entry::Ok(Done {
            call,
            ..Done::default()
        }));
    }

    /// The line is pulled: the client knows, the server does not.
    fn unplug(&mut self, client: usize, ms: u64) {
        self.hindrances[client].unplugged_until_ms = self.now_ms + ms;
        if let Some(link) = self.apps[client].link {
            self.cut(link, 0, Cut::Silent);
            self.queue
                .put(self.now_ms + 1, Event::Broken(link, Way::Down));
        }
    }

    /// A slow client may be as fast as before.
    pub(super) fn unhinder(&mut self, client: usize) {
        let hindrance = &mut self.hindrances[client];
        if hindrance.slow_until_ms > self.now_ms {
            return;
        }
        hindrance.slow_bytes = None;
        if let Some(link) = self.apps[client].link {
            self.send_down(link);
        }
    }
}
