//! Rule 11: after a deletion nobody shows the text.

use std::collections::HashMap;

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name, What};

/// A moment after a deletion was acknowledged no stream, page, search or push shows the text.
pub(super) fn deleted_text_is_gone(known: &Known<'_>, found: &mut Found) {
    let mut deleted: HashMap<(&Name, u64), At> = HashMap::new();
    for (call, at, _) in known.done() {
        if let What::Delete { room, seq } = &call.invoke.what {
            deleted.entry((room, *seq)).or_insert(at);
        }
    }
    if deleted.is_empty() {
        return;
    }
    let grace_us = found.promises.removal_ms * 1_000;
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let (room, seq, hash) = match &line.entry {
            Entry::Event(it) => (&it.room, it.seq, &it.hash),
            Entry::Shown(it) => (&it.room, it.seq, &it.hash),
            Entry::Page(it) => (&it.room, it.seq, &it.hash),
            Entry::Push(it) => (&it.room, it.seq, &it.hash),
            Entry::Log(it) => (&it.room, it.seq, &it.hash),
            _ => continue,
        };
        let Some(gone) = deleted.get(&(room, seq)) else {
            continue;
        };
        if hash.is_some() && at > *gone && line.at_us > known.us(*gone) + grace_us {
            let says = format!("{room} seq {seq} was deleted, and its text is shown");
            found.add(says, &[*gone, at]);
        }
    }
}
