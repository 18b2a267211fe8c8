//! The network: bytes on their way, in order, late, cut anywhere.

use std::collections::VecDeque;

use tidings_engine::presence::Departure;
use tidings_history::Entry;
use tidings_history::line::{Disconnect, Ending};

use super::World;
use super::queue::{Event, Way};
use crate::plan::Cut;
use crate::random::Rng;
use crate::server::outlet::LinkId;

/// The most bytes that arrive at once: what fits an Ethernet frame.
const CHUNK_BYTES: u64 = 1_460;

/// A connection on the network.
pub(super) struct Link {
    /// Whose.
    pub client: usize,
    /// Whether its client was greeted on it, so that the history knows it.
    pub is_known: bool,
    /// When it truly ended, and how.
    pub ending: Option<(Ending, Option<u16>)>,
    /// Nothing new gets onto it.
    pub is_cut: bool,
    up: Pipe,
    down: Pipe,
    rng: Rng,
}

/// One way.
#[derive(Default)]
struct Pipe {
    chunks: VecDeque<Vec<u8>>,
    bytes: usize,
    last_at_ms: u64,
}

impl Link {
    /// Whether everything that was sent to the client has arrived.
    #[must_use]
    pub(super) fn has_arrived(&self) -> bool {
        self.down.chunks.is_empty()
    }

    /// A fresh connection.
    #[must_use]
    pub(super) fn new(client: usize, id: LinkId, seed: u64) -> Self {
        Self {
            client,
            is_known: false,
            ending: None,
            is_cut: false,
            up: Pipe::default(),
            down: Pipe::default(),
            rng: Rng::of(seed, &[4, client as u64, id]),
        }
    }

    const fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}

impl Pipe {
    /// Of what is on its way only so many thousandths arrive.
    fn keep(&mut self, thousandths: u64) {
        let mut left = self.bytes * usize::try_from(thousandths).expect("at most 1000") / 1_000;
        self.bytes = left;
        for chunk in &mut self.chunks {
            chunk.truncate(left);
            left -= chunk.len();
        }
    }
}

impl World {
    /// How long something takes to a client or from it, now.
    pub(super) fn delay_ms(&mut self, client: usize) -> u64 {
        let (low, high) = self.plan.clients[client].delay_ms;
        self.apps[client].rng.between(low, high)
    }

    /// Puts a client's bytes on their way.
    pub(super) fn send_up(&mut self, client: usize, bytes: &[u8]) {
        let Some(id) = self.apps[client].link else {
            return;
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(link) = self.links.get_mut(&id) else {
                return;
            };
            let most = CHUNK_BYTES.min(rest.len() as u64);
            let size = if link.rng.chance(700) {
                most
            } else {
                link.rng.between(1, most)
            };
            let (chunk, later) = rest.split_at(usize::try_from(size).expect("a chunk"));
            rest = later;
            self.put_on_the_way(id, Way::Up, chunk.to_vec());
        }
    }

    /// Puts what the server has for a client on its way, as far as the window goes.
    pub(super) fn send_down(&mut self, id: LinkId) {
        loop {
            let Some(link) = self.links.get_mut(&id) else {
                return;
            };
            let window = self.plan.clients[link.client].window_bytes;
            let slow = self.hindrances[link.client].slow_bytes;
            let most = slow
                .unwrap_or(usize::MAX)
                .min(window - window.min(link.down.bytes));
            let size = link.rng.between(1, CHUNK_BYTES).min(most as u64);
            let Some(session) = self.sessions.get(&id) else {
                return;
            };
            if size == 0 {
                return;
            }
            let bytes = session
                .outlet()
                .take_bytes(usize::try_from(size).expect("a chunk"));
            if bytes.is_empty() {
                break;
            }
            self.put_on_the_way(id, Way::Down, bytes);
        }
        self.end_if_said_all(id);
    }

