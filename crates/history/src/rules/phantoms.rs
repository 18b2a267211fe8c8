//! Rule 4: whatever anybody saw was said, and is in the log.

use std::collections::HashMap;

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name, What};

/// Everything that was told, shown or read stands in the log so; and every message in the log was
/// said by its sender.
pub(super) fn nothing_comes_from_nowhere(known: &Known<'_>, found: &mut Found) {
    if known.log.is_empty() {
        return;
    }
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let (room, seq, kind, hash) = match &line.entry {
            Entry::Event(it) => (&it.room, it.seq, Some(&it.kind), it.hash.as_ref()),
            Entry::Shown(it) => (&it.room, it.seq, None, it.hash.as_ref()),
            Entry::Page(it) => (&it.room, it.seq, None, it.hash.as_ref()),
            _ => continue,
        };
        let Some((log_at, logged)) = known.logged(room, seq) else {
            found.add(format!("{room} seq {seq} is not in the log"), &[at]);
            continue;
        };
        let is_kind = kind.is_none_or(|kind| *kind == logged.kind);
        let is_text = hash.is_none() || logged.hash.is_none() || hash == logged.hash.as_ref();
        if !is_kind || !is_text {
            let says = format!("{room} seq {seq} is something else in the log");
            found.add(says, &[at, log_at]);
        }
    }
    everything_was_said(known, found);
}

fn everything_was_said(known: &Known<'_>, found: &mut Found) {
    let mut said: HashMap<(&Name, &Name), (At, &Name)> = HashMap::new();
    // What was said before a backup was made counts: the log may hold it still.
    for (at, line) in known.lines.iter().enumerate() {
        if let Entry::Invoke(invoke) = &line.entry
            && let What::Send {
                room, client_id, ..
            } = &invoke.what
        {
            said.entry((&invoke.user, client_id)).or_insert((at, room));
        }
    }
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Log(logged) = &line.entry else {
            continue;
        };
        let Some(client_id) = &logged.client_id else {
            continue;
        };
        match said.get(&(&logged.sender, client_id)) {
            None => {
                let says = format!("nobody said {client_id}, which is in the log");
                found.add(says, &[at]);
            }
            Some((invoked, room)) if **room != logged.room => {
                let says = format!("{client_id} was said in {room} and is in {}", logged.room);
                found.add(says, &[*invoked, at]);
            }
            Some(_) => {}
        }
    }
}
