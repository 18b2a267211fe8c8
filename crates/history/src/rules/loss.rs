//! Rule 2: what was acknowledged is in the log; what was refused is not.

use std::collections::{HashMap, HashSet};

use super::Found;
use crate::known::{Known, Outcome};
use crate::line::What;

/// Every send that was acknowledged stands at its seq, from its sender, with its text (or blanked).
pub(super) fn nothing_acknowledged_is_lost(known: &Known<'_>, found: &mut Found) {
    if known.log.is_empty() {
        return;
    }
    for (call, at, done) in known.done() {
        let (
            What::Send {
                room,
                client_id,
                hash,
            },
            Some(seq),
        ) = (&call.invoke.what, done.seq)
        else {
            continue;
        };
        let Some((log_at, logged)) = known.logged(room, seq) else {
            let says = format!("{room} seq {seq} was acknowledged and is not in the log");
            found.add(says, &[call.at, at]);
            continue;
        };
        let is_it = logged.sender == call.invoke.user
            && logged.client_id.as_ref().is_none_or(|id| id == client_id);
        // A retry may come with another text: the first one stands.
        let is_text = done.duplicate || logged.hash.as_ref().is_none_or(|text| text == hash);
        if !is_it || !is_text {
            let says =
                format!("{room} seq {seq} was acknowledged, and something else stands there");
            found.add(says, &[call.at, at, log_at]);
        }
    }
}

/// No send that was refused, in all of its tries, is in the log.
pub(super) fn nothing_refused_is_there(known: &Known<'_>, found: &mut Found) {
    let mut perhaps = HashSet::new();
    let mut refused = Vec::new();
    for call in &known.calls {
        let What::Send { client_id, .. } = &call.invoke.what else {
            continue;
        };
        let key = (&call.invoke.user, client_id);
        match call.outcome {
            Some((at, Outcome::Fail(_))) => refused.push((key, call.at, at)),
            _ => drop(perhaps.insert(key)),
        }
    }
    let mut there = HashMap::new();
    for (at, logged) in known.log.values().flat_map(|room| room.values()) {
        if let Some(client_id) = &logged.client_id {
            there.insert((&logged.sender, client_id), *at);
        }
    }
    for (key, invoked, failed) in refused {
        if let Some(at) = there.get(&key).filter(|_| !perhaps.contains(&key)) {
            let says = format!("{} by {} was refused, and is in the log", key.1, key.0);
            found.add(says, &[invoked, failed, *at]);
        }
    }
}
