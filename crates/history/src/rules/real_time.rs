//! Rule 6: what was acknowledged before another was asked for has the lower seq.

use std::collections::{BTreeMap, HashMap};

use super::Found;
use crate::known::{At, Known};
use crate::line::{Name, What};

/// A send's seq is above all that were acknowledged in its room before it was first asked for.
pub(super) fn what_was_acknowledged_comes_first(known: &Known<'_>, found: &mut Found) {
    let mut acknowledged: BTreeMap<At, (&Name, u64)> = BTreeMap::new();
    for (call, at, done) in known.done() {
        if let (What::Send { room, .. }, Some(seq)) = (&call.invoke.what, done.seq) {
            acknowledged.insert(at, (room, seq));
        }
    }
    let mut acknowledged = acknowledged.into_iter().peekable();
    let mut highest: HashMap<&Name, (u64, At)> = HashMap::new();
    let mut floors: HashMap<(&Name, &Name), (u64, At)> = HashMap::new();
    for call in &known.calls {
        while let Some((at, (room, seq))) = acknowledged.next_if(|(at, _)| *at < call.at) {
            let high = highest.entry(room).or_insert((seq, at));
            *high = (*high).max((seq, at));
        }
        let What::Send {
            room, client_id, ..
        } = &call.invoke.what
        else {
            continue;
        };
        let floor = highest.get(room).copied().unwrap_or_default();
        floors
            .entry((&call.invoke.user, client_id))
            .or_insert(floor);
    }
    for (call, at, done) in known.done() {
        let (
            What::Send {
                client_id, room, ..
            },
            Some(seq),
        ) = (&call.invoke.what, done.seq)
        else {
            continue;
        };
        let (floor, before) = floors[&(&call.invoke.user, client_id)];
        if seq <= floor {
            let says = format!("{room} seq {seq} was asked for after seq {floor} was acknowledged");
            found.add(says, &[before, call.at, at]);
        }
    }
}
