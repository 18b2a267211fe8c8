//! Rule 13: once no fault is at work, what is asked for is done.

use super::Found;
use crate::known::{Known, Outcome};
use crate::line::{Entry, What};

/// Of a hundred operations after a heal, ninety-nine are answered in time.
const SERVED_OF_100: usize = 99;

/// After the last heal nearly all sends and fetches are answered in time; a refusal is an answer.
pub(super) fn after_a_heal_it_works(known: &Known<'_>, found: &mut Found) {
    let is_heal = |entry: &Entry| matches!(entry, Entry::Heal);
    let Some(heal) = known.lines.iter().rposition(|line| is_heal(&line.entry)) else {
        return;
    };
    let wait_us = found.promises.answer_ms * 1_000;
    let until = known.settled.unwrap_or(known.lines.len());
    let (mut all, mut late) = (0, Vec::new());
    for call in &known.calls {
        let is_judged = matches!(call.invoke.what, What::Send { .. } | What::Fetch { .. });
        if call.at < heal || call.at > until || !is_judged {
            continue;
        }
        all += 1;
        let is_served = call.outcome.is_some_and(|(at, outcome)| {
            !matches!(outcome, Outcome::Unknown) && known.us(at) <= known.us(call.at) + wait_us
        });
        if !is_served {
            late.push(call.at);
        }
    }
    if (all - late.len()) * 100 < all * SERVED_OF_100 {
        let says = format!(
            "{} of {all} operations were not answered in time",
            late.len()
        );
        late.truncate(3);
        late.push(heal);
        found.add(says, &late);
    }
}
