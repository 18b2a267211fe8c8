//! Rule 9: nothing ever to a stranger, and nothing after a removal or a revocation.

use std::collections::HashMap;

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name, What};

/// Nobody hears, is shown or reads an event that lies outside of their memberships.
pub(super) fn strangers_hear_nothing(known: &Known<'_>, found: &mut Found) {
    if known.log.is_empty() {
        return;
    }
    let users: HashMap<&Name, &Name> = known
        .conns
        .values()
        .map(|conn| (&conn.hello.client, &conn.hello.user))
        .collect();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let (user, room, seq) = match &line.entry {
            Entry::Event(it) => match known.conns.get(&it.conn) {
                Some(conn) => (&conn.hello.user, &it.room, it.seq),
                None => continue,
            },
            Entry::Shown(it) => match users.get(&it.client) {
                Some(user) => (*user, &it.room, it.seq),
                None => continue,
            },
            Entry::Page(it) => (&it.user, &it.room, it.seq),
            Entry::Push(it) => (&it.user, &it.room, it.seq),
            _ => continue,
        };
        let known_event = known.logged(room, seq);
        if let Some((log_at, _)) = known_event.filter(|_| !known.may_see(room, user, seq)) {
            let says = format!("{user} hears {room} seq {seq}, which is not theirs to see");
            found.add(says, &[at, log_at]);
        }
    }
}

/// A moment after a removal was acknowledged nothing of the room arrives any more, and a moment
/// after a revocation nothing at all.
pub(super) fn an_end_takes_effect_in_time(known: &Known<'_>, found: &mut Found) {
    let mut ends = Ends::default();
    let mut calls: HashMap<u64, &What> = HashMap::new();
    let grace_us = found.promises.removal_ms * 1_000;
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        match &line.entry {
            Entry::Invoke(invoke) => {
                if let What::Add { room, member } = &invoke.what {
                    ends.rooms.remove(&(room, member));
                }
                calls.insert(invoke.call, &invoke.what);
            }
            Entry::Ok(done) => ends.done(at, calls.get(&done.call).copied()),
            entry => {
                if let Some((end, says)) = ends.broken_by(known, entry)
                    && line.at_us > known.us(end) + grace_us
                {
                    found.add(says, &[end, at]);
                }
            }
        }
    }
}

/// Memberships and sessions that are over, with the line that says so.
#[derive(Default)]
struct Ends<'h> {
    rooms: HashMap<(&'h Name, &'h Name), At>,
    sessions: HashMap<&'h Name, At>,
}

impl<'h> Ends<'h> {
    fn done(&mut self, at: At, what: Option<&'h What>) {
        match what {
            Some(What::Remove { room, member }) => {
                self.rooms.entry((room, member)).or_insert(at);
            }
            Some(What::Revoke { session }) => {
                self.sessions.entry(session).or_insert(at);
            }
            _ => {}
        }
    }

    fn broken_by(&self, known: &Known<'_>, entry: &Entry) -> Option<(At, String)> {
        let (conn, room) = match entry {
            Entry::Event(it) => (it.conn, None),
            Entry::Receipt(it) => (it.conn?, Some(&it.room)),
            Entry::Presence(it) => (it.conn, None),
            Entry::Checkpoint(it) => (it.conn, None),
            Entry::Connect(it) => (it.conn, None),
            _ => return None,
        };
        let hello = known.conns.get(&conn)?.hello;
        if let Some(end) = self.sessions.get(&hello.client) {
            let says = format!("the session of {} has ended, and hears this", hello.client);
            return Some((*end, says));
        }
        let room = room?;
        let end = self.rooms.get(&(room, &hello.user))?;
        let says = format!("{} was taken out of {room}, and hears this", hello.user);
        Some((*end, says))
    }
}
