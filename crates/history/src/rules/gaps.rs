//! Rule 5: no hole that was not stated, on a connection, over a resume, and in what is shown.

use std::collections::HashMap;

use super::Found;
use super::places::{may_begin_anew_at, may_begin_at, next_after};
use crate::known::{At, Known};
use crate::line::{Entry, Name, Verdict};

/// What clients hold of rooms: up to which event, and which line says so.
#[derive(Default)]
pub(super) struct Held<'h> {
    rooms: HashMap<&'h Name, HashMap<&'h Name, (u64, At)>>,
}

impl<'h> Held<'h> {
    pub(super) fn get(&self, client: &Name, room: &Name) -> Option<(u64, At)> {
        self.rooms.get(client)?.get(room).copied()
    }

    pub(super) fn raise(&mut self, client: &'h Name, room: &'h Name, seq: u64, at: At) {
        let place = self.rooms.entry(client).or_default();
        let held = place.entry(room).or_insert((seq, at));
        if held.0 <= seq {
            *held = (seq, at);
        }
    }

    fn forget(&mut self, client: &Name, room: Option<&Name>) {
        match room {
            Some(room) => drop(self.rooms.get_mut(client).map(|rooms| rooms.remove(room))),
            None => drop(self.rooms.remove(client)),
        }
    }

    /// Takes what says how far a client is, other than events.
    pub(super) fn follow(&mut self, at: At, entry: &'h Entry) {
        match entry {
            Entry::Holds(it) => self.raise(&it.client, &it.room, it.seq, at),
            Entry::Forgets(it) => self.forget(&it.client, it.room.as_ref()),
            Entry::Connect(it) if it.verdict != Verdict::Resumed => self.forget(&it.client, None),
            _ => {}
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&'h Name, &'h Name, u64, At)> + '_ {
        self.rooms.iter().flat_map(|(client, rooms)| {
            let places = rooms.iter();
            places.map(move |(room, (seq, at))| (*client, *room, *seq, *at))
        })
    }
}

/// On a connection the seqs of a room follow each other; its first follows what the client held,
/// if the stream was resumed.
pub(super) fn streams_have_no_holes(known: &Known<'_>, found: &mut Found) {
    let mut held = Held::default();
    let mut on_conn: HashMap<(u64, &Name), (u64, At)> = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        held.follow(at, &line.entry);
        let (conn, room, from, to) = match &line.entry {
            Entry::Event(it) if !it.replay => (it.conn, &it.room, it.seq, it.seq),
            Entry::Gap(it) => (it.conn, &it.room, it.from, it.to),
            _ => continue,
        };
        let Some(hello) = known.conns.get(&conn).map(|conn| conn.hello) else {
            continue;
        };
        let before = on_conn.get(&(conn, room)).copied();
        let place = Place {
            who: &hello.client,
            user: &hello.user,
            room,
            last: before.or_else(|| held.get(&hello.client, room)),
            was_away: before.is_none(),
            is_resumed: hello.verdict == Verdict::Resumed,
        };
        place.judge(known, from, at, found);
        on_conn.insert((conn, room), (to, at));
        held.raise(&hello.client, room, to, at);
    }
}

/// What an application is shown of a room rises by one each time, from where it began to hold it.
pub(super) fn applications_are_shown_no_holes(known: &Known<'_>, found: &mut Found) {
    let mut held = Held::default();
    let mut hellos = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        held.follow(at, &line.entry);
        match &line.entry {
            Entry::Connect(hello) => drop(hellos.insert(&hello.client, hello)),
            Entry::Shown(it) => {
                let Some(hello) = hellos.get(&it.client) else {
                    continue;
                };
                let last = held.get(&it.client, &it.room);
                if let Some((seq, before)) = last.filter(|(last, _)| *last >= it.seq) {
                    let (who, room) = (&it.client, &it.room);
                    let says = format!("{who} is shown {room} seq {} after seq {seq}", it.seq);
                    found.add(says, &[before, at]);
                }
                let place = Place {
                    who: &it.client,
                    user: &hello.user,
                    room: &it.room,
                    last,
                    was_away: true,
                    is_resumed: hello.verdict == Verdict::Resumed,
                };
                place.judge(known, it.seq, at, found);
                held.raise(&it.client, &it.room, it.seq, at);
            }
            _ => {}
        }
    }
}

/// Where somebody was in a room when the next event came.
struct Place<'h> {
    who: &'h Name,
    user: &'h Name,
    room: &'h Name,
    last: Option<(u64, At)>,
    /// Whether it may have left and joined again unheard.
    was_away: bool,
    is_resumed: bool,
}

impl Place<'_> {
    fn judge(&self, known: &Known<'_>, seq: u64, at: At, found: &mut Found) {
        let periods = known.periods(self.room, self.user);
        let (who, room) = (self.who, self.room);
        match self.last {
            Some((last, before)) if seq > last => {
                if let Some((low, high)) = next_after(periods, last)
                    && !(low..=high).contains(&seq)
                    && !(self.was_away && may_begin_anew_at(periods, last, seq))
                {
                    let says = format!("{who} hears {room} seq {seq} after seq {last}: a hole");
                    let missing = known.logged(room, low).map_or(at, |(at, _)| at);
                    found.add(says, &[before, at, missing]);
                }
            }
            None if self.is_resumed && !may_begin_at(periods, seq) => {
                let says = format!("{who} hears {room} from seq {seq} on, not from its joining");
                found.add(says, &[at]);
            }
            _ => {}
        }
    }
}
