//! Rule 1: in each room one map from seq to message, dense, the same for everybody.

use std::collections::{BTreeMap, HashMap};

use super::Found;
use crate::known::{At, Known};
use crate::line::{Entry, Name};

/// The log has each seq once and without holes, and no two observers saw different texts under
/// one.
pub(super) fn one_order_for_all(known: &Known<'_>, found: &mut Found) {
    each_seq_stands_once(known, found);
    seqs_are_dense(known, found);
    let mut seen: HashMap<(&Name, u64), (At, &Name)> = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let (room, seq, Some(hash)) = (match &line.entry {
            Entry::Event(it) => (&it.room, it.seq, it.hash.as_ref()),
            Entry::Shown(it) => (&it.room, it.seq, it.hash.as_ref()),
            Entry::Page(it) => (&it.room, it.seq, it.hash.as_ref()),
            _ => continue,
        }) else {
            continue;
        };
        let (first, text) = *seen.entry((room, seq)).or_insert((at, hash));
        if text != hash {
            let says = format!("{room} seq {seq} is {text} to one and {hash} to another");
            found.add(says, &[first, at]);
        }
    }
}

fn each_seq_stands_once(known: &Known<'_>, found: &mut Found) {
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Log(logged) = &line.entry else {
            continue;
        };
        if let Some((first, _)) = known.logged(&logged.room, logged.seq)
            && first != at
        {
            let says = format!("the log has {} seq {} twice", logged.room, logged.seq);
            found.add(says, &[first, at]);
        }
    }
}

fn seqs_are_dense(known: &Known<'_>, found: &mut Found) {
    let rooms: BTreeMap<_, _> = known.log.iter().collect();
    for (room, events) in rooms {
        for (expected, (seq, (at, _))) in (1..).zip(events) {
            if *seq != expected {
                let says = format!("the log of {room} has no seq {expected}");
                found.add(says, &[*at]);
                break;
            }
        }
    }
}
