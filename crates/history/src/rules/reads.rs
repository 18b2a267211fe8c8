//! Rule 7: who reads sees what they wrote, and no less than they saw before; through any node.

use std::collections::HashMap;

use super::Found;
use crate::known::{At, Known};
use crate::line::{Name, What};

/// A fetched head is not below what the same user had been acknowledged or shown as a head before.
pub(super) fn readers_see_what_they_wrote_and_saw(known: &Known<'_>, found: &mut Found) {
    let mut seen: Vec<(At, &Name, &Name, u64)> = Vec::new();
    for (call, at, done) in known.done() {
        let user = &call.invoke.user;
        match (&call.invoke.what, done.seq, done.head) {
            (What::Send { room, .. }, Some(seq), _) => seen.push((at, user, room, seq)),
            (What::Fetch { room, .. }, _, Some(head)) => seen.push((at, user, room, head)),
            _ => {}
        }
    }
    seen.sort_unstable_by_key(|(at, ..)| *at);
    let mut seen = seen.into_iter().peekable();
    let mut highest: HashMap<(&Name, &Name), (u64, At)> = HashMap::new();
    for (call, at, done) in known.done() {
        while let Some((at, user, room, seq)) = seen.next_if(|(at, ..)| *at < call.at) {
            let high = highest.entry((user, room)).or_insert((seq, at));
            *high = (*high).max((seq, at));
        }
        let (What::Fetch { room, .. }, Some(head)) = (&call.invoke.what, done.head) else {
            continue;
        };
        let user = &call.invoke.user;
        if let Some((high, before)) = highest.get(&(user, room)).filter(|(high, _)| *high > head) {
            let says = format!("{user} knew of {room} seq {high} and then reads a head of {head}");
            found.add(says, &[*before, call.at, at]);
        }
    }
}
