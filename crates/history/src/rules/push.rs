//! Rule 12: who is away and wants it is notified, and nobody of what they have read.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name, What};

/// Every message that was committed while a member was away, for as long as a push may take, and
/// that they did not read elsewhere, came to each of their devices.
pub(super) fn owed_pushes_came(known: &Known<'_>, found: &mut Found) {
    let devices = devices(known);
    if devices.is_empty() {
        return;
    }
    let mut pushed: HashSet<(&Name, &Name, &Name, u64)> = HashSet::new();
    for line in known.lines {
        if let Entry::Push(it) = &line.entry {
            pushed.insert((&it.user, &it.device, &it.room, it.seq));
        }
    }
    let reads = reads(known);
    let wait_us = found.promises.push_ms * 1_000;
    let last_us = known.lines.last().map_or(0, |line| line.at_us);
    for (call, at, done) in known.done() {
        let (What::Send { room, .. }, Some(seq)) = (&call.invoke.what, done.seq) else {
            continue;
        };
        let to_us = known.us(at) + wait_us;
        for ((user, device), registered) in &devices {
            let is_owed = *user != &call.invoke.user
                && *registered < call.at
                && to_us <= last_us
                && known.may_see(room, user, seq)
                && !is_connected(known, user, known.us(call.at), to_us);
            let is_read = is_owed && read_before(known, &reads, user, room, seq, to_us);
            if is_owed && !is_read && !pushed.contains(&(user, device, room, seq)) {
                let says = format!("{user} was away and {device} never heard of {room} seq {seq}");
                found.add(says, &[*registered, at]);
            }
        }
    }
}

/// Nothing is pushed a moment after it was read.
pub(super) fn nothing_read_was_pushed(known: &Known<'_>, found: &mut Found) {
    let reads = reads(known);
    let grace_us = found.promises.removal_ms * 1_000;
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Push(it) = &line.entry else {
            continue;
        };
        let read = reads.get(&(&it.user, &it.room)).into_iter().flatten();
        let mut before = read.filter(|(seq, read)| {
            *seq >= it.seq && *read < at && known.us(*read) + grace_us < line.at_us
        });
        if let Some((_, read)) = before.next() {
            let says = format!("{} had read {} seq {}", it.user, it.room, it.seq);
            found.add(says, &[*read, at]);
        }
    }
}

/// Devices that are to be notified, with the line that says so.
fn devices<'h>(known: &Known<'h>) -> BTreeMap<(&'h Name, &'h Name), At> {
    let mut devices = BTreeMap::new();
    for (call, at, _) in known.done() {
        if let What::RegisterPush { device } = &call.invoke.what {
            devices.entry((&call.invoke.user, device)).or_insert(at);
        }
    }
    devices
}

type Reads<'h> = HashMap<(&'h Name, &'h Name), Vec<(u64, At)>>;

fn reads<'h>(known: &Known<'h>) -> Reads<'h> {
    let mut reads = Reads::new();
    for (call, at, _) in known.done() {
        if let What::Read { room, seq } = &call.invoke.what {
            let of = reads.entry((&call.invoke.user, room)).or_default();
            of.push((*seq, at));
        }
    }
    reads
}

fn read_before(
    known: &Known<'_>,
    reads: &Reads<'_>,
    user: &Name,
    room: &Name,
    seq: u64,
    until_us: u64,
) -> bool {
    let of = reads.get(&(user, room)).into_iter().flatten();
    let mut read = of.filter(|(read, at)| *read >= seq && known.us(*at) <= until_us);
    read.next().is_some()
}

fn is_connected(known: &Known<'_>, user: &Name, from_us: u64, to_us: u64) -> bool {
    let mut of_user = known.of_user.get(user).into_iter().flatten();
    of_user.any(|conn| {
        let conn = &known.conns[conn];
        let ended_us = conn.ended.map_or(u64::MAX, |(at, _)| known.us(at));
        known.us(conn.opened) <= to_us && ended_us >= from_us
    })
}
