//! Rule 5, at the end: when all is at rest, whoever is connected has all there is.

use std::collections::BTreeMap;

use super::Found;
use super::gaps::Held;
use super::places::last_of;
use crate::known::Known;
use crate::line::{Entry, Name};

/// Every client that is connected at the end has heard, and shows, each of its rooms up to its
/// head, or up to its own removal.
pub(super) fn nothing_is_missing_in_the_end(known: &Known<'_>, found: &mut Found) {
    let Some(settled) = known.settled else { return };
    let (mut heard, mut shown) = (Held::default(), Held::default());
    let mut shows = false;
    for (at, line) in known
        .lines
        .iter()
        .enumerate()
        .take(settled)
        .skip(found.first)
    {
        heard.follow(at, &line.entry);
        shown.follow(at, &line.entry);
        let (conn, room, to) = match &line.entry {
            Entry::Event(it) => (it.conn, &it.room, it.seq),
            Entry::Gap(it) => (it.conn, &it.room, it.to),
            Entry::Shown(it) => {
                shows = true;
                shown.raise(&it.client, &it.room, it.seq, at);
                continue;
            }
            _ => continue,
        };
        if let Some(conn) = known.conns.get(&conn) {
            heard.raise(&conn.hello.client, room, to, at);
        }
    }
    compare(known, settled, &heard, "heard", found);
    if shows {
        compare(known, settled, &shown, "shown", found);
    }
}

fn compare(known: &Known<'_>, settled: usize, held: &Held<'_>, how: &str, found: &mut Found) {
    let is_open = |ended: Option<usize>| ended.is_none_or(|at| at > settled);
    let conns = known.conns.values();
    let open = conns.filter(|conn| is_open(conn.ended.map(|(at, _)| at)));
    let users: BTreeMap<&Name, &Name> = open
        .map(|conn| (&conn.hello.client, &conn.hello.user))
        .collect();
    let mut places: Vec<_> = held.all().collect();
    places.sort_unstable();
    for (client, room, seq, at) in places {
        let Some(user) = users.get(client) else {
            continue;
        };
        let last = last_of(known.periods(room, user), known.head(room));
        if let Some(last) = last.filter(|last| *last > seq) {
            let says = format!("{client} is connected and was {how} {room} up to {seq} of {last}");
            let missing = known.logged(room, seq + 1).map_or(at, |(at, _)| at);
            found.add(says, &[at, missing]);
        }
    }
}
