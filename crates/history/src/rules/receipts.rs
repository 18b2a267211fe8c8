//! Rule 8: watermarks only rise, never pass what their owner could see, and all observers end with
//! the same.

use std::collections::{BTreeMap, HashMap};

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Marks, Name, Receipt, Verdict};

/// Who was told, in which room, of whom.
type Told<'h> = HashMap<(&'h Name, &'h Name, &'h Name), (u64, u64, At)>;

/// What was told of a member, ascending, and when.
type Risen = Vec<(u64, u64, At)>;

/// No client is told lower watermarks of a member than before; in a request's answer, than before
/// it asked. What is gathered may trail behind for as long as was promised.
pub(super) fn watermarks_only_rise(known: &Known<'_>, found: &mut Found) {
    let mut told: HashMap<(&Name, &Name, &Name), Risen> = HashMap::new();
    let trail_us = found.promises.trail_ms * 1_000;
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Receipt(it) = &line.entry else {
            continue;
        };
        let risen = told.entry((&it.client, &it.room, &it.of)).or_default();
        let until_us = it.asked_us.unwrap_or(line.at_us).saturating_sub(trail_us);
        let mut earlier = risen.iter().rev();
        let before = earlier.find(|(.., at)| known.us(*at) <= until_us).copied();
        if let Some((delivered, read, before)) = before
            && (it.delivered < delivered || it.read < read)
        {
            let (who, room, of) = (&it.client, &it.room, &it.of);
            let says = format!("{who} sees the watermarks of {of} in {room} fall");
            found.add(says, &[before, at]);
        }
        let (delivered, read, _) = risen.last().copied().unwrap_or((0, 0, at));
        risen.push((delivered.max(it.delivered), read.max(it.read), at));
    }
}

/// What was read was delivered, and both lie within what the member could see.
pub(super) fn nobody_read_what_they_could_not(known: &Known<'_>, found: &mut Found) {
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        match &line.entry {
            Entry::Receipt(it) => bounds(known, at, it, found),
            Entry::Marks(it) => bounds(known, at, &as_told(it), found),
            _ => {}
        }
    }
}

fn as_told(marks: &Marks) -> Receipt {
    Receipt {
        client: Name::from("the store"),
        conn: None,
        asked_us: None,
        room: marks.room.clone(),
        of: marks.user.clone(),
        delivered: marks.delivered,
        read: marks.read,
    }
}

fn bounds(known: &Known<'_>, at: At, it: &Receipt, found: &mut Found) {
    let (room, of) = (&it.room, &it.of);
    if it.read > it.delivered {
        let says = format!("{of} has read more of {room} than was delivered");
        found.add(says, &[at]);
    }
    if known.log.is_empty() {
        return;
    }
    let head = known.head(room);
    let ends = known.periods(room, of).iter();
    let last = ends.map(|period| period.left.unwrap_or(head)).max();
    let last = last.unwrap_or(0);
    if it.delivered > last {
        let says = format!(
            "{of} is said to have {room} up to {}, of {last}",
            it.delivered
        );
        found.add(says, &[at]);
    }
}

/// Every client that is connected at the end was told, last, what is true; a message that it heard
/// moves its sender's watermarks, too.
pub(super) fn observers_agree_on_watermarks(known: &Known<'_>, found: &mut Found) {
    let Some(settled) = known.settled else { return };
    let mut told = Told::new();
    let mut moved = HashMap::new();
    for (at, line) in known
        .lines
        .iter()
        .enumerate()
        .take(settled)
        .skip(found.first)
    {
        match &line.entry {
            Entry::Receipt(it) => {
                let key = (&it.client, &it.room, &it.of);
                let said = moved.get(&key).copied().unwrap_or(0);
                let of = told.entry(key).or_insert((said, said, at));
                *of = (of.0.max(it.delivered), of.1.max(it.read), at);
            }
            Entry::Event(it) if it.kind.as_str() == "message.sent" => {
                let Some((conn, sender)) = known.conns.get(&it.conn).zip(it.sender.as_ref()) else {
                    continue;
                };
                let key = (&conn.hello.client, &it.room, sender);
                // Heard before a snapshot that was asked for earlier, it counts none the less.
                moved.insert(key, it.seq);
                if let Some(of) = told.get_mut(&key) {
                    *of = (of.0.max(it.seq), of.1.max(it.seq), at);
                }
            }
            Entry::Connect(it) if it.verdict == Verdict::Reset => {
                told.retain(|(client, ..), _| **client != it.client);
                moved.retain(|(client, ..), _| **client != it.client);
            }
            _ => {}
        }
    }
    compare(known, settled, &told, found);
}

fn compare(known: &Known<'_>, settled: At, told: &Told<'_>, found: &mut Found) {
    let conns = known.conns.values();
    let open = conns.filter(|conn| conn.ended.is_none_or(|(at, _)| at > settled));
    let clients: BTreeMap<&Name, &Name> = open
        .map(|conn| (&conn.hello.client, &conn.hello.user))
        .collect();
    for (client, user) in clients {
        for (at, marks) in &known.marks {
            let is_member = known
                .periods(&marks.room, user)
                .last()
                .is_some_and(|period| period.left.is_none());
            let Some(it) = told
                .get(&(client, &marks.room, &marks.user))
                .filter(|_| is_member)
            else {
                continue;
            };
            if (it.0, it.1) != (marks.delivered, marks.read) {
                let (of, room) = (&marks.user, &marks.room);
                let says = format!("{client} was last told other watermarks of {of} in {room}");
                found.add(says, &[it.2, *at]);
            }
        }
    }
}
