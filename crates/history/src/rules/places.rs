//! Where a reader may be next in a room, given where it was.

use crate::known::Period;

/// Which seqs may follow `last` for somebody with these memberships: the very next one while the
/// membership stands, up to the joining event where another begins; `None` where nothing follows.
pub(super) fn next_after(periods: &[Period], last: u64) -> Option<(u64, u64)> {
    let next = last + 1;
    if periods.iter().any(|period| period.stands_at(next)) {
        return Some((next, next));
    }
    let later = periods.iter().find(|period| period.joined > next)?;
    Some((next.max(later.visible_from.min(later.joined)), later.joined))
}

/// Whether a reader of whom nothing is known may begin at `seq`: with the event by which it
/// joined, or before.
pub(super) fn may_begin_at(periods: &[Period], seq: u64) -> bool {
    let of_seq = periods.iter().find(|period| period.stands_at(seq));
    of_seq.is_none_or(|period| seq <= period.joined)
}

/// The last event that somebody hears of in a room: the head, or the end of the membership.
pub(super) fn last_of(periods: &[Period], head: u64) -> Option<u64> {
    periods.last().map(|period| period.left.unwrap_or(head))
}
