//! How far the application has got in each room, and what it lacks.
//!
//! While a part of a room is being fetched, what the stream brings beyond it is not kept but only
//! remembered as wanted, and fetched in its turn: memory stays the same however far behind it is.

use std::collections::BTreeMap;

use tidings_domain::{RoomId, Seq};
use tidings_protocol::Event;

use super::{Effect, Reading, Tally, Update};

#[derive(Debug)]
struct Room {
    /// The last event that the application was told of.
    told: Seq,
    /// The last event that is known to exist.
    wanted: Seq,
    /// The last event that came over the present connection.
    heard: Seq,
    fetch: Fetch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fetch {
    No,
    UnderWay,
    Again { at_ms: u64 },
}

/// All rooms of which anything is known.
#[derive(Debug)]
pub(super) struct Rooms {
    reading: Reading,
    rooms: BTreeMap<RoomId, Room>,
    is_catching_up: bool,
}

impl Rooms {
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            rooms: BTreeMap::new(),
            is_catching_up: false,
        }
    }

    /// The application holds a room up to here. Never goes back.
    pub(super) fn know(&mut self, id: RoomId, seq: Seq) {
        let room = self.room(id, seq);
        if room.fetch == Fetch::No {
            room.told = room.told.max(seq);
            room.wanted = room.wanted.max(seq);
        }
    }

    fn room(&mut self, id: RoomId, told: Seq) -> &mut Room {
        let fresh = Room {
            told,
            wanted: told,
            heard: Seq::ZERO,
            fetch: Fetch::No,
        };
        self.rooms.entry(id).or_insert(fresh)
    }

    /// An event came over the stream.
    pub(super) fn event(&mut self, event: Event, tally: &mut Tally, effects: &mut Vec<Effect>) {
        if self.reading == Reading::Answers {
            return;
        }
        let (id, seq) = (event.room, event.seq);
        // The first that is heard of a room is where it begins for this client.
        let room = self.room(id, Seq(seq.0.saturating_sub(1)));
        if seq <= room.heard {
            tally.repeated += 1;
        } else if seq <= room.told {
            tally.overlapping += 1;
        }
        room.heard = room.heard.max(seq);
        room.wanted = room.wanted.max(seq);
        if room.fetch == Fetch::No && seq.0.checked_sub(1) == Some(room.told.0) {
            room.tell(event, tally, effects);
        } else if room.fetch == Fetch::No && seq > room.told {
            tally.jumps += 1;
            room.fetch(id, effects);
        }
    }

    /// The server says that seqs up to `to` are not sent. What is lacking of a room of which
    /// nothing is held yet begins at `from`, or is not wanted at all.
    pub(super) fn lacking(
        &mut self,
        id: RoomId,
        from: Option<Seq>,
        to: Seq,
        tally: &mut Tally,
        effects: &mut Vec<Effect>,
    ) {
        if self.reading == Reading::Answers {
            return;
        }
        tally.gaps += 1;
        let before = from.map_or(to, |from| Seq(from.0.saturating_sub(1)));
        let room = self.room(id, before);
        room.wanted = room.wanted.max(to);
        room.heard = room.heard.max(to);
        if room.fetch == Fetch::No && room.told < to {
            room.fetch(id, effects);
        }
    }

    /// A part of a room came by the other way.
    pub(super) fn fetched(
        &mut self,
        id: RoomId,
        events: Vec<Event>,
        tally: &mut Tally,
        effects: &mut Vec<Effect>,
    ) {
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        let is_end = events.is_empty();
        room.fetch = Fetch::No;
        for event in events.into_iter().filter(|event| event.room == id) {
            // What is missing here is not to be seen by this user: the log itself has no holes.
            if event.seq > room.told {
                tally.fetched += 1;
                room.tell(event, tally, effects);
            }
        }
        if is_end {
            // There is no more to be seen, whatever was promised.
            room.wanted = room.told;
        } else if room.told < room.wanted {
            room.fetch(id, effects);
        }
        if self.is_catching_up && self.caught_up() {
            effects.push(Effect::Tell(Update::CaughtUp));
        }
    }

    /// Fetching is to be tried again later.
    pub(super) fn fetch_again(&mut self, id: RoomId, at_ms: u64) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.fetch = Fetch::Again { at_ms };
        }
    }

    /// Fetches what is due.
    pub(super) fn due(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        for (id, room) in &mut self.rooms {
            if matches!(room.fetch, Fetch::Again { at_ms } if at_ms <= now_ms) {
                room.fetch(*id, effects);
            }
        }
    }

    /// When the next one is due.
    pub(super) fn due_at_ms(&self) -> Option<u64> {
        let at_ms = |room: &Room| match room.fetch {
            Fetch::Again { at_ms } => Some(at_ms),
            Fetch::No | Fetch::UnderWay => None,
        };
        self.rooms.values().filter_map(at_ms).min()
    }

    /// Whether nothing is being fetched any more; if not, it is told when that is so.
    pub(super) fn caught_up(&mut self) -> bool {
        self.is_catching_up = self.rooms.values().any(|room| room.fetch != Fetch::No);
        !self.is_catching_up
    }

    pub(super) fn new_connection(&mut self) {
        for room in self.rooms.values_mut() {
            room.heard = Seq::ZERO;
        }
    }

    pub(super) fn forget(&mut self, id: RoomId) {
        self.rooms.remove(&id);
    }

    pub(super) fn forget_all(&mut self) {
        self.rooms.clear();
    }
}

impl Room {
    fn tell(&mut self, event: Event, tally: &mut Tally, effects: &mut Vec<Effect>) {
        self.told = event.seq;
        tally.events += 1;
        effects.push(Effect::Tell(Update::Event(event)));
    }

    fn fetch(&mut self, id: RoomId, effects: &mut Vec<Effect>) {
        self.fetch = Fetch::UnderWay;
        effects.push(Effect::Fetch(id, self.told));
    }
}
