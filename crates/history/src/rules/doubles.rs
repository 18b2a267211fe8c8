//! Rule 3: one client id, one message; one seq, once on a connection.

use std::collections::HashMap;

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name, What};

/// No two events of the log bear one sender's client id, and no two answers name different events
/// for one.
pub(super) fn nothing_is_there_twice(known: &Known<'_>, found: &mut Found) {
    let mut events: HashMap<(&Name, &Name), At> = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        if let Entry::Log(logged) = &line.entry
            && let Some(client_id) = &logged.client_id
            && let Some(first) = events.insert((&logged.sender, client_id), at)
        {
            let says = format!("{client_id} by {} is in the log twice", logged.sender);
            found.add(says, &[first, at]);
        }
    }
    let mut answers: HashMap<(&Name, &Name), (At, &Name, Option<u64>)> = HashMap::new();
    for (call, at, done) in known.done() {
        let What::Send {
            room, client_id, ..
        } = &call.invoke.what
        else {
            continue;
        };
        let key = (&call.invoke.user, client_id);
        let (first, where_, seq) = *answers.entry(key).or_insert((at, room, done.seq));
        if (where_, seq) != (room, done.seq) {
            let says = format!("{client_id} was acknowledged at two places");
            found.add(says, &[first, call.at, at]);
        }
    }
}

/// No connection is told one event twice, unless it is marked as said again.
pub(super) fn nothing_is_told_twice(known: &Known<'_>, found: &mut Found) {
    let mut last: HashMap<(u64, &Name), (At, u64)> = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Event(event) = &line.entry else {
            continue;
        };
        if event.replay {
            continue;
        }
        let (conn, room, seq) = (event.conn, &event.room, event.seq);
        let previous = last.insert((conn, room), (at, seq));
        if let Some((before, before_seq)) = previous.filter(|(_, before)| *before >= seq) {
            let says = format!("connection {conn} is told {room} seq {seq} after seq {before_seq}");
            found.add(says, &[before, at]);
        }
    }
}