    fn put_on_the_way(&mut self, id: LinkId, way: Way, bytes: Vec<u8>) {
        let Some(client) = self.links.get(&id).map(|link| link.client) else {
            return;
        };
        let delay_ms = self.delay_ms(client);
        let hindrance = &self.hindrances[client];
        let is_slow = way == Way::Down && hindrance.slow_bytes.is_some();
        let stalled_ms = hindrance.stalled_until_ms;
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_cut) else {
            return;
        };
        let pipe = link.pipe(way);
        let pace_ms = if is_slow { 100 } else { 0 };
        let at_ms = (self.now_ms + delay_ms)
            .max(pipe.last_at_ms + pace_ms)
            .max(stalled_ms);
        pipe.last_at_ms = at_ms;
        pipe.bytes += bytes.len();
        pipe.chunks.push_back(bytes);
        self.queue.put(at_ms, Event::Arrive(id, way));
    }

    /// The next bytes of a way arrive.
    pub(super) fn arrive(&mut self, id: LinkId, way: Way) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let client = link.client;
        let pipe = link.pipe(way);
        let Some(bytes) = pipe.chunks.pop_front() else {
            return;
        };
        pipe.bytes -= bytes.len();
        self.record.trace(&[self.now_ms, id, way as u64], &bytes);
        match way {
            Way::Up => {
                if let Some((session, host)) = self.sessions.get_mut(&id).zip(self.host.as_ref()) {
                    session.receive(host, &bytes, self.now_ms);
                }
                self.end_if_said_all(id);
            }
            Way::Down => {
                if self.apps[client].link == Some(id) {
                    self.hear(client, &bytes);
                }
                self.send_down(id);
            }
        }
    }

    /// Cuts a connection: of what is on its way only a part arrives. After a reset both ends learn
    /// of it; after a silent cut nobody does.
    pub(super) fn cut(&mut self, id: LinkId, arrives: u64, how: Cut) {
        self.note_end(id, Ending::Broken, None);
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.is_cut) else {
            return;
        };
        link.is_cut = true;
        link.up.keep(arrives);
        link.down.keep(arrives);
        let (up, down) = (link.up.last_at_ms, link.down.last_at_ms);
        let client = link.client;
        match how {
            Cut::Reset => {
                for (way, last_ms) in [(Way::Up, up), (Way::Down, down)] {
                    let at_ms = (self.now_ms + self.delay_ms(client)).max(last_ms);
                    self.queue.put(at_ms, Event::Broken(id, way));
                }
            }
            Cut::Silent => self.silent_cut_ms = self.now_ms,
        }
    }

    /// An end learns that the connection is broken.
    pub(super) fn broken(&mut self, id: LinkId, way: Way) {
        match way {
            Way::Up => self.end_session(id, Departure::Broken),
            Way::Down => self.lose_link(id, None),
        }
    }

    /// Notes in the history that a connection has truly ended, once.
    pub(super) fn note_end(&mut self, id: LinkId, how: Ending, code: Option<u16>) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if link.ending.is_some() {
            return;
        }
        link.ending = Some((how, code));
        if link.is_known {
            let conn = id;
            let end = Disconnect { conn, how, code };
            self.record.add(Entry::Disconnect(end));
        }
    }

    /// The server's side of a connection that was closed ends when all of it is on its way.
    pub(super) fn end_if_said_all(&mut self, id: LinkId) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        if !session.outlet().has_said_all() {
            return;
        }
        let client = self.links.get(&id).map(|link| link.client);
        let is_revoked = client.is_some_and(|client| self.revoked.lock().contains(&client));
        let how = if session.has_said_goodbye || is_revoked {
            Ending::Clean
        } else {
            Ending::Broken
        };
        self.note_end(id, how, None);
        // Whom the server has closed comes back at once, unless the session is over.
        self.end_session(
            id,
            match how {
                Ending::Clean => Departure::Clean,
                Ending::Broken => Departure::Broken,
            },
        );
    }

    /// Ends the server's side.
    pub(super) fn end_session(&mut self, id: LinkId, departure: Departure) {
        if let Some(session) = self.sessions.remove(&id) {
            session.end(departure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_on_its_way_a_beginning_arrives_whatever_the_cut() {
        for thousandths in 0..=1_000 {
            let sent: Vec<Vec<u8>> = vec![vec![1, 2, 3], vec![4], vec![5, 6, 7, 8, 9, 10]];
            let whole = sent.concat();
            let mut pipe = Pipe {
                bytes: whole.len(),
                chunks: sent.into(),
                last_at_ms: 0,
            };
            pipe.keep(thousandths);
            let kept: Vec<u8> = pipe.chunks.iter().flatten().copied().collect();
            let expected = whole.len() * usize::try_from(thousandths).unwrap() / 1_000;
            assert_eq!(kept, whole[..expected], "{thousandths} thousandths");
            assert_eq!(pipe.bytes, kept.len());
        }
    }
}
